//! What looks, once a second, for all who watch.

use super::room::{Room, Told, Whose};
use super::seen::Seen;
use crate::Options;
use crate::limits::LIVE_OF_EACH;
use acts::Services;
use acts::who::{SessionTimes, sessions};
use chrono::{DateTime, Utc};
use domain::MailingId;
use projections::feedback::{self, Counts};
use projections::mailings::{self, Standing};
use projections::relays::{self, Hold};
use projections::runs::{self, Run, Status};
use projections::{Access, Listed, ReadError};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

/// How often is looked.
const EVERY: Duration = Duration::from_secs(1);

/// After how many looks without a change is asked what keeps a run.
const STUCK: u64 = 5;

/// All that is live in this process.
#[derive(Debug)]
pub(crate) struct Live {
    room: Mutex<Room>,
    services: Services,
    times: SessionTimes,
}

/// Somebody who watches a run. Dropping it ends that.
#[derive(Debug)]
pub(super) struct Watcher {
    live: Arc<Live>,
    whose: Whose,
    pub(super) told: Told,
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.live.room().leave(self.whose);
    }
}

impl Live {
    /// Nobody watches anything yet.
    pub(crate) fn new(services: Services, options: &Options) -> Arc<Self> {
        let room = Mutex::new(Room::new(options.live, LIVE_OF_EACH));
        Arc::new(Self { room, services, times: options.session_times })
    }

    /// The present moment.
    pub(super) fn now(&self) -> DateTime<Utc> {
        self.services.now()
    }

    fn room(&self) -> MutexGuard<'_, Room> {
        self.room.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more who watches; `None` if there is no room. Whoever comes first has somebody look.
    pub(super) fn watch(live: &Arc<Self>, whose: Whose) -> Option<Watcher> {
        let (told, begins) = {
            let mut room = live.room();
            let told = room.arrive(whose)?;
            (told, !std::mem::replace(&mut room.looked_for, true))
        };
        if begins {
            tokio::spawn(look(Arc::clone(live)));
        }
        Some(Watcher { live: Arc::clone(live), whose, told })
    }

    async fn look_at(&self, runs: &[Uuid], sessions: &[Uuid], count: u64) {
        let open = sessions::still_open(&self.services, sessions, self.times);
        let pool = self.services.pool();
        let (rows, came_back, open) =
            tokio::join!(runs::by_ids(pool, Access::All, runs), feedback::counts(pool, runs), open);
        match open {
            Ok(open) => self.room().shut_out(sessions, &open),
            Err(error) => tracing::debug!(%error, "nobody knows whose sessions are open"),
        }
        let came_back: HashMap<Uuid, Counts> = match came_back {
            Ok(counts) => counts.into_iter().collect(),
            Err(error) => {
                tracing::debug!(%error, "what came back of the runs that are watched cannot be read");
                return;
            }
        };
        match rows {
            Ok(rows) => self.compare(rows, &came_back, count).await,
            Err(error) => tracing::debug!(%error, "the runs that are watched cannot be read"),
        }
    }

    async fn compare(&self, rows: Listed<Uuid, Run>, came_back: &HashMap<Uuid, Counts>, count: u64) {
        let mut stuck = Vec::new();
        for (id, row) in rows {
            // What does not read is told by the page itself.
            let Ok(run) = row else { continue };
            let came_back = came_back.get(&id).copied().unwrap_or_default();
            let known = self.room().known(id);
            let moves = known.as_ref().is_some_and(|known| known.run.totals() != run.totals());
            // Whoever comes first sees on the page what keeps the run, and is not told otherwise for a few looks.
            let asks = known.is_none() || !moves && count.is_multiple_of(STUCK);
            if asks && run.status == Status::Sending {
                stuck.push((run, came_back));
                continue;
            }
            let known = known.filter(|_| !moves && run.status == Status::Sending);
            let (mailing, holds) = known.map(|known| (known.mailing, known.holds.clone())).unwrap_or_default();
            self.tell(Seen { run, mailing, holds, came_back });
        }
        if let Err(error) = self.explain(stuck).await {
            tracing::debug!(%error, "nobody knows what keeps the runs that are watched");
        }
    }

    /// Asks what keeps these runs, which do not move, or of which nothing is known yet.
    async fn explain(&self, stuck: Vec<(Run, Counts)>) -> Result<(), ReadError> {
        if stuck.is_empty() {
            return Ok(());
        }
        let pool = self.services.pool();
        let relays = relays::all(pool).await?;
        for (run, came_back) in stuck {
            let named = relays::named_by(pool, MailingId(run.mailing_id), self.now()).await?;
            let (mailing, holds) = match named {
                Some(named) => (None, relays::holds(&relays, named.as_deref())?),
                None => (self.standing(run.mailing_id).await?, vec![Hold::Stopped]),
            };
            self.tell(Seen { run, mailing, holds, came_back });
        }
        Ok(())
    }

    /// What a mailing is doing; `None` if it does not read.
    async fn standing(&self, mailing: Uuid) -> Result<Option<Standing>, ReadError> {
        let rows = mailings::by_ids(self.services.pool(), Access::All, &[mailing]).await?;
        Ok(rows.into_iter().find_map(|(_, row)| Some(row.ok()?.standing(self.now()))))
    }

    fn tell(&self, seen: Seen) {
        let room = self.room();
        if room.known(seen.run.id).is_none_or(|known| !known.is_like(&seen)) {
            room.tell(seen.run.id, Arc::new(seen));
        }
    }
}

/// Whoever comes next has somebody look again, however the look-out before ended.
struct LookOut {
    live: Arc<Live>,
    /// Whether it has not been said yet that nobody looks any more.
    looks: bool,
}

impl Drop for LookOut {
    fn drop(&mut self) {
        if self.looks {
            self.live.room().looked_for = false;
        }
    }
}

/// Looks until nobody watches any more.
async fn look(live: Arc<Live>) {
    let mut look_out = LookOut { live: Arc::clone(&live), looks: true };
    let mut timer = interval(EVERY);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut count = 0;
    loop {
        timer.tick().await;
        let (runs, sessions) = {
            let mut room = live.room();
            let wanted = room.wanted();
            if wanted.0.is_empty() {
                // Before somebody comes who would believe that they are looked for.
                room.looked_for = false;
                look_out.looks = false;
                return;
            }
            wanted
        };
        live.look_at(&runs, &sessions, count).await;
        count += 1;
    }
}
