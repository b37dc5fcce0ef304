//! The address book as a file, which takes as long as whoever reads it does.

use super::clients::filter;
use crate::http::error_answer::ErrorAnswer;
use crate::limits;
use crate::web::frame::{Answer, Visit};
use acts::address_book::clients;
use acts::address_book::export::{Delimiter, Export};
use acts::who::Caller;
use acts::{Services, Turn};
use axum::body::Body;
use axum::http::header;
use axum::response::IntoResponse;
use domain::Language;
use futures::{Stream, StreamExt, stream};
use projections::ReadError;
use std::io;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::time::timeout;

/// A file that somebody reads. It has a turn of its own, and no place among the requests that are answered: these wait for nobody
/// who is slow.
struct Reading {
    export: Export,
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

impl Reading {
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
        viewer.and_then(|viewer| viewer.owner().ok()).ok_or(Broken::Forbidden)?;
        Ok(self.export.next().await?)
    }
}

/// `GET /clients/export`: one's own clients, those that a search finds, or those of a group.
pub(crate) async fn file(visit: Visit) -> Answer {
    let owner = visit.owner()?;
    let delimiter = match visit.language() {
        Language::En => Delimiter::Comma,
        Language::Ru => Delimiter::Semicolon,
    };
    let filter = clients::seen(visit.services(), visit.viewer()?.own(), filter(&visit.query())?).await?;
    let mut export = Export::new(visit.services(), owner, filter, delimiter);
    let turn = visit.app().exports.take(owner.id()).await.map_err(ErrorAnswer::of)?;
    // What cannot be read at all is told by a page.
    let first = export.next().await?.unwrap_or_default();
    let day = visit.zone().at(visit.now()).format("%Y-%m-%d").to_string();
    let (caller, services) = (visit.caller().clone(), visit.services().clone());
    let (to, from) = mpsc::channel(1);
    tokio::spawn(Reading { export, caller, services, _turn: turn }.run(to));
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"clients-{day}.csv\"")),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    Ok((headers, Body::from_stream(read(first, from))).into_response())
}
