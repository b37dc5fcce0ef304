//! Much may happen while an audience is asked for, to many clients, in large groups.

use super::super::{add_client, begin, content, create_group, execute, follow, import, metadata, moment, owner, plan};
use crate::support::database;
use domain::client::{self, Client};
use domain::group::Group;
use domain::mailing::{Audience, Mailing};
use domain::message::{self, Message};
use domain::{ClientId, Decide, GroupId, MailingId, MessageId, UserId};
use eventstore::{Append, EventStore};
use projections::mailings::PastAudience;
use sqlx::{PgPool, postgres::PgConnectOptions};
use std::collections::BTreeSet;
use uuid::Uuid;

/// A mailing of the owner's to these.
pub(super) async fn mailing_to(store: &EventStore, owner: UserId, audience: Audience) -> MailingId {
    let message = message::Command::Create { owner, content: content("Spring") };
    let message = MessageId(begin::<Message>(store, message).await);
    let plan = domain::mailing::Plan { audience, ..plan(message) };
    let create = domain::mailing::Command::Create { owner, plan, now: moment("2026-02-01T00:00:00Z") };
    MailingId(begin::<Mailing>(store, create).await)
}

/// A store that looks for its tables in this schema first.
pub(super) async fn through(url: &str, schema: &str) -> EventStore {
    let options: PgConnectOptions = url.parse().expect("a URL");
    let pool = PgPool::connect_with(options.options([("search_path", format!("{schema},public"))])).await;
    EventStore::new(pool.expect("it takes connections"))
}

/// Everybody who is found in pages of so many.
async fn all(past: &mut PastAudience, count: usize) -> Vec<ClientId> {
    let mut found = Vec::new();
    loop {
        let page = past.next(count).await.expect("it reads").expect("the read models are there");
        found.extend(page.iter().map(|invited| invited.client));
        if page.len() < count {
            return found;
        }
    }
}

/// Clients in these groups, one for each set of them, in their order.
async fn members(store: &EventStore, owner: UserId, groups: impl Iterator<Item = BTreeSet<GroupId>>) -> Vec<ClientId> {
    let (mut ids, mut appends) = (Vec::new(), Vec::new());
    for groups in groups {
        let id = Uuid::now_v7();
        let mut add = add_client(owner, &format!("{id}@example.com"), "Ann");
        if let client::Command::Add { groups: joined, .. } = &mut add {
            *joined = groups;
        }
        let events = Client::default().decide(add).expect("allowed");
        appends.push(Append::begin::<Client>(id, events).expect("events"));
        ids.push(ClientId(id));
    }
    store.append(&appends, &metadata()).await.expect("appended");
    ids
}

#[tokio::test]
async fn large_groups_that_overlap_come_to_each_of_their_clients_once_in_small_pages() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let following = follow(&store);
    let owner = owner();
    let mut groups = Vec::new();
    for number in 0..3 {
        groups.push(GroupId(begin::<Group>(&store, create_group(owner, &format!("Group {number}"))).await));
    }
    let (small, middle, large) = (groups[0], groups[1], groups[2]);
    // One group is in the first half only, one has every third, and one goes on when the others have ended.
    let belongs = (0..1_500).map(|number| {
        let mut joined = BTreeSet::new();
        if number < 600 {
            joined.insert(small);
        }
        if number % 3 == 0 && number < 1_100 {
            joined.insert(middle);
        }
        if !(250..800).contains(&number) {
            joined.insert(large);
        }
        joined
    });
    let ids = members(&store, owner, belongs.clone()).await;
    let mut expected: Vec<ClientId> =
        ids.iter().zip(belongs).filter(|(_, joined)| !joined.is_empty()).map(|(id, _)| *id).collect();
    expected.sort_unstable();
    let mailing =
        mailing_to(&store, owner, Audience { groups: groups.into_iter().collect(), ..Audience::default() }).await;
    following.shows_all(&database.pool).await;
    let head = EventStore::head(&database.pool).await.expect("there is a log");
    // All of one part leave, and nobody else.
    for id in &expected[100..130] {
        let leave = client::Command::SetGroups { by: owner, groups: BTreeSet::new() };
        execute::<Client>(&store, id.0, leave).await;
    }
    following.shows_all(&database.pool).await;

    for count in [7, 40, 333] {
        let mut past = PastAudience::open(&store, (mailing, owner), head, None).await.expect("it can be asked for");
        assert_eq!(all(&mut past, count).await, expected, "in pages of {count}");
    }
}

/// A store that cannot read the events of clients outside of this group, but for whose they are.
async fn blind_for_others(pool: &PgPool, url: &str, group: GroupId) -> EventStore {
    let log = format!(
        "create schema blind;
         create view blind.events as
         select position, event_id, recorded_at, aggregate_type, aggregate_id, sequence, event_type,
                case when aggregate_type = 'client'
                      and not exists (select from public.group_members
                                       where group_id = '{group}' and client_id = aggregate_id::uuid)
                     then 'of another time' else event_version end as event_version, payload, metadata
           from public.events"
    );
    sqlx::raw_sql(&log).execute(pool).await.expect("there is another log");
    through(url, "blind").await
}

#[tokio::test]
async fn what_happens_to_those_whom_a_mailing_does_not_concern_is_not_looked_at() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let (mine, theirs) = (owner(), owner());
    let group = GroupId(begin::<Group>(&store, create_group(mine, "Friends")).await);
    let other = GroupId(begin::<Group>(&store, create_group(mine, "Others")).await);
    let friends = members(&store, mine, (0..3).map(|_| BTreeSet::from([group]))).await;
    let others = members(&store, mine, (0..20).map(|_| BTreeSet::from([other]))).await;
    let strangers: Vec<ClientId> = import(&store, theirs, 20).await.into_iter().map(ClientId).collect();
    let mailing = mailing_to(&store, mine, Audience { groups: [group].into(), ..Audience::default() }).await;
    let following = follow(&store);
    following.shows_all(&database.pool).await;
    let head = EventStore::head(&database.pool).await.expect("there is a log");
    for (owner, clients) in [(mine, &friends), (mine, &others), (theirs, &strangers)] {
        for id in clients {
            let comment = Some("Met in spring".to_owned());
            let (email, full_name, first_name, last_name) = (None, None, None, None);
            let change = client::Command::Change { by: owner, email, full_name, first_name, last_name, comment };
            execute::<Client>(&store, id.0, change).await;
        }
    }
    for id in &others {
        let leave = client::Command::LeaveGroup { by: mine, group: other };
        execute::<Client>(&store, id.0, leave).await;
    }
    for id in &strangers {
        execute::<Client>(&store, id.0, client::Command::Delete { by: theirs }).await;
    }
    following.shows_all(&database.pool).await;
    let blind = blind_for_others(&database.pool, &database.url, group).await;

    let mut past = PastAudience::open(&blind, (mailing, mine), head, None).await.expect("it can be asked for");
    let found = past.next(10).await.expect("it reads").expect("the read models are there");

    let found: Vec<(ClientId, u32)> = found.iter().map(|invited| (invited.client, invited.revision)).collect();
    assert_eq!(found, friends.iter().map(|id| (*id, 1)).collect::<Vec<_>>(), "as they were");
}
