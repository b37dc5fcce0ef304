//! The workers of one relay: they claim batches for it, renew their leases, and give them back.
//!
//! Each relay has slots of its own, so that one that is silent keeps nothing from the others.

use crate::context::Context;
use crate::error::EngineError;
use crate::relays::Route;
use crate::send::lease::{Lease, Task};
use crate::send::turns::{self, Hold, Recent};
use crate::smtp::BreakerStatus;
use chrono::TimeDelta;
use eventstore::StoreError;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often the workers look whether the mailings they send for may still be sent.
const CHECK: Duration = Duration::from_millis(250);

/// How long a batch of a mailing is left alone that was stopped and is not shown so yet.
const ASIDE: TimeDelta = TimeDelta::seconds(1);

/// How long to leave PostgreSQL alone after it failed.
const PAUSE: Duration = Duration::from_millis(500);

/// How long to wait when the read models moved before looking for more, after there was something, and after there
/// was nothing.
const STIR: Duration = Duration::from_millis(5);
const CALM: Duration = Duration::from_millis(50);

/// The workers of a relay.
pub(crate) struct Workers {
    context: Arc<Context>,
    route: Arc<Route>,
    holdings: HashMap<Id, Holding>,
    tasks: JoinSet<()>,
    checked: Option<Instant>,
    owners: Recent,
    runs: Recent,
}

struct Holding {
    lease: Lease,
    since: Instant,
    stop: CancellationToken,
}

impl Holding {
    /// Giving up goes on also when the mailing may not be sent: that is its reason.
    fn sends(&self) -> bool {
        self.lease.task == Task::Send
    }
}

impl Workers {
    pub(crate) fn new(context: Arc<Context>, route: Arc<Route>) -> Self {
        Self {
            context,
            route,
            holdings: HashMap::new(),
            tasks: JoinSet::new(),
            checked: None,
            owners: Recent::default(),
            runs: Recent::default(),
        }
    }

    /// Claims batches as long as there is room for more, renews their leases, and stops those that may not go on, until
    /// `stop` is cancelled and all are given back.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut moved = self.context.reached.subscribe();
        let mut status = self.route.outbox.watch();
        while !stop.is_cancelled() {
            moved.mark_unchanged();
            status.mark_unchanged();
            let claimed = self.claim(&stop).await;
            if let Err(error) = &claimed {
                tracing::debug!(%error, relay = self.route.name(), "claiming has to wait");
                self.context.in_hand.cut_off();
            }
            // A full house looks up only to check on what it holds, as does one whose relay is away; others wait to be woken.
            let wakes = !self.is_full() && claimed.is_ok() && self.is_closed();
            // The read models move many times a second while letters go out, and most moves mean nothing to a relay that
            // had nothing to do.
            let calm = if claimed.as_ref().is_ok_and(|claimed| *claimed > 0) { STIR } else { CALM };
            let wait = if claimed.is_err() { PAUSE } else { CHECK };
            tokio::select! {
                Some(ended) = self.tasks.join_next_with_id() => self.ended(ended),
                _ = moved.changed(), if wakes => tokio::time::sleep(calm).await,
                _ = status.changed(), if claimed.is_ok() => {}
                () = tokio::time::sleep(wait) => {}
                () = stop.cancelled() => {}
            }
            self.check().await;
        }
        self.holdings.values().for_each(|holding| holding.stop.cancel());
        // What is in flight may take as long as the mail server likes; until it is recorded, it is nobody else's.
        while !self.tasks.is_empty() {
            tokio::select! {
                Some(ended) = self.tasks.join_next_with_id() => self.ended(ended),
                () = tokio::time::sleep(CHECK) => self.renew().await,
            }
        }
    }

    fn is_full(&self) -> bool {
        self.holdings.len() >= self.context.settings.batches
    }

    /// Whether letters go through the relay.
    fn is_closed(&self) -> bool {
        self.route.outbox.status() == BreakerStatus::Closed
    }

    /// Says how many batches it got.
    async fn claim(&mut self, stop: &CancellationToken) -> Result<usize, EngineError> {
        let room = self.context.settings.batches.saturating_sub(self.holdings.len());
        // What has ended is claimed to be given up, so it must be known what has.
        if room == 0 || self.context.in_hand.is_patient() || !self.context.knows_the_time() {
            return Ok(0);
        }
        let sends = self.is_closed();
        let held: Vec<Uuid> = self.context.in_hand.hands().batches.iter().copied().collect();
        let (owners, runs) = (self.owners.in_order(), self.runs.in_order());
        let leases = self.context.claim(&self.route, sends, room, &held, owners, runs).await?;
        let leases = self.without_halted(leases).await?;
        let claimed = leases.len();
        for lease in leases {
            self.owners.had_a_turn(lease.owner.0);
            self.runs.had_a_turn(lease.run.0);
            self.context.in_hand.hands().batches.insert(lease.batch.0);
            let token = stop.child_token();
            let (context, route) = (Arc::clone(&self.context), Arc::clone(&self.route));
            let (held, stop) = (lease.clone(), token.clone());
            let task = self.tasks.spawn(async move {
                let (batch, run) = (held.batch, held.run);
                if let Err(error) = context.work(held, &route, &stop).await {
                    tracing::error!(%batch, %run, %error, "a batch has to wait for its lease to run out");
                }
            });
            self.holdings.insert(task.id(), Holding { lease, since: Instant::now(), stop: token });
        }
        Ok(claimed)
    }

    /// What was claimed is what the read models let go. Where they are behind, a mailing may have been stopped since: its
    /// batches are set aside until they show it.
    async fn without_halted(&self, leases: Vec<Lease>) -> Result<Vec<Lease>, EngineError> {
        let sends = |lease: &&Lease| lease.task == Task::Send;
        let mailings: Vec<Uuid> = leases.iter().filter(sends).map(|lease| lease.mailing.0).collect();
        let halted = self.context.halted(&mailings).await?;
        let (set_aside, leases): (Vec<Lease>, Vec<Lease>) =
            leases.into_iter().partition(|lease| sends(&lease) && halted.contains(&lease.mailing.0));
        for lease in set_aside {
            self.context.park(lease.batch, self.context.clock.now() + ASIDE).await?;
        }
        Ok(leases)
    }

    fn ended(&mut self, ended: Result<(Id, ()), JoinError>) {
        let id = match ended {
            Ok((id, ())) => id,
            Err(error) => {
                tracing::error!(%error, "a worker ended badly; its batch waits for its lease to run out");
                error.id()
            }
        };
        if let Some(holding) = self.holdings.remove(&id) {
            self.context.in_hand.hands().batches.remove(&holding.lease.batch.0);
        }
    }

    /// Renews the leases, stops what may not be sent any more, and lets others have their turn.
    async fn check(&mut self) {
        if self.holdings.is_empty() || self.checked.is_some_and(|checked| checked.elapsed() < CHECK) {
            return;
        }
        self.checked = Some(Instant::now());
        // Neither waits for the other: letters wait for the first, and people for the second.
        tokio::join!(self.renew(), self.stop_what_may_not_go_on());
        if self.is_full() {
            self.take_turns().await;
        }
    }

    async fn renew(&self) {
        let batches: Vec<Uuid> = self.holdings.values().map(|holding| holding.lease.batch.0).collect();
        // An answer that comes later than this is of no use: the leases have run out.
        let lease = self.context.settings.lease;
        let renewed = timeout(lease, self.context.renew(&batches)).await;
        match renewed.unwrap_or_else(|_| Err(StoreError::Silent(lease).into())) {
            Ok(kept) => {
                for holding in self.holdings.values() {
                    if kept.batches.contains(&holding.lease.batch.0) {
                        holding.lease.until.extend(kept.until);
                    } else {
                        holding.stop.cancel();
                    }
                }
            }
            Err(error) => {
                tracing::debug!(%error, "leases cannot be renewed");
                self.context.in_hand.cut_off();
            }
        }
    }

    async fn stop_what_may_not_go_on(&self) {
        let sending = || self.holdings.values().filter(|holding| holding.sends());
        let mailings: Vec<Uuid> = sending().map(|holding| holding.lease.mailing.0).collect();
        match self.context.halted(&mailings).await {
            Ok(halted) => {
                sending()
                    .filter(|holding| halted.contains(&holding.lease.mailing.0))
                    .for_each(|holding| holding.stop.cancel());
            }
            Err(error) => tracing::debug!(%error, "cannot see whether mailings were stopped"),
        }
    }

    /// All slots are taken: whoever waits with less gets one of those that are held for long.
    async fn take_turns(&self) {
        if !self.is_closed() {
            return;
        }
        let demands = match self.context.demands(&self.route).await {
            Ok(demands) => demands,
            Err(error) => return tracing::debug!(%error, "cannot see who waits"),
        };
        let going_on = self.holdings.values().filter(|holding| holding.sends() && !holding.stop.is_cancelled());
        let hold = |holding: &Holding| Hold {
            batch: holding.lease.batch.0,
            run: holding.lease.run.0,
            owner: holding.lease.owner.0,
            age: holding.since.elapsed(),
        };
        let given = turns::to_give_back(&demands, &going_on.map(hold).collect::<Vec<_>>());
        let leaving = |holding: &&Holding| given.contains(&holding.lease.batch.0);
        self.holdings.values().filter(leaving).for_each(|holding| holding.stop.cancel());
    }
}
