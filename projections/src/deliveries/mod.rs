//! Who got what, when, and what the mail server answered.
//!
//! A delivery has a row only once something has happened to it, and the row holds its last attempt, so that the letter
//! that goes well is written once. Earlier attempts are in a table of their own, and who waits is told by the batch.

mod filter;
pub(crate) mod fold;
mod list;
mod over_time;
mod places;
mod reported;
mod search;

pub use filter::Filter;
pub use list::{count, get, page};
pub use over_time::{OverTime, over_time};
pub use places::{Placed, by_places, to_clients};

use crate::columns::{self, Word, row};
use crate::{Listed, Unreadable};
use chrono::{DateTime, Utc};
use domain::batch::{AttemptOutcome, LeaveOutReason, MAX_RECIPIENTS};
use domain::suppression::Reason;
use domain::{Outcome, RunId};
use sqlx::PgPool;
use std::collections::HashMap;
use uuid::Uuid;

/// What is decided about a letter of which nobody knows whether it has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// Nobody has decided.
    Open,
    /// The letter is about to be sent again.
    Again,
    /// Somebody leaves it as it is.
    Accepted,
}

impl Word for Doubt {
    const ALL: &'static [Self] = &[Self::Open, Self::Again, Self::Accepted];

    fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Again => "again",
            Self::Accepted => "accepted",
        }
    }
}

/// How an attempt ended; [`AttemptOutcome`] without what it carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The mail server took the letter.
    Accepted,
    /// The mail server refused the letter for good.
    Rejected,
    /// The mail server put the letter off.
    Deferred,
    /// Nobody knows whether the mail server took the letter.
    Unknown,
    /// The letter was not sent after all.
    NotTried,
}

impl Ending {
    fn of(outcome: &AttemptOutcome) -> Self {
        match outcome {
            AttemptOutcome::Accepted => Self::Accepted,
            AttemptOutcome::Rejected { .. } => Self::Rejected,
            AttemptOutcome::Deferred { .. } => Self::Deferred,
            AttemptOutcome::Unknown { .. } => Self::Unknown,
            AttemptOutcome::NotTried => Self::NotTried,
        }
    }
}

impl Word for Ending {
    const ALL: &'static [Self] = &[Self::Accepted, Self::Rejected, Self::Deferred, Self::Unknown, Self::NotTried];

    fn word(self) -> &'static str {
        match self {
            Self::Accepted => Outcome::Accepted.name(),
            Self::Rejected => Outcome::Rejected.name(),
            Self::Deferred => Outcome::Deferred.name(),
            Self::Unknown => Outcome::Unknown.name(),
            Self::NotTried => "not_tried",
        }
    }
}

/// Why a delivery was suppressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Suppressed {
    /// Another recipient of the run has the same mailbox.
    SameMailbox,
    /// The mailing was cancelled or deleted before the first try.
    Cancelled,
    /// The address is not written to any more.
    Reason(Reason),
}

impl From<LeaveOutReason> for Suppressed {
    fn from(reason: LeaveOutReason) -> Self {
        match reason {
            LeaveOutReason::SameMailbox => Self::SameMailbox,
            LeaveOutReason::Suppressed(reason) => Self::Reason(reason),
        }
    }
}

impl Word for Suppressed {
    const ALL: &'static [Self] = &[
        Self::SameMailbox,
        Self::Cancelled,
        Self::Reason(Reason::Unsubscribed),
        Self::Reason(Reason::Dead),
        Self::Reason(Reason::Bounced),
        Self::Reason(Reason::Complained),
        Self::Reason(Reason::ByHand),
        Self::Reason(Reason::Imported),
    ];

    fn word(self) -> &'static str {
        match self {
            Self::SameMailbox => "same_mailbox",
            Self::Cancelled => "cancelled",
            Self::Reason(reason) => reason.name(),
        }
    }
}

row! {
    /// One client in one run.
    pub struct Delivery from StoredDelivery {
        words {
            /// What became of the delivery so far.
            pub outcome: Outcome = "deliveries"(run_id, ordinal),
            /// What is decided about the letter if it may have arrived although nobody knows; `None` if there is no doubt.
            pub doubt: Option<Doubt> = "deliveries"(run_id, ordinal),
            /// Why it was suppressed; `None` if it was not.
            pub suppression: Option<Suppressed> = "deliveries"(run_id, ordinal),
        }
        /// The run that the delivery is part of.
        pub run_id: Uuid,
        /// Its place in the run: 500 times the batch's number plus the place in the batch.
        pub ordinal: i32,
        /// The client who gets the letter.
        pub client_id: Uuid,
        /// The address that the letter goes to, as it was when the audience was frozen.
        pub email: String,
        /// The name as it was then.
        pub full_name: String,
        /// How many attempts to send the letter are recorded.
        pub attempts: i16,
    }
}

row! {
    /// An attempt to send a letter: one SMTP transaction.
    pub struct Attempt from StoredAttempt {
        words {
            /// How the attempt ended.
            pub outcome: Ending = "attempts"(run_id, ordinal, number),
        }
        /// The run in which the attempt was made.
        pub run_id: Uuid,
        /// The place in the run of the delivery that the attempt is one of.
        pub ordinal: i32,
        /// The attempt's number within the delivery, counted from 1.
        pub number: i32,
        /// The moment when the attempt ended.
        pub at: DateTime<Utc>,
        /// The reply's three digits.
        pub code: Option<i16>,
        /// The reply's enhanced code.
        pub enhanced: Option<String>,
        /// The reply's text, or what went wrong without one.
        pub reply: Option<String>,
    }
}

/// How many letters in doubt each of these runs has about which nobody has decided; runs without any are left out.
pub async fn undecided(pool: &PgPool, runs: &[Uuid]) -> Result<Vec<(Uuid, i64)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select run_id, count(*) as "count!" from deliveries
            where run_id = any($1) and outcome = 'unknown' and doubt = 'open' group by run_id"#,
        runs,
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.run_id, row.count)).collect())
}

/// The attempts of some deliveries of a run, in order, each with the place of its delivery.
pub async fn attempts(pool: &PgPool, run: RunId, ordinals: &[i32]) -> Result<Listed<i32, Attempt>, sqlx::Error> {
    let rows = sqlx::query_as!(
        StoredAttempt,
        // One look-up each, by nothing but the key, whatever PostgreSQL believes about the size of runs.
        r#"select $1 as "run_id!", w.ordinal as "ordinal!", a.number as "number!", a.at as "at!", a.outcome as "outcome!", a.code,
                  a.enhanced, a.reply
             from unnest($2::integer[]) as w (ordinal)
            cross join lateral (
                (select number, at, outcome, code, enhanced, reply from attempts
                  where run_id = $1 and ordinal = w.ordinal offset 0)
                union all
                (select attempts, at, coalesce(attempt, outcome), code, enhanced, reply from deliveries
                  where run_id = $1 and ordinal = w.ordinal and attempts > 0 offset 0)
            ) a
            order by w.ordinal, a.number"#,
        run.0,
        ordinals,
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.ordinal, row.read())).collect())
}

/// A delivery of the run that does not read although something has become of it, if there is one. The run's numbers are then not
/// those of its deliveries.
pub async fn unreadable(pool: &PgPool, run: RunId) -> Result<Option<Unreadable>, sqlx::Error> {
    Ok(unreadable_of(pool, &[run.0]).await?.remove(&run.0))
}

/// The same of many runs, by their ids.
pub async fn unreadable_of(pool: &PgPool, runs: &[Uuid]) -> Result<HashMap<Uuid, Unreadable>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select r.id as "run!", d.ordinal, d.outcome, d.attempt, d.doubt
             from unnest($1::uuid[]) as r (id)
            cross join lateral (
                select ordinal, outcome, attempt, doubt from deliveries
                 where run_id = r.id and outcome not in ('pending', 'accepted')
                   and not delivery_reads(outcome, attempt, doubt)
                 limit 1) d"#,
        runs,
    )
    .fetch_all(pool)
    .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let run = row.run;
            let id = || format!("{run}.{}", row.ordinal);
            let outcome = columns::read::<Outcome>("deliveries", "outcome", id(), row.outcome).err();
            let attempt = || columns::read::<Option<Ending>>("deliveries", "attempt", id(), row.attempt).err();
            let why = outcome
                .or_else(attempt)
                .or_else(|| columns::read::<Option<Doubt>>("deliveries", "doubt", id(), row.doubt).err());
            Some((run, why?))
        })
        .collect())
}

/// The place in a run of a place in one of its batches.
#[must_use]
pub fn ordinal(batch: u32, place: u16) -> i32 {
    let ordinal = u64::from(batch) * MAX_RECIPIENTS as u64 + u64::from(place);
    i32::try_from(ordinal).unwrap_or(i32::MAX)
}

/// The batch of a place in a run, and the place in that batch.
#[must_use]
pub fn place(ordinal: i32) -> (u32, u16) {
    let ordinal = usize::try_from(ordinal).unwrap_or(0);
    let number = u32::try_from(ordinal / MAX_RECIPIENTS).unwrap_or(u32::MAX);
    (number, u16::try_from(ordinal % MAX_RECIPIENTS).unwrap_or(u16::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_not_to_write_to_an_address_is_a_word_of_deliveries() {
        for reason in Reason::ALL {
            let suppressed = Suppressed::from(LeaveOutReason::Suppressed(reason));
            assert_eq!(Suppressed::from_word(reason.name()), Some(suppressed));
        }
        assert_eq!(Suppressed::ALL.len(), Reason::ALL.len() + 2);
    }
}
