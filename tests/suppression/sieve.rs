//! Of a large audience the same are left out as by asking about each.

use super::{lift, owners, started, suppress};
use domain::mailing::Kind;
use domain::suppression::{Reason, Scope};
use domain::{ClientId, GroupId, MailingId};
use eventstore::EventStore;
use projections::mailings::PastAudience;
use projections::suppressions::guard;
use projections::suppressions::sieve::{MOST, Sieve};
use sqlx::PgPool;
use std::collections::HashMap;
use uuid::Uuid;

/// How many are asked about at once: few, so that there are pages after all that are suppressed have been read.
const PAGE: usize = 100;

/// So many whom nobody knows are not written to in a scope.
async fn suppress_strangers(pool: &PgPool, scope: Scope, count: i32) {
    sqlx::query(
        "insert into suppressed (scope_id, mailbox, reason, suppression_id)
         select $1, 'left' || n || '@example.net', 'imported', gen_random_uuid() from generate_series(1, $2) n",
    )
    .bind(scope.id())
    .bind(count)
    .execute(pool)
    .await
    .expect("many are suppressed");
}

fn client(number: usize) -> String {
    format!("client{number}@example.org")
}

/// The mailboxes of clients.
async fn mailboxes(pool: &PgPool, clients: &[ClientId]) -> Vec<String> {
    let ids: Vec<Uuid> = clients.iter().map(|client| client.0).collect();
    let rows: Vec<(Uuid, String)> = sqlx::query_as("select id, email from clients where id = any($1)")
        .bind(&ids)
        .fetch_all(pool)
        .await
        .expect("rows");
    let mut emails: HashMap<Uuid, String> = rows.into_iter().collect();
    ids.iter().map(|id| emails.remove(id).expect("they are there")).collect()
}

/// The law: at each page those are left out, for the reasons, of whom the guard would have said so one by one.
#[tokio::test]
async fn a_large_audience_comes_out_as_by_asking_about_each_whoever_leaves_and_comes_back_meanwhile() {
    let (service, _) = started().await;
    let group = service.clients(12 * PAGE).await;
    let news = service.group("News").await;
    let mut plan = service.plan(group).await;
    plan.audience.groups.insert(news);
    let mailing = service.create(plan).await;
    let (owner, pool, store) = (service.owner, &service.database.pool, &service.node.services.store);
    let topic = |group: GroupId| Scope::Topic { owner, group };
    let scopes = [Scope::Installation, owners(&service), Scope::Mailing { owner, mailing }, topic(group), topic(news)];
    let each = scopes.into_iter().flat_map(|scope| Reason::ALL.map(|reason| (scope, reason)));
    for (number, (scope, reason)) in each.enumerate() {
        suppress(&service, scope, &client(number * 39), reason).await;
    }
    for scope in [Scope::Installation, owners(&service), topic(news)] {
        suppress_strangers(pool, scope, 2_000).await;
    }
    let head = EventStore::head(pool).await.expect("there is a log");
    assert!(service.node.services.shown(head).await, "the read models follow");
    let asked = Scope::ids_of_run(owner, mailing, [group, news]);

    for kind in Kind::ALL {
        let past = PastAudience::open(store, (mailing, owner), head, None).await.expect("it can be asked for");
        let (mut past, mut found, mut left_out) = (past.of_kind(kind), 0, 0);
        loop {
            // One of those who come leaves, and another one comes back.
            let number = found / PAGE;
            let (scope, place) = (scopes[number % scopes.len()], number % Reason::ALL.len());
            suppress(&service, scope, &client(found + PAGE / 2), Reason::ByHand).await;
            lift(&service, owners(&service), &client((Reason::ALL.len() + place) * 39), Reason::ALL[place]).await;
            let page = past.next(PAGE).await.expect("it reads").expect("the read models are there");
            let clients: Vec<ClientId> = page.iter().map(|invited| invited.client).collect();
            let told = guard::reasons(pool, &asked, kind, &mailboxes(pool, &clients).await).await.expect("an answer");
            let reasons: Vec<Option<Reason>> = page.iter().map(|invited| invited.suppression).collect();
            assert_eq!(reasons, told, "after {found}");
            found += page.len();
            left_out += reasons.into_iter().flatten().count();
            if page.len() < PAGE {
                break;
            }
        }
        assert_eq!(found, 12 * PAGE);
        assert!(left_out >= 20, "there was somebody to be left out: {left_out}");
    }
}

#[tokio::test]
async fn who_has_read_all_that_are_suppressed_asks_about_nobody_else_and_hears_of_whoever_comes_after() {
    let (service, _) = started().await;
    let (pool, store) = (&service.database.pool, &service.node.services.store);
    suppress_strangers(pool, owners(&service), 3_000).await;
    let group = GroupId(Uuid::now_v7());
    let scopes = Scope::ids_of_run(service.owner, MailingId(Uuid::now_v7()), [group]);
    let topic = Scope::Topic { owner: service.owner, group };
    let page: Vec<String> = (0..PAGE).map(client).chain(["left7@example.net".to_owned()]).collect();
    let page: Vec<&str> = page.iter().map(String::as_str).collect();
    let expected = |others: &[(usize, Reason)]| {
        let mut reasons = vec![None; PAGE];
        for (place, reason) in others {
            reasons[*place] = Some(*reason);
        }
        reasons.push(Some(Reason::Imported));
        reasons
    };

    // Whoever has no room for all asks about everybody, and comes to the same.
    for (most, asks_about_all) in [(MOST, false), (100, true)] {
        let mut sifting = Sieve::bounded(most).of(scopes.clone());
        for number in 0..10 {
            let reasons = sifting.reasons(store, Kind::Bulk, &page).await.expect("an answer");
            assert_eq!(reasons, expected(&[]), "page {number} with room for {most}");
        }
        // No event tells of it, so that only those see it who ask.
        let silent = "insert into suppressed (scope_id, mailbox, reason, suppression_id) values ($1, $2, 'dead', $3)";
        let silent = sqlx::query(silent).bind(service.owner.0).bind(client(5)).bind(Uuid::now_v7());
        silent.execute(pool).await.expect("it is written");
        // In a scope that nobody was in.
        suppress(&service, topic, &client(6), Reason::Unsubscribed).await;
        let reasons = sifting.reasons(store, Kind::Bulk, &page).await.expect("an answer");
        let told = [(6, Reason::Unsubscribed), (5, Reason::Dead)];
        assert_eq!(reasons, expected(if asks_about_all { &told[..] } else { &told[..1] }), "with room for {most}");
        let reasons = sifting.reasons(store, Kind::Transactional, &page).await.expect("an answer");
        assert_eq!(
            reasons,
            expected(if asks_about_all { &told[1..] } else { &[] }),
            "those who have left get receipts"
        );

        lift(&service, topic, &client(6), Reason::Unsubscribed).await;
        sqlx::query("delete from suppressed where reason = 'dead'").execute(pool).await.expect("it is deleted");
        let reasons = sifting.reasons(store, Kind::Bulk, &page).await.expect("an answer");
        assert_eq!(reasons, expected(&[]), "who has come back is written to");
    }
}

#[tokio::test]
async fn where_nobody_is_suppressed_nothing_is_read_until_somebody_is() {
    let (service, _) = started().await;
    let store = &service.node.services.store;
    let mut sifting = Sieve::default().of(vec![service.owner.0]);
    for number in 0..8 {
        if number == 3 {
            suppress(&service, owners(&service), &client(1), Reason::ByHand).await;
        }
        let one = client(1);
        let reasons = sifting.reasons(store, Kind::Bulk, &["nobody@example.org", &one]).await.expect("an answer");
        assert_eq!(reasons, [None, (number >= 3).then_some(Reason::ByHand)], "page {number}");
    }
    assert!(sifting.reasons(store, Kind::Bulk, &[]).await.expect("an answer").is_empty());
}
