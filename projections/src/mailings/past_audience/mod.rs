//! Whom a mailing went to at a position of the log, asked for at any later time, in pages.
//!
//! The read models show the present, and the log tells what happened since. Whoever is named by no event since then is as they
//! were; of those few who are named, their own streams tell what they were. So the answer depends on the position alone: however
//! often it is asked for, by whom and how late, it is the same.

mod feeds;

use domain::client::{self, Client};
use domain::group::Group;
use domain::mailing::Mailing;
use domain::{ClientId, Decide, EmailAddress, MailingId, UserId};
use eventstore::{EventStore, PATIENCE, StoreError};
use feeds::Feeds;
use sqlx::PgConnection;
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::ops::Bound;
use uuid::Uuid;

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
}

/// The audience of a mailing as it was at a position of the log, in the order of the clients' ids.
#[derive(Debug)]
pub struct PastAudience {
    store: EventStore,
    owner: UserId,
    position: i64,
    /// The clients whom the mailing named.
    named: BTreeSet<Uuid>,
    /// The groups that the mailing named and that were there.
    groups: Vec<Uuid>,
    feeds: Feeds,
    /// Up to where the log was looked through for what happened since.
    seen: i64,
    /// The owner's clients who were added since.
    added: HashSet<Uuid>,
    /// Clients to whom anything else has happened since.
    moved: BTreeSet<Uuid>,
    /// The last client that was looked at.
    after: Option<Uuid>,
    /// Those who were found and not handed out.
    found: VecDeque<Invited>,
    ended: bool,
}

/// A client who was in the audience.
struct Member {
    id: Uuid,
    revision: u32,
    /// The mailbox as it is compared.
    mailbox: String,
    /// Whether that is not merely the address in lower case.
    respelled: bool,
}

impl PastAudience {
    /// The audience that the owner's mailing had at that position, from the first one after a client on.
    pub async fn open(
        store: &EventStore,
        (mailing, owner): (MailingId, UserId),
        position: i64,
        after: Option<ClientId>,
    ) -> Result<Self, StoreError> {
        let mut state = Mailing::default();
        let mut audience = domain::mailing::Audience::default();
        for event in EventStore::events_until::<Mailing>(store.pool(), &[mailing.0], position).await?.remove(0) {
            state.evolve(event);
            // One that was deleted just before the run started still had an audience, which is then given up.
            if let Mailing::Planned { plan, .. } = &state {
                audience.clone_from(&plan.audience);
            }
        }
        let named: BTreeSet<Uuid> = audience.clients.iter().map(|client| client.0).collect();
        let asked: Vec<Uuid> = audience.groups.iter().map(|group| group.0).collect();
        let told = EventStore::events_until::<Group>(store.pool(), &asked, position).await?;
        let was_there = |events: Vec<domain::group::Event>| {
            let mut group = Group::default();
            for event in events {
                group.evolve(event);
            }
            matches!(group, Group::Present { .. })
        };
        let groups: Vec<Uuid> =
            asked.into_iter().zip(told).filter_map(|(id, events)| was_there(events).then_some(id)).collect();
        let after = after.map(|client| client.0);
        let feeds = Feeds::new(&groups, named.iter().copied(), after);
        Ok(Self {
            store: store.clone(),
            owner,
            position,
            named,
            groups,
            feeds,
            seen: position,
            added: HashSet::new(),
            moved: BTreeSet::new(),
            after,
            found: VecDeque::new(),
            ended: false,
        })
    }

    /// The next of them: exactly so many, or fewer at the end. `None`: the read models do not show the position yet.
    pub async fn next(&mut self, count: usize) -> Result<Option<Vec<Invited>>, StoreError> {
        while self.found.len() < count && !self.ended {
            let mut snapshot = self.snapshot().await?;
            if !self.look_through_the_log(&mut snapshot).await? {
                return Ok(None);
            }
            self.feeds.fill(&mut snapshot, count).await?;
            let mut asked = self.feeds.take(count);
            self.ended = self.feeds.are_empty();
            let upto = if self.ended { None } else { asked.last().copied().or(self.after) };
            asked.extend(self.moved_until(upto));
            let members = self.look_up(&mut snapshot, &asked, true).await?;
            snapshot.commit().await?;
            self.after = upto.or(self.after);
            let doubles = self.doubles(&members).await?;
            self.found.extend(members.iter().map(|member| Invited {
                client: ClientId(member.id),
                revision: member.revision,
                is_double: doubles.contains(&member.id),
            }));
        }
        let count = count.min(self.found.len());
        Ok(Some(self.found.drain(..count).collect()))
    }

    /// Rows and checkpoint as they are at one moment.
    async fn snapshot(&self) -> Result<sqlx::Transaction<'static, sqlx::Postgres>, StoreError> {
        let begin = format!(
            "begin isolation level repeatable read read only; set local idle_in_transaction_session_timeout = {}",
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
        let events = sqlx::query!(
            // By the position and by nothing else, whatever PostgreSQL believes about how many events are of clients.
            r#"select aggregate_id::uuid as "id!", event_type = 'Added' as "added!"
                 from (select aggregate_type, aggregate_id, event_type, payload from events
                        where position > $1 and position <= $2 offset 0) e
                where aggregate_type = 'client' and (event_type <> 'Added' or payload -> 'Added' ->> 'owner' = $3)"#,
            self.seen,
            shown,
            self.owner.to_string(),
        )
        .fetch_all(snapshot)
        .await?;
        for event in events {
            if event.added {
                self.added.insert(event.id);
            } else if !self.added.contains(&event.id) {
                self.moved.insert(event.id);
            }
        }
        self.seen = self.seen.max(shown);
        Ok(true)
    }

    /// Those after the last one looked at to whom something has happened: rows may not tell that they were in the audience.
    fn moved_until(&self, last: Option<Uuid>) -> Vec<Uuid> {
        let after = self.after.map_or(Bound::Unbounded, Bound::Excluded);
        if let (Some(after), Some(last)) = (self.after, last)
            && after >= last
        {
            return Vec::new();
        }
        self.moved.range((after, last.map_or(Bound::Unbounded, Bound::Included))).copied().collect()
    }

    /// Those of these clients who were in the audience, by their ids. They are `listed`: whoever is as before belongs to it, if it
    /// is a client of the owner's.
    async fn look_up(
        &self,
        snapshot: &mut PgConnection,
        asked: &[Uuid],
        listed: bool,
    ) -> Result<Vec<Member>, StoreError> {
        let asked: BTreeSet<Uuid> = asked.iter().copied().filter(|id| !self.added.contains(id)).collect();
        let (moved, same): (Vec<Uuid>, Vec<Uuid>) = asked.into_iter().partition(|id| self.moved.contains(id));
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
            &same,
            self.owner.0,
            listed,
            &named,
            &self.groups,
        )
        .fetch_all(&mut *snapshot)
        .await?;
        let mut members: Vec<Member> = rows
            .into_iter()
            .map(|row| Member {
                id: row.id,
                revision: u32::try_from(row.revision).unwrap_or(1),
                respelled: row.mailbox.is_some(),
                mailbox: row.mailbox.unwrap_or_else(|| row.email.to_lowercase()),
            })
            .collect();
        if !moved.is_empty() {
            let told = EventStore::events_until::<Client>(snapshot, &moved, self.position).await?;
            members.extend(moved.into_iter().zip(told).filter_map(|(id, events)| self.member(id, events)));
        }
        members.sort_unstable_by_key(|member| member.id);
        Ok(members)
    }

    /// What a client was whose stream had told so much, if it was in the audience.
    fn member(&self, id: Uuid, events: Vec<client::Event>) -> Option<Member> {
        let (mut client, mut revision) = (Client::default(), 0);
        for event in events {
            revision += u32::from(matches!(event, client::Event::Added { .. } | client::Event::Changed { .. }));
            client.evolve(event);
        }
        let Client::Present(card) = client else { return None };
        let belongs =
            self.named.contains(&id) || self.groups.iter().any(|group| card.groups.contains(&domain::GroupId(*group)));
        (belongs && card.owner == self.owner).then(|| Member {
            id,
            revision,
            respelled: card.email.key_of_its_own().is_some(),
            mailbox: card.email.key(),
        })
    }

    /// Those of these members before whom another member has the same mailbox, in another spelling.
    async fn doubles(&mut self, members: &[Member]) -> Result<HashSet<Uuid>, StoreError> {
        let pool = self.store.pool();
        let any = sqlx::query_scalar!(
            r#"select exists (select from clients where mailbox is not null and deleted_at is null) as "any!""#
        );
        if members.is_empty() || !any.fetch_one(pool).await? {
            return Ok(HashSet::new());
        }
        let ids: Vec<Uuid> = members.iter().map(|member| member.id).collect();
        let mailboxes: Vec<String> = members.iter().map(|member| member.mailbox.clone()).collect();
        let rows = sqlx::query!(
            r#"select asked.id as "id!", c.id as "other!"
                 from unnest($1::uuid[], $2::text[]) as asked (id, mailbox)
                cross join lateral (select id from clients where mailbox = asked.mailbox and deleted_at is null
                                       and owner_id = $3 and id < asked.id offset 0) c"#,
            &ids,
            &mailboxes,
            self.owner.0,
        )
        .fetch_all(pool)
        .await?;
        let mut pairs: Vec<(Uuid, Uuid)> = rows.into_iter().map(|row| (row.id, row.other)).collect();
        // Whoever spells the mailbox as it is compared holds it.
        let respelled: HashMap<&String, Uuid> =
            members.iter().filter(|member| member.respelled).map(|member| (&member.mailbox, member.id)).collect();
        let spellings: Vec<String> = respelled.keys().map(|mailbox| (*mailbox).clone()).collect();
        if let Some(any) = spellings.first() {
            let claim = client::email_claim(self.owner, &EmailAddress::taken(any));
            for (mailbox, other) in self.store.holders(claim.kind, &claim.scope, &spellings).await? {
                pairs.extend(respelled.get(&mailbox).filter(|id| other < **id).map(|id| (*id, other)));
            }
        }
        if pairs.is_empty() {
            return Ok(HashSet::new());
        }
        let others: Vec<Uuid> = pairs.iter().map(|(_, other)| *other).collect();
        let mut snapshot = self.snapshot().await?;
        self.look_through_the_log(&mut snapshot).await?;
        let others: HashSet<Uuid> =
            self.look_up(&mut snapshot, &others, false).await?.into_iter().map(|member| member.id).collect();
        snapshot.commit().await?;
        Ok(pairs.into_iter().filter(|(_, other)| others.contains(other)).map(|(id, _)| id).collect())
    }
}
