//! What is counted when events are folded is what counting would say, whatever happens to address books and groups.

use std::collections::BTreeSet;

use chrono::DateTime;
use domain::mailing::Audience;
use domain::{
    ClientId, UserId,
    client::{self, Client},
    group::{self, Group},
};
use eventstore::EventStore;
use projections::{Access, Projection, clients, groups, mailings};
use rand::{SeedableRng, rngs::StdRng, seq::IteratorRandom};
use sqlx::PgPool;
use uuid::Uuid;

use super::{begin, create_group, equals_a_rebuild, execute, follow, import, one, owner, rebuilt, world::World};
use crate::support::database;

/// Every count that is kept and is not what counting says: of address books and of groups, in both directions.
const WRONG: &str = "select count(*) from (
    select owner_id, count(*) from clients where deleted_at is null group by 1 except select owner_id, clients from client_counts
    union all
    select owner_id, clients from client_counts except select owner_id, count(*) from clients where deleted_at is null group by 1
    union all
    select group_id, count(*) from group_members group by 1 except select group_id, clients from group_counts
    union all
    select group_id, clients from group_counts except select group_id, count(*) from group_members group by 1) wrong";

/// How many clients, each counted once, are named or belong to one of these groups that are there.
async fn counted(pool: &PgPool, owner: UserId, clients: &[Uuid], groups: &[Uuid]) -> i64 {
    sqlx::query_scalar(
        "select count(*) from clients c
          where c.deleted_at is null and c.owner_id = $1
            and (c.id = any($2) or exists (select from group_members m join groups g on g.id = m.group_id
                                            where m.client_id = c.id and g.id = any($3) and g.deleted_at is null))",
    )
    .bind(owner.0)
    .bind(clients)
    .bind(groups)
    .fetch_one(pool)
    .await
    .expect("a count")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counts_are_those_of_the_rows_whatever_happens_and_after_a_rebuild() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let following = follow(&store);
    let mut world = World::new(&store, 4040);
    for _ in 0..10 {
        world.run(60).await;
        following.shows_all(&database.pool).await;
        assert_eq!(one::<i64>(&database.pool, WRONG).await, 0);
    }
    let counts: i64 = one(&database.pool, "select count(*) from group_counts").await;
    assert!(counts > 2, "there are groups with clients");

    rebuilt(&store, Projection::Clients).await;

    following.shows_all(&database.pool).await;
    assert_eq!(one::<i64>(&database.pool, WRONG).await, 0);
    world.run(60).await;
    following.shows_all(&database.pool).await;
    assert_eq!(
        one::<i64>(&database.pool, WRONG).await,
        0,
        "the tables that took the place of the others are counted on"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_audience_is_as_large_as_counting_says_for_any_clients_and_groups() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let following = follow(&store);
    World::new(&store, 4041).run(500).await;
    following.shows_all(&database.pool).await;
    let pool = &database.pool;
    let owners: Vec<Uuid> =
        sqlx::query_scalar("select distinct owner_id from clients").fetch_all(pool).await.expect("ids");
    // Of all owners, also deleted ones: whoever names them is told about their own.
    let all = async |table: &str| -> Vec<Uuid> {
        sqlx::query_scalar(&format!("select id from {table} order by id")).fetch_all(pool).await.expect("ids")
    };
    let (every_client, every_group) = (all("clients").await, all("groups").await);
    let mut random = StdRng::seed_from_u64(4041);
    let mut sizes = BTreeSet::new();
    for round in 0..120 {
        let owner = UserId(owners[round % owners.len()]);
        let some = every_client.iter().copied().choose_multiple(&mut random, round % 5);
        let groups = every_group.iter().copied().choose_multiple(&mut random, round % 4);
        let expected = counted(pool, owner, &some, &groups).await;

        let access = Access::Owner(owner);
        let audience = Audience {
            clients: some.iter().copied().map(Into::into).collect(),
            groups: groups.iter().copied().map(Into::into).collect(),
            ..Audience::default()
        };
        let size = mailings::audience_size(pool, access, &audience, DateTime::UNIX_EPOCH).await.expect("a count");
        let empty =
            mailings::is_audience_empty(pool, access, &audience, DateTime::UNIX_EPOCH).await.expect("an answer");

        assert_eq!((size, empty), (expected, expected == 0), "{some:?} {groups:?}");
        sizes.insert(size);
    }
    assert!(sizes.len() > 3, "there are audiences of several sizes: {sizes:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_and_groups_tell_the_counts_that_are_kept() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let following = follow(&store);
    let (ann, ben) = (owner(), owner());
    let friends = begin::<Group>(&store, create_group(ann, "Friends")).await;
    let anns = import(&store, ann, 30).await;
    import(&store, ben, 7).await;
    for id in &anns[..20] {
        execute::<Client>(&store, *id, client::Command::JoinGroup { by: ann, group: friends.into() }).await;
    }
    for id in &anns[..3] {
        execute::<Client>(&store, *id, client::Command::LeaveGroup { by: ann, group: friends.into() }).await;
    }
    for id in &anns[18..25] {
        execute::<Client>(&store, *id, client::Command::Delete { by: ann }).await;
    }
    following.shows_all(&database.pool).await;
    let pool = &database.pool;

    let all = clients::Filter::default();
    let of_friends = clients::Filter { group: Some(friends), ..clients::Filter::default() };
    let count = async |access, filter| clients::count(pool, access, filter).await.expect("a count");
    assert_eq!(count(Access::Owner(ann), &all).await, 23);
    assert_eq!(count(Access::Owner(ben), &all).await, 7);
    assert_eq!(count(Access::All, &all).await, 30);
    assert_eq!(count(Access::Owner(owner()), &all).await, 0);
    assert_eq!(count(Access::Owner(ann), &of_friends).await, 15);
    assert_eq!(count(Access::All, &of_friends).await, 15);
    assert_eq!(count(Access::Owner(ben), &of_friends).await, 0, "it is none of his");
    assert_eq!(groups::sizes(pool, &[friends]).await.expect("sizes"), [(friends, 15)]);

    for id in anns.iter().copied().filter(|id| !anns[18..25].contains(id)) {
        execute::<Client>(&store, ClientId(id).0, client::Command::Delete { by: ann }).await;
    }
    execute::<Group>(&store, friends, group::Command::Delete { by: ann }).await;
    following.shows_all(pool).await;

    assert_eq!(count(Access::Owner(ann), &all).await, 0);
    assert_eq!(count(Access::All, &of_friends).await, 0);
    assert_eq!(groups::sizes(pool, &[friends]).await.expect("sizes"), [], "nobody is left");
    drop(following);
    equals_a_rebuild(&store).await;
}
