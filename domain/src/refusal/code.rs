//! Every code that the service gives to a program: the only list of them. What is told of errors anywhere, in the schema and
//! in `docs/errors.md`, is made of it.

use std::fmt;

/// Makes the enumeration of the places where codes are told, and the list of them.
macro_rules! places {
    ($($(#[doc = $meaning:literal])+ $place:ident,)+) => {
        /// A place where codes are told. One code may be told in several.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Place {
            $($(#[doc = $meaning])+ $place,)+
        }

        impl Place {
            /// All places that there are.
            pub const ALL: &'static [Self] = &[$(Self::$place),+];
        }
    };
}

places! {
    /// The `userErrors` of a mutation: what is wrong with its input.
    UserError,
    /// The `warnings` of a letter: what looks like a mistake and may be none.
    LetterWarning,
    /// The `obstacle` of a mailing: what keeps it from starting by itself.
    Obstacle,
    /// The top-level `errors`, which end a request or a field of it.
    TopLevel,
    /// The `problems` of an import's report: what is wrong with a row of the file.
    ImportProblem,
    /// The `warnings` of an import's report: what was done otherwise than somebody may have meant.
    ImportWarning,
    /// The log, as only the engine can meet it.
    Engine,
}

/// Makes the enumeration of the codes, and all that there is to know of each: its spelling, its meaning, and where it is told.
macro_rules! codes {
    ($($(#[doc = $meaning:literal])+ $code:ident = $spelling:literal in [$($place:ident),+];)+) => {
        /// What is wrong, for programs to compare. A code is neither renamed nor used for something else, and new ones may
        /// be added.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[doc = $meaning])+ $code,)+
        }

        impl Code {
            /// All codes that there are, in the order of the alphabet.
            pub const ALL: &'static [Self] = &[$(Self::$code),+];

            /// The code as it is told, such as `WINDOW_REVERSED`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$code => $spelling,)+
                }
            }

            /// A sentence, or more, that says what the code means.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$code => concat!($($meaning),+).trim_ascii(),)+
                }
            }

            /// The places where the code is told.
            #[must_use]
            pub const fn places(self) -> &'static [Place] {
                match self {
                    $(Self::$code => &[$(Place::$place),+],)+
                }
            }
        }
    };
}

codes! {
    /// The account is blocked.
    AccountBlocked = "ACCOUNT_BLOCKED" in [UserError];
    /// Something with the same id exists already. No request of this schema gets this code at present: an
    /// `idempotencyKey` that was used before has `IDEMPOTENCY_KEY_REUSED`.
    AlreadyExists = "ALREADY_EXISTS" in [UserError];
    /// The account has as many API tokens as it may have: 50.
    ApiTokensTooMany = "API_TOKENS_TOO_MANY" in [UserError];
    /// The audience names nobody: neither a client nor a group.
    AudienceEmpty = "AUDIENCE_EMPTY" in [UserError];
    /// The audience of a run is frozen already, with another number of recipients.
    AudienceFrozenOtherwise = "AUDIENCE_FROZEN_OTHERWISE" in [Engine];
    /// The request or its document makes no sense.
    BadRequest = "BAD_REQUEST" in [TopLevel];
    /// There is no such batch.
    BatchNotPlanned = "BATCH_NOT_PLANNED" in [Engine];
    /// A batch has no recipients, or more than 500.
    BatchWrongSize = "BATCH_WRONG_SIZE" in [Engine];
    /// The text, the HTML or the article's body is longer than 1 MiB.
    BodyTooLong = "BODY_TOO_LONG" in [UserError];
    /// The input has neither ids nor a filter to say which clients, or it has both.
    ClientsNotNamed = "CLIENTS_NOT_NAMED" in [UserError];
    /// A column looks like a name or an address, and was not imported as nobody said which one it is.
    ColumnIgnored = "COLUMN_IGNORED" in [ImportWarning];
    /// The comment is longer than 2,000 characters.
    CommentTooLong = "COMMENT_TOO_LONG" in [UserError, ImportProblem];
    /// Others keep changing the same object at the same moment; the request can be sent again.
    Conflict = "CONFLICT" in [UserError, TopLevel];
    /// The cron expression is not valid.
    CronInvalid = "CRON_INVALID" in [UserError];
    /// The cron expression names only days that no calendar has, such as the 30th of February.
    CronNeverFires = "CRON_NEVER_FIRES" in [UserError];
    /// The cron expression is longer than 200 characters.
    CronTooLong = "CRON_TOO_LONG" in [UserError];
    /// The input has a cron expression, but the kind of periodicity is not `CRON`.
    CronUnexpected = "CRON_UNEXPECTED" in [UserError];
    /// A page of another site sent the request.
    CrossSite = "CROSS_SITE" in [TopLevel];
    /// The text is not a date and time of RFC 3339.
    DateTimeInvalid = "DATE_TIME_INVALID" in [UserError];
    /// An earlier row of the file has the same address.
    DuplicateInFile = "DUPLICATE_IN_FILE" in [ImportProblem];
    /// The text is not an e-mail address.
    EmailInvalid = "EMAIL_INVALID" in [UserError, ImportProblem];
    /// The e-mail address is missing.
    EmailMissing = "EMAIL_MISSING" in [UserError, ImportProblem];
    /// The account's address is not verified yet.
    EmailNotVerified = "EMAIL_NOT_VERIFIED" in [UserError];
    /// The e-mail address is in use by another client in the same address book, or, if the request is
    /// `emailChangeConfirm`, by another account. No other request is refused because an account has the address. Of
    /// a row of an imported file: the client is in the address book, and nothing was asked to be changed.
    EmailTaken = "EMAIL_TAKEN" in [UserError, ImportProblem];
    /// The e-mail address is longer than 254 bytes in UTF-8.
    EmailTooLong = "EMAIL_TOO_LONG" in [UserError, ImportProblem];
    /// The moment at which the token expires has passed, or is more than 366 days away.
    ExpiryOutOfRange = "EXPIRY_OUT_OF_RANGE" in [UserError];
    /// Two columns of the file have the same meaning.
    FileColumnTwice = "FILE_COLUMN_TWICE" in [UserError];
    /// An entry of `columns` names a column that the first line of the file does not have.
    FileColumnUnknown = "FILE_COLUMN_UNKNOWN" in [UserError];
    /// The file has no column that is known to have e-mail addresses.
    FileEmailColumnMissing = "FILE_EMAIL_COLUMN_MISSING" in [UserError];
    /// The file is empty.
    FileEmpty = "FILE_EMPTY" in [UserError];
    /// The first line of the file cannot be read.
    FileHeaderBroken = "FILE_HEADER_BROKEN" in [UserError];
    /// An entry of `columns` names no column, or no meaning that a column can have.
    FileMappingInvalid = "FILE_MAPPING_INVALID" in [UserError];
    /// The entries of `columns` name two columns for one meaning, or one column for two meanings.
    FileMappingTwice = "FILE_MAPPING_TWICE" in [UserError];
    /// The file is not text in UTF-8.
    FileNotUtf8 = "FILE_NOT_UTF8" in [UserError];
    /// The file is too large for a GraphQL request.
    FileTooLarge = "FILE_TOO_LARGE" in [UserError];
    /// Whoever asks lacks the right, whatever object it is about.
    Forbidden = "FORBIDDEN" in [TopLevel];
    /// The full name, or another name of a person, has line breaks or other control characters.
    FullNameNotALine = "FULL_NAME_NOT_A_LINE" in [UserError, ImportProblem];
    /// The full name, or another name of a person, is longer than 200 characters.
    FullNameTooLong = "FULL_NAME_TOO_LONG" in [UserError, ImportProblem];
    /// The article's Markdown becomes more HTML than may be kept.
    HtmlTooLarge = "HTML_TOO_LARGE" in [UserError];
    /// The idempotency key is empty, longer than 200 characters, or more than one line.
    IdempotencyKeyInvalid = "IDEMPOTENCY_KEY_INVALID" in [UserError];
    /// The idempotency key was used before, with another input.
    IdempotencyKeyReused = "IDEMPOTENCY_KEY_REUSED" in [UserError];
    /// The text is not the address of an image with `https` or `http`.
    ImageUrlInvalid = "IMAGE_URL_INVALID" in [UserError];
    /// The address of the image is longer than 2,000 characters.
    ImageUrlTooLong = "IMAGE_URL_TOO_LONG" in [UserError];
    /// The service made a mistake, which its log tells.
    Internal = "INTERNAL" in [TopLevel];
    /// The input is wrong in a way for which this list has no code.
    Invalid = "INVALID" in [UserError, ImportProblem];
    /// The e-mail address or the password is wrong. The answer does not say which.
    InvalidCredentials = "INVALID_CREDENTIALS" in [UserError];
    /// The user is the last administrator who can log in, and has to stay one.
    LastAdministrator = "LAST_ADMINISTRATOR" in [UserError];
    /// With its merge fields filled in, a part of the letter could become too large.
    LetterTooLarge = "LETTER_TOO_LARGE" in [UserError];
    /// The link is used up, expired or incomplete.
    LinkInvalid = "LINK_INVALID" in [UserError];
    /// The mailing is cancelled.
    MailingCancelled = "MAILING_CANCELLED" in [UserError];
    /// The mailing is completed.
    MailingCompleted = "MAILING_COMPLETED" in [UserError];
    /// The mailing was disabled by a manager or an administrator.
    MailingDisabled = "MAILING_DISABLED" in [UserError];
    /// The mailing is paused.
    MailingPaused = "MAILING_PAUSED" in [UserError];
    /// The letter has a merge field as another program writes it: `*|FNAME|*`, `%recipient.name%`, `[[name]]`,
    /// `${name}`. It is sent as it is.
    MergeFieldForeign = "MERGE_FIELD_FOREIGN" in [LetterWarning];
    /// A merge field stands in a script of the HTML, or in something else that is run.
    MergeFieldInProgram = "MERGE_FIELD_IN_PROGRAM" in [UserError];
    /// A merge field is begun with two braces and not closed.
    MergeFieldUnclosed = "MERGE_FIELD_UNCLOSED" in [UserError];
    /// The letter uses a merge field that does not exist.
    MergeFieldUnknown = "MERGE_FIELD_UNKNOWN" in [UserError];
    /// A merge field uses a filter that does not exist.
    MergeFilterUnknown = "MERGE_FILTER_UNKNOWN" in [UserError];
    /// The mailing's message is deleted, or it belongs to somebody else who no longer shares it.
    MessageDeleted = "MESSAGE_DELETED" in [UserError];
    /// Requests come by POST or GET, and mutations by POST only.
    MethodNotAllowed = "METHOD_NOT_ALLOWED" in [TopLevel];
    /// The name is missing.
    NameEmpty = "NAME_EMPTY" in [UserError, ImportProblem];
    /// The name has line breaks or other control characters.
    NameNotALine = "NAME_NOT_A_LINE" in [UserError, ImportProblem];
    /// The name is in use by another object of the same owner.
    NameTaken = "NAME_TAKEN" in [UserError];
    /// The name is too long: a group or an API token has at most 100 characters, a mailing 200.
    NameTooLong = "NAME_TOO_LONG" in [UserError, ImportProblem];
    /// The article's quotes, lists or HTML elements are too deep inside each other.
    NestingTooDeep = "NESTING_TOO_DEEP" in [UserError];
    /// No moment of the periodicity lies inside the window.
    NeverDue = "NEVER_DUE" in [UserError];
    /// The run has no failed letter that could be sent again.
    NothingFailed = "NOTHING_FAILED" in [UserError];
    /// None of the accepted media types is one of answers.
    NotAcceptable = "NOT_ACCEPTABLE" in [TopLevel];
    /// What the id or the name stands for does not exist, or is not the viewer's.
    NotFound = "NOT_FOUND" in [UserError];
    /// The letter is not in doubt, so there is nothing to decide about it.
    NotInDoubt = "NOT_IN_DOUBT" in [UserError];
    /// Nothing is being sent to a recipient whose attempt is to be recorded.
    NotInFlight = "NOT_IN_FLIGHT" in [Engine];
    /// A letter is not waiting to be sent.
    NotWaiting = "NOT_WAITING" in [Engine];
    /// A batch has no recipient at this place.
    NoSuchRecipient = "NO_SUCH_RECIPIENT" in [Engine];
    /// The run stands for occurrences that were missed, and has sent nothing.
    OccurrenceMissed = "OCCURRENCE_MISSED" in [UserError];
    /// The password has a control character.
    PasswordControlCharacter = "PASSWORD_CONTROL_CHARACTER" in [UserError];
    /// The password is longer than 1024 bytes in UTF-8.
    PasswordTooLong = "PASSWORD_TOO_LONG" in [UserError];
    /// The password is shorter than 10 characters.
    PasswordTooShort = "PASSWORD_TOO_SHORT" in [UserError];
    /// The password is easy to guess.
    PasswordWeak = "PASSWORD_WEAK" in [UserError];
    /// The password that was given is not the account's present one.
    PasswordWrong = "PASSWORD_WRONG" in [UserError];
    /// The request or the file is too large.
    PayloadTooLarge = "PAYLOAD_TOO_LARGE" in [TopLevel];
    /// The account has as many objects of this kind as it may have. Of a row of an imported file: the address book
    /// is full.
    QuotaReached = "QUOTA_REACHED" in [UserError, ImportProblem];
    /// There were too many tries, or too much is being done at the same time for the same account or address, or of
    /// this kind: it may succeed after `retryAfter` seconds, which a top-level error has in its `extensions`.
    RateLimited = "RATE_LIMITED" in [UserError, TopLevel];
    /// The reason is missing.
    ReasonMissing = "REASON_MISSING" in [UserError];
    /// The reason is longer than 500 characters.
    ReasonTooLong = "REASON_TOO_LONG" in [UserError];
    /// The read model is being rebuilt already.
    RebuildRunning = "REBUILD_RUNNING" in [UserError];
    /// The text is not the name of a relay.
    RelayNameInvalid = "RELAY_NAME_INVALID" in [UserError];
    /// The row is not text in UTF-8.
    RowNotUtf8 = "ROW_NOT_UTF8" in [ImportProblem];
    /// The row has a NUL character (U+0000), which is part of no text.
    RowNul = "ROW_NUL" in [ImportProblem];
    /// A field of the row begins with a quotation mark and does not end with one.
    RowQuotesBroken = "ROW_QUOTES_BROKEN" in [ImportProblem];
    /// The row is longer than 256 KiB.
    RowTooLong = "ROW_TOO_LONG" in [ImportProblem];
    /// The row has more fields than the first line names columns.
    RowTooManyFields = "ROW_TOO_MANY_FIELDS" in [ImportProblem];
    /// The client is in the address book with all that the row says, so there was nothing to change.
    RowUnchanged = "ROW_UNCHANGED" in [ImportProblem];
    /// A row has a value that it cannot have, which is the service's fault. Its field is null; in a list it is left out, and the
    /// error has the path of the list, which is answered with the other rows.
    RowUnreadable = "ROW_UNREADABLE" in [TopLevel];
    /// A run that is to be finished has letters without an outcome.
    RunNotDone = "RUN_NOT_DONE" in [Engine];
    /// The run is not finished yet.
    RunNotFinished = "RUN_NOT_FINISHED" in [UserError];
    /// A run is not being sent.
    RunNotSending = "RUN_NOT_SENDING" in [Engine];
    /// Cells of the column of addresses have several, of which the first was taken.
    SeveralAddresses = "SEVERAL_ADDRESSES" in [ImportWarning];
    /// The object was changed since the version that `expectedVersion` names.
    StaleVersion = "STALE_VERSION" in [UserError];
    /// The window begins too long ago: at most 366 days are allowed.
    StartTooOld = "START_TOO_OLD" in [UserError];
    /// A letter that is to be sent or given up is on its way.
    StillInFlight = "STILL_IN_FLIGHT" in [Engine];
    /// The subject is missing.
    SubjectEmpty = "SUBJECT_EMPTY" in [UserError];
    /// The subject has line breaks or other control characters.
    SubjectNotALine = "SUBJECT_NOT_A_LINE" in [UserError];
    /// The subject is longer than 255 characters.
    SubjectTooLong = "SUBJECT_TOO_LONG" in [UserError];
    /// Cells with a word such as `NULL` or `n/a` were taken for empty.
    TakenForEmpty = "TAKEN_FOR_EMPTY" in [ImportWarning];
    /// The text is missing.
    TextEmpty = "TEXT_EMPTY" in [UserError];
    /// The text that the error's `field` names has a NUL character (U+0000), which cannot be kept.
    TextInvalid = "TEXT_INVALID" in [UserError];
    /// There was no answer in time; what was to be changed may be done.
    Timeout = "TIMEOUT" in [TopLevel];
    /// The service has no rules for a time zone of this name: the IANA database has none, or the service's copy of
    /// it is too old for it. A mailing in it starts no run by itself, as nobody can tell when one is due.
    TimeZoneUnknown = "TIME_ZONE_UNKNOWN" in [UserError, Obstacle];
    /// The title is missing.
    TitleEmpty = "TITLE_EMPTY" in [UserError];
    /// The title has line breaks or other control characters.
    TitleNotALine = "TITLE_NOT_A_LINE" in [UserError];
    /// The slug that is made of the title is another article's.
    TitleTaken = "TITLE_TAKEN" in [UserError];
    /// The title is longer than 200 characters.
    TitleTooLong = "TITLE_TOO_LONG" in [UserError];
    /// The document asks for too much at once, or too deep.
    TooComplex = "TOO_COMPLEX" in [TopLevel];
    /// The request names more clients than one request may name: 1,000 for `groupClientsAdd` and
    /// `groupClientsRemove`, else 5,000.
    TooManyClients = "TOO_MANY_CLIENTS" in [UserError];
    /// The request names more groups than one request may name: 5,000.
    TooManyGroups = "TOO_MANY_GROUPS" in [UserError];
    /// The numbers of a run's outcomes do not add up to the number of its recipients.
    TotalsDoNotAddUp = "TOTALS_DO_NOT_ADD_UP" in [Engine];
    /// Nobody is signed in.
    Unauthenticated = "UNAUTHENTICATED" in [TopLevel];
    /// The database does not answer: try again in a moment.
    Unavailable = "UNAVAILABLE" in [TopLevel];
    /// The request's content type is not the right one.
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE" in [TopLevel];
    /// The window ends at the moment at which it starts.
    WindowEmpty = "WINDOW_EMPTY" in [UserError];
    /// The window has ended.
    WindowEnded = "WINDOW_ENDED" in [UserError];
    /// The window has not opened yet.
    WindowNotOpen = "WINDOW_NOT_OPEN" in [UserError];
    /// The window ends before it starts.
    WindowReversed = "WINDOW_REVERSED" in [UserError];
    /// The window begins or ends in a year before 1970 or after 9999.
    WindowYearOutOfRange = "WINDOW_YEAR_OUT_OF_RANGE" in [UserError];
}

impl Code {
    /// The codes that are told in a place, in the order of the alphabet.
    pub fn told_in(place: Place) -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(move |code| code.places().contains(&place))
    }

    /// The code as a place tells it: [`Code::Invalid`] stands for those that it does not know.
    #[must_use]
    pub fn told_as(self, place: Place) -> Self {
        if self.places().contains(&place) { self } else { Self::Invalid }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the enumeration calls it, in the spelling of codes.
    fn spelt(code: Code) -> String {
        let mut spelt = String::new();
        for letter in format!("{code:?}").chars() {
            if letter.is_uppercase() && !spelt.is_empty() {
                spelt.push('_');
            }
            spelt.extend(letter.to_uppercase());
        }
        spelt
    }

    #[test]
    fn a_code_is_spelt_as_the_program_calls_it() {
        for code in Code::ALL {
            assert_eq!(code.as_str(), spelt(*code));
        }
    }

    #[test]
    fn codes_are_in_the_order_of_the_alphabet_and_none_is_there_twice() {
        for pair in Code::ALL.windows(2) {
            assert!(pair[0].as_str() < pair[1].as_str() && pair[0] < pair[1], "{pair:?}");
        }
    }

    #[test]
    fn what_a_code_means_is_said_in_sentences() {
        for code in Code::ALL {
            let meaning = code.meaning();
            assert!(meaning.starts_with(char::is_uppercase) && meaning.ends_with('.'), "{code}: {meaning}");
            assert!(!meaning.contains("  "), "{code}: {meaning}");
        }
    }

    #[test]
    fn what_only_the_engine_meets_is_told_to_nobody_who_sends_a_request() {
        assert_eq!(Code::BatchNotPlanned.told_as(Place::UserError), Code::Invalid);
        assert_eq!(Code::NotInDoubt.told_as(Place::UserError), Code::NotInDoubt);
        for code in Code::told_in(Place::Engine) {
            assert_eq!(code.places(), [Place::Engine]);
        }
        for place in [Place::UserError, Place::ImportProblem] {
            assert!(Code::Invalid.places().contains(&place));
        }
    }
}
