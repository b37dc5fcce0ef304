//! Why a text is not a cron expression, field by field.

use crate::{Code, Refusal, Said, counted_in_russian};
use croner::errors::CronError as Syntax;

/// The longest expression, in characters.
pub(super) const MAX_CHARS: usize = 200;

/// How many fields an expression has.
pub(super) const COUNT: usize = 5;

/// The fields of an expression and what may stand in each.
pub(super) static FIELDS: [(Said, Said); COUNT] = [
    (
        Said::new("minute", "минута"),
        Said::new("0 to 59, *, */15, 0-30 or a list", "от 0 до 59, *, */15, 0-30 или список"),
    ),
    (Said::new("hour", "час"), Said::new("0 to 23, *, */2, 9-17 or a list", "от 0 до 23, *, */2, 9-17 или список")),
    (
        Said::new("day of month", "день месяца"),
        Said::new(
            "1 to 31, *, L for the last day, 15W for the nearest working day or a list",
            "от 1 до 31, *, L (последний день), 15W (ближайший рабочий день) или список",
        ),
    ),
    (
        Said::new("month", "месяц"),
        Said::new("1 to 12, JAN to DEC, * or a list", "от 1 до 12, от JAN до DEC, * или список"),
    ),
    (
        Said::new("day of week", "день недели"),
        Said::new(
            "0 to 7 (0 and 7 are Sunday), MON to SUN, *, MON#1 for the first Monday or a list",
            "от 0 до 7 (0 и 7 — воскресенье), от MON до SUN, *, MON#1 (первый понедельник) или список",
        ),
    ),
];

/// What is to blame when no field alone is.
pub(super) static WHOLE: (Said, Said) =
    (Said::new("whole", "всё"), Said::new("five fields such as 0 9 * * 1", "пять полей, например 0 9 * * 1"));

/// Why a text is not a cron expression that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CronError {
    /// The text is far longer than any expression that somebody writes.
    #[error("the cron expression has {length} characters, more than the {MAX_CHARS} allowed; shorten it")]
    TooLong {
        /// The text's length in characters.
        length: usize,
    },
    /// The text has fewer or more than five fields.
    #[error(
        "the cron expression {expression:?} needs five fields (minute, hour, day of month, month, day of week) \
         and has {count}; write for example 0 9 * * 1"
    )]
    FieldCount {
        /// The text that was given.
        expression: String,
        /// How many fields the text has.
        count: usize,
    },
    /// One field of the expression makes no sense.
    #[error("the {field} {value:?} of the cron expression {expression:?} is not valid: {problem}; write {allowed}")]
    Field {
        /// The text that was given.
        expression: String,
        /// The field that is wrong.
        field: &'static Said,
        /// What stands in the field.
        value: String,
        /// A sentence that says what is wrong with the field.
        problem: Said,
        /// A sentence that says what may stand in the field.
        allowed: &'static Said,
    },
    /// The expression names only days that no calendar has.
    #[error(
        "the cron expression {expression:?} never comes true, as no date matches; \
         check its day of month, month and day of week together"
    )]
    NeverFires {
        /// The text that was given.
        expression: String,
    },
}

impl Refusal for CronError {
    fn code(&self) -> Code {
        match self {
            Self::TooLong { .. } => Code::CronTooLong,
            Self::FieldCount { .. } | Self::Field { .. } => Code::CronInvalid,
            Self::NeverFires { .. } => Code::CronNeverFires,
        }
    }

    fn field(&self) -> Option<&'static str> {
        Some("periodicity")
    }

    fn in_russian(&self) -> String {
        match self {
            Self::TooLong { length } => {
                let length = counted_in_russian(*length as u64, ["символ", "символа", "символов"]);
                format!("в выражении cron {length}, а допускается не больше {MAX_CHARS}; сократите его")
            }
            Self::FieldCount { expression, count } => format!(
                "в выражении cron {expression:?} должно быть пять полей (минута, час, день месяца, месяц, день недели), \
                 а их {count}; напишите, например, 0 9 * * 1"
            ),
            Self::Field { expression, field, value, problem, allowed } => format!(
                "в выражении cron {expression:?} не годится {} {value:?}: {}; допустимо {}",
                field.ru, problem.ru, allowed.ru
            ),
            Self::NeverFires { expression } => format!(
                "выражение cron {expression:?} никогда не сработает: ему не отвечает ни одна дата; проверьте день месяца, \
                 месяц и день недели вместе"
            ),
        }
    }
}

/// Croner's words as a part of our sentence: "Number out of bounds." becomes "number out of bounds".
pub(super) fn problem(error: &Syntax) -> Said {
    let (Syntax::ComponentError(words) | Syntax::InvalidPattern(words)) = error else {
        return Said::new("it has a character that may not be there", "в нём символ, которого там быть не может");
    };
    let words = words.trim_end_matches('.');
    let mut letters = words.chars();
    let en: String = letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default();
    Said::filled(en, in_russian(words).to_owned())
}

/// The same in Russian. Words that a new release of croner has are told less exactly until they are here too.
fn in_russian(words: &str) -> &'static str {
    match words {
        "An item of the list is empty" => "в списке есть пустой элемент",
        "Invalid number" => "это не число",
        "Number out of bounds" => "число вне допустимых пределов",
        "Range out of bounds" | "Range is out of bounds in stepping" => "диапазон выходит за допустимые пределы",
        "Invalid range syntax" | "Invalid range syntax in stepping" => "диапазон записан неверно",
        "Invalid start of range" | "Invalid range start" | "Invalid start" => "начало диапазона записано неверно",
        "Invalid end of range" | "Invalid range end" => "конец диапазона записан неверно",
        "Invalid stepped range syntax" | "Invalid step" => "шаг записан неверно",
        "Step cannot be zero" => "шаг не может быть нулём",
        "Value exceeded max after stepping" => "шаг выводит за допустимые пределы",
        "Invalid nth specifier" => "номер после # записан неверно",
        "Nth specifier out of bounds" => "номер после # вне допустимых пределов",
        "Nth specifier # not allowed in the current field" => "в этом поле не может быть #",
        "L not allowed in the current field" => "в этом поле не может быть L",
        "Invalid day for closest weekday" => "день перед W записан неверно",
        "Day for closest weekday out of bounds" => "день перед W вне допустимых пределов",
        _ => "так это поле записать нельзя",
    }
}
