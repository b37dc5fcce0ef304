/// Hours, minutes and seconds, as short as they are written.
pub(crate) const UNITS: [&str; 3] = ["h", "min", "s"];

/// The days of the week.
pub(crate) const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// The months.
pub(crate) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// How far something is away, in minutes.
pub(crate) fn near(ahead: bool, minutes: u64) -> String {
    let away = match minutes {
        0 => return if ahead { "now" } else { "just now" }.to_owned(),
        1..60 => super::counted(minutes, "minute", "minutes"),
        _ => super::counted(minutes / 60, "hour", "hours"),
    };
    if ahead { format!("in {away}") } else { format!("{away} ago") }
}

/// So many hours, minutes or seconds.
pub(crate) fn long(number: u64, unit: usize) -> String {
    let (one, many) = [("hour", "hours"), ("minute", "minutes"), ("second", "seconds")][unit.min(2)];
    super::counted(number, one, many)
}
