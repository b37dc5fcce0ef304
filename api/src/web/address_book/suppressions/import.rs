//! Addresses of a file, which are written while it comes: nothing of it is kept.

use super::chosen::{address, chosen};
use crate::limits::{self, MIB};
use crate::web::frame::answer::mend;
use crate::web::frame::fields::sentence;
use crate::web::frame::parts::{self, Files, Parts, Stop};
use crate::web::frame::{Answer, Layout, Mistakes, Place, Trouble, Visit, page};
use acts::Problem;
use acts::address_book::import::ImportError;
use acts::suppressions::{self, Imported, List};
use askama::Template;
use axum::body::Bytes;
use axum::extract::Request;
use domain::Code;
use eventstore::Metadata;
use futures::{StreamExt, stream};
use std::io;
use tokio::sync::{mpsc, oneshot};
use tokio_util::io::StreamReader;
use words::import::{BrokenOff, TooLarge};
use words::screens::suppressions::Suppressions as Words;

/// How many pieces of the file wait for being read.
const AHEAD: usize = 2;

/// How many rows that were not imported the page shows.
const SHOWN: usize = 100;

#[derive(Template)]
#[template(path = "address_book/suppressions/import.html")]
struct Start {
    page: Layout,
    w: &'static Words,
    mistakes: Mistakes,
    /// Where the form goes.
    action: String,
    back: String,
}

impl Start {
    fn of(visit: &Visit, list: List, mistakes: Mistakes) -> Self {
        let w = Words::of(visit.language());
        let page = visit.layout(w.import_title, Place::Suppressions);
        Self { page, w, mistakes, action: address(list, "/import"), back: address(list, "") }
    }
}

/// `GET /suppressions/import`.
pub(super) async fn start(visit: Visit) -> Answer {
    let list = chosen(&visit)?;
    page(&Start::of(&visit, list, Mistakes::default()))
}

#[derive(Template)]
#[template(path = "address_book/suppressions/imported.html")]
struct Done {
    page: Layout,
    w: &'static Words,
    /// What became of the rows: a number, and what it is of.
    numbers: Vec<(String, &'static str)>,
    /// How many were not imported, said.
    bad: Option<String>,
    /// The first of them: the line, what stands in it, and what is wrong.
    problems: Vec<(u64, String, String)>,
    ignored: Option<String>,
    back: String,
}

/// `POST /suppressions/import`. Sent twice it adds nothing, so its answer is a page that can be loaded again.
pub(super) async fn import(visit: Visit, request: Request) -> Answer {
    let (list, metadata) = (chosen(&visit)?, visit.metadata()?);
    let w = Words::of(visit.language());
    if !parts::are_in(visit.headers()) {
        return mend(&Start::of(&visit, list, Mistakes::at_field("file", w.nothing_sent)));
    }
    let most = visit.services().quotas.bounds().file;
    let (to, from) = mpsc::channel(AHEAD);
    let (name, named) = oneshot::channel();
    let mut file = File { to, name: Some(name), length: 0, most };
    let form = Parts { request, sender: Some(visit.viewer()?.id()), most: limits::CSV };
    let reading = async move {
        let read = form.read(&mut Vec::new(), &mut file).await;
        // Half of a file must not look like a whole one.
        if read.is_err() {
            let _ = file.to.send(Err(io::ErrorKind::UnexpectedEof.into())).await;
        }
        let too_large = file.length > most;
        // Whoever reads it is told by this that it is over, or that none has come.
        drop(file);
        (read, too_large)
    };
    let ((read, too_large), imported) = tokio::join!(reading, taken(&visit, list, &metadata, named, from));
    let imported = match (read, imported) {
        _ if too_large => Err(Problem::new(Code::FileTooLarge, &["file"], TooLarge { most: most / MIB })),
        (Err(Stop::Trouble(trouble)), _) => return Err(trouble),
        (_, None) => return mend(&Start::of(&visit, list, Mistakes::at_field("file", w.nothing_sent))),
        (_, Some(Ok(imported))) => Ok(imported),
        (_, Some(Err(error))) => Err(problem(error)?),
    };
    match imported {
        Ok(imported) => {
            if let Some(position) = imported.position {
                visit.services().shown(position).await;
            }
            page(&Done::of(&visit, list, &imported))
        }
        Err(problem) => mend(&Start::of(&visit, list, Mistakes::of(&[problem.at(&["file"])], visit.language()))),
    }
}

/// What became of the file, once one has come; `None` if none does.
async fn taken(
    visit: &Visit,
    list: List,
    metadata: &Metadata,
    named: oneshot::Receiver<String>,
    from: mpsc::Receiver<io::Result<Bytes>>,
) -> Option<Result<Imported, ImportError>> {
    let name = named.await.ok()?;
    let pieces = stream::unfold(from, |mut from| async move { Some((from.recv().await?, from)) });
    let input = StreamReader::new(pieces.boxed());
    Some(suppressions::import(visit.services(), list, input, &name, metadata, visit.language(), |_| {}).await)
}

/// What its sender can mend; anything else ends the request.
fn problem(error: ImportError) -> Result<Problem, Trouble> {
    match error {
        ImportError::File(error) => Ok(Problem::of(&error)),
        ImportError::Group(problem) | ImportError::Refused(problem) | ImportError::Busy(problem) => Ok(problem),
        ImportError::Input(error) => {
            Ok(Problem::new(Code::BadRequest, &["file"], BrokenOff { error: error.to_string() }))
        }
        ImportError::Unreadable(error) => Err(error.into()),
        ImportError::Store(error) => Err(error.into()),
    }
}

/// The file in the form, which is handed on as it comes.
struct File {
    to: mpsc::Sender<io::Result<Bytes>>,
    /// Who waits for its name.
    name: Option<oneshot::Sender<String>>,
    length: usize,
    most: usize,
}

impl Files for File {
    async fn take(&mut self, field: &str, name: &str, bytes: Bytes) -> bool {
        if field != "file" {
            return true;
        }
        if let Some(waiting) = self.name.take() {
            // Whoever waits for it is gone when the request is.
            let _ = waiting.send(name.to_owned());
        }
        self.length += bytes.len();
        self.length <= self.most && self.to.send(Ok(bytes)).await.is_ok()
    }
}

impl Done {
    fn of(visit: &Visit, list: List, imported: &Imported) -> Self {
        let (w, bad) = (Words::of(visit.language()), imported.bad_rows());
        let mut numbers = vec![
            (visit.number(imported.suppressed), w.suppressed),
            (visit.number(imported.already_there), w.already_there),
            (visit.number(bad), w.bad),
            (visit.number(imported.rows), w.rows),
        ];
        if imported.passed_over > 0 {
            numbers.insert(2, (visit.number(imported.passed_over), w.passed_over));
        }
        let shown = imported.problems.iter().take(SHOWN);
        Self {
            page: visit.layout(w.imported_title, Place::Suppressions),
            w,
            numbers,
            bad: (bad > 0).then(|| w.rows_bad.of(bad)),
            problems: shown
                .map(|row| (row.line, row.value.clone().unwrap_or_default(), sentence(&row.message)))
                .collect(),
            ignored: (!imported.ignored_columns.is_empty())
                .then(|| w.ignored_columns.with(imported.ignored_columns.join(", "))),
            back: address(list, ""),
        }
    }
}
