//! What a caller can mend, as data.

use crate::failure::{Failure, problems_or_failure};
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::scalars::{Long, int};
use crate::graphql::letters::warning::Warning;
use acts::Problem;
use acts::refusal::Refused;
use async_graphql::resolver_utils::EnumType;
use async_graphql::{Context, Enum, Object};
use eventstore::Receipt;

/// A problem as it is answered.
#[derive(Clone, Debug)]
pub(crate) struct UserError(Problem);

/// One thing that is wrong with the input of a mutation.
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
        UserErrorCode::of(self.0.code)
    }

    /// After how many seconds the same request may succeed; null if waiting does not help.
    async fn retry_after(&self) -> Option<i32> {
        self.0.retry_after.map(int)
    }
}

impl From<Problem> for UserError {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

/// The code of what is wrong with an input, for programs to compare. New codes may be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum UserErrorCode {
    /// The account is blocked.
    AccountBlocked,
    /// Something with the same id exists already. No request of this schema gets this code at present: an
    /// `idempotencyKey` that was used before has `IDEMPOTENCY_KEY_REUSED`.
    AlreadyExists,
    /// The account has as many API tokens as it may have: 50.
    ApiTokensTooMany,
    /// The audience names nobody: neither a client nor a group.
    AudienceEmpty,
    /// The text, the HTML or the article's body is longer than 1 MiB.
    BodyTooLong,
    /// The input has neither ids nor a filter to say which clients, or it has both.
    ClientsNotNamed,
    /// The comment is longer than 2,000 characters.
    CommentTooLong,
    /// Others keep changing the same object at the same moment; the request can be sent again.
    Conflict,
    /// The cron expression is not valid.
    CronInvalid,
    /// The cron expression names only days that no calendar has, such as the 30th of February.
    CronNeverFires,
    /// The cron expression is longer than 200 characters.
    CronTooLong,
    /// The input has a cron expression, but the kind of periodicity is not `CRON`.
    CronUnexpected,
    /// The text is not a date and time of RFC 3339.
    DateTimeInvalid,
    /// The text is not an e-mail address.
    EmailInvalid,
    /// The e-mail address is missing.
    EmailMissing,
    /// The account's address is not verified yet.
    EmailNotVerified,
    /// The e-mail address is in use by another client in the same address book, or, if the request is
    /// `emailChangeConfirm`, by another account. No other request is refused because an account has the address.
    EmailTaken,
    /// The e-mail address is longer than 254 bytes in UTF-8.
    EmailTooLong,
    /// The moment at which the token expires has passed, or is more than 366 days away.
    ExpiryOutOfRange,
    /// Two columns of the file have the same meaning.
    FileColumnTwice,
    /// An entry of `columns` names a column that the first line of the file does not have.
    FileColumnUnknown,
    /// An entry of `columns` names no column, or no meaning that a column can have.
    FileMappingInvalid,
    /// The entries of `columns` name two columns for one meaning, or one column for two meanings.
    FileMappingTwice,
    /// The file has no column that is known to have e-mail addresses.
    FileEmailColumnMissing,
    /// The file is empty.
    FileEmpty,
    /// The first line of the file cannot be read.
    FileHeaderBroken,
    /// The file is not text in UTF-8.
    #[graphql(name = "FILE_NOT_UTF8")]
    FileNotUtf8,
    /// The file is too large for a GraphQL request.
    FileTooLarge,
    /// The full name, or another name of a person, has line breaks or other control characters.
    FullNameNotALine,
    /// The full name, or another name of a person, is longer than 200 characters.
    FullNameTooLong,
    /// The article's Markdown becomes more HTML than may be kept.
    HtmlTooLarge,
    /// The idempotency key is empty, longer than 200 characters, or more than one line.
    IdempotencyKeyInvalid,
    /// The idempotency key was used before, with another input.
    IdempotencyKeyReused,
    /// The text is not the address of an image with `https` or `http`.
    ImageUrlInvalid,
    /// The address of the image is longer than 2,000 characters.
    ImageUrlTooLong,
    /// The input is wrong in a way for which this list has no code.
    Invalid,
    /// The e-mail address or the password is wrong. The answer does not say which.
    InvalidCredentials,
    /// The link is used up, expired or incomplete.
    LinkInvalid,
    /// The user is the last administrator who can log in, and has to stay one.
    LastAdministrator,
    /// With its merge fields filled in, a part of the letter could become too large.
    LetterTooLarge,
    /// The mailing is cancelled.
    MailingCancelled,
    /// The mailing is completed.
    MailingCompleted,
    /// The mailing was disabled by a manager or an administrator.
    MailingDisabled,
    /// The mailing is paused.
    MailingPaused,
    /// A merge field is begun with two braces and not closed.
    MergeFieldUnclosed,
    /// A merge field stands in a script of the HTML, or in something else that is run.
    MergeFieldInProgram,
    /// The letter uses a merge field that does not exist.
    MergeFieldUnknown,
    /// A merge field uses a filter that does not exist.
    MergeFilterUnknown,
    /// The mailing's message is deleted, or it belongs to somebody else who no longer shares it.
    MessageDeleted,
    /// The name is missing.
    NameEmpty,
    /// The name has line breaks or other control characters.
    NameNotALine,
    /// The name is in use by another object of the same owner.
    NameTaken,
    /// The name is too long: a group or an API token has at most 100 characters, a mailing 200.
    NameTooLong,
    /// The article's quotes, lists or HTML elements are too deep inside each other.
    NestingTooDeep,
    /// No moment of the periodicity lies inside the window.
    NeverDue,
    /// What the id or the name stands for does not exist, or is not the viewer's.
    NotFound,
    /// The run has no failed letter that could be sent again.
    NothingFailed,
    /// The letter is not in doubt, so there is nothing to decide about it.
    NotInDoubt,
    /// The run stands for occurrences that were missed, and has sent nothing.
    OccurrenceMissed,
    /// The password has a control character.
    PasswordControlCharacter,
    /// The password is longer than 1024 bytes in UTF-8.
    PasswordTooLong,
    /// The password is shorter than 10 characters.
    PasswordTooShort,
    /// The password is easy to guess.
    PasswordWeak,
    /// The password that was given is not the account's present one.
    PasswordWrong,
    /// The account has as many objects of this kind as it may have.
    QuotaReached,
    /// There were too many tries, or there are too many requests of this kind at the same time: it may succeed after
    /// `retryAfter` seconds.
    RateLimited,
    /// The reason is missing.
    ReasonMissing,
    /// The reason is longer than 500 characters.
    ReasonTooLong,
    /// The read model is being rebuilt already.
    RebuildRunning,
    /// The text is not the name of a relay.
    RelayNameInvalid,
    /// The run is not finished yet.
    RunNotFinished,
    /// The object was changed since the version that `expectedVersion` names.
    StaleVersion,
    /// The window begins too long ago: at most 366 days are allowed.
    StartTooOld,
    /// The subject is missing.
    SubjectEmpty,
    /// The subject has line breaks or other control characters.
    SubjectNotALine,
    /// The subject is longer than 255 characters.
    SubjectTooLong,
    /// The text is missing.
    TextEmpty,
    /// The text that the error's `field` names has a NUL character (U+0000), which cannot be kept.
    TextInvalid,
    /// The IANA database has no time zone of this name.
    TimeZoneUnknown,
    /// The request names more clients than one request may name: 1,000 for `groupClientsAdd` and `groupClientsRemove`,
    /// else 5,000.
    TooManyClients,
    /// The request names more groups than one request may name: 5,000.
    TooManyGroups,
    /// The title is missing.
    TitleEmpty,
    /// The title has line breaks or other control characters.
    TitleNotALine,
    /// The slug that is made of the title is another article's.
    TitleTaken,
    /// The title is longer than 200 characters.
    TitleTooLong,
    /// The window ends at the moment at which it starts.
    WindowEmpty,
    /// The window has ended.
    WindowEnded,
    /// The window has not opened yet.
    WindowNotOpen,
    /// The window ends before it starts.
    WindowReversed,
    /// The window begins or ends in a year before 1970 or after 9999.
    WindowYearOutOfRange,
}

impl UserErrorCode {
    fn of(code: &str) -> Self {
        Self::items().iter().find(|item| item.name == code).map_or(Self::Invalid, |item| item.value)
    }
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
    let noun = if behind { None } else { read(id).await? };
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

/// The payload of a mutation: its noun beside what all payloads have.
macro_rules! payload {
    ($(#[$doc:meta])* $name:ident { $(#[$field_doc:meta])* $noun:ident: $type:ty $(, $warnings:ident)? }) => {
        $(#[$doc])*
        #[derive(async_graphql::SimpleObject)]
        pub(crate) struct $name {
            $(#[$field_doc])*
            $noun: Option<$type>,
            /// What is wrong with the input; empty if nothing is. If something is, nothing was written.
            user_errors: Vec<crate::graphql::kit::user_error::UserError>,
            $(
                /// What looks like a mistake in the letter and may be none; everything was written all the same.
                $warnings: Vec<crate::graphql::letters::warning::Warning>,
            )?
            /// The position in the log of the last event that was written; a read model that has reached it shows all
            /// that was written. Null if nothing was written.
            position: Option<crate::graphql::kit::scalars::Long>,
            /// True if everything was written but cannot be read yet. What was changed is then null in this answer; ask
            /// for it again in a moment, or after a create request repeat it with the same `idempotencyKey`. False if
            /// there are user errors.
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

/// All codes, as they are told.
#[cfg(test)]
pub(super) fn names() -> Vec<&'static str> {
    UserErrorCode::items().iter().map(|item| item.name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use acts::address_book::import::{codes_of_rows, codes_of_warnings};
    use std::collections::BTreeSet;
    use std::path::Path;

    /// Codes of what only the engine meets.
    const INTERNAL: [&str; 10] = [
        "AUDIENCE_FROZEN_OTHERWISE",
        "BATCH_NOT_PLANNED",
        "BATCH_WRONG_SIZE",
        "NO_SUCH_RECIPIENT",
        "NOT_IN_FLIGHT",
        "NOT_WAITING",
        "RUN_NOT_DONE",
        "RUN_NOT_SENDING",
        "STILL_IN_FLIGHT",
        "TOTALS_DO_NOT_ADD_UP",
    ];

    /// Everything in quotation marks that is written as codes are, after an arrow or as an argument.
    fn codes_in(folder: &Path, codes: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).expect("the sources are there").flatten() {
            let path = entry.path();
            if path.is_dir() {
                codes_in(&path, codes);
            } else if !path.ends_with("user_error.rs") {
                let source = std::fs::read_to_string(&path).expect("a source is text");
                let arms = source.split("fn code(&self)").skip(1).filter_map(|rest| rest.split("\n    }").next());
                let problems = source.split("Problem::new(").skip(1).filter_map(|rest| rest.split(',').next());
                for text in arms.chain(problems) {
                    let quoted = text.split('"').skip(1).step_by(2);
                    codes.extend(quoted.map(str::to_owned));
                }
            }
        }
    }

    #[test]
    fn every_code_that_a_rule_has_is_in_the_schema() {
        let mut codes = BTreeSet::new();
        for folder in ["../domain/src", "../acts/src", "src"] {
            codes_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut codes);
        }
        // What one top-level error is about, and what rows of files are, and what files are.
        codes.remove("FORBIDDEN");
        // What is a warning.
        codes.remove("MERGE_FIELD_FOREIGN");
        for (code, _) in codes_of_rows().into_iter().chain(codes_of_warnings()) {
            codes.remove(code);
        }
        let known: BTreeSet<&str> = names().into_iter().chain(INTERNAL).collect();
        assert!(codes.len() > 40, "{codes:?}");
        let unknown: Vec<_> = codes.iter().filter(|code| !known.contains(code.as_str())).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}
