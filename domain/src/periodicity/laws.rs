//! Laws of occurrences, tried around changes of clocks.

use chrono::{DateTime, Datelike, NaiveDateTime, TimeDelta, Timelike, Utc};
use proptest::prelude::*;
use proptest::sample::Index;

use super::tests::{at, cron, occurrences, zone};
use super::{Due, Missed, Periodicity};
use crate::{TimeZone, Window};

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
        2 => (-90..90_i64).prop_map(TimeDelta::minutes),
        2 => (-26 * 60..26 * 60_i64).prop_map(TimeDelta::minutes),
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
    let start = zone.local(window.start());
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
            let schedule: croner::Cron = expression.as_str().parse().expect("a schedule");
            let minutes = minutes().map(|time| time.with_second(0).expect("a whole minute"));
            minutes.filter(|time| schedule.is_time_matching(&time.and_utc()).expect("an answer")).collect()
        }
    };
    let mut all: Vec<_> = walls.into_iter().map(|wall| zone.moment(wall)).collect();
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
        minutes in prop_oneof![-90..90_i64, -30 * 60..30 * 60_i64],
    ) {
        let (place, change) = change.get(&CHANGES);
        let zone = zone(place);
        let time = zone.local(at(change)) + TimeDelta::minutes(minutes);
        let moment = zone.moment(time);
        prop_assert!(zone.local(moment) >= time);
        for earlier in 1..2 * 24 * 60 {
            prop_assert!(zone.local(moment - TimeDelta::minutes(earlier)) < time);
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
        let start = zone.local(window.start());
        for at in occurrences(&periodicity, &window, zone) {
            let shown = zone.local(at);
            if shown.time() != start.time() {
                // It is the first moment after a gap, and the time that was meant lies in that gap.
                let before = zone.local(at - TimeDelta::seconds(1));
                prop_assert!(shown - before > TimeDelta::seconds(1), "no gap at {}", at);
                let meant = [before.date(), shown.date()].into_iter().chain(before.date().iter_days().skip(1).take(2))
                    .map(|day| day.and_time(start.time()));
                let mut meant = meant.filter(|time| before < *time && *time < shown);
                prop_assert!(meant.all(|time| zone.local(zone.moment(time)) != time));
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
        looks in prop::collection::vec(0..200_000_i64, 1..20),
    ) {
        let all: Vec<_> = occurrences(&periodicity, &window, zone).collect();
        let (mut now, mut after, mut recorded) = (window.start() - TimeDelta::hours(1), None, 0);
        let since = now;
        for pause in looks {
            now += TimeDelta::seconds(pause);
            let due = periodicity.due(&window, zone, after, since, now);
            let passed = &all[recorded..all.partition_point(|at| *at <= now)];
            let (run, missed) = match passed {
                [missed @ .., run] if window.is_open(now) => (Some(*run), missed),
                missed => (None, missed),
            };
            let range = missed.first().zip(missed.last());
            let range = range.map(|(first, last)| Missed { first: *first, last: *last, count: missed.len() as u64 });
            prop_assert_eq!(due, Due { run, missed: range });
            recorded += passed.len();
            after = passed.last().copied().or(after);
        }
    }

    #[test]
    fn of_what_passed_before_it_was_planned_only_the_latest_is_due(
        (zone, window) in any_plan(),
        periodicity in any_periodicity(),
        planned in 0..8_000_000_i64,
        pause in 0..8_000_000_i64,
    ) {
        let all: Vec<_> = occurrences(&periodicity, &window, zone).collect();
        let since = window.start() + TimeDelta::seconds(planned);
        let now = since + TimeDelta::seconds(pause);
        let due = periodicity.due(&window, zone, None, since, now);
        let before = all.partition_point(|at| *at <= since).saturating_sub(1);
        let passed = &all[before..all.partition_point(|at| *at <= now)];
        prop_assert_eq!(due.missed.map_or(0, |missed| missed.count) + u64::from(due.run.is_some()), passed.len() as u64);
        prop_assert_eq!(due.missed.map(|missed| missed.first).or(due.run), passed.first().copied());
    }
}
