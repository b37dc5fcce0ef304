//! How far the read models are, for those who want to read what they wrote.

use crate::Projection;
use crate::checkpoint::Checkpoint;
use domain::StreamKind;
use sqlx::PgPool;
use std::time::Duration;
use tokio::sync::watch;

/// A projection that is so many positions behind the foremost one catches up by itself, and nobody waits for it: it was
/// stopped for a while, or is new.
const CATCHING_UP: i64 = 5_000;

/// How far the read models are, for those who want to read what they wrote.
#[derive(Clone, Debug)]
pub struct Reached {
    pub(crate) position: watch::Receiver<Position>,
    pub(crate) older: watch::Receiver<Option<String>>,
}

/// How far the read models are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// All of them show the log up to here.
    pub shown: i64,
    /// Those that go on do. Less than this is shown only while one has stopped at an event, or catches up after that.
    pub moving: i64,
    /// Each of them shows the log up to here, in the order of [`Projection::ALL`].
    each: [i64; Projection::ALL.len()],
}

impl Position {
    /// What these checkpoints come to. `settled`: how far the log can be read, which is as far as anybody can move.
    pub(crate) fn of(checkpoints: &[Checkpoint], settled: i64) -> Self {
        let shown = checkpoints.iter().map(|checkpoint| checkpoint.position).min().unwrap_or(0);
        let going = || checkpoints.iter().filter(|checkpoint| checkpoint.error.is_none()).map(|going| going.position);
        let front = going().max().unwrap_or(settled);
        let moving = going().filter(|position| *position + CATCHING_UP >= front).min();
        let of = |projection| checkpoints.iter().find(|checkpoint| checkpoint.projection == projection);
        let each = Projection::ALL.map(|projection| of(projection).map_or(0, |checkpoint| checkpoint.position));
        // Where none moves, nobody needs to wait.
        Self { shown, moving: moving.unwrap_or(settled).max(shown), each }
    }
}

impl Position {
    /// The same, but not before what was told already: who has seen a position does not see an earlier one.
    pub(crate) fn raised(self, told: &Self) -> Self {
        let shown = self.shown.max(told.shown);
        Self { shown, moving: self.moving.max(told.moving).max(shown), each: self.each }
    }
}

impl Reached {
    /// Waits until the read models show `position`. `false`: they are behind for longer than `limit`, or one has stopped
    /// before it, which waiting does not mend.
    pub async fn wait_for(&self, position: i64, limit: Duration) -> bool {
        let mut reached = self.position.clone();
        let reached = reached.wait_for(|reached| reached.moving >= position);
        matches!(tokio::time::timeout(limit, reached).await, Ok(Ok(reached)) if reached.shown >= position)
    }

    /// Waits until those read models show `position` that read the event there. `false`: they are behind for longer than
    /// `limit`, or one of them has stopped. One that has stopped makes nobody wait who has nothing to do with it.
    pub async fn wait_for_event(&self, pool: &PgPool, position: i64, limit: Duration) -> bool {
        if self.wait_for(position, limit).await {
            return true;
        }
        let kind = sqlx::query_scalar!("select aggregate_type from events where position = $1", position)
            .fetch_optional(pool)
            .await;
        let Ok(Some(kind)) = kind else { return false };
        let each = self.position.borrow().each;
        StreamKind::from_name(&kind).is_some_and(|kind| {
            // The audit log reads everything, so that it would keep everybody waiting once it has stopped.
            let concerned = |projection: Projection| projection.reads(kind) && projection != Projection::Audit;
            let mut concerned = Projection::ALL.iter().zip(each).filter(|(projection, _)| concerned(**projection));
            concerned.all(|(_, shown)| shown >= position)
        })
    }

    /// The last event that all read models show.
    #[must_use]
    pub fn position(&self) -> i64 {
        self.position.borrow().shown
    }

    /// Changes when the read models move.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<Position> {
        self.position.clone()
    }

    /// Why this process leaves the read models to newer ones, if it does: a sentence for whoever runs it.
    #[must_use]
    pub fn older(&self) -> Option<String> {
        self.older.borrow().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(checkpoints: &[(i64, bool)]) -> (i64, i64) {
        let checkpoints: Vec<Checkpoint> = checkpoints
            .iter()
            .zip(Projection::ALL)
            .map(|((position, stopped), projection)| Checkpoint {
                projection,
                position: *position,
                error: stopped.then(|| "position 8, broken".to_owned()),
            })
            .collect();
        let Position { shown, moving, .. } = Position::of(&checkpoints, 90_000);
        (shown, moving)
    }

    #[test]
    fn nobody_waits_for_a_projection_that_has_stopped_or_is_far_behind() {
        for (what, checkpoints, expected) in [
            ("all are together", &[(70, false), (70, false)][..], (70, 70)),
            ("one was swapped in and is a little ahead", &[(70, false), (75, false)], (70, 70)),
            ("one has stopped", &[(7, true), (70, false)], (7, 70)),
            ("one catches up", &[(7, false), (70_000, false), (69_990, false)], (7, 69_990)),
            ("all have stopped", &[(7, true), (7, true)], (7, 90_000)),
            ("the one that has stopped is ahead", &[(70, true), (7, false)], (7, 7)),
        ] {
            assert_eq!(position(checkpoints), expected, "{what}");
        }
    }
}
