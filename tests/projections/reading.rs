//! What the readers give: past deliveries as they were, lists whole and in order, and to everyone only what is theirs.

use std::{collections::BTreeSet, fmt::Debug, future::Future};

use chrono::DateTime;
use domain::mailing::Audience;
use domain::{
    BatchId, ClientId, MailingId, Outcome, RunId, UserId,
    batch::{self, Attempt, AttemptOutcome, Batch, Recipient},
    client::{self, Client},
    run::{self, Run, Trigger},
};
use eventstore::EventStore;
use projections::deliveries::Ending;
use projections::{Access, Cursor, Read, clients, deliveries, groups, history, mailings, messages, reports, runs};
use sqlx::PgPool;
use uuid::Uuid;

use super::{
    add_client, begin, begin_mailing, email, execute, follow, full_name, import, moment, one, owner, world::World,
};
use crate::support::{all_read, database};

/// Starts a run with one batch of these.
async fn plan_run(store: &EventStore, origin: run::Origin, recipients: Vec<Recipient>) -> (RunId, BatchId) {
    let trigger = Trigger::SendNow("now".to_owned());
    let run = trigger.run_of(origin.mailing);
    let at = moment("2026-03-02T08:00:00Z");
    execute::<Run>(store, run.0, run::Command::Start { origin, trigger, at, message_id_domain: None }).await;
    let id = BatchId::derive(run, 0);
    let run::Origin { mailing, owner, .. } = origin;
    let plan = batch::Command::Plan { run, mailing, owner, number: 0, recipients };
    execute::<Batch>(store, id.0, plan).await;
    (run, id)
}

#[tokio::test]
async fn a_delivery_shows_the_address_that_was_frozen() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let following = follow(&store);
    let owner = owner();
    let origin = begin_mailing(&store, owner).await;
    let change = |address: &str, name: &str| client::Command::Change {
        by: owner,
        email: Some(email(address)),
        full_name: Some(full_name(name)),
        first_name: None,
        last_name: None,
        comment: None,
    };
    let ann = begin::<Client>(&store, add_client(owner, "ann@example.com", "Ann One")).await;
    execute::<Client>(&store, ann, change("ann@two.example", "Ann Two")).await;
    let bob = begin::<Client>(&store, add_client(owner, "bob@example.com", "Bob")).await;
    let eve = begin::<Client>(&store, add_client(owner, "eve@example.com", "Eve")).await;
    let frozen = [(ann, 2), (bob, 1), (eve, 1)].map(|(id, revision)| Recipient(ClientId(id), revision));
    let (run, _) = plan_run(&store, origin, frozen.to_vec()).await;

    execute::<Client>(&store, ann, change("ann@three.example", "Ann Three")).await;
    execute::<Client>(&store, ann, change("ann@four.example", "Ann Four")).await;
    execute::<Client>(&store, bob, client::Command::Delete { by: owner }).await;
    execute::<Client>(&store, eve, change("eve@two.example", "Eve Two")).await;
    execute::<Client>(&store, eve, client::Command::Delete { by: owner }).await;
    following.shows_all(&database.pool).await;

    let all = deliveries::Filter::default();
    let page = all_read(deliveries::page(&database.pool, Access::Owner(owner), run, &all, None, 10).await);
    let shown: Vec<_> =
        page.iter().map(|row| (row.ordinal, row.client_id, row.email.as_str(), row.full_name.as_str())).collect();
    assert_eq!(
        shown,
        [
            (0, ann, "ann@two.example", "Ann Two"),
            (1, bob, "bob@example.com", "Bob"),
            (2, eve, "eve@example.com", "Eve")
        ]
    );
    let gone = clients::get(&database.pool, Access::Owner(owner), ClientId(bob)).await.expect("an answer");
    assert!(gone.expect("the deleted client can be looked up").deleted_at.is_some());
    let listed = clients::page(&database.pool, Access::Owner(owner), &clients::Filter::default(), None, 10).await;
    assert_eq!(listed.expect("a page").iter().map(|client| client.id).collect::<Vec<_>>(), [ann]);
}

#[tokio::test]
async fn a_delivery_shows_every_attempt_in_order() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let following = follow(&store);
    let owner = owner();
    let origin = begin_mailing(&store, owner).await;
    let recipients = import(&store, owner, 2).await.into_iter().map(|id| Recipient(id.into(), 1)).collect();
    let (run, id) = plan_run(&store, origin, recipients).await;
    let later = moment("2026-03-02T09:00:00Z");
    let outcomes = [
        (AttemptOutcome::NotTried, Outcome::Pending),
        (AttemptOutcome::Deferred { until: later }, Outcome::Deferred),
        (AttemptOutcome::NotTried, Outcome::Deferred),
        (AttemptOutcome::Accepted, Outcome::Accepted),
    ];
    for (outcome, shown) in outcomes {
        let reply = Some(format!("then {}", shown.name()));
        let attempt = Attempt { recipient: 1, at: later, outcome, code: Some(250), enhanced: None, reply };
        execute::<Batch>(&store, id.0, batch::Command::Record { attempts: vec![], next: vec![1], hold: None }).await;
        execute::<Batch>(&store, id.0, batch::Command::Record { attempts: vec![attempt], next: vec![], hold: None })
            .await;
        following.shows_all(&database.pool).await;
        let delivery = deliveries::get(&database.pool, Access::All, run, 1).await.expect("an answer");
        assert_eq!(delivery.expect("a delivery").outcome, shown);
    }

    let attempts = all_read(deliveries::attempts(&database.pool, run, &[0, 1]).await);
    let attempts: Vec<_> =
        attempts.iter().map(|row| (row.ordinal, row.number, row.outcome, row.reply.as_deref())).collect();
    assert_eq!(
        attempts,
        [
            (1, 1, Ending::NotTried, Some("then pending")),
            (1, 2, Ending::Deferred, Some("then deferred")),
            (1, 3, Ending::NotTried, Some("then deferred")),
            (1, 4, Ending::Accepted, Some("then accepted")),
        ]
    );
    let run = runs::get(&database.pool, Access::Owner(owner), run).await.expect("an answer").expect("a run");
    assert_eq!((run.planned, run.accepted, run.pending, run.deferred), (2, 1, 1, 0));
    assert_eq!((run.last_attempt_at, run.last_reply.as_deref()), (Some(later), Some("then accepted")));
}

#[tokio::test]
async fn a_search_for_clients_takes_every_character_as_it_is() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let following = follow(&store);
    let owner = owner();
    for (address, name) in [
        ("a_b%c@example.com", "Ann 100% Sure"),
        ("axbyc@example.com", "Ann 1000 Sure"),
        ("back@example.com", r"Back\Slash"),
        ("jorg@example.com", "Jörg Müller"),
    ] {
        begin::<Client>(&store, add_client(owner, address, name)).await;
    }
    following.shows_all(&database.pool).await;

    for (search, expected) in [
        ("_", &["a_b%c@example.com"][..]),
        ("%", &["a_b%c@example.com"]),
        ("a_b", &["a_b%c@example.com"]),
        ("100%", &["a_b%c@example.com"]),
        (r"\", &["back@example.com"]),
        (r"K\s", &["back@example.com"]),
        ("JÖRG", &["jorg@example.com"]),
        ("  ANN ", &["a_b%c@example.com", "axbyc@example.com"]),
        ("nobody", &[]),
        ("'", &[]),
        ("   ", &["a_b%c@example.com", "axbyc@example.com", "back@example.com", "jorg@example.com"]),
    ] {
        let filter = clients::Filter { search: Some(search.to_owned()), ..clients::Filter::default() };
        let found = clients::page(&database.pool, Access::Owner(owner), &filter, None, 10).await.expect("a page");
        let found: Vec<&str> = found.iter().map(|client| client.email.as_str()).collect();
        assert_eq!(found, expected, "{search:?}");
        let count = clients::count(&database.pool, Access::Owner(owner), &filter).await.expect("a count");
        assert_eq!(usize::try_from(count).expect("a count"), expected.len(), "{search:?}");
    }
}

/// Reads pages of two, each after the last row of the one before, and checks that they make the whole list: as long as
/// `count` says, each row once, in the order of one big page.
async fn pages<T, C, K, P>(
    what: &str,
    count: Result<i64, impl Debug>,
    cursor: impl Fn(&T) -> C,
    key: impl Fn(&T) -> K,
    page: impl Fn(Option<C>, i64) -> P,
) where
    K: Ord + Debug,
    P: Future<Output = Result<Vec<T>, sqlx::Error>>,
{
    let whole: Vec<K> = page(None, 100_000).await.expect("a page").iter().map(&key).collect();
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let rows = page(after.take(), 2).await.expect("a page");
        assert!(rows.len() <= 2, "{what}");
        let Some(last) = rows.last() else { break };
        after = Some(cursor(last));
        seen.extend(rows.iter().map(&key));
    }
    assert_eq!(seen, whole, "{what}");
    assert_eq!(i64::try_from(whole.len()).ok(), count.ok(), "{what}");
    assert_eq!(whole.iter().collect::<BTreeSet<_>>().len(), whole.len(), "{what}: each once");
    assert!(!whole.is_empty(), "{what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn paging_by_cursors_sees_every_row_once_and_everyone_only_theirs() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let following = follow(&store);
    World::new(&store, 91).run(600).await;
    following.shows_all(&database.pool).await;
    let pool = &database.pool;
    let owners: Vec<Uuid> = sqlx::query_scalar("select id from users").fetch_all(pool).await.expect("ids");
    // The one with most of everything, a stranger, and everybody.
    let busiest: Uuid =
        one(pool, "select owner_id from runs group by owner_id order by count(*) desc, owner_id limit 1").await;

    for access in [Access::Owner(UserId(busiest)), Access::All] {
        lists(pool, access).await;
    }
    alone(pool, owner()).await;
    shares(pool, &owners).await;
}

fn read<T>(row: &Read<T>) -> &T {
    row.as_ref().expect("every value is one that the row can have")
}

async fn lists(pool: &PgPool, access: Access) {
    let filter = clients::Filter::default();
    let count = clients::count(pool, access, &filter).await;
    pages(
        "clients",
        count,
        clients::Client::cursor,
        |row| row.id,
        |after, limit| clients::page(pool, access, &filter, after, limit),
    )
    .await;
    let count = groups::count(pool, access, None).await;
    pages(
        "groups",
        count,
        groups::Group::cursor,
        |row| row.id,
        |after, limit| groups::page(pool, access, None, after, limit),
    )
    .await;
    let of_messages = messages::Filter::default();
    let count = messages::count(pool, access, &of_messages).await;
    pages(
        "messages",
        count,
        messages::Message::cursor,
        |row| row.id,
        |after, limit| messages::page(pool, access, &of_messages, after, limit),
    )
    .await;
    let all = mailings::Filter::default();
    let count = mailings::count(pool, access, &mailings::Filter::default()).await;
    pages(
        "mailings",
        count,
        |(place, _): &(Cursor, Read<mailings::Mailing>)| *place,
        |(_, row)| read(row).id,
        |after, limit| mailings::page(pool, access, &all, after, limit),
    )
    .await;
    let reports = reports::page(pool, access, None, i64::MAX).await.map(|rows| i64::try_from(rows.len()).expect("few"));
    pages(
        "reports",
        reports,
        |(place, _): &(Cursor, Read<reports::Report>)| *place,
        |(_, row)| read(row).run_id,
        |after, limit| reports::page(pool, access, after, limit),
    )
    .await;
    let of = match access {
        Access::Owner(owner) => format!("where owner_id = '{owner}'"),
        Access::All => String::new(),
    };
    let mailing = format!("select mailing_id from runs {of} group by mailing_id order by count(*) desc limit 1");
    let mailing = MailingId(one(pool, &mailing).await);
    let count = runs::count(pool, access, mailing).await;
    pages(
        "runs",
        count,
        |(place, _): &(Cursor, Read<runs::Run>)| *place,
        |(_, row)| read(row).id,
        |after, limit| runs::page(pool, access, mailing, after, limit),
    )
    .await;
    let count = history::count(pool, access, mailing).await;
    pages(
        "history",
        count,
        |row: &history::AuditEvent| row.position,
        |row| row.position,
        |after, limit| history::page(pool, access, mailing, after, limit),
    )
    .await;
    let run = RunId(one(pool, &format!("select id from runs {of} order by planned desc limit 1")).await);
    for outcomes in [&[][..], &[Outcome::Accepted, Outcome::Pending, Outcome::Expired, Outcome::Suppressed]] {
        let filter = deliveries::Filter::with(outcomes);
        let count = deliveries::count(pool, access, run, &filter).await;
        pages(
            "deliveries",
            count,
            |(place, _): &(i32, Read<deliveries::Delivery>)| *place,
            |(_, row)| read(row).ordinal,
            |after, limit| deliveries::page(pool, access, run, &filter, after, limit),
        )
        .await;
    }
}

/// A stranger, to whom nothing is shown, whatever they ask for by its id.
async fn alone(pool: &PgPool, stranger: UserId) {
    let readers = messages::Readers::Owner(stranger);
    let stranger = Access::Owner(stranger);
    let ids = async |table: &str, column: &str| -> Vec<Uuid> {
        sqlx::query_scalar(&format!("select {column} from {table}")).fetch_all(pool).await.expect("ids")
    };
    let filter = clients::Filter::default();
    let all_clients = ids("clients", "id").await;
    let all_groups = ids("groups", "id").await;
    assert!(clients::page(pool, stranger, &filter, None, 10).await.expect("a page").is_empty());
    assert_eq!(clients::count(pool, stranger, &filter).await.expect("a count"), 0);
    assert!(clients::by_ids(pool, stranger, &all_clients).await.expect("rows").is_empty());
    assert!(groups::page(pool, stranger, None, None, 10).await.expect("a page").is_empty());
    assert_eq!(groups::count(pool, stranger, None).await.expect("a count"), 0);
    assert!(groups::by_ids(pool, stranger, &all_groups).await.expect("rows").is_empty());
    for group in &all_groups {
        let filter = clients::Filter { group: Some(*group), ..clients::Filter::default() };
        assert_eq!(clients::count(pool, stranger, &filter).await.expect("a count"), 0);
    }
    let everything = Audience {
        clients: all_clients.into_iter().map(Into::into).collect(),
        groups: all_groups.into_iter().map(Into::into).collect(),
        ..Audience::default()
    };
    let size = mailings::audience_size(pool, stranger, &everything, DateTime::UNIX_EPOCH).await;
    assert_eq!(size.expect("a count"), 0);
    assert!(messages::page(pool, stranger, &messages::Filter::default(), None, 10).await.expect("a page").is_empty());
    assert_eq!(messages::count(pool, stranger, &messages::Filter::default()).await.expect("a count"), 0);
    let seen = messages::by_ids(pool, readers, &ids("messages", "id").await).await.expect("rows");
    assert!(seen.iter().all(|message| message.shared), "{seen:?}");
    let all_mailings = ids("mailings", "id").await;
    assert!(mailings::page(pool, stranger, &mailings::Filter::default(), None, 10).await.expect("a page").is_empty());
    assert_eq!(mailings::count(pool, stranger, &mailings::Filter::default()).await.expect("a count"), 0);
    assert!(mailings::by_ids(pool, stranger, &all_mailings).await.expect("rows").is_empty());
    for mailing in all_mailings.into_iter().map(MailingId) {
        assert!(runs::page(pool, stranger, mailing, None, 10).await.expect("a page").is_empty());
        assert_eq!(runs::count(pool, stranger, mailing).await.expect("a count"), 0);
        assert!(history::page(pool, stranger, mailing, None, 10).await.expect("a page").is_empty());
        assert_eq!(history::count(pool, stranger, mailing).await.expect("a count"), 0);
    }
    let all_runs = ids("runs", "id").await;
    assert!(runs::by_ids(pool, stranger, &all_runs).await.expect("rows").is_empty());
    for run in all_runs.into_iter().map(RunId) {
        assert!(
            deliveries::page(pool, stranger, run, &deliveries::Filter::default(), None, 10)
                .await
                .expect("a page")
                .is_empty()
        );
        assert_eq!(deliveries::count(pool, stranger, run, &deliveries::Filter::default()).await.expect("a count"), 0);
        assert!(reports::get(pool, stranger, run).await.expect("an answer").is_none());
    }
    assert!(reports::page(pool, stranger, None, 10).await.expect("a page").is_empty());
}

/// What all owners see together is what a manager sees, and nobody sees another's.
async fn shares(pool: &PgPool, owners: &[Uuid]) {
    let filter = clients::Filter::default();
    let mut sums = [0; 4];
    for owner in owners {
        let access = Access::Owner(UserId(*owner));
        let clients = clients::page(pool, access, &filter, None, 100_000).await.expect("a page");
        assert!(clients.iter().all(|client| client.owner_id == *owner));
        let mailings = all_read(mailings::page(pool, access, &mailings::Filter::default(), None, 100_000).await);
        assert!(mailings.iter().all(|mailing| mailing.owner_id == *owner));
        sums[0] += clients.len();
        sums[1] += mailings.len();
        sums[2] += usize::try_from(groups::count(pool, access, None).await.expect("a count")).expect("a count");
        sums[3] += usize::try_from(messages::count(pool, access, &messages::Filter::default()).await.expect("a count"))
            .expect("a count");
    }
    let all = [
        clients::count(pool, Access::All, &filter).await,
        mailings::count(pool, Access::All, &mailings::Filter::default()).await,
        groups::count(pool, Access::All, None).await,
        messages::count(pool, Access::All, &messages::Filter::default()).await,
    ];
    assert_eq!(all.map(|count| usize::try_from(count.expect("a count")).expect("a count")), sums);
}
