//! Of several members with one mailbox all but the first are doubles. There are such clients from before one mailbox could have
//! several spellings.
//!
//! What counts are the mailboxes of the position. Rows and claims still show those of whoever has neither moved nor gone since; those
//! of the others are kept from page to page, as the log tells them.

use super::PastAudience;
use super::member::Member;
use domain::{EmailAddress, UserId, client};
use eventstore::{EventStore, StoreError};
use sqlx::PgConnection;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

impl PastAudience {
    /// Those of these members, who are in the order of their ids, before whom another member had the same mailbox in another
    /// spelling. Where nobody had an uncommon one that cannot be.
    pub(super) async fn doubles(&mut self, members: &[Member], respelled: bool) -> Result<HashSet<Uuid>, StoreError> {
        let Some(last) = members.last() else { return Ok(HashSet::new()) };
        self.look_at_readdressed(last.id).await?;
        if !respelled && !self.former.respelled && members.iter().all(|member| !member.respelled) {
            return Ok(HashSet::new());
        }
        let mut snapshot = self.snapshot().await?;
        self.since.look_ahead(&mut snapshot).await?;
        let mut pairs = pairs(&mut snapshot, self.owner, members).await?;
        pairs.retain(|(_, other)| self.since.keeps_mailbox(*other));
        let (moved, same) = self.since.split(pairs.iter().map(|(_, other)| *other));
        let mut others = self.look_up(&mut snapshot, &same, false).await?;
        snapshot.commit().await?;
        others.extend(self.told(&moved).await?);
        self.look_at_readdressed(last.id).await?;
        let others: HashSet<Uuid> = others.into_iter().map(|member| member.id).collect();
        let mut doubles: HashSet<Uuid> =
            pairs.into_iter().filter(|(_, other)| others.contains(other)).map(|(id, _)| id).collect();
        let comes_later =
            |member: &&Member| self.former.first.get(&member.mailbox).is_some_and(|first| *first < member.id);
        doubles.extend(members.iter().filter(comes_later).map(|member| member.id));
        Ok(doubles)
    }

    /// Learns which mailboxes those before this one had who have given theirs up.
    async fn look_at_readdressed(&mut self, last: Uuid) -> Result<(), StoreError> {
        let unread: Vec<Uuid> = self.since.unread.range(..last).copied().collect();
        self.told(&unread).await?;
        Ok(())
    }
}

/// Members with clients who come before them and have the same mailbox now.
async fn pairs(
    snapshot: &mut PgConnection,
    owner: UserId,
    members: &[Member],
) -> Result<Vec<(Uuid, Uuid)>, StoreError> {
    let ids: Vec<Uuid> = members.iter().map(|member| member.id).collect();
    let mailboxes: Vec<String> = members.iter().map(|member| member.mailbox.clone()).collect();
    let rows = sqlx::query!(
        r#"select asked.id as "id!", c.id as "other!"
             from unnest($1::uuid[], $2::text[]) as asked (id, mailbox)
            cross join lateral (select id from clients where mailbox = asked.mailbox and deleted_at is null
                                   and owner_id = $3 and id < asked.id offset 0) c"#,
        &ids,
        &mailboxes,
        owner.0,
    )
    .fetch_all(&mut *snapshot)
    .await?;
    let mut pairs: Vec<(Uuid, Uuid)> = rows.into_iter().map(|row| (row.id, row.other)).collect();
    // Whoever spells the mailbox as it is compared holds it.
    let mut respelled: HashMap<&str, Vec<Uuid>> = HashMap::new();
    for member in members.iter().filter(|member| member.respelled) {
        respelled.entry(&member.mailbox).or_default().push(member.id);
    }
    let spellings: Vec<String> = respelled.keys().map(|mailbox| (*mailbox).to_owned()).collect();
    if let Some(any) = spellings.first() {
        let claim = client::email_claim(owner, &EmailAddress::taken(any));
        for (mailbox, other) in EventStore::holders(snapshot, claim.kind, &claim.scope, &spellings).await? {
            let members = respelled.get(mailbox.as_str()).into_iter().flatten();
            pairs.extend(members.filter(|id| other < **id).map(|id| (*id, other)));
        }
    }
    Ok(pairs)
}
