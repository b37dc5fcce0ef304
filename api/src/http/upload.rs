//! Importing clients from a file of any size, as a stream.

use super::app::App;
use super::error_answer::ErrorAnswer;
use super::sender::Sender;
use crate::failure::Failure;
use crate::limits::MIB;
use acts::address_book::import::{self, FileConsent, How, ImportError, Target};
use acts::refusal::Problem;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use chrono::DateTime;
use domain::import::Mode;
use domain::{Actor, Code, GroupId, group};
use futures::TryStreamExt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio_util::io::StreamReader;

/// The media types under which files of clients come: the right one, what it was before there was one, and what browsers make of
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
    let (length, most) = (Arc::new(AtomicUsize::new(0)), sender.admitted.services.quotas.bounds().file);
    let counted = length.clone();
    let chunks = body.into_data_stream().map_err(io::Error::other).and_then(move |chunk| {
        let length = counted.fetch_add(chunk.len(), Ordering::Relaxed) + chunk.len();
        let fits = length <= most;
        std::future::ready(if fits { Ok(chunk) } else { Err(io::Error::other("the file is too large")) })
    });
    let metadata = sender.caller.metadata(Actor::User(owner.id()));
    let (file, language) = (StreamReader::new(chunks), sender.caller.language);
    let services = &sender.admitted.services;
    let into = Target { services, owner, metadata: &metadata, language };
    let report = import::import_as(&how, into, file, |_| {}, |_| {}).await;
    match report {
        Ok(report) => {
            if let Some(position) = report.position {
                services.shown(position).await;
            }
            sender.told(Json(report).into_response())
        }
        Err(ImportError::File(error)) => refused(ErrorAnswer::of(Problem::of(&error))),
        Err(ImportError::Input(_)) if length.load(Ordering::Relaxed) > most => {
            let most = most / MIB;
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
