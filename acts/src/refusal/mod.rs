//! Why a request has no effect: what its sender can mend, or the store's fault.

pub mod input;

use argon2::password_hash;
use domain::Code;
use eventstore::{Blame, ExecuteError, StoreError};
use projections::{ReadError, Unreadable};
use rand::rand_core::OsError;
use std::{fmt, io};
use tokio::task::JoinError;
use words::{Said, Told, requests};

/// One thing that is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// A sentence that says what is wrong and what to do.
    pub said: Said,
    /// The code for programs, such as [`Code::WindowReversed`].
    pub code: Code,
    /// Which part of the input, outermost name first; empty if it is about none.
    pub field: Vec<String>,
    /// In how many seconds the same request may succeed, where waiting is all that it takes.
    pub retry_after: Option<u32>,
}

impl Problem {
    /// A problem with one field of the input.
    #[must_use]
    pub fn new(code: Code, field: &[&str], said: impl Into<Said>) -> Self {
        let field = field.iter().map(|&name| name.to_owned()).collect();
        Self { said: said.into(), code, field, retry_after: None }
    }

    /// What a rule of the domain says. This is the only place that turns such errors into answers.
    pub fn of(refusal: &impl Told) -> Self {
        Self::new(refusal.code(), refusal.field().as_slice(), refusal)
    }

    /// The same, to be mended by waiting.
    pub(crate) fn in_seconds(self, seconds: u32) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    /// The same about another field, for inputs whose field is not called as the domain calls it.
    #[must_use]
    pub fn at(self, field: &[&str]) -> Self {
        Self { field: field.iter().map(|&name| name.to_owned()).collect(), ..self }
    }
}

/// In English: for the command line and the log.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.said.fmt(f)
    }
}

/// Why a request has no effect. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// What is wrong with the request: everything that its sender can mend.
    #[error("{}", sentences(.0))]
    Problems(Vec<Problem>),
    /// Whoever asks lacks the right to do this to that object.
    #[error("{0}")]
    Forbidden(Said),
    /// A row that the answer depends on has a value that it cannot have.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// This program or its machine is at fault, and not the store.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// What must not fail and failed all the same, in this program or its machine.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// A task panicked, or the process ends.
    #[error("a task ended before its answer: {0}")]
    Task(#[from] JoinError),
    /// The operating system gives no randomness, so nothing secret may be made.
    #[error("the operating system gives no randomness: {0}")]
    Randomness(#[from] OsError),
    /// The same, as whoever makes keys tells it.
    #[error("a key cannot be made: {0}")]
    NoRandomness(#[from] dkim::NoRandomness),
    /// A password cannot be hashed.
    #[error("a password cannot be hashed: {0}")]
    Hashing(#[from] password_hash::Error),
    /// A text that is in memory already cannot be read.
    #[error("a text cannot be read to its end: {0}")]
    Reading(#[from] io::Error),
    /// What a letter was made of is not there any more, or does not fit together.
    #[error("a letter cannot be written once more: {0}")]
    Letter(String),
}

fn sentences(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl Refused {
    /// The same, with every problem about the domain's field `from` moved to the input's field `to`.
    #[must_use]
    pub(crate) fn moved(self, from: &str, to: &[&str]) -> Self {
        match self {
            Self::Problems(problems) => Self::Problems(
                problems
                    .into_iter()
                    .map(|problem| if problem.field == [from] { problem.at(to) } else { problem })
                    .collect(),
            ),
            other => other,
        }
    }
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self::Problems(vec![problem])
    }
}

impl From<sqlx::Error> for Refused {
    fn from(error: sqlx::Error) -> Self {
        // A deadlock's victim lost to somebody else, and may try again.
        if Blame::of(&error) == Blame::Conflict {
            return Problem::new(Code::Conflict, &[], requests::Problem::Conflict).into();
        }
        Self::Store(error.into())
    }
}

impl From<ReadError> for Refused {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Database(error) => error.into(),
            ReadError::Unreadable(error) => Self::Unreadable(error),
        }
    }
}

impl<E: Told> From<ExecuteError<E>> for Refused {
    fn from(error: ExecuteError<E>) -> Self {
        let stale: &[&str] = &["expectedVersion"];
        let reused: &[&str] = &["idempotencyKey"];
        match error {
            ExecuteError::Refused(refusal) => Problem::of(&refusal).into(),
            ExecuteError::Store(error) => Self::Store(error),
            ExecuteError::StaleVersion { expected, actual } => {
                Problem::new(Code::StaleVersion, stale, requests::Problem::StaleVersion { expected, actual }).into()
            }
            ExecuteError::KeyReused => {
                Problem::new(Code::IdempotencyKeyReused, reused, requests::Problem::KeyReused).into()
            }
            ExecuteError::Conflict => Problem::new(Code::Conflict, &[], requests::Problem::Conflict).into(),
        }
    }
}
