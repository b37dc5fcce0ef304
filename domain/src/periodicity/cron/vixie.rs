//! The days of Vixie cron, once more and from its source: `get_list` and `get_range` of its `entry.c` read a field into bits,
//! and `find_jobs` of its `cron.c` puts the two fields of days together.

use super::CronExpression;
use chrono::{Datelike, NaiveDate};
use proptest::prelude::*;

/// A field of an expression: its bits, and whether it begins with a star.
struct Field {
    bits: Vec<bool>,
    star: bool,
}

fn field(text: &str, low: usize, high: usize) -> Field {
    let mut bits = vec![false; high + 1];
    for item in text.split(',') {
        let (range, step) = item.split_once('/').map_or((item, 1), |(range, step)| (range, number(step)));
        let (from, to) = match range.split_once('-') {
            _ if range == "*" => (low, high),
            Some((from, to)) => (number(from), number(to)),
            None => (number(range), number(range)),
        };
        (from..=to).step_by(step).for_each(|at| bits[at] = true);
    }
    Field { bits, star: text.starts_with('*') }
}

fn number(text: &str) -> usize {
    text.parse().expect("a number")
}

fn is_on(day: &str, weekday: &str, date: NaiveDate) -> bool {
    let (days, weekdays) = (field(day, 1, 31), field(weekday, 0, 7));
    let on_day = days.bits[date.day() as usize];
    let sunday = date.weekday().num_days_from_sunday() as usize;
    let on_weekday = weekdays.bits[sunday] || sunday == 0 && weekdays.bits[7];
    if days.star || weekdays.star { on_day && on_weekday } else { on_day || on_weekday }
}

fn item(low: u32, high: u32) -> impl Strategy<Value = String> {
    let step = 1..=high / 2;
    prop_oneof![
        1 => Just("*".to_owned()),
        3 => step.clone().prop_map(|step| format!("*/{step}")),
        3 => (low..=high).prop_map(|day| day.to_string()),
        2 => (low..=high, low..=high).prop_map(|(one, two)| format!("{}-{}", one.min(two), one.max(two))),
        2 => (low..=high, low..=high, step).prop_map(|(one, two, step)| format!("{}-{}/{step}", one.min(two), one.max(two))),
    ]
}

fn any_field(low: u32, high: u32) -> impl Strategy<Value = String> {
    prop_oneof![
        1 => Just("*".to_owned()),
        4 => prop::collection::vec(item(low, high), 1..3).prop_map(|items| items.join(",")),
    ]
}

proptest! {
    #[test]
    fn days_are_those_of_vixie_cron(day in any_field(1, 31), weekday in any_field(0, 7)) {
        let text = format!("0 0 {day} * {weekday}");
        let first = NaiveDate::from_ymd_opt(2026, 1, 1).expect("a date");
        if let Ok(expression) = CronExpression::parse(&text) {
            for date in first.iter_days().take(2 * 366) {
                prop_assert_eq!(expression.is_on(date), is_on(&day, &weekday, date), "{} on {}", text, date);
            }
        } else {
            prop_assert!(first.iter_days().take(28 * 366).all(|date| !is_on(&day, &weekday, date)), "{} is refused", text);
        }
    }
}
