//! Tables for the changes of clocks and calendars that people know, laws for the rest.

use chrono::{DateTime, Datelike, NaiveDateTime, TimeDelta, TimeZone as _, Timelike, Utc};
use proptest::prelude::*;
use proptest::sample::Index;

use super::{CronExpression, Due, Periodicity, local, moment};
use crate::{TimeZone, Window};

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).expect("a moment").to_utc()
}

fn zone(name: &str) -> TimeZone {
    TimeZone::parse(name).expect("a zone")
}

fn window(start: &str, end: &str) -> Window {
    Window::new(at(start), at(end)).expect("a window")
}

fn cron(text: &str) -> Periodicity {
    Periodicity::Cron(CronExpression::parse(text).expect("an expression"))
}

fn occurrences(
    periodicity: &Periodicity,
    window: &Window,
    zone: TimeZone,
) -> impl Iterator<Item = DateTime<Utc>> {
    let next = move |after| periodicity.next(window, zone, after);
    std::iter::successors(next(None), move |at| next(Some(*at)))
}

/// The first occurrences in a long window, as local times.
fn first(periodicity: &Periodicity, place: &str, start: &str, count: usize) -> Vec<String> {
    let zone = zone(place);
    let start = at(start);
    let window = Window::new(start, start + TimeDelta::days(4_000)).expect("a window");
    occurrences(periodicity, &window, zone)
        .take(count)
        .map(|at| at.with_timezone(&zone.tz()).format("%a %Y-%m-%d %H:%M%:z").to_string())
        .collect()
}

fn check(periodicity: &Periodicity, place: &str, start: &str, expected: &[&str]) {
    assert_eq!(first(periodicity, place, start, expected.len()), expected, "{periodicity:?} {place} {start}");
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
    let daily = Periodicity::Daily;
    check(&daily, "Europe/Berlin", "2024-03-30T02:30:00+01:00", &[
        "Sat 2024-03-30 02:30+01:00",
        "Sun 2024-03-31 03:00+02:00",
        "Mon 2024-04-01 02:30+02:00",
    ]);
    check(&daily, "America/New_York", "2024-03-09T02:00:00-05:00", &[
        "Sat 2024-03-09 02:00-05:00",
        "Sun 2024-03-10 03:00-04:00",
        "Mon 2024-03-11 02:00-04:00",
    ]);
    check(&daily, "Australia/Lord_Howe", "2024-10-05T02:15:00+10:30", &[
        "Sat 2024-10-05 02:15+10:30",
        "Sun 2024-10-06 02:30+11:00",
        "Mon 2024-10-07 02:15+11:00",
    ]);
    check(&Periodicity::Weekly, "Europe/Berlin", "2024-03-24T02:59:59+01:00", &[
        "Sun 2024-03-24 02:59+01:00",
        "Sun 2024-03-31 03:00+02:00",
        "Sun 2024-04-07 02:59+02:00",
    ]);
    check(&Periodicity::Monthly, "Europe/Berlin", "2024-01-31T02:30:00+01:00", &[
        "Wed 2024-01-31 02:30+01:00",
        "Thu 2024-02-29 02:30+01:00",
        "Sun 2024-03-31 03:00+02:00",
        "Tue 2024-04-30 02:30+02:00",
        "Fri 2024-05-31 02:30+02:00",
    ]);
}

#[test]
fn the_times_at_the_edges_of_a_gap_are_not_moved() {
    check(&Periodicity::Daily, "Europe/Berlin", "2024-03-30T01:59:59+01:00", &[
        "Sat 2024-03-30 01:59+01:00",
        "Sun 2024-03-31 01:59+01:00",
        "Mon 2024-04-01 01:59+02:00",
    ]);
    check(&Periodicity::Daily, "Europe/Berlin", "2024-03-30T03:00:00+01:00", &[
        "Sat 2024-03-30 03:00+01:00",
        "Sun 2024-03-31 03:00+02:00",
        "Mon 2024-04-01 03:00+02:00",
    ]);
}

#[test]
fn a_time_repeated_in_autumn_runs_once_and_the_first_time() {
    let daily = Periodicity::Daily;
    check(&daily, "Europe/Berlin", "2024-10-26T02:30:00+02:00", &[
        "Sat 2024-10-26 02:30+02:00",
        "Sun 2024-10-27 02:30+02:00",
        "Mon 2024-10-28 02:30+01:00",
    ]);
    check(&daily, "America/New_York", "2024-11-02T01:00:00-04:00", &[
        "Sat 2024-11-02 01:00-04:00",
        "Sun 2024-11-03 01:00-04:00",
        "Mon 2024-11-04 01:00-05:00",
    ]);
    check(&daily, "Australia/Lord_Howe", "2024-04-06T01:45:00+11:00", &[
        "Sat 2024-04-06 01:45+11:00",
        "Sun 2024-04-07 01:45+11:00",
        "Mon 2024-04-08 01:45+10:30",
    ]);
    check(&daily, "Europe/Berlin", "2024-10-26T03:00:00+02:00", &[
        "Sat 2024-10-26 03:00+02:00",
        "Sun 2024-10-27 03:00+01:00",
        "Mon 2024-10-28 03:00+01:00",
    ]);
}

#[test]
fn a_window_that_opens_in_the_second_pass_of_a_repeated_hour_starts_there() {
    check(&Periodicity::Daily, "Europe/Berlin", "2024-10-27T02:30:00+01:00", &[
        "Sun 2024-10-27 02:30+01:00",
        "Mon 2024-10-28 02:30+01:00",
    ]);
    // The expression's 02:30 and 02:45 were in the first pass, before the window.
    check(&cron("*/15 * * * *"), "Europe/Berlin", "2024-10-27T02:20:00+01:00", &[
        "Sun 2024-10-27 03:00+01:00",
        "Sun 2024-10-27 03:15+01:00",
    ]);
}

#[test]
fn without_summer_time_nothing_moves() {
    check(&Periodicity::Weekly, "Europe/Moscow", "2024-03-24T02:30:00+03:00", &[
        "Sun 2024-03-24 02:30+03:00",
        "Sun 2024-03-31 02:30+03:00",
        "Sun 2024-04-07 02:30+03:00",
    ]);
    // Moscow left summer time for good (to +03:00) on this day.
    check(&Periodicity::Daily, "Europe/Moscow", "2014-10-25T01:30:00+04:00", &[
        "Sat 2014-10-25 01:30+04:00",
        "Sun 2014-10-26 01:30+04:00",
        "Mon 2014-10-27 01:30+03:00",
    ]);
}

#[test]
fn a_day_that_a_place_skipped_runs_at_its_end_and_only_once() {
    check(&Periodicity::Daily, "Pacific/Apia", "2011-12-29T10:00:00-10:00", &[
        "Thu 2011-12-29 10:00-10:00",
        "Sat 2011-12-31 00:00+14:00",
        "Sat 2011-12-31 10:00+14:00",
        "Sun 2012-01-01 10:00+14:00",
    ]);
    check(&Periodicity::Daily, "Pacific/Apia", "2011-12-29T00:00:00-10:00", &[
        "Thu 2011-12-29 00:00-10:00",
        "Sat 2011-12-31 00:00+14:00",
        "Sun 2012-01-01 00:00+14:00",
    ]);
    check(&Periodicity::Weekly, "Pacific/Apia", "2011-12-23T10:00:00-10:00", &[
        "Fri 2011-12-23 10:00-10:00",
        "Sat 2011-12-31 00:00+14:00",
        "Fri 2012-01-06 10:00+14:00",
    ]);
    check(&cron("0 */6 * * *"), "Pacific/Apia", "2011-12-29T13:00:00-10:00", &[
        "Thu 2011-12-29 18:00-10:00",
        "Sat 2011-12-31 00:00+14:00",
        "Sat 2011-12-31 06:00+14:00",
    ]);
}

#[test]
fn monthly_on_the_31st_means_the_last_day_and_never_drifts() {
    check(&Periodicity::Monthly, "Europe/Moscow", "2023-12-31T09:00:00+03:00", &[
        "Sun 2023-12-31 09:00+03:00",
        "Wed 2024-01-31 09:00+03:00",
        "Thu 2024-02-29 09:00+03:00",
        "Sun 2024-03-31 09:00+03:00",
        "Tue 2024-04-30 09:00+03:00",
        "Fri 2024-05-31 09:00+03:00",
    ]);
    check(&Periodicity::Monthly, "UTC", "2025-01-29T23:59:00Z", &[
        "Wed 2025-01-29 23:59+00:00",
        "Fri 2025-02-28 23:59+00:00",
        "Sat 2025-03-29 23:59+00:00",
    ]);
}

#[test]
fn the_day_is_the_one_of_the_zone_and_not_of_utc() {
    // It is the 31st in Berlin while UTC still has the 30th.
    check(&Periodicity::Monthly, "Europe/Berlin", "2024-05-31T00:30:00+02:00", &[
        "Fri 2024-05-31 00:30+02:00",
        "Sun 2024-06-30 00:30+02:00",
        "Wed 2024-07-31 00:30+02:00",
    ]);
    check(&cron("0 23 * * FRI"), "America/New_York", "2024-05-01T00:00:00Z", &[
        "Fri 2024-05-03 23:00-04:00",
        "Fri 2024-05-10 23:00-04:00",
    ]);
}

#[test]
fn an_expression_goes_by_the_wall_like_everything_else() {
    check(&cron("30 2 * * *"), "Europe/Berlin", "2024-03-30T00:00:00+01:00", &[
        "Sat 2024-03-30 02:30+01:00",
        "Sun 2024-03-31 03:00+02:00",
        "Mon 2024-04-01 02:30+02:00",
    ]);
    check(&cron("30 2 * * *"), "Europe/Berlin", "2024-10-26T00:00:00+02:00", &[
        "Sat 2024-10-26 02:30+02:00",
        "Sun 2024-10-27 02:30+02:00",
        "Mon 2024-10-28 02:30+01:00",
    ]);
    check(&cron("*/30 * * * *"), "Europe/Berlin", "2024-03-31T01:20:00+01:00", &[
        "Sun 2024-03-31 01:30+01:00",
        "Sun 2024-03-31 03:00+02:00",
        "Sun 2024-03-31 03:30+02:00",
    ]);
    check(&cron("*/30 * * * *"), "Europe/Berlin", "2024-10-27T01:20:00+02:00", &[
        "Sun 2024-10-27 01:30+02:00",
        "Sun 2024-10-27 02:00+02:00",
        "Sun 2024-10-27 02:30+02:00",
        "Sun 2024-10-27 03:00+01:00",
    ]);
}

#[test]
fn the_opening_of_the_window_counts_for_an_expression_only_when_it_matches() {
    check(&cron("0 9 * * *"), "UTC", "2024-05-01T09:00:00Z", &["Wed 2024-05-01 09:00+00:00"]);
    check(&cron("0 9 * * *"), "UTC", "2024-05-01T09:00:00.5Z", &["Thu 2024-05-02 09:00+00:00"]);
    check(&cron("0 9 * * *"), "UTC", "2024-05-01T08:59:59.999999Z", &["Wed 2024-05-01 09:00+00:00"]);
    // The skipped 02:30 runs at the very moment the window opens.
    check(&cron("30 2 * * *"), "Europe/Berlin", "2024-03-31T03:00:00+02:00", &["Sun 2024-03-31 03:00+02:00"]);
}

#[test]
fn expressions_mean_what_cron_means() {
    for (expression, dates) in [
        ("0 0 29 2 *", ["Thu 2024-02-29", "Tue 2028-02-29"]),
        ("0 0 L * *", ["Wed 2024-01-31", "Thu 2024-02-29"]),
        ("0 0 * * MON#1", ["Mon 2024-01-01", "Mon 2024-02-05"]),
        ("0 0 * * 7", ["Sun 2024-01-07", "Sun 2024-01-14"]),
        ("0 0 13 * FRI", ["Fri 2024-01-05", "Fri 2024-01-12"]),
        ("0 0 13W JAN,APR *", ["Fri 2024-01-12", "Fri 2024-04-12"]),
        ("0 0 1 */6 *", ["Mon 2024-01-01", "Mon 2024-07-01"]),
    ] {
        let dates = dates.map(|date| format!("{date} 00:00+00:00"));
        assert_eq!(first(&cron(expression), "UTC", "2024-01-01T00:00:00Z", 2), dates, "{expression}");
    }
}

#[test]
fn the_windows_end_is_no_occurrence() {
    let window = window("2024-05-01T09:00:00Z", "2024-05-03T09:00:00Z");
    for periodicity in [Periodicity::Daily, cron("0 9 * * *")] {
        assert_eq!(occurrences(&periodicity, &window, TimeZone::UTC).count(), 2, "{periodicity:?}");
        assert_eq!(periodicity.next(&window, TimeZone::UTC, Some(DateTime::<Utc>::MAX_UTC)), None);
        assert_eq!(
            periodicity.next(&window, TimeZone::UTC, Some(DateTime::<Utc>::MIN_UTC)),
            Some(window.start())
        );
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
fn on_time_the_occurrence_runs_and_nothing_is_missed() {
    let window = window("2024-05-01T09:00:00Z", "2024-06-01T09:00:00Z");
    let due = |after, now: &str| Periodicity::Daily.due(&window, TimeZone::UTC, after, at(now), 10);
    assert_eq!(due(None, "2024-05-01T08:59:59Z"), Due::default());
    let first = Due { run: Some(window.start()), ..Due::default() };
    assert_eq!(due(None, "2024-05-01T09:00:00Z"), first);
    assert_eq!(due(None, "2024-05-02T08:59:59Z"), first);
    assert_eq!(due(first.run, "2024-05-02T08:59:59Z"), Due::default());
}

#[test]
fn late_the_latest_occurrence_runs_once_and_the_others_are_missed() {
    let window = window("2024-05-01T09:00:00Z", "2024-06-01T09:00:00Z");
    let after = Some(at("2024-05-02T09:00:00Z"));
    assert_eq!(Periodicity::Daily.due(&window, TimeZone::UTC, after, at("2024-05-05T12:00:00Z"), 10), Due {
        run: Some(at("2024-05-05T09:00:00Z")),
        missed: vec![at("2024-05-03T09:00:00Z"), at("2024-05-04T09:00:00Z")],
        more: false,
    });
}

#[test]
fn after_the_windows_end_everything_is_missed() {
    let window = window("2024-05-01T09:00:00Z", "2024-05-02T10:00:00Z");
    assert_eq!(Periodicity::Daily.due(&window, TimeZone::UTC, None, window.end(), 10), Due {
        run: None,
        missed: vec![at("2024-05-01T09:00:00Z"), at("2024-05-02T09:00:00Z")],
        more: false,
    });
}

#[test]
fn more_missed_ones_than_fit_come_in_portions_before_anything_runs() {
    let window = window("2024-05-01T00:00:00Z", "2024-05-02T00:00:00Z");
    let due = |after, limit| cron("0 * * * *").due(&window, TimeZone::UTC, after, at("2024-05-01T04:30:00Z"), limit);
    let hours = |hours: std::ops::Range<i64>| hours.map(|hour| window.start() + TimeDelta::hours(hour)).collect();
    assert_eq!(due(None, 3), Due { run: None, missed: hours(0..3), more: true });
    assert_eq!(due(Some(at("2024-05-01T02:00:00Z")), 3), Due {
        run: Some(at("2024-05-01T04:00:00Z")),
        missed: hours(3..4),
        more: false,
    });
    assert_eq!(due(None, 4), Due { run: Some(at("2024-05-01T04:00:00Z")), missed: hours(0..4), more: false });
    assert_eq!(due(None, usize::MAX), due(None, 4));
    assert_eq!(due(None, 0), Due { run: None, missed: hours(0..1), more: true });
}

#[test]
fn a_broken_expression_is_refused_with_its_field() {
    for (text, sentence) in [
        (
            "61 * * * *",
            "the minute \"61\" of the cron expression \"61 * * * *\" is not valid: number out of bounds; \
             write 0 to 59, *, */15, 0-30 or a list",
        ),
        (
            "0 9-25 * * *",
            "the hour \"9-25\" of the cron expression \"0 9-25 * * *\" is not valid: range out of bounds; \
             write 0 to 23, *, */2, 9-17 or a list",
        ),
        (
            "0  9 * JUNY  *",
            "the month \"JUNY\" of the cron expression \"0 9 * JUNY *\" is not valid: \
             it has a character that may not be there; write 1 to 12, JAN to DEC, * or a list",
        ),
        (
            "0 9,, * * *",
            "the hour \"9,,\" of the cron expression \"0 9,, * * *\" is not valid: \
             an item of the list is empty; write 0 to 23, *, */2, 9-17 or a list",
        ),
        (
            "0 0 9 * * 1",
            "the cron expression \"0 0 9 * * 1\" has 6 fields instead of five; \
             write minute, hour, day of month, month and day of week, such as 0 9 * * 1",
        ),
        (
            "@daily",
            "the cron expression \"@daily\" has 1 fields instead of five; \
             write minute, hour, day of month, month and day of week, such as 0 9 * * 1",
        ),
    ] {
        let error = CronExpression::parse(text).expect_err(text);
        assert_eq!(error.to_string(), sentence);
        assert_eq!(error.code(), "CRON_INVALID");
    }
    for text in ["", "* * * *", "a b c d e", "@daily * * * *", "*/0 * * * *", "5-1 * * * *", "0 0 * * 8", "0 0 0 * *"] {
        assert_eq!(CronExpression::parse(text).expect_err(text).code(), "CRON_INVALID", "{text}");
    }
    let long = CronExpression::parse(&format!("{}0 * * * *", "0,".repeat(1_000))).expect_err("too long");
    assert_eq!(long.code(), "CRON_TOO_LONG");
}

#[test]
fn an_expression_that_never_fires_is_refused() {
    for text in ["0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 1 * +MON#2", "0 0 31W 2 *"] {
        assert_eq!(CronExpression::parse(text).expect_err(text).code(), "CRON_NEVER_FIRES", "{text}");
    }
    assert_eq!(
        CronExpression::parse("0 0 30 2 *").expect_err("never").to_string(),
        "the cron expression \"0 0 30 2 *\" never comes true, as no date matches; \
         check its day of month, month and day of week together"
    );
    for text in ["0 0 29 2 *", "0 0 29 2 +MON", "0 0 * 2 MON#5", "0 0 31W 1 *"] {
        assert!(CronExpression::parse(text).is_ok(), "{text}");
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

#[test]
fn an_expression_from_the_log_that_is_not_understood_any_more_has_no_occurrences() {
    for text in ["whenever", "0 0 30 2 *", "", "0 0 9 * * 1"] {
        let json = serde_json::json!({ "cron": text });
        let periodicity: Periodicity = serde_json::from_value(json.clone()).expect("still a periodicity");
        assert_eq!(serde_json::to_value(&periodicity).expect("json"), json);
        let window = window("2024-05-01T00:00:00Z", "2034-05-01T00:00:00Z");
        assert_eq!(periodicity.next(&window, TimeZone::UTC, None), None);
    }
}

/// Places and moments where clocks changed: summer time both ways, half an hour, a whole day, for good, at midnight.
const CHANGES: [(&str, &str); 12] = [
    ("Europe/Berlin", "2024-03-31T01:00:00Z"),
    ("Europe/Berlin", "2024-10-27T01:00:00Z"),
    ("America/New_York", "2024-03-10T07:00:00Z"),
    ("America/New_York", "2024-11-03T06:00:00Z"),
    ("Europe/Moscow", "2014-10-25T22:00:00Z"),
    ("Europe/Moscow", "2024-10-27T01:00:00Z"),
    ("Australia/Lord_Howe", "2024-04-06T15:00:00Z"),
    ("Australia/Lord_Howe", "2024-10-05T15:30:00Z"),
    ("Pacific/Apia", "2011-12-30T10:00:00Z"),
    ("America/Sao_Paulo", "2018-11-04T03:00:00Z"),
    ("America/Sao_Paulo", "2018-02-18T02:00:00Z"),
    ("Asia/Pyongyang", "2018-05-04T15:00:00Z"),
];

fn any_periodicity() -> impl Strategy<Value = Periodicity> {
    prop_oneof![
        Just(Periodicity::Once),
        Just(Periodicity::Daily),
        Just(Periodicity::Weekly),
        Just(Periodicity::Monthly),
        (0..60, 0..24).prop_map(|(minute, hour)| cron(&format!("{minute} {hour} * * *"))),
        (7..60, 0..7).prop_map(|(step, day)| cron(&format!("*/{step} */3 * * {day}"))),
        (7..60).prop_map(|step| cron(&format!("*/{step} * * * *"))),
        (1..31, 0..7).prop_map(|(day, weekday)| cron(&format!("15,45 0-3 {day} * {weekday}"))),
    ]
}

/// A window that opens up to 45 days (mostly up to a day) before or after a change of clocks, on a whole second.
fn any_plan() -> impl Strategy<Value = (TimeZone, Window)> {
    let shift = prop_oneof![
        3 => (-26 * 60..26 * 60_i64).prop_map(TimeDelta::minutes),
        1 => (-26 * 3_600..26 * 3_600_i64).prop_map(TimeDelta::seconds),
        2 => (-45 * 24 * 60..45 * 24 * 60_i64).prop_map(TimeDelta::minutes),
    ];
    let length = prop_oneof![60..4 * 24 * 60_i64, 24 * 60..80 * 24 * 60_i64].prop_map(TimeDelta::minutes);
    (any::<Index>(), shift, length).prop_map(|(change, shift, length)| {
        let (place, change) = change.get(&CHANGES);
        let start = at(change) + shift;
        (zone(place), Window::new(start, start + length).expect("a window"))
    })
}

/// The rules once more, slowly: every local minute from before the window until after it.
fn model(periodicity: &Periodicity, window: &Window, zone: TimeZone) -> Vec<DateTime<Utc>> {
    let start = local(zone, window.start());
    let minutes = || {
        let before = start - TimeDelta::days(2);
        let count = (window.end() - window.start()).num_minutes() + 4 * 24 * 60;
        (0..count).map(move |minute| before + TimeDelta::minutes(minute))
    };
    let days = |step| (1..90_i64).map(move |day| start + TimeDelta::days(day * step)).collect::<Vec<_>>();
    let walls: Vec<NaiveDateTime> = match periodicity {
        Periodicity::Once => vec![],
        Periodicity::Daily => days(1),
        Periodicity::Weekly => days(7),
        Periodicity::Monthly => (1..5).map(|month| start + chrono::Months::new(month)).collect(),
        Periodicity::Cron(expression) => {
            let schedule = expression.schedule.as_ref().expect("a schedule");
            let minutes = minutes().map(|time| time.with_second(0).expect("a whole minute"));
            minutes.filter(|time| schedule.is_time_matching(&time.and_utc()).expect("an answer")).collect()
        }
    };
    let mut all: Vec<_> = walls.into_iter().map(|wall| moment(zone, wall)).collect();
    if matches!(periodicity, Periodicity::Cron(_)) {
        all.retain(|at| *at >= window.start());
    } else {
        all.retain(|at| *at > window.start());
        all.push(window.start());
    }
    all.retain(|at| *at < window.end());
    all.sort();
    all.dedup();
    all
}

proptest! {
    #[test]
    fn a_local_time_becomes_the_first_moment_that_shows_it_or_a_later_one(
        change in any::<Index>(),
        minutes in -30 * 60..30 * 60_i64,
    ) {
        let (place, change) = change.get(&CHANGES);
        let zone = zone(place);
        let time = local(zone, at(change)) + TimeDelta::minutes(minutes);
        let moment = moment(zone, time);
        prop_assert!(local(zone, moment) >= time);
        for earlier in 1..2 * 24 * 60 {
            prop_assert!(local(zone, moment - TimeDelta::minutes(earlier)) < time);
        }
    }

    #[test]
    fn occurrences_are_those_of_the_slow_model((zone, window) in any_plan(), periodicity in any_periodicity()) {
        let all: Vec<_> = occurrences(&periodicity, &window, zone).collect();
        prop_assert_eq!(all, model(&periodicity, &window, zone));
    }

    #[test]
    fn occurrences_strictly_increase_inside_the_window((zone, window) in any_plan(), periodicity in any_periodicity()) {
        let all: Vec<_> = occurrences(&periodicity, &window, zone).collect();
        prop_assert!(all.is_sorted_by(|a, b| a < b));
        prop_assert!(all.iter().all(|at| window.is_open(*at)));
    }

    #[test]
    fn asking_from_any_moment_continues_the_same_sequence(
        (zone, window) in any_plan(),
        periodicity in any_periodicity(),
        seconds in -100_000..8_000_000_i64,
        earlier in any::<Index>(),
    ) {
        let all: Vec<_> = occurrences(&periodicity, &window, zone).collect();
        let after = window.start() + TimeDelta::seconds(seconds);
        prop_assert_eq!(periodicity.next(&window, zone, Some(after)), all.iter().copied().find(|at| *at > after));
        if !all.is_empty() {
            let earlier = earlier.index(all.len());
            prop_assert_eq!(periodicity.next(&window, zone, Some(all[earlier])), all.get(earlier + 1).copied());
        }
    }

    #[test]
    fn the_wall_shows_the_time_of_the_start_except_in_gaps(
        (zone, window) in any_plan(),
        periodicity in prop_oneof![Just(Periodicity::Daily), Just(Periodicity::Weekly), Just(Periodicity::Monthly)],
    ) {
        let start = local(zone, window.start());
        for at in occurrences(&periodicity, &window, zone) {
            let shown = local(zone, at);
            if shown.time() != start.time() {
                // It is the first moment after a gap, and the time that was meant lies in that gap.
                let before = local(zone, at - TimeDelta::seconds(1));
                prop_assert!(shown - before > TimeDelta::seconds(1), "no gap at {}", at);
                let meant = [before.date(), shown.date()].into_iter().chain(before.date().iter_days().skip(1).take(2))
                    .map(|day| day.and_time(start.time()));
                let mut meant = meant.filter(|time| before < *time && *time < shown);
                prop_assert!(meant.all(|time| zone.tz().from_local_datetime(&time).earliest().is_none()));
            } else if periodicity == Periodicity::Weekly {
                prop_assert_eq!(shown.weekday(), start.weekday());
            } else if periodicity == Periodicity::Monthly {
                prop_assert_eq!(shown.day(), start.day().min(u32::from(shown.num_days_in_month())));
            }
        }
    }

    #[test]
    fn whoever_records_what_is_due_records_every_occurrence_once_and_in_order(
        (zone, window) in any_plan(),
        periodicity in any_periodicity(),
        limit in 1..20_usize,
        looks in prop::collection::vec(0..200_000_i64, 1..20),
    ) {
        let (mut now, mut after, mut recorded) = (window.start() - TimeDelta::hours(1), None, vec![]);
        for pause in looks {
            now += TimeDelta::seconds(pause);
            loop {
                let due = periodicity.due(&window, zone, after, now, limit);
                prop_assert!(due.missed.len() <= limit);
                prop_assert!(!due.more || (due.run.is_none() && due.missed.len() == limit));
                prop_assert!(due.run.is_none() || window.is_open(now));
                recorded.extend(due.missed.iter().copied().chain(due.run));
                after = recorded.last().copied();
                if !due.more {
                    // While the window is open the latest occurrence is never missed.
                    prop_assert!(due.run.is_some() || due.missed.is_empty() || !window.is_open(now));
                    break;
                }
            }
            let passed: Vec<_> = occurrences(&periodicity, &window, zone).take_while(|at| *at <= now).collect();
            prop_assert_eq!(&recorded, &passed);
        }
    }

    #[test]
    fn no_text_makes_parsing_an_expression_panic(text in "([0-9*/,#LW?+-]{1,4}|MON|jan|\\PC| ){0,12}") {
        if let Ok(expression) = CronExpression::parse(&text) {
            let window = window("2024-05-01T00:00:00Z", "2124-05-01T00:00:00Z");
            prop_assert!(Periodicity::Cron(expression).next(&window, TimeZone::UTC, None).is_some());
        }
    }

    #[test]
    fn every_expression_that_is_accepted_fires(fields in prop::array::uniform5("[0-9*/,#LWN+-]{1,3}|[0-9]{1,2}|\\*/[0-9]|[0-9]#[0-9]|[0-9]-[0-9]{1,2}")) {
        if let Ok(expression) = CronExpression::parse(&fields.join(" ")) {
            let window = window("2024-05-01T00:00:00Z", "2124-05-01T00:00:00Z");
            prop_assert!(Periodicity::Cron(expression).next(&window, TimeZone::UTC, None).is_some());
        }
    }
}
