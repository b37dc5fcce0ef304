//! How many large bodies are read at the same time, and how much memory they have.

use super::error_answer::ErrorAnswer;
use crate::{RequestLimits, limits};
use acts::{AtOnce, Turn};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Who sends large bodies, and how much memory is left for them.
#[derive(Debug)]
pub(super) struct Bodies {
    pub(super) turns: AtOnce,
    /// One permit for each KiB.
    room: Arc<Semaphore>,
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
    held: Option<OwnedSemaphorePermit>,
    /// How many bytes it is for.
    bytes: usize,
}

impl Room {
    /// None yet, for somebody whose turn it is.
    pub(super) fn new(turn: Turn) -> Self {
        Self { _turn: turn, held: None, bytes: 0 }
    }
}

impl Bodies {
    pub(super) fn new(limits: &RequestLimits) -> Self {
        let all = limits::LARGE_BODIES_OF_ALL;
        // One who may send a request finds room for it at some time.
        let room = limits.bodies.max(limits.body).div_ceil(KIB);
        let turns = AtOnce::new(limits::LARGE_BODIES_OF_EACH, all, limits::BODY_PATIENCE);
        Self { turns, room: Arc::new(Semaphore::new(room)), core: Arc::new(Semaphore::new(1)), time: limits.time }
    }

    /// The right to work on a large request, one at a time.
    pub(super) async fn core(&self) -> Result<OwnedSemaphorePermit, ErrorAnswer> {
        let core = tokio::time::timeout(self.time, Arc::clone(&self.core).acquire_owned());
        let Ok(Ok(core)) = core.await else { return Err(busy()) };
        Ok(core)
    }

    /// Makes room for so many bytes more, as soon as there is some.
    pub(super) async fn hold(&self, room: &mut Room, bytes: usize) -> Result<(), ErrorAnswer> {
        let all = room.bytes.saturating_add(bytes);
        let held = room.held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let permits = u32::try_from(all.div_ceil(KIB).saturating_sub(held)).unwrap_or(u32::MAX);
        room.bytes = all;
        let permits = Arc::clone(&self.room).acquire_many_owned(permits);
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
