//! `statistics`: how many letters went out.

use crate::support::all_read;
use crate::support::feedback::{bounced, complained, full, gone, letter_at};
use crate::support::process::skymailing;
use crate::support::service::{Service, metadata};
use crate::support::smtp_server::{Act, Offers, SmtpServer, Turn};
use acts::who::Operator;
use acts::who::accounts::{self, NewUser};
use chrono::TimeDelta;
use domain::RunId;
use projections::{Access, deliveries};
use serde_json::{Value, json};

const OWNER: &str = "ann@example.com";

#[tokio::test]
async fn attempts_are_counted_by_the_days_of_their_owner_and_by_mailing() {
    let mut service = Service::start().await;
    let new = NewUser {
        email: OWNER.to_owned(),
        full_name: "Ann".to_owned(),
        time_zone: "Asia/Tokyo".to_owned(),
        language: domain::Language::En,
        password: "correct horse battery".into(),
        roles: vec![],
    };
    let (owner, _) = accounts::create_user(&service.node.services, Operator::of_this_host(), new, &metadata())
        .await
        .expect("an account");
    service.owner = owner;
    let server = SmtpServer::start(Offers::default()).await;
    server.play(|turn| match turn {
        Turn::Rcpt("client0@example.org") => Act::Say("550 5.1.1 no such mailbox"),
        _ => Act::Usual,
    });
    let engine = service.work(&server);
    let mailing = service.mailing(service.clients(3).await).await;
    service.finished(mailing).await;
    engine.stop().await;
    // One of the letters that were taken came back two days later, and its recipient complained of it, whoever that was.
    let run = RunId(service.runs(mailing).await.remove(0).id);
    let sent = deliveries::Filter::with(&[domain::Outcome::Accepted]);
    let accepted = all_read(deliveries::page(&service.database.pool, Access::All, run, &sent, None, 1).await);
    let letter = letter_at(&service.database.pool, run, accepted[0].ordinal.unsigned_abs()).await;
    service.clock.advance(TimeDelta::days(2));
    let services = &service.node.services;
    bounced(services, letter, "1", full()).await;
    bounced(services, letter, "2", gone()).await;
    complained(services, letter, "3").await;
    let Service { node, database, .. } = service;
    node.close().await.expect("it was there only to send");
    let statistics = |more: &[&'static str]| {
        let arguments = [&["statistics", "--owner", OWNER], more].concat();
        skymailing(&arguments).set("DATABASE_URL", database.url.clone())
    };

    let days = ["--from", "2026-05-03", "--to", "2026-05-04"];
    let printed = statistics(&[&days[..], &["--json"]].concat()).succeeds().await;
    let none = json!({ "succeeded": 0, "failed": 0, "rejected": 0, "deferred": 0, "unknown": 0 });
    let all = json!({ "succeeded": 2, "failed": 1, "rejected": 1, "deferred": 0, "unknown": 0 });
    let [nothing_back, all_back] =
        [0, 1].map(|number| json!({ "bounced": number, "softBounced": 0, "complained": number }));
    assert_eq!(
        serde_json::from_str::<Value>(&printed).expect("JSON"),
        json!({
            "timeZone": "Asia/Tokyo",
            "total": all,
            "suppressed": {},
            "cameBack": all_back,
            "periods": [
                { "startsAt": "2026-05-02T15:00:00Z", "endsAt": "2026-05-03T15:00:00Z", "attempts": none,
                  "suppressed": {}, "cameBack": nothing_back },
                { "startsAt": "2026-05-03T15:00:00Z", "endsAt": "2026-05-04T15:00:00Z", "attempts": all,
                  "suppressed": {}, "cameBack": all_back },
            ],
            "mailings": [{ "mailing": mailing, "name": "Spring", "attempts": all, "cameBack": all_back }],
        })
    );
    let table = statistics(&days).succeeds().await;
    let line = |name: &str| {
        let line = table.lines().find(|line| line.starts_with(name)).expect("a line");
        line.split_whitespace().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(line("2026-05-04"), ["2", "1", "1", "0", "0", "1", "1"]);
    assert_eq!(line("2026-05-03"), ["0"; 7]);
    assert_eq!(line("all"), line("2026-05-04"));
    assert!(table.trim_end().ends_with("“Spring”: 2 succeeded, 1 failed, 1 bounced, 1 complained"), "{table}");
    let month = statistics(&["--from", "2026-05-01", "--to", "2026-05-01", "--by", "month"]).succeeds().await;
    assert!(month.contains("\n2026-05-01          2          1"), "{month}");

    // Nothing in the last 30 days, and nobody else.
    let recent = statistics(&["--json"]).succeeds().await;
    let recent: Value = serde_json::from_str(&recent).expect("JSON");
    assert_eq!((&recent["total"], recent["periods"].as_array().map(Vec::len)), (&none, Some(31)));
    for (wrong, reason) in [
        (&["--from", "2026-05-02", "--to", "2026-05-01"][..], "--from 2026-05-02 is after --to 2026-05-01"),
        (&["--from", "1900-01-01"][..], "more than 3660 periods"),
    ] {
        let ended = statistics(wrong).run().await;
        assert_eq!(ended.code, Some(1));
        assert!(ended.err.contains(reason), "{}", ended.err);
    }
    let arguments = ["statistics", "--owner", "eve@example.com"];
    let ended = skymailing(&arguments).set("DATABASE_URL", database.url.clone()).run().await;
    assert!(ended.err.contains("there is no user eve@example.com"), "{}", ended.err);
}
