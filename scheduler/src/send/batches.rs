//! The batches that go through one relay: which are claimed, which may not go on, and which are handed back so that others have
//! their turn.
//!
//! Each relay has slots of its own, so that one that is silent keeps nothing from the others. A relay has few slots for large batches,
//! each of which keeps it busy for a while, and many for small ones, so that small mailings need not wait until a large one hands
//! something back.

use crate::context::Context;
use crate::error::EngineError;
use crate::held::{Holding, Kept, Rhythm, Work};
use crate::relays::Route;
use crate::send::lease::{Lease, Task, Turns};
use crate::send::size::Size;
use crate::send::turns::{self, Hold, Recent, SLICE};
use crate::smtp::BreakerStatus;
use chrono::TimeDelta;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often it is looked whether the mailings in hand may still be sent.
const CHECK: Duration = Duration::from_millis(250);

/// How long a batch of a mailing is left alone that was stopped and is not shown so yet.
const ASIDE: TimeDelta = TimeDelta::seconds(1);

/// How long to wait when the read models moved before looking for more. They move many times a second while letters go out,
/// and most moves mean nothing to a relay that had nothing to do.
const STIR: Duration = Duration::from_millis(5);
const CALM: Duration = Duration::from_millis(50);

/// The batches of a relay that have one size.
pub(crate) struct Batches {
    context: Arc<Context>,
    route: Arc<Route>,
    size: Size,
    status: watch::Receiver<BreakerStatus>,
    /// Who had a turn just now.
    owners: Recent,
    runs: Recent,
}

impl Batches {
    pub(crate) fn new(context: Arc<Context>, route: Arc<Route>, size: Size) -> Self {
        let status = route.outbox.watch();
        Self { context, route, size, status, owners: Recent::default(), runs: Recent::default() }
    }

    /// Whether letters go through the relay.
    fn is_closed(&self) -> bool {
        self.route.outbox.status() == BreakerStatus::Closed
    }

    /// What was claimed is what the read models let go. Where they are behind, a mailing may have been stopped since: its
    /// batches are set aside until they show it.
    async fn without_halted(&self, leases: Vec<Lease>) -> Result<Vec<Lease>, EngineError> {
        let mailings: Vec<Uuid> = leases.iter().filter(|lease| lease.sends()).map(|lease| lease.mailing.0).collect();
        let halted = self.context.halted(&mailings).await?;
        let (set_aside, leases): (Vec<Lease>, Vec<Lease>) =
            leases.into_iter().partition(|lease| lease.sends() && halted.contains(&lease.mailing.0));
        for lease in set_aside {
            self.context.park(lease.batch, self.context.clock.now() + ASIDE).await?;
        }
        Ok(leases)
    }
}

impl Lease {
    /// Giving up goes on also when the mailing may not be sent: that is its reason.
    fn sends(&self) -> bool {
        self.task == Task::Send
    }
}

impl Work for Batches {
    type Lease = Lease;

    fn name(&self) -> &str {
        self.route.name()
    }

    fn rhythm(&self) -> Rhythm {
        let (at_once, lease) = (self.size.slots, self.context.settings.lease);
        Rhythm { at_once, lease, renew: CHECK, look: CHECK, stir: STIR, calm: CALM }
    }

    async fn claim(&mut self, room: usize, held: &[Uuid]) -> Result<Vec<Lease>, EngineError> {
        self.status.mark_unchanged();
        // What has ended is claimed to be given up, so it must be known what has.
        if !self.context.knows_the_time() {
            return Ok(vec![]);
        }
        let sends = self.is_closed();
        let turns = Turns { owners: self.owners.in_order(), runs: self.runs.in_order() };
        let leases = self.context.claim(&self.route, self.size, sends, room, held, turns).await?;
        let leases = self.without_halted(leases).await?;
        for lease in &leases {
            self.owners.had_a_turn(lease.owner.0);
            self.runs.had_a_turn(lease.run.0);
        }
        Ok(leases)
    }

    fn begin(&self, lease: Lease, stop: CancellationToken) -> impl Future<Output = ()> + Send + 'static {
        let (context, route) = (Arc::clone(&self.context), Arc::clone(&self.route));
        async move {
            let (batch, run) = (lease.batch, lease.run);
            if let Err(error) = context.work(lease, &route, &stop).await {
                tracing::error!(%batch, %run, %error, "a batch has to wait for its lease to run out");
            }
        }
    }

    async fn renew(&self, ids: &[Uuid]) -> Result<Kept, EngineError> {
        self.context.renew(ids).await
    }

    /// While the relay is away there is little to claim, and no hurry.
    fn listens(&self) -> bool {
        self.is_closed()
    }

    /// The relay is away, or is back.
    async fn called(&mut self) {
        let _ = self.status.changed().await;
    }

    /// Those whose mailing was stopped.
    async fn barred(&self, held: &[&Holding<Lease>]) -> Vec<Uuid> {
        let sending = || held.iter().map(|holding| &holding.lease).filter(|lease| lease.sends());
        let mailings: Vec<Uuid> = sending().map(|lease| lease.mailing.0).collect();
        match self.context.halted(&mailings).await {
            Ok(halted) => {
                sending().filter(|lease| halted.contains(&lease.mailing.0)).map(|lease| lease.batch.0).collect()
            }
            Err(error) => {
                tracing::debug!(%error, "cannot see whether mailings were stopped");
                vec![]
            }
        }
    }

    /// Whoever waits with less gets one of those that are held for long.
    async fn handed_back(&self, held: &[&Holding<Lease>]) -> Vec<Uuid> {
        if !self.is_closed() || held.iter().all(|holding| holding.age() < SLICE) {
            return vec![];
        }
        let demands = match self.context.demands(&self.route, self.size).await {
            Ok(demands) => demands,
            Err(error) => {
                tracing::debug!(%error, "cannot see who waits");
                return vec![];
            }
        };
        let going_on = held.iter().filter(|holding| holding.lease.sends() && holding.goes_on());
        let could_be_given = |holding: &&Holding<Lease>| Hold {
            batch: holding.lease.batch.0,
            run: holding.lease.run.0,
            owner: holding.lease.owner.0,
            age: holding.age(),
        };
        turns::to_give_back(&demands, &going_on.map(could_be_given).collect::<Vec<_>>())
    }
}
