//! The mark of one letter, and the desk where it is asked for.

use super::sheet::Sheet;
use super::timing::{Timing, When};
use crate::send::pace::Pace;
use crate::smtp::{Gate, Opening};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

pub(super) const UNASKED: u8 = 0;
pub(super) const ASKED: u8 = 1;
const MADE: u8 = 2;
const REFUSED: u8 = 3;

/// The mark of one letter, at the gate before its text.
#[derive(Debug)]
pub(crate) struct Mark {
    pub(super) sheet: Arc<Sheet>,
    pub(super) place: u16,
    clerk: Arc<Clerk>,
    /// One of the four above.
    pub(super) state: AtomicU8,
    settled: Notify,
    /// It was made before the letter's transaction began, which it has not yet.
    pub(super) ahead: AtomicBool,
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

    pub(super) fn turns(&self, from: u8, to: u8) -> bool {
        self.state.compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    pub(super) fn settle(&self, made: bool) {
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

/// Where marks are asked for.
#[derive(Debug)]
pub(crate) struct Clerk {
    pub(super) pace: Arc<Pace>,
    pub(super) desk: mpsc::UnboundedSender<Word>,
    pub(super) timing: Mutex<Timing>,
    /// How many letters are marked whose transactions have not begun.
    pub(super) ahead: AtomicUsize,
}

/// What the clerk is told.
#[derive(Debug)]
pub(super) enum Word {
    /// A letter needs its mark.
    Asked(Arc<Mark>),
    /// A letter is on its way to a connection.
    Expected(Weak<Mark>),
    /// A letter that was marked ahead has begun.
    CaughtUp,
}

impl Clerk {
    pub(super) fn timing(&self) -> MutexGuard<'_, Timing> {
        // Nothing in here leaves it half changed when it panics.
        self.timing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn when(&self) -> When {
        let timing = *self.timing();
        timing.when(self.pace.rate(), self.pace.wire())
    }

    pub(super) fn marks_at_the_beginning(&self) -> bool {
        self.when() != When::Taken
    }

    pub(super) fn hears(&self, mark: &Arc<Mark>) {
        if self.desk.send(Word::Asked(Arc::clone(mark))).is_err() {
            mark.settle(false);
        }
    }

    pub(super) fn expects(&self, mark: &Arc<Mark>) {
        if matches!(self.when(), When::Ahead(_)) {
            let _ = self.desk.send(Word::Expected(Arc::downgrade(mark)));
        }
    }

    pub(super) fn caught_up(&self) {
        self.ahead.fetch_sub(1, Ordering::AcqRel);
        let _ = self.desk.send(Word::CaughtUp);
    }

    /// How long after its beginning, and after the relay took the recipient, a letter's text could leave.
    pub(super) fn arrived(&self, began: Duration, neared: Duration) {
        self.timing().arrived(began, neared);
    }
}
