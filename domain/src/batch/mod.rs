//! A batch: a slice of a run's recipients, the unit that one worker leases, with a stream of its own.
//!
//! The stream's sequence is the fence: a worker whose lease went to another one conflicts when it appends, and stops.
//! Recipients are named by their place in `Planned`, so an event stays small and holds no address.

mod command;
mod error;
mod event;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;

pub use command::{Command, Marks};
pub use error::Error;
pub use event::{Attempt, AttemptOutcome, Event, GiveUpReason, LeaveOutReason, Recipient};

use crate::aggregate::aggregate;
use crate::{Decide, HoldId, MailingId, Outcome, RunId, UserId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How many recipients a batch holds at most.
pub const MAX_RECIPIENTS: usize = 500;

/// The state of a batch's stream. `docs/states.md` has all states side by side. Who works on a batch is no part of it: that is
/// a lease, which may be lost at any moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Batch {
    /// The batch is not planned. A scheduler that freezes its run plans it; after a crash the next one does, with the same id
    /// and the same recipients.
    #[default]
    Absent,
    /// Some deliveries are open. The worker that holds the lease sends, records and gives up; the append with the last outcome
    /// completes the batch. When that worker is lost, the next one first settles what was in flight.
    Open(Slice),
    /// All deliveries have their outcome. Only their owner moves the batch on, back to `Open`, by having letters in doubt sent
    /// again.
    Completed(Slice),
}

/// A slice of a run's recipients and what became of each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Slice {
    /// Of which run.
    pub run: RunId,
    /// Of which mailing.
    pub mailing: MailingId,
    /// Whose.
    pub owner: UserId,
    /// Counted from 0 within the run.
    pub number: u32,
    /// The recipients with their progress, in the order of `Planned`.
    pub deliveries: Vec<Delivery>,
    /// The hold under which all that is in flight was promised, if it leaves marks.
    #[serde(default)]
    pub hold: Option<HoldId>,
}

/// One recipient of a batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// Who.
    pub recipient: Recipient,
    /// How far.
    pub progress: Progress,
    /// How many attempts have been used up.
    pub attempts: u32,
    /// Whether an attempt may have succeeded that nobody knows of.
    pub doubt: Doubt,
}

/// Whether a letter may have arrived although nobody knows. Doubt ends only when the server takes the letter: a refusal
/// of a later attempt tells nothing about an earlier one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Doubt {
    /// No attempt of the delivery is in doubt.
    #[default]
    None,
    /// An attempt is in doubt, and nobody has said what to do about it. The owner decides, or the mailing's policy does.
    Open,
    /// An attempt is in doubt, and the owner leaves it as it is. They can still change their mind about this letter.
    Accepted,
}

/// How far a delivery is. The worker that holds the batch moves it on; so do a planner that leaves somebody out, and
/// the owner's orders about letters in doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Progress {
    /// The delivery waits for its turn. An intent moves it on, or giving up; a crash leaves it as it is.
    Waiting {
        /// The end of a retry pause: it is not sent before that. None if it may be sent at once.
        not_before: Option<DateTime<Utc>>,
    },
    /// An intent names the delivery, so its letter may have been sent. The outcome of the attempt moves it on. After a crash
    /// the next worker records it as unknown, or as waiting again if the letter certainly never began.
    InFlight,
    /// The delivery has its outcome. Only one in doubt goes on, when its owner has it sent again.
    Settled(Outcome),
}

aggregate!(
    Batch,
    "batch",
    Command,
    Error,
    Event { Planned, LeftOut, SendingStarted, AttemptRecorded, ResendOrdered, DoubtAccepted, GaveUp, Completed }
);

impl Batch {
    /// The slice, once planned.
    #[must_use]
    pub fn slice(&self) -> Option<&Slice> {
        match self {
            Self::Absent => None,
            Self::Open(slice) | Self::Completed(slice) => Some(slice),
        }
    }
}

impl Slice {
    /// The recipients whose turn it is at `now`, by their place.
    pub fn sendable(&self, now: DateTime<Utc>) -> impl Iterator<Item = u16> {
        self.places(move |delivery| match delivery.progress {
            Progress::Waiting { not_before } => not_before.is_none_or(|moment| moment <= now),
            Progress::InFlight | Progress::Settled(_) => false,
        })
    }

    /// The recipients that an intent names and no outcome: perhaps sent.
    pub fn in_flight(&self) -> impl Iterator<Item = u16> {
        self.places(|delivery| delivery.progress == Progress::InFlight)
    }

    /// The recipients whose letters are in doubt and are not about to be sent again, by their place. Those that somebody
    /// leaves as they are only `with_accepted`.
    pub fn in_doubt(&self, with_accepted: bool) -> impl Iterator<Item = u16> {
        self.places(move |delivery| {
            delivery.progress == Progress::Settled(Outcome::Unknown) && (delivery.doubt == Doubt::Open || with_accepted)
        })
    }

    /// When the next recipient's turn comes, if anybody waits; the epoch for somebody who waits without a pause.
    #[must_use]
    pub fn next_turn(&self) -> Option<DateTime<Utc>> {
        self.deliveries
            .iter()
            .filter_map(|delivery| match delivery.progress {
                Progress::Waiting { not_before } => Some(not_before.unwrap_or(DateTime::UNIX_EPOCH)),
                Progress::InFlight | Progress::Settled(_) => None,
            })
            .min()
    }

    fn places(&self, which: impl Fn(&Delivery) -> bool) -> impl Iterator<Item = u16> {
        (0_u16..).zip(&self.deliveries).filter(move |(_, delivery)| which(delivery)).map(|(place, _)| place)
    }

    fn delivery(&self, place: u16) -> Result<&Delivery, Error> {
        self.deliveries.get(usize::from(place)).ok_or(Error::NoSuchRecipient { place })
    }

    fn all_settled(&self) -> bool {
        self.deliveries.iter().all(|delivery| matches!(delivery.progress, Progress::Settled(_)))
    }

    /// Checks who is left out.
    fn leave_out(&self, recipients: Vec<u16>, reason: LeaveOutReason) -> Result<Vec<Event>, Error> {
        let mut left_out = BTreeSet::new();
        for place in recipients {
            if self.delivery(place)?.may_be_left_out(reason) {
                left_out.insert(place);
            }
        }
        if left_out.is_empty() {
            return Ok(vec![]);
        }
        let mut after = self.clone();
        after.left_out(&left_out, reason);
        let mut events = vec![Event::LeftOut { recipients: left_out.into_iter().collect(), reason }];
        if after.all_settled() {
            events.push(Event::Completed);
        }
        Ok(events)
    }

    fn left_out<'a>(&mut self, places: impl IntoIterator<Item = &'a u16>, reason: LeaveOutReason) {
        for place in places {
            let delivery = self.deliveries.get_mut(usize::from(*place));
            if let Some(delivery) = delivery.filter(|delivery| delivery.may_be_left_out(reason)) {
                delivery.progress = delivery.settled_as(Outcome::Suppressed);
            }
        }
    }

    /// Checks the outcomes of attempts that an intent announced, and the next intent.
    fn record(&self, attempts: Vec<Attempt>, next: Vec<u16>, hold: Option<HoldId>) -> Result<Vec<Event>, Error> {
        if attempts.is_empty() && next.is_empty() {
            return Ok(vec![]);
        }
        let mut after = self.clone();
        for attempt in &attempts {
            match after.delivery(attempt.recipient)?.progress {
                Progress::InFlight => after.settle(attempt),
                Progress::Waiting { .. } | Progress::Settled(_) => {
                    return Err(Error::NotInFlight { place: attempt.recipient });
                }
            }
        }
        for place in &next {
            match after.delivery(*place)?.progress {
                Progress::Waiting { .. } => after.deliveries[usize::from(*place)].progress = Progress::InFlight,
                Progress::InFlight | Progress::Settled(_) => return Err(Error::NotWaiting { place: *place }),
            }
        }
        let mut events = Vec::with_capacity(3);
        if !attempts.is_empty() {
            events.push(Event::AttemptRecorded { attempts });
        }
        if !next.is_empty() {
            events.push(Event::SendingStarted { recipients: next, hold });
        }
        if after.all_settled() {
            events.push(Event::Completed);
        }
        Ok(events)
    }

    fn settle(&mut self, attempt: &Attempt) {
        let Some(delivery) = self.deliveries.get_mut(usize::from(attempt.recipient)) else { return };
        match &attempt.outcome {
            AttemptOutcome::Accepted => delivery.doubt = Doubt::None,
            AttemptOutcome::Unknown { .. } => delivery.doubt = Doubt::Open,
            AttemptOutcome::Rejected { .. } | AttemptOutcome::Deferred { .. } | AttemptOutcome::NotTried => {}
        }
        delivery.progress = match &attempt.outcome {
            AttemptOutcome::Accepted => Progress::Settled(Outcome::Accepted),
            AttemptOutcome::Rejected { .. } => delivery.settled_as(Outcome::Rejected),
            AttemptOutcome::Unknown { again: None } => Progress::Settled(Outcome::Unknown),
            AttemptOutcome::Unknown { again: Some(until) } | AttemptOutcome::Deferred { until } => {
                Progress::Waiting { not_before: Some(*until) }
            }
            AttemptOutcome::NotTried => Progress::Waiting { not_before: None },
        };
        delivery.attempts += u32::from(attempt.outcome != AttemptOutcome::NotTried);
    }

    /// What became of a letter in flight whose worker is gone: in doubt, unless the marks of the very hold that promised it
    /// are there and it is not among them.
    fn recovered(&self, place: u16, at: DateTime<Utc>, again: Option<DateTime<Utc>>, marks: Option<&Marks>) -> Attempt {
        let marks = marks.filter(|marks| self.hold == Some(marks.hold));
        if marks.is_some_and(|marks| !marks.begun.contains(&place)) {
            Attempt::never_begun(place, at)
        } else {
            Attempt::unknown(place, at).with_again(again)
        }
    }

    /// The places that a person names, or all those in doubt: checked, without those that are on their way again already.
    /// "All" are those about which nobody has decided; who changes a decision names the letter, and that counts only
    /// `with_accepted`.
    fn named(&self, recipients: Option<Vec<u16>>, with_accepted: bool) -> Result<Vec<u16>, Error> {
        let Some(named) = recipients else { return Ok(self.in_doubt(false).collect()) };
        let in_doubt: BTreeSet<u16> = self.in_doubt(with_accepted).collect();
        let named: BTreeSet<u16> = named.into_iter().collect();
        for place in &named {
            if self.delivery(*place)?.doubt == Doubt::None {
                return Err(Error::NotInDoubt { place: *place });
            }
        }
        Ok(named.intersection(&in_doubt).copied().collect())
    }
}

impl Delivery {
    /// Whether nobody loses anything by it: nothing is on its way, and whoever has the mailbox of another recipient was not
    /// tried before the other one.
    fn may_be_left_out(&self, reason: LeaveOutReason) -> bool {
        let waits = matches!(self.progress, Progress::Waiting { .. });
        match reason {
            LeaveOutReason::SameMailbox => waits && self.attempts == 0,
            LeaveOutReason::Suppressed(_) => waits,
        }
    }

    /// Its last outcome: whatever became of the last attempt, a letter in doubt may have arrived before.
    fn settled_as(&self, outcome: Outcome) -> Progress {
        Progress::Settled(if self.doubt == Doubt::None { outcome } else { Outcome::Unknown })
    }

    /// What a delivery that is given up becomes. One that was tried has been given up late; one that never was
    /// is told apart.
    fn given_up(&self, reason: GiveUpReason) -> Progress {
        self.settled_as(match reason {
            GiveUpReason::Cancelled if self.attempts == 0 => Outcome::Suppressed,
            GiveUpReason::Cancelled | GiveUpReason::WindowEnded => Outcome::Expired,
        })
    }
}

impl Decide for Batch {
    const COURSE: bool = true;

    fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        let slice = match (self, command) {
            (Self::Absent, Command::Plan { run, mailing, owner, number, recipients }) => {
                return if recipients.is_empty() || recipients.len() > MAX_RECIPIENTS {
                    Err(Error::WrongSize { recipients: recipients.len() })
                } else {
                    Ok(vec![Event::Planned { run, mailing, owner, number, recipients }])
                };
            }
            (Self::Open(_) | Self::Completed(_), Command::Plan { .. }) => return Ok(vec![]),
            (Self::Absent, _) => return Err(Error::NotPlanned),
            (Self::Open(slice) | Self::Completed(slice), command) => (slice, command),
        };
        match slice {
            (slice, Command::LeaveOut { recipients, reason }) => slice.leave_out(recipients, reason),
            (slice, Command::Record { attempts, next, hold }) => slice.record(attempts, next, hold),
            (slice, Command::Recover { at, again, marks }) => {
                let recovered = |place| slice.recovered(place, at, again, marks.as_ref());
                slice.record(slice.in_flight().map(recovered).collect(), vec![], None)
            }
            (slice, Command::Resend { recipients }) => Ok(match slice.named(recipients, true)? {
                recipients if recipients.is_empty() => vec![],
                recipients => vec![Event::ResendOrdered { recipients }],
            }),
            (slice, Command::AcceptDoubt { recipients }) => Ok(match slice.named(recipients, false)? {
                recipients if recipients.is_empty() => vec![],
                recipients => vec![Event::DoubtAccepted { recipients }],
            }),
            (slice, Command::GiveUp { reason, at }) => {
                if let Some(place) = slice.in_flight().next() {
                    return Err(Error::StillInFlight { place });
                }
                match self {
                    Self::Open(_) => Ok(vec![Event::GaveUp { reason, at }, Event::Completed]),
                    Self::Absent | Self::Completed(_) => Ok(vec![]),
                }
            }
            (_, Command::Plan { .. }) => Ok(vec![]),
        }
    }

    fn evolve(&mut self, event: Event) {
        match (&mut *self, event) {
            (_, Event::Planned { run, mailing, owner, number, recipients }) => {
                let deliveries = recipients
                    .into_iter()
                    .map(|recipient| Delivery {
                        recipient,
                        progress: Progress::Waiting { not_before: None },
                        attempts: 0,
                        doubt: Doubt::None,
                    })
                    .collect();
                *self = Self::Open(Slice { run, mailing, owner, number, deliveries, hold: None });
            }
            (Self::Open(slice) | Self::Completed(slice), Event::LeftOut { recipients, reason }) => {
                slice.left_out(&recipients, reason);
            }
            (Self::Open(slice) | Self::Completed(slice), Event::SendingStarted { recipients, hold }) => {
                // Whoever gets a batch settles first what was in flight. Should anything of another hold be left all the
                // same, no marks speak for both.
                let alone = slice.hold == hold || slice.in_flight().next().is_none();
                slice.hold = hold.filter(|_| alone);
                for place in recipients {
                    if let Some(delivery) = slice.deliveries.get_mut(usize::from(place)) {
                        delivery.progress = Progress::InFlight;
                    }
                }
            }
            (Self::Open(slice) | Self::Completed(slice), Event::AttemptRecorded { attempts }) => {
                for attempt in &attempts {
                    slice.settle(attempt);
                }
            }
            (Self::Open(slice) | Self::Completed(slice), Event::ResendOrdered { recipients }) => {
                for place in recipients {
                    if let Some(delivery) = slice.deliveries.get_mut(usize::from(place)) {
                        delivery.progress = Progress::Waiting { not_before: None };
                        delivery.doubt = Doubt::Open;
                    }
                }
                let slice = slice.clone();
                *self = Self::Open(slice);
            }
            (Self::Open(slice) | Self::Completed(slice), Event::DoubtAccepted { recipients }) => {
                for place in recipients {
                    if let Some(delivery) = slice.deliveries.get_mut(usize::from(place)) {
                        delivery.doubt = Doubt::Accepted;
                    }
                }
            }
            (Self::Open(slice) | Self::Completed(slice), Event::GaveUp { reason, .. }) => {
                for delivery in &mut slice.deliveries {
                    if matches!(delivery.progress, Progress::Waiting { .. }) {
                        delivery.progress = delivery.given_up(reason);
                    }
                }
            }
            (Self::Open(slice), Event::Completed) => {
                let slice = slice.clone();
                *self = Self::Completed(slice);
            }
            (Self::Absent, _) | (Self::Completed(_), Event::Completed) => {}
        }
    }
}
