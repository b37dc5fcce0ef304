//! How many letters went out, by period and by mailing.

use crate::failure::Failure;
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::scalars::{DateTime, Long, TimeZone, int};
use crate::graphql::kit::tables::MailingKey;
use crate::graphql::mailings::came_back::Feedback;
use crate::graphql::mailings::mailing::Mailing;
use crate::graphql::mailings::outcome::SuppressionCause;
use crate::limits;
use async_graphql::{Context, Description, Enum, ID, Object, SimpleObject};
use domain::{MailingId, UserId};
use projections::feedback::Counts;
use projections::statistics::{self, Attempts, SuppressedCounts};
use projections::{Access, mailings, users};
use std::collections::HashMap;
use uuid::Uuid;

/// The kind of period into which a time is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::Period")]
pub(crate) enum StatisticsPeriod {
    /// Each period is a day, from midnight to midnight.
    Day,
    /// Each period is a week, from Monday to Monday (ISO 8601).
    Week,
    /// Each period is a month, from its first day to the first day of the next one.
    Month,
}

/// How many attempts to send a letter ended how. Those with the outcome `NOT_TRIED` are not counted.
#[derive(SimpleObject)]
struct AttemptNumbers {
    /// How many attempts succeeded: the mail server took the letter.
    succeeded: Long,
    /// How many attempts failed: `rejected`, `deferred` and `unknown` together.
    failed: Long,
    /// How many letters mail servers took. Each is taken once, so it is the same number as `succeeded`.
    letters_accepted: Long,
    /// How many attempts ended with the mail server refusing the letter for good.
    rejected: Long,
    /// How many attempts ended with the mail server putting the letter off.
    deferred: Long,
    /// How many attempts ended in doubt: nobody knows whether the mail server took the letter.
    unknown: Long,
}

impl From<Attempts> for AttemptNumbers {
    fn from(attempts: Attempts) -> Self {
        Self {
            succeeded: Long(attempts.accepted),
            failed: Long(attempts.failed()),
            letters_accepted: Long(attempts.accepted),
            rejected: Long(attempts.rejected),
            deferred: Long(attempts.deferred),
            unknown: Long(attempts.unknown),
        }
    }
}

/// How many letters were not sent for one cause.
#[derive(SimpleObject)]
struct SuppressedNumber {
    /// Why the letters were not sent.
    cause: SuppressionCause,
    /// How many letters that were.
    letters: Long,
}

fn suppressed(counts: SuppressedCounts) -> Vec<SuppressedNumber> {
    counts
        .into_iter()
        .map(|(cause, letters)| SuppressedNumber { cause: cause.into(), letters: Long(letters) })
        .collect()
}

/// The numbers of one period.
#[derive(SimpleObject)]
struct PeriodStatistics {
    /// The moment when the period begins.
    starts_at: DateTime,
    /// The moment when the period ends and the next one begins.
    ends_at: DateTime,
    /// How many attempts that ended in this period ended how.
    attempts: AttemptNumbers,
    /// How many letters of the runs that started in this period were not sent for which cause, without causes that there
    /// were none for.
    suppressed_by: Vec<SuppressedNumber>,
    /// How many of the letters whose last attempts ended in this period came back or were complained of later, as reported
    /// so far. These numbers grow for days after the period.
    feedback: Feedback,
}

/// The numbers of one mailing.
#[derive(Description)]
struct MailingStatistics {
    mailing: Uuid,
    attempts: Attempts,
    counts: Counts,
}

#[Object(use_type_description)]
impl MailingStatistics {
    /// The mailing, also a deleted one. Null only if it could not be read; then the top-level `errors` say why.
    async fn mailing(&self, context: &Context<'_>) -> Result<Option<Mailing>, Failure> {
        Ok(context.tables().load_one(MailingKey(self.mailing)).await?.transpose()?.map(Mailing))
    }

    /// How many attempts of this mailing ended how, in all periods together.
    async fn attempts(&self) -> AttemptNumbers {
        self.attempts.into()
    }

    /// How many of the mailing's letters whose last attempts ended in these periods came back or were complained of later, as
    /// reported so far.
    async fn feedback(&self) -> Feedback {
        Feedback::new(&self.counts, int(self.attempts.accepted))
    }
}

/// How the attempts to send letters ended in some periods. An attempt counts in the period in which it ended; those
/// with the outcome `NOT_TRIED` are not counted.
#[derive(SimpleObject)]
struct Statistics {
    /// The time zone in which the days of the periods begin: that of the owner whose numbers these are, or the
    /// viewer's if no owner is named.
    time_zone: TimeZone,
    /// How many attempts ended how, in all periods together.
    total: AttemptNumbers,
    /// How many letters of the runs that started in these periods were not sent for which cause, without causes that there
    /// were none for. They are no attempts, and not in `total`.
    suppressed_by: Vec<SuppressedNumber>,
    /// How many of the letters whose last attempts ended in these periods came back or were complained of later, as reported
    /// so far. These numbers grow for days after the last period.
    feedback: Feedback,
    /// The periods one after the other, also those without any attempt.
    periods: Vec<PeriodStatistics>,
    /// The mailings with attempts in these periods, the one with most attempts first, at most 100.
    mailings: Vec<MailingStatistics>,
}

#[derive(Default)]
pub(crate) struct StatisticsQuery;

#[Object]
impl StatisticsQuery {
    /// The numbers of attempts and letters in the periods that cover all of the time from `from` until `to`. They are
    /// the viewer's own unless another owner is named; managers, who have no mailings, get everybody's. Null if there
    /// is no mailing or owner of these ids that the viewer may see.
    async fn statistics(
        &self,
        context: &Context<'_>,
        #[graphql(
            desc = "The moment at which the time begins; the first period is the one in which it lies. A text that is no moment gets the error `BAD_REQUEST`."
        )]
        from: DateTime,
        #[graphql(
            desc = "The moment at which the time ends, after `from` and at most 400 periods later; any other gets the error `BAD_REQUEST`."
        )]
        to: DateTime,
        #[graphql(desc = "The kind of period into which the time is cut.")] by: StatisticsPeriod,
        #[graphql(desc = "The id of the mailing whose numbers are wanted; null or left out for all mailings.")]
        mailing_id: Option<ID>,
        #[graphql(
            desc = "The id of the user whose numbers are wanted; null or left out for the viewer's own, or for \
                    everybody's if the viewer is a manager. Only managers and administrators may name somebody else; \
                    for others the field is then null."
        )]
        owner_id: Option<ID>,
    ) -> Result<Option<Statistics>, Failure> {
        let Some((access, zone)) = owner(context, owner_id).await? else { return Ok(None) };
        let pool = context.pool();
        let mailing = match mailing_id {
            Some(id) => {
                let Ok(id) = id.parse::<MailingId>() else { return Ok(None) };
                // Statistics of one that was deleted stay readable.
                if mailings::by_ids(pool, access, &[id.0]).await?.is_empty() {
                    return Ok(None);
                }
                Some(id)
            }
            None => None,
        };
        let (from, to) = (moment(from, "from")?, moment(to, "to")?);
        if to <= from {
            return Err(Failure::BadRequest(words::queries::Problem::ToNotAfterFrom.into()));
        }
        let boundaries = domain::Period::from(by).boundaries(from, to, zone, limits::PERIODS);
        let Some(boundaries) = boundaries else {
            let limit = limits::PERIODS;
            return Err(Failure::BadRequest(words::queries::Problem::TooManyPeriods { from, to, limit }.into()));
        };
        let (Some(first), Some(last)) = (boundaries.first(), boundaries.last()) else { return Ok(None) };
        let statistics::Periods { attempts: periods, unreadable } =
            statistics::by_period(pool, access, mailing, &boundaries).await?;
        if let Some(error) = unreadable {
            context.shown::<()>(Err(error));
        }
        let by_mailing = statistics::by_mailing(pool, access, mailing, *first, *last, limits::PAGE.into()).await?;
        let mut total = Attempts::default();
        for attempts in &periods {
            total += *attempts;
        }
        let not_sent = statistics::suppressed_by_period(pool, access, mailing, &boundaries).await?;
        let total_not_sent = not_sent.total();
        if let Some(error) = not_sent.unreadable {
            context.shown::<()>(Err(error));
        }
        let came_back = statistics::feedback_by_period(pool, access, mailing, &boundaries).await?;
        let total_came_back = came_back.total();
        if let Some(error) = came_back.unreadable {
            context.shown::<()>(Err(error));
        }
        let of_mailings = statistics::feedback_by_mailing(pool, access, mailing, *first, *last).await?;
        let mut of_mailings: HashMap<Uuid, Counts> = of_mailings.into_iter().collect();
        let bounds = boundaries.windows(2).map(|bounds| (bounds[0], bounds[1]));
        let numbers = periods.into_iter().zip(not_sent.counts).zip(came_back.counts);
        let periods = bounds.zip(numbers).map(|((from, to), ((attempts, counts), back))| PeriodStatistics {
            starts_at: from.into(),
            ends_at: to.into(),
            attempts: attempts.into(),
            suppressed_by: suppressed(counts),
            feedback: Feedback::new(&back, int(attempts.accepted)),
        });
        Ok(Some(Statistics {
            time_zone: TimeZone(zone.name().to_owned()),
            total: total.into(),
            suppressed_by: suppressed(total_not_sent),
            feedback: Feedback::new(&total_came_back, int(total.accepted)),
            periods: periods.collect(),
            mailings: by_mailing
                .into_iter()
                .map(|(mailing, attempts)| {
                    let counts = of_mailings.remove(&mailing).unwrap_or_default();
                    MailingStatistics { mailing, attempts, counts }
                })
                .collect(),
        }))
    }
}

/// Whose numbers, and by whose clocks.
async fn owner(context: &Context<'_>, owner_id: Option<ID>) -> Result<Option<(Access, domain::TimeZone)>, Failure> {
    let viewer = context.viewer()?;
    // What was a zone once may no longer be one; its owner is not to blame.
    let zone = |name: &str| domain::TimeZone::parse(name).unwrap_or(domain::TimeZone::UTC);
    let Some(id) = owner_id else { return Ok(Some((context.scope(None)?, zone(&viewer.user().time_zone)))) };
    let Ok(id) = id.parse::<UserId>() else { return Ok(None) };
    if id != viewer.id() && !viewer.may_watch() {
        return Ok(None);
    }
    let user = users::get(context.pool(), id).await?;
    Ok(user.map(|user| (Access::Owner(id), zone(&user.time_zone))))
}

fn moment(at: DateTime, name: &str) -> Result<chrono::DateTime<chrono::Utc>, Failure> {
    at.0.map_err(|text| Failure::BadRequest(words::queries::Problem::NotAMoment { name: name.to_owned(), text }.into()))
}
