//! Who runs when.

use crate::alerts::Alerts;
use crate::company::Errands;
use crate::context::Context;
use crate::error::EngineError;
use crate::follow::Follow;
use crate::guard::Guard;
use crate::held::{Hands, InHand, Work};
use crate::notices::Notices;
use crate::plan::overtaken::Overtaken;
use crate::plan::planner::{FIRST_PAGES, PAGES, Planner};
use crate::plan::stuck::Stuck;
use crate::plan::turns::Turns;
use crate::relays::Relays;
use crate::send::alarms::Alarms;
use crate::send::batches::Batches;
use crate::send::letters::Letters;
use crate::send::size::Size;
use crate::send::untold::Untold;
use crate::settings::Settings;
use crate::suppress::{Bounced, Dead};
use crate::told::Told;
use chrono::TimeDelta;
use domain::feedback::KEPT_FOR;
use eventstore::{Clock, EventStore};
use projections::suppressions::sieve::Sieve;
use projections::{Reached, mailings};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_cron_scheduler::{Job, JobScheduler};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often the planner looks although nothing woke it.
const EVERY_SECOND: &str = "* * * * * *";

/// How often rows that do not read are looked for.
const EVERY_MINUTE: &str = "0 * * * * *";

/// How often scratch paper is swept.
const EVERY_HOUR: &str = "0 0 * * * *";

/// How long to wait when the read models moved before looking again: while letters go out they move many times a second.
const STIR: Duration = Duration::from_millis(10);

/// How long to leave PostgreSQL alone after it failed.
const PAUSE: Duration = Duration::from_millis(500);

/// The delivery engine. Any number of them share one database.
#[derive(Clone, Debug)]
pub struct Engine {
    context: Arc<Context>,
    relays: Relays,
    tick: Arc<Notify>,
}

impl Engine {
    /// An engine over these. Nothing happens before [`Self::run`].
    #[must_use]
    pub fn new(store: EventStore, reached: Reached, clock: Clock, relays: Relays, settings: Settings) -> Self {
        let worker = Uuid::new_v4();
        let letters = Arc::new(Letters::new(store.pool().clone(), settings.clone()));
        let errands = Errands::new(&store, &letters, worker);
        let (alarms, in_hand) = (Alarms::default(), InHand::default());
        let (stuck, overtaken, told) = (Stuck::default(), Overtaken::default(), Told::default());
        let doubted = AtomicBool::new(false);
        let context = Context {
            store,
            reached,
            clock,
            settings,
            letters,
            errands,
            alarms,
            worker,
            in_hand,
            stuck,
            overtaken,
            first_pages: Turns::new(FIRST_PAGES),
            pages: Turns::new(PAGES),
            sieve: Sieve::default(),
            told,
            untold: Untold::default(),
            doubted,
        };
        Self { context: Arc::new(context), relays, tick: Arc::new(Notify::new()) }
    }

    /// The relays that it sends through.
    #[must_use]
    pub fn relays(&self) -> &Relays {
        &self.relays
    }

    /// Plans, sends and finishes until `stop` is cancelled; then records what is in flight, gives its batches back and
    /// closes its connections. Gets over PostgreSQL and relays being away.
    pub async fn run(self, stop: CancellationToken) -> Result<(), EngineError> {
        let mut jobs = self.start_jobs().await?;
        let mut tasks = JoinSet::new();
        self.hold(&mut tasks, Notices::new(Arc::clone(&self.context), self.relays.clone()), &stop);
        for route in self.relays.routes() {
            for size in Size::all(&self.context.settings) {
                self.hold(&mut tasks, Batches::new(Arc::clone(&self.context), Arc::clone(&route), size), &stop);
            }
            let (pool, me) = (self.context.pool().clone(), self.context.worker);
            tasks.spawn(Arc::clone(&route).share(pool, me, stop.clone()));
            // At the same time as the workers: it is closing that bounds how long a silent relay keeps letters in flight.
            let (stop, drain) = (stop.clone(), self.context.settings.drain);
            tasks.spawn(async move {
                stop.cancelled().await;
                route.outbox.clone().close_within(drain).await;
            });
        }
        self.follow::<Dead>(&mut tasks, &stop);
        self.follow::<Bounced>(&mut tasks, &stop);
        self.follow::<Guard>(&mut tasks, &stop);
        self.follow::<Alerts>(&mut tasks, &stop);
        let (context, ending) = (Arc::clone(&self.context), stop.clone());
        tasks.spawn(async move { context.watch_for_trouble(&ending).await });
        tokio::join!(self.plan(&stop, Duty::Start), self.plan(&stop, Duty::Plan), tasks.join_all());
        jobs.shutdown().await?;
        Ok(())
    }

    /// Whether there is anything to be done at this moment: a mailing to start, a run to plan or finish, or letters (also
    /// those of the service itself) to send through one of its relays that are not in a retry pause.
    pub async fn has_work(&self) -> Result<bool, EngineError> {
        let now = self.context.clock.now();
        let due = mailings::due(self.context.pool(), now, &self.context.left_alone(), 1).await?;
        let ended = mailings::ended(self.context.pool(), now, &[], 1).await?;
        let relays: Vec<String> = self.relays.outboxes().map(|outbox| outbox.relay().name().to_owned()).collect();
        Ok(!due.is_empty()
            || !ended.is_empty()
            || self.context.has_work(&relays).await?
            || self.context.has_notices().await?)
    }

    /// Does this kind of work until `stop` is cancelled and nothing of it is in hand.
    fn hold<W: Work>(&self, tasks: &mut JoinSet<()>, work: W, stop: &CancellationToken) {
        let hands = Hands::new(work, self.context.in_hand.clone());
        tasks.spawn(hands.run(self.context.reached.subscribe(), stop.clone()));
    }

    /// Follows the log until `stop` is cancelled.
    fn follow<F: Follow>(&self, tasks: &mut JoinSet<()>, stop: &CancellationToken) {
        let (context, stop) = (Arc::clone(&self.context), stop.clone());
        tasks.spawn(async move { context.follow::<F>(&stop).await });
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
        let context = Arc::clone(&self.context);
        let look = move |_, _| -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
            let context = Arc::clone(&context);
            Box::pin(async move { context.look_for_unreadable().await })
        };
        jobs.add(Job::new_async(EVERY_MINUTE, look)?).await?;
        jobs.start().await?;
        Ok(jobs)
    }

    /// A planner: looks whenever the read models moved, a second passed, or a moment came.
    async fn plan(&self, stop: &CancellationToken, duty: Duty) {
        let (context, mut in_hand) = (&self.context, Planner::default());
        let mut moved = context.reached.subscribe();
        let mut away = false;
        while !stop.is_cancelled() {
            moved.mark_unchanged();
            let looked = tokio::select! {
                looked = context.plan_once(duty, &mut in_hand) => looked,
                () = stop.cancelled() => return,
            };
            let next = match looked {
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
                // What comes in quick succession is looked at together.
                _ = moved.changed() => tokio::time::sleep(STIR).await,
                () = in_hand.frozen(context) => {}
                () = self.tick.notified() => {}
                () = sleep_for(next), if next.is_some() => {}
                () = stop.cancelled() => {}
            }
        }
    }
}

/// What a planner looks for. Two of them, because planning takes longer than the second within which other mailings have to
/// start.
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
    /// One look. Returns how long until the next moment that the plans know of: nothing if there is more to be done now.
    async fn plan_once(self: &Arc<Self>, duty: Duty, planner: &mut Planner) -> Result<Option<Duration>, EngineError> {
        if !self.knows_the_time() {
            return Ok(None);
        }
        match duty {
            Duty::Start => {
                let started = self.start_due().await?;
                self.complete_ended().await?;
                if started {
                    return Ok(Some(Duration::ZERO));
                }
                let now = self.clock.now();
                let next = mailings::next_moment(self.pool(), now).await?;
                Ok(next.and_then(|next| (next - now).to_std().ok()))
            }
            Duty::Plan => {
                let more = planner.plan(self).await?;
                self.finish_runs().await?;
                Ok(more.then_some(Duration::ZERO))
            }
        }
    }

    /// Removes scratch paper that nobody needs any more.
    async fn sweep(&self) {
        if !self.knows_the_time() {
            return;
        }
        let swept = async {
            sqlx::query!("delete from sessions where expires_at < $1", self.clock.now()).execute(self.pool()).await?;
            sqlx::query!(
                "delete from run_audience a using runs r where r.id = a.run_id and r.status in ('sending', 'finished')"
            )
            .execute(self.pool())
            .await?;
            sqlx::query!(
                "delete from runs_in_pages p using runs r where r.id = p.run_id and r.status in ('sending', 'finished')"
            )
            .execute(self.pool())
            .await?;
            sqlx::query!(
                "delete from batch_leases l using batches b where b.id = l.batch_id and b.completed_at is not null"
            )
            .execute(self.pool())
            .await?;
            sqlx::query!(
                "delete from batch_marks m using batches b where b.id = m.batch_id and b.completed_at is not null"
            )
            .execute(self.pool())
            .await?;
            sqlx::query!(
                "delete from notice_leases l using notices n where n.id = l.notice_id and n.status = 'settled'
                   and l.expires_at <= clock_timestamp()"
            )
            .execute(self.pool())
            .await?;
            // For a while a link that has run out is told apart from one that never was.
            sqlx::query!("delete from links where expires_at < $1", self.clock.now() - TimeDelta::days(30))
                .execute(self.pool())
                .await?;
            // Files of clients that nobody has imported.
            sqlx::query!("delete from uploads where expires_at < $1", self.clock.now()).execute(self.pool()).await?;
            // Mail of other people that nobody has looked at.
            sqlx::query!("delete from intake_messages where received_at < $1", self.clock.now() - KEPT_FOR)
                .execute(self.pool())
                .await?;
            // Relays that nobody has in their settings any more.
            sqlx::query!("delete from relay_states where seen_at < clock_timestamp() - interval '1 day'")
                .execute(self.pool())
                .await?;
            Ok::<(), sqlx::Error>(())
        };
        if let Err(error) = swept.await {
            tracing::warn!(%error, "sweeping has to wait");
        }
    }
}
