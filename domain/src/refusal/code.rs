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
/// A place where that meaning would not stand alone has one of its own, in brackets.
macro_rules! codes {
    ($($(#[doc = $meaning:literal])+ $code:ident = $spelling:literal in [$($place:ident $(($there:literal))?),+];)+) => {
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

            /// What the code means where it is told in that place.
            #[must_use]
            pub fn meaning_in(self, place: Place) -> &'static str {
                match (self, place) {
                    $($($((Self::$code, Place::$place) => $there,)?)+)+
                    _ => self.meaning(),
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
    /// The account that `sessionCreate` is to log in to is blocked. Only a request with the right password is told so.
    AccountBlocked = "ACCOUNT_BLOCKED" in [UserError];
    /// Something with the same id exists already. No request of this schema gets this code at present: an
    /// `idempotencyKey` that was used before has `IDEMPOTENCY_KEY_REUSED`.
    AlreadyExists = "ALREADY_EXISTS" in [UserError];
    /// The account has 50 API tokens already, which is as many as it may have, so `apiTokenCreate` makes no other one.
    /// Tokens that have expired or were revoked do not count.
    ApiTokensTooMany = "API_TOKENS_TOO_MANY" in [UserError];
    /// The `audience` of a mailing has nobody to write to: it names neither a client, nor a group, nor a segment, or only groups
    /// without clients. `mailingStart` gets it, too, if nobody is left by then, also because nobody passes its segments, or because it
    /// leaves out everybody.
    AudienceEmpty = "AUDIENCE_EMPTY" in [UserError];
    /// The audience of a run is frozen already, with another number of recipients.
    AudienceFrozenOtherwise = "AUDIENCE_FROZEN_OTHERWISE" in [Engine];
    /// A segment that the mailing writes to or leaves out is deleted, or a group that it leaves out, or one that a segment of it asks
    /// about. It would go to others than were meant, so `mailingStart` does not start it.
    AudiencePartDeleted = "AUDIENCE_PART_DELETED" in [UserError];
    /// The request or its document makes no sense.
    BadRequest = "BAD_REQUEST" in [TopLevel];
    /// There is no such batch.
    BatchNotPlanned = "BATCH_NOT_PLANNED" in [Engine];
    /// A batch has no recipients, or more than 500.
    BatchWrongSize = "BATCH_WRONG_SIZE" in [Engine];
    /// The `text`, the `html` or the `markdown` of a message, or the `body` of an article, is longer than 1 MiB
    /// (1,048,576 bytes in UTF-8), whether it is written or previewed.
    BodyTooLong = "BODY_TOO_LONG" in [UserError];
    /// The input of `groupClientsAdd` or `groupClientsRemove` has neither `clientIds` nor a `filter`, or it has both.
    ClientsNotNamed = "CLIENTS_NOT_NAMED" in [UserError];
    /// The name of a column looks as if the column had names or e-mail addresses, but it is none of the names that the
    /// service knows, and nobody said what the column means. So the column was not imported. `columns` of
    /// `clientsImport`, or `map` of `POST /import/clients`, can say what it means.
    ColumnIgnored = "COLUMN_IGNORED" in [ImportWarning];
    /// The comment about a client is longer than 2,000 characters.
    CommentTooLong = "COMMENT_TOO_LONG" in [
        UserError,
        ImportProblem(
            "The comment in the row is longer than 2,000 characters."
        )
    ];
    /// The recipient has complained about letters, so `suppressionLift` does not let their owner write to them again;
    /// only administrators lift that.
    ComplaintStays = "COMPLAINT_STAYS" in [UserError];
    /// Others keep changing the same object at the same moment; the request can be sent again.
    Conflict = "CONFLICT" in [UserError, TopLevel];
    /// The network address from which somebody agreed is neither an IPv4 nor an IPv6 address.
    ConsentAddressInvalid = "CONSENT_ADDRESS_INVALID" in [UserError];
    /// The moment at which somebody agreed to get letters is no date and no time, or it is in the future.
    ConsentAtInvalid = "CONSENT_AT_INVALID" in [UserError, ImportProblem];
    /// The moment at which somebody agreed has not come yet.
    ConsentInFuture = "CONSENT_IN_FUTURE" in [UserError];
    /// There is no consent to this topic that could be confirmed: none was given, or it was withdrawn.
    ConsentMissing = "CONSENT_MISSING" in [UserError];
    /// The `wording` of a consent is missing: without the words that somebody agreed to it shows nothing.
    ConsentWordingEmpty = "CONSENT_WORDING_EMPTY" in [UserError];
    /// The `wording` of a consent is longer than 2,000 characters.
    ConsentWordingTooLong = "CONSENT_WORDING_TOO_LONG" in [UserError];
    /// The `cron` of a mailing's periodicity is not a valid cron expression with five fields.
    CronInvalid = "CRON_INVALID" in [UserError];
    /// The `cron` of a mailing's periodicity names only days that no calendar has, such as the 30th of February.
    CronNeverFires = "CRON_NEVER_FIRES" in [UserError];
    /// The `cron` of a mailing's periodicity is longer than 200 characters.
    CronTooLong = "CRON_TOO_LONG" in [UserError];
    /// The periodicity of a mailing has a `cron`, but its kind is not `CRON`.
    CronUnexpected = "CRON_UNEXPECTED" in [UserError];
    /// A page of another site sent the request.
    CrossSite = "CROSS_SITE" in [TopLevel];
    /// The owner has 50 custom fields already, which is as many as there may be; or the input has more `fields` than that.
    CustomFieldsTooMany = "CUSTOM_FIELDS_TOO_MANY" in [UserError];
    /// The `key` of a custom field is not a letter followed by letters, digits and `_`, or it is longer than 40 characters.
    CustomFieldKeyInvalid = "CUSTOM_FIELD_KEY_INVALID" in [UserError];
    /// The `key` of a custom field is what letters or files call something else, such as `email` or `groups`.
    CustomFieldKeyReserved = "CUSTOM_FIELD_KEY_RESERVED" in [UserError];
    /// The owner has a custom field with this `key` already.
    CustomFieldKeyTaken = "CUSTOM_FIELD_KEY_TAKEN" in [UserError];
    /// There is no custom field with this id or key that the caller may see.
    CustomFieldNotFound = "CUSTOM_FIELD_NOT_FOUND" in [UserError];
    /// The text in a custom field of a client is longer than 1,000 characters.
    CustomFieldTextTooLong = "CUSTOM_FIELD_TEXT_TOO_LONG" in [UserError, ImportProblem];
    /// The input has two values for the same custom field of a client.
    CustomFieldTwice = "CUSTOM_FIELD_TWICE" in [UserError];
    /// The value for a custom field of a client is none of the field's kind: no number, no day, neither yes nor no, or a text
    /// with control characters.
    CustomFieldValueInvalid = "CUSTOM_FIELD_VALUE_INVALID" in [UserError, ImportProblem];
    /// The text that the error's `field` names is not a date and time as RFC 3339 writes them.
    DateTimeInvalid = "DATE_TIME_INVALID" in [UserError];
    /// The key in the error's `field` cannot be used to sign letters: it is no private key in PEM, is encrypted, is neither RSA nor
    /// Ed25519, or has a length with which nothing is signed here.
    DkimKeyInvalid = "DKIM_KEY_INVALID" in [UserError];
    /// The `domain` of `senderCheck`, or of a sender domain, is not a domain, but an address, for example.
    DomainInvalid = "DOMAIN_INVALID" in [UserError];
    /// The `domain` of `senderCheck` is not a name that everybody may know: it has a single label, or is one of the names that only
    /// inner networks have, such as `mail.internal`. Without a `domain`, the domain that letters of this service are from is none.
    DomainNotPublic = "DOMAIN_NOT_PUBLIC" in [UserError];
    /// An earlier row of the file has the same address.
    DuplicateInFile = "DUPLICATE_IN_FILE" in [ImportProblem];
    /// The text is not an e-mail address.
    EmailInvalid = "EMAIL_INVALID" in [
        UserError,
        ImportProblem(
            "What the row has in the column of addresses is not an e-mail address."
        )
    ];
    /// The e-mail address is missing.
    EmailMissing = "EMAIL_MISSING" in [UserError, ImportProblem("The row has no e-mail address.")];
    /// The address of the account is not verified yet: `sessionCreate` does not log in to it, although the password is
    /// right, and `messageSendTest` sends nothing to it.
    EmailNotVerified = "EMAIL_NOT_VERIFIED" in [UserError];
    /// The e-mail address is in use by another client in the same address book, or, if the request is
    /// `emailChangeConfirm`, by another account. No other request is refused because an account has the address.
    EmailTaken = "EMAIL_TAKEN" in [
        UserError,
        ImportProblem(
            "A client with the address of the row is in the address book already, and `update` was not true, so \
             nothing was changed."
        )
    ];
    /// The e-mail address is longer than 254 bytes in UTF-8.
    EmailTooLong = "EMAIL_TOO_LONG" in [
        UserError,
        ImportProblem(
            "The e-mail address in the row is longer than 254 bytes in UTF-8."
        )
    ];
    /// The `expiresAt` of `apiTokenCreate` has passed, or is more than 366 days away.
    ExpiryOutOfRange = "EXPIRY_OUT_OF_RANGE" in [UserError];
    /// Two columns of the table of clients have the same meaning. `clientsImport` and `POST /import/clients` get it.
    FileColumnTwice = "FILE_COLUMN_TWICE" in [UserError];
    /// The request says what a column means that the first line of the table of clients does not have: in `columns` of
    /// `clientsImport`, or in `map` of `POST /import/clients`.
    FileColumnUnknown = "FILE_COLUMN_UNKNOWN" in [UserError];
    /// The table of clients has no column that is known to have e-mail addresses. `clientsImport` and `POST
    /// /import/clients` get it.
    FileEmailColumnMissing = "FILE_EMAIL_COLUMN_MISSING" in [UserError];
    /// The table of clients is empty. `clientsImport` and `POST /import/clients` get it.
    FileEmpty = "FILE_EMPTY" in [UserError];
    /// The first line of the table of clients, which names the columns, cannot be read. `clientsImport` and `POST
    /// /import/clients` get it.
    FileHeaderBroken = "FILE_HEADER_BROKEN" in [UserError];
    /// An entry of `columns` of `clientsImport` names no column; or a `map` of `POST /import/clients` names no column,
    /// or a meaning that columns cannot have.
    FileMappingInvalid = "FILE_MAPPING_INVALID" in [UserError];
    /// The request names two columns of the table of clients for one meaning, or one column for two meanings: in
    /// `columns` of `clientsImport`, or in `map` of `POST /import/clients`.
    FileMappingTwice = "FILE_MAPPING_TWICE" in [UserError];
    /// The table of clients is not text in UTF-8, but in UTF-16, for example. As a rule only `POST /import/clients`
    /// gets it, because a GraphQL request is UTF-8 as a whole.
    FileNotUtf8 = "FILE_NOT_UTF8" in [UserError];
    /// The workbook with the clients opens by a password only. As a rule only `POST /import/clients` gets it, because
    /// a GraphQL request has no room for a workbook.
    FileProtected = "FILE_PROTECTED" in [UserError];
    /// The `csv` of `clientsImport` is longer than 1 MiB (1,048,576 bytes in UTF-8). `POST /import/clients` takes
    /// larger tables.
    FileTooLarge = "FILE_TOO_LARGE" in [UserError];
    /// The file of clients is of a kind that is not read, such as XLS, ODS or an archive; XLSX and CSV are read. As a
    /// rule only `POST /import/clients` gets it, because a GraphQL request has no room for such a file.
    FileUnsupported = "FILE_UNSUPPORTED" in [UserError];
    /// The workbook with the clients is damaged. As a rule only `POST /import/clients` gets it, because a GraphQL
    /// request has no room for a workbook.
    FileWorkbookBroken = "FILE_WORKBOOK_BROKEN" in [UserError];
    /// The workbook with the clients is larger than workbooks may be: it has too many bytes, also when it is unpacked,
    /// too many rows or cells, or too much text. As a rule only `POST /import/clients` gets it, because a GraphQL
    /// request has no room for a workbook.
    FileWorkbookTooLarge = "FILE_WORKBOOK_TOO_LARGE" in [UserError];
    /// Whoever asks lacks the right, whatever object it is about.
    Forbidden = "FORBIDDEN" in [TopLevel];
    /// The full name, the first name or the last name of a person has line breaks or other control characters.
    FullNameNotALine = "FULL_NAME_NOT_A_LINE" in [
        UserError,
        ImportProblem(
            "The full name, the first name or the last name in the row has line breaks or other control characters."
        )
    ];
    /// The full name, the first name or the last name of a person is longer than 200 characters.
    FullNameTooLong = "FULL_NAME_TOO_LONG" in [
        UserError,
        ImportProblem(
            "The full name, the first name or the last name in the row is longer than 200 characters."
        )
    ];
    /// The HTML of the letter has more than 100 KiB (102,400 bytes), and Gmail shows no more than about that of a letter.
    HtmlCut = "HTML_CUT" in [LetterWarning];
    /// What the Markdown becomes is too large: the `body` of an article, of `articleCreate`, `articleUpdate` or
    /// `articlePreview`, becomes more than 8 MiB (8,388,608 bytes) of HTML, or the `markdown` of a message, of
    /// `messageCreate`, `messageUpdate` or `messagePreview`, more than 1 MiB (1,048,576 bytes) of HTML or of text. How
    /// large a letter could become with its merge fields filled in is another matter: `LETTER_TOO_LARGE`.
    HtmlTooLarge = "HTML_TOO_LARGE" in [UserError];
    /// The `idempotencyKey` is empty, longer than 200 characters, or more than one line.
    IdempotencyKeyInvalid = "IDEMPOTENCY_KEY_INVALID" in [UserError];
    /// The account has sent the same `idempotencyKey` to the same mutation before, with another input.
    IdempotencyKeyReused = "IDEMPOTENCY_KEY_REUSED" in [UserError];
    /// The `imageUrl` of an article is neither an address with `https` or `http`, nor one that `POST /pictures` gave, or
    /// it has a user name, a password or blanks in it.
    ImageUrlInvalid = "IMAGE_URL_INVALID" in [UserError];
    /// The `imageUrl` of an article is longer than 2,000 characters.
    ImageUrlTooLong = "IMAGE_URL_TOO_LONG" in [UserError];
    /// An image in the HTML of the letter has no `alt`, which is what many readers get instead of the image.
    ImageWithoutAlt = "IMAGE_WITHOUT_ALT" in [LetterWarning];
    /// There is no import with this id that the caller may see.
    ImportNotFound = "IMPORT_NOT_FOUND" in [UserError];
    /// The import was taken back already.
    ImportTakenBack = "IMPORT_TAKEN_BACK" in [UserError];
    /// The service made a mistake, which its log tells.
    Internal = "INTERNAL" in [TopLevel];
    /// The input is wrong in a way for which this list has no code.
    Invalid = "INVALID" in [UserError, ImportProblem("The row is wrong in a way for which this list has no code.")];
    /// The e-mail address or the password of `sessionCreate` is wrong. The answer does not say which.
    InvalidCredentials = "INVALID_CREDENTIALS" in [UserError];
    /// Letters are signed with the key, so it is not removed, and neither is its domain: `senderDomainKeyRetire` ends that.
    KeyActive = "KEY_ACTIVE" in [UserError];
    /// The sender domain has no key with this `selector`, or it was removed.
    KeyNotFound = "KEY_NOT_FOUND" in [UserError];
    /// Letters that were signed with the key may be on their way, so it is not removed, and neither is its domain: that is possible
    /// 7 days after the key was retired. Until then its record stays published.
    KeyStillNeeded = "KEY_STILL_NEEDED" in [UserError];
    /// The user is the last administrator who can log in, so `userBlock` does not block them and `roleRevoke` does not
    /// take that role away.
    LastAdministrator = "LAST_ADMINISTRATOR" in [UserError];
    /// A mailing that can still run leaves out whoever belongs to the group or passes the segment, and would write to them if that were
    /// gone. So it is not deleted; the error's `message` names the mailing.
    LeftOutByMailing = "LEFT_OUT_BY_MAILING" in [UserError];
    /// With its merge fields filled in by the longest values that a client can have, the text or the HTML of the letter
    /// could become larger than 1.5 MiB (1,572,864 bytes in UTF-8), or its subject too long. The `markdown` of a
    /// message that by itself becomes too large has `HTML_TOO_LARGE`.
    LetterTooLarge = "LETTER_TOO_LARGE" in [UserError];
    /// A link of the letter leads nowhere that a reader can go: it is empty, has no `https://` before it, leads to a machine that only
    /// its writer has, runs a program, or is no address.
    LinkBroken = "LINK_BROKEN" in [LetterWarning];
    /// The `token` from a link in a letter is incomplete, used already or expired. `emailVerify`, `passwordReset` and
    /// `emailChangeConfirm` get it.
    LinkInvalid = "LINK_INVALID" in [UserError];
    /// The mailing is cancelled, so it can be neither changed nor sent. `mailingUpdate`, `mailingPause`,
    /// `mailingResume`, `mailingDisable`, `mailingStart`, `deliveryResend`, `runResendUnknown` and `runResendFailed`
    /// get it.
    MailingCancelled = "MAILING_CANCELLED" in [UserError];
    /// The window of the mailing has ended. `mailingPause`, `mailingResume`, `mailingCancel` and `mailingDisable` get
    /// it; `mailingUpdate` can give the mailing a later end.
    MailingCompleted = "MAILING_COMPLETED" in [UserError];
    /// The mailing was disabled by a manager or an administrator. `mailingPause`, `mailingResume`, `mailingStart`,
    /// `deliveryResend`, `runResendUnknown` and `runResendFailed` get it.
    MailingDisabled = "MAILING_DISABLED" in [UserError];
    /// The mailing is paused, so nothing of it is sent. `mailingStart`, `deliveryResend`, `runResendUnknown` and
    /// `runResendFailed` get it.
    MailingPaused = "MAILING_PAUSED" in [UserError];
    /// The `markdown` of a message comes with a `text` or an `html`, which are made of it.
    MarkdownNotAlone = "MARKDOWN_NOT_ALONE" in [UserError];
    /// The service has no master key, under which private keys are sealed, or another one than they were sealed under. Whoever runs
    /// it sets `MASTER_KEY`.
    MasterKeyMissing = "MASTER_KEY_MISSING" in [UserError];
    /// The letter has a merge field without a fallback that is empty for some of the viewer's clients, so that nothing stands there
    /// in their letters. `messagePreview` tells it.
    MergeFieldEmpty = "MERGE_FIELD_EMPTY" in [LetterWarning];
    /// The letter has a merge field as another program writes it: `*|FNAME|*`, `%recipient.name%`, `[[name]]`,
    /// `${name}`. It is sent as it is.
    MergeFieldForeign = "MERGE_FIELD_FOREIGN" in [LetterWarning];
    /// A merge field stands in a script of the `html`, in an attribute such as `onclick`, or in something else that is
    /// run as a program.
    MergeFieldInProgram = "MERGE_FIELD_IN_PROGRAM" in [UserError];
    /// The merge field `{{unsubscribe_url}}` stands in the `subject`, where nobody can press a link.
    MergeFieldInSubject = "MERGE_FIELD_IN_SUBJECT" in [UserError];
    /// A merge field in the `subject`, the `text` or the `html` is begun with two braces and not closed.
    MergeFieldUnclosed = "MERGE_FIELD_UNCLOSED" in [UserError];
    /// The `subject`, the `text` or the `html` has a merge field that does not exist.
    MergeFieldUnknown = "MERGE_FIELD_UNKNOWN" in [UserError];
    /// A merge field in the `subject`, the `text` or the `html` uses a filter that does not exist, or `default` without
    /// a text.
    MergeFilterUnknown = "MERGE_FILTER_UNKNOWN" in [UserError];
    /// The mailing's message is deleted, or it belongs to somebody else who no longer shares it, so `mailingStart` and
    /// `runResendFailed` have nothing to send.
    MessageDeleted = "MESSAGE_DELETED" in [UserError];
    /// Requests come by POST or GET, and mutations by POST only.
    MethodNotAllowed = "METHOD_NOT_ALLOWED" in [TopLevel];
    /// The `name` of a group, a mailing or an API token is missing.
    NameEmpty = "NAME_EMPTY" in [UserError, ImportProblem("The name of a group in the row is empty.")];
    /// The `name` of a group, a mailing or an API token has line breaks or other control characters.
    NameNotALine = "NAME_NOT_A_LINE" in [
        UserError,
        ImportProblem(
            "The name of a group in the row has line breaks or other control characters."
        )
    ];
    /// Another group of the same owner has this `name`, in upper or lower case.
    NameTaken = "NAME_TAKEN" in [UserError];
    /// The `name` is too long: a group or an API token has at most 100 characters, a mailing 200.
    NameTooLong = "NAME_TOO_LONG" in [
        UserError,
        ImportProblem(
            "The name of a group in the row is longer than 100 characters."
        )
    ];
    /// Quotes, lists, emphasis or HTML elements in the `body` of an article or the `markdown` of a message are nested
    /// too deeply: as HTML, more than 100 elements are open at the same time.
    NestingTooDeep = "NESTING_TOO_DEEP" in [UserError];
    /// No moment of the mailing's periodicity lies inside its window, so no run would ever start.
    NeverDue = "NEVER_DUE" in [UserError];
    /// The `note` of a suppression is longer than 500 characters. `suppressionAdd` gets it.
    NoteTooLong = "NOTE_TOO_LONG" in [UserError];
    /// No letter of the run was rejected or given up, so `runResendFailed` has nothing to send.
    NothingFailed = "NOTHING_FAILED" in [UserError];
    /// None of the accepted media types is one of answers.
    NotAcceptable = "NOT_ACCEPTABLE" in [TopLevel];
    /// What an id or a name in the input stands for does not exist, or the viewer may not see or use it. The answer
    /// does not say which.
    NotFound = "NOT_FOUND" in [UserError];
    /// The letter is not in doubt, so `deliveryResend` and `deliveryAcceptUnknown` have nothing to decide about.
    NotInDoubt = "NOT_IN_DOUBT" in [UserError];
    /// Nothing is being sent to a recipient whose attempt is to be recorded.
    NotInFlight = "NOT_IN_FLIGHT" in [Engine];
    /// A letter is not waiting to be sent.
    NotWaiting = "NOT_WAITING" in [Engine];
    /// A batch has no recipient at this place.
    NoSuchRecipient = "NO_SUCH_RECIPIENT" in [Engine];
    /// The run that `mailingStart` was to start stands for an occurrence that was missed, and will never start.
    OccurrenceMissed = "OCCURRENCE_MISSED" in [UserError];
    /// A recipient takes back only their own leaving. No request of this schema gets this code at present: recipients
    /// come by the link of a letter.
    OnlyOwnLeaving = "ONLY_OWN_LEAVING" in [UserError];
    /// The new password has a control character, such as a tab.
    PasswordControlCharacter = "PASSWORD_CONTROL_CHARACTER" in [UserError];
    /// The new password is longer than 1024 bytes in UTF-8.
    PasswordTooLong = "PASSWORD_TOO_LONG" in [UserError];
    /// The new password is shorter than 10 characters.
    PasswordTooShort = "PASSWORD_TOO_SHORT" in [UserError];
    /// The new password is easy to guess.
    PasswordWeak = "PASSWORD_WEAK" in [UserError];
    /// The `oldPassword` of `passwordChange`, or the `password` of `emailChange`, is not the account's present one.
    PasswordWrong = "PASSWORD_WRONG" in [UserError];
    /// The request, the file or the picture is too large.
    PayloadTooLarge = "PAYLOAD_TOO_LARGE" in [TopLevel];
    /// The `postalAddress` is longer than 300 characters.
    PostalAddressTooLong = "POSTAL_ADDRESS_TOO_LONG" in [UserError];
    /// A newer version of the program has migrated the database, and the one that answered does not know how to fill its read models:
    /// `projectionRebuild` has to be answered by the newest version.
    ProgramOutdated = "PROGRAM_OUTDATED" in [UserError];
    /// The account has as many clients, groups, segments, messages, mailings, pictures or suppressions as it may have, or the message
    /// or the article has as many revisions, or the message's revisions have as many bytes together; the error's `message`
    /// says how many those are. `POST /pictures` gets it, too.
    QuotaReached = "QUOTA_REACHED" in [
        UserError,
        ImportProblem(
            "The address book has as many clients as it may have, or the list of those who are not written to as many \
             addresses, so the row was not imported."
        )
    ];
    /// Too many tries, or too much at the same time. The request may succeed after the number of seconds in
    /// `retryAfter`.
    RateLimited = "RATE_LIMITED" in [
        UserError(
            "The same request may succeed after the number of seconds that the error's `retryAfter` tells. There were too many tries \
             for the same account or from the same network address: of `sessionCreate`, `userRegister`, `verificationRequest`, \
             `passwordRecover`, `passwordChange`, `emailChange`, `messageSendTest` or `senderCheck`. Or too much of one kind is being done at this \
             moment: passwords are looked at (`sessionCreate`, `userRegister`, `passwordReset`, `passwordChange`, `emailChange`), \
             Markdown is written (`messageCreate`, `messageUpdate`, `articleCreate`, `articleUpdate`), letters and articles are \
             previewed (`messagePreview`, `articlePreview`), or clients are imported (`clientsImport`)."
        ),
        TopLevel(
            "Too many requests of the same caller are being answered, or too many large ones of all callers, whatever they ask \
             for; nothing of the request was done. It may succeed after the number of seconds in `extensions.retryAfter`, which is \
             also in the header `Retry-After`."
        )
    ];
    /// The `reason` is missing. `mailingDisable`, `mailingEnable`, `senderRevoke`, `suppressionLift`, `userBlock` and
    /// `userUnblock` get it.
    ReasonMissing = "REASON_MISSING" in [UserError];
    /// The `reason` is longer than 500 characters. `mailingDisable`, `mailingEnable`, `senderRevoke`, `suppressionLift`,
    /// `userBlock` and `userUnblock` get it.
    ReasonTooLong = "REASON_TOO_LONG" in [UserError];
    /// Something in the database, such as a view, depends on the tables of the read model that `projectionRebuild` names, which would be
    /// replaced; the error's `message` says what. Whoever looks after the database drops it, and makes it again after the rebuild.
    RebuildObstructed = "REBUILD_OBSTRUCTED" in [UserError];
    /// The read model that `projectionRebuild` names is being rebuilt already.
    RebuildRunning = "REBUILD_RUNNING" in [UserError];
    /// The `relay` of a mailing is not the name of a relay: 1 to 32 small letters, digits and hyphens.
    RelayNameInvalid = "RELAY_NAME_INVALID" in [UserError];
    /// No client with the address of the row is in the address book, and nobody was to be added.
    RowNotThere = "ROW_NOT_THERE" in [ImportProblem];
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
    /// The run that `runResendFailed` names is not finished yet.
    RunNotFinished = "RUN_NOT_FINISHED" in [UserError];
    /// A run is not being sent.
    RunNotSending = "RUN_NOT_SENDING" in [Engine];
    /// The filter of a segment has no condition, so that everybody would pass it.
    SegmentConditionsMissing = "SEGMENT_CONDITIONS_MISSING" in [UserError];
    /// The filter of a segment has more than 20 conditions.
    SegmentConditionsTooMany = "SEGMENT_CONDITIONS_TOO_MANY" in [UserError];
    /// A condition of a segment counts no days, or more than 3,660.
    SegmentDaysOutOfRange = "SEGMENT_DAYS_OUT_OF_RANGE" in [UserError];
    /// A condition of a segment asks for more or less of something that is neither a number nor a day.
    SegmentNotComparable = "SEGMENT_NOT_COMPARABLE" in [UserError];
    /// There is no segment with this id that the caller may see.
    SegmentNotFound = "SEGMENT_NOT_FOUND" in [UserError];
    /// A condition of a segment looks for a text that is empty.
    SegmentTextEmpty = "SEGMENT_TEXT_EMPTY" in [UserError];
    /// A condition of a segment looks for a text of more than 200 characters.
    SegmentTextTooLong = "SEGMENT_TEXT_TOO_LONG" in [UserError];
    /// Counting who passes the conditions of a segment takes longer than anybody waits for it. A mailing to the segment takes the time
    /// that it needs.
    SegmentTooSlow = "SEGMENT_TOO_SLOW" in [UserError];
    /// The `selectors` of `senderCheck` are more than 10.
    SelectorsTooMany = "SELECTORS_TOO_MANY" in [UserError];
    /// The `selector`, or one of the `selectors` of `senderCheck`, cannot be the name of a DKIM key: letters, digits and hyphens, 63 at
    /// most, no hyphen first or last. Those that `senderCheck` looks for may have `_` and dots, too.
    SelectorInvalid = "SELECTOR_INVALID" in [UserError];
    /// The sender domain has, or had, another key with this `selector`. Mail servers keep records, so a name is never used twice.
    SelectorTaken = "SELECTOR_TAKEN" in [UserError];
    /// Another sender of the same account has this `address`, or had it when an administrator revoked it.
    SenderAddressTaken = "SENDER_ADDRESS_TAKEN" in [UserError];
    /// The `domain` is none of the sender domains.
    SenderDomainNotFound = "SENDER_DOMAIN_NOT_FOUND" in [UserError];
    /// The `domain` is one of the sender domains already.
    SenderDomainTaken = "SENDER_DOMAIN_TAKEN" in [UserError];
    /// The records of the domain that a mailing's letters are from make many mail servers refuse them, or take them for spam, and whoever
    /// runs the service lets no mailing start then. `senderCheck` says what to correct.
    SenderNotAligned = "SENDER_NOT_ALIGNED" in [
        UserError,
        LetterWarning(
            "The records of the domain that a mailing's letters are from make many mail servers refuse them, or take them for spam. \
             `senderCheck` says what to correct."
        )
    ];
    /// There is no such sender, or it is somebody else's.
    SenderNotFound = "SENDER_NOT_FOUND" in [UserError];
    /// Letters cannot be from the sender: nobody has followed the link in the letter to its address yet, and its domain is not granted
    /// to its owner. `senderSendLink` sends the letter again.
    SenderNotVerified = "SENDER_NOT_VERIFIED" in [UserError];
    /// An administrator has revoked the sender: letters cannot be from it, its address cannot be verified, and it cannot be deleted, until
    /// an administrator allows it again. Its `revokedWhy` tells why.
    SenderRevoked = "SENDER_REVOKED" in [UserError];
    /// Cells of the column of addresses have several, of which the first was taken.
    SeveralAddresses = "SEVERAL_ADDRESSES" in [ImportWarning];
    /// Several sheets of the workbook have something in them, and only the first one of them was read.
    SheetsIgnored = "SHEETS_IGNORED" in [ImportWarning];
    /// The present version of the object is not the number in `expectedVersion`: somebody else has changed the object.
    StaleVersion = "STALE_VERSION" in [UserError];
    /// The `startsAt` of a mailing is more than 366 days ago.
    StartTooOld = "START_TOO_OLD" in [UserError];
    /// A letter that is to be sent or given up is on its way.
    StillInFlight = "STILL_IN_FLIGHT" in [Engine];
    /// The `subject` of a message is empty; or `messagePreview` has neither a `subject` nor a `messageId`.
    SubjectEmpty = "SUBJECT_EMPTY" in [UserError];
    /// The `subject` has line breaks or other control characters.
    SubjectNotALine = "SUBJECT_NOT_A_LINE" in [UserError];
    /// The `subject` is longer than 255 characters, counted before merge fields are filled in.
    SubjectTooLong = "SUBJECT_TOO_LONG" in [UserError];
    /// A wish to subscribe was confirmed more than 7 days after it was asked for. Only the page behind the link in its letter meets
    /// it: no request of this schema gets this code at present.
    SubscriptionExpired = "SUBSCRIPTION_EXPIRED" in [UserError];
    /// There is no such wish to subscribe. Only the page behind the link in its letter meets it: no request of this schema gets
    /// this code at present.
    SubscriptionNotFound = "SUBSCRIPTION_NOT_FOUND" in [UserError];
    /// There is no such suppression, or it is not the viewer's to lift: only administrators lift those of the whole
    /// installation.
    SuppressionNotFound = "SUPPRESSION_NOT_FOUND" in [UserError];
    /// Cells with a word such as `NULL` or `n/a` were taken for empty.
    TakenForEmpty = "TAKEN_FOR_EMPTY" in [ImportWarning];
    /// The `text` of a message or the `body` of an article is empty, or the `markdown` of a message has nothing to
    /// read; or `messagePreview` has neither a `text` nor a `markdown` nor a `messageId`.
    TextEmpty = "TEXT_EMPTY" in [UserError];
    /// The text that the error's `field` names has a NUL character (U+0000), which cannot be kept.
    TextInvalid = "TEXT_INVALID" in [UserError];
    /// The plain text of the letter says much less than its HTML, and is all that some readers see.
    TextThin = "TEXT_THIN" in [LetterWarning];
    /// There was no answer in time; what was to be changed may be done.
    Timeout = "TIMEOUT" in [TopLevel];
    /// The service has no rules for a time zone of this name: the IANA database has none, or the service's copy of
    /// it is too old for it. A mailing in it starts no run by itself, as nobody can tell when one is due.
    TimeZoneUnknown = "TIME_ZONE_UNKNOWN" in [UserError, Obstacle];
    /// The `title` of an article is empty, or has neither a letter nor a digit.
    TitleEmpty = "TITLE_EMPTY" in [UserError];
    /// The `title` of an article has line breaks or other control characters.
    TitleNotALine = "TITLE_NOT_A_LINE" in [UserError];
    /// The slug that is made of the `title` is another article's.
    TitleTaken = "TITLE_TAKEN" in [UserError];
    /// The `title` of an article is longer than 200 characters.
    TitleTooLong = "TITLE_TOO_LONG" in [UserError];
    /// The document asks for too much at once, or too deep, and nothing of it was done; or the answer became too long,
    /// and then mutations of the request may be done all the same.
    TooComplex = "TOO_COMPLEX" in [TopLevel];
    /// The input names more clients than one request may name: 1,000 in `clientIds` of `groupClientsAdd` and
    /// `groupClientsRemove`, 5,000 in the `audience` of a mailing.
    TooManyClients = "TOO_MANY_CLIENTS" in [UserError];
    /// More addresses are named than one request may name: 1,000 in the `emails` of `suppressionAdd`. The command line takes files
    /// of any length.
    TooManyEmails = "TOO_MANY_EMAILS" in [UserError];
    /// The input names more groups than one request may name: 5,000, in the `audience` of a mailing, in `groupIds` of a
    /// client, or in `groupIds` of the `filter` of `groupClientsAdd` or `groupClientsRemove`.
    TooManyGroups = "TOO_MANY_GROUPS" in [UserError];
    /// The input names more mailings than one request may name: 5,000 whose recipients the `audience` of a mailing leaves out.
    TooManyMailings = "TOO_MANY_MAILINGS" in [UserError];
    /// As many reports of the letter are recorded already as are kept of one letter, so one more that says no more than they do is not.
    TooManyReports = "TOO_MANY_REPORTS" in [Engine];
    /// The input names more segments than one request may name: 5,000, in the `audience` of a mailing.
    TooManySegments = "TOO_MANY_SEGMENTS" in [UserError];
    /// Whoever fills in the public form has chosen no topic. Only that form meets it: no request of this schema gets this code at
    /// present.
    TopicsMissing = "TOPICS_MISSING" in [UserError];
    /// Whoever fills in the public form has chosen more than 15 topics. Only that form meets it: no request of this schema gets this
    /// code at present.
    TopicsTooMany = "TOPICS_TOO_MANY" in [UserError];
    /// The `description` of a topic is longer than 500 characters.
    TopicDescriptionTooLong = "TOPIC_DESCRIPTION_TOO_LONG" in [UserError];
    /// The numbers of a run's outcomes do not add up to the number of its recipients.
    TotalsDoNotAddUp = "TOTALS_DO_NOT_ADD_UP" in [Engine];
    /// The `kind` of a mailing is `TRANSACTIONAL`, which whoever runs the service lets no owner say. `mailingCreate` and
    /// `mailingUpdate` get it.
    TransactionalNotAllowed = "TRANSACTIONAL_NOT_ALLOWED" in [UserError];
    /// Nobody is signed in.
    Unauthenticated = "UNAUTHENTICATED" in [TopLevel];
    /// The database does not answer: try again in a moment.
    Unavailable = "UNAVAILABLE" in [TopLevel];
    /// The request's content type is not the right one, or what was sent as a picture is none.
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE" in [TopLevel];
    /// The `endsAt` of a mailing is the same moment as its `startsAt`.
    WindowEmpty = "WINDOW_EMPTY" in [UserError];
    /// The window of the mailing has ended: for `mailingCreate` and `mailingUpdate` the `endsAt` has to be in the
    /// future; `mailingStart`, `deliveryResend`, `runResendUnknown` and `runResendFailed` have nothing to send any
    /// more.
    WindowEnded = "WINDOW_ENDED" in [UserError];
    /// The window of the mailing has not opened yet, so nothing of it is sent. `mailingStart`, `deliveryResend`,
    /// `runResendUnknown` and `runResendFailed` get it.
    WindowNotOpen = "WINDOW_NOT_OPEN" in [UserError];
    /// The `endsAt` of a mailing is before its `startsAt`.
    WindowReversed = "WINDOW_REVERSED" in [UserError];
    /// The `startsAt` or the `endsAt` of a mailing is in a year before 1970 or after 9999.
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
            for meaning in code.places().iter().map(|place| code.meaning_in(*place)).chain([code.meaning()]) {
                assert!(meaning.starts_with(char::is_uppercase) && meaning.ends_with('.'), "{code}: {meaning}");
                assert!(!meaning.contains("  "), "{code}: {meaning}");
            }
        }
    }

    #[test]
    fn a_place_may_have_a_meaning_of_its_own() {
        let (taken, row) = (Code::EmailTaken, Place::ImportProblem);
        assert_ne!(taken.meaning_in(row), taken.meaning());
        assert_eq!(taken.meaning_in(Place::UserError), taken.meaning());
        assert_eq!(Code::RowUnchanged.meaning_in(row), Code::RowUnchanged.meaning());
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
