//! Tables for the changes of clocks and calendars that people know.

use chrono::{DateTime, Datelike, TimeDelta, Utc};

use super::{CronExpression, Periodicity};
use crate::{TimeZone, Window};

mod calendar;
mod clocks;
mod downtime;

pub(super) fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).expect("a moment").to_utc()
}

pub(super) fn zone(name: &str) -> TimeZone {
    TimeZone::parse(name).expect("a zone")
}

pub(super) fn window(start: &str, end: &str) -> Window {
    Window::new(at(start), at(end)).expect("a window")
}

pub(super) fn cron(text: &str) -> Periodicity {
    Periodicity::Cron(CronExpression::parse(text).expect("an expression"))
}

pub(super) fn occurrences(
    periodicity: &Periodicity,
    window: &Window,
    zone: TimeZone,
) -> impl Iterator<Item = DateTime<Utc>> {
    let next = move |after| periodicity.next(window, zone, after);
    std::iter::successors(next(None), move |at| next(Some(*at)))
}

/// The first occurrences in a long window, as local times.
fn first(periodicity: &Periodicity, place: &str, start: &str, count: usize, format: &str) -> Vec<String> {
    let zone = zone(place);
    let start = at(start);
    let window = Window::new(start, start + TimeDelta::days(4_000)).expect("a window");
    let local = |at: DateTime<Utc>| zone.at(at).format(format);
    occurrences(periodicity, &window, zone).take(count).map(|at| local(at).to_string()).collect()
}

/// Each line: a periodicity, a zone, the window's start, and the local times that follow from them.
fn check(table: &str) {
    check_as("%a %m-%d %H:%M%:z", table);
}

/// The same for tables of years, in which only the dates matter.
fn check_dates(table: &str) {
    check_as("%Y-%m-%d", table);
}

fn check_as(format: &str, table: &str) {
    let lines = table.lines().map(str::trim);
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let columns: Vec<&str> = line.split(" | ").collect();
        let [periodicity, place, start, expected] = columns[..] else { panic!("{line}") };
        let expected: Vec<&str> = expected.split(", ").collect();
        assert_eq!(first(&often(periodicity), place, start, expected.len(), format), expected, "{line}");
    }
}

/// A periodicity as the tables write it.
fn often(periodicity: &str) -> Periodicity {
    match periodicity {
        "once" => Periodicity::Once,
        "daily" => Periodicity::Daily,
        "weekly" => Periodicity::Weekly,
        "monthly" => Periodicity::Monthly,
        expression => cron(expression),
    }
}

#[test]
fn once_is_the_opening_of_the_window() {
    let window = window("2026-05-01T10:00:00Z", "2027-05-01T10:00:00Z");
    let next = |after| Periodicity::Once.next(&window, TimeZone::UTC, after);
    assert_eq!(next(None), Some(window.start()));
    assert_eq!(next(Some(at("2026-04-01T10:00:00Z"))), Some(window.start()));
    assert_eq!(next(Some(window.start())), None);
    assert_eq!(next(Some(at("2030-01-01T00:00:00Z"))), None);
}

#[test]
fn a_time_skipped_by_summer_time_runs_as_soon_as_the_gap_is_over() {
    check(
        "
        daily | Europe/Berlin | 2024-03-30T02:30:00+01:00 | Sat 03-30 02:30+01:00, Sun 03-31 03:00+02:00, Mon 04-01 02:30+02:00
        daily | America/New_York | 2024-03-09T02:00:00-05:00 | Sat 03-09 02:00-05:00, Sun 03-10 03:00-04:00, Mon 03-11 02:00-04:00
        daily | Australia/Lord_Howe | 2024-10-05T02:15:00+10:30 | Sat 10-05 02:15+10:30, Sun 10-06 02:30+11:00, Mon 10-07 02:15+11:00
        weekly | Europe/Berlin | 2024-03-24T02:59:59+01:00 | Sun 03-24 02:59+01:00, Sun 03-31 03:00+02:00, Sun 04-07 02:59+02:00
        monthly | Europe/Berlin | 2024-01-31T02:30:00+01:00 | Wed 01-31 02:30+01:00, Thu 02-29 02:30+01:00, Sun 03-31 03:00+02:00, Tue 04-30 02:30+02:00, Fri 05-31 02:30+02:00
        ",
    );
}

#[test]
fn the_times_at_the_edges_of_a_gap_are_not_moved() {
    check(
        "
        daily | Europe/Berlin | 2024-03-30T01:59:59+01:00 | Sat 03-30 01:59+01:00, Sun 03-31 01:59+01:00, Mon 04-01 01:59+02:00
        daily | Europe/Berlin | 2024-03-30T03:00:00+01:00 | Sat 03-30 03:00+01:00, Sun 03-31 03:00+02:00, Mon 04-01 03:00+02:00
        ",
    );
}

#[test]
fn a_time_repeated_in_autumn_runs_once_and_the_first_time() {
    check(
        "
        daily | Europe/Berlin | 2024-10-26T02:30:00+02:00 | Sat 10-26 02:30+02:00, Sun 10-27 02:30+02:00, Mon 10-28 02:30+01:00
        daily | America/New_York | 2024-11-02T01:00:00-04:00 | Sat 11-02 01:00-04:00, Sun 11-03 01:00-04:00, Mon 11-04 01:00-05:00
        daily | Australia/Lord_Howe | 2024-04-06T01:45:00+11:00 | Sat 04-06 01:45+11:00, Sun 04-07 01:45+11:00, Mon 04-08 01:45+10:30
        daily | Europe/Berlin | 2024-10-26T03:00:00+02:00 | Sat 10-26 03:00+02:00, Sun 10-27 03:00+01:00, Mon 10-28 03:00+01:00
        ",
    );
}

#[test]
fn a_window_that_opens_in_the_second_pass_of_a_repeated_hour_starts_there() {
    check(
        "
        daily | Europe/Berlin | 2024-10-27T02:30:00+01:00 | Sun 10-27 02:30+01:00, Mon 10-28 02:30+01:00
        # The expression's 02:30 and 02:45 were in the first pass, before the window.
        */15 * * * * | Europe/Berlin | 2024-10-27T02:20:00+01:00 | Sun 10-27 03:00+01:00, Sun 10-27 03:15+01:00
        ",
    );
}

#[test]
fn without_summer_time_nothing_moves() {
    check(
        "
        weekly | Europe/Moscow | 2024-03-24T02:30:00+03:00 | Sun 03-24 02:30+03:00, Sun 03-31 02:30+03:00, Sun 04-07 02:30+03:00
        # Moscow left summer time for good (to +03:00) on this day.
        daily | Europe/Moscow | 2014-10-25T01:30:00+04:00 | Sat 10-25 01:30+04:00, Sun 10-26 01:30+04:00, Mon 10-27 01:30+03:00
        ",
    );
}

#[test]
fn a_day_that_a_place_skipped_runs_at_its_end_and_only_once() {
    check(
        "
        daily | Pacific/Apia | 2011-12-29T10:00:00-10:00 | Thu 12-29 10:00-10:00, Sat 12-31 00:00+14:00, Sat 12-31 10:00+14:00, Sun 01-01 10:00+14:00
        daily | Pacific/Apia | 2011-12-29T00:00:00-10:00 | Thu 12-29 00:00-10:00, Sat 12-31 00:00+14:00, Sun 01-01 00:00+14:00
        weekly | Pacific/Apia | 2011-12-23T10:00:00-10:00 | Fri 12-23 10:00-10:00, Sat 12-31 00:00+14:00, Fri 01-06 10:00+14:00
        0 */6 * * * | Pacific/Apia | 2011-12-29T13:00:00-10:00 | Thu 12-29 18:00-10:00, Sat 12-31 00:00+14:00, Sat 12-31 06:00+14:00
        ",
    );
}

#[test]
fn monthly_on_the_31st_means_the_last_day_and_never_drifts() {
    check(
        "
        monthly | Europe/Moscow | 2023-12-31T09:00:00+03:00 | Sun 12-31 09:00+03:00, Wed 01-31 09:00+03:00, Thu 02-29 09:00+03:00, Sun 03-31 09:00+03:00, Tue 04-30 09:00+03:00, Fri 05-31 09:00+03:00
        monthly | UTC | 2025-01-29T23:59:00Z | Wed 01-29 23:59+00:00, Fri 02-28 23:59+00:00, Sat 03-29 23:59+00:00
        ",
    );
}

#[test]
fn the_day_is_the_one_of_the_zone_and_not_of_utc() {
    check(
        "
        # It is the 31st in Berlin while UTC still has the 30th.
        monthly | Europe/Berlin | 2024-05-31T00:30:00+02:00 | Fri 05-31 00:30+02:00, Sun 06-30 00:30+02:00, Wed 07-31 00:30+02:00
        0 23 * * FRI | America/New_York | 2024-05-01T00:00:00Z | Fri 05-03 23:00-04:00, Fri 05-10 23:00-04:00
        ",
    );
}

#[test]
fn an_expression_goes_by_the_wall_like_everything_else() {
    check(
        "
        30 2 * * * | Europe/Berlin | 2024-03-30T00:00:00+01:00 | Sat 03-30 02:30+01:00, Sun 03-31 03:00+02:00, Mon 04-01 02:30+02:00
        30 2 * * * | Europe/Berlin | 2024-10-26T00:00:00+02:00 | Sat 10-26 02:30+02:00, Sun 10-27 02:30+02:00, Mon 10-28 02:30+01:00
        */30 * * * * | Europe/Berlin | 2024-03-31T01:20:00+01:00 | Sun 03-31 01:30+01:00, Sun 03-31 03:00+02:00, Sun 03-31 03:30+02:00
        */30 * * * * | Europe/Berlin | 2024-10-27T01:20:00+02:00 | Sun 10-27 01:30+02:00, Sun 10-27 02:00+02:00, Sun 10-27 02:30+02:00, Sun 10-27 03:00+01:00
        ",
    );
}

#[test]
fn the_opening_of_the_window_counts_for_an_expression_only_when_it_matches() {
    check(
        "
        0 9 * * * | UTC | 2024-05-01T09:00:00Z | Wed 05-01 09:00+00:00
        0 9 * * * | UTC | 2024-05-01T09:00:00.5Z | Thu 05-02 09:00+00:00
        0 9 * * * | UTC | 2024-05-01T08:59:59.999999Z | Wed 05-01 09:00+00:00
        # The skipped 02:30 runs at the very moment the window opens.
        30 2 * * * | Europe/Berlin | 2024-03-31T03:00:00+02:00 | Sun 03-31 03:00+02:00
        ",
    );
}

#[test]
fn expressions_mean_what_cron_means() {
    check(
        "
        # British Columbia stays on summer time from 2026 on.
        30 9 * * * | America/Vancouver | 2026-12-01T00:00:00Z | Tue 12-01 09:30-07:00
        0 0 29 2 * | UTC | 2024-01-01T00:00:00Z | Thu 02-29 00:00+00:00, Tue 02-29 00:00+00:00
        0 0 L * * | UTC | 2024-01-01T00:00:00Z | Wed 01-31 00:00+00:00, Thu 02-29 00:00+00:00
        0 0 * * MON#1 | UTC | 2024-01-01T00:00:00Z | Mon 01-01 00:00+00:00, Mon 02-05 00:00+00:00
        0 0 * * 7 | UTC | 2024-01-01T00:00:00Z | Sun 01-07 00:00+00:00, Sun 01-14 00:00+00:00
        # Day of month and day of week mean either of them.
        0 0 13 * FRI | UTC | 2024-01-01T00:00:00Z | Fri 01-05 00:00+00:00, Fri 01-12 00:00+00:00, Sat 01-13 00:00+00:00
        # Both of them where one begins with a star, also in a step.
        0 0 */2 * 1 | UTC | 2026-11-30T00:00:00Z | Mon 12-07 00:00+00:00, Mon 12-21 00:00+00:00
        0 0 */2,10 * 1 | UTC | 2026-08-02T00:00:00Z | Mon 08-03 00:00+00:00, Mon 08-10 00:00+00:00
        0 0 1-31/2 * 1 | UTC | 2026-11-30T00:00:00Z | Mon 11-30 00:00+00:00, Tue 12-01 00:00+00:00
        0 0 10,*/2 * 1 | UTC | 2026-08-02T00:00:00Z | Mon 08-03 00:00+00:00, Wed 08-05 00:00+00:00
        0 0 1 * */2 | UTC | 2026-11-02T00:00:00Z | Tue 12-01 00:00+00:00, Thu 04-01 00:00+00:00
        0 0 */10 * */3 | UTC | 2026-11-01T00:00:00Z | Sun 11-01 00:00+00:00, Wed 11-11 00:00+00:00
        0 0 13W JAN,APR * | UTC | 2024-01-01T00:00:00Z | Fri 01-12 00:00+00:00, Fri 04-12 00:00+00:00
        0 0 1 */6 * | UTC | 2024-01-01T00:00:00Z | Mon 01-01 00:00+00:00, Mon 07-01 00:00+00:00
        ",
    );
}

#[test]
fn the_windows_end_is_no_occurrence() {
    let window = window("2024-05-01T09:00:00Z", "2024-05-03T09:00:00Z");
    for periodicity in [Periodicity::Daily, cron("0 9 * * *")] {
        assert_eq!(occurrences(&periodicity, &window, TimeZone::UTC).count(), 2, "{periodicity:?}");
        assert_eq!(periodicity.next(&window, TimeZone::UTC, Some(DateTime::<Utc>::MAX_UTC)), None);
        assert_eq!(periodicity.next(&window, TimeZone::UTC, Some(DateTime::<Utc>::MIN_UTC)), Some(window.start()));
    }
}

#[test]
fn asking_thousands_of_years_after_the_start_is_as_quick() {
    let window = window("1970-01-01T09:00:00Z", "9999-12-31T00:00:00Z");
    for periodicity in [Periodicity::Daily, Periodicity::Weekly, Periodicity::Monthly] {
        for _ in 0..2_000 {
            let next = periodicity.next(&window, zone("Europe/Berlin"), Some(at("9990-06-15T12:00:00Z")));
            assert_eq!(next.map(|at| at.year()), Some(9990));
        }
    }
}

#[test]
fn its_json_is_a_word_or_an_expression() {
    for (periodicity, json) in [
        (Periodicity::Once, "\"once\""),
        (Periodicity::Daily, "\"daily\""),
        (Periodicity::Weekly, "\"weekly\""),
        (Periodicity::Monthly, "\"monthly\""),
        (cron(" 0  9 * * 1 "), "{\"cron\":\"0 9 * * 1\"}"),
    ] {
        assert_eq!(serde_json::to_string(&periodicity).expect("json"), json);
        assert_eq!(serde_json::from_str::<Periodicity>(json).expect("a periodicity"), periodicity);
    }
}
