//! Attempts by period and by mailing, letters that were not sent, by period and reason, and letters that came back. The first two are
//! written with the deliveries, see [`crate::deliveries`]. Attempts are counted by quarters of an hour: days begin at one in every time
//! zone in use.

use crate::columns::{FromColumn as _, Word};
use crate::deliveries::{Ending, Suppressed};
use crate::feedback::{Counts, What};
use crate::{Access, Unreadable};
use chrono::{DateTime, Utc};
use domain::MailingId;
use sqlx::PgPool;
use std::ops::AddAssign;
use uuid::Uuid;

/// Attempts by what became of them. What was not tried after all is no attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    /// How many attempts ended with the mail server taking the letter.
    pub accepted: i64,
    /// How many attempts ended with the mail server refusing the letter for good.
    pub rejected: i64,
    /// How many attempts ended with the mail server putting the letter off.
    pub deferred: i64,
    /// How many attempts ended in doubt: nobody knows whether the mail server took the letter.
    pub unknown: i64,
}

impl Attempts {
    /// All that did not succeed.
    #[must_use]
    pub fn failed(&self) -> i64 {
        self.rejected + self.deferred + self.unknown
    }
}

impl AddAssign for Attempts {
    fn add_assign(&mut self, other: Self) {
        self.accepted += other.accepted;
        self.rejected += other.rejected;
        self.deferred += other.deferred;
        self.unknown += other.unknown;
    }
}

/// The attempts of each period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Periods {
    /// The attempts of the periods, in order.
    pub attempts: Vec<Attempts>,
    /// A row that is in none of these numbers, as it does not say what became of its attempts, if there is one.
    pub unreadable: Option<Unreadable>,
}

/// The attempts of each period: from one of the boundaries, which are in order, to the next.
pub async fn by_period(
    pool: &PgPool,
    access: Access,
    mailing: Option<MailingId>,
    boundaries: &[DateTime<Utc>],
) -> Result<Periods, sqlx::Error> {
    let words = Ending::words().into_iter().map(str::to_owned).collect::<Vec<_>>();
    let rows = sqlx::query!(
        r#"select width_bucket(at, $3::timestamptz[]) as "period!",
                  coalesce(sum(count) filter (where outcome = 'accepted'), 0)::bigint as "accepted!",
                  coalesce(sum(count) filter (where outcome = 'rejected'), 0)::bigint as "rejected!",
                  coalesce(sum(count) filter (where outcome = 'deferred'), 0)::bigint as "deferred!",
                  coalesce(sum(count) filter (where outcome = 'unknown'), 0)::bigint as "unknown!",
                  min(array[mailing_id::text, outcome]) filter (where outcome <> all($4)) as unreadable
             from attempt_counts
            where ($1::uuid is null or owner_id = $1) and ($2::uuid is null or mailing_id = $2)
              and at >= ($3::timestamptz[])[1] and at < ($3::timestamptz[])[cardinality($3::timestamptz[])]
            group by 1"#,
        access.owner(),
        mailing.map(|mailing| mailing.0),
        boundaries,
        &words,
    )
    .fetch_all(pool)
    .await?;
    let mut periods = vec![Attempts::default(); boundaries.len().saturating_sub(1)];
    let mut unreadable = None;
    for row in rows {
        let (accepted, rejected, deferred, unknown) = (row.accepted, row.rejected, row.deferred, row.unknown);
        // They are counted from 1.
        let place = usize::try_from(row.period - 1).ok();
        if let Some(period) = place.and_then(|place| periods.get_mut(place)) {
            *period = Attempts { accepted, rejected, deferred, unknown };
        }
        if let Some([mailing, outcome]) = row.unreadable.as_deref() {
            unreadable = Some(Unreadable::new("attempt_counts", "outcome", mailing.clone(), outcome));
        }
    }
    Ok(Periods { attempts: periods, unreadable })
}

/// How many letters were not sent for which reason, in the order in which reasons are listed; without reasons that there were
/// none for.
pub type SuppressedCounts = Vec<(Suppressed, i64)>;

/// The letters of each period that were not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuppressedPeriods {
    /// What was not sent in each of the periods, in order.
    pub counts: Vec<SuppressedCounts>,
    /// A row that is in none of these numbers, as it does not say why its letters were not sent, if there is one.
    pub unreadable: Option<Unreadable>,
}

impl SuppressedPeriods {
    /// What was not sent in all periods together.
    #[must_use]
    pub fn total(&self) -> SuppressedCounts {
        let of = |reason: Suppressed| -> i64 {
            self.counts.iter().flatten().filter(|(other, _)| *other == reason).map(|(_, letters)| letters).sum()
        };
        Suppressed::ALL.iter().map(|reason| (*reason, of(*reason))).filter(|(_, letters)| *letters > 0).collect()
    }
}

/// The letters of each period that were not sent, by their reasons: from one of the boundaries, which are in order, to the next. They
/// count when their run started, as most are left out before anything is tried, and none of them has an attempt that ended.
pub async fn suppressed_by_period(
    pool: &PgPool,
    access: Access,
    mailing: Option<MailingId>,
    boundaries: &[DateTime<Utc>],
) -> Result<SuppressedPeriods, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select width_bucket(r.started_at, $3::timestamptz[]) as "period!", c.reason as "reason!",
                  sum(c.deliveries)::bigint as "deliveries!", min(c.run_id::text) as "run!"
             from runs r
             join suppression_counts c on c.run_id = r.id
            where ($1::uuid is null or r.owner_id = $1) and ($2::uuid is null or r.mailing_id = $2)
              and r.started_at >= ($3::timestamptz[])[1]
              and r.started_at < ($3::timestamptz[])[cardinality($3::timestamptz[])]
              and c.deliveries > 0
            group by 1, 2"#,
        access.owner(),
        mailing.map(|mailing| mailing.0),
        boundaries,
    )
    .fetch_all(pool)
    .await?;
    let mut counts = vec![SuppressedCounts::new(); boundaries.len().saturating_sub(1)];
    let mut unreadable = None;
    for row in rows {
        // They are counted from 1.
        let place = usize::try_from(row.period - 1).ok();
        let Some(period) = place.and_then(|place| counts.get_mut(place)) else { continue };
        match Suppressed::from_column(row.reason) {
            Ok(reason) => period.push((reason, row.deliveries)),
            Err(value) => unreadable = Some(Unreadable::new("suppression_counts", "reason", row.run, &value)),
        }
    }
    let place = |reason: Suppressed| Suppressed::ALL.iter().position(|other| *other == reason);
    for period in &mut counts {
        period.sort_by_key(|(reason, _)| place(*reason));
    }
    Ok(SuppressedPeriods { counts, unreadable })
}

/// The attempts of each mailing in a time, those with most first. What [`by_period`] tells to be unreadable is not in them.
pub async fn by_mailing(
    pool: &PgPool,
    access: Access,
    mailing: Option<MailingId>,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<(Uuid, Attempts)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select mailing_id,
                  coalesce(sum(count) filter (where outcome = 'accepted'), 0)::bigint as "accepted!",
                  coalesce(sum(count) filter (where outcome = 'rejected'), 0)::bigint as "rejected!",
                  coalesce(sum(count) filter (where outcome = 'deferred'), 0)::bigint as "deferred!",
                  coalesce(sum(count) filter (where outcome = 'unknown'), 0)::bigint as "unknown!"
             from attempt_counts
            where ($1::uuid is null or owner_id = $1) and ($2::uuid is null or mailing_id = $2)
              and at >= $3 and at < $4
            group by mailing_id order by sum(count) desc, mailing_id limit $5"#,
        access.owner(),
        mailing.map(|mailing| mailing.0),
        from,
        to,
        limit,
    )
    .fetch_all(pool)
    .await?;
    let of = |accepted, rejected, deferred, unknown| Attempts { accepted, rejected, deferred, unknown };
    Ok(rows
        .into_iter()
        .map(|row| (row.mailing_id, of(row.accepted, row.rejected, row.deferred, row.unknown)))
        .collect())
}

/// What came back of the letters of each period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feedback {
    /// What came back of the letters of the periods, in order.
    pub counts: Vec<Counts>,
    /// A report that is in none of these numbers, as it does not say what became of its letter, if there is one.
    pub unreadable: Option<Unreadable>,
}

impl Feedback {
    /// What came back of the letters of all periods together.
    #[must_use]
    pub fn total(&self) -> Counts {
        let mut total = Counts::default();
        for counts in &self.counts {
            total += *counts;
        }
        total
    }
}

/// A query of the letters that came back, a row `l` for each, by the moment when its last attempt ended: what it selects, and what comes
/// after that. Both are checked when they are compiled. A report is about a letter of before, so older ones need not be looked at, but
/// for some time by which clocks may differ. What is only late has not come back.
macro_rules! letters {
    ($select:literal, $rest:literal, $access:expr, $mailing:expr, $from:expr, $to:expr, $words:expr $(, $more:expr)*) => {
        sqlx::query!(
            $select
                + ",
                  count(*) filter (where l.permanent) as \"bounced!\",
                  count(*) filter (where l.temporary and not l.permanent) as \"soft_bounced!\",
                  count(*) filter (where l.complaint) as \"complained!\", min(l.unreadable) as unreadable
             from (
                select f.mailing_id, f.permanent, f.temporary, f.complaint, f.unreadable, coalesce(d.at, f.reported_at) as at
                  from (select run_id, ordinal, mailing_id, bool_or(what = 'permanent') as permanent,
                               bool_or(what = 'temporary') as temporary, bool_or(what = 'complaint') as complaint,
                               min(reported_at) as reported_at,
                               min(array[run_id || '.' || ordinal || '.' || version, what])
                                 filter (where what <> all($5::text[])) as unreadable
                          from feedback
                         where ($1::uuid is null or owner_id = $1) and ($2::uuid is null or mailing_id = $2)
                           and reported_at >= $3::timestamptz - interval '1 hour' and what <> 'delayed'
                         group by run_id, ordinal, mailing_id) f
                  left join lateral (
                     select at from deliveries where run_id = f.run_id and ordinal = f.ordinal offset 0) d on true) l
            where l.at >= $3 and l.at < $4::timestamptz "
                + $rest,
            $access.owner(),
            $mailing.map(|mailing: MailingId| mailing.0),
            $from,
            $to,
            $words,
            $($more,)*
        )
    };
}

/// What came back of the letters of each period: from one of the boundaries, which are in order, to the next.
///
/// A letter counts when its last attempt ended, whenever it was reported to have come back: so it is a part of those that were accepted in
/// the same period, and has a share of them. The numbers of a period therefore grow for days after it. One of which no attempt is known
/// counts when it was reported first.
pub async fn feedback_by_period(
    pool: &PgPool,
    access: Access,
    mailing: Option<MailingId>,
    boundaries: &[DateTime<Utc>],
) -> Result<Feedback, sqlx::Error> {
    let mut counts = vec![Counts::default(); boundaries.len().saturating_sub(1)];
    let (Some(from), Some(to)) = (boundaries.first(), boundaries.last()) else {
        return Ok(Feedback { counts, unreadable: None });
    };
    let words = What::words().into_iter().map(str::to_owned).collect::<Vec<_>>();
    let rows = letters!(
        "select width_bucket(l.at, $6::timestamptz[]) as \"period!\"",
        "group by 1",
        access,
        mailing,
        *from,
        *to,
        &words,
        boundaries
    )
    .fetch_all(pool)
    .await?;
    let mut unreadable = None;
    for row in rows {
        let (bounced, soft_bounced, complained) = (row.bounced, row.soft_bounced, row.complained);
        // They are counted from 1.
        let place = usize::try_from(row.period - 1).ok();
        if let Some(period) = place.and_then(|place| counts.get_mut(place)) {
            *period = Counts { bounced, soft_bounced, complained };
        }
        if let Some([report, what]) = row.unreadable.as_deref() {
            unreadable = Some(Unreadable::new("feedback", "what", report.clone(), what));
        }
    }
    Ok(Feedback { counts, unreadable })
}

/// What came back of the letters of each mailing whose last attempts ended in a time, in no order; mailings without any are left out. What
/// [`feedback_by_period`] tells to be unreadable is not in them.
pub async fn feedback_by_mailing(
    pool: &PgPool,
    access: Access,
    mailing: Option<MailingId>,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<(Uuid, Counts)>, sqlx::Error> {
    let words = What::words().into_iter().map(str::to_owned).collect::<Vec<_>>();
    let rows =
        letters!("select l.mailing_id as \"mailing_id!\"", "group by l.mailing_id", access, mailing, from, to, &words)
            .fetch_all(pool)
            .await?;
    let of = |bounced, soft_bounced, complained| Counts { bounced, soft_bounced, complained };
    Ok(rows.into_iter().map(|row| (row.mailing_id, of(row.bounced, row.soft_bounced, row.complained))).collect())
}
