//! What is due after nobody has looked for a while: tables of one to many occurrences that passed, of windows that ended
//! meanwhile, and of clocks that were set back.

use super::{at, cron, occurrences, often, window, zone};
use crate::TimeZone;
use crate::periodicity::{Due, Periodicity};
use chrono::TimeDelta;

/// Each line: a periodicity, the last occurrence that was dealt with, the present moment, what runs, what is missed.
fn check(place: &str, window: &crate::Window, table: &str) {
    let moment = |text: &str| (text != "-").then(|| at(text));
    for line in table.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let columns: Vec<&str> = line.split(" | ").collect();
        let [periodicity, after, now, run, missed] = columns[..] else { panic!("{line}") };
        let due = often(periodicity).due(window, zone(place), moment(after), at(now), 10);
        let missed: Vec<_> = missed.split(", ").filter_map(moment).collect();
        assert_eq!(due, Due { run: moment(run), missed, more: false }, "{line}");
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
    assert_eq!(
        Periodicity::Daily.due(&window, TimeZone::UTC, after, at("2024-05-05T12:00:00Z"), 10),
        Due {
            run: Some(at("2024-05-05T09:00:00Z")),
            missed: vec![at("2024-05-03T09:00:00Z"), at("2024-05-04T09:00:00Z")],
            more: false,
        }
    );
}

#[test]
fn after_the_windows_end_everything_is_missed() {
    let window = window("2024-05-01T09:00:00Z", "2024-05-02T10:00:00Z");
    assert_eq!(
        Periodicity::Daily.due(&window, TimeZone::UTC, None, window.end(), 10),
        Due { run: None, missed: vec![at("2024-05-01T09:00:00Z"), at("2024-05-02T09:00:00Z")], more: false }
    );
}

#[test]
fn more_missed_ones_than_fit_come_in_portions_before_anything_runs() {
    let window = window("2024-05-01T00:00:00Z", "2024-05-02T00:00:00Z");
    let due = |after, limit| cron("0 * * * *").due(&window, TimeZone::UTC, after, at("2024-05-01T04:30:00Z"), limit);
    let hours = |hours: std::ops::Range<i64>| hours.map(|hour| window.start() + TimeDelta::hours(hour)).collect();
    assert_eq!(due(None, 3), Due { run: None, missed: hours(0..3), more: true });
    assert_eq!(
        due(Some(at("2024-05-01T02:00:00Z")), 3),
        Due { run: Some(at("2024-05-01T04:00:00Z")), missed: hours(3..4), more: false }
    );
    assert_eq!(due(None, 4), Due { run: Some(at("2024-05-01T04:00:00Z")), missed: hours(0..4), more: false });
    assert_eq!(due(None, usize::MAX), due(None, 4));
    assert_eq!(due(None, 0), Due { run: None, missed: hours(0..1), more: true });
}

#[test]
fn downtime_over_none_one_or_many_occurrences_runs_the_latest_and_misses_the_others() {
    check(
        "UTC",
        &window("2024-05-01T09:00:00Z", "2024-05-10T09:00:00Z"),
        "
        # Nothing passed.
        daily | - | 2024-05-01T08:59:59Z | - | -
        daily | 2024-05-02T09:00:00Z | 2024-05-02T09:00:00Z | - | -
        daily | 2024-05-02T09:00:00Z | 2024-05-03T08:59:59.999999Z | - | -
        # One did.
        daily | 2024-05-02T09:00:00Z | 2024-05-03T09:00:00Z | 2024-05-03T09:00:00Z | -
        daily | 2024-05-02T09:00:00Z | 2024-05-04T08:59:59Z | 2024-05-03T09:00:00Z | -
        once | - | 2024-05-09T00:00:00Z | 2024-05-01T09:00:00Z | -
        once | 2024-05-01T09:00:00Z | 2024-05-09T00:00:00Z | - | -
        # Many did.
        daily | 2024-05-02T09:00:00Z | 2024-05-04T09:00:00Z | 2024-05-04T09:00:00Z | 2024-05-03T09:00:00Z
        daily | 2024-05-02T09:00:00Z | 2024-05-06T00:00:00Z | 2024-05-05T09:00:00Z | 2024-05-03T09:00:00Z, 2024-05-04T09:00:00Z
        daily | - | 2024-05-03T12:00:00Z | 2024-05-03T09:00:00Z | 2024-05-01T09:00:00Z, 2024-05-02T09:00:00Z
        0 */12 * * * | 2024-05-08T12:00:00Z | 2024-05-10T08:59:59Z | 2024-05-10T00:00:00Z | 2024-05-09T00:00:00Z, 2024-05-09T12:00:00Z
        ",
    );
}

#[test]
fn downtime_until_after_the_windows_end_misses_all_and_runs_nothing() {
    check(
        "UTC",
        &window("2024-05-01T09:00:00Z", "2024-05-04T09:00:00Z"),
        "
        daily | 2024-05-02T09:00:00Z | 2024-05-04T08:59:59.999999Z | 2024-05-03T09:00:00Z | -
        # The end is no occurrence.
        daily | 2024-05-02T09:00:00Z | 2024-05-04T09:00:00Z | - | 2024-05-03T09:00:00Z
        daily | 2024-05-03T09:00:00Z | 2024-05-04T09:00:00Z | - | -
        # The whole window was slept through.
        daily | - | 2030-01-01T00:00:00Z | - | 2024-05-01T09:00:00Z, 2024-05-02T09:00:00Z, 2024-05-03T09:00:00Z
        once | - | 2024-05-04T09:00:00Z | - | 2024-05-01T09:00:00Z
        weekly | - | 2024-06-01T00:00:00Z | - | 2024-05-01T09:00:00Z
        ",
    );
}

#[test]
fn downtime_over_a_change_of_clocks_misses_what_the_wall_would_have_shown() {
    check(
        "Europe/Berlin",
        &window("2024-03-29T02:30:00+01:00", "2024-11-30T00:00:00+01:00"),
        "
        daily | 2024-03-29T02:30:00+01:00 | 2024-04-01T12:00:00+02:00 | 2024-04-01T02:30:00+02:00 | 2024-03-30T02:30:00+01:00, 2024-03-31T03:00:00+02:00
        daily | 2024-10-26T02:30:00+02:00 | 2024-10-28T12:00:00+01:00 | 2024-10-28T02:30:00+01:00 | 2024-10-27T02:30:00+02:00
        # Between the two passes of 02:30 it has run already.
        daily | 2024-10-27T02:30:00+02:00 | 2024-10-27T02:30:00+01:00 | - | -
        monthly | 2024-08-29T02:30:00+02:00 | 2024-11-29T02:30:00+01:00 | 2024-11-29T02:30:00+01:00 | 2024-09-29T02:30:00+02:00, 2024-10-29T02:30:00+01:00
        ",
    );
}

#[test]
fn downtime_over_the_ends_of_months_misses_their_last_days() {
    check(
        "UTC",
        &window("2027-12-31T09:00:00Z", "2028-12-31T09:00:00Z"),
        "
        monthly | 2027-12-31T09:00:00Z | 2028-05-01T00:00:00Z | 2028-04-30T09:00:00Z | 2028-01-31T09:00:00Z, 2028-02-29T09:00:00Z, 2028-03-31T09:00:00Z
        0 9 29 2 * | - | 2028-02-29T09:00:00Z | 2028-02-29T09:00:00Z | -
        0 9 29 2 * | - | 2029-02-28T09:00:00Z | - | 2028-02-29T09:00:00Z
        ",
    );
}

#[test]
fn a_clock_that_was_set_back_runs_nothing_twice() {
    check(
        "UTC",
        &window("2024-05-01T09:00:00Z", "2024-05-10T09:00:00Z"),
        "
        # The last occurrence lies ahead of the clock: before it, and at it.
        daily | 2024-05-05T09:00:00Z | 2024-05-03T12:00:00Z | - | -
        daily | 2024-05-05T09:00:00Z | 2024-04-01T00:00:00Z | - | -
        daily | 2024-05-05T09:00:00Z | 2024-05-05T09:00:00Z | - | -
        once | 2024-05-01T09:00:00Z | 2024-04-30T00:00:00Z | - | -
        # When the clock has caught up, it goes on where it was.
        daily | 2024-05-05T09:00:00Z | 2024-05-06T09:00:00Z | 2024-05-06T09:00:00Z | -
        # One that no occurrence of this plan can be: it was planned otherwise before.
        daily | 2024-05-05T17:30:00Z | 2024-05-06T12:00:00Z | 2024-05-06T09:00:00Z | -
        daily | 2024-05-10T09:00:00Z | 2024-05-09T12:00:00Z | - | -
        daily | 2030-01-01T00:00:00Z | 2024-05-09T12:00:00Z | - | -
        ",
    );
}

#[test]
fn a_clock_that_was_set_back_does_not_move_the_next_run() {
    let window = window("2024-05-01T09:00:00Z", "2024-05-10T09:00:00Z");
    let next = |after| Periodicity::Daily.next(&window, TimeZone::UTC, Some(at(after)));
    assert_eq!(next("2024-05-05T09:00:00Z"), Some(at("2024-05-06T09:00:00Z")));
    assert_eq!(next("2024-05-09T09:00:00Z"), None);
    assert_eq!(occurrences(&Periodicity::Daily, &window, TimeZone::UTC).count(), 9);
}
