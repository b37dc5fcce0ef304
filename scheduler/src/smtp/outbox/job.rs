//! A letter that is to be delivered.

use crate::smtp::judge::Judgement;
use crate::smtp::letter::Letter;
use crate::smtp::permission::Permission;
use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};
use tokio::sync::oneshot;

/// Where a letter waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// Before all others: there are few of them, and they take no place in the queue.
    First,
    Usual,
}

impl Line {
    /// How many places a letter in it takes.
    pub(super) fn places(self) -> usize {
        match self {
            Self::First => 0,
            Self::Usual => 1,
        }
    }
}

#[derive(Debug)]
pub(super) struct Job {
    pub(super) line: Line,
    pub(super) letter: Letter,
    pub(super) claim: Arc<Claim>,
    pub(super) permission: Permission,
    pub(super) answer: oneshot::Sender<Judgement>,
    /// How many places in the queue it takes.
    pub(super) places: usize,
    /// How often it was put back because of a connection.
    pub(super) returned: u32,
    /// How often it was refused as too fast with others being taken in between, and how many had been taken the last time.
    pub(super) refusals: u32,
    pub(super) refused_at: Option<u64>,
}

/// Who decides over a job: the connection that begins to send it, or the caller that takes it back. One of them wins.
#[derive(Debug, Default)]
pub(super) struct Claim(pub(super) AtomicU8);

pub(super) const BEGUN: u8 = 1;
pub(super) const WITHDRAWN: u8 = 2;

impl Claim {
    pub(super) fn begin(&self) -> bool {
        self.0.compare_exchange(0, BEGUN, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    pub(super) fn withdraw(&self) -> bool {
        self.0.compare_exchange(0, WITHDRAWN, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    pub(super) fn is_withdrawn(&self) -> bool {
        self.0.load(Ordering::Acquire) == WITHDRAWN
    }
}
