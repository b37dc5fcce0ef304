//! The sheet of marks of one hold.

use super::blanks::{BYTES, Blank};
use crate::smtp::Permission;
use domain::{BatchId, HoldId};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How long a worker that cannot make marks leaves the batch alone.
const PAUSE: Duration = Duration::from_millis(500);

/// The marks of one hold.
#[derive(Debug)]
pub(crate) struct Sheet {
    pub(super) batch: BatchId,
    pub(crate) hold: HoldId,
    /// Letters that have begun and whose outcome is not recorded.
    begun: Mutex<[u8; BYTES]>,
    /// Also when the lease has run out, nothing more begins.
    pub(crate) permission: Permission,
    /// Cancelled when no mark can be made any more: nothing more of the batch begins.
    wanted: CancellationToken,
    /// Nobody knows whether the last mark was made.
    failed: AtomicBool,
}

impl Sheet {
    /// `wanted` is cancelled when no more marks can be made.
    pub(crate) fn new(batch: BatchId, permission: Permission, wanted: CancellationToken) -> Arc<Self> {
        let hold = HoldId(Uuid::new_v4());
        let (begun, failed) = (Mutex::new([0; BYTES]), AtomicBool::new(false));
        Arc::new(Self { batch, hold, begun, permission, wanted, failed })
    }

    /// These letters have their outcome, so nobody asks about them any more.
    pub(crate) fn recorded(&self, places: impl IntoIterator<Item = u16>) {
        let mut begun = self.begun();
        for place in places {
            let (byte, bit) = bit(place);
            if let Some(byte) = begun.get_mut(byte) {
                *byte &= !bit;
            }
        }
    }

    /// The sheet with these letters on it, too.
    pub(super) fn with(&self, places: impl IntoIterator<Item = u16>) -> Vec<u8> {
        let mut begun = self.begun();
        for place in places {
            let (byte, bit) = bit(place);
            if let Some(byte) = begun.get_mut(byte) {
                *byte |= bit;
            }
        }
        begun.to_vec()
    }

    pub(super) fn blank(&self) -> Blank {
        Blank { batch: self.batch, hold: self.hold }
    }

    /// Nothing more begins under this hold.
    pub(super) fn is_over(&self) -> bool {
        self.failed.load(Ordering::Acquire) || self.permission.has_run_out()
    }

    /// It was taken away, or nobody knows what is on it.
    pub(super) fn end(&self) {
        self.failed.store(true, Ordering::Release);
        self.wanted.cancel();
    }

    /// A pause, if marks could not be made: who gets the batch next may fare no better.
    pub(crate) async fn rest(&self) {
        if self.failed.load(Ordering::Acquire) {
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn begun(&self) -> MutexGuard<'_, [u8; BYTES]> {
        // Nothing in here leaves the sheet half changed when it panics.
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn bit(place: u16) -> (usize, u8) {
    (usize::from(place / 8), 1 << (place % 8))
}

/// The places on a sheet.
pub(super) fn places(begun: &[u8]) -> BTreeSet<u16> {
    (0..)
        .zip(begun.iter().flat_map(|byte| (0..8).map(move |bit| byte & 1 << bit != 0)))
        .filter_map(|(place, set)| set.then_some(place))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::batch::MAX_RECIPIENTS;

    fn sheet() -> Arc<Sheet> {
        let wanted = CancellationToken::new();
        Sheet::new(BatchId(Uuid::nil()), Permission::from(&wanted), wanted)
    }

    #[test]
    fn a_sheet_says_which_letters_have_begun_and_are_not_recorded() {
        let sheet = sheet();
        assert_eq!(places(&sheet.with([])), BTreeSet::new());
        assert_eq!(places(&sheet.with([0, 7, 8, 499])), BTreeSet::from([0, 7, 8, 499]));
        sheet.recorded([7, 499, 12]);
        assert_eq!(places(&sheet.with([1])), BTreeSet::from([0, 1, 8]));
    }

    #[test]
    fn a_sheet_has_room_for_every_place_of_a_batch() {
        let last = u16::try_from(MAX_RECIPIENTS - 1).expect("a place");
        assert_eq!(places(&sheet().with([last])), BTreeSet::from([last]));
    }
}
