//! Marks: which of the letters that were promised have begun.
//!
//! An intent has to be on the disk, and names the letters of the next moments together; so when a worker is lost, most of what
//! its last intents name has never left. A mark is a second, small fact that is cheap, and made for each letter as late as can
//! be: before its text leaves. What was promised and has no mark is not in doubt.
//!
//! A hold is a worker's time with a batch. Each has a sheet, a row in a table that does not wait for the disk:
//!
//! | who | does | so that |
//! | --- | --- | --- |
//! | a worker that gets a batch | lays its own sheet, with a hold of its own | no sheet of another hold is left |
//! | and promises letters | names its hold in the intent | a sheet speaks for no other worker's letters, also not of one that knows no marks |
//! | and sends them | writes the whole sheet anew, if it is still its own, and waits for the answer before a text leaves | a letter without a mark never left |
//! | a worker that takes a batch over with letters in flight | takes the sheet away, *then* records what became of them | no mark can be made any more of what it says never began |
//!
//! When the sheet is gone (taken, or lost with PostgreSQL's memory), or nobody can say whether a mark was made, the worker sends
//! nothing more under that hold: it records what it has, gives the batch back and may get it again. Whoever dies between two of
//! these lines leaves more in doubt than there is, and never less: a sheet that was taken and not used is gone, and a mark whose
//! letter never left is a mark.

mod clerk;
mod timing;

pub(crate) use clerk::Clerk;

use crate::context::Context;
use crate::error::EngineError;
use crate::smtp::{Gate, Opening, Permission};
use domain::batch::{MAX_RECIPIENTS, Marks};
use domain::{BatchId, HoldId};
use sqlx::PgPool;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How long a worker that cannot make marks leaves the batch alone.
const PAUSE: Duration = Duration::from_millis(500);

/// As many bits as a batch has recipients.
const BYTES: usize = MAX_RECIPIENTS.div_ceil(8);

/// The marks of one hold.
#[derive(Debug)]
pub(crate) struct Sheet {
    batch: BatchId,
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
    fn with(&self, places: impl IntoIterator<Item = u16>) -> Vec<u8> {
        let mut begun = self.begun();
        for place in places {
            let (byte, bit) = bit(place);
            if let Some(byte) = begun.get_mut(byte) {
                *byte |= bit;
            }
        }
        begun.to_vec()
    }

    fn blank(&self) -> Blank {
        Blank { batch: self.batch, hold: self.hold }
    }

    /// Nothing more begins under this hold.
    fn is_over(&self) -> bool {
        self.failed.load(Ordering::Acquire) || self.permission.has_run_out()
    }

    /// It was taken away, or nobody knows what is on it.
    fn end(&self) {
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
fn places(begun: &[u8]) -> BTreeSet<u16> {
    (0..)
        .zip(begun.iter().flat_map(|byte| (0..8).map(move |bit| byte & 1 << bit != 0)))
        .filter_map(|(place, set)| set.then_some(place))
        .collect()
}

impl Context {
    /// Takes away the sheet of whoever had the batch before: from now on nothing is marked on it.
    pub(crate) async fn take_marks(&self, batch: BatchId) -> Result<Option<Marks>, EngineError> {
        let row = sqlx::query!("delete from batch_marks where batch_id = $1 returning hold, begun", batch.0)
            .fetch_optional(self.pool())
            .await?;
        Ok(row.map(|row| Marks { hold: HoldId(row.hold), begun: places(&row.begun) }))
    }

    /// Lays a sheet with nothing on it, in place of any other.
    pub(crate) async fn lay(&self, sheet: &Sheet, small: bool) -> Result<(), EngineError> {
        if small && self.errands.blanks.ask(sheet.blank()).await.is_some() {
            return Ok(());
        }
        Ok(lay(self.pool(), &[sheet.blank()]).await?)
    }

    /// Clears a sheet away that is of no use any more. If it stays, the next worker's takes its place.
    pub(crate) async fn clear(&self, sheet: &Sheet, small: bool) {
        if small && self.errands.clearing.ask(sheet.blank()).await.is_some() {
            return;
        }
        if let Err(error) = clear(self.pool(), &[sheet.blank()]).await {
            tracing::debug!(batch = %sheet.batch, %error, "a sheet of marks is left over");
        }
    }
}

/// A sheet of which only is told whose it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Blank {
    batch: BatchId,
    hold: HoldId,
}

/// Lays sheets with nothing on them, each in place of any other of its batch.
pub(crate) async fn lay(pool: &PgPool, blanks: &[Blank]) -> Result<(), sqlx::Error> {
    let (batches, holds) = columns(blanks);
    sqlx::query!(
        "insert into batch_marks as old (batch_id, hold, begun)
         select batch_id, hold, $3 from unnest($1::uuid[], $2::uuid[]) as t (batch_id, hold)
             on conflict (batch_id) do update set hold = excluded.hold, begun = excluded.begun",
        &batches,
        &holds,
        &[0; BYTES][..],
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Clears these sheets away, as far as they are still there.
pub(crate) async fn clear(pool: &PgPool, sheets: &[Blank]) -> Result<(), sqlx::Error> {
    let (batches, holds) = columns(sheets);
    sqlx::query!(
        "delete from batch_marks m using unnest($1::uuid[], $2::uuid[]) as t (batch_id, hold)
          where m.batch_id = t.batch_id and m.hold = t.hold",
        &batches,
        &holds,
    )
    .execute(pool)
    .await?;
    Ok(())
}

fn columns(sheets: &[Blank]) -> (Vec<Uuid>, Vec<Uuid>) {
    sheets.iter().map(|sheet| (sheet.batch.0, sheet.hold.0)).unzip()
}

const UNASKED: u8 = 0;
const ASKED: u8 = 1;
const MADE: u8 = 2;
const REFUSED: u8 = 3;

/// The mark of one letter, at the gate before its text.
#[derive(Debug)]
pub(crate) struct Mark {
    sheet: Arc<Sheet>,
    place: u16,
    clerk: Arc<Clerk>,
    /// One of the four above.
    state: AtomicU8,
    settled: Notify,
    /// It was made before the letter's transaction began, which it has not yet.
    ahead: AtomicBool,
    times: Mutex<Times>,
}

#[derive(Debug, Default)]
struct Times {
    began: Option<Instant>,
    neared: Option<Instant>,
}

impl Mark {
    pub(crate) fn new(sheet: &Arc<Sheet>, place: u16, clerk: &Arc<Clerk>) -> Arc<Self> {
        let mark = Arc::new(Self {
            sheet: Arc::clone(sheet),
            place,
            clerk: Arc::clone(clerk),
            state: AtomicU8::new(UNASKED),
            settled: Notify::new(),
            ahead: AtomicBool::new(false),
            times: Mutex::default(),
        });
        clerk.expects(&mark);
        mark
    }

    /// Asks for it, unless somebody has.
    fn ask(self: &Arc<Self>) {
        if self.turns(UNASKED, ASKED) {
            self.clerk.hears(self);
        }
    }

    fn turns(&self, from: u8, to: u8) -> bool {
        self.state.compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    fn settle(&self, made: bool) {
        self.state.store(if made { MADE } else { REFUSED }, Ordering::Release);
        self.settled.notify_one();
    }

    fn times(&self) -> MutexGuard<'_, Times> {
        self.times.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The letter is ahead of the wire no longer, if it was.
    fn caught_up(&self) -> bool {
        let was = self.ahead.swap(false, Ordering::AcqRel);
        if was {
            self.clerk.caught_up();
        }
        was
    }
}

impl Gate for Mark {
    fn begins(self: Arc<Self>) {
        self.times().began = Some(Instant::now());
        if !self.caught_up() && self.clerk.marks_at_the_beginning() {
            self.ask();
        }
    }

    fn nears(self: Arc<Self>) {
        self.times().neared = Some(Instant::now());
        self.ask();
    }

    fn opens(self: Arc<Self>) -> Opening {
        let now = Instant::now();
        let since = |moment: Option<Instant>| moment.map(|moment| now.saturating_duration_since(moment));
        let (began, neared) = {
            let times = self.times();
            (since(times.began), since(times.neared))
        };
        if let (Some(began), Some(neared)) = (began, neared) {
            self.clerk.arrived(began, neared);
        }
        self.ask();
        Box::pin(async move {
            loop {
                match self.state.load(Ordering::Acquire) {
                    // Who was stopped for longer than the lease since goes no further.
                    MADE => return !self.sheet.permission.has_run_out(),
                    REFUSED => return false,
                    _ => self.settled.notified().await,
                }
            }
        })
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        self.caught_up();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
