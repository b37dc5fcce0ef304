//! Whether other mail servers would believe a mailing's letters.

use super::check::with_own_keys;
use crate::Services;
use crate::refusal::Problem;
use domain::alignment::{Domain, NotAligned};
use domain::{SenderId, UserId};
use projections::{Access, senders};
use std::time::Duration;

/// How long somebody who plans a mailing, or starts one, waits for the name service. What it says later, whoever comes next is told.
const PATIENCE: Duration = Duration::from_secs(2);

/// What other mail servers would hold against letters from a sender, or from the service itself if none is named. `None` if that is
/// nothing, and if nobody can tell.
pub async fn not_aligned(
    services: &Services,
    access: Access,
    sender: Option<SenderId>,
) -> Result<Option<NotAligned>, sqlx::Error> {
    let domain = match sender {
        None => services.senders.from.clone(),
        Some(id) => match senders::get(services.pool(), access, id).await? {
            Some(row) => row.domain,
            None => return Ok(None),
        },
    };
    // Of one that nobody else may know there is nothing to be told.
    let Ok(domain) = Domain::parse(&domain) else { return Ok(None) };
    let sender = with_own_keys(services.pool(), services.senders.of(domain)).await?;
    let findings = services.senders.dns.found(&sender, PATIENCE).await;
    Ok(findings.and_then(|findings| NotAligned::of(&sender, &findings)))
}

/// Why no mailing of this owner may be from a sender, where whoever runs the service wants letters that are believed
/// (`REQUIRE_ALIGNMENT`).
pub(crate) async fn required(
    services: &Services,
    owner: UserId,
    sender: Option<SenderId>,
) -> Result<Option<Problem>, sqlx::Error> {
    if !services.senders.required {
        return Ok(None);
    }
    let found = not_aligned(services, Access::Owner(owner), sender).await?;
    Ok(found.map(|found| Problem::of(&found)))
}
