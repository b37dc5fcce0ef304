//! Makes the marks for all batches that go through a relay, several with one statement and one statement at a time: so no
//! statement can overtake another one that says less.

use super::mark::{ASKED, Clerk, Mark, UNASKED, Word};
use super::sheet::Sheet;
use super::timing::{Timing, When};
use crate::send::pace::Pace;
use sqlx::pool::PoolConnection;
use sqlx::{PgPool, Postgres};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};
use uuid::Uuid;

/// How long a statement may take. Whoever waits longer than this had better give the batch back.
const PATIENCE: Duration = Duration::from_secs(5);

/// A connection that was not used for so long goes back to the others.
const KEPT: Duration = Duration::from_millis(20);

impl Clerk {
    /// Starts to work on the current tokio runtime, and ends with the last who can ask.
    pub(crate) fn start(pace: &Arc<Pace>, pool: PgPool) -> Arc<Self> {
        let (desk, words) = mpsc::unbounded_channel();
        let (timing, ahead) = (Mutex::default(), AtomicUsize::new(0));
        let clerk = Arc::new(Self { pace: Arc::clone(pace), desk, timing, ahead });
        let (of, due, expected) = (Arc::downgrade(&clerk), Vec::new(), VecDeque::new());
        tokio::spawn(Work { of, pool, connection: None, words, due, expected, last: Instant::now() }.go_on());
        clerk
    }
}

/// The clerk's side of the desk.
struct Work {
    of: Weak<Clerk>,
    pool: PgPool,
    /// The pool asks whether a connection still lives before it gives it away, which takes as long as a mark. So it is kept
    /// from one statement to the next, as long as nobody else lacks one.
    connection: Option<PoolConnection<Postgres>>,
    words: mpsc::UnboundedReceiver<Word>,
    due: Vec<Arc<Mark>>,
    /// In the order in which they will begin.
    expected: VecDeque<Weak<Mark>>,
    last: Instant,
}

impl Work {
    async fn go_on(mut self) {
        while let Some(word) = self.next().await {
            self.hear(word);
            if self.due.is_empty() && self.expected.is_empty() {
                continue;
            }
            let Some(rate) = self.of.upgrade().map(|clerk| clerk.pace.rate()) else { return };
            sleep_until(self.last + Timing::gathering(rate)).await;
            while let Ok(word) = self.words.try_recv() {
                self.hear(word);
            }
            self.look_ahead();
            if !self.due.is_empty() {
                self.last = Instant::now();
                let due = std::mem::take(&mut self.due);
                self.make(due).await;
            }
        }
    }

    async fn next(&mut self) -> Option<Word> {
        if self.connection.is_some() {
            if let Ok(word) = timeout(KEPT, self.words.recv()).await {
                return word;
            }
            self.connection = None;
        }
        self.words.recv().await
    }

    fn hear(&mut self, word: Word) {
        match word {
            Word::Asked(mark) => self.due.push(mark),
            Word::Expected(mark) => self.expected.push_back(mark),
            Word::CaughtUp => {}
        }
    }

    /// Marks as many letters ahead as a relay that is quicker than a mark needs.
    fn look_ahead(&mut self) {
        let Some(clerk) = self.of.upgrade() else { return };
        let room = match clerk.when() {
            When::Ahead(letters) => letters.saturating_sub(clerk.ahead.load(Ordering::Acquire)),
            When::Begins | When::Taken => 0,
        };
        let mut taken = 0;
        while let Some(first) = self.expected.front() {
            // One that was asked for meanwhile, or is gone, is not ahead any more.
            let Some(mark) = first.upgrade().filter(|mark| mark.state.load(Ordering::Acquire) == UNASKED) else {
                self.expected.pop_front();
                continue;
            };
            if taken >= room {
                break;
            }
            self.expected.pop_front();
            if mark.turns(UNASKED, ASKED) {
                clerk.ahead.fetch_add(1, Ordering::AcqRel);
                mark.ahead.store(true, Ordering::Release);
                self.due.push(mark);
                taken += 1;
            }
        }
    }

    async fn make(&mut self, due: Vec<Arc<Mark>>) {
        let mut sheets: HashMap<Uuid, (Arc<Sheet>, Vec<Arc<Mark>>)> = HashMap::new();
        for mark in due {
            if mark.sheet.is_over() {
                mark.settle(false);
            } else {
                let sheet = Arc::clone(&mark.sheet);
                sheets.entry(sheet.hold.0).or_insert_with(|| (sheet, Vec::new())).1.push(mark);
            }
        }
        if sheets.is_empty() {
            return;
        }
        let made = match timeout(PATIENCE, self.write(&sheets)).await {
            Ok(Ok(made)) => made,
            // They may be written or not, now or later: nothing of these batches may leave.
            Ok(Err(error)) => {
                tracing::warn!(%error, "letters wait: their beginning cannot be marked");
                HashSet::new()
            }
            Err(_) => {
                tracing::warn!("letters wait: marking their beginning takes too long");
                HashSet::new()
            }
        };
        if let Some(clerk) = self.of.upgrade().filter(|_| !made.is_empty()) {
            clerk.timing().took(self.last.elapsed());
        }
        for (hold, (sheet, marks)) in sheets {
            let made = made.contains(&hold);
            if !made {
                tracing::debug!(batch = %sheet.batch, "the sheet of marks is gone");
                sheet.end();
            }
            for mark in marks {
                mark.settle(made);
            }
        }
    }

    /// Writes the sheets anew, and returns the holds whose sheet is still there.
    async fn write(
        &mut self,
        sheets: &HashMap<Uuid, (Arc<Sheet>, Vec<Arc<Mark>>)>,
    ) -> Result<HashSet<Uuid>, sqlx::Error> {
        let (mut batches, mut holds, mut begun) = (Vec::new(), Vec::new(), Vec::new());
        for (hold, (sheet, marks)) in sheets {
            batches.push(sheet.batch.0);
            holds.push(*hold);
            begun.push(sheet.with(marks.iter().map(|mark| mark.place)));
        }
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.pool.acquire().await?,
        };
        let made = sqlx::query_scalar!(
            "update batch_marks m set begun = t.begun
               from unnest($1::uuid[], $2::uuid[], $3::bytea[]) as t (batch_id, hold, begun)
              where m.batch_id = t.batch_id and m.hold = t.hold
             returning m.hold",
            &batches,
            &holds,
            &begun,
        )
        .fetch_all(&mut *connection)
        .await?;
        // Not one over which something went wrong, or that was in the middle of a statement when this was given up.
        let spare = self.pool.num_idle() > 0 || self.pool.size() < self.pool.options().get_max_connections();
        self.connection = Some(connection).filter(|_| spare);
        Ok(made.into_iter().collect())
    }
}
