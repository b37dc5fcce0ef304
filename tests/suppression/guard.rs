//! The guard is what the log says, and the list is what it shows.

use super::{lift, owners, started, suppress, suppress_until};
use crate::support::all_read;
use crate::support::service::Service;
use domain::mailing::Kind;
use domain::suppression::{Reason, Scope};
use domain::{GroupId, MailingId, SuppressionId, UserId};
use projections::suppressions::{self, Filter, ScopeKind, guard};
use projections::{Access, Projection, rebuild};
use serde_json::json;
use uuid::Uuid;

async fn asked(service: &Service, scopes: &[Uuid], kind: Kind, mailbox: &str) -> Option<Reason> {
    let mailboxes = ["nobody@example.org".to_owned(), mailbox.to_owned()];
    let reasons = guard::reasons(&service.database.pool, scopes, kind, &mailboxes).await.expect("an answer");
    assert_eq!((reasons.len(), reasons[0]), (2, None));
    reasons[1]
}

#[tokio::test]
async fn the_guard_tells_the_most_serious_reason_of_all_scopes_at_once_and_forgets_what_is_lifted() {
    let (service, _) = started().await;
    let (owner, mailing) = (service.owner, MailingId(Uuid::now_v7()));
    let scopes = Scope::ids_of(owner, mailing);
    let ann = "ann@example.org";
    assert_eq!(guard::in_use(&service.database.pool, &scopes).await.expect("an answer"), [] as [Uuid; 0]);
    assert_eq!(asked(&service, &scopes, Kind::Bulk, ann).await, None);

    let only = Scope::Mailing { owner, mailing };
    for (scope, reason, told, told_of_transactional) in [
        (only, Reason::Unsubscribed, Reason::Unsubscribed, None),
        (owners(&service), Reason::ByHand, Reason::ByHand, Some(Reason::ByHand)),
        (Scope::Installation, Reason::Imported, Reason::Imported, Some(Reason::Imported)),
        (owners(&service), Reason::Complained, Reason::Complained, Some(Reason::Complained)),
    ] {
        suppress(&service, scope, "Ann@Example.org", reason).await;
        // No read model is asked, so nobody waits for one.
        assert_eq!(asked(&service, &scopes, Kind::Bulk, ann).await, Some(told));
        assert_eq!(asked(&service, &scopes, Kind::Transactional, ann).await, told_of_transactional);
    }
    assert_eq!(guard::in_use(&service.database.pool, &scopes).await.expect("an answer").len(), 3);
    let others = Scope::ids_of(UserId(Uuid::now_v7()), MailingId(Uuid::now_v7()));
    assert_eq!(asked(&service, &others, Kind::Bulk, ann).await, Some(Reason::Imported), "in nobody's mailings");

    lift(&service, owners(&service), ann, Reason::Complained).await;
    lift(&service, Scope::Installation, ann, Reason::Imported).await;
    assert_eq!(asked(&service, &scopes, Kind::Bulk, ann).await, Some(Reason::ByHand));
    lift(&service, owners(&service), ann, Reason::ByHand).await;
    assert_eq!(asked(&service, &scopes, Kind::Bulk, ann).await, Some(Reason::Unsubscribed));
    assert_eq!(asked(&service, &others, Kind::Bulk, ann).await, None);
}

#[tokio::test]
async fn no_event_of_a_suppression_is_refused_because_the_guard_does_not_understand_it() {
    let (service, _) = started().await;
    let scopes = Scope::ids_of(service.owner, MailingId(Uuid::now_v7()));
    let (ann, scope) = ("ann@example.org", json!({ "kind": "owner", "owner": service.owner.0 }));
    // No letter of an alphabet of sixteen can be left away, so that no key can be made smaller than it is.
    let long: String = (0..200).map(|_| Uuid::new_v4().simple().to_string()).collect();
    for (told, reason) in [
        (json!({ "scope": scope, "mailbox": ann, "reason": "dead", "until": "when it rains" }), Some(Reason::Dead)),
        (
            json!({ "scope": scope, "mailbox": ann, "reason": "dead", "until": "2026-13-45T00:00:00Z" }),
            Some(Reason::Dead),
        ),
        (json!({ "scope": scope, "mailbox": ann, "reason": "dead", "until": "2020-01-01T00:00:00Z" }), None),
        (json!({ "scope": scope, "mailbox": long, "reason": "dead" }), None),
        (json!({ "scope": scope, "mailbox": ann }), None),
        (json!({ "scope": { "kind": "owner", "owner": "nobody" }, "mailbox": ann, "reason": "dead" }), None),
        (json!({ "scope": "everywhere", "mailbox": ann, "reason": "dead" }), None),
        (json!("odd"), None),
    ] {
        let stream = Uuid::now_v7();
        sqlx::query(
            "insert into events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload)
             values ('suppression', $1, 1, 'Suppressed', '1', $2)",
        )
        .bind(stream.to_string())
        .bind(json!({ "Suppressed": told }))
        .execute(&service.database.pool)
        .await
        .expect("appended");
        assert_eq!(asked(&service, &scopes, Kind::Bulk, ann).await, reason, "{told}");
        sqlx::query("delete from suppressed").execute(&service.database.pool).await.expect("forgotten");
    }
}

#[tokio::test]
async fn the_guard_compares_ends_with_the_clock_of_the_database() {
    let (service, _) = started().await;
    let (owner, mailing) = (service.owner, MailingId(Uuid::now_v7()));
    let scopes = Scope::ids_of(owner, mailing);
    for (address, until, told) in [
        ("past@example.org", "2020-01-01T00:00:00Z", None),
        ("future@example.org", "2999-01-01T00:00:00Z", Some(Reason::Dead)),
    ] {
        let until = until.parse().expect("a moment");
        suppress_until(&service, owners(&service), address, Reason::Dead, Some(until)).await;
        assert_eq!(asked(&service, &scopes, Kind::Bulk, address).await, told, "{address}");
    }
}

#[tokio::test]
async fn the_list_shows_what_there_is_and_what_was_lifted_page_by_page_to_whom_it_belongs() {
    let (service, _) = started().await;
    let mailing = MailingId(Uuid::now_v7());
    suppress(&service, owners(&service), "Ann@Пример.рф", Reason::Unsubscribed).await;
    suppress(&service, owners(&service), "bob@example.org", Reason::ByHand).await;
    suppress(&service, Scope::Mailing { owner: service.owner, mailing }, "carl@example.org", Reason::Unsubscribed)
        .await;
    suppress(&service, Scope::Installation, "dora@example.org", Reason::Complained).await;
    let topic = Scope::Topic { owner: service.owner, group: GroupId(Uuid::now_v7()) };
    suppress(&service, topic, "fay@example.org", Reason::Unsubscribed).await;
    let others = Scope::Owner { owner: UserId(Uuid::now_v7()) };
    suppress(&service, others, "eve@example.org", Reason::Imported).await;
    let last = lift(&service, owners(&service), "bob@example.org", Reason::ByHand).await;
    assert!(service.node.services.shown(last).await, "the read models follow");
    let (pool, mine) = (&service.database.pool, Access::Owner(service.owner));
    let found = async |access: Access, filter: Filter| {
        let rows = all_read(suppressions::page(pool, access, &filter, None, 10).await);
        let count = suppressions::count(pool, access, &filter).await.expect("a count");
        assert_eq!(usize::try_from(count).ok(), Some(rows.len()), "{filter:?}");
        let mut emails: Vec<String> = rows.into_iter().map(|row| row.email).collect();
        emails.sort_unstable();
        emails
    };
    let (all, now) = (Filter::default, service.clock.now());
    let everybody = ["Ann@Пример.рф", "bob@example.org", "carl@example.org", "fay@example.org"];
    assert_eq!(found(mine, all()).await, everybody);
    assert_eq!(found(Access::All, all()).await.len(), 6);
    let of_all = Filter { scope: Some(ScopeKind::Installation), ..all() };
    assert_eq!(found(Access::All, of_all.clone()).await, ["dora@example.org"]);
    assert_eq!(found(mine, of_all).await, [] as [&str; 0]);
    for (filter, expected) in [
        (Filter { search: Some("ПРИМЕР".to_owned()), ..all() }, vec!["Ann@Пример.рф"]),
        (Filter { search: Some("ann@xn--e1afmkfd.xn--p1ai".to_owned()), ..all() }, vec!["Ann@Пример.рф"]),
        (Filter { search: Some("example.org".to_owned()), ..all() }, everybody[1..].to_vec()),
        (Filter { reason: Some(Reason::Unsubscribed), ..all() }, vec![everybody[0], everybody[2], everybody[3]]),
        (Filter { in_force: Some((false, now)), ..all() }, vec!["bob@example.org"]),
        (Filter { in_force: Some((true, now)), ..all() }, vec![everybody[0], everybody[2], everybody[3]]),
        (Filter { scope: Some(ScopeKind::Mailing), ..all() }, vec!["carl@example.org"]),
        (Filter { scope: Some(ScopeKind::Topic), ..all() }, vec!["fay@example.org"]),
        (Filter { owner: Some(service.owner), ..all() }, everybody.to_vec()),
    ] {
        assert_eq!(found(mine, filter.clone()).await, expected, "{filter:?}");
    }

    let mut seen = Vec::new();
    let mut after = None;
    while let Some((cursor, row)) = suppressions::page(pool, Access::All, &all(), after, 1).await.expect("a page").pop()
    {
        seen.push(row.expect("it reads").id);
        after = Some(cursor);
    }
    assert_eq!(seen.len(), 6, "{seen:?}");

    let id = SuppressionId::derive(owners(&service), "bob@example.org", Reason::ByHand);
    let bob = suppressions::get(pool, mine, id).await.expect("readable").expect("there");
    assert_eq!((bob.lifted_why.as_deref(), bob.version), (Some("it was a mistake"), 2));
    assert!(!bob.is_in_force(service.clock.now()));
    assert_eq!(suppressions::held(pool, service.owner, now, 10).await.expect("a count"), 3);
    let id = SuppressionId::derive(topic, "fay@example.org", Reason::Unsubscribed);
    let fay = suppressions::get(pool, mine, id).await.expect("readable").expect("there");
    assert_eq!((fay.place(), fay.mailing_id), (Some(topic), None));
    let asked = ["dora@example.org", "bob@example.org", "ann@xn--e1afmkfd.xn--p1ai"].map(str::to_owned);
    let known = suppressions::of_mailboxes(pool, service.owner, &asked).await.expect("rows");
    let known: Vec<String> = known.into_iter().map(|(mailbox, _)| mailbox).collect();
    assert_eq!(known, ["ann@xn--e1afmkfd.xn--p1ai", "dora@example.org"]);

    rebuild(&service.node.services.store, Projection::Suppressions, &super::metadata(), |_| {}).await.expect("rebuilt");
    assert_eq!(found(Access::All, all()).await.len(), 6);
}

#[tokio::test]
async fn the_guard_looks_through_no_table_whatever_the_planner_knows_of_it() {
    let (service, _) = started().await;
    let pool = &service.database.pool;
    // All of them are of one scope, so that any row will do for whoever looks for one of a scope.
    sqlx::query(
        "insert into suppressed (scope_id, mailbox, reason, suppression_id)
         select $1, 'left' || n || '@example.org', 'imported', gen_random_uuid() from generate_series(1, 20000) n",
    )
    .bind(service.owner.0)
    .execute(pool)
    .await
    .expect("many are suppressed");
    let scopes = Scope::ids_of(service.owner, MailingId(Uuid::now_v7()));
    let mailboxes = ["left20000@example.org", "nobody@example.org", "left1@example.org"].map(str::to_owned);
    for statistics in [false, true] {
        if statistics {
            sqlx::query("analyze suppressed").execute(pool).await.expect("statistics");
        }
        let mut asking = pool.begin().await.expect("a transaction");
        // More often than PostgreSQL plans a statement for its parameters.
        for _ in 0..8 {
            let reasons = guard::reasons(&mut *asking, &scopes, Kind::Bulk, &mailboxes).await.expect("an answer");
            assert_eq!(reasons, [Some(Reason::Imported), None, Some(Reason::Imported)], "in the order of the question");
            assert_eq!(guard::in_use(&mut *asking, &scopes).await.expect("an answer"), [service.owner.0]);
        }
        let scans: i64 =
            sqlx::query_scalar("select seq_scan from pg_stat_xact_user_tables where relid = 'suppressed'::regclass")
                .fetch_one(&mut *asking)
                .await
                .expect("PostgreSQL counts");
        assert_eq!(scans, 0, "with statistics: {statistics}");
    }
}
