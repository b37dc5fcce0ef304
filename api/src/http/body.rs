//! The body of a request, read as far as its sender may send.
//!
//! ```text
//! up to 64 KiB ── anybody ──> parameters
//! beyond ── signed in? ── turn ── room for every chunk ──> parameters
//! beyond, a report ── turn by address ── room for every chunk ──> whose is it?
//! ```
//!
//! A letter has a text and HTML of 1 MiB each, and quotation marks, line breaks and letters beyond ASCII take several bytes in
//! JSON, so a request may be large. Nobody who is not signed in has a letter to write: what is large is read only after it is
//! known who sends it, for a few requests of each account at a time, and within a bound for all of them together. Only a form may
//! be large whose sender's session ended while they typed: it has a little room of its own. So have reports of providers, most of which
//! are known only by a signature of the whole body.

use super::admission::Admitted;
use super::app::App;
use super::bodies::{Bodies, Room};
use super::error_answer::{ErrorAnswer, internal};
use super::guard;
use super::identify::request_id;
use super::media::is_json;
use super::parameters::{Parameters, bad, from_json};
use crate::limits::{self, MIB};
use acts::who::{Caller, neighbourhood};
use axum::body::{Body, BodyDataStream};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use domain::{Code, UserId};
use futures::StreamExt;

/// Who sent a large body, and was let in before it was read.
#[derive(Debug)]
pub(crate) struct Large {
    pub(crate) caller: Caller,
    pub(crate) admitted: Admitted,
    pub(crate) room: Room,
}

/// The parameters in a body, and who sent it if that had to be found out.
pub(super) async fn parameters(
    app: &App,
    parts: &Parts,
    body: Body,
) -> Result<(Parameters, Option<Large>), ErrorAnswer> {
    if !is_json(&parts.headers) {
        return Err(ErrorAnswer::new(Code::UnsupportedMediaType, words::http::Problem::NotJson));
    }
    let (bytes, large) = whole(app, parts, body, Strangers::Refused).await?;
    let Some(large) = large else { return Ok((from_json(&bytes)?, None)) };
    let core = app.bodies.core().await?;
    let parameters = tokio::task::spawn_blocking(move || (from_json(&bytes), core).0).await.map_err(|error| {
        let request_id = request_id(parts);
        tracing::error!(%request_id, %error, "a request failed");
        ErrorAnswer::new(Code::Internal, internal(request_id))
    })??;
    Ok((parameters, Some(large)))
}

/// What becomes of a large body whose sender is not signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Strangers {
    /// Nothing of it is read.
    Refused,
    /// It is a form that somebody was typing when their session ended.
    Heard,
}

/// The bytes of a form, and who sent it if that had to be found out, because it is large.
pub(crate) async fn form(app: &App, parts: &Parts, body: Body) -> Result<(Vec<u8>, Option<Large>), ErrorAnswer> {
    whole(app, parts, body, Strangers::Heard).await
}

/// The bytes of a body, and who sent it if that had to be found out, because it is large.
async fn whole(
    app: &App,
    parts: &Parts,
    body: Body,
    strangers: Strangers,
) -> Result<(Vec<u8>, Option<Large>), ErrorAnswer> {
    let mut reading = Reading { chunks: body.into_data_stream(), bytes: Vec::new(), reserved: 0 };
    while reading.bytes.len() <= limits::BODY_OF_STRANGERS {
        if !reading.more(None).await? {
            return Ok((reading.bytes, None));
        }
    }
    match large(app, parts, &mut reading, strangers).await {
        Ok(large) => Ok((reading.bytes, Some(large))),
        Err(refusal) => {
            reading.discard().await;
            Err(refusal)
        }
    }
}

/// Reads a large body to its end, if its sender may send it.
async fn large(app: &App, parts: &Parts, reading: &mut Reading, strangers: Strangers) -> Result<Large, ErrorAnswer> {
    if !guard::is_same_origin(&parts.headers, &app.options.public_url) {
        return Err(ErrorAnswer::cross_site());
    }
    let (caller, admitted) = app.admit(parts).await?;
    let (most, mut room) = match (&caller.viewer, strangers) {
        (Some(viewer), _) => {
            let turn = app.bodies.turns.take(viewer.id()).await.map_err(ErrorAnswer::of)?;
            (app.options.limits.body, app.bodies.begin(turn))
        }
        (None, Strangers::Heard) => (limits::FORM_OF_STRANGERS, room_for_stranger(app, &caller).await?),
        (None, Strangers::Refused) => return Err(too_large_for_strangers()),
    };
    rest(announced(&parts.headers), reading, &mut room, (most, || too_large(most))).await?;
    Ok(Large { caller, admitted, room })
}

/// The bytes of a file that somebody sends who has been let in. It is read as other large bodies are, a few at a time of each
/// account, and has a bound of its own.
pub(crate) async fn file(
    app: &App,
    headers: &HeaderMap,
    body: Body,
    whose: UserId,
    (most, too_large): (usize, impl Fn() -> ErrorAnswer),
) -> Result<(Vec<u8>, Room), ErrorAnswer> {
    let turn = app.bodies.turns.take(whose).await.map_err(ErrorAnswer::of)?;
    let mut room = app.bodies.begin(turn);
    let mut reading = Reading { chunks: body.into_data_stream(), bytes: Vec::new(), reserved: 0 };
    match rest(announced(headers), &mut reading, &mut room, (most, too_large)).await {
        Ok(()) => Ok((reading.bytes, room)),
        Err(refusal) => {
            reading.discard().await;
            Err(refusal)
        }
    }
}

/// The bytes of a report, and the room that they take if there are many: until they are there, it is mostly not known who sends them.
pub(super) async fn report(app: &App, parts: &Parts, body: Body) -> Result<(Vec<u8>, Option<Room>), ErrorAnswer> {
    let mut reading = Reading { chunks: body.into_data_stream(), bytes: Vec::new(), reserved: 0 };
    while reading.bytes.len() <= limits::BODY_OF_STRANGERS {
        if !reading.more(None).await? {
            return Ok((reading.bytes, None));
        }
    }
    match large_report(app, parts, &mut reading).await {
        Ok(room) => Ok((reading.bytes, Some(room))),
        Err(refusal) => {
            reading.discard().await;
            Err(refusal)
        }
    }
}

/// Reads a large report to its end: a few at a time from each address.
async fn large_report(app: &App, parts: &Parts, reading: &mut Reading) -> Result<Room, ErrorAnswer> {
    let from = guard::address(parts, &app.options).map(neighbourhood);
    let turn = app.bodies.reporters.take(from).await.map_err(ErrorAnswer::of)?;
    let (most, mut room) = (limits::REPORT, app.bodies.begin_for_reporter(turn));
    rest(announced(&parts.headers), reading, &mut room, (most, || too_large(most))).await?;
    Ok(room)
}

/// The turn of somebody who has been let in to send a large form, and the room for as much of it as is kept. Who reads it
/// does so within [`limits::BODY_TIME`].
pub(crate) async fn room(app: &App, whose: UserId, bytes: usize) -> Result<Room, ErrorAnswer> {
    let turn = app.bodies.turns.take(whose).await.map_err(ErrorAnswer::of)?;
    let mut room = app.bodies.begin(turn);
    Bodies::hold(&mut room, bytes).await?;
    Ok(room)
}

/// The turn of somebody who is not signed in (any more) to send a form that takes a while, one at a time from each address.
pub(crate) async fn room_for_stranger(app: &App, caller: &Caller) -> Result<Room, ErrorAnswer> {
    let from = caller.address.map(neighbourhood);
    let turn = app.bodies.strangers.take(from).await.map_err(ErrorAnswer::of)?;
    Ok(app.bodies.begin_for_stranger(turn))
}

/// How long a body is, as its sender says.
fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok())
}

/// Reads on to the end, within a bound and in time.
async fn rest(
    announced: Option<usize>,
    reading: &mut Reading,
    room: &mut Room,
    (most, too_large): (usize, impl Fn() -> ErrorAnswer),
) -> Result<(), ErrorAnswer> {
    let whole = tokio::time::timeout(limits::BODY_TIME, async {
        if announced.is_some_and(|length| length > most) {
            return Err(too_large());
        }
        // What is announced is reserved at once, and not copied while it grows.
        let reserved = announced.filter(|_| room.reserves).unwrap_or_default().max(reading.bytes.len());
        Bodies::hold(room, reserved).await?;
        reading.reserve(reserved);
        while reading.more(Some(&mut *room)).await? {
            if reading.bytes.len() > most {
                return Err(too_large());
            }
        }
        Ok(())
    });
    whole.await.map_err(|_| too_slow())?
}

/// A body as far as it has come.
struct Reading {
    chunks: BodyDataStream,
    bytes: Vec<u8>,
    /// How many bytes there is room for.
    reserved: usize,
}

impl Reading {
    fn reserve(&mut self, bytes: usize) {
        self.bytes.reserve_exact(bytes - self.bytes.len());
        self.reserved = bytes;
    }

    /// Reads on; whether there was more.
    async fn more(&mut self, room: Option<&mut Room>) -> Result<bool, ErrorAnswer> {
        let Some(chunk) = self.chunks.next().await else { return Ok(false) };
        let chunk = chunk.map_err(|error| bad(words::http::Problem::BodyBroken { error: error.to_string() }))?;
        let missing = (self.bytes.len() + chunk.len()).saturating_sub(self.reserved);
        if let Some(room) = room
            && missing > 0
        {
            Bodies::hold(room, missing).await?;
            self.reserved += missing;
        }
        self.bytes.extend_from_slice(&chunk);
        Ok(true)
    }

    /// Throws away the rest of a body that is only a little too large, because closing the connection before would take the
    /// answer from its sender.
    async fn discard(&mut self) {
        self.bytes = Vec::new();
        let mut length = 0;
        while let Some(Ok(chunk)) = self.chunks.next().await {
            length += chunk.len();
            if length > limits::DISCARD {
                return;
            }
        }
    }
}

fn too_large(most: usize) -> ErrorAnswer {
    let most = most / MIB;
    ErrorAnswer::new(Code::PayloadTooLarge, words::http::Problem::BodyTooLarge { most })
}

fn too_large_for_strangers() -> ErrorAnswer {
    let most = limits::BODY_OF_STRANGERS / 1024;
    ErrorAnswer::new(Code::PayloadTooLarge, words::http::Problem::BodyTooLargeForStrangers { most })
}

pub(crate) fn too_slow() -> ErrorAnswer {
    let seconds = limits::BODY_TIME.as_secs();
    bad(words::http::Problem::BodySlow { seconds })
}
