//! Forms of several parts, such as those with a file, read as they come: nothing of a file is kept here.

use super::Trouble;
use super::visit::another;
use super::whose::PAGE_OF;
use crate::http::error_answer::ErrorAnswer;
use crate::limits;
use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{HeaderMap, header};
use domain::{Code, UserId};
use futures::{Stream, StreamExt};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use words::http::Problem as Words;

/// How much may come before the next part begins: its name, and that of its file. What comes at once comes on top.
const HEAD: usize = 64 * 1024;

/// Why a form was not read to its end.
#[derive(Debug)]
pub(crate) enum Stop {
    /// It is no such form, it breaks off, or it is not this visitor's to send.
    Trouble(Trouble),
    /// What was typed is longer than may be.
    TooLong,
    /// Whoever takes its files wants no more of it.
    Enough,
}

/// Who takes the files of a form.
pub(crate) trait Files {
    /// Takes a piece of the file in this field, which has this name where it comes from; whether more of it is wanted.
    fn take(&mut self, field: &str, name: &str, bytes: Bytes) -> impl Future<Output = bool> + Send;
}

/// A form of several parts that is to be read.
pub(crate) struct Parts {
    /// The request with the form.
    pub(crate) request: Request,
    /// Who sends it, if somebody is signed in.
    pub(crate) sender: Option<UserId>,
    /// How many bytes all names and texts may have.
    pub(crate) most: usize,
}

/// Whether a request has such a form.
pub(crate) fn are_in(headers: &HeaderMap) -> bool {
    let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    media.split(';').next().is_some_and(|media| media.trim().eq_ignore_ascii_case("multipart/form-data"))
}

impl Parts {
    /// Reads on to the end. Texts become fields as they come, so that those are there that came before a stop; files are handed
    /// on piece by piece.
    pub(crate) async fn read(
        self,
        fields: &mut Vec<(String, String)>,
        files: &mut (impl Files + Send),
    ) -> Result<(), Stop> {
        let (parts, body) = self.request.into_parts();
        let waited = Arc::new(AtomicUsize::new(0));
        let body = Body::from_stream(Unhurried { body: body.into_data_stream(), waited: waited.clone(), rests: false });
        let form = Multipart::from_request(Request::from_parts(parts, body), &()).await;
        let mut form = form.map_err(|error| broken(&error.body_text()))?;
        let (mut count, mut length) = (0, 0);
        while let Some(mut part) = form.next_field().await.map_err(|error| broken(&error.body_text()))? {
            count += 1;
            if count > limits::FORM_FIELDS {
                return Err(Stop::Trouble(ErrorAnswer::too_many_fields().into()));
            }
            let name = part.name().unwrap_or_default().to_owned();
            let file = part.file_name().map(str::to_owned);
            length += name.len();
            let mut text = Vec::new();
            let mut stopped = None;
            while let Some(bytes) = part.chunk().await.map_err(|error| broken(&error.body_text()))? {
                waited.store(0, Ordering::Relaxed);
                if let Some(file) = &file {
                    // What browsers send for a field in which no file was chosen has no name.
                    if !file.is_empty() && !files.take(&name, file, bytes).await {
                        stopped = Some(Stop::Enough);
                        break;
                    }
                } else if length + text.len() + bytes.len() > self.most {
                    stopped = Some(Stop::TooLong);
                    break;
                } else {
                    // A letter may come in two chunks.
                    text.extend_from_slice(&bytes);
                }
            }
            drop(part);
            if let Some(stop) = stopped {
                discard(form).await;
                return Err(stop);
            }
            waited.store(0, Ordering::Relaxed);
            if file.is_some() {
                continue;
            }
            length += text.len();
            if length > self.most {
                return Err(Stop::TooLong);
            }
            let text = String::from_utf8(text).map_err(|_| Stop::Trouble(ErrorAnswer::not_utf8().into()))?;
            match self.sender {
                Some(sender) if name == PAGE_OF && another(&text, sender) => {
                    discard(form).await;
                    return Err(Stop::Trouble(Trouble::AnotherAccount));
                }
                Some(_) if name == PAGE_OF => {}
                _ => fields.push((name, text)),
            }
        }
        Ok(())
    }
}

/// What reads the parts has words for programmers only.
fn broken(error: &str) -> Stop {
    tracing::debug!(%error, "a form of several parts cannot be read");
    Stop::Trouble(ErrorAnswer::new(Code::BadRequest, Words::FormBroken).into())
}

/// Reads on for a little while, so that the answer reaches a browser that is still sending.
async fn discard(mut form: Multipart) {
    let mut length = 0;
    while let Ok(Some(mut part)) = form.next_field().await {
        while let Ok(Some(bytes)) = part.chunk().await {
            length += bytes.len();
            if length > limits::DISCARD {
                return;
            }
        }
    }
}

/// A body that comes one piece at a time, and no longer than it may while the next part is waited for: what reads the parts takes
/// in all that it can get, and keeps it until it has found a part's head.
struct Unhurried {
    body: BodyDataStream,
    /// How much has come since the last part had something to say.
    waited: Arc<AtomicUsize>,
    rests: bool,
}

impl Stream for Unhurried {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        if std::mem::take(&mut self.rests) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let next = ready!(self.body.poll_next_unpin(context));
        self.rests = true;
        Poll::Ready(next.map(|bytes| {
            let bytes = bytes.map_err(io::Error::other)?;
            let before = self.waited.fetch_add(bytes.len(), Ordering::Relaxed);
            if before > HEAD { Err(io::Error::other("the name of a part is too long")) } else { Ok(bytes) }
        }))
    }
}
