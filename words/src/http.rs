//! HTTP: requests, files and answers as such.

use uuid::Uuid;

/// Why a request has no answer, or its answer is an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The content type is none that requests have.
    NotJson,
    /// The content type is none that files of clients and lists have.
    NotCsv,
    /// No kind of answer is accepted that there is.
    NotAcceptable,
    /// The method is none by which requests come.
    Method,
    /// The request comes from a page of another site.
    CrossSite,
    /// A form has more fields than may be.
    TooManyFields {
        /// The most that a form may have.
        most: usize,
    },
    /// A form is not in UTF-8.
    FormNotUtf8,
    /// A form breaks off, or is not written as forms are.
    FormBroken,
    /// The body broke off.
    BodyBroken {
        /// What happened, in English.
        error: String,
    },
    /// The body did not come in time.
    BodySlow {
        /// How long it was waited for.
        seconds: u64,
    },
    /// The body is too large.
    BodyTooLarge {
        /// How many MiB it may have.
        most: usize,
    },
    /// The body is too large for somebody who is not signed in.
    BodyTooLargeForStrangers {
        /// How many KiB it may have.
        most: usize,
    },
    /// A file of clients, or a list, is too large. Its beginning is imported.
    FileTooLarge {
        /// How many MiB it may have.
        most: usize,
    },
    /// An import has an option that there is not.
    ImportOptions,
    /// An import of addresses that are not to be written to has an option that there is not.
    SuppressionOptions,
    /// A parameter of the address is no JSON object.
    ParameterNotJson {
        /// The name of the parameter.
        name: String,
        /// What the parser says, in English.
        error: String,
    },
    /// The body is no JSON object with the parameters of a request.
    BodyNotJson {
        /// What the parser says, in English.
        error: String,
    },
    /// The answer would be too long.
    AnswerTooLong {
        /// How many MiB it may have.
        most: usize,
    },
    /// There was no answer in time.
    NoAnswer {
        /// How long it was waited for.
        seconds: u64,
    },
    /// Too many requests of the same account are being answered.
    TooManyRequests {
        /// How long to wait.
        seconds: u32,
    },
    /// Too many large requests are being answered.
    TooManyLargeRequests {
        /// How long to wait.
        seconds: u32,
    },
    /// Nobody is signed in.
    Unauthenticated,
    /// A token that may only look is to change something.
    ReadOnly,
    /// The requests of the same account wait for each other.
    InItsOwnWay,
    /// A statement takes too long.
    DatabaseSlow,
    /// The database does not answer.
    DatabaseAway,
    /// A row has a value that it cannot have.
    RowUnreadable {
        /// The name of the table.
        table: &'static str,
        /// The name of the column.
        column: &'static str,
        /// The row, by its key.
        id: String,
        /// The beginning of what stands there.
        value: String,
    },
    /// A row of a list has a value that it cannot have.
    RowLeftOut {
        /// The name of the table.
        table: &'static str,
        /// The name of the column.
        column: &'static str,
        /// The row, by its key.
        id: String,
        /// The beginning of what stands there.
        value: String,
    },
    /// The service is to blame.
    Internal {
        /// The id under which the log tells it.
        request_id: Uuid,
    },
}
