//! A notice: a letter of the service itself to one person, such as the one with the link that proves an address, or the
//! one in which somebody sees how a message will look.
//!
//! Secrets are in no event: the link in a letter is made at the moment of sending.

mod command;
mod error;
mod event;
mod kind;
mod request;
#[cfg(test)]
mod tests;

pub use command::Command;
pub use error::Error;
pub use event::{Attempt, Event};
pub use kind::{CONFIRM_SUBSCRIPTION, Kind, MailingStopped, Part, Stopper, TEST_LETTER, TestLetter, Trouble};

pub use request::Request;

use crate::aggregate::aggregate;
use crate::batch::AttemptOutcome;
use crate::{Decide, Outcome};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// How long a notice is tried after the mail server has put it off for the first time: as long as the shortest of the
/// links in notices works. Whoever still waits by then has asked for another one.
pub const PATIENCE: TimeDelta = TimeDelta::hours(1);

/// The state of a notice's stream. `docs/states.md` has all states side by side.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Notice {
    /// Nobody asked for the notice.
    #[default]
    Absent,
    /// The notice is to be sent. The engine that leases it intends to send it, or records that it has been put off for too long.
    Waiting(Sending),
    /// An intent names the notice, so it may have been sent. The same engine records how the attempt ended; when that engine is
    /// lost, the next one records that nobody knows.
    InFlight(Sending),
    /// The notice has its outcome, and nothing more happens to it. One in doubt is not sent again.
    Settled(Sending, Outcome),
}

/// A notice and what became of it so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sending {
    /// Whom it is for, and what about.
    pub request: Request,
    /// The letter's `Message-ID`, once there was an attempt.
    pub message_id: Option<String>,
    /// How many attempts have been used up.
    pub attempts: u32,
    /// When the first of them ended.
    pub tried_at: Option<DateTime<Utc>>,
    /// The end of a retry pause.
    pub not_before: Option<DateTime<Utc>>,
}

aggregate!(Notice, "notice", Command, Error, Event { Requested, SendingStarted, AttemptRecorded, Expired });

impl Sending {
    fn new(request: Request) -> Self {
        Self { request, message_id: None, attempts: 0, tried_at: None, not_before: None }
    }

    /// Whether it has been put off for too long at this moment.
    fn is_too_late(&self, at: DateTime<Utc>) -> bool {
        self.tried_at.is_some_and(|tried_at| at > tried_at + PATIENCE)
    }

    /// What follows from an attempt. A pause that ends too late is not waited for.
    fn record(&self, attempt: Attempt) -> Vec<Event> {
        let at = attempt.at;
        let expired = match &attempt.outcome {
            AttemptOutcome::Deferred { until } => *until > self.tried_at.unwrap_or(at) + PATIENCE,
            AttemptOutcome::Accepted
            | AttemptOutcome::Rejected { .. }
            | AttemptOutcome::Unknown { .. }
            | AttemptOutcome::NotTried => false,
        };
        let mut events = vec![Event::AttemptRecorded(attempt)];
        if expired {
            events.push(Event::Expired { at });
        }
        events
    }

    fn after(mut self, attempt: &Attempt) -> Notice {
        let (until, outcome) = match &attempt.outcome {
            AttemptOutcome::NotTried => return Notice::Waiting(self),
            AttemptOutcome::Accepted => (None, Some(Outcome::Accepted)),
            AttemptOutcome::Rejected { .. } => (None, Some(Outcome::Rejected)),
            AttemptOutcome::Unknown { .. } => (None, Some(Outcome::Unknown)),
            AttemptOutcome::Deferred { until } => (Some(*until), None),
        };
        self.attempts += 1;
        self.tried_at.get_or_insert(attempt.at);
        self.not_before = until;
        match outcome {
            Some(outcome) => Notice::Settled(self, outcome),
            None => Notice::Waiting(self),
        }
    }
}

impl Decide for Notice {
    const COURSE: bool = true;

    fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match (self, command) {
            (Self::Absent, Command::Request(request)) => Ok(vec![Event::Requested(request)]),
            (_, Command::Request(_)) => Err(Error::AlreadyRequested),
            (Self::Absent, _) => Err(Error::NotRequested),

            (Self::Waiting(sending), Command::StartSending { at, .. }) if sending.is_too_late(at) => {
                Ok(vec![Event::Expired { at }])
            }
            (Self::Waiting(sending), Command::StartSending { message_id, .. }) => {
                let message_id = sending.message_id.clone().unwrap_or(message_id);
                Ok(vec![Event::SendingStarted { message_id }])
            }
            (Self::InFlight(_) | Self::Settled(..), Command::StartSending { .. }) => Err(Error::NotWaiting),

            (Self::InFlight(sending), Command::Record(attempt)) => Ok(sending.record(attempt)),
            (Self::Waiting(_) | Self::Settled(..), Command::Record(_)) => Err(Error::NotInFlight),

            (Self::InFlight(sending), Command::Recover { at }) => Ok(sending.record(Attempt::unknown(at))),
            (Self::Waiting(_) | Self::Settled(..), Command::Recover { .. }) => Ok(vec![]),
        }
    }

    /// Whoever repeats a request means the letter that they asked for first.
    fn was_begun_by(events: &[Event], command: &Command) -> bool {
        match (events.first(), command) {
            (Some(Event::Requested(first)), Command::Request(again)) => {
                first.user == again.user && first.kind.asks_for_the_same_as(&again.kind)
            }
            _ => false,
        }
    }

    fn evolve(&mut self, event: Event) {
        *self = match (std::mem::take(self), event) {
            (Self::Absent, Event::Requested(request)) => Self::Waiting(Sending::new(request)),
            (Self::Waiting(sending), Event::SendingStarted { message_id }) => {
                Self::InFlight(Sending { message_id: Some(message_id), ..sending })
            }
            (Self::InFlight(sending), Event::AttemptRecorded(attempt)) => sending.after(&attempt),
            (Self::Waiting(sending), Event::Expired { .. }) => Self::Settled(sending, Outcome::Expired),
            (state, _) => state,
        };
    }
}
