//! Keys that are changed while letters go out, and keys that cannot be used.

use super::{OWN, Stage, ed25519, master_key, settings};
use crate::support::process::skymailing;
use crate::support::service::{Service, Working, found, metadata};
use crate::support::smtp_server::{Act, Gate, Turn};
use acts::senders::Rewrapped;
use acts::who::Operator;
use dkim::MasterKey;
use domain::mailing;
use domain::notice::{Command, Kind, Notice, Request};
use domain::sender_domain::{self, Selector};
use domain::{FullName, Language, MailingId, NoticeId, UserId};
use projections::notices::{self, Settled};
use projections::runs::Status;
use projections::sealed_keys;
use scheduler::Settings;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use uuid::Uuid;

/// More clients than one batch has, and more letters than are promised at once.
const CLIENTS: usize = 620;

/// After so many letters the mail server waits.
const FIRST: usize = 20;

/// After this, an engine knows of a new key. It looks every second.
const KNOWN: Duration = Duration::from_millis(1_200);

/// A domain with a key, and a run in the middle: some letters have arrived, and the mail server waits at the gate.
async fn in_the_middle() -> (Stage, MailingId, Gate, Working) {
    let mut stage = Stage::start().await;
    stage.add_domain(OWN).await;
    stage.key(OWN, "s1", &ed25519()).await;
    let (gate, arrived) = (Gate::new(), AtomicUsize::new(0));
    let at = gate.clone();
    stage.server.play(move |turn| match turn {
        Turn::Body(_) if arrived.fetch_add(1, Ordering::Relaxed) >= FIRST => Act::Wait(at.clone()),
        _ => Act::Usual,
    });
    let group = stage.service.clients(CLIENTS).await;
    let engine = stage.work();
    let mailing = stage.service.mailing(group).await;
    gate.reached_by(1).await;
    (stage, mailing, gate, engine)
}

#[tokio::test]
async fn a_key_that_takes_the_place_of_another_signs_the_rest_of_a_run_that_is_under_way() {
    let (mut stage, mailing, gate, engine) = in_the_middle().await;

    stage.key(OWN, "s2", &ed25519()).await;
    tokio::time::sleep(KNOWN).await;
    gate.open();

    assert_eq!(stage.service.finished(mailing).await.accepted, CLIENTS as u64);
    engine.stop().await;
    let mut signed: BTreeMap<String, usize> = BTreeMap::new();
    for received in stage.server.received() {
        let selectors = stage.selectors(&received, OWN).await;
        let [selector] = selectors.as_slice() else { panic!("one key at a time: {selectors:?}") };
        *signed.entry(selector.clone()).or_default() += 1;
    }
    // Those that were promised before are signed with the key that there was.
    assert!(signed["s1"] >= FIRST && signed["s2"] > CLIENTS / 4, "{signed:?}");
    assert_eq!(signed.values().sum::<usize>(), CLIENTS);
}

#[tokio::test]
async fn a_key_that_does_not_open_stops_a_run_that_is_under_way_and_nothing_goes_out_unsigned() {
    let (mut stage, mailing, gate, engine) = in_the_middle().await;

    stage.broken_key(OWN, "s2").await;
    tokio::time::sleep(KNOWN).await;
    gate.open();

    let reason = stage.suspended(mailing).await;
    assert!(reason.contains(OWN) && reason.contains("s2"), "{reason}");
    assert!(stage.server.count() < CLIENTS);

    // Somebody goes back to the key that there was, and the run goes on.
    let selector = Selector::parse("s1").expect("a name");
    let at = stage.service.clock.now();
    stage.tell_domain(OWN, sender_domain::Command::Activate { selector, at }).await;
    tokio::time::sleep(KNOWN).await;
    resume(&stage, mailing).await;
    assert_eq!(stage.service.finished(mailing).await.accepted, CLIENTS as u64);
    engine.stop().await;
    let received = stage.server.received();
    assert_eq!(received.len(), CLIENTS, "nobody gets it twice");
    for letter in received {
        assert_eq!(stage.selectors(&letter, OWN).await, ["s1"]);
    }
}

async fn resume(stage: &Stage, mailing: MailingId) {
    stage.service.tell(mailing, mailing::Command::Resume { by: stage.service.owner }).await;
}

/// Settings with the wrong master key, and with none.
fn unfit() -> [Settings; 2] {
    [Some(master_key(9)), None].map(|master_key| Settings { master_key, ..settings() })
}

#[tokio::test]
async fn whoever_cannot_open_the_keys_of_a_domain_leaves_its_mailings_to_those_who_can_and_stops_none() {
    for unfit in unfit() {
        let mut stage = Stage::start().await;
        stage.add_domain(OWN).await;
        stage.key(OWN, "s1", &ed25519()).await;
        let service = &stage.service;
        let mailing = service.mailing(service.clients(3).await).await;
        let wrong = stage.work_with(unfit);
        // It has planned the run, and nobody else is there to send it.
        service.run_where(mailing, |run| run.status == Status::Sending && run.planned == 3).await;
        assert_eq!(stage.server.count(), 0);

        let right = stage.work();
        assert_eq!(service.finished(mailing).await.accepted, 3);
        wrong.stop().await;
        right.stop().await;
        assert_eq!(service.events("Suspended").await, 0, "it is the process that is wrong, and not the key");
        assert_eq!(stage.server.count(), 3, "nobody gets it twice");
        for letter in stage.server.received() {
            assert_eq!(stage.selectors(&letter, OWN).await, ["s1"]);
        }
    }
}

#[tokio::test]
async fn a_master_key_takes_the_place_of_another_all_at_once_or_not_at_all() {
    let mut stage = Stage::start().await;
    for (domain, selector) in [(OWN, "s1"), ("aurora.example", "s1")] {
        stage.add_domain(domain).await;
        stage.key(domain, selector, &ed25519()).await;
    }
    let (pool, services) = (stage.service.database.pool.clone(), stage.service.node.services.clone());
    let under = async || sealed_keys::fingerprints(&pool).await.expect("fingerprints");
    let (old, new) = (master_key(1), master_key(3));
    let rewrap = async |old: &MasterKey, new: &MasterKey| {
        let by = Operator::of_this_host().administrator().right();
        acts::senders::rewrap(&services, by, old, new, || Ok(())).await
    };
    // What an older program has sealed is noted by whoever can open it, and by nobody else.
    sqlx::query("update sealed_keys set sealed_under = null").execute(&pool).await.expect("updated");
    for (key, noted) in [(master_key(9), vec![]), (old.clone(), vec![old.fingerprint()])] {
        acts::senders::note_fingerprints(&pool, &key).await.expect("noted");
        assert_eq!(under().await, noted);
    }

    // Not one is sealed anew if one of them cannot be.
    stage.add_domain("lost.example").await;
    stage.key_sealed("lost.example", "s9", &ed25519(), 9).await;
    let error = rewrap(&old, &new).await.expect_err("one does not open").to_string();
    assert!(error.contains("the key s9 of lost.example") && error.contains(&master_key(9).fingerprint()), "{error}");
    assert!(!under().await.contains(&new.fingerprint()), "nothing was changed");
    sqlx::query("delete from sealed_keys where selector = 's9'").execute(&pool).await.expect("deleted");

    assert_eq!(rewrap(&old, &new).await.expect("done"), Rewrapped { sealed: 2, already: 0 });
    assert_eq!(rewrap(&old, &new).await.expect("done"), Rewrapped { sealed: 0, already: 2 });
    assert_eq!(under().await, [new.fingerprint()]);
    // Letters are signed by whoever has the new one, with the same keys as before.
    let engine = stage.work_with(Settings { master_key: Some(new), ..settings() });
    let mailing = stage.service.mailing(stage.service.clients(1).await).await;
    assert_eq!(stage.service.finished(mailing).await.accepted, 1);
    engine.stop().await;
    let letter = stage.server.received().pop().expect("a letter");
    assert_eq!(stage.selectors(&letter, OWN).await, ["s1"]);
}

/// Asks for a letter of the service itself.
async fn notice(stage: &Stage) -> NoticeId {
    let request = Request {
        user: UserId(Uuid::now_v7()),
        kind: Kind::PasswordChanged,
        to: super::email("anna@example.net"),
        full_name: FullName::parse("Anna").expect("a name"),
        language: Language::En,
    };
    let (id, services) = (NoticeId(Uuid::now_v7()), &stage.service.node.services);
    let asked = services.store.execute::<Notice>(id.0, Command::Request(request), &metadata()).await;
    assert!(services.shown(asked.expect("it may be asked for").position).await, "the read models follow");
    id
}

#[tokio::test]
async fn whoever_cannot_open_the_keys_of_the_service_leaves_its_own_letters_to_those_who_can_and_uses_up_no_attempt() {
    for unfit in unfit() {
        let mut stage = Stage::start().await;
        stage.add_domain(OWN).await;
        stage.key(OWN, "s1", &ed25519()).await;
        let id = notice(&stage).await;
        let has_work = async |settings: &Settings| {
            let engine = stage.service.node.engine_with([Service::relay(&stage.server)], settings.clone());
            engine.has_work().await.expect("it can be seen")
        };
        assert!(has_work(&settings()).await && !has_work(&unfit).await, "it waits for others, and not for this one");

        let service = &stage.service;
        let wrong = stage.work_with(unfit);
        // It works, and has passed by the letter.
        let mailing = service.mailing(service.clients(1).await).await;
        service.run_where(mailing, |run| run.status == Status::Sending && run.planned == 1).await;
        assert_eq!((service.events("SendingStarted").await, stage.server.count()), (0, 0));

        // The clock stands still: after a pause it would not arrive.
        let right = stage.work();
        let pool = &service.database.pool;
        let sent = found("the letter has its outcome", async || {
            notices::get(pool, id).await.ok()?.filter(|notice| notice.outcome.is_some())
        })
        .await;
        assert_eq!((sent.outcome, sent.attempts), (Some(Settled::Accepted), 1));
        assert_eq!(service.finished(mailing).await.accepted, 1);
        wrong.stop().await;
        right.stop().await;
        for letter in stage.server.received() {
            assert_eq!(stage.selectors(&letter, OWN).await, ["s1"]);
        }
    }
}

#[tokio::test]
async fn a_letter_of_the_service_itself_that_nobody_can_sign_is_put_off_until_there_is_another_key() {
    let mut stage = Stage::start().await;
    stage.add_domain(OWN).await;
    stage.broken_key(OWN, "s1").await;
    let engine = stage.work();
    notice(&stage).await;
    found("it is put off", async || (stage.service.events("AttemptRecorded").await > 0).then_some(())).await;
    assert_eq!(stage.server.count(), 0);

    stage.key(OWN, "s2", &ed25519()).await;
    tokio::time::sleep(KNOWN).await;
    // After the first pause.
    stage.service.clock.advance(chrono::TimeDelta::minutes(6));
    let received = found("the letter arrives", async || stage.server.received().pop()).await;
    engine.stop().await;
    assert_eq!(stage.selectors(&received, OWN).await, ["s2"]);
}

#[tokio::test]
async fn a_mailing_of_another_domain_goes_out_while_one_waits_for_its_keys() {
    let mut stage = Stage::start().await;
    stage.add_domain("broken.example").await;
    stage.broken_key("broken.example", "s1").await;
    stage.add_domain("fine.example").await;
    stage.key("fine.example", "s1", &ed25519()).await;
    let group = stage.service.clients(2).await;
    let broken = stage.verified_sender("Broken", "news@broken.example", None).await;
    let fine = stage.verified_sender("Fine", "news@fine.example", None).await;
    let engine = stage.work();
    let (stopped, sent) = (stage.mailing_from(broken, group).await, stage.mailing_from(fine, group).await);

    assert_eq!(stage.service.finished(sent).await.accepted, 2);
    assert!(stage.suspended(stopped).await.contains("broken.example"));
    engine.stop().await;
    for letter in stage.server.received() {
        assert_eq!(stage.selectors(&letter, "fine.example").await, ["s1"]);
    }
    assert_eq!(stage.server.count(), 2);
}

#[tokio::test]
async fn without_any_domain_nobody_needs_a_master_key() {
    let stage = Stage::start().await;
    let engine = stage.work_with(Service::settings());
    let mailing = stage.service.mailing(stage.service.clients(1).await).await;
    assert_eq!(stage.service.finished(mailing).await.accepted, 1);
    engine.stop().await;
}

#[tokio::test]
async fn the_doctor_names_the_domains_that_send_nothing_and_never_a_key() {
    let mut stage = Stage::start().await;
    stage.add_domain("aurora.example").await;
    stage.key("aurora.example", "s1", &ed25519()).await;
    let doctor = || {
        let doctor = skymailing(&["doctor", "--json"]).set("DATABASE_URL", &stage.service.database.url);
        doctor.set("SMTP_URL", format!("smtp://{}", stage.server.address())).set("DNS_SERVER", "127.0.0.1:9")
    };
    for (number, state, told) in
        [(Some(1), "ok", "are signed"), (Some(2), "problem", "do not open"), (None, "problem", "do not open")]
    {
        let key = number.map(|number| format!("{number:02x}").repeat(32));
        let doctor = key.iter().fold(doctor(), |doctor, key| doctor.set("MASTER_KEY", key));
        let ended = doctor.run().await;
        let answer: serde_json::Value = serde_json::from_str(&ended.out).expect("JSON");
        let check =
            answer["checks"].as_array().and_then(|checks| checks.iter().find(|check| check["name"] == "signing"));
        let check = check.expect("it is looked at");
        let finding = check["finding"].as_str().unwrap_or_default();
        assert!(check["state"] == state && finding.contains(told), "{check}");
        assert!(finding.contains("aurora.example"), "{check}");
        assert!(key.is_none_or(|key| !ended.out.contains(&key) && !ended.err.contains(&key)), "a secret is told");
    }
}
