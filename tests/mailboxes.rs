//! One mailbox, however it is spelled: in one address book once, in a run once, and on the wire as its server knows it.

use crate::support::all_read;
use crate::support::letters::without_footer;
use crate::support::service::{Service, metadata};
use crate::support::smtp_server::{Offers, SmtpServer};
use domain::client::{self, Client};
use domain::{EmailAddress, GroupId, RunId};
use eventstore::{EventStore, ExecuteError, Respelled};
use projections::deliveries::Suppressed;
use projections::{Access, deliveries, mailboxes, reports};
use sqlx::PgPool;
use uuid::Uuid;

fn key(address: &str) -> String {
    EmailAddress::taken(address).key()
}

async fn run_sql(pool: &PgPool, statement: &str) {
    sqlx::raw_sql(statement).execute(pool).await.expect(statement);
}

async fn numbers(pool: &PgPool, query: &str) -> Vec<i64> {
    sqlx::query_scalar(query).fetch_all(pool).await.expect(query)
}

/// A client whom no claim keeps from being there beside others, as in the time before.
async fn client_of_before(service: &Service, email: &str, group: GroupId) -> domain::ClientId {
    run_sql(&service.database.pool, "delete from claims where kind = 'client-email'").await;
    service.client(email, "", &[group]).await
}

/// What the database looks like that a program of before has left, after the migrations.
async fn as_before(pool: &PgPool) {
    run_sql(
        pool,
        "delete from claims where kind = 'client-email';
         insert into claims (kind, scope, value, aggregate_type, aggregate_id)
         select 'client-email', owner_id::text, lower(email), 'client', id::text from clients;
         update clients set mailbox = null;
         delete from client_addresses;
         insert into client_addresses select lower(email), count(*) from clients group by 1;
         update client_numbers set addresses = (select count(*) from client_addresses);
         delete from work_done;",
    )
    .await;
}

#[tokio::test]
async fn clients_of_before_with_one_mailbox_are_counted_once_told_and_get_one_letter() {
    let (service, server) = (Service::start().await, SmtpServer::start(Offers::default()).await);
    let pool = &service.database.pool;
    let store = EventStore::new(pool.clone());
    let group = service.group("Everybody").await;
    let mut ids = Vec::new();
    for email in [
        "anna@xn--e1afmkfd.xn--p1ai",
        "Anna@Пример.рф",
        "full@ｂirch.example",
        "full@birch.example",
        "zoe@zoé.example",
        "zoe@zoe\u{301}.example",
        "solo@пример.рф",
        "plain@example.com",
    ] {
        ids.push(client_of_before(&service, email, group).await);
    }
    as_before(pool).await;

    for moved in [2, 0] {
        let respelled = store.respell_addresses(key).await.expect("respelled");
        assert_eq!(respelled, Respelled { moved, doubles: 3 });
        mailboxes::respell(pool).await.expect("respelled");
        assert_eq!(store.addresses_of_old_spelling(key).await.expect("counted"), 3);
        assert_eq!(numbers(pool, "select addresses from client_numbers").await, [5]);
        assert_eq!(numbers(pool, "select clients from client_addresses order by email_key").await, [2, 2, 1, 1, 2]);
        assert_eq!(numbers(pool, "select count(*) from clients where mailbox is not null").await, [5]);
    }

    let engine = service.work(&server);
    let mailing = service.mailing(group).await;
    let totals = service.finished(mailing).await;
    assert_eq!((totals.planned, totals.accepted, totals.suppressed), (8, 5, 3));
    assert!(totals.add_up());
    assert_eq!(server.received().len(), 5, "each mailbox gets one letter");
    let run = service.runs(mailing).await.pop().expect("a run");
    let filter = deliveries::Filter::with(&[domain::Outcome::Suppressed]);
    let suppressed = all_read(deliveries::page(pool, Access::All, RunId(run.id), &filter, None, 10).await);
    let double = Some(Suppressed::SameMailbox);
    let left_out: Vec<_> = suppressed.iter().map(|one| (one.email.as_str(), one.suppression, one.attempts)).collect();
    assert_eq!(
        left_out,
        [("Anna@Пример.рф", double, 0), ("full@birch.example", double, 0), ("zoe@zoe\u{301}.example", double, 0)]
    );
    let all = deliveries::page(pool, Access::All, RunId(run.id), &deliveries::Filter::default(), None, 10).await;
    assert_eq!(all_read(all).iter().filter(|one| one.suppression == double).count(), 3);
    let report = reports::get(pool, Access::All, RunId(run.id)).await.expect("readable").expect("a report");
    assert!(report.succeeded(), "{report:?}");
    let sentence = "3 were left out, because another recipient has the same mailbox.";
    assert!(
        acts::mailings::reports::text(&report, domain::Language::En).lines().any(|line| line == sentence),
        "{report:?}"
    );
    let recipients: Vec<String> = server.accepted_recipients().into_iter().collect();
    let expected = [
        "anna@xn--e1afmkfd.xn--p1ai",
        "full@birch.example",
        "plain@example.com",
        "solo@xn--e1afmkfd.xn--p1ai",
        "zoe@xn--zo-cja.example",
    ];
    assert_eq!(recipients, expected);
    engine.stop().await;

    // One of two who share a mailbox goes, and takes nothing along that is the other one's.
    service.tell_client(ids[1], client::Command::Delete { by: service.owner }).await;
    assert_eq!(store.addresses_of_old_spelling(key).await.expect("counted"), 2);
    let details = client::Details {
        email: EmailAddress::parse("ANNA@ПРИМЕР.рф").expect("an address"),
        full_name: domain::FullName::default(),
        first_name: domain::FullName::default(),
        last_name: domain::FullName::default(),
        comment: String::new(),
        fields: client::Fields::new(),
    };
    let source = client::Source::Person;
    let add = client::Command::Add { owner: service.owner, details, groups: [].into(), source };
    let refused = store.create::<Client>(Uuid::now_v7(), add, &metadata()).await.expect_err("it is there");
    let ExecuteError::Refused(client::Error::EmailTaken { email }) = refused else { panic!("{refused:?}") };
    assert_eq!(email, "anna@пример.рф", "told as people read it");
    assert_eq!(numbers(pool, "select addresses from client_numbers").await, [5]);
}

#[tokio::test]
async fn clients_of_before_search_folded_texts_are_found_and_what_they_are_found_by_is_filled_in_once() {
    let service = Service::start().await;
    let pool = &service.database.pool;
    for (email, name) in [
        ("zoe@example.com", "Zoe\u{301}"),
        ("elka@example.com", "Ёлка"),
        ("plain@example.com", "Ann"),
        ("a@пример.рф", ""),
    ] {
        service.client(email, name, &[]).await;
    }
    let mut letters = Vec::new();
    for (subject, text) in [("Zoe\u{301}", "Ann"), ("Ann", "Ёлка"), ("Plain", "plain")] {
        let content = domain::message::Content::parse(subject, text, None).expect("a letter");
        let create = domain::message::Command::Create { owner: service.owner, content };
        let id = Uuid::now_v7();
        let store = &service.node.services.store;
        store.execute::<domain::message::Message>(id, create, &metadata()).await.expect("written");
        letters.push(id);
    }
    let plan = service.plan(service.group("Ёж").await).await;
    service.create(plan).await;
    run_sql(
        pool,
        "update clients set found_by = null; update message_revisions set found_by = null; delete from work_done",
    )
    .await;
    let letters_found = async |search: &str| {
        let filter = projections::messages::Filter { search: Some(search.to_owned()), ..Default::default() };
        let found = projections::messages::page(pool, projections::Access::All, &filter, None, 10).await;
        found.expect("found").into_iter().filter(|one| letters.contains(&one.id)).count()
    };
    assert_eq!(letters_found("елка").await, 0, "as before it was filled in");
    let found = async |search: &str| {
        let filter = projections::clients::Filter { search: Some(search.to_owned()), ..Default::default() };
        projections::clients::count(pool, projections::Access::All, &filter).await.expect("counted")
    };
    for filled in [0, 3, 3] {
        assert_eq!(numbers(pool, "select count(*) from clients where found_by is not null").await, [filled]);
        for (search, count) in [("zoé", 1), ("ЕЛКА", 1), ("ann", 1), ("a@xn--e1afmkfd.xn--p1ai", 1), ("nobody", 0)]
        {
            assert_eq!(found(search).await, count, "{search}");
        }
        mailboxes::fill_in_search(pool).await.expect("filled in");
    }
    for (search, count) in [("zoé", 1), ("zoe", 1), ("ЕЛКА", 1), ("ánn", 2), ("PLAIN", 1), ("nobody", 0)] {
        assert_eq!(letters_found(search).await, count, "{search}");
    }
    let filled =
        "select count(*) from message_revisions where found_by is not null and octet_length(text) > char_length(text)";
    assert_eq!(numbers(pool, filled).await, [1]);
}

#[tokio::test]
async fn letters_greet_by_first_and_last_names_of_their_own_in_the_revision_that_was_frozen() {
    let (service, server) = (Service::start().await, SmtpServer::start(Offers::default()).await);
    let group = service.group("Everybody").await;
    let name = |text: &str| domain::FullName::parse(text).expect("a name");
    for (email, full, first, last) in [
        ("a@example.org", "Петрова Анна Сергеевна", "Анна", "Петрова"),
        ("b@example.org", "Nguyễn Thị Lan", "Lan", "Nguyễn"),
        ("c@example.org", "Dr. Karin Beck", "Karin", "Beck"),
        ("d@example.org", "Dora Lind", "", ""),
    ] {
        let id = service.client(email, full, &[group]).await;
        let rename = |first: &str, last: &str| {
            let (by, first_name, last_name) = (service.owner, Some(name(first)), Some(name(last)));
            client::Command::Change { by, email: None, full_name: None, first_name, last_name, comment: None }
        };
        service.tell_client(id, rename("Wrong", "Wrong")).await;
        service.tell_client(id, rename(first, last)).await;
    }
    let content = domain::message::Content::parse("Hello {{first_name}}", "Dear {{last_name|friend}},", None);
    let message = domain::MessageId(Uuid::now_v7());
    let create = domain::message::Command::Create { owner: service.owner, content: content.expect("a letter") };
    let store = &service.node.services.store;
    store.execute::<domain::message::Message>(message.0, create, &metadata()).await.expect("written");
    let plan = domain::mailing::Plan { message, ..service.plan(group).await };
    let engine = service.work(&server);

    let mailing = service.create(plan).await;
    assert_eq!(service.finished(mailing).await.accepted, 4);

    let mut greetings: Vec<(String, String)> = server
        .received()
        .iter()
        .map(|received| {
            let letter = mail_parser::MessageParser::default().parse(&received.letter).expect("a letter");
            let text = without_footer(&letter.body_text(0).unwrap_or_default());
            (letter.subject().unwrap_or_default().to_owned(), text)
        })
        .collect();
    greetings.sort();
    let expected = [("Dora", "friend"), ("Karin", "Beck"), ("Lan", "Nguyễn"), ("Анна", "Петрова")];
    assert_eq!(greetings, expected.map(|(first, last)| (format!("Hello {first}"), format!("Dear {last},"))));
    engine.stop().await;
}

#[tokio::test]
async fn letters_go_to_addresses_whose_letters_have_marks() {
    let (service, server) = (Service::start().await, SmtpServer::start(Offers::default()).await);
    let group = service.group("Everybody").await;
    let addresses = ["संपर्क@example.in", "می\u{200c}خواهم@example.org", "ข้อมูล@example.th"];
    for email in addresses {
        service.client(email, "Asha", &[group]).await;
    }
    let engine = service.work(&server);
    let mailing = service.mailing(group).await;

    assert_eq!(service.finished(mailing).await.accepted, 3);

    let recipients = server.accepted_recipients();
    assert!(addresses.iter().all(|address| recipients.contains(*address)), "{recipients:?}");
    for letter in server.received() {
        assert!(letter.mail.contains(" SMTPUTF8"), "{}", letter.mail);
        let parsed = mail_parser::MessageParser::default().parse(&letter.letter).expect("a letter");
        let to = parsed.to().and_then(|to| to.first()).and_then(|to| to.address());
        assert_eq!(to, Some(letter.recipient.as_str()));
    }
    engine.stop().await;
}

#[tokio::test]
async fn letters_to_quoted_addresses_go_out_with_no_more_marks_than_needed() {
    let (service, server) = (Service::start().await, SmtpServer::start(Offers::default()).await);
    let group = service.group("Everybody").await;
    for email in [
        "\"ann..b\"@example.org",
        "\"ann b\"@пример.рф",
        "\"plain\"@example.org",
        r#""a\"b"@example.org"#,
        "\"<x>@y,z\"@example.org",
    ] {
        service.client(email, "Ann, of \"old\" phones", &[group]).await;
    }
    let engine = service.work(&server);
    let mailing = service.mailing(group).await;

    assert_eq!(service.finished(mailing).await.accepted, 5);

    let mut recipients: Vec<String> = server.accepted_recipients().into_iter().collect();
    recipients.sort();
    let expected = [
        "\"<x>@y,z\"@example.org",
        r#""a\"b"@example.org"#,
        "\"ann b\"@xn--e1afmkfd.xn--p1ai",
        "\"ann..b\"@example.org",
        "plain@example.org",
    ];
    assert_eq!(recipients, expected);
    for letter in server.received() {
        let header = format!("<{}>\r\n", letter.recipient);
        assert!(String::from_utf8_lossy(&letter.letter).contains(&header), "{header}");
        if letter.recipient.contains('<') {
            // mail-parser does not read brackets in quotation marks as RFC 5322, 3.2.4 has them.
            continue;
        }
        let parsed = mail_parser::MessageParser::default().parse(&letter.letter).expect("a letter");
        let to = parsed.to().and_then(|to| to.as_list()).expect("recipients");
        assert_eq!(to.len(), 1, "{}", letter.recipient);
        assert_eq!(to[0].name(), Some("Ann, of \"old\" phones"), "{}", letter.recipient);
    }
    engine.stop().await;
}
