//! What keeps letters of runs that have started from going on, whatever became of the run's sender since then.
//!
//! It is asked about the address, and not about the sender alone: its owner may have deleted the sender in the middle of the run, and have
//! made another one with the same address, which is then the one that an administrator comes across.

use domain::{EmailAddress, SenderId, UserId};
use sqlx::PgPool;

/// Why letters of runs that have started do not go on from a sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bar {
    /// An administrator has revoked it, or another sender of the same owner with the same address, and has not allowed it again.
    Revoked,
    /// It was revoked, and nobody has shown since then that the address is its owner's.
    NotShownAnew,
}

/// A sender with a run's address, which may be deleted.
#[derive(Clone, Debug, Default)]
struct Alike {
    revoked: bool,
    granted: bool,
    /// Where in the log it was revoked the last time, if it was ever.
    last_revoked: Option<i64>,
    /// Where in the log its address was shown the last time to be its owner's, if it was ever.
    last_verified: Option<i64>,
}

impl Bar {
    /// What stands in the way of all who have the same owner and the same address.
    fn of(alike: &[Alike]) -> Option<Self> {
        if alike.iter().any(|sender| sender.revoked) {
            return Some(Self::Revoked);
        }
        let last = |of: fn(&Alike) -> Option<i64>| alike.iter().filter_map(of).max();
        let shown = match (last(|sender| sender.last_revoked), last(|sender| sender.last_verified)) {
            (None, _) => true,
            (Some(revoked), verified) => verified.is_some_and(|verified| verified > revoked),
        };
        // The domain is the same.
        (!shown && !alike.iter().any(|sender| sender.granted)).then_some(Self::NotShownAnew)
    }
}

/// What keeps letters of runs that have started from going on from this sender; `None` if nothing does.
pub async fn bar(pool: &PgPool, id: SenderId) -> Result<Option<Bar>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select s.address, own.address as "own!", s.revoked_at is not null as "revoked!",
                  exists (select from sender_domains d join sender_domain_grants g on g.domain_id = d.id
                           where d.domain = s.domain and d.removed_at is null and g.owner_id = s.owner_id)
                    as "granted!",
                  (select max(position) from events
                    where aggregate_type = 'sender' and aggregate_id = s.id::text and event_type = 'Revoked')
                    as last_revoked,
                  (select max(position) from events
                    where aggregate_type = 'sender' and aggregate_id = s.id::text and event_type = 'Verified')
                    as last_verified
             from senders own join senders s on s.owner_id = own.owner_id and s.domain = own.domain
            where own.id = $1"#,
        id.0,
    )
    .fetch_all(pool)
    .await?;
    let key = |address: &str| EmailAddress::taken(address).key();
    let alike: Vec<Alike> = rows
        .into_iter()
        .filter(|row| key(&row.address) == key(&row.own))
        .map(|row| Alike {
            revoked: row.revoked,
            granted: row.granted,
            last_revoked: row.last_revoked,
            last_verified: row.last_verified,
        })
        .collect();
    Ok(Bar::of(&alike))
}

/// All senders of an owner that have, or had before they were deleted, this address.
pub async fn with_address(pool: &PgPool, owner: UserId, address: &EmailAddress) -> Result<Vec<SenderId>, sqlx::Error> {
    let rows = sqlx::query!("select id, address from senders where owner_id = $1 order by created_at, id", owner.0)
        .fetch_all(pool)
        .await?;
    let key = address.key();
    let alike = rows.into_iter().filter(|row| EmailAddress::taken(&row.address).key() == key);
    Ok(alike.map(|row| SenderId(row.id)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_go_on_from_an_address_until_it_is_revoked_and_then_only_once_it_is_shown_anew() {
        let sender = |last_verified, last_revoked| Alike { last_revoked, last_verified, ..Alike::default() };
        let revoked = || Alike { revoked: true, ..sender(Some(1), Some(2)) };
        let granted = |sender| Alike { granted: true, ..sender };
        for (alike, bar) in [
            (vec![], None),
            // It was granted when the run started.
            (vec![sender(None, None)], None),
            (vec![sender(Some(1), None)], None),
            (vec![revoked()], Some(Bar::Revoked)),
            (vec![granted(revoked())], Some(Bar::Revoked)),
            // It is allowed again.
            (vec![sender(Some(1), Some(2))], Some(Bar::NotShownAnew)),
            (vec![sender(None, Some(2))], Some(Bar::NotShownAnew)),
            (vec![granted(sender(Some(1), Some(2)))], None),
            (vec![sender(Some(3), Some(2))], None),
            // It was deleted, and made once more.
            (vec![sender(Some(1), None), revoked()], Some(Bar::Revoked)),
            (vec![sender(Some(1), None), sender(Some(2), Some(3))], Some(Bar::NotShownAnew)),
            (vec![sender(Some(1), Some(2)), sender(Some(3), None)], None),
        ] {
            assert_eq!(Bar::of(&alike), bar, "{alike:?}");
        }
    }
}
