//! What is due after nobody has looked for a while: tables of one to many occurrences that passed, of windows that ended
//! meanwhile, and of clocks that were set back.

use super::{at, cron, occurrences, often, window, zone};
use crate::TimeZone;
use crate::periodicity::{Due, Missed, Periodicity};
use chrono::{DateTime, Utc};

/// It was planned before its window.
fn long_ago() -> DateTime<Utc> {
    at("2000-01-01T00:00:00Z")
}

fn range(missed: &[DateTime<Utc>]) -> Option<Missed> {
    let (first, last) = (*missed.first()?, *missed.last()?);
    Some(Missed { first, last, count: missed.len() as u64 })
}

/// Each line: a periodicity, the last occurrence that was dealt with, the present moment, what runs, what is missed.
fn check(place: &str, window: &crate::Window, table: &str) {
    let moment = |text: &str| (text != "-").then(|| at(text));
    for line in table.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let columns: Vec<&str> = line.split(" | ").collect();
        let [periodicity, after, now, run, missed] = columns[..] else { panic!("{line}") };
        let due = often(periodicity).due(window, zone(place), moment(after), long_ago(), at(now));
        let missed: Vec<_> = missed.split(", ").filter_map(moment).collect();
        assert_eq!(due, Due { run: moment(run), missed: range(&missed) }, "{line}");
    }
}

#[test]
fn on_time_the_occurrence_runs_and_nothing_is_missed() {
    let window = window("2024-05-01T09:00:00Z", "2024-06-01T09:00:00Z");
    let due = |after, now: &str| Periodicity::Daily.due(&window, TimeZone::UTC, after, long_ago(), at(now));
    assert_eq!(due(None, "2024-05-01T08:59:59Z"), Due::default());
    let first = Due { run: Some(window.start()), ..Due::default() };
    assert_eq!(due(None, "2024-05-01T09:00:00Z"), first);
    assert_eq!(due(None, "2024-05-02T08:59:59Z"), first);
    assert_eq!(due(first.run, "2024-05-02T08:59:59Z"), Due::default());
}

#[test]
fn what_passed_before_it_was_planned_is_not_missed_and_the_latest_of_it_runs_at_once() {
    let window = window("2024-05-01T09:00:00Z", "2024-06-01T09:00:00Z");
    let due = |after, since: &str, now: &str| {
        let after = Some(after).filter(|after| *after != "-").map(at);
        Periodicity::Daily.due(&window, TimeZone::UTC, after, at(since), at(now))
    };
    let (third, fourth, fifth) = (at("2024-05-03T09:00:00Z"), at("2024-05-04T09:00:00Z"), at("2024-05-05T09:00:00Z"));
    // Planned on the third day at noon.
    for (after, now, run, missed) in [
        ("-", "2024-05-03T12:00:01Z", Some(third), vec![]),
        // Nobody was there to start it at once.
        ("-", "2024-05-05T12:00:00Z", Some(fifth), vec![third, fourth]),
        // What had run before it was planned otherwise has run.
        ("2024-05-03T09:00:00Z", "2024-05-03T12:00:01Z", None, vec![]),
        ("2024-05-03T09:00:00Z", "2024-05-05T12:00:00Z", Some(fifth), vec![fourth]),
        ("2024-05-01T09:00:00Z", "2024-05-04T08:00:00Z", Some(third), vec![]),
        // The clock was set back since.
        ("-", "2024-05-02T12:00:00Z", Some(at("2024-05-02T09:00:00Z")), vec![]),
    ] {
        let due = due(after, "2024-05-03T12:00:00Z", now);
        assert_eq!(due, Due { run, missed: range(&missed) }, "{after} {now}");
    }
}

#[test]
fn every_minute_since_1970_is_counted_and_none_of_it_is_missed_if_it_was_planned_just_now() {
    let (window, now) = (window("1970-01-01T00:00:00Z", "2027-01-01T00:00:00Z"), at("2026-11-28T12:00:30Z"));
    let due = |since| cron("* * * * *").due(&window, zone("Europe/Berlin"), None, since, now);
    let run = Some(at("2026-11-28T12:00:00Z"));
    assert_eq!(due(now), Due { run, missed: None });
    let missed = due(window.start()).missed.expect("nothing ran since");
    assert_eq!((missed.first, missed.last), (window.start(), at("2026-11-28T11:59:00Z")));
    // All minutes but the 47 hours that Berlin showed twice between 1980 and 2026.
    assert_eq!(missed.count, 29_931_120 - 47 * 60);
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
