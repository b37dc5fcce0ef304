//! Whom a mailing went to at a position of the log is what the log had told by then, whenever and in whatever pages it is asked for.

mod doubles;
mod exchanged;
mod moving;

use super::{follow, world::World};
use crate::support::database;
use domain::client::{self, Client};
use domain::group::Group;
use domain::mailing::{Audience, Mailing};
use domain::{ClientId, Decide, GroupId, MailingId, UserId};
use eventstore::EventStore;
use projections::mailings::PastAudience;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng, rngs::StdRng};
use uuid::Uuid;

/// The streams of a kind.
async fn streams(store: &EventStore, kind: &str) -> Vec<Uuid> {
    sqlx::query_scalar("select distinct aggregate_id::uuid from events where aggregate_type = $1 order by 1")
        .bind(kind)
        .fetch_all(store.pool())
        .await
        .expect("there is a log")
}

/// What each of these aggregates was at a position, with its events.
async fn then<A: Decide>(store: &EventStore, ids: &[Uuid], position: i64) -> Vec<(A, Vec<A::Event>)>
where
    A::Event: Clone,
{
    let told = EventStore::events_until::<A>(store.pool(), ids, position).await.expect("it reads");
    let state = |events: &Vec<A::Event>| {
        let mut state = A::default();
        for event in events.iter().cloned() {
            state.evolve(event);
        }
        state
    };
    told.into_iter().map(|events| (state(&events), events)).collect()
}

/// A mailing that is there, with its owner and audience.
fn planned(mailing: &Mailing) -> Option<(UserId, &Audience)> {
    match mailing {
        Mailing::Planned { owner, plan, .. } => Some((*owner, &plan.audience)),
        _ => None,
    }
}

/// The audience as the log had told it, by looking at every client.
async fn as_told(store: &EventStore, (owner, audience): (UserId, &Audience), position: i64) -> Vec<(ClientId, u32)> {
    let ids = streams(store, "client").await;
    let clients = then::<Client>(store, &ids, position).await;
    let groups: Vec<Uuid> = audience.groups.iter().map(|group| group.0).collect();
    let there = then::<Group>(store, &groups, position).await;
    let groups: Vec<GroupId> = groups
        .into_iter()
        .zip(there)
        .filter_map(|(id, (group, _))| matches!(group, Group::Present { .. }).then_some(GroupId(id)))
        .collect();
    let belongs = |id: ClientId, client: &Client| match client {
        Client::Present(card) => {
            card.owner == owner
                && (audience.clients.contains(&id) || groups.iter().any(|group| card.groups.contains(group)))
        }
        Client::Absent | Client::Deleted { .. } => false,
    };
    ids.into_iter()
        .zip(clients)
        .filter(|(id, (client, _))| belongs(ClientId(*id), client))
        .map(|(id, (_, events))| {
            let revisions = |event: &&client::Event| event.makes_revision();
            (ClientId(id), u32::try_from(events.iter().filter(revisions).count()).expect("few"))
        })
        .collect()
}

#[tokio::test]
async fn the_audience_of_a_position_is_what_the_log_had_told_by_then_in_whatever_pages() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let following = follow(&store);
    let mut random = StdRng::seed_from_u64(13);
    World::new(&store, 13).run(600).await;
    following.shows_all(&database.pool).await;
    let head = EventStore::head(&database.pool).await.expect("there is a log");
    let mailings = streams(&store, "mailing").await;
    let (mut asked, mut moved) = (0, 0);
    for _ in 0..150 {
        let position = random.random_range(1..=head);
        let mailing = *mailings.choose(&mut random).expect("there are mailings");
        let was = then::<Mailing>(&store, &[mailing], position).await.remove(0).0;
        let Some((owner, audience)) = planned(&was) else { continue };
        let expected = as_told(&store, (owner, audience), position).await;
        // Whoever goes on somewhere comes to the rest.
        let skipped = random.random_range(0..=expected.len());
        let after = skipped.checked_sub(1).map(|last| expected[last].0);
        let of = (MailingId(mailing), owner);
        let mut past = PastAudience::open(&store, of, position, after).await.expect("it can be asked for");
        let mut found = Vec::new();
        loop {
            let count = random.random_range(1..5);
            let page = past.next(count).await.expect("it reads").expect("the read models are there");
            found.extend(page.iter().map(|invited| (invited.client, invited.revision)));
            assert!(page.iter().all(|invited| !invited.is_double), "here nobody has another one's mailbox");
            if page.len() < count {
                break;
            }
        }
        assert_eq!(found, expected[skipped..], "mailing {mailing} at {position}");
        asked += found.len();
        moved += usize::from(as_told(&store, (owner, audience), head).await != expected);
    }
    assert!(asked >= 50 && moved >= 10, "{asked} clients were asked for, {moved} audiences are others by now");
}

#[tokio::test]
async fn nobody_says_whom_a_mailing_went_to_before_the_read_models_are_there() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let following = follow(&store);
    World::new(&store, 14).run(100).await;
    following.shows_all(&database.pool).await;
    let head = EventStore::head(&database.pool).await.expect("there is a log");
    let owner = UserId(Uuid::now_v7());

    let of = (MailingId(Uuid::now_v7()), owner);
    let mut past = PastAudience::open(&store, of, head + 1, None).await.expect("it can be asked for");

    assert_eq!(past.next(10).await.expect("it reads"), None);
}
