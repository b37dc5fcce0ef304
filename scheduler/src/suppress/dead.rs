//! A mail server that says for good that there is no such mailbox is believed.
//!
//! Whom a letter went to is told by the streams of its batch and of its client. An answer after which a mail server took a letter to the
//! same address suppresses nobody: that the read models tell, and as long as they are far behind, nobody is suppressed.

use super::addresses::{self, Letter, Says};
use crate::context::Context;
use crate::error::EngineError;
use crate::follow::{Follow, STRETCH, Told, Wanted};
use chrono::{DateTime, Utc};
use domain::batch::{self, AttemptOutcome, Batch, MAX_RECIPIENTS};
use domain::{Fact, StreamKind};
use eventstore::{Append, Cause, EventStore};
use projections::Projection;
use sqlx::PgConnection;
use std::collections::HashMap;
use uuid::Uuid;

/// Whoever finds the addresses that mail servers call dead.
pub(crate) struct Dead;

impl Follow for Dead {
    const NAME: &'static str = "dead_addresses";
    const WANTED: Wanted = Wanted {
        kind: StreamKind::Batch,
        events: &["AttemptRecorded"],
        having: Some("%\"dead\": true%"),
        at_once: addresses::AT_ONCE,
    };
    const ASKS: &'static [Projection] = &[Projection::Clients, Projection::Mailings, Projection::Runs];
    const MEANWHILE: &'static str = "dead addresses are written to until this is mended";

    fn needs(told: &[Told], settled: i64) -> Option<i64> {
        (!told.is_empty()).then(|| settled.saturating_sub(STRETCH))
    }

    async fn follows(
        context: &Context,
        transaction: &mut PgConnection,
        told: Vec<Told>,
    ) -> Result<Vec<Append>, EngineError> {
        let letters = letters_of(transaction, told).await?;
        addresses::suppressing(transaction, letters, context).await
    }

    fn say(appended: &[Append]) {
        tracing::info!(
            addresses = appended.len(),
            "mail servers know no such mailboxes: they are not written to any more"
        );
    }
}

/// The attempts of an event that found no mailbox.
struct Attempts {
    batch: Uuid,
    cause: Cause,
    /// The places in the batch, each with the moment of the answer.
    dead: Vec<(u16, DateTime<Utc>)>,
}

/// Which letters they were.
async fn letters_of(transaction: &mut PgConnection, told: Vec<Told>) -> Result<Vec<Letter>, EngineError> {
    let attempts: Vec<Attempts> = told.into_iter().filter_map(attempts).collect();
    let mut ids: Vec<Uuid> = attempts.iter().map(|event| event.batch).collect();
    ids.sort_unstable();
    ids.dedup();
    let batches = EventStore::load_within::<Batch>(transaction, &ids).await?;
    let batches: HashMap<Uuid, Batch> = ids.into_iter().zip(batches.into_iter().map(|batch| batch.state)).collect();
    let mut letters = Vec::new();
    for Attempts { batch, cause, dead } in attempts {
        // An attempt of a batch that was never planned is nobody's, and keeps nobody else waiting.
        let Some(slice) = batches.get(&batch).and_then(Batch::slice) else { continue };
        for (place, at) in dead {
            let Some(delivery) = slice.deliveries.get(usize::from(place)) else { continue };
            let (owner, run, recipient) = (slice.owner, slice.run, delivery.recipient);
            let ordinal = ordinal(slice.number, place);
            letters.push(Letter { owner, run, ordinal, recipient, at, cause, says: Says::Dead });
        }
    }
    Ok(letters)
}

fn attempts(told: Told) -> Option<Attempts> {
    let cause = told.cause();
    let Fact::Batch(batch, batch::Event::AttemptRecorded { attempts }) = told.fact else { return None };
    Some(Attempts { batch: batch.0, cause, dead: places_of_dead(&attempts) })
}

/// Whose mailboxes are not there, by their places.
fn places_of_dead(attempts: &[batch::Attempt]) -> Vec<(u16, DateTime<Utc>)> {
    let is_dead = |attempt: &&batch::Attempt| matches!(attempt.outcome, AttemptOutcome::Rejected { dead: true });
    attempts.iter().filter(is_dead).map(|attempt| (attempt.recipient, attempt.at)).collect()
}

/// The place in a run of a place in one of its batches.
fn ordinal(batch: u32, place: u16) -> u32 {
    let size = u32::try_from(MAX_RECIPIENTS).unwrap_or(u32::MAX);
    batch.saturating_mul(size).saturating_add(u32::from(place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_was_refused_because_there_is_no_such_mailbox_is_dead() {
        let at = DateTime::UNIX_EPOCH;
        let attempt =
            |recipient, outcome| batch::Attempt { recipient, at, outcome, code: None, enhanced: None, reply: None };
        let attempts = [
            attempt(0, AttemptOutcome::Accepted),
            attempt(1, AttemptOutcome::Rejected { dead: true }),
            attempt(2, AttemptOutcome::Rejected { dead: false }),
            attempt(3, AttemptOutcome::Deferred { until: at }),
            attempt(4, AttemptOutcome::NotTried),
            attempt(5, AttemptOutcome::Rejected { dead: true }),
        ];
        assert_eq!(places_of_dead(&attempts), [(1, at), (5, at)]);
    }

    #[test]
    fn a_delivery_is_numbered_over_all_batches_of_its_run() {
        assert_eq!((ordinal(0, 7), ordinal(3, 499)), (7, 1_999));
    }
}
