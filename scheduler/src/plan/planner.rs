//! Which runs are planned when: small ones many at once, the others beside them, a few at a time.

use super::small::Planned;
use crate::context::Context;
use crate::error::EngineError;
use projections::runs;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{Id, JoinError, JoinSet};
use uuid::Uuid;

/// How many runs are looked at in one go: few, so that whoever starts one meanwhile has a turn soon.
const RUNS: i64 = 100;

/// So many audiences that do not fit into one batch are frozen beside each other. Each keeps a page and what has happened since its run
/// started, and hardly anything else; how much is done at the same time is bounded by the turns.
const APART: usize = 64;

/// So many first pages are planned at the same time: whoever starts waits for first pages only, and these are short.
pub(crate) const FIRST_PAGES: usize = 8;

/// So many other pages are planned at the same time: nobody's first letter waits for another one's millionth. More would only share
/// the same processors and disk.
pub(crate) const PAGES: usize = 2;

/// How long a run is left alone that another engine plans, or has planned: until the read models show it.
const OVERTAKEN: Duration = Duration::from_millis(250);

/// How long to leave PostgreSQL alone after it failed.
const PAUSE: Duration = Duration::from_millis(500);

/// The planning of an engine. Whatever is being frozen is dropped with it; another planner goes on from what is written.
#[derive(Debug, Default)]
pub(crate) struct Planner {
    tasks: JoinSet<Result<bool, EngineError>>,
    /// The runs that have a task, and their owners.
    apart: HashMap<Id, (Uuid, Uuid)>,
}

impl Planner {
    /// Plans runs that have started; owners take turns. Says whether to look for more at once.
    pub(crate) async fn plan(&mut self, context: &Arc<Context>) -> Result<bool, EngineError> {
        while let Some(ended) = self.tasks.try_join_next_with_id() {
            self.ended(context, ended);
        }
        let mut except = context.stuck.now();
        except.extend(self.apart.values().map(|(run, _)| *run));
        let started = runs::planning(context.pool(), &except, RUNS).await?;
        let (looked_at, started) = (started.len(), context.readable(started));
        if started.is_empty() {
            return Ok(false);
        }
        let Planned { position, frozen, others } = match context.plan_small(&started).await {
            Err(error) if error.stops_all() => return Err(error),
            Err(error) => {
                tracing::debug!(%error, "runs are planned one by one");
                Planned::default()
            }
            Ok(planned) => planned,
        };
        for run in &others {
            context.stuck.leave_alone(*run, OVERTAKEN);
        }
        let left = started.into_iter().filter(|run| !frozen.contains(&run.id) && !others.contains(&run.id));
        let room = self.freeze(context, left.collect());
        let more = looked_at >= usize::try_from(RUNS).unwrap_or(usize::MAX) && !frozen.is_empty();
        Ok(context.shown(position).await && more && room)
    }

    /// Comes back when one of those that are frozen beside the others is; never, if there are none.
    pub(crate) async fn frozen(&mut self, context: &Arc<Context>) {
        match self.tasks.join_next_with_id().await {
            Some(ended) => self.ended(context, ended),
            None => std::future::pending().await,
        }
    }

    /// Begins to freeze as many as there is room for; first those whose owner has the fewest under way. Says whether there was
    /// room for all.
    fn freeze(&mut self, context: &Arc<Context>, mut left: Vec<runs::Run>) -> bool {
        while self.apart.len() < APART && !left.is_empty() {
            let busy = |owner: Uuid| self.apart.values().filter(|(_, other)| *other == owner).count();
            let Some(next) = (0..left.len()).min_by_key(|place| left.get(*place).map(|run| busy(run.owner_id))) else {
                break;
            };
            let run = left.remove(next);
            let (id, owner, context) = (run.id, run.owner_id, Arc::clone(context));
            let task = self.tasks.spawn(async move { context.freeze(&run).await });
            self.apart.insert(task.id(), (id, owner));
        }
        left.is_empty()
    }

    fn ended(&mut self, context: &Context, ended: Result<(Id, Result<bool, EngineError>), JoinError>) {
        let id = ended.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
        let Some((run, _)) = self.apart.remove(&id) else { return };
        match ended {
            Ok((_, Ok(true))) => {}
            // It was another engine that froze it, or the read models are behind.
            Ok((_, Ok(false))) => context.stuck.leave_alone(run, OVERTAKEN),
            Ok((_, Err(error))) => {
                tracing::warn!(%run, %error, "freezing an audience has to wait");
                context.stuck.leave_alone(run, PAUSE);
            }
            Err(error) => {
                tracing::error!(%run, %error, "freezing an audience ended badly");
                context.stuck.add(run);
            }
        }
    }
}
