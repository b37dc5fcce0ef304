//! Importing clients, and addresses that are not written to, from a file of any size, as a stream.

use super::app::App;
use super::error_answer::ErrorAnswer;
use super::sender::Sender;
use crate::failure::Failure;
use crate::limits::MIB;
use acts::address_book::import::{self, FileConsent, How, ImportError, Target};
use acts::refusal::Problem;
use acts::suppressions::{self, List};
use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use chrono::DateTime;
use domain::import::Mode;
use domain::{Actor, Code, GroupId, group};
use futures::TryStreamExt;
use serde::Serialize;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::AsyncRead;
use tokio_util::io::StreamReader;

/// The media types under which files come: the right one, what it was before there was one, and what browsers make of
/// a CSV file on a machine that has Excel; and that of workbooks. What the file is is seen by its first bytes all the same.
const MEDIA: [&str; 7] = [
    "text/csv",
    "application/csv",
    "text/x-csv",
    "text/comma-separated-values",
    "text/tab-separated-values",
    "application/vnd.ms-excel",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
];

/// How the file is to be imported.
fn how(query: &str) -> Result<How, Box<ErrorAnswer>> {
    let wrong = || Box::new(ErrorAnswer::new(Code::BadRequest, words::http::Problem::ImportOptions));
    let mut how = How::default();
    let (mut mode, mut wording, mut topic, mut at) = (None, None, None, None);
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match (&*name, &*value) {
            ("mode", name) => mode = Some(Mode::from_name(name).ok_or_else(wrong)?),
            // What it was called before there were modes.
            ("update", "true") => how.mode = Mode::AddAndUpdate,
            ("update", "false") => how.mode = Mode::Add,
            ("dryRun", "true") => how.dry_run = true,
            ("dryRun", "false") => how.dry_run = false,
            ("only", "true") => how.mapping = how.mapping.only(true),
            ("only", "false") => how.mapping = how.mapping.only(false),
            ("group", group) => how.group = Some(group.to_owned()),
            ("file", file) => file.clone_into(&mut how.file),
            ("consent", words) => wording = Some(words.to_owned()),
            ("consentTopic", id) => {
                let missing = |_| Box::new(ErrorAnswer::of(Problem::of(&group::Error::NotFound)));
                topic = Some(id.parse::<GroupId>().map_err(missing)?);
            }
            ("consentAt", text) => {
                let words = words::requests::Problem::NoMoment { text: text.to_owned() };
                let none = |_| Box::new(ErrorAnswer::new(Code::DateTimeInvalid, words));
                at = Some(DateTime::parse_from_rfc3339(text.trim()).map_err(none)?.to_utc());
            }
            ("map", mapping) => {
                how.mapping.add_text(mapping).map_err(|error| Box::new(ErrorAnswer::of(Problem::of(&error))))?;
            }
            _ => return Err(wrong()),
        }
    }
    how.mode = mode.unwrap_or(how.mode);
    how.consent = match wording {
        Some(wording) => Some(FileConsent { wording, topic, at }),
        None if topic.is_none() && at.is_none() => None,
        None => return Err(wrong()),
    };
    Ok(how)
}

/// `POST /import/clients` with the file, CSV or XLSX, as its body: adds the clients to the viewer's address book and answers with the
/// report. `mode=MODE` says which rows are taken, `group=ID` has all of them join a group, `consent=WORDING` says what they agreed to, each `map=FIELD=COLUMN` says which
/// column is what, and with `only=true` the others mean nothing. `dryRun=true` writes nothing and tells what would be.
pub(crate) async fn clients(State(app): State<Arc<App>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let sender = match Sender::arrive(&app, &parts).await {
        Ok(sender) => sender,
        Err(refused) => return refused,
    };
    let owner = match sender.viewer.owner() {
        Ok(owner) => owner,
        Err(lacking) => return sender.lacks(lacking),
    };
    let refused = |refusal: ErrorAnswer| sender.refused(refusal);
    if !is_csv(&parts.headers) {
        return refused(ErrorAnswer::new(Code::UnsupportedMediaType, words::http::Problem::NotCsv));
    }

    let how = match how(parts.uri.query().unwrap_or_default()) {
        Ok(how) => how,
        Err(refusal) => return refused(*refusal),
    };
    let metadata = sender.caller.metadata(Actor::User(owner.id()));
    let services = &sender.admitted.services;
    let length = Length::new(services.quotas.bounds().file);
    let into = Target { services, owner, metadata: &metadata, language: sender.caller.language };
    let report = import::import_as(&how, into, length.of(body), |_| {}, |_| {}).await;
    let report = report.map(|report| (report.position, report));
    answer(&sender, &length, report).await
}

/// Whose list a file of addresses goes into, and what it is called.
fn list(sender: &Sender, query: &str) -> Result<(List, String), Box<Response>> {
    let wrong = || {
        let refusal = ErrorAnswer::new(Code::BadRequest, words::http::Problem::SuppressionOptions);
        Box::new(sender.refused(refusal))
    };
    let (mut of_installation, mut file) = (false, String::new());
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match (&*name, &*value) {
            ("list", "own") => of_installation = false,
            ("list", "installation") => of_installation = true,
            ("file", name) => name.clone_into(&mut file),
            _ => return Err(wrong()),
        }
    }
    let lacks = |lacking| Box::new(sender.lacks(lacking));
    let list = if of_installation {
        List::Installation(sender.viewer.administrator().map_err(lacks)?)
    } else {
        List::Owner(sender.viewer.owner().map_err(lacks)?)
    };
    Ok((list, file))
}

/// `POST /import/suppressions` with the file, CSV or XLSX, as its body: puts its addresses into the viewer's list of those who are not
/// written to, or with `list=installation` into that of the installation, and answers with the report. `file=NAME` is kept with each of
/// them.
pub(crate) async fn suppressions(State(app): State<Arc<App>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let sender = match Sender::arrive(&app, &parts).await {
        Ok(sender) => sender,
        Err(refused) => return refused,
    };
    let (list, file) = match list(&sender, parts.uri.query().unwrap_or_default()) {
        Ok(list) => list,
        Err(refused) => return *refused,
    };
    if !is_csv(&parts.headers) {
        return sender.refused(ErrorAnswer::new(Code::UnsupportedMediaType, words::http::Problem::NotCsv));
    }
    let metadata = sender.caller.metadata(Actor::User(sender.viewer.id()));
    let (services, language) = (&sender.admitted.services, sender.caller.language);
    let length = Length::new(services.quotas.bounds().file);
    let report = suppressions::import(services, list, length.of(body), &file, &metadata, language, |_| {}).await;
    let report = report.map(|report| (report.position, report));
    answer(&sender, &length, report).await
}

/// How much of a file has come.
struct Length {
    /// In bytes.
    come: Arc<AtomicUsize>,
    /// How many bytes a file may have.
    most: usize,
}

impl Length {
    fn new(most: usize) -> Self {
        Self { come: Arc::default(), most }
    }

    fn is_too_long(&self) -> bool {
        self.come.load(Ordering::Relaxed) > self.most
    }

    /// The file, which ends with an error where it is too long.
    fn of(&self, body: Body) -> impl AsyncRead + Unpin + Send + use<> {
        let (come, most) = (self.come.clone(), self.most);
        let chunks = body.into_data_stream().map_err(io::Error::other).and_then(move |chunk| {
            let length = come.fetch_add(chunk.len(), Ordering::Relaxed) + chunk.len();
            let fits = length <= most;
            std::future::ready(if fits { Ok(chunk) } else { Err(io::Error::other("the file is too large")) })
        });
        StreamReader::new(chunks)
    }
}

/// The report of a file, once what it brought can be read; or why there is none.
async fn answer(
    sender: &Sender,
    length: &Length,
    report: Result<(Option<i64>, impl Serialize), ImportError>,
) -> Response {
    let refused = |refusal: ErrorAnswer| sender.refused(refusal);
    match report {
        Ok((position, report)) => {
            if let Some(position) = position {
                sender.admitted.services.shown(position).await;
            }
            sender.told(Json(report).into_response())
        }
        Err(ImportError::File(error)) => refused(ErrorAnswer::of(Problem::of(&error))),
        Err(ImportError::Input(_)) if length.is_too_long() => {
            let most = length.most / MIB;
            refused(ErrorAnswer::new(Code::PayloadTooLarge, words::http::Problem::FileTooLarge { most }))
        }
        Err(ImportError::Input(error)) => {
            refused(ErrorAnswer::new(Code::BadRequest, words::import::BrokenOff { error: error.to_string() }))
        }
        Err(ImportError::Group(problem) | ImportError::Refused(problem) | ImportError::Busy(problem)) => {
            refused(ErrorAnswer::of(problem))
        }
        Err(ImportError::Unreadable(error)) => sender.failed(&Failure::Unreadable(error)),
        Err(ImportError::Store(error)) => sender.failed(&error.into()),
    }
}

fn is_csv(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    content_type.split(';').next().is_some_and(|media| MEDIA.iter().any(|one| media.trim().eq_ignore_ascii_case(one)))
}
