//! A run: one execution of a mailing. Its recipients are in the streams of its batches, so this one stays short.

mod command;
mod error;
mod event;
#[cfg(test)]
mod laws;
mod origin;
#[cfg(test)]
mod tests;

pub use command::Command;
pub use error::Error;
pub use event::{Event, Trigger};
pub use origin::{Origin, PinnedSender};

use crate::aggregate::aggregate;
use crate::{Decide, Form, Totals};
use serde::{Deserialize, Serialize};

/// The state of a run's stream. `docs/states.md` has all states side by side.
///
/// A step is one append, so a crash leaves a run before it or after it. The id is derived from the mailing and the occurrence:
/// whoever takes up what a crash left begins the same stream, and conflicts where the step was taken.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Run {
    /// Nobody has started the run. A scheduler starts it when its occurrence is due, or its owner does; a scheduler records
    /// it as missed when its moment passed unused. A crash before that leaves a mailing that is still due.
    #[default]
    Absent,
    /// The run will never start: its moment passed while nothing could start it. Nothing leads out of this state.
    Missed,
    /// The run has started, and its audience is being frozen; the letters of batches that are planned may go out meanwhile. Any
    /// scheduler brings it to `Sending`; after a crash the next one finds some of the batches, and makes the others.
    Started {
        /// What it started with.
        origin: Origin,
        /// The right side of the letters' `Message-ID`, if it is known already.
        message_id_domain: Option<String>,
    },
    /// The audience is frozen, and letters go out or wait. Any scheduler finishes the run once every delivery has its outcome;
    /// a run that a crash kept from being finished is found by the next look.
    Sending {
        /// What it started with.
        origin: Origin,
        /// How many recipients.
        planned: u64,
    },
    /// Every delivery has its outcome. Only its owner moves it on, back to `Sending`, by having letters in doubt sent again.
    Finished {
        /// What it started with.
        origin: Origin,
        /// What became of it.
        totals: Totals,
    },
}

aggregate!(Run, "run", Command, Error, Event { Started, OccurrencesMissed, AudienceFrozen, ResendOrdered, Finished });

impl Decide for Run {
    const COURSE: bool = true;

    fn form(event_type: &str, version: &str) -> Form {
        match (event_type, version) {
            ("OccurrenceMissed", "1") => Form::Old(event::lift_one_missed),
            _ => Form::of(version),
        }
    }

    fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match (self, command) {
            (Self::Absent, Command::Start { origin, trigger, at, message_id_domain }) => {
                Ok(vec![Event::Started { origin, trigger, at, message_id_domain }])
            }
            // Two schedulers, a restart, a repeated request: the run that exists is the answer.
            (Self::Started { .. } | Self::Sending { .. } | Self::Finished { .. }, Command::Start { .. }) => Ok(vec![]),
            (Self::Missed, Command::Start { .. }) => Err(Error::Missed),

            (Self::Absent, Command::Miss { mailing, owner, missed }) => {
                Ok(vec![Event::OccurrencesMissed { mailing, owner, missed }])
            }
            (_, Command::Miss { .. }) => Ok(vec![]),

            (
                Self::Started { message_id_domain: told, .. },
                Command::FreezeAudience { planned, batches, message_id_domain },
            ) => {
                // Letters that are out already have the one that was told.
                let message_id_domain = told.clone().unwrap_or(message_id_domain);
                Ok(vec![Event::AudienceFrozen { planned, batches, message_id_domain }])
            }
            (Self::Sending { planned: before, .. }, Command::FreezeAudience { planned, .. }) => {
                if *before == planned {
                    Ok(vec![])
                } else {
                    Err(Error::FrozenOtherwise { before: *before, planned })
                }
            }

            (Self::Sending { planned, .. }, Command::Finish { totals, at }) => {
                if !totals.add_up() || totals.planned != *planned {
                    return Err(Error::DoesNotAddUp { planned: *planned, totals });
                }
                if totals.pending + totals.deferred > 0 {
                    return Err(Error::NotDone { open: totals.pending + totals.deferred });
                }
                Ok(vec![Event::Finished { totals, at }])
            }
            // Nothing is sent again, so a finished run stays finished.
            (
                Self::Started { .. } | Self::Sending { .. } | Self::Finished { .. },
                Command::Resend { deliveries: 0, .. },
            ) => Ok(vec![]),
            // Also while it is planned or sending, where it changes no state: the event is what a run that is finished at the
            // same moment conflicts with.
            (
                Self::Started { .. } | Self::Sending { .. } | Self::Finished { .. },
                Command::Resend { deliveries, at },
            ) => Ok(vec![Event::ResendOrdered { deliveries, at }]),
            (Self::Finished { .. }, Command::Finish { .. } | Command::FreezeAudience { .. }) => Ok(vec![]),
            (Self::Absent | Self::Missed, Command::Resend { .. } | Command::FreezeAudience { .. })
            | (Self::Absent | Self::Missed | Self::Started { .. }, Command::Finish { .. }) => Err(Error::NotSending),
        }
    }

    fn evolve(&mut self, event: Event) {
        match (&*self, event) {
            (_, Event::Started { origin, message_id_domain, .. }) => {
                *self = Self::Started { origin, message_id_domain }
            }
            (_, Event::OccurrencesMissed { .. }) => *self = Self::Missed,
            (Self::Started { origin, .. }, Event::AudienceFrozen { planned, .. }) => {
                *self = Self::Sending { origin: *origin, planned };
            }
            (Self::Finished { origin, totals }, Event::ResendOrdered { .. }) => {
                *self = Self::Sending { origin: *origin, planned: totals.planned };
            }
            (Self::Sending { origin, .. }, Event::Finished { totals, .. }) => {
                *self = Self::Finished { origin: *origin, totals };
            }
            _ => {}
        }
    }
}
