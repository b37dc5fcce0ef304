//! The way of a letter of the service itself, from the wish to the outcome.

use crate::support::letters::{decoded, link_in};
use crate::support::service::{Service, Working, found, metadata};
use crate::support::smtp_server::{Act, Gate, Offers, Received, SmtpServer, Turn};
use chrono::{DateTime, TimeDelta, Utc};
use domain::notice::{Command, Kind, Notice, Request};
use domain::sender::{self, Sender};
use domain::{EmailAddress, FullName, Language, NoticeId, SenderId, TimeZone, UserId, user};
use projections::columns::Word;
use projections::notices::{Settled, Status};
use projections::{Projection, notices, rebuild};
use sqlx::PgPool;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use uuid::Uuid;

async fn started() -> (Service, SmtpServer) {
    (Service::start().await, SmtpServer::start(Offers::default()).await)
}

const ANNA: &str = "anna@example.net";

/// Asks for a letter to Anna.
async fn ask(service: &Service, kind: Kind, language: Language) -> NoticeId {
    ask_for(service, ANNA, kind, language).await
}

async fn ask_for(service: &Service, to: &str, kind: Kind, language: Language) -> NoticeId {
    ask_about(service, UserId(Uuid::now_v7()), to, kind, language).await
}

async fn ask_about(service: &Service, user: UserId, to: &str, kind: Kind, language: Language) -> NoticeId {
    let id = NoticeId(Uuid::now_v7());
    let request = Request {
        user,
        kind,
        to: EmailAddress::parse(to).expect("an address"),
        full_name: FullName::parse("Anna Petrova").expect("a name"),
        language,
    };
    let store = &service.node.services.store;
    store.execute::<Notice>(id.0, Command::Request(request), &metadata()).await.expect("it may be asked for");
    id
}

async fn verify(service: &Service) -> NoticeId {
    ask(service, Kind::VerifyEmail, Language::En).await
}

/// Waits until the notice's row is as expected.
async fn notice_where(pool: &PgPool, id: NoticeId, holds: impl Fn(&notices::Notice) -> bool) -> notices::Notice {
    found("the notice is as expected", async || notices::get(pool, id).await.ok()?.filter(|notice| holds(notice))).await
}

/// Waits until it has its outcome.
async fn settled(service: &Service, id: NoticeId) -> notices::Notice {
    notice_where(&service.database.pool, id, |notice| notice.status == Status::Settled).await
}

async fn outcome(service: &Service, id: NoticeId) -> &'static str {
    settled(service, id).await.outcome.expect("what is settled has an outcome").word()
}

/// The token of the link in an English letter.
fn token(received: &Received, page: &str) -> String {
    let link = link_in(received, page);
    let (begin, token) = link.split_once("?token=").expect("a link has a token");
    assert_eq!(begin, format!("https://mail.example.com/account/{page}"));
    token.to_owned()
}

/// What a token opens.
async fn opens(service: &Service, token: &str) -> Option<(Uuid, String, String, DateTime<Utc>)> {
    sqlx::query_as(
        "select notice_id, kind, email, expires_at from links
          where token_hash = sha256(convert_to($1, 'UTF8')) and used_at is null",
    )
    .bind(token)
    .fetch_optional(&service.database.pool)
    .await
    .expect("links can be read")
}

async fn hashes(service: &Service) -> Vec<Vec<u8>> {
    sqlx::query_scalar("select token_hash from links").fetch_all(&service.database.pool).await.expect("hashes")
}

#[tokio::test]
async fn a_letter_arrives_with_a_link_that_opens_what_it_was_asked_for() {
    let (service, server) = started().await;
    let engine = service.work(&server);
    // Whose address is not proven yet, is greeted by no name: a stranger may have chosen it.
    for (kind, page, hours, greeting) in [
        (Kind::VerifyEmail, "verify", 72, "Hello!"),
        (Kind::RecoverPassword, "recover", 1, "Hello, Anna Petrova!"),
        (Kind::ConfirmEmailChange, "email", 24, "Hello!"),
    ] {
        let before = server.received().len();
        let id = ask(&service, kind.clone(), Language::En).await;

        assert_eq!(outcome(&service, id).await, "accepted");

        let letter = server.received().pop().expect("a letter");
        assert_eq!((server.received().len(), letter.recipient.contains(ANNA)), (before + 1, true));
        assert!(decoded(&letter).contains(&format!("\r\n\r\n{greeting}\r\n")), "{}", decoded(&letter));
        assert_eq!(decoded(&letter).contains("Anna Petrova"), greeting.contains("Anna"));
        let opened = opens(&service, &token(&letter, page)).await.expect("the link works");
        let ends = service.clock.now() + TimeDelta::hours(hours);
        assert_eq!(opened, (id.0, kind.name().to_owned(), ANNA.to_owned(), ends));
    }
    engine.stop().await;
}

#[tokio::test]
async fn a_letter_is_in_its_addressees_language_and_one_without_a_link_makes_none() {
    let (service, server) = started().await;
    let engine = service.work(&server);

    let id = ask(&service, Kind::PasswordChanged, Language::Ru).await;

    assert_eq!(outcome(&service, id).await, "accepted");
    let letter = decoded(&server.received()[0]);
    // "Здравствуйте", as base64 writes it at the beginning of a text.
    assert!(letter.contains("\r\n\r\n0JfQtNGA0LDQstGB0YLQstGD0LnRgtC1"), "{letter}");
    assert!(hashes(&service).await.is_empty());
    engine.stop().await;
}

#[tokio::test]
async fn a_letter_that_is_put_off_is_tried_again_under_the_same_message_id_and_only_its_last_link_counts() {
    let (service, server) = started().await;
    server.play(|turn| if matches!(turn, Turn::Body(_)) { Act::Say("451 4.7.1 try later") } else { Act::Usual });
    let engine = service.work(&server);
    let id = verify(&service).await;
    let first = notice_where(&service.database.pool, id, |notice| notice.attempts == 1).await;
    assert_eq!((first.status, first.code), (Status::Waiting, Some(451)));
    let first_hashes = hashes(&service).await;

    server.play(|_| Act::Usual);
    // The clock stands still, so only turning it ends the pause.
    service.clock.advance(TimeDelta::minutes(6));

    let last = settled(&service, id).await;
    assert_eq!((last.outcome, last.attempts), (Some(Settled::Accepted), 2));
    let received = server.received();
    assert_eq!(received.len(), 1);
    assert!(first.message_id.is_some() && first.message_id == last.message_id);
    let header = format!("Message-ID: {}\r\n", last.message_id.expect("an id"));
    assert!(decoded(&received[0]).contains(&header), "{header}");
    assert!(opens(&service, &token(&received[0], "verify")).await.is_some());
    let last_hashes = hashes(&service).await;
    assert_eq!((first_hashes.len(), last_hashes.len()), (1, 1), "one link for a notice");
    assert_ne!(first_hashes, last_hashes);
    engine.stop().await;
}

#[tokio::test]
async fn a_link_that_was_asked_for_before_a_password_or_address_was_changed_never_works() {
    let (service, server) = started().await;
    let store = &service.node.services.store;
    let other = EmailAddress::parse("new-anna@example.net").expect("an address");
    for (number, change) in
        [user::Command::ChangePassword, user::Command::ChangeEmail { email: other }].into_iter().enumerate()
    {
        let user = UserId(Uuid::now_v7());
        let register = user::Command::Register {
            email: EmailAddress::parse(&format!("anna{number}@example.net")).expect("an address"),
            full_name: FullName::parse("Anna").expect("a name"),
            time_zone: TimeZone::UTC,
            language: Language::En,
        };
        store.execute::<user::User>(user.0, register, &metadata()).await.expect("registered");
        store.execute::<user::User>(user.0, user::Command::VerifyEmail, &metadata()).await.expect("verified");
        let kinds = [Kind::RecoverPassword, Kind::ConfirmEmailChange];
        let mut before = Vec::new();
        for kind in kinds.clone() {
            before.push(ask_about(&service, user, ANNA, kind, Language::En).await);
        }
        // The letters wait for their turn while it happens.
        store.execute::<user::User>(user.0, change, &metadata()).await.expect("changed");
        let mut after = Vec::new();
        for kind in kinds {
            after.push(ask_about(&service, user, ANNA, kind, Language::En).await);
        }
        let received = server.received().len();
        let engine = service.work(&server);
        for id in before {
            let refused = settled(&service, id).await;
            assert_eq!(refused.outcome, Some(Settled::Rejected));
            assert!(refused.reply.is_some_and(|reply| reply.contains("its link was void")));
        }
        for id in &after {
            assert_eq!(outcome(&service, *id).await, "accepted");
        }
        engine.stop().await;
        assert_eq!(server.received().len(), received + 2);
        let work: Vec<Uuid> = sqlx::query_scalar("select notice_id from links where user_id = $1 and used_at is null")
            .bind(user.0)
            .fetch_all(&service.database.pool)
            .await
            .expect("links can be read");
        assert_eq!(work.len(), 2);
        assert!(after.iter().all(|id| work.contains(&id.0)));
    }
}

#[tokio::test]
async fn a_link_for_a_sender_that_was_asked_for_before_its_address_was_revoked_never_works() {
    let (service, server) = started().await;
    let store = &service.node.services.store;
    let owner = UserId(Uuid::now_v7());
    let address = || EmailAddress::parse(ANNA).expect("an address");
    let tell = async |id: SenderId, command: sender::Command| {
        store.execute::<Sender>(id.0, command, &metadata()).await.expect("it may be done");
    };
    let create = || sender::Command::Create { owner, name: FullName::default(), address: address(), reply_to: None };
    let link = async |sender: SenderId| {
        let kind = Kind::VerifySender { sender, name: FullName::default(), address: address(), owner: None };
        ask_about(&service, owner, ANNA, kind, Language::En).await
    };
    let [first, second] = [(); 2].map(|()| SenderId(Uuid::now_v7()));
    tell(first, create()).await;
    // A link for one that is deleted would show the address for the one that is made once more.
    let mut before = vec![link(first).await];
    tell(first, sender::Command::Delete { by: owner }).await;
    tell(second, create()).await;
    before.push(link(second).await);
    // The letters wait for their turn while it happens.
    let at = service.clock.now();
    tell(second, sender::Command::Revoke { reason: "not theirs".to_owned(), at }).await;
    tell(second, sender::Command::Allow { at }).await;
    let after = link(second).await;

    let engine = service.work(&server);
    for id in before {
        let refused = settled(&service, id).await;
        assert_eq!(refused.outcome, Some(Settled::Rejected));
        assert!(refused.reply.is_some_and(|reply| reply.contains("its link was void")));
    }
    assert_eq!(outcome(&service, after).await, "accepted");
    engine.stop().await;
    assert_eq!(server.received().len(), 1);
    let work: Vec<Uuid> = sqlx::query_scalar("select notice_id from links where used_at is null")
        .fetch_all(&service.database.pool)
        .await
        .expect("links can be read");
    assert_eq!(work, [after.0]);
}

#[tokio::test]
async fn a_letter_that_is_put_off_for_an_hour_expires() {
    let (service, server) = started().await;
    server.play(|turn| if matches!(turn, Turn::Rcpt(_)) { Act::Say("450 4.2.1 busy") } else { Act::Usual });
    let engine = service.work(&server);
    let id = verify(&service).await;

    // The pauses are 5, 15 and 45 minutes, and the third one would end too late.
    for (attempts, minutes) in [(1, 5), (2, 15)] {
        notice_where(&service.database.pool, id, |notice| notice.attempts == attempts).await;
        service.clock.advance(TimeDelta::minutes(minutes));
    }

    let expired = settled(&service, id).await;
    assert_eq!((expired.outcome, expired.attempts), (Some(Settled::Expired), 3));
    assert!(server.received().is_empty());
    engine.stop().await;
}

#[tokio::test]
async fn a_letter_that_is_refused_for_good_is_recorded_and_not_tried_again() {
    let (service, server) = started().await;
    server.play(|turn| match turn {
        Turn::Rcpt(to) if to.contains(ANNA) => {
            Act::Say("550 5.1.1 no such user anna (Anna Petrova), anna@example.net here")
        }
        _ => Act::Usual,
    });
    let engine = service.work(&server);
    let id = verify(&service).await;

    let refused = settled(&service, id).await;

    assert_eq!((refused.outcome, refused.enhanced.as_deref()), (Some(Settled::Rejected), Some("5.1.1")));
    assert_eq!(refused.reply.as_deref(), Some("no such user <address> (<name>), <address> here"), "nobody is named");
    server.play(|_| Act::Usual);
    service.clock.advance(TimeDelta::hours(12));
    // Another one has been sent: the engine has looked, and left the first one alone.
    let other = ask_for(&service, "bob@example.net", Kind::VerifyEmail, Language::En).await;
    assert_eq!(outcome(&service, other).await, "accepted");
    assert_eq!(server.accepted_recipients().len(), 1);
    engine.stop().await;
}

#[tokio::test]
async fn an_engine_that_dies_between_the_send_and_the_answer_leaves_the_letter_in_doubt_and_nobody_sends_it_again() {
    let (service, server) = started().await;
    let gate = Gate::new();
    let closed = gate.clone();
    server.play(move |turn| if matches!(turn, Turn::Body(_)) { Act::Wait(closed.clone()) } else { Act::Usual });
    let second = service.second_node().await;
    let dying = service.work(&server);
    let id = verify(&service).await;
    gate.reached_by(1).await;

    drop(dying);
    service.node.close().await.expect("the node dies with it");
    gate.open();
    server.wait_for(1).await;
    let engine = Service::work_with(&second, Service::relay(&server), Service::settings());

    let pool = &service.database.pool;
    let unknown = notice_where(pool, id, |notice| notice.status == Status::Settled).await;
    assert_eq!((unknown.outcome, unknown.attempts), (Some(Settled::Unknown), 1));
    engine.stop().await;
    let received = server.received();
    assert_eq!(received.len(), 1);
    // It did arrive, and so its link works.
    let hash: Option<Uuid> =
        sqlx::query_scalar("select notice_id from links where token_hash = sha256(convert_to($1, 'UTF8'))")
            .bind(token(&received[0], "verify"))
            .fetch_optional(pool)
            .await
            .expect("links can be read");
    assert_eq!(hash, Some(id.0));
}

#[tokio::test]
async fn a_replay_sends_nothing() {
    let (service, server) = started().await;
    let engine = service.work(&server);
    let mut ids = Vec::new();
    for number in 0..5 {
        let to = format!("person{number}@example.net");
        ids.push(ask_for(&service, &to, Kind::RecoverPassword, Language::En).await);
    }
    for id in &ids {
        assert_eq!(outcome(&service, *id).await, "accepted");
    }
    let events = service.events("SendingStarted").await;

    for projection in Projection::ALL {
        rebuild(&service.node.services.store, projection, &metadata(), |_| {}).await.expect("rebuilt");
    }
    // Nor one before the eyes of the engine: for a moment every notice looks as if it waited.
    let mut transaction = service.database.pool.begin().await.expect("a transaction");
    sqlx::query("update notices set status = 'waiting', outcome = null")
        .execute(&mut *transaction)
        .await
        .expect("done");
    transaction.commit().await.expect("committed");
    let other = verify(&service).await;
    assert_eq!(outcome(&service, other).await, "accepted");
    found("the engine has looked at all of them", async || {
        let leases = "select count(*) from notice_leases";
        let leases: i64 = sqlx::query_scalar(leases).fetch_one(&service.database.pool).await.ok()?;
        (leases == 0).then_some(())
    })
    .await;

    engine.stop().await;
    assert_eq!(server.received().len(), 6);
    assert_eq!(service.events("SendingStarted").await, events + 1);
}

#[tokio::test]
async fn two_engines_send_each_letter_once() {
    let (service, server) = started().await;
    let second = service.second_node().await;
    let engines: [Working; 2] =
        [&service.node, &second].map(|node| Service::work_with(node, Service::relay(&server), Service::settings()));
    let mut ids = Vec::new();
    for number in 0..60 {
        ids.push(ask_for(&service, &format!("person{number}@example.net"), Kind::VerifyEmail, Language::En).await);
    }

    for id in ids {
        assert_eq!(outcome(&service, id).await, "accepted");
    }

    for engine in engines {
        engine.stop().await;
    }
    assert_eq!((server.received().len(), server.accepted_recipients().len()), (60, 60));
}

#[tokio::test]
async fn a_letter_waits_for_a_mail_server_that_is_away_and_goes_out_by_itself() {
    let (service, mut server) = started().await;
    server.stop().await;
    let engine = service.work(&server);
    let id = verify(&service).await;
    notice_where(&service.database.pool, id, |notice| notice.message_id.is_some()).await;

    server.start_again().await;

    let sent = settled(&service, id).await;
    assert_eq!((sent.outcome, sent.attempts), (Some(Settled::Accepted), 1));
    engine.stop().await;
}

#[tokio::test]
async fn a_letter_goes_out_while_a_big_mailing_is_being_sent() {
    let (service, server) = started().await;
    let group = service.clients(2_500).await;
    // Not faster than a mail server is, until the letter is there.
    let arrived = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&arrived);
    server.play(move |turn| match turn {
        Turn::Rcpt(to) if to.contains(ANNA) => {
            seen.store(true, Ordering::Release);
            Act::Usual
        }
        Turn::Rcpt(_) if !seen.load(Ordering::Acquire) => Act::After(Duration::from_millis(5)),
        _ => Act::Usual,
    });
    let engine = service.work(&server);
    let mailing = service.mailing(group).await;
    server.wait_for(100).await;

    let id = verify(&service).await;

    assert_eq!(outcome(&service, id).await, "accepted");
    assert_eq!(service.finished(mailing).await.accepted, 2_500);
    let received = server.received();
    assert_eq!(received.len(), 2_501);
    let place = received.iter().position(|letter| letter.recipient.contains(ANNA)).expect("it arrived");
    assert!(place < 2_000, "it did not wait for the mailing's end: it was letter {place}");
    engine.stop().await;
}

/// What is logged, to look through.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("the log is whole").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_token_is_in_an_event_a_table_or_the_log() {
    let log = Log::default();
    let writer = log.clone();
    let everything = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false);
    let _log = tracing::subscriber::set_default(everything.with_writer(move || writer.clone()).finish());
    let (service, server) = started().await;
    // Other tests' threads log nothing, and tracing remembers that of every place that they pass first.
    tracing::callsite::rebuild_interest_cache();
    let engine = service.work(&server);

    let id = verify(&service).await;

    assert_eq!(outcome(&service, id).await, "accepted");
    engine.stop().await;
    let token = token(&server.received()[0], "verify");
    assert_eq!(token.len(), 43, "32 bytes");
    let pool = &service.database.pool;
    let tables: Vec<String> =
        sqlx::query_scalar("select table_name::text from information_schema.tables where table_schema = 'public'")
            .fetch_all(pool)
            .await
            .expect("tables");
    assert!(tables.iter().any(|table| table == "events") && tables.iter().any(|table| table == "links"));
    for table in tables {
        let query = format!("select exists (select from {table} t where strpos(t::text, $1) > 0)");
        let holds: bool = sqlx::query_scalar(&query).bind(&token).fetch_one(pool).await.expect("it can be searched");
        assert!(!holds, "{table} holds the token");
    }
    let log = String::from_utf8(log.0.lock().expect("the log is whole").clone()).expect("text");
    assert!(log.contains("insert into links"), "everything is in this log");
    assert!(!log.contains(&token), "the log holds the token");
}
