//! Whether this process may lead: keep the read models for all.
//!
//! While a new version of the program is rolled out, older processes run beside newer ones. An older one must not stop the
//! read models at an event that it does not know, nor write to tables that it does not know. It finds out in two ways:
//!
//! * The database was migrated after it began. Then it never leads again.
//! * It meets an event that it cannot read. It steps back for a moment. If another process gets on with the event, this one
//!   is the older one, and follows; it stands in only when nothing moves any more. If nobody does, the event is broken for
//!   everybody: the projections that it concerns stop, visibly.

use crate::checkpoint::{Checkpoint, Glance};
use crate::reading::Broken;
use crate::{Position, Projection};
use std::collections::HashSet;
use std::time::Duration;
use tokio::time::Instant;

/// How long others have to get on with an event that this process cannot read. They look many times a second.
const STEP_BACK: Duration = Duration::from_secs(2);

/// How long an older process leaves read models alone that have something to show and do not move.
const STAND_IN: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(crate) struct Standing {
    state: State,
    /// The last migration when this process began. It has applied all that it knows, and one that is older than the database
    /// is not started at all; so whatever comes later is of a newer program.
    migration: Option<i64>,
    /// The kinds of events that this process cannot read and nobody else could either.
    given_up: HashSet<String>,
}

#[derive(Debug)]
enum State {
    /// As far as is known no process is newer.
    Equal,
    /// It met an event that it cannot read, and lets others try.
    SteppedBack { at: i64, whom: Vec<Projection>, unknown: String, until: Instant },
    /// Another process gets on with events that this one cannot read.
    Older { unknown: String, seen: Vec<i64>, since: Instant },
    /// A newer program has migrated the database.
    Outdated,
}

impl Standing {
    pub(crate) fn new() -> Self {
        Self { state: State::Equal, migration: None, given_up: HashSet::new() }
    }

    /// Whether this process may try to lead, as things look.
    pub(crate) fn may_lead(&mut self, glance: &Glance) -> bool {
        if !self.is_current(glance.migration) {
            return false;
        }
        let now = Instant::now();
        match &mut self.state {
            State::Equal => true,
            State::Outdated => false,
            State::SteppedBack { at, whom, unknown, until } => {
                let concerned = || glance.checkpoints.iter().filter(|it| whom.contains(&it.projection));
                if concerned().any(|checkpoint| checkpoint.position >= *at) {
                    tracing::warn!(
                        event = unknown,
                        position = at,
                        "another process reads an event that this one cannot read: it is newer, and the read models are left to it"
                    );
                    let seen = positions(&glance.checkpoints);
                    self.state = State::Older { unknown: std::mem::take(unknown), seen, since: now };
                    false
                } else if now >= *until || concerned().all(|checkpoint| checkpoint.error.is_some()) {
                    self.given_up.insert(std::mem::take(unknown));
                    self.state = State::Equal;
                    true
                } else {
                    false
                }
            }
            State::Older { seen, since, .. } => {
                let positions = positions(&glance.checkpoints);
                let behind = Position::of(&glance.checkpoints, glance.settled).moving < glance.last.min(glance.settled);
                if positions != *seen || !behind {
                    (*seen, *since) = (positions, now);
                }
                let alone = since.elapsed() >= STAND_IN;
                if alone {
                    tracing::warn!("no newer process keeps the read models, so this one goes on with them");
                    self.state = State::Equal;
                }
                alone
            }
        }
    }

    /// Whether no newer program has migrated the database up to now.
    pub(crate) fn is_current(&mut self, migration: i64) -> bool {
        let mine = *self.migration.get_or_insert(migration);
        if migration > mine && !matches!(self.state, State::Outdated) {
            tracing::warn!(
                mine,
                newest = migration,
                "a newer program has migrated the database: this process leaves the read models to it"
            );
            self.state = State::Outdated;
        }
        migration <= mine
    }

    /// Whether others are to try before this event stops anybody, or is passed over.
    pub(crate) fn leaves_to_others(&self, event: &Broken) -> bool {
        event.unknown.as_ref().is_some_and(|unknown| !self.given_up.contains(unknown))
    }

    /// Lets others try to get on with an event that stands in the way of these projections.
    pub(crate) fn step_back(&mut self, event: &Broken, whom: Vec<Projection>) {
        let unknown = event.unknown.clone().unwrap_or_default();
        tracing::warn!(
            event = event.event,
            position = event.position,
            error = %event.error,
            "this process cannot read an event, and lets others try"
        );
        self.state = State::SteppedBack { at: event.position, whom, unknown, until: Instant::now() + STEP_BACK };
    }

    /// Why this process leaves the read models to newer ones, if it does.
    pub(crate) fn older(&self) -> Option<String> {
        match &self.state {
            State::Equal | State::SteppedBack { .. } => None,
            State::Older { unknown, .. } => Some(format!(
                "another process reads events that this one does not know ({unknown}); use the program's newest version here, too"
            )),
            State::Outdated => {
                Some("a newer program has migrated the database; use the program's newest version here, too".to_owned())
            }
        }
    }
}

fn positions(checkpoints: &[Checkpoint]) -> Vec<i64> {
    checkpoints.iter().map(|checkpoint| checkpoint.position).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FoldError;
    use domain::StreamKind;
    use std::sync::Arc;

    /// All projections at `position`, but for that of groups.
    fn glance(position: i64, groups: i64, migration: i64) -> Glance {
        let checkpoint = |projection: Projection| Checkpoint {
            projection,
            position: if projection == Projection::Groups { groups } else { position },
            error: None,
        };
        Glance {
            settled: 105,
            last: 100,
            migration,
            checkpoints: Projection::ALL.into_iter().map(checkpoint).collect(),
        }
    }

    fn exploded(position: i64) -> Broken {
        Broken {
            position,
            kind: Some(StreamKind::Group),
            event: "Exploded of group 1".to_owned(),
            unknown: Some("Exploded of group, version 1".to_owned()),
            error: Arc::new(FoldError::Inconsistent("unheard of".to_owned())),
        }
    }

    fn stepped_back() -> Standing {
        let mut standing = Standing::new();
        assert!(standing.may_lead(&glance(9, 9, 3)));
        assert!(standing.leaves_to_others(&exploded(10)));
        standing.step_back(&exploded(10), vec![Projection::Groups]);
        assert!(!standing.may_lead(&glance(9, 9, 3)), "others have a moment to try");
        standing
    }

    #[tokio::test(start_paused = true)]
    async fn an_event_that_nobody_can_read_is_left_to_others_once() {
        let mut standing = stepped_back();
        tokio::time::advance(STEP_BACK).await;
        assert!(standing.may_lead(&glance(9, 9, 3)));
        assert!(!standing.leaves_to_others(&exploded(10)));
        assert!(!standing.leaves_to_others(&exploded(20)), "nor later ones of its kind");
        assert_eq!(standing.older(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn who_sees_others_get_on_is_older_and_follows_as_long_as_they_do() {
        let mut standing = stepped_back();
        assert!(!standing.may_lead(&glance(10, 10, 3)));
        assert!(standing.older().is_some_and(|why| why.contains("Exploded of group")));
        for position in 11..20 {
            tokio::time::advance(STAND_IN / 2).await;
            assert!(!standing.may_lead(&glance(position, position, 3)), "they move");
        }
        tokio::time::advance(STAND_IN).await;
        assert!(!standing.may_lead(&glance(100, 100, 3)), "there is nothing to show");
        assert!(!standing.may_lead(&glance(99, 99, 3)));
        tokio::time::advance(STAND_IN).await;
        assert!(standing.may_lead(&glance(99, 99, 3)), "nobody keeps them");
        assert_eq!(standing.older(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn who_sees_the_database_migrated_never_leads_again() {
        let mut standing = Standing::new();
        assert!(standing.may_lead(&glance(9, 9, 3)));
        assert!(!standing.may_lead(&glance(9, 9, 4)));
        tokio::time::advance(10 * STAND_IN).await;
        assert!(!standing.may_lead(&glance(9, 9, 4)));
        assert!(standing.older().is_some());
    }

    #[test]
    fn an_event_that_is_broken_and_not_unknown_is_nobody_elses() {
        assert!(!Standing::new().leaves_to_others(&Broken { unknown: None, ..exploded(10) }));
    }
}
