use super::{Ru, Russian, of_characters};
use domain::{CronError, CronExpression, CronFault, CronField};
use std::fmt;

impl Russian for CronError {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { length } => {
                let length = of_characters(*length);
                write!(
                    f,
                    "в выражении cron {length}, а допускается не больше {}; сократите его",
                    CronExpression::MAX_CHARS,
                )
            }
            Self::FieldCount { expression, count } => write!(
                f,
                "в выражении cron {expression:?} должно быть пять полей (минута, час, день месяца, месяц, день \
                 недели), а их {count}; напишите, например, 0 9 * * 1",
            ),
            Self::Field { expression, field, value, fault } => write!(
                f,
                "в выражении cron {expression:?} не годится {} {value:?}: {}; допустимо {}",
                Ru(field),
                Ru(fault),
                allowed(*field),
            ),
            Self::NeverFires { expression } => write!(
                f,
                "выражение cron {expression:?} никогда не сработает: ему не отвечает ни одна дата; проверьте \
                 день месяца, месяц и день недели вместе",
            ),
        }
    }
}

impl Russian for CronField {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Minute => "минута",
            Self::Hour => "час",
            Self::DayOfMonth => "день месяца",
            Self::Month => "месяц",
            Self::DayOfWeek => "день недели",
            Self::Whole => "всё",
        })
    }
}

/// What may stand in a field.
fn allowed(field: CronField) -> &'static str {
    match field {
        CronField::Minute => "от 0 до 59, *, */15, 0-30 или список",
        CronField::Hour => "от 0 до 23, *, */2, 9-17 или список",
        CronField::DayOfMonth => "от 1 до 31, *, L (последний день), 15W (ближайший рабочий день) или список",
        CronField::Month => "от 1 до 12, от JAN до DEC, * или список",
        CronField::DayOfWeek => {
            "от 0 до 7 (0 и 7 — воскресенье), от MON до SUN, *, MON#1 (первый понедельник) или список"
        }
        CronField::Whole => "пять полей, например 0 9 * * 1",
    }
}

impl Russian for CronFault {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EmptyItem => "в списке есть пустой элемент",
            Self::Number => "это не число",
            Self::NumberOutOfBounds => "число вне допустимых пределов",
            Self::RangeOutOfBounds | Self::SteppedRangeOutOfBounds => "диапазон выходит за допустимые пределы",
            Self::Range | Self::SteppedRange => "диапазон записан неверно",
            Self::StartOfRange | Self::RangeStart | Self::Start => "начало диапазона записано неверно",
            Self::EndOfRange | Self::RangeEnd => "конец диапазона записан неверно",
            Self::StepSyntax | Self::Step => "шаг записан неверно",
            Self::StepZero => "шаг не может быть нулём",
            Self::StepTooLarge => "шаг выводит за допустимые пределы",
            Self::Nth => "номер после # записан неверно",
            Self::NthOutOfBounds => "номер после # вне допустимых пределов",
            Self::NthNotHere => "в этом поле не может быть #",
            Self::LastNotHere => "в этом поле не может быть L",
            Self::Weekday => "день перед W записан неверно",
            Self::WeekdayOutOfBounds => "день перед W вне допустимых пределов",
            Self::Character => "в нём символ, которого там быть не может",
            // Told less exactly: nobody knows yet what they mean.
            Self::Other(_) => "так это поле записать нельзя",
        })
    }
}
