//! Whom a mailing went to at a position of the log, asked for at any later time, in pages.
//!
//! The read models show the present, and the log tells what happened since. Whoever is named by no event since then is as they
//! were; of those few who are named, their own streams tell what they were. So the answer depends on the position alone: however
//! often it is asked for, by whom and how late, it is the same.

mod doubles;
mod feeds;
mod former;
mod member;
mod since;

use super::whom::{groups_at, plan_at};
use crate::clients::counts;
use crate::suppressions::sieve::{Sieve, Sifting};
use domain::client::{self, Client};
use domain::suppression::{Reason, Scope};
use domain::{ClientId, Decide, GroupId, MailingId, UserId, mailing};
use eventstore::{EventStore, PATIENCE, StoreError};
use feeds::Feeds;
use former::{Former, any_is_respelled};
use member::Member;
use since::Since;
use sqlx::PgConnection;
use std::collections::{BTreeSet, VecDeque};
use uuid::Uuid;

/// The streams of so many clients are read at once.
const STREAMS: usize = 1_000;

/// Somebody whom the mailing went to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invited {
    /// The client.
    pub client: ClientId,
    /// The number of the details that the client had, counted from 1.
    pub revision: u32,
    /// Whether another one of them has the same mailbox and comes first. There are such clients from before one mailbox could
    /// have several spellings.
    pub is_double: bool,
    /// Why their address is not written to at the moment at which they are asked for, if it is not. That does not follow from the
    /// position, and changes nothing about whom the mailing went to.
    pub suppression: Option<Reason>,
}

/// The audience of a mailing as it was at a position of the log, in the order of the clients' ids. Whoever was told of an error, or
/// that the read models are not there yet, opens it anew.
#[derive(Debug)]
pub struct PastAudience {
    store: EventStore,
    owner: UserId,
    /// Who is not written to, where an address must be free for it.
    sifting: Sifting,
    /// What is written to them.
    kind: mailing::Kind,
    position: i64,
    /// The clients whom the mailing named.
    named: BTreeSet<Uuid>,
    /// The groups that the mailing named and that were there.
    groups: Vec<Uuid>,
    feeds: Feeds,
    since: Since,
    former: Former,
    /// The last client that was looked at.
    after: Option<Uuid>,
    /// Those who were found and not handed out.
    found: VecDeque<Invited>,
    ended: bool,
}

impl PastAudience {
    /// The audience that the owner's mailing had at that position, from the first one after a client on.
    pub async fn open(
        store: &EventStore,
        (id, owner): (MailingId, UserId),
        position: i64,
        after: Option<ClientId>,
    ) -> Result<Self, StoreError> {
        let plan = plan_at(store, id, position).await?;
        let (audience, kind) = plan.map(|plan| (plan.audience, plan.kind)).unwrap_or_default();
        let named: BTreeSet<Uuid> = audience.clients.iter().map(|client| client.0).collect();
        let asked = audience.groups.iter().map(|group| group.0).collect();
        let groups = groups_at(store, asked, position).await?;
        let scopes = Scope::ids_of_run(owner, id, audience.groups.iter().copied());
        let members = counts::of_groups(store.pool(), &groups).await?.saturating_add(named.len());
        let after = after.map(|client| client.0);
        let feeds = Feeds::new(&groups, named.iter().copied(), after);
        Ok(Self {
            store: store.clone(),
            owner,
            sifting: Sieve::default().of(scopes).expecting(members),
            kind,
            position,
            since: Since::new(owner, &groups, position),
            named,
            groups,
            feeds,
            former: Former::default(),
            after,
            found: VecDeque::new(),
            ended: false,
        })
    }

    /// The same for a run that sends letters of this kind, which is pinned when it starts.
    #[must_use]
    pub fn of_kind(mut self, kind: mailing::Kind) -> Self {
        self.kind = kind;
        self
    }

    /// The same with what is known of who is suppressed shared with other audiences.
    #[must_use]
    pub fn through(mut self, sieve: &Sieve) -> Self {
        self.sifting = self.sifting.through(sieve);
        self
    }

    /// The next of them: exactly so many, or fewer at the end. `None`: the read models do not show the position yet.
    pub async fn next(&mut self, count: usize) -> Result<Option<Vec<Invited>>, StoreError> {
        while self.found.len() < count && !self.ended {
            // Whatever may be long, because much has happened, is asked before and after the snapshot: the log stays what it is.
            self.since.catch_up(&self.store).await?;
            let mut snapshot = self.snapshot().await?;
            if !self.look_through_the_log(&mut snapshot).await? {
                return Ok(None);
            }
            self.feeds.fill(&mut snapshot, count).await?;
            let asked = self.feeds.take(count);
            self.ended = self.feeds.are_empty();
            self.after = asked.last().copied().or(self.after);
            let (moved, same) = self.since.split(asked);
            let mut members = self.look_up(&mut snapshot, &same, true).await?;
            let respelled = any_is_respelled(&mut snapshot).await?;
            snapshot.commit().await?;
            members.extend(self.told(&moved).await?);
            members.sort_unstable_by_key(|member| member.id);
            let doubles = self.doubles(&members, respelled).await?;
            let suppressions = self.suppressions(&members).await?;
            self.found.extend(members.iter().zip(suppressions).map(|(member, suppression)| Invited {
                client: ClientId(member.id),
                revision: member.revision,
                is_double: doubles.contains(&member.id),
                suppression,
            }));
        }
        let count = count.min(self.found.len());
        Ok(Some(self.found.drain(..count).collect()))
    }

    /// Rows and checkpoint as they are at one moment. The tables are locked before that moment, for which PostgreSQL takes no snapshot:
    /// whoever exchanges them for rebuilt ones waits, and does not leave this one with tables that it cannot see.
    async fn snapshot(&self) -> Result<sqlx::Transaction<'static, sqlx::Postgres>, StoreError> {
        let begin = format!(
            "begin isolation level repeatable read read only; set local idle_in_transaction_session_timeout = {};
             set local plan_cache_mode = auto; set local enable_seqscan = on; lock table clients, group_members in access share mode",
            PATIENCE.as_millis()
        );
        self.store.begin_with(begin).await
    }

    /// Learns what has happened since, up to where the rows of this snapshot are; `false` if they are not there yet.
    async fn look_through_the_log(&mut self, snapshot: &mut PgConnection) -> Result<bool, StoreError> {
        let shown = sqlx::query_scalar!("select position from projections where name = 'clients'")
            .fetch_one(&mut *snapshot)
            .await?;
        if shown < self.position {
            return Ok(false);
        }
        self.since.follow(snapshot, shown).await?;
        let after = self.after.unwrap_or_default();
        self.feeds.add(self.since.gone.drain(..).filter(|client| *client > after));
        Ok(true)
    }

    /// Those of these clients who were in the audience and are as they were. They are `listed`: whoever is a client of the owner's
    /// belongs to it.
    async fn look_up(
        &self,
        snapshot: &mut PgConnection,
        asked: &[Uuid],
        listed: bool,
    ) -> Result<Vec<Member>, StoreError> {
        let named: Vec<Uuid> = if listed { Vec::new() } else { self.named.iter().copied().collect() };
        let rows = sqlx::query!(
            // One look-up each, by nothing but the key, see `scheduler/src/plan/freeze.rs`.
            r#"select c.id, c.revision, c.email, c.mailbox
                 from unnest($1::uuid[]) as asked (id)
                cross join lateral (select id, revision, owner_id, deleted_at, email, mailbox
                                      from clients where id = asked.id offset 0) c
                where c.owner_id = $2 and c.deleted_at is null
                  and ($3 or c.id = any($4)
                       or exists (select from group_members m where m.client_id = c.id and m.group_id = any($5)))"#,
            asked,
            self.owner.0,
            listed,
            &named,
            &self.groups,
        )
        .fetch_all(&mut *snapshot)
        .await?;
        let members = rows.into_iter().map(|row| Member {
            id: row.id,
            revision: u32::try_from(row.revision).unwrap_or(1),
            respelled: row.mailbox.is_some(),
            mailbox: row.mailbox.unwrap_or_else(|| row.email.to_lowercase()),
        });
        Ok(members.collect())
    }

    /// Those of these clients who were in the audience, as their own streams tell, and keeps the mailboxes that were given up since.
    async fn told(&mut self, asked: &[Uuid]) -> Result<Vec<Member>, StoreError> {
        let mut members = Vec::new();
        for asked in asked.chunks(STREAMS) {
            let told = EventStore::events_until::<Client>(self.store.pool(), asked, self.position).await?;
            for (id, events) in asked.iter().zip(told) {
                let member = self.member(*id, events);
                if self.since.unread.remove(id)
                    && let Some(member) = &member
                {
                    self.former.add(member);
                }
                members.extend(member);
            }
        }
        Ok(members)
    }

    /// Why the addresses of these members are not written to.
    async fn suppressions(&mut self, members: &[Member]) -> Result<Vec<Option<Reason>>, StoreError> {
        let mailboxes: Vec<&str> = members.iter().map(|member| member.mailbox.as_str()).collect();
        self.sifting.reasons(&self.store, self.kind, &mailboxes).await
    }

    /// What a client was whose stream had told so much, if it was in the audience.
    fn member(&self, id: Uuid, events: Vec<client::Event>) -> Option<Member> {
        let (mut client, mut revision) = (Client::default(), 0);
        for event in events {
            revision += u32::from(event.makes_revision());
            client.evolve(event);
        }
        let Client::Present(card) = client else { return None };
        let belongs =
            self.named.contains(&id) || self.groups.iter().any(|group| card.groups.contains(&GroupId(*group)));
        (belongs && card.owner == self.owner).then(|| Member {
            id,
            revision,
            respelled: card.email.key_of_its_own().is_some(),
            mailbox: card.email.key(),
        })
    }
}
