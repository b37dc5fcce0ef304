//! How many large bodies are read at the same time, and how much memory they have.

use super::error_answer::ErrorAnswer;
use crate::{RequestLimits, limits};
use acts::{AtOnce, Turn};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Who sends large bodies, and how much memory is left for them.
#[derive(Debug)]
pub(super) struct Bodies {
    pub(super) turns: AtOnce,
    /// The same for forms of people whose session ended while they typed, by the address that they come from.
    pub(super) strangers: AtOnce<Option<IpAddr>>,
    /// The same for reports of providers.
    pub(super) reporters: AtOnce<Option<IpAddr>>,
    /// One permit for each KiB.
    room: Arc<Semaphore>,
    /// The same for those forms, so that nobody who is signed in waits for them.
    room_of_strangers: Arc<Semaphore>,
    /// The same for those reports.
    room_of_reporters: Arc<Semaphore>,
    /// For one who reads a large document, which takes a core.
    core: Arc<Semaphore>,
    /// How long the core is waited for.
    time: Duration,
}

const KIB: usize = 1024;

/// What a large body holds until its request has been answered.
#[derive(Debug)]
pub(crate) struct Room {
    _turn: Turn,
    /// What it is a part of.
    all: Arc<Semaphore>,
    held: Option<OwnedSemaphorePermit>,
    /// How many bytes it is for.
    bytes: usize,
    /// Whether there is room for what is only announced.
    pub(super) reserves: bool,
}

impl Bodies {
    pub(super) fn new(limits: &RequestLimits) -> Self {
        let all = limits::LARGE_BODIES_OF_ALL;
        // One who may send a request finds room for it at some time.
        let room = limits.bodies.max(limits.body).div_ceil(KIB);
        let turns = AtOnce::new(limits::LARGE_BODIES_OF_EACH, all, limits::BODY_PATIENCE);
        let strangers = AtOnce::new(1, limits::FORMS_OF_STRANGERS, limits::BODY_PATIENCE);
        let reporters = AtOnce::new(limits::REPORTS_OF_EACH, limits::REPORTS_OF_ALL, limits::BODY_PATIENCE);
        // What makes a form too large has to be seen.
        let forms = (limits::FORM_OF_STRANGERS + limits::DISCARD).div_ceil(KIB);
        let [room, room_of_strangers, room_of_reporters, core] =
            [room, forms, limits::REPORTS.div_ceil(KIB), 1].map(|permits| Arc::new(Semaphore::new(permits)));
        Self { turns, strangers, reporters, room, room_of_strangers, room_of_reporters, core, time: limits.time }
    }

    /// None yet, for somebody whose turn it is.
    pub(super) fn begin(&self, turn: Turn) -> Room {
        Room { _turn: turn, all: Arc::clone(&self.room), held: None, bytes: 0, reserves: true }
    }

    /// The same for a form of somebody who is not signed in.
    pub(super) fn begin_for_stranger(&self, turn: Turn) -> Room {
        Room { _turn: turn, all: Arc::clone(&self.room_of_strangers), held: None, bytes: 0, reserves: false }
    }

    /// The same for a report, of which it is not known yet whose it is.
    pub(super) fn begin_for_reporter(&self, turn: Turn) -> Room {
        Room { _turn: turn, all: Arc::clone(&self.room_of_reporters), held: None, bytes: 0, reserves: false }
    }

    /// The right to work on a large request, one at a time.
    pub(super) async fn core(&self) -> Result<OwnedSemaphorePermit, ErrorAnswer> {
        let core = tokio::time::timeout(self.time, Arc::clone(&self.core).acquire_owned());
        let Ok(Ok(core)) = core.await else { return Err(busy()) };
        Ok(core)
    }

    /// Makes room for so many bytes more, as soon as there is some.
    pub(super) async fn hold(room: &mut Room, bytes: usize) -> Result<(), ErrorAnswer> {
        let all = room.bytes.saturating_add(bytes);
        let held = room.held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let permits = u32::try_from(all.div_ceil(KIB).saturating_sub(held)).unwrap_or(u32::MAX);
        room.bytes = all;
        let permits = Arc::clone(&room.all).acquire_many_owned(permits);
        let Ok(Ok(more)) = tokio::time::timeout(limits::BODY_PATIENCE, permits).await else {
            return Err(busy());
        };
        match &mut room.held {
            Some(held) => held.merge(more),
            None => room.held = Some(more),
        }
        Ok(())
    }
}

fn busy() -> ErrorAnswer {
    ErrorAnswer::many_large(u32::try_from(limits::BODY_PATIENCE.as_secs()).unwrap_or(1))
}
