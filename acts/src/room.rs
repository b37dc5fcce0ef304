//! Whether there is room for one more of something that an account may have only so many of ([`crate::quotas`]).
//!
//! What is there is counted, and what was deleted makes room. The counts are those of the read models: requests of one
//! account that are under way at the same moment do not see each other, so it may get beyond a bound by as many as they are,
//! and by a chunk for each of its imports.

use crate::refusal::Problem;
use crate::{Services, limits};
use domain::{Decide, MessageId, UserId};
use eventstore::StoreError;
use projections::{clients, groups, mailings, messages, segments, senders};
use uuid::Uuid;
use words::quotas::{Noun, Reached};

/// Why the account cannot have one more, which would begin as `A` with this id. What the same request has begun before is
/// there already.
pub(crate) async fn full<A: Decide>(
    services: &Services,
    owner: UserId,
    noun: Noun,
    id: Uuid,
) -> Result<Option<Problem>, StoreError> {
    let (pool, bounds) = (services.pool(), services.quotas.bounds());
    let (held, most) = match noun {
        Noun::Client => (clients::held(pool, owner).await?, bounds.clients),
        Noun::Group => (groups::held(pool, owner, bounds.groups.into()).await?, bounds.groups),
        Noun::Segment => (segments::held(pool, owner, bounds.segments.into()).await?, bounds.segments),
        Noun::Message => (messages::held(pool, owner, bounds.messages.into()).await?, bounds.messages),
        Noun::Mailing => (mailings::held(pool, owner, bounds.mailings.into()).await?, bounds.mailings),
        Noun::Sender => (senders::held(pool, owner, bounds.senders.into()).await?, bounds.senders),
        // These are counted where they are made.
        Noun::Picture | Noun::RevisionOfMessage | Noun::RevisionOfArticle | Noun::SizeOfMessage | Noun::Suppression => {
            return Ok(None);
        }
    };
    if held < i64::from(most) || services.store.load::<A>(id).await?.version > 0 {
        return Ok(None);
    }
    Ok(Some(Problem::of(&Reached { noun, most })))
}

/// Why something that has this many revisions cannot have one more.
pub(crate) fn no_more_revisions(services: &Services, noun: Noun, revisions: u32) -> Option<Problem> {
    let most = services.quotas.bounds().revisions;
    (revisions >= most).then(|| Problem::of(&Reached { noun, most }))
}

/// Why a message cannot have one more revision, when those that it has are large: every change reads all of them.
pub(crate) async fn no_more_bytes(services: &Services, message: MessageId) -> Result<Option<Problem>, StoreError> {
    let size = messages::revisions_size(services.pool(), message, None, i64::MAX).await?;
    let most = limits::REVISIONS;
    let mebibytes = u32::try_from(most / 1024 / 1024).unwrap_or(u32::MAX);
    let full = usize::try_from(size).unwrap_or(usize::MAX) >= most;
    Ok(full.then(|| Problem::of(&Reached { noun: Noun::SizeOfMessage, most: mebibytes })))
}
