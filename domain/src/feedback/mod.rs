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

/// How many reports are recorded of one letter besides its complaint: whoever has the address that a letter comes back to can write there as
/// often as they like. Beyond these only what says more than all before is: that it came back at all, that it did so for good, that there is
/// no such mailbox. That is one of each at the most.
pub const MAX_BOUNCES: usize = 10;

/// How many reports there may be of one letter before one more of a delay is not recorded: it says nothing new.
pub const MAX_DELAYS: usize = 3;

/// How many characters of what a report says are kept.
pub const MAX_WORDS: usize = 500;

/// How long an address is not written to whose letters came back, none of them because there is no such mailbox.
pub const BOUNCED_FOR: TimeDelta = TimeDelta::days(90);

/// How long a message that came in and was not understood is kept for a person to look at: it is somebody's mail.
pub const KEPT_FOR: TimeDelta = TimeDelta::days(30);

/// How long what is in the way of fetching messages counts after somebody last looked for them: whoever looks does so every hour or more
/// often. After that nobody looks any more, as the mailbox is in the settings of no process.
pub const WATCHED_FOR: TimeDelta = TimeDelta::hours(2);

/// How long it counts what a process has said of the ways on which others deliver to it: it says so again every half a minute.
pub const HEARD_FOR: TimeDelta = TimeDelta::minutes(5);

/// The state of the feedback on a batch. `docs/states.md` has all states side by side.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Feedback {
    /// Nothing was reported of the batch's letters.
    #[default]
    Silent,
    /// Something was reported of these letters, by their numbers in the run. Nothing leads out of this state; more can be reported.
    Heard(BTreeMap<u32, Heard>),
}

/// How much a report says of a letter: what says more comes later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Weight {
    /// The letter is late.
    Late,
    /// The letter came back, and another one may arrive.
    ForNow,
    /// The letter came back for good.
    ForGood,
    /// There is no such mailbox.
    Gone,
}

/// What was reported of one letter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// The reports that are recorded, besides complaints.
    pub bounces: BTreeSet<ReportId>,
    /// How much that one of them says which says most; none if there is none.
    pub most: Option<Weight>,
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
                Some(heard) if heard.has_enough_of(bounce.weight()) => Err(Error::TooManyReports),
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
            Event::BounceReported { report, bounce, .. } => {
                heard.bounces.insert(report.id);
                heard.most = heard.most.max(Some(bounce.weight()));
            }
            Event::Complained { .. } => heard.complained = true,
        }
        *self = Self::Heard(letters);
    }
}

impl Heard {
    /// Whether one more report that says this much is one too many. What says more than all others is so only once.
    fn has_enough_of(&self, weight: Weight) -> bool {
        let most = match weight {
            Weight::Late => MAX_DELAYS,
            Weight::ForNow | Weight::ForGood | Weight::Gone => MAX_BOUNCES,
        };
        self.bounces.len() >= most && self.most >= Some(weight)
    }
}

impl Bounce {
    /// How much it says of a letter.
    #[must_use]
    pub fn weight(&self) -> Weight {
        match self.severity {
            Severity::Permanent if self.dead => Weight::Gone,
            Severity::Permanent => Weight::ForGood,
            Severity::Temporary => Weight::ForNow,
            Severity::Delayed => Weight::Late,
        }
    }

    /// The same, with no more words than are kept.
    fn within_bounds(self) -> Self {
        Self { words: self.words.map(|words| cut(&words, MAX_WORDS)), ..self }
    }
}

/// The first so many characters.
fn cut(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}
