/// Hours, minutes and seconds, as short as they are written.
pub(crate) const UNITS: [&str; 3] = ["ч", "мин", "с"];

/// How far something is away, in minutes.
pub(crate) fn near(ahead: bool, minutes: u64) -> String {
    let away = match minutes {
        0 => return "сейчас".to_owned(),
        1..60 => super::counted(minutes, ["минуту", "минуты", "минут"]),
        _ => super::counted(minutes / 60, ["час", "часа", "часов"]),
    };
    if ahead { format!("через {away}") } else { format!("{away} назад") }
}
