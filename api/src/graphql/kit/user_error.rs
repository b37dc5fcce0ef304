//! What a caller can mend, as data.

use crate::failure::{Failure, problems_or_failure};
use crate::graphql::kit::codes::codes_of;
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::scalars::{Long, int};
use crate::graphql::letters::warning::Warning;
use acts::Problem;
use acts::refusal::Refused;
use async_graphql::{Context, Object};
use eventstore::Receipt;

/// A problem as it is answered.
#[derive(Clone, Debug)]
pub(crate) struct UserError(Problem);

/// One thing that is wrong with the input of a mutation, or of one of the queries `messagePreview`, `articlePreview`,
/// `segmentPreview` and `senderCheck`, and that whoever sent it can mend.
#[Object]
impl UserError {
    /// A sentence that says what is wrong and what to do about it. It is in the viewer's language; if nobody is signed
    /// in, in the language that the request's `Accept-Language` (RFC 9110, section 12.5.4) prefers.
    async fn message(&self, context: &Context<'_>) -> &str {
        self.0.said.to(context.language())
    }

    /// The path of the input's field that has to change, such as `["input", "audience", "groupIds", "1"]`; null if no
    /// single field is to blame.
    async fn field(&self) -> Option<Vec<&str>> {
        let field = Some(&self.0.field).filter(|field| !field.is_empty())?;
        Some(std::iter::once("input").chain(field.iter().map(String::as_str)).collect())
    }

    /// The code of what is wrong, for programs to compare; sentences may change.
    async fn code(&self) -> UserErrorCode {
        self.0.code.into()
    }

    /// After how many seconds the same request may succeed; null unless the code is `RATE_LIMITED`, because waiting
    /// does not help then.
    async fn retry_after(&self) -> Option<i32> {
        self.0.retry_after.map(int)
    }
}

impl From<Problem> for UserError {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

codes_of! {
    /// The code of what is wrong with the input of a mutation, or of one of the queries `messagePreview`, `articlePreview`,
    /// `segmentPreview` and `senderCheck`, for programs to compare. A code is neither renamed nor used for something else. New codes may
    /// be added, so be prepared for one that you do not know.
    pub(crate) UserErrorCode in UserError
}

/// What became of a mutation, from which its payload is made.
pub(crate) struct Done<T> {
    pub(crate) noun: Option<T>,
    pub(crate) user_errors: Vec<UserError>,
    pub(crate) position: Option<Long>,
    pub(crate) behind: bool,
    /// Only letters have some.
    pub(crate) warnings: Vec<Warning>,
}

/// Waits until the read models show what was written, and reads it from them.
pub(crate) async fn done<I, T>(
    context: &Context<'_>,
    outcome: Result<(I, Receipt), Refused>,
    read: impl AsyncFnOnce(I) -> Result<Option<T>, Failure>,
) -> Result<Option<Done<T>>, Failure> {
    let (id, receipt) = match outcome {
        Ok(done) => done,
        Err(refused) => return Ok(Some(refusal(refused)?)),
    };
    let behind = !context.services().shown(receipt.position).await;
    let read = if behind { Ok(None) } else { read(id).await };
    let (noun, behind) = match read {
        // It is written all the same, and cannot be read yet.
        Err(Failure::Unreadable(error)) => (context.shown(Err(error)), true),
        read => (read?, behind),
    };
    Ok(Some(Done {
        noun,
        user_errors: Vec::new(),
        position: Some(Long(receipt.position)),
        behind,
        warnings: Vec::new(),
    }))
}

/// What was done, or nothing and the user errors that say why.
pub(crate) fn done_or_told<T: Default>(done: Result<T, Refused>) -> Result<(T, Vec<UserError>), Failure> {
    match done {
        Ok(done) => Ok((done, Vec::new())),
        Err(refused) => Ok((T::default(), problems_or_failure(refused)?.into_iter().map(UserError::from).collect())),
    }
}

/// A payload of errors only.
pub(crate) fn refusal<T>(refused: Refused) -> Result<Done<T>, Failure> {
    let user_errors = problems_or_failure(refused)?.into_iter().map(UserError::from).collect();
    Ok(Done { noun: None, user_errors, position: None, behind: false, warnings: Vec::new() })
}

/// The payload of a mutation: its noun beside what all payloads have. One that is `created` tells how to repeat the request, and one
/// that is `deleted` that there is nothing to ask for any more.
macro_rules! payload {
    ($(#[$($doc:tt)+])* created $name:ident { $($noun:tt)+ }) => {
        crate::graphql::kit::user_error::payload! {
            $(#[$($doc)+])*
            $name { $($noun)+ }
            position {
                /// The position in the log of the last event that this request wrote; if the same `idempotencyKey` came before, of
                /// the last event of what was made then. Administrators can compare it with the `position` of a read model in
                /// `projections`; everybody else needs only `behind`. Null if there are user errors.
            }
            behind {
                /// True if everything was written, but the tables that answers are read from (the read models) did not show it within
                /// 5 seconds. What was made is then null in this answer: repeat the request with the same `idempotencyKey` after about
                /// a second. Without a key a repeated request is a new one: it makes another object, or is refused where a name or an
                /// address may be there only once. Also true if what was made cannot be read, of which the top-level error
                /// `ROW_UNREADABLE` tells; asking again does not help then. False if there are user errors.
            }
        }
    };
    ($(#[$($doc:tt)+])* deleted $name:ident { $($noun:tt)+ }) => {
        crate::graphql::kit::user_error::payload! {
            $(#[$($doc)+])*
            $name { $($noun)+ }
            position {
                /// The position in the log of the event of the deletion, also if it was deleted before. Administrators can compare it
                /// with the `position` of a read model in `projections`; everybody else needs only `behind`. Null if there are user
                /// errors.
            }
            behind {
                /// True if it is deleted, but the tables that answers are read from (the read models) did not show that within 5
                /// seconds. Lists, and queries by its id, may then show it for about a second more; after that they do not. What was
                /// deleted is null in this answer: repeat the request if you want to see it. False if there are user errors.
            }
        }
    };
    ($(#[$($doc:tt)+])* $name:ident { $($noun:tt)+ }) => {
        crate::graphql::kit::user_error::payload! {
            $(#[$($doc)+])*
            $name { $($noun)+ }
            position {
                /// The position in the log of the last event that this request wrote; if there was nothing to do, of an earlier
                /// event of the same object. Administrators can compare it with the `position` of a read model in `projections`;
                /// everybody else needs only `behind`. Null if there are user errors.
            }
            behind {
                /// True if everything was written, but the tables that answers are read from (the read models) did not show it within
                /// 5 seconds. What was changed is then null in this answer: ask for it by its id after about a second. Also true if
                /// what was changed cannot be read, of which the top-level error `ROW_UNREADABLE` tells; asking again does not help
                /// then. False if there are user errors.
            }
        }
    };
    (
        $(#[$doc:meta])*
        $name:ident { $(#[$field_doc:meta])* $noun:ident: $type:ty $(, $warnings:ident)? }
        position { $(#[$position_doc:meta])+ }
        behind { $(#[$behind_doc:meta])+ }
    ) => {
        $(#[$doc])*
        #[derive(async_graphql::SimpleObject)]
        pub(crate) struct $name {
            $(#[$field_doc])*
            $noun: Option<$type>,
            /// Why the request was refused; empty if it was not. A refused request writes nothing, unless the description of the
            /// mutation, which names the codes, says otherwise.
            user_errors: Vec<crate::graphql::kit::user_error::UserError>,
            $(
                /// What looks like a mistake in the letter, or of a mailing in who it is from, and may be none; what was asked for was
                /// done all the same. Empty if nothing does, if there are user errors, or if `behind` is true.
                $warnings: Vec<crate::graphql::letters::warning::Warning>,
            )?
            $(#[$position_doc])+
            position: Option<crate::graphql::kit::scalars::Long>,
            $(#[$behind_doc])+
            behind: bool,
        }

        impl From<crate::graphql::kit::user_error::Done<$type>> for $name {
            fn from(done: crate::graphql::kit::user_error::Done<$type>) -> Self {
                Self {
                    $noun: done.noun,
                    user_errors: done.user_errors,
                    $($warnings: done.warnings,)?
                    position: done.position,
                    behind: done.behind,
                }
            }
        }
    };
}

pub(crate) use payload;

/// Nothing is wrong with such a question that its sender could mend, so that only faults are left.
pub(crate) fn failed(refused: Refused) -> Failure {
    match problems_or_failure(refused) {
        Err(failure) => failure,
        Ok(problems) => match problems.into_iter().next() {
            Some(problem) => Failure::BadRequest(problem.said),
            None => Failure::BadRequest(words::requests::Problem::Conflict.into()),
        },
    }
}
