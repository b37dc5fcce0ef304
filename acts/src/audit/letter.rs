//! A letter as it was sent, rebuilt from what its run has pinned.
//!
//! Letters are written by the scheduler, which acts know nothing of. Whoever puts the service together hands its way of writing on, so that
//! there is one.

pub use super::archive::{Archive, SentLetter};

use crate::Services;
use crate::refusal::Refused;
use domain::RunId;
use projections::deliveries::{self, Attempt, Ending};
use projections::{Access, Read};

/// The letter of a delivery as it was sent, but for the link to leave, which is the recipient's alone. `None`: there is no such delivery
/// that may be read, or nothing has been sent.
pub async fn sent(
    services: &Services,
    access: Access,
    run: RunId,
    ordinal: i32,
) -> Result<Option<SentLetter>, Refused> {
    let Some(archive) = &services.letters else { return Ok(None) };
    let delivery = deliveries::get(services.pool(), access, run, ordinal).await?;
    if delivery.is_none_or(|delivery| delivery.attempts == 0) {
        return Ok(None);
    }
    let attempts = deliveries::attempts(services.pool(), run, &[ordinal]).await?;
    if !attempts.iter().any(|(_, attempt)| may_have_sent(attempt)) {
        return Ok(None);
    }
    (archive.0)(services.pool().clone(), run, ordinal).await
}

/// Whether the letter was sent in an attempt, whatever became of it then. One that does not read may have been the one.
fn may_have_sent(attempt: &Read<Attempt>) -> bool {
    attempt.as_ref().map_or(true, was_sent)
}

/// Whether the letter was sent in this attempt, whatever became of it then: some are broken off before.
#[must_use]
pub fn was_sent(attempt: &Attempt) -> bool {
    match attempt.outcome {
        Ending::Accepted | Ending::Rejected | Ending::Deferred | Ending::Unknown => true,
        Ending::NotTried => false,
    }
}
