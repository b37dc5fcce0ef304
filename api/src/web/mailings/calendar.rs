//! What will be sent: the coming weeks of the visitor's own calendar, which narrow screens show as a list.

use crate::failure::Failure;
use crate::web::frame::list;
use crate::web::frame::{Answer, Layout, Place, Trouble, Visit, owners, page as shown_page};
use askama::Template;
use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use domain::{Language, TimeZone};
use projections::Access;
use projections::mailings::{self, Filter, Mailing, Standing};
use std::collections::HashMap;
use uuid::Uuid;
use words::screens::calendar::Calendar as Words;
use words::screens::shown;

/// The most mailings that a page shows.
const MAILINGS: i64 = 200;

/// The most times of one mailing that a day tells.
const TIMES: usize = 3;

/// How many weeks a page has.
const WEEKS: u64 = 5;

/// How many pages ahead can be looked at: about two years.
const PAGES: u64 = 20;

#[derive(Template)]
#[template(path = "mailings/calendar.html")]
struct Page {
    page: Layout,
    w: &'static Words,
    heads: [&'static str; 7],
    weeks: Vec<Vec<Day>>,
    before: Option<String>,
    after: Option<String>,
    here: String,
    zone: String,
    empty: bool,
    left_out: bool,
    may_plan: bool,
    of_all: bool,
    may_see_all: bool,
    named: String,
}

struct Day {
    short: String,
    said: String,
    outside: bool,
    today: bool,
    runs: Vec<Planned>,
}

/// A mailing on a day.
struct Planned {
    id: String,
    name: String,
    times: String,
    more: bool,
    owner: Option<String>,
}

/// `GET /calendar`: five weeks from this one on, or from the one that is asked for.
pub(crate) async fn page(visit: Visit) -> Answer {
    let (access, query, w) = (visit.lists()?, visit.query(), Words::of(visit.language()));
    let viewer = visit.viewer()?;
    let (now, zone, language) = (visit.now(), visit.zone(), visit.language());
    let today = zone.local(now).date();
    let this = monday(today);
    let begins = query.some("from").map_or(Some(this), |text| text.parse().ok().map(monday)).ok_or(Trouble::Absent)?;
    let last = this + Days::new(7 * WEEKS * PAGES);
    if begins < this || begins > last {
        return Err(Trouble::Absent);
    }
    let ends = begins + Days::new(7 * WEEKS);
    let filter = Filter {
        standings: Some(vec![Standing::Created, Standing::Running]),
        now,
        from: Some(midnight(begins, zone).max(now)),
        to: Some(midnight(ends, zone)),
        ..Filter::default()
    };
    let read = mailings::page(visit.pool(), access, &filter, None, MAILINGS + 1).await?;
    let left_out = read.len() as u64 > MAILINGS.unsigned_abs();
    let rows: Vec<Mailing> = read.into_iter().filter_map(|(_, row)| list::shown(&visit, row)).collect();
    let of_all = access == Access::All;
    let ids = rows.iter().map(|row| row.owner_id).collect();
    let owners = if of_all { owners::of(&visit, ids).await? } else { HashMap::new() };
    // It would keep this thread from others for too long.
    let working_out = tokio::task::spawn_blocking(move || by_day(&rows, &owners, (begins, ends), zone, now));
    let mut planned = working_out.await.map_err(Failure::from)?;
    let mut day_of = |day: NaiveDate| {
        let outside = day < today;
        let runs = planned.remove(&day).filter(|_| !outside).unwrap_or_default();
        let short = if day == begins.max(today) || day.day() == 1 {
            shown::day_of_month(language, day)
        } else {
            day.day().to_string()
        };
        Day { short, said: shown::weekday(language, day), outside, today: day == today, runs }
    };
    let days: Vec<Day> = begins.iter_days().take_while(|day| *day < ends).map(&mut day_of).collect();
    let empty = days.iter().all(|day| day.runs.is_empty());
    let mut weeks: Vec<Vec<Day>> = Vec::new();
    for day in days {
        match weeks.last_mut().filter(|week| week.len() < 7) {
            Some(week) => week.push(day),
            None => weeks.push(vec![day]),
        }
    }
    let address = |from: NaiveDate| {
        let of = if query.text("of") == "all" { "&of=all" } else { "" };
        format!("/calendar?from={from}{of}")
    };
    let last_day = ends.pred_opt().unwrap_or(ends);
    shown_page(&Page {
        page: visit.layout(w.title, Place::Calendar),
        w,
        heads: shown::weekdays(language),
        weeks,
        before: (begins > this).then(|| address((begins - Days::new(7 * WEEKS)).max(this))),
        after: (ends <= last).then(|| address(ends)),
        here: stretch(language, begins, last_day),
        zone: zone.name().to_owned(),
        empty,
        left_out,
        may_plan: viewer.may_own(),
        of_all,
        may_see_all: viewer.may_watch() && viewer.may_own(),
        named: begins.to_string(),
    })
}

/// The days that a page shows, each with its year where they are not of the same one.
fn stretch(language: Language, begins: NaiveDate, last: NaiveDate) -> String {
    let first = shown::day_of_month(language, begins);
    let first = if begins.year() == last.year() { first } else { format!("{first} {}", begins.year()) };
    format!("{first} – {} {}", shown::day_of_month(language, last), last.year())
}

/// The Monday of a day's week.
fn monday(day: NaiveDate) -> NaiveDate {
    day.checked_sub_days(Days::new(day.weekday().num_days_from_monday().into())).unwrap_or(day)
}

fn midnight(day: NaiveDate, zone: TimeZone) -> DateTime<Utc> {
    zone.moment(day.and_time(NaiveTime::MIN))
}

/// The moments at which a run of a mailing begins by itself, for each day from `begins` to `ends` on which one does: one more than
/// is told, at the most. However often a mailing runs, and however seldom, it is asked a few times a day at the most.
fn times(
    row: &Mailing,
    (begins, ends): (NaiveDate, NaiveDate),
    zone: TimeZone,
    now: DateTime<Utc>,
) -> Vec<(NaiveDate, Vec<DateTime<Utc>>)> {
    let (Some(window), Some(of_plan)) = (row.window(), row.zone()) else { return Vec::new() };
    let end = midnight(ends, zone);
    let mut reached = midnight(begins, zone).max(now) - TimeDelta::nanoseconds(1);
    let mut days: Vec<(NaiveDate, Vec<DateTime<Utc>>)> = Vec::new();
    // Before the window opens, this is its first moment.
    while let Some(at) = row.periodicity.next(&window, of_plan, Some(reached)) {
        if at >= end || row.last_occurrence.is_some_and(|last| at <= last) {
            break;
        }
        let day = zone.local(at).date();
        match days.last_mut().filter(|(last, _)| *last == day) {
            Some((_, times)) => times.push(at),
            None => days.push((day, vec![at])),
        }
        reached = match (days.last(), day.succ_opt()) {
            // The rest of a full day is not looked through.
            (Some((_, times)), Some(next)) if times.len() > TIMES => {
                (midnight(next, zone) - TimeDelta::nanoseconds(1)).max(at)
            }
            _ => at,
        };
    }
    days
}

/// The mailings of which a run begins on each of these days, in the order of their first ones. It is all arithmetic, which takes
/// a moment where expressions name days that come seldom.
fn by_day(
    rows: &[Mailing],
    owners: &HashMap<Uuid, String>,
    days: (NaiveDate, NaiveDate),
    zone: TimeZone,
    now: DateTime<Utc>,
) -> HashMap<NaiveDate, Vec<Planned>> {
    let mut all: HashMap<NaiveDate, Vec<(DateTime<Utc>, Planned)>> = HashMap::new();
    for row in rows {
        for (day, times) in times(row, days, zone, now) {
            let Some(first) = times.first() else { continue };
            let told = times.iter().take(TIMES).map(|at| zone.at(*at).format("%H:%M").to_string());
            let planned = Planned {
                id: row.id.to_string(),
                name: row.name.clone(),
                times: told.collect::<Vec<_>>().join(", "),
                more: times.len() > TIMES,
                owner: owners.get(&row.owner_id).cloned(),
            };
            all.entry(day).or_default().push((*first, planned));
        }
    }
    let in_order = |(day, mut planned): (NaiveDate, Vec<(DateTime<Utc>, Planned)>)| {
        planned.sort_by_key(|(first, _)| *first);
        (day, planned.into_iter().map(|(_, planned)| planned).collect())
    };
    all.into_iter().map(in_order).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::mailing::{InDoubt, Status};
    use domain::{CronExpression, Periodicity};
    use sqlx::types::Json;

    fn mailing(periodicity: Periodicity) -> Mailing {
        let at = |text: &str| text.parse().expect("a moment");
        Mailing {
            in_doubt: InDoubt::Hold,
            kind: domain::mailing::Kind::Bulk,
            status: Status::Active,
            periodicity: Json(periodicity),
            id: Uuid::nil(),
            owner_id: Uuid::nil(),
            name: "Spring".to_owned(),
            message_id: Uuid::nil(),
            starts_at: at("2026-05-04T10:00:00Z"),
            ends_at: at("2027-05-04T10:00:00Z"),
            time_zone: "UTC".to_owned(),
            sender_id: None,
            relay: None,
            reason: None,
            last_occurrence: None,
            next_run_at: None,
            sent: false,
            created_at: at("2026-05-01T10:00:00Z"),
            deleted_at: None,
            version: 1,
            planned_at: None,
            owner_blocked: false,
        }
    }

    #[test]
    fn each_day_has_its_first_moments_however_often_or_seldom_a_mailing_runs() {
        let cron = |text: &str| Periodicity::Cron(CronExpression::parse(text).expect("an expression"));
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        let days = (day("2026-05-04"), day("2026-06-08"));
        let now = "2026-05-01T00:00:00Z".parse().expect("a moment");
        for (periodicity, count, each) in [
            (Periodicity::Once, 1, 1),
            (Periodicity::Daily, 35, 1),
            (Periodicity::Weekly, 5, 1),
            (cron("* * * * *"), 35, TIMES + 1),
            (cron("0 12,18 * * *"), 35, 2),
            (cron("0 12 31 * *"), 1, 1),
            (cron("0 0 29 2 *"), 0, 0),
        ] {
            let times = times(&mailing(periodicity.clone()), days, TimeZone::UTC, now);
            assert_eq!(times.len(), count, "{periodicity:?}");
            assert!(times.iter().all(|(_, times)| times.len() == each), "{periodicity:?}: {times:?}");
            assert!(
                times.iter().flat_map(|(day, times)| times.iter().map(move |at| at.date_naive() == *day)).all(|it| it)
            );
        }
        // What is over is not told.
        let now = "2026-05-20T11:00:00Z".parse().expect("a moment");
        let times = times(&mailing(Periodicity::Daily), days, TimeZone::UTC, now);
        assert_eq!((times.len(), times[0].0), (18, day("2026-05-21")));
    }

    #[test]
    fn a_stretch_over_a_new_year_has_both_years() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        for (language, begins, last, said) in [
            (Language::En, "2026-05-04", "2026-06-07", "4 May – 7 June 2026"),
            (Language::En, "2026-12-28", "2027-01-31", "28 December 2026 – 31 January 2027"),
            (Language::Ru, "2026-12-28", "2027-01-31", "28 декабря 2026 – 31 января 2027"),
        ] {
            assert_eq!(stretch(language, day(begins), day(last)), said);
        }
    }

    #[test]
    fn weeks_begin_on_mondays() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        for (of, begins) in [("2026-11-30", "2026-11-30"), ("2026-12-06", "2026-11-30"), ("2027-01-01", "2026-12-28")] {
            assert_eq!(monday(day(of)), day(begins), "{of}");
        }
    }
}
