//! Reading inputs: everything is read before anything is written, and everything that is wrong is told at once.

use crate::refusal::{Problem, Refused};
use domain::{Code, Refusal, Said, UserId, ids};
use std::str::FromStr;
use uuid::Uuid;

/// The longest idempotency key, in characters.
const MAX_KEY: usize = 200;

/// Gathers what is wrong with one input.
#[derive(Debug, Default)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// The value, or a problem more.
    pub fn take<T>(&mut self, read: Result<T, Problem>) -> Option<T> {
        read.map_err(|problem| self.0.push(problem)).ok()
    }

    pub(crate) fn extend(&mut self, problems: impl IntoIterator<Item = Problem>) {
        self.0.extend(problems);
    }

    /// Whether nothing is wrong with any of these parts; what is wrong with them is gathered.
    pub(crate) fn nothing_in<const N: usize>(&mut self, parts: [Option<Problem>; N]) -> bool {
        let before = self.0.len();
        self.extend(parts.into_iter().flatten());
        self.0.len() == before
    }

    /// Whether nothing is wrong so far.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Problems> for Refused {
    fn from(problems: Problems) -> Self {
        Self::Problems(problems.0)
    }
}

/// The id of something. What does not even look like an id is not there either, which `absent` says.
pub fn id<T: FromStr>(text: &str, field: &[&str], absent: &impl Refusal) -> Result<T, Problem> {
    text.parse().map_err(|_| Problem::of(absent).at(field))
}

/// Free text. PostgreSQL keeps every character but one.
pub fn text(text: String, field: &[&str]) -> Result<String, Problem> {
    if text.contains('\0') {
        let said = Said::new(
            "the text has a NUL character (U+0000): remove it",
            "в тексте есть нулевой символ (U+0000): удалите его",
        );
        return Err(Problem::new(Code::TextInvalid, field, said));
    }
    Ok(text)
}

/// What is said of a text that is no date and time.
#[must_use]
pub fn no_moment(text: &str) -> Said {
    Said::filled(
        format!("{text:?} is not a date and time; write it like 2026-05-01T10:00:00Z"),
        format!("{text:?} — не дата и время; укажите их в виде 2026-05-01T10:00:00Z"),
    )
}

/// An idempotency key, if there is one.
pub(crate) fn key(key: Option<String>) -> Result<Option<String>, Problem> {
    let Some(key) = key else { return Ok(None) };
    let field = ["idempotencyKey"];
    let length = key.chars().count();
    if key.trim().is_empty() || length > MAX_KEY || key.chars().any(char::is_control) {
        let said = Said::filled(
            format!("an idempotency key has 1 to {MAX_KEY} characters in one line; a fresh UUID is a good one"),
            format!("ключ идемпотентности — от 1 до {MAX_KEY} символов в одну строку; подойдёт новый UUID"),
        );
        return Err(Problem::new(Code::IdempotencyKeyInvalid, &field, said));
    }
    Ok(Some(key))
}

/// The id of something new: the same key leads to the same one, no key to a fresh one.
pub(crate) fn new_id(user: UserId, noun: &str, key: Option<&str>) -> Uuid {
    key.map_or_else(Uuid::now_v7, |key| ids::from_idempotency_key(user, noun, key))
}
