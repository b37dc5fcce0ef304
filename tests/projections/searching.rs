//! Looking for clients in address books that are small and in such that have indexes for it.

use std::collections::BTreeSet;

use domain::{
    UserId,
    client::{self, Client},
};
use eventstore::EventStore;
use projections::clients::{self, Filter, Indexed, Key, Order};
use projections::{Access, Projection, Rebuild};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

use super::{Following, add_client, begin, email, execute, follow, full_name, import, metadata, one, owner, rebuilt};
use crate::support::service::found;
use crate::support::{database, database::TestDatabase};

/// So many that indexes are needed.
const MANY: usize = 10_000;

/// People of whom each is found by something else.
const PEOPLE: [(&str, &str); 7] = [
    ("a_b%c@example.org", "Ann 100% Sure"),
    ("axbyc@example.org", "Ann 1000 Sure"),
    ("back@example.org", r"Back\Slash"),
    ("jorg@example.org", "Jörg Müller"),
    ("elka@example.org", "Ёлка Петрова"),
    ("zoe@example.org", "Zoé van Dam"),
    ("ann@bücher.example", "Ann of Books"),
];

/// What is looked for, and the addresses of those who are found.
const SOUGHT: [(&str, &[&str]); 20] = [
    ("_", &["a_b%c@example.org"]),
    ("%", &["a_b%c@example.org"]),
    ("a_b", &["a_b%c@example.org"]),
    ("100%", &["a_b%c@example.org"]),
    ("n 100", &["a_b%c@example.org", "axbyc@example.org"]),
    (r"\", &["back@example.org"]),
    (r"K\s", &["back@example.org"]),
    (r"\%", &[]),
    ("JÖRG", &["jorg@example.org"]),
    ("jorg mull", &["jorg@example.org"]),
    ("елка", &["elka@example.org"]),
    ("ЁЛКА пет", &["elka@example.org"]),
    ("zoe VAN", &["zoe@example.org"]),
    ("ann@bücher.example", &["ann@bücher.example"]),
    ("Ann@xn--bcher-kva.example", &["ann@bücher.example"]),
    // Too short for trigrams.
    ("zo", &["zoe@example.org"]),
    ("qx", &[]),
    ("'", &[]),
    ("nobody of that name", &[]),
    ("Sure\nAnn", &[]),
];

/// An address book of these people, with so many others before them and after them.
async fn book(others: usize) -> (TestDatabase, EventStore, Following, UserId) {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let following = follow(&store);
    let owner = owner();
    import(&store, owner, others / 2).await;
    for (address, name) in PEOPLE {
        begin::<Client>(&store, add_client(owner, address, name)).await;
    }
    import(&store, owner, others - others / 2).await;
    following.shows_all(&database.pool).await;
    (database, store, following, owner)
}

/// Everybody is found by what they are to be found by, and nobody else, in each order.
async fn everybody_is_found(pool: &PgPool, owner: UserId) {
    let orders = [Key::Created, Key::Email, Key::FullName]
        .into_iter()
        .flat_map(|key| [false, true].map(|descending| Order { key, descending }));
    for order in orders {
        for (text, expected) in SOUGHT {
            let filter = Filter { search: Some(text.to_owned()), ..Filter::default() };
            for access in [Access::Owner(owner), Access::All] {
                let found = clients::ordered(pool, access, &filter, order, None, 20).await.expect("a page");
                let found: BTreeSet<&str> = found.iter().map(|client| client.email.as_str()).collect();
                assert_eq!(found, expected.iter().copied().collect(), "{text:?} {order:?}");
            }
        }
    }
    for (text, expected) in SOUGHT {
        let filter = Filter { search: Some(text.to_owned()), ..Filter::default() };
        let count = clients::count(pool, Access::Owner(owner), &filter).await.expect("a count");
        assert_eq!(usize::try_from(count).ok(), Some(expected.len()), "{text:?}");
    }
    let stranger = Access::Owner(self::owner());
    let filter = Filter { search: Some("example".to_owned()), ..Filter::default() };
    assert_eq!(clients::page(pool, stranger, &filter, None, 20).await.expect("a page").len(), 0);
}

/// Pages of three make the whole list, each row once, however few pass and wherever they are.
async fn pages_make_the_list(pool: &PgPool, owner: UserId, filter: &Filter, order: Order) {
    let access = Access::Owner(owner);
    let whole = clients::ordered(pool, access, filter, order, None, 100_000).await.expect("a page");
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = clients::ordered(pool, access, filter, order, after.as_ref(), 3).await.expect("a page");
        let Some(last) = page.last() else { break };
        after = Some(last.place(order));
        seen.extend(page.iter().map(|client| client.id));
    }
    assert_eq!(seen, whole.iter().map(|client| client.id).collect::<Vec<_>>(), "{order:?}");
    assert_eq!(i64::try_from(seen.len()).ok(), clients::count(pool, access, filter).await.ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_is_found_among_few_and_among_many_before_and_after_there_are_indexes() {
    let (few, _, following, owner) = book(10).await;
    everybody_is_found(&few.pool, owner).await;
    assert_eq!(clients::make_indexes(&few.pool).await.expect("an answer"), Indexed::NotNeeded);
    drop(following);

    let (database, store, following, owner) = book(MANY).await;
    let pool = &database.pool;
    assert_eq!(clients::indexed(pool).await.expect("an answer"), Indexed::NotYet);
    everybody_is_found(pool, owner).await;

    assert_eq!(clients::make_indexes(pool).await.expect("they are made"), Indexed::All);

    let reading = database.reading().await;
    everybody_is_found(&reading, owner).await;
    reading.close().await;
    let used = "select count(*) from pg_stat_user_indexes
                 where indexrelname in ('clients_found', 'clients_by_email', 'clients_by_name', 'clients_by_time')
                   and idx_scan > 0";
    found("all of them are used", async || (one::<i64>(pool, used).await == 4).then_some(())).await;
    for descending in [false, true] {
        for key in [Key::Created, Key::Email, Key::FullName] {
            let filter = Filter { search: Some("example.org".to_owned()), ..Filter::default() };
            pages_make_the_list(pool, owner, &filter, Order { key, descending }).await;
        }
    }

    // What is changed from now on is found by what it is now.
    let id: uuid::Uuid = one(pool, "select id from clients where email = 'zoe@example.org'").await;
    let change = client::Command::Change {
        by: owner,
        email: Some(email("mila@example.org")),
        full_name: Some(full_name("Мила")),
        first_name: None,
        last_name: None,
        comment: None,
    };
    execute::<Client>(&store, id, change).await;
    following.shows_all(pool).await;
    for (text, expected) in [("мила", 1), ("mila@", 1), ("zoe@", 0)] {
        let filter = Filter { search: Some(text.to_owned()), ..Filter::default() };
        assert_eq!(clients::count(pool, Access::Owner(owner), &filter).await.expect("a count"), expected, "{text}");
    }

    rebuilt(&store, Projection::Clients).await;

    assert_eq!(clients::indexed(pool).await.expect("an answer"), Indexed::All, "a rebuild takes them along");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn indexes_are_not_made_while_address_books_are_rebuilt_and_are_missing_after_that() {
    let (database, store, following, _) = book(MANY).await;
    let pool = &database.pool;
    let rebuild = Rebuild::begin(&store, Projection::Clients, &metadata()).await.expect("nobody else does");

    assert_eq!(clients::make_indexes(pool).await.expect("an answer"), Indexed::NotYet);

    rebuild.run(|_| {}).await.expect("it is rebuilt");
    assert_eq!(clients::indexed(pool).await.expect("an answer"), Indexed::NotYet, "nobody has made them");
    assert_eq!(clients::make_indexes(pool).await.expect("they are made"), Indexed::All);
    drop(following);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_may_not_have_trigrams_gets_the_other_indexes_and_finds_everybody() {
    let (database, _, following, owner) = book(MANY).await;
    drop(following);
    let role = format!("limited_{}", uuid::Uuid::new_v4().simple());
    let grants = format!(
        "create role {role} login password 'limited'; grant usage, create on schema public to {role};
         grant select on all tables in schema public to {role}; alter table clients owner to {role}; alter table client_revisions owner to {role}"
    );
    sqlx::raw_sql(&grants).execute(&database.pool).await.expect("it is granted");
    let mut url: url::Url = database.url.parse().expect("a URL");
    url.set_username(&role).expect("it has a user");
    url.set_password(Some("limited")).expect("it has a password");
    let limited = PgPoolOptions::new().max_connections(2).connect(url.as_str()).await.expect("a connection");

    let made = clients::make_indexes(&limited).await.expect("the others are made");

    assert_eq!(made, Indexed::WithoutSearch);
    assert_eq!(clients::make_indexes(&limited).await.expect("an answer"), Indexed::WithoutSearch, "and once more");
    everybody_is_found(&limited, owner).await;

    // An administrator of the database mends it.
    sqlx::raw_sql("create extension pg_trgm").execute(&database.pool).await.expect("it is made");
    assert_eq!(clients::make_indexes(&limited).await.expect("the last one is made"), Indexed::All);
    limited.close().await;
    let revoke = format!("drop owned by {role} cascade; drop role {role}");
    let _ = sqlx::raw_sql(&revoke).execute(&database.pool).await;
}
