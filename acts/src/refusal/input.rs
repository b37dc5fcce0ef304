//! Reading inputs: everything is read before anything is written, and everything that is wrong is told at once.

use crate::refusal::{Problem, Refused};
use domain::{Code, UserId, ids};
use std::str::FromStr;
use uuid::Uuid;
use words::Told;

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

    /// What is wrong with another part of the same input, too.
    pub(crate) fn join(&mut self, others: Self) {
        self.extend(others.0);
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
pub fn id<T: FromStr>(text: &str, field: &[&str], absent: &impl Told) -> Result<T, Problem> {
    text.parse().map_err(|_| Problem::of(absent).at(field))
}

/// Free text. PostgreSQL keeps every character but one.
pub fn text(text: String, field: &[&str]) -> Result<String, Problem> {
    if text.contains('\0') {
        return Err(Problem::new(Code::TextInvalid, field, words::requests::Problem::TextInvalid));
    }
    Ok(text)
}

/// An idempotency key, if there is one.
pub(crate) fn key(key: Option<String>) -> Result<Option<String>, Problem> {
    let Some(key) = key else { return Ok(None) };
    let field = ["idempotencyKey"];
    let length = key.chars().count();
    if key.trim().is_empty() || length > MAX_KEY || key.chars().any(char::is_control) {
        return Err(Problem::new(
            Code::IdempotencyKeyInvalid,
            &field,
            words::requests::Problem::KeyInvalid { most: MAX_KEY },
        ));
    }
    Ok(Some(key))
}

/// The id of something new: the same key leads to the same one, no key to a fresh one.
pub(crate) fn new_id(user: UserId, noun: &str, key: Option<&str>) -> Uuid {
    key.map_or_else(Uuid::now_v7, |key| ids::from_idempotency_key(user, noun, key))
}
