//! What will be sent: a month of the visitor's own calendar, which narrow screens show as a list.

use super::owners;
use crate::web::frame::list;
use crate::web::frame::{Answer, Layout, Place, Trouble, Visit, page as shown_page};
use askama::Template;
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, TimeDelta, Utc};
use domain::TimeZone;
use projections::Access;
use projections::mailings::{self, Filter, Mailing, Standing};
use std::collections::HashMap;
use words::screens::calendar::Calendar as Words;
use words::screens::shown;

/// The most mailings that a month shows.
const MAILINGS: i64 = 200;

/// The most times of one mailing that a day tells.
const TIMES: usize = 3;

/// How many months ahead can be looked at.
const AHEAD: u32 = 24;

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
    number: u32,
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

/// `GET /calendar`.
pub(crate) async fn page(visit: Visit) -> Answer {
    let (access, query, w) = (visit.lists()?, visit.query(), Words::of(visit.language()));
    let viewer = visit.viewer()?;
    let (now, zone) = (visit.now(), visit.zone());
    let today = zone.local(now).date();
    let this = today.with_day(1).unwrap_or(today);
    let first = query.some("month").map_or(Some(this), month).ok_or(Trouble::Absent)?;
    let last_of_all = this.checked_add_months(Months::new(AHEAD)).unwrap_or(this);
    if first < this || first > last_of_all {
        return Err(Trouble::Absent);
    }
    let next = first.checked_add_months(Months::new(1)).unwrap_or(first);
    let begins = first.checked_sub_days(Days::new(first.weekday().num_days_from_monday().into())).unwrap_or(first);
    let (from, to) = (midnight(begins, zone).max(now), midnight(next + Days::new(7), zone));
    let filter = Filter {
        standings: Some(vec![Standing::Created, Standing::Running]),
        now,
        from: Some(from),
        to: Some(to),
        ..Filter::default()
    };
    let read = mailings::page(visit.pool(), access, &filter, None, MAILINGS + 1).await?;
    let left_out = read.len() as u64 > MAILINGS.unsigned_abs();
    let rows: Vec<Mailing> = read.into_iter().filter_map(|(_, row)| list::shown(&visit, row)).collect();
    let of_all = access == Access::All;
    let owners =
        if of_all { owners::of(&visit, rows.iter().map(|row| row.owner_id).collect()).await? } else { HashMap::new() };
    let mut weeks = Vec::new();
    let mut day = begins;
    let mut empty = true;
    while day < next {
        let mut week = Vec::with_capacity(7);
        for _ in 0..7 {
            let outside = day < first || day >= next;
            let mut runs = Vec::new();
            if !outside && day >= today {
                for row in &rows {
                    let owner = owners.get(&row.owner_id);
                    if let Some(planned) = on(&visit, row, day, owner.cloned()) {
                        empty = false;
                        runs.push((planned.times.clone(), planned));
                    }
                }
                runs.sort_by(|(one, _), (other, _)| one.cmp(other));
            }
            week.push(Day {
                number: day.day(),
                said: shown::weekday(visit.language(), day),
                outside,
                today: day == today,
                runs: runs.into_iter().map(|(_, planned)| planned).collect(),
            });
            day = day.succ_opt().unwrap_or(next);
        }
        weeks.push(week);
    }
    let address = |month: NaiveDate| {
        let of = if query.text("of") == "all" { "&of=all" } else { "" };
        format!("/calendar?month={}{of}", month.format("%Y-%m"))
    };
    let title = shown::month(visit.language(), first);
    shown_page(&Page {
        page: visit.layout(w.title, Place::Calendar),
        w,
        heads: shown::weekdays(visit.language()),
        weeks,
        before: (first > this).then(|| address(first.checked_sub_months(Months::new(1)).unwrap_or(first))),
        after: (next <= last_of_all).then(|| address(next)),
        here: title,
        zone: zone.name().to_owned(),
        empty,
        left_out,
        may_plan: viewer.may_own(),
        of_all,
        may_see_all: viewer.may_watch() && viewer.may_own(),
        named: first.format("%Y-%m").to_string(),
    })
}

/// The first day of a month such as `2026-05`.
fn month(text: &str) -> Option<NaiveDate> {
    let (year, month) = text.split_once('-')?;
    NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, 1)
}

fn midnight(day: NaiveDate, zone: TimeZone) -> DateTime<Utc> {
    zone.moment(day.and_time(NaiveTime::MIN))
}

/// What a mailing does on a day that is not over; nothing if none of its runs begins on it.
fn on(visit: &Visit, row: &Mailing, day: NaiveDate, owner: Option<String>) -> Option<Planned> {
    let (zone, now) = (visit.zone(), visit.now());
    let times = times_on(row, day, zone, now);
    if times.is_empty() {
        return None;
    }
    let told: Vec<String> = times.iter().take(TIMES).map(|at| zone.at(*at).format("%H:%M").to_string()).collect();
    Some(Planned {
        id: row.id.to_string(),
        name: row.name.clone(),
        times: told.join(", "),
        more: times.len() > TIMES,
        owner,
    })
}

/// The moments of a day at which a run begins by itself: one more than is told, at the most.
fn times_on(row: &Mailing, day: NaiveDate, zone: TimeZone, now: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let (Some(window), Some(of_plan)) = (row.window(), row.zone()) else { return Vec::new() };
    let Some(next_day) = day.succ_opt() else { return Vec::new() };
    let (begins, ends) = (midnight(day, zone), midnight(next_day, zone));
    let mut reached = begins.max(now) - TimeDelta::nanoseconds(1);
    let mut times = Vec::new();
    while times.len() <= TIMES {
        // Before the window opens, this is its first moment.
        match row.periodicity.next(&window, of_plan, Some(reached)) {
            Some(at) if at < ends && row.last_occurrence.is_none_or(|last| at > last) => {
                times.push(at);
                reached = at;
            }
            _ => break,
        }
    }
    times
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_read_as_addresses_have_them() {
        assert_eq!(month("2026-05"), NaiveDate::from_ymd_opt(2026, 5, 1));
        for text in ["2026", "2026-13", "x-1", ""] {
            assert_eq!(month(text), None, "{text}");
        }
    }
}
