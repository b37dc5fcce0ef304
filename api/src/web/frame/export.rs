//! Files that are made while they are read, and take as long as whoever reads them does.

use super::Visit;
use crate::limits;
use acts::who::{Caller, Viewer};
use acts::{Services, Turn};
use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures::{Stream, StreamExt, stream};
use projections::ReadError;
use std::io;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::time::timeout;

/// The media type of CSV files.
pub(crate) const CSV: &str = "text/csv; charset=utf-8";

/// The media type of JSON Lines.
pub(crate) const JSON_LINES: &str = "application/x-ndjson";

/// The lines of a file, in pieces.
pub(crate) trait Lines: Send + 'static {
    /// The next lines; `None` at the end.
    fn next(&mut self) -> impl Future<Output = Result<Option<String>, ReadError>> + Send;

    /// Whether this viewer may read on: rights are looked at again for each piece.
    fn allow(&self, viewer: &Viewer) -> bool;
}

/// A file that somebody reads. It has a turn of its own, and no place among the requests that are answered: these wait for nobody
/// who is slow.
struct Reading<L> {
    lines: L,
    caller: Caller,
    services: Services,
    _turn: Turn,
}

/// What comes next of a file.
#[derive(Debug)]
enum Piece {
    Lines(String),
    /// That was all.
    End,
}

/// What has come of it, to its end. Half of a file must not look like a whole one: if nothing comes any more before its end is
/// there, the connection breaks off.
fn read(first: String, from: Receiver<Piece>) -> impl Stream<Item = io::Result<String>> {
    let rest = stream::unfold(Some(from), |from| async move {
        let mut from = from?;
        match from.recv().await {
            Some(Piece::Lines(lines)) => Some((Ok(lines), Some(from))),
            Some(Piece::End) => None,
            None => Some((Err(io::ErrorKind::ConnectionAborted.into()), None)),
        }
    });
    // Whoever compresses it looks once more after its end.
    stream::once(async { Ok(first) }).chain(rest).fuse()
}

/// Why a file ends before its end.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("whoever reads it may not do so any more")]
    Forbidden,
    #[error("{0}")]
    Read(#[from] ReadError),
}

impl From<sqlx::Error> for Broken {
    fn from(error: sqlx::Error) -> Self {
        Self::Read(error.into())
    }
}

impl<L: Lines> Reading<L> {
    /// Writes on as long as somebody reads. Whoever takes in nothing for a while, or takes for ever, is not waited for.
    async fn run(mut self, to: Sender<Piece>) {
        let writing = async {
            loop {
                let piece = match self.next().await {
                    Ok(Some(lines)) => Piece::Lines(lines),
                    Ok(None) => Piece::End,
                    Err(error) => {
                        let request_id = self.caller.request_id;
                        tracing::debug!(%request_id, %error, "an export breaks off");
                        return;
                    }
                };
                let ends = matches!(piece, Piece::End);
                let sent = timeout(limits::EXPORT_SILENCE, to.send(piece)).await;
                if ends || !matches!(sent, Ok(Ok(()))) {
                    return;
                }
            }
        };
        let _ = timeout(limits::EXPORT_TIME, writing).await;
    }

    /// The next lines, for somebody who may still read them.
    async fn next(&mut self) -> Result<Option<String>, Broken> {
        let viewer = self.caller.again(&self.services).await?;
        viewer.filter(|viewer| self.lines.allow(viewer)).ok_or(Broken::Forbidden)?;
        Ok(self.lines.next().await?)
    }
}

/// The answer with a file of these lines. What cannot be read at all is told before it begins.
pub(crate) async fn begun(visit: &Visit, name: &str, lines: impl Lines, turn: Turn) -> Result<Response, ReadError> {
    begun_as(visit, (name, CSV), lines, turn).await
}

/// The same with a file of another media type.
pub(crate) async fn begun_as(
    visit: &Visit,
    (name, media): (&str, &'static str),
    mut lines: impl Lines,
    turn: Turn,
) -> Result<Response, ReadError> {
    let first = lines.next().await?.unwrap_or_default();
    let (caller, services) = (visit.caller().clone(), visit.services().clone());
    let (to, from) = mpsc::channel(1);
    tokio::spawn(Reading { lines, caller, services, _turn: turn }.run(to));
    Ok(file(name, media, Body::from_stream(read(first, from))))
}

/// A file to keep, whose name has only letters, digits, dots and hyphens in it.
pub(crate) fn file(name: &str, media: &'static str, body: impl Into<Body>) -> Response {
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    let disposition = disposition.unwrap_or(HeaderValue::from_static("attachment"));
    let private = HeaderValue::from_static("private, no-store");
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media)),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CACHE_CONTROL, private),
    ];
    (headers, body.into()).into_response()
}

/// The day in a file's name, by the visitor's clocks.
pub(crate) fn today(visit: &Visit) -> String {
    visit.zone().at(visit.now()).format("%Y-%m-%d").to_string()
}
