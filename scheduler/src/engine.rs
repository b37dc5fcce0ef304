//! Who runs when.

use crate::alarms::Alarms;
use crate::context::Context;
use crate::error::EngineError;
use crate::lease::Task;
use crate::letters::Letters;
use crate::settings::Settings;
use crate::smtp::Outbox;
use eventstore::{Clock, EventStore};
use projections::{Reached, mailings};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_cron_scheduler::{Job, JobScheduler};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often the planner looks although nothing woke it.
const EVERY_SECOND: &str = "* * * * * *";

/// How often scratch paper is swept.
const EVERY_HOUR: &str = "0 0 * * * *";

/// How often the workers look whether the mailings they send for may still be sent.
const CHECK: Duration = Duration::from_millis(250);

/// How long others' leases are left alone after PostgreSQL was away.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long to leave PostgreSQL alone after it failed.
const PAUSE: Duration = Duration::from_millis(500);

/// The delivery engine. Any number of them share one database.
#[derive(Clone, Debug)]
pub struct Engine {
    context: Arc<Context>,
    tick: Arc<Notify>,
}

impl Engine {
    /// An engine over these. Nothing happens before [`Self::run`].
    #[must_use]
    pub fn new(store: EventStore, reached: Reached, clock: Clock, outbox: Outbox, settings: Settings) -> Self {
        let worker = Uuid::new_v4();
        let letters = Letters::new(store.pool().clone(), settings.clone());
        let alarms = Alarms::default();
        let context = Context { store, reached, clock, settings, outbox, letters, alarms, worker };
        Self { context: Arc::new(context), tick: Arc::new(Notify::new()) }
    }

    /// Plans, sends and finishes until `stop` is cancelled; then records what is in flight, gives its batches back and
    /// closes its connections. Gets over PostgreSQL and the relay being away.
    pub async fn run(self, stop: CancellationToken) -> Result<(), EngineError> {
        let mut jobs = self.start_jobs().await?;
        let close = async {
            stop.cancelled().await;
            // At the same time: it is closing that bounds how long a silent relay keeps letters in flight.
            self.context.outbox.clone().close().await;
        };
        tokio::join!(self.plan(&stop, Duty::Start), self.plan(&stop, Duty::Plan), self.work(&stop), close);
        jobs.shutdown().await?;
        Ok(())
    }

    /// Whether there is anything to be done at this moment: a mailing to start, a run to plan or finish, or letters
    /// to send that are not in a retry pause.
    pub async fn has_work(&self) -> Result<bool, EngineError> {
        let now = self.context.clock.now();
        let due = mailings::due(self.context.pool(), now, 1).await?;
        let ended = mailings::ended(self.context.pool(), now, 1).await?;
        Ok(!due.is_empty() || !ended.is_empty() || self.context.has_work().await?)
    }

    async fn start_jobs(&self) -> Result<JobScheduler, EngineError> {
        let jobs = JobScheduler::new().await?;
        let tick = Arc::clone(&self.tick);
        jobs.add(Job::new(EVERY_SECOND, move |_, _| tick.notify_waiters())?).await?;
        let context = Arc::clone(&self.context);
        let sweep = move |_, _| -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
            let context = Arc::clone(&context);
            Box::pin(async move { context.sweep().await })
        };
        jobs.add(Job::new_async(EVERY_HOUR, sweep)?).await?;
        jobs.start().await?;
        Ok(jobs)
    }

    /// A planner: looks whenever the read models moved, a second passed, or a moment came.
    async fn plan(&self, stop: &CancellationToken, duty: Duty) {
        let mut moved = self.context.reached.subscribe();
        let mut away = false;
        while !stop.is_cancelled() {
            moved.mark_unchanged();
            let planned = tokio::select! {
                planned = self.context.plan_once(duty) => planned,
                () = stop.cancelled() => return,
            };
            let next = match planned {
                Ok(next) => {
                    away = false;
                    next
                }
                Err(error) => {
                    if !std::mem::replace(&mut away, true) {
                        tracing::warn!(%error, "planning has to wait");
                    }
                    tokio::time::sleep(PAUSE).await;
                    None
                }
            };
            tokio::select! {
                _ = moved.changed() => {}
                () = self.tick.notified() => {}
                () = sleep_for(next), if next.is_some() => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// The workers: claims batches as long as there is room for more, renews their leases, and stops those whose
    /// mailing may not be sent any more.
    async fn work(&self, stop: &CancellationToken) {
        let mut moved = self.context.reached.subscribe();
        let mut working = Working::default();
        while !stop.is_cancelled() {
            moved.mark_unchanged();
            let claimed = working.claim(&self.context, stop).await;
            if let Err(error) = &claimed {
                tracing::debug!(%error, "claiming has to wait");
                working.cut_off();
            }
            let full = working.held.len() >= self.context.settings.batches;
            // A full house looks up only to check on what it holds; an empty one waits to be woken.
            let wait = if claimed.is_err() { PAUSE } else { CHECK };
            tokio::select! {
                Some(ended) = working.tasks.join_next_with_id() => working.ended(ended),
                _ = moved.changed(), if !full && claimed.is_ok() => {
                    // The read models move many times a second while letters go out.
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                () = tokio::time::sleep(wait) => {}
                () = stop.cancelled() => {}
            }
            working.check(&self.context).await;
        }
        working.stop_all();
        while let Some(ended) = working.tasks.join_next_with_id().await {
            working.ended(ended);
        }
    }
}

/// What a planner looks for. Two of them, because freezing a large audience takes longer than the second within which
/// other mailings have to start.
#[derive(Clone, Copy, Debug)]
enum Duty {
    /// Complete what has ended, start what is due.
    Start,
    /// Plan what has started, finish what is done.
    Plan,
}

async fn sleep_for(duration: Option<Duration>) {
    tokio::time::sleep(duration.unwrap_or(PAUSE)).await;
}

impl Context {
    /// One look. Returns how long until the next moment that the plans know of.
    async fn plan_once(&self, duty: Duty) -> Result<Option<Duration>, EngineError> {
        match duty {
            Duty::Start => {
                self.complete_ended().await?;
                self.start_due().await?;
                let now = self.clock.now();
                let next = mailings::next_moment(self.pool(), now).await?;
                Ok(next.and_then(|next| (next - now).to_std().ok()))
            }
            Duty::Plan => {
                self.plan_runs().await?;
                self.finish_runs().await?;
                Ok(None)
            }
        }
    }

    /// Removes scratch paper that nobody needs any more.
    async fn sweep(&self) {
        let swept = async {
            sqlx::query!("delete from sessions where expires_at < $1", self.clock.now()).execute(self.pool()).await?;
            sqlx::query!(
                "delete from run_audience a using runs r where r.id = a.run_id and r.status in ('sending', 'finished')"
            )
            .execute(self.pool())
            .await?;
            sqlx::query!(
                "delete from batch_leases l using batches b where b.id = l.batch_id and b.completed_at is not null"
            )
            .execute(self.pool())
            .await?;
            Ok::<(), sqlx::Error>(())
        };
        if let Err(error) = swept.await {
            tracing::warn!(%error, "sweeping has to wait");
        }
    }
}

/// The batches in hand.
#[derive(Default)]
struct Working {
    held: HashMap<tokio::task::Id, Holding>,
    tasks: JoinSet<()>,
    checked: Option<Instant>,
    /// Until when others' leases that have run out are left alone.
    patient_until: Option<Instant>,
}

struct Holding {
    batch: Uuid,
    mailing: Uuid,
    stop: CancellationToken,
    /// Giving up goes on also when the mailing may not be sent: that is its reason.
    sends: bool,
}

impl Working {
    async fn claim(&mut self, context: &Arc<Context>, stop: &CancellationToken) -> Result<(), EngineError> {
        let room = context.settings.batches.saturating_sub(self.held.len());
        if room == 0 || self.patient_until.is_some_and(|until| Instant::now() < until) {
            return Ok(());
        }
        let held: Vec<Uuid> = self.held.values().map(|holding| holding.batch).collect();
        for lease in context.claim(room, &held).await? {
            let token = stop.child_token();
            let (context, stop) = (Arc::clone(context), token.clone());
            let task = self.tasks.spawn(async move {
                if let Err(error) = context.work(lease, &stop).await {
                    tracing::error!(batch = %lease.batch, run = %lease.run, %error, "a batch has to wait for its lease to run out");
                }
            });
            let sends = lease.task == Task::Send;
            let holding = Holding { batch: lease.batch.0, mailing: lease.mailing.0, stop: token, sends };
            self.held.insert(task.id(), holding);
        }
        Ok(())
    }

    fn ended(&mut self, ended: Result<(tokio::task::Id, ()), tokio::task::JoinError>) {
        let id = match ended {
            Ok((id, ())) => id,
            Err(error) => {
                tracing::error!(%error, "a worker ended badly; its batch waits for its lease to run out");
                error.id()
            }
        };
        self.held.remove(&id);
    }

    /// PostgreSQL is away, perhaps for all workers: when it is back their leases may have run out while their letters are
    /// still in hand. They get the time to renew them.
    fn cut_off(&mut self) {
        self.patient_until = Some(Instant::now() + PATIENCE);
    }

    fn stop_all(&self) {
        self.held.values().for_each(|holding| holding.stop.cancel());
    }

    /// Renews the leases and stops what may not be sent any more.
    async fn check(&mut self, context: &Context) {
        if self.held.is_empty() || self.checked.is_some_and(|checked| checked.elapsed() < CHECK) {
            return;
        }
        self.checked = Some(Instant::now());
        let sending = || self.held.values().filter(|holding| holding.sends);
        let mailings: Vec<Uuid> = sending().map(|holding| holding.mailing).collect();
        match context.stopped(&mailings).await {
            Ok(stopped) => {
                sending()
                    .filter(|holding| stopped.contains(&holding.mailing))
                    .for_each(|holding| holding.stop.cancel());
            }
            Err(error) => tracing::debug!(%error, "cannot see whether mailings were stopped"),
        }
        let batches: Vec<Uuid> = self.held.values().map(|holding| holding.batch).collect();
        match context.renew(&batches).await {
            Ok(kept) => self
                .held
                .values()
                .filter(|holding| !kept.contains(&holding.batch))
                .for_each(|holding| holding.stop.cancel()),
            Err(error) => {
                tracing::debug!(%error, "leases cannot be renewed");
                self.cut_off();
            }
        }
    }
}
