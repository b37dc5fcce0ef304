//! The body of a request, read as far as its sender may send.
//!
//! ```text
//! up to 64 KiB ── anybody ──> parameters
//! beyond ── signed in? ── turn ── room for every chunk ──> parameters
//! ```
//!
//! A letter has a text and HTML of 1 MiB each, and quotation marks, line breaks and letters beyond ASCII take several bytes in
//! JSON, so a request may be large. Nobody who is not signed in has a letter to write: what is large is read only after it is
//! known who sends it, for a few requests of each account at a time, and within a bound for all of them together.

use super::admission::Admitted;
use super::app::App;
use super::bodies::{Bodies, Room};
use super::error_answer::{ErrorAnswer, internal};
use super::guard;
use super::identify::request_id;
use super::media::is_json;
use super::parameters::{Parameters, bad, from_json};
use crate::limits::{self, MIB};
use acts::who::Caller;
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
    let (bytes, large) = whole(app, parts, body).await?;
    let Some(large) = large else { return Ok((from_json(&bytes)?, None)) };
    let core = app.bodies.core().await?;
    let parameters = tokio::task::spawn_blocking(move || (from_json(&bytes), core).0).await.map_err(|error| {
        let request_id = request_id(parts);
        tracing::error!(%request_id, %error, "a request failed");
        ErrorAnswer::new(Code::Internal, internal(request_id))
    })??;
    Ok((parameters, Some(large)))
}

/// The bytes of a body, and who sent it if that had to be found out, because it is large.
pub(crate) async fn whole(app: &App, parts: &Parts, body: Body) -> Result<(Vec<u8>, Option<Large>), ErrorAnswer> {
    let mut reading = Reading { chunks: body.into_data_stream(), bytes: Vec::new(), reserved: 0 };
    while reading.bytes.len() <= limits::BODY_OF_STRANGERS {
        if !reading.more(None).await? {
            return Ok((reading.bytes, None));
        }
    }
    match large(app, parts, &mut reading).await {
        Ok(large) => Ok((reading.bytes, Some(large))),
        Err(refusal) => {
            reading.discard().await;
            Err(refusal)
        }
    }
}

/// Reads a large body to its end, if its sender may send it.
async fn large(app: &App, parts: &Parts, reading: &mut Reading) -> Result<Large, ErrorAnswer> {
    if !guard::is_same_origin(&parts.headers, &app.options.public_url) {
        return Err(ErrorAnswer::cross_site());
    }
    let (caller, admitted) = app.admit(parts).await?;
    let Some(viewer) = &caller.viewer else { return Err(too_large_for_strangers()) };
    let turn = app.bodies.turns.take(viewer.id()).await.map_err(ErrorAnswer::of)?;
    let (most, mut room) = (app.options.limits.body, Room::new(turn));
    rest(app, &parts.headers, reading, &mut room, (most, || too_large(most))).await?;
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
    let mut room = Room::new(turn);
    let mut reading = Reading { chunks: body.into_data_stream(), bytes: Vec::new(), reserved: 0 };
    match rest(app, headers, &mut reading, &mut room, (most, too_large)).await {
        Ok(()) => Ok((reading.bytes, room)),
        Err(refusal) => {
            reading.discard().await;
            Err(refusal)
        }
    }
}

/// The turn of somebody who has been let in to send a large form, and the room for as much of it as is kept. Who reads it
/// does so within [`limits::BODY_TIME`].
pub(crate) async fn room(app: &App, whose: UserId, bytes: usize) -> Result<Room, ErrorAnswer> {
    let turn = app.bodies.turns.take(whose).await.map_err(ErrorAnswer::of)?;
    let mut room = Room::new(turn);
    app.bodies.hold(&mut room, bytes).await?;
    Ok(room)
}

/// Reads on to the end, within a bound and in time.
async fn rest(
    app: &App,
    headers: &HeaderMap,
    reading: &mut Reading,
    room: &mut Room,
    (most, too_large): (usize, impl Fn() -> ErrorAnswer),
) -> Result<(), ErrorAnswer> {
    let whole = tokio::time::timeout(limits::BODY_TIME, async {
        let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        if announced.is_some_and(|length: usize| length > most) {
            return Err(too_large());
        }
        // What is announced is reserved at once, and not copied while it grows.
        let reserved = announced.unwrap_or_default().max(reading.bytes.len());
        app.bodies.hold(room, reserved).await?;
        reading.reserve(reserved);
        while reading.more(Some((&app.bodies, &mut *room))).await? {
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
    async fn more(&mut self, room: Option<(&Bodies, &mut Room)>) -> Result<bool, ErrorAnswer> {
        let Some(chunk) = self.chunks.next().await else { return Ok(false) };
        let chunk = chunk.map_err(|error| bad(words::http::Problem::BodyBroken { error: error.to_string() }))?;
        let missing = (self.bytes.len() + chunk.len()).saturating_sub(self.reserved);
        if let Some((bodies, room)) = room
            && missing > 0
        {
            bodies.hold(room, missing).await?;
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
