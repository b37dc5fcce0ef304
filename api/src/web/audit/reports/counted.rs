//! What is counted for the page and for the files: the attempts of a time, by period and by mailing, and what was not sent, as GraphQL
//! counts them.

use super::log::names;
use crate::limits;
use crate::web::frame::fields::sentence;
use crate::web::frame::{Fields, Mistakes, Trouble, Visit};
use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};
use domain::{Language, MailingId, Period, TimeZone, UserId};
use projections::statistics::{self, Attempts, SuppressedCounts};
use projections::{Access, feedback, mailings, users};
use uuid::Uuid;
use words::Said;
use words::queries::Problem;
use words::screens::shown;
use words::screens::statistics::Statistics as Words;

/// How many days it looks back if nobody says.
const BACK: u64 = 29;

/// The years that calendars and tables have.
const YEARS: std::ops::RangeInclusive<i32> = 1970..=9999;

/// The kinds of periods, by their names in addresses.
pub(super) const PERIODS: [(&str, Period); 3] =
    [("day", Period::Day), ("week", Period::Week), ("month", Period::Month)];

/// What is asked for.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// The days as they were written, or those that are meant if nobody wrote any.
    pub(super) from: String,
    pub(super) to: String,
    pub(super) by: Period,
    pub(super) mailing: Option<MailingId>,
    access: Access,
    zone: TimeZone,
}

/// What was counted.
#[derive(Debug)]
pub(super) struct Counted {
    pub(super) by: Period,
    pub(super) zone: TimeZone,
    /// Where the periods meet.
    boundaries: Vec<DateTime<Utc>>,
    attempts: Vec<Attempts>,
    /// What was not sent in each period, by its reasons.
    not_sent: Vec<SuppressedCounts>,
    /// With their names, those with most attempts first.
    pub(super) mailings: Vec<(Uuid, Option<String>, Attempts)>,
    pub(super) total: Attempts,
    /// What was not sent in all periods together, by its reasons.
    pub(super) total_not_sent: SuppressedCounts,
    /// What came back of the letters of all periods together.
    pub(super) came_back: feedback::Counts,
    /// Whether something is missing, because it does not read.
    pub(super) incomplete: bool,
}

/// One of the periods.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counts<'c> {
    pub(super) begins: DateTime<Utc>,
    /// The last day of it.
    pub(super) last: NaiveDate,
    pub(super) first: NaiveDate,
    pub(super) attempts: Attempts,
    pub(super) not_sent: &'c SuppressedCounts,
}

impl Asked {
    /// What an address asks for. Somebody else's mailing, and somebody whom the visitor may not see, are not there.
    pub(super) async fn read(visit: &Visit, fields: &Fields) -> Result<Self, Trouble> {
        let (access, zone) = owner(visit, fields).await?;
        let mailing = match fields.some("mailing") {
            Some(id) => {
                let id: MailingId = id.parse().map_err(|_| Trouble::Absent)?;
                // Statistics of one that was deleted stay readable.
                if mailings::by_ids(visit.pool(), access, &[id.0]).await?.is_empty() {
                    return Err(Trouble::Absent);
                }
                Some(id)
            }
            None => None,
        };
        let today = zone.local(visit.now()).date();
        let first = today.checked_sub_days(Days::new(BACK)).unwrap_or(today);
        let text = |name: &str, day: NaiveDate| fields.some(name).map_or_else(|| day.to_string(), str::to_owned);
        let by = PERIODS.iter().find(|(name, _)| *name == fields.text("by")).map_or(Period::Day, |(_, by)| *by);
        Ok(Self { from: text("from", first), to: text("to", today), by, mailing, access, zone })
    }

    /// Counts it; what is wrong with the days is to be mended.
    pub(super) async fn count(&self, visit: &Visit) -> Result<Result<Counted, Mistakes>, Trouble> {
        let w = Words::of(visit.language());
        let day = |text: &str| text.trim().parse::<NaiveDate>().ok().filter(|day| YEARS.contains(&day.year()));
        let wrong = |field: &str, said: &str| Ok(Err(Mistakes::general(said).moved("", field)));
        let Some(first) = day(&self.from) else { return wrong("from", w.wrong_day) };
        let Some(last) = day(&self.to) else { return wrong("to", w.wrong_day) };
        if last < first {
            return wrong("to", w.reversed);
        }
        let Some(boundaries) = self.by.boundaries_of_days(first, last, self.zone, limits::PERIODS) else {
            let midnight = |day: NaiveDate| self.zone.moment(day.and_time(chrono::NaiveTime::MIN));
            let (from, to, limit) = (midnight(first), midnight(last), limits::PERIODS);
            let said = Said::from(Problem::TooManyPeriods { from, to, limit });
            return wrong("by", &sentence(said.to(visit.language())));
        };
        let (Some(from), Some(to)) = (boundaries.first(), boundaries.last()) else { return wrong("to", w.reversed) };
        let (pool, access) = (visit.pool(), self.access);
        let statistics::Periods { attempts, unreadable } =
            statistics::by_period(pool, access, self.mailing, &boundaries).await?;
        let not_sent = statistics::suppressed_by_period(pool, access, self.mailing, &boundaries).await?;
        let total_not_sent = not_sent.total();
        let came_back = statistics::feedback_by_period(pool, access, self.mailing, &boundaries).await?;
        let total_came_back = came_back.total();
        let missing = unreadable.into_iter().chain(not_sent.unreadable).chain(came_back.unreadable);
        let missing: Vec<_> = missing.collect();
        let incomplete = !missing.is_empty();
        for error in missing {
            tracing::error!(request_id = %visit.caller().request_id, %error, "statistics are not complete");
        }
        let by_mailing = statistics::by_mailing(pool, access, self.mailing, *from, *to, limits::PAGE.into()).await?;
        let mut names = names(visit, by_mailing.iter().map(|(id, _)| *id).collect()).await?;
        let mailings = by_mailing.into_iter().map(|(id, attempts)| (id, names.remove(&id), attempts)).collect();
        let mut total = Attempts::default();
        for attempts in &attempts {
            total += *attempts;
        }
        Ok(Ok(Counted {
            by: self.by,
            zone: self.zone,
            boundaries,
            attempts,
            not_sent: not_sent.counts,
            mailings,
            total,
            total_not_sent,
            came_back: total_came_back,
            incomplete,
        }))
    }
}

/// Whose numbers, and by whose clocks: one's own, everybody's for a manager, or those of an owner who is named.
async fn owner(visit: &Visit, fields: &Fields) -> Result<(Access, TimeZone), Trouble> {
    let viewer = visit.viewer()?;
    let Some(id) = fields.some("owner") else {
        if !viewer.may_own() && !viewer.may_watch() {
            viewer.owner()?;
        }
        return Ok((if viewer.may_own() { viewer.own() } else { viewer.reads() }, visit.zone()));
    };
    let id: UserId = id.parse().map_err(|_| Trouble::Absent)?;
    if id != viewer.id() && !viewer.may_watch() {
        return Err(Trouble::Absent);
    }
    let user = users::get(visit.pool(), id).await?.ok_or(Trouble::Absent)?;
    Ok((Access::Owner(id), TimeZone::parse(&user.time_zone).unwrap_or(TimeZone::UTC)))
}

impl Counted {
    /// The periods, one after the other.
    pub(super) fn periods(&self) -> impl Iterator<Item = Counts<'_>> {
        let zone = self.zone;
        self.boundaries.windows(2).zip(&self.attempts).zip(&self.not_sent).map(move |((bounds, attempts), not_sent)| {
            let (first, after) = (zone.local(bounds[0]).date(), zone.local(bounds[1]).date());
            let last = after.pred_opt().unwrap_or(first);
            Counts { begins: bounds[0], first, last, attempts: *attempts, not_sent }
        })
    }

    /// A period as it stands under an axis, and as it stands in a table.
    pub(super) fn said(&self, language: Language, counts: &Counts<'_>) -> (String, String) {
        let zone = self.zone;
        match self.by {
            Period::Day => (shown::short_day(language, counts.begins, zone), shown::day(language, counts.begins, zone)),
            Period::Week => {
                let last = zone.moment(counts.last.and_time(chrono::NaiveTime::MIN));
                let whole =
                    format!("{} – {}", shown::day(language, counts.begins, zone), shown::day(language, last, zone));
                (shown::short_day(language, counts.begins, zone), whole)
            }
            Period::Month => {
                let month = shown::short_month(language, counts.begins, zone);
                (month.clone(), month)
            }
        }
    }
}
