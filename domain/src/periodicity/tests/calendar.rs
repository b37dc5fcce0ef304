//! The ends of months, leap days, and windows that end at an occurrence.

use super::{at, check_dates, occurrences, often, window, zone};
use crate::Window;
use chrono::TimeDelta;

#[test]
fn monthly_on_a_day_that_some_months_lack_means_their_last_one() {
    check_dates(
        "
        # A leap year.
        monthly | UTC | 2027-12-28T09:00:00Z | 2027-12-28, 2028-01-28, 2028-02-28, 2028-03-28
        monthly | UTC | 2027-12-29T09:00:00Z | 2027-12-29, 2028-01-29, 2028-02-29, 2028-03-29
        monthly | UTC | 2027-12-30T09:00:00Z | 2027-12-30, 2028-01-30, 2028-02-29, 2028-03-30
        monthly | UTC | 2027-12-31T09:00:00Z | 2027-12-31, 2028-01-31, 2028-02-29, 2028-03-31, 2028-04-30, 2028-05-31, 2028-06-30
        # A common one.
        monthly | UTC | 2028-12-29T09:00:00Z | 2028-12-29, 2029-01-29, 2029-02-28, 2029-03-29
        monthly | UTC | 2028-12-30T09:00:00Z | 2028-12-30, 2029-01-30, 2029-02-28, 2029-03-30
        monthly | UTC | 2028-12-31T09:00:00Z | 2028-12-31, 2029-01-31, 2029-02-28, 2029-03-31
        # A century is a common one, too, unless 400 divides it.
        monthly | UTC | 2099-12-29T09:00:00Z | 2099-12-29, 2100-01-29, 2100-02-28, 2100-03-29
        monthly | UTC | 2099-12-31T09:00:00Z | 2099-12-31, 2100-01-31, 2100-02-28, 2100-03-31, 2100-04-30
        monthly | UTC | 1999-12-31T09:00:00Z | 1999-12-31, 2000-01-31, 2000-02-29, 2000-03-31
        # It starts on the leap day itself: the 29th, not the last day.
        monthly | UTC | 2028-02-29T09:00:00Z | 2028-02-29, 2028-03-29, 2028-04-29
        monthly | UTC | 2029-02-28T09:00:00Z | 2029-02-28, 2029-03-28, 2029-04-28
        # The end of the month is the zone's, where it is the 31st already, or still.
        monthly | Asia/Kathmandu | 2027-12-30T20:00:00Z | 2027-12-31, 2028-01-31, 2028-02-29, 2028-03-31
        monthly | America/New_York | 2028-02-01T04:00:00Z | 2028-01-31, 2028-02-29, 2028-03-31
        ",
    );
}

#[test]
fn an_expression_for_a_day_that_some_months_lack_leaves_them_out() {
    check_dates(
        "
        0 9 29 * * | UTC | 2027-01-15T00:00:00Z | 2027-01-29, 2027-03-29, 2027-04-29
        0 9 29 * * | UTC | 2028-01-15T00:00:00Z | 2028-01-29, 2028-02-29, 2028-03-29
        0 9 30 * * | UTC | 2028-01-15T00:00:00Z | 2028-01-30, 2028-03-30, 2028-04-30
        0 9 31 * * | UTC | 2028-01-15T00:00:00Z | 2028-01-31, 2028-03-31, 2028-05-31, 2028-07-31, 2028-08-31
        0 9 L * * | UTC | 2028-01-15T00:00:00Z | 2028-01-31, 2028-02-29, 2028-03-31, 2028-04-30
        ",
    );
}

#[test]
fn a_yearly_leap_day_waits_for_the_next_leap_year() {
    check_dates(
        "
        0 9 29 2 * | UTC | 2025-01-01T00:00:00Z | 2028-02-29, 2032-02-29
        0 9 29 2 * | UTC | 2028-02-29T09:00:00Z | 2028-02-29, 2032-02-29
        0 9 29 2 * | UTC | 2028-02-29T09:00:01Z | 2032-02-29, 2036-02-29
        # 2100 is none: eight years without a leap day.
        0 9 29 2 * | UTC | 2096-02-29T09:00:00Z | 2096-02-29, 2104-02-29
        0 9 L 2 * | UTC | 2098-12-01T00:00:00Z | 2099-02-28, 2100-02-28, 2101-02-28
        0 9 29 2 * | Australia/Lord_Howe | 2026-01-01T00:00:00Z | 2028-02-29, 2032-02-29
        ",
    );
}

#[test]
fn weeks_and_days_go_on_over_the_leap_day() {
    check_dates(
        "
        daily | UTC | 2028-02-28T09:00:00Z | 2028-02-28, 2028-02-29, 2028-03-01
        daily | UTC | 2100-02-28T09:00:00Z | 2100-02-28, 2100-03-01
        weekly | UTC | 2028-02-22T09:00:00Z | 2028-02-22, 2028-02-29, 2028-03-07
        weekly | UTC | 2100-02-22T09:00:00Z | 2100-02-22, 2100-03-01
        weekly | UTC | 2027-12-31T23:59:00Z | 2027-12-31, 2028-01-07
        ",
    );
}

#[test]
fn an_occurrence_at_the_windows_end_is_outside_and_one_just_before_it_inside() {
    // The periodicity, the zone, the window's start, an occurrence, and how many there are before it.
    for (periodicity, place, start, occurrence, before) in [
        ("once", "UTC", "2024-05-01T09:00:00Z", "2024-05-01T09:00:00Z", 0),
        ("daily", "UTC", "2024-05-01T09:00:00Z", "2024-05-04T09:00:00Z", 3),
        ("weekly", "UTC", "2024-05-01T09:00:00Z", "2024-05-15T09:00:00Z", 2),
        ("monthly", "UTC", "2027-12-31T09:00:00Z", "2028-02-29T09:00:00Z", 2),
        ("0 9 29 2 *", "UTC", "2028-01-01T00:00:00Z", "2028-02-29T09:00:00Z", 0),
        ("*/15 * * * *", "Asia/Kathmandu", "2024-05-01T00:00:00Z", "2024-05-01T01:00:00Z", 4),
        // The end of a gap, where what the clock skipped would run.
        ("daily", "Europe/Berlin", "2024-03-30T02:30:00+01:00", "2024-03-31T03:00:00+02:00", 1),
        ("30 2 * * *", "Europe/Berlin", "2024-03-30T00:00:00+01:00", "2024-03-31T03:00:00+02:00", 1),
        ("daily", "America/Sao_Paulo", "2018-11-02T00:00:00-03:00", "2018-11-04T01:00:00-02:00", 2),
        // The first pass of a repeated hour.
        ("daily", "America/New_York", "2024-11-01T01:30:00-04:00", "2024-11-03T01:30:00-04:00", 2),
    ] {
        let count = |end| {
            let window = Window::new(at(start), end).expect("a window");
            occurrences(&often(periodicity), &window, zone(place)).count()
        };
        let occurrence = at(occurrence);
        let why = format!("{periodicity} in {place} from {start} until {occurrence}");
        if occurrence > at(start) {
            assert_eq!(count(occurrence), before, "{why}");
        }
        assert_eq!(count(occurrence + TimeDelta::microseconds(1)), before + 1, "{why}");
    }
}

#[test]
fn a_window_that_ends_in_the_second_pass_of_a_repeated_hour_has_had_its_run() {
    let window = window("2024-10-26T02:30:00+02:00", "2024-10-27T02:30:00+01:00");
    let all: Vec<_> = occurrences(&often("daily"), &window, zone("Europe/Berlin")).collect();
    assert_eq!(all, [at("2024-10-26T02:30:00+02:00"), at("2024-10-27T02:30:00+02:00")]);
}
