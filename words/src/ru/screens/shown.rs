/// Hours, minutes and seconds, as short as they are written.
pub(crate) const UNITS: [&str; 3] = ["ч", "мин", "с"];

/// The days of the week.
pub(crate) const WEEKDAYS: [&str; 7] = ["пн", "вт", "ср", "чт", "пт", "сб", "вс"];

/// The months as dates have them.
pub(crate) const MONTHS: [&str; 12] = [
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
];

/// How far something is away, in minutes.
pub(crate) fn near(ahead: bool, minutes: u64) -> String {
    let away = match minutes {
        0 => return if ahead { "сейчас" } else { "только что" }.to_owned(),
        1..60 => super::counted(minutes, ["минуту", "минуты", "минут"]),
        _ => super::counted(minutes / 60, ["час", "часа", "часов"]),
    };
    if ahead { format!("через {away}") } else { format!("{away} назад") }
}

/// So many hours, minutes or seconds, as after «за».
pub(crate) fn long(number: u64, unit: usize) -> String {
    let units = [["час", "часа", "часов"], ["минуту", "минуты", "минут"], ["секунду", "секунды", "секунд"]];
    super::counted(number, units[unit.min(2)])
}
