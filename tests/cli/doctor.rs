//! `doctor`: what is wrong, and what to do.

use crate::support::process::{Program, skymailing};
use crate::support::smtp_server::{Offers, SmtpServer};
use crate::support::visitor::create_ann;
use serde_json::Value;

/// What the doctor says of each check, as a state, and the whole of it.
async fn diagnosis(program: Program) -> (Option<i32>, Vec<(String, String)>, String) {
    let ended = program.run().await;
    let answer: Value = serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {ended:?}"));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let checks = answer["checks"].as_array().expect("checks").iter();
    let states: Vec<_> = checks
        .map(|check| {
            let asks = check["state"] == "problem" || check["state"] == "warning";
            assert_eq!(asks, check["advice"].is_string(), "{check}");
            (text(&check["name"]), text(&check["state"]))
        })
        .collect();
    assert_eq!(answer["ok"], ended.code == Some(0));
    (ended.code, states, ended.out)
}

fn doctor(url: &str, server: &SmtpServer) -> Program {
    let doctor = skymailing(&["doctor", "--json"]).set("DATABASE_URL", url);
    // Nobody answers there, and no name of a story is asked for elsewhere.
    doctor.set("SMTP_URL", format!("smtp://{}", server.address())).set("DNS_SERVER", "127.0.0.1:9")
}

fn state<'a>(states: &'a [(String, String)], name: &str) -> &'a str {
    states.iter().find(|(check, _)| check == name).map_or("", |(_, state)| state)
}

#[tokio::test]
async fn a_service_in_order_has_no_problem() {
    let database = crate::support::database().await;
    let server = SmtpServer::start(Offers::default()).await;
    create_ann(&database.url).await;

    let (code, states, printed) = diagnosis(doctor(&database.url, &server)).await;

    let names: Vec<_> = states.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "settings",
            "mail server default",
            "sender",
            "links",
            "time zones",
            "database",
            "migrations",
            "clock",
            "read models",
            "rows",
            "administrators",
            "mailboxes",
            "mailings",
            "search",
            "signing",
            "dead addresses",
            "bounces",
            "guard",
            "alerts",
            "returns",
            "kept messages"
        ]
    );
    assert!(code == Some(0) && states.iter().all(|(_, state)| state == "ok"), "{printed}");
    let text = skymailing(&["doctor"]).set("DATABASE_URL", &database.url);
    let text = text.set("SMTP_URL", format!("smtp://{}", server.address())).succeeds().await;
    assert_eq!(text.lines().count(), names.len(), "a line per check: {text}");
    assert!(text.lines().all(|line| line.starts_with("ok       ")), "{text}");
    assert!(server.received().is_empty(), "nothing is sent");
}

#[tokio::test]
async fn every_problem_is_told_with_what_to_do_about_it_and_nothing_is_changed() {
    let database = crate::support::database().await;
    let server = SmtpServer::start(Offers::default()).await;
    let doctor = || doctor(&database.url, &server);

    let (code, states, printed) = diagnosis(doctor()).await;
    assert_eq!((code, state(&states, "administrators")), (Some(1), "problem"), "{printed}");
    assert!(printed.contains("skymailing createadmin"), "{printed}");

    // Nobody reads the log on.
    create_ann(&database.url).await;
    sqlx::query(
        "insert into mailings (id, owner_id, name, message_id, starts_at, ends_at, periodicity, time_zone, status, sent,
                               created_at, version, in_doubt)
         select gen_random_uuid(), gen_random_uuid(), 'News', gen_random_uuid(), now(), now() + interval '1 day',
                '{\"kind\": \"once\"}', zone, status, false, now(), 1, 'hold'
           from (values ('Mars/Olympus_Mons', 'active'), ('Mars/Olympus_Mons', 'paused'),
                        ('Mars/Tharsis', 'cancelled'), ('Europe/Berlin', 'active')) as t (zone, status)",
    )
    .execute(&database.pool)
    .await
    .expect("written");
    let (code, states, printed) = diagnosis(doctor()).await;
    assert_eq!((code, state(&states, "mailings")), (Some(1), "problem"), "{printed}");
    assert!(
        printed.contains("2 of them start no run by themselves") && printed.contains("Mars/Olympus_Mons"),
        "{printed}"
    );
    assert!(!printed.contains("Mars/Tharsis") && !printed.contains("Europe/Berlin"), "{printed}");
    sqlx::query(
        "insert into events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, recorded_at)
         values ('group', gen_random_uuid()::text, 1, 'Deleted', '1', '\"Deleted\"', now() - interval '1 hour')",
    )
    .execute(&database.pool)
    .await
    .expect("written");
    let (code, states, printed) = diagnosis(doctor()).await;
    assert_eq!((code, state(&states, "read models")), (Some(1), "problem"), "{printed}");
    assert!(printed.contains("behind the log"), "{printed}");
    sqlx::query("update projections set error = 'event 7: broken' where name = 'clients'")
        .execute(&database.pool)
        .await
        .expect("changed");
    let (_, _, printed) = diagnosis(doctor()).await;
    assert!(printed.contains("clients stopped: event 7: broken"), "{printed}");
    assert!(printed.contains("skymailing rebuild clients"), "{printed}");

    sqlx::query("update followers set position = 7, error = 'position 8: no such event' where name = 'dead_addresses'")
        .execute(&database.pool)
        .await
        .expect("changed");
    let (code, states, printed) = diagnosis(doctor()).await;
    assert_eq!((code, state(&states, "dead addresses")), (Some(1), "problem"), "{printed}");
    assert!(printed.contains("beyond position 7: position 8: no such event"), "{printed}");
    assert_eq!(state(&states, "guard"), "ok", "whoever goes on is not blamed: {printed}");
    for (name, check, told) in [
        ("feedback", "bounces", "people whose letters came back"),
        ("guard", "guard", "of which too many letters come back go on"),
        ("alerts", "alerts", "nobody is told of mailings"),
    ] {
        sqlx::query("update followers set error = 'position 9: no such event' where name = $1")
            .bind(name)
            .execute(&database.pool)
            .await
            .expect("changed");
        let (_, states, printed) = diagnosis(doctor()).await;
        assert_eq!(state(&states, check), "problem", "{printed}");
        assert!(printed.contains(told), "{printed}");
    }

    // A program that is older than the database.
    sqlx::query(
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
         values (9999, 'from the future', true, '', 0)",
    )
    .execute(&database.pool)
    .await
    .expect("changed");
    let (code, states, printed) = diagnosis(doctor()).await;
    assert_eq!((code, state(&states, "migrations")), (Some(1), "problem"), "{printed}");
    assert_eq!(state(&states, "read models"), "unknown", "{printed}");
    // A database that is older than the program, and one that is empty.
    sqlx::query("delete from _sqlx_migrations where version >= 9").execute(&database.pool).await.expect("changed");
    let (_, states, printed) = diagnosis(doctor()).await;
    assert_eq!(state(&states, "migrations"), "problem", "{printed}");
    assert!(printed.contains("not applied"), "{printed}");
    sqlx::query("drop table _sqlx_migrations").execute(&database.pool).await.expect("changed");
    let (_, _, printed) = diagnosis(doctor()).await;
    assert!(printed.contains("no migration was applied yet"), "{printed}");
    let tables: bool = sqlx::query_scalar("select to_regclass('_sqlx_migrations') is null")
        .fetch_one(&database.pool)
        .await
        .expect("readable");
    assert!(tables, "the doctor migrates nothing");
}

#[tokio::test]
async fn who_does_not_answer_is_named_and_the_rest_is_checked_all_the_same() {
    // A port on which nobody listens.
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let doctor = skymailing(&["doctor", "--json"])
        .set("DATABASE_URL", format!("postgres://ann:s3cret@{free}/mail"))
        .set("SMTP_URL", format!("smtp://{free}?name=first smtp://{free}?name=second"));
    let (code, states, printed) = diagnosis(doctor).await;

    assert_eq!(code, Some(1));
    for (name, expected) in [
        ("settings", "ok"),
        ("mail server first", "problem"),
        ("mail server second", "problem"),
        ("database", "problem"),
        ("migrations", "unknown"),
        ("administrators", "unknown"),
    ] {
        assert_eq!(state(&states, name), expected, "{name}: {printed}");
    }
    assert!(!printed.contains("s3cret"), "{printed}");
}

#[tokio::test]
async fn settings_that_do_not_fit_together_are_told() {
    let server = SmtpServer::start(Offers::default()).await;
    let doctor = doctor("postgres://127.0.0.1:1/mail", &server);

    let everywhere = doctor.clone().set("HTTP_ADDR", "0.0.0.0:8080");
    let (_, states, printed) = diagnosis(everywhere.clone()).await;
    assert_eq!(state(&states, "settings"), "problem", "{printed}");
    assert!(printed.contains("set PUBLIC_URL"), "{printed}");
    assert_eq!(state(&states, "links"), "ok", "they are for this machine: {printed}");
    let (_, states, _) = diagnosis(everywhere.clone().set("PUBLIC_URL", "https://mail.example.org")).await;
    assert_eq!((state(&states, "settings"), state(&states, "links")), ("ok", "ok"));
    let (_, states, printed) = diagnosis(everywhere.set("PUBLIC_URL", "http://mail.example.org")).await;
    assert_eq!((state(&states, "settings"), state(&states, "links")), ("ok", "warning"), "{printed}");
    assert!(printed.contains("no one-click unsubscribe"), "{printed}");

    // Asks for a mail server that nobody runs; the answer is there before it matters.
    let far = doctor.set("SMTP_URL", "smtp://mail.invalid:25").set("SMTP_CONNECT_TIMEOUT", "1s");
    let (_, states, printed) = diagnosis(far.clone()).await;
    assert_eq!(state(&states, "settings"), "problem", "{printed}");
    assert!(printed.contains("set MAIL_FROM"), "{printed}");
    let (_, states, _) = diagnosis(far.set("MAIL_FROM", "Ann <ann@example.org>")).await;
    assert_eq!((state(&states, "settings"), state(&states, "sender")), ("ok", "unknown"), "nobody answers");
}

#[tokio::test]
async fn where_there_is_no_database_none_is_made() {
    let server = SmtpServer::start(Offers::default()).await;
    let home = tempfile::tempdir().expect("a folder");
    let doctor = skymailing(&["doctor", "--json"]).set("SMTP_URL", format!("smtp://{}", server.address()));

    let (code, states, printed) = diagnosis(doctor.set("DATA_DIR", home.path().to_string_lossy())).await;

    assert_eq!((code, state(&states, "database")), (Some(1), "problem"), "{printed}");
    assert!(printed.contains("there is no database yet"), "{printed}");
    let left = std::fs::read_dir(home.path()).expect("readable").count();
    assert_eq!(left, 0, "nothing is made");
}

#[tokio::test]
async fn a_token_is_tried_and_what_is_wrong_with_it_is_told_without_it() {
    let database = crate::support::database().await;
    let offers = Offers { token: Some(("ann", "s3cret")), mechanisms: "XOAUTH2", ..Offers::default() };
    let server = SmtpServer::start(offers).await;
    for (source, state_of, words) in [
        ("token_command=echo+s3cret", "ok", "answers"),
        ("token_command=echo+wr0ng", "problem", "token not accepted"),
        ("token_command=echo+s3cret;+false", "problem", "the command of token_command= failed (exit status: 1)"),
    ] {
        let url = format!("smtp://ann@{}?auth=xoauth2&{source}", server.address());
        let (_, states, printed) = diagnosis(doctor(&database.url, &server).set("SMTP_URL", url)).await;
        assert_eq!(state(&states, "mail server default"), state_of, "{printed}");
        assert!(printed.contains(words) && !printed.contains("s3cret") && !printed.contains("wr0ng"), "{printed}");
    }
    assert!(server.received().is_empty());
}
