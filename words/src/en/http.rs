use super::English;
use crate::http::Problem;
use std::fmt;

impl English for Problem {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson => write!(f, "a request's content type is application/json, in UTF-8"),
            Self::NotCsv => write!(f, "a file has the content type text/csv, or that of an XLSX workbook"),
            Self::NotAcceptable => {
                write!(f, "answers are application/graphql-response+json or application/json: accept one of them")
            }
            Self::Method => write!(f, "requests come by POST, or by GET"),
            Self::TooManyFields { most } => {
                write!(f, "a form may have {most} fields at the most: choose fewer at a time")
            }
            Self::FormNotUtf8 => write!(f, "a form is text in UTF-8, as the pages are: nothing of it was taken"),
            Self::FormBroken => write!(
                f,
                "the form did not come as a whole, or is not written as browsers write forms: nothing of it was done; send it once more",
            ),
            Self::CrossSite => {
                write!(f, "the request comes from a page of another site, which may not act in your name")
            }
            Self::BodyBroken { error } => write!(f, "the body broke off: {error}"),
            Self::BodySlow { seconds } => {
                write!(f, "the body was not there within {seconds} s: send less at once, or over a faster line")
            }
            Self::BodyTooLarge { most } => {
                write!(f, "a request has at most {most} MiB, as it is written in JSON: send less at once")
            }
            Self::BodyTooLargeForStrangers { most } => {
                write!(f, "a request has at most {most} KiB as long as nobody is signed in: log in first")
            }
            Self::FileTooLarge { most } => {
                write!(f, "a file has at most {most} MiB: split it; what came before that is imported")
            }
            Self::ImportOptions => write!(
                f,
                "an import may have mode=add, mode=update or mode=add_and_update, dryRun=true, group=ID, file=NAME, \
                 consent=WORDING with consentTopic=ID and consentAt=MOMENT, and map=FIELD=COLUMN for each column whose \
                 name does not tell what it is; with only=true columns that are not named mean nothing",
            ),
            Self::SuppressionOptions => {
                write!(f, "a list may have list=own or list=installation, and file=NAME")
            }
            Self::ParameterNotJson { name, error } => write!(f, "the parameter {name} is no JSON object: {error}"),
            Self::BodyNotJson { error } => write!(
                f,
                "the body is no JSON object with query, operationName, variables and extensions: {error}; \
                 requests come one by one",
            ),
            Self::AnswerTooLong { most } => write!(
                f,
                "the answer would be longer than {most} MiB; ask for shorter pages (first) or fewer texts at once",
            ),
            Self::NoAnswer { seconds } => {
                write!(f, "no answer within {seconds} s; what it was to change may be done, look before you repeat it")
            }
            Self::TooManyRequests { seconds } => {
                write!(f, "too many requests of yours are being answered at the same time: try again in {seconds} s")
            }
            Self::TooManyLargeRequests { seconds } => {
                write!(f, "many large requests are being answered: try again in {seconds} s")
            }
            Self::Unauthenticated => {
                write!(f, "sign in first: with sessionCreate, then by its cookie or by Authorization: Bearer TOKEN")
            }
            Self::ReadOnly => write!(f, "this API token has the scope READ: it may change nothing"),
            Self::InItsOwnWay => write!(f, "what you ask for waits too long for itself: ask for less at once"),
            Self::DatabaseSlow => {
                write!(
                    f,
                    "this takes the database longer than a request may take: ask for less at once, or search for a longer text"
                )
            }
            Self::DatabaseAway => write!(f, "the database does not answer; nothing is lost, try again in a moment"),
            Self::RowUnreadable { table, column, id, value } => write!(
                f,
                "this cannot be shown: {column} of the row {id} in {table} is {value:?}, which it cannot be; whoever looks after the service finds in `skymailing doctor` what to do, such as to rebuild the read model",
            ),
            Self::RowLeftOut { table, column, id, value } => write!(
                f,
                "a row is left out here: {column} of the row {id} in {table} is {value:?}, which it cannot be; whoever looks after the service finds in `skymailing doctor` what to do, such as to rebuild the read model",
            ),
            Self::Internal { request_id } => {
                write!(f, "something went wrong here; the service's log tells it under {request_id}")
            }
        }
    }
}
