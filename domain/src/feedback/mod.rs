//! Feedback: what mail servers and mailbox providers report of the letters of a batch after they were taken, which is that they came
//! back (bounces) and that recipients do not want them (complaints).
//!
//! It is a second fact beside what the mail server answered, and changes nothing of that: a letter that was accepted and came back was
//! both. Each batch has a stream of its own for it ([`crate::FeedbackId::derive`]), apart from the batch's: there the sequence is the
//! fence between workers, and a report may come while one of them works.

mod command;
mod error;
mod event;
pub mod guard;
#[cfg(test)]
mod tests;

pub use command::Command;
pub use error::Error;
pub use event::{Bounce, Event, Letter, Report, Severity, Via};

use crate::aggregate::aggregate;
use crate::{Decide, ReportId};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How many reports of bounces are recorded of one letter: whoever has the address that a letter comes back to can write there as often
/// as they like.
pub const MAX_BOUNCES: usize = 10;

/// How many characters of what a report says are kept.
pub const MAX_WORDS: usize = 500;

/// How long an address is not written to whose letters came back, none of them because there is no such mailbox.
pub const BOUNCED_FOR: TimeDelta = TimeDelta::days(90);

/// How long a message that came in and was not understood is kept for a person to look at: it is somebody's mail.
pub const KEPT_FOR: TimeDelta = TimeDelta::days(30);

/// How long what is in the way of fetching messages counts after somebody last looked for them: whoever looks does so every hour or more
/// often. After that nobody looks any more, as the mailbox is in the settings of no process.
pub const WATCHED_FOR: TimeDelta = TimeDelta::hours(2);

/// The state of the feedback on a batch. `docs/states.md` has all states side by side.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Feedback {
    /// Nothing was reported of the batch's letters.
    #[default]
    Silent,
    /// Something was reported of these letters, by their numbers in the run. Nothing leads out of this state; more can be reported.
    Heard(BTreeMap<u32, Heard>),
}

/// What was reported of one letter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// The reports of bounces that are recorded.
    pub bounces: BTreeSet<ReportId>,
    /// Whether the recipient complained.
    pub complained: bool,
}

aggregate!(Feedback, "feedback", Command, Error, Event { BounceReported, Complained });

impl Feedback {
    /// What was reported of the letter with this number; none if nothing was.
    #[must_use]
    pub fn of(&self, ordinal: u32) -> Option<&Heard> {
        match self {
            Self::Silent => None,
            Self::Heard(letters) => letters.get(&ordinal),
        }
    }
}

impl Decide for Feedback {
    fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match command {
            Command::ReportBounce { letter, report, bounce } => match self.of(letter.ordinal) {
                Some(heard) if heard.bounces.contains(&report.id) => Ok(vec![]),
                Some(heard) if heard.bounces.len() >= MAX_BOUNCES => Err(Error::TooManyReports),
                _ => Ok(vec![Event::BounceReported { letter, report, bounce: bounce.within_bounds() }]),
            },
            Command::Complain { letter, report, kind } => match self.of(letter.ordinal) {
                Some(heard) if heard.complained => Ok(vec![]),
                _ => Ok(vec![Event::Complained { letter, report, kind: kind.map(|kind| cut(&kind, MAX_WORDS)) }]),
            },
        }
    }

    fn evolve(&mut self, event: Event) {
        let mut letters = match std::mem::take(self) {
            Self::Silent => BTreeMap::new(),
            Self::Heard(letters) => letters,
        };
        let heard: &mut Heard = letters.entry(event.letter().ordinal).or_default();
        match event {
            Event::BounceReported { report, .. } => {
                heard.bounces.insert(report.id);
            }
            Event::Complained { .. } => heard.complained = true,
        }
        *self = Self::Heard(letters);
    }
}

impl Bounce {
    /// The same, with no more words than are kept.
    fn within_bounds(self) -> Self {
        Self { words: self.words.map(|words| cut(&words, MAX_WORDS)), ..self }
    }
}

/// The first so many characters.
fn cut(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}
