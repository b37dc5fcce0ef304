//! Whose letter a report is about, who may speak of it, and that each is recorded and counted once.

use super::{DOMAIN, Sent, arf, dsn, letter, written};
use crate::support::all_read;
use acts::intake::{self, Message, Taken};
use bounces::{About, Reading, Says};
use domain::feedback::{Bounce, Severity, Via};
use domain::letter::message_id::Letter;
use domain::letter::{Letterhead, Purpose};
use domain::{ClientId, RunId};
use futures::future::join_all;
use projections::{Access, deliveries};
use serde_json::{Value, json};
use uuid::Uuid;

/// The ordinals of the letters that facts are about.
fn ordinals(facts: &[Value]) -> Vec<u64> {
    let letter = |fact: &Value| fact.as_object().and_then(|fact| fact.values().next()?["letter"]["ordinal"].as_u64());
    facts.iter().filter_map(letter).collect()
}

#[tokio::test]
async fn a_bounce_that_comes_to_a_letters_own_address_is_a_fact_of_that_letter_whomever_it_names() {
    let sent = Sent::with_paths().await;
    let to = sent.path("bob");

    // Bob has his mail forwarded, and it is there that it was refused. His mail server folds case.
    let report = dsn("1", &to, "robert@elsewhere.example", "To: <bob@example.org>");
    assert_eq!(sent.comes(Via::Smtp, Some(&to.to_uppercase()), &report).await, Taken::Bounce);

    let facts = sent.facts().await;
    let told = &facts[0]["BounceReported"];
    assert_eq!(facts.len(), 1);
    let bob = sent.letter("bob");
    assert_eq!(
        ["run", "ordinal", "mailing", "owner", "revision"].map(|field| told["letter"][field].clone()),
        [json!(bob.run), json!(bob.ordinal), json!(sent.mailing), json!(sent.service.owner), json!(1)]
    );
    let client: Uuid = sqlx::query_scalar("select id from clients where email = 'bob@example.org'")
        .fetch_one(&sent.service.database.pool)
        .await
        .expect("he is in the address book");
    assert_eq!(told["letter"]["client"], json!(ClientId(client)));
    assert_eq!((&told["report"]["via"], &told["report"]["at"]), (&json!("smtp"), &json!("2026-05-04T09:00:00Z")));
    assert_eq!(
        ["severity", "dead", "code"].map(|field| told["bounce"][field].clone()),
        [json!("permanent"), Value::Null, json!("5.1.1")],
        "that there is no Robert says nothing of Bob, although the letter names him"
    );

    // It follows from what became of the batch, and belongs to that.
    let (actor, cause, one_course): (String, Option<String>, Option<bool>) = sqlx::query_as(
        "select f.metadata ->> 'actor', c.aggregate_type,
                f.metadata ->> 'correlation_id' = c.metadata ->> 'correlation_id'
           from events f left join events c on c.event_id::text = f.metadata ->> 'causation_id'
          where f.aggregate_type = 'feedback'",
    )
    .fetch_one(&sent.service.database.pool)
    .await
    .expect("there is one");
    assert_eq!((actor.as_str(), cause.as_deref(), one_course), ("system:intake", Some("batch"), Some(true)));
    assert_eq!((sent.counted().await, sent.kept().await), ([("bounce", 1)].into(), 0));

    let report = dsn("2", &to, "bob@example.org", "X-Nothing: of ours");
    assert_eq!(sent.comes(Via::Smtp, Some(&to), &report).await, Taken::Bounce);
    assert_eq!(sent.facts().await[1]["BounceReported"]["bounce"]["dead"], json!(true));
}

#[tokio::test]
async fn a_bounce_that_lies_in_a_mailbox_is_known_by_what_it_has_of_the_letter() {
    let sent = Sent::with_paths().await;
    // By the address that it was written to, and by the letter's link.
    let by_address = dsn("1", &sent.path("ann"), "ann@example.org", "X-Nothing: of ours");
    let by_link = dsn("2", "sky@example.com", "x@example.net", &sent.list_unsubscribe("carl"));
    for report in [by_address, by_link] {
        assert_eq!(sent.comes(Via::Imap, None, &report).await, Taken::Bounce);
    }
    let letters = [sent.letter("ann"), sent.letter("carl")];
    assert_eq!(ordinals(&sent.facts().await), letters.map(|letter| u64::from(letter.ordinal)));
}

#[tokio::test]
async fn a_message_id_counts_where_letters_come_back_to_their_sender_if_the_report_names_whom_the_letter_went_to() {
    let sent = Sent::without_paths().await;
    let report = |name, recipient| dsn(name, "sky@example.com", recipient, &sent.message_id("bob"));

    // Whoever got another letter of the run knows how it is called, and not who else got one.
    assert_eq!(sent.comes(Via::Imap, None, &report("1", "carl@example.org")).await, Taken::Kept);
    assert_eq!(sent.comes(Via::Imap, None, &report("2", "robert@elsewhere.example")).await, Taken::Kept);
    assert!(sent.facts().await.is_empty());

    assert_eq!(sent.comes(Via::Imap, None, &report("3", "BOB@Example.org")).await, Taken::Bounce);
    assert_eq!(ordinals(&sent.facts().await), [u64::from(sent.letter("bob").ordinal)]);
    assert_eq!(sent.counted().await, [("bounce", 1), ("kept", 2)].into());
}

#[tokio::test]
async fn a_letter_that_never_went_out_has_not_come_back() {
    let mut sent = Sent::with_paths().await;
    let to = sent.address(Purpose::Unsubscribe, sent.letter("bob"));
    let wish = letter("bob@example.org", &to, "unsubscribe", "");
    let message =
        Message { envelope_from: Some("bob@example.org"), envelope_to: Some(&to), ..written(wish.as_bytes()) };
    assert_eq!(sent.takes(&message).await, Taken::Unsubscribed);
    let engine = sent.service.work(&sent.server);
    let mailing = sent.service.mailing(sent.group).await;
    assert_eq!(sent.service.finished(mailing).await.suppressed, 1);
    engine.stop().await;
    let run = RunId(sent.service.runs(mailing).await.remove(0).id);
    let (pool, all) = (&sent.service.database.pool, deliveries::Filter::default());
    let page = all_read(deliveries::page(pool, Access::All, run, &all, None, 10).await);
    let report = |name: &str, recipient: &str| {
        let delivery = page.iter().find(|one| one.email == recipient).expect("a delivery");
        let id = Letter::Delivery { run, ordinal: delivery.ordinal }.message_id("example.com");
        dsn(name, "sky@example.com", recipient, &format!("Message-ID: {id}"))
    };

    sent.service.node.services.returns = None;
    assert_eq!(sent.comes(Via::Imap, None, &report("1", "bob@example.org")).await, Taken::Kept);
    assert!(sent.facts().await.is_empty());
    assert_eq!(sent.comes(Via::Imap, None, &report("2", "carl@example.org")).await, Taken::Bounce);
}

#[tokio::test]
async fn a_message_id_proves_nothing_where_letters_have_addresses_of_their_own() {
    let sent = Sent::with_paths().await;
    let report = dsn("1", "sky@example.com", "bob@example.org", &sent.message_id("bob"));
    assert_eq!(sent.comes(Via::Imap, None, &report).await, Taken::Kept);
    assert!(sent.facts().await.is_empty());
    assert_eq!(sent.kept().await, 1);
}

#[tokio::test]
async fn a_token_that_is_made_up_or_is_for_something_else_opens_nothing() {
    let sent = Sent::with_paths().await;
    let path = sent.path("bob");
    let (local, _) = path.split_once('@').expect("an address");
    let last = if local.ends_with('a') { 'q' } else { 'a' };
    let forged = format!("{}{last}@{DOMAIN}", &local[..local.len() - 1]);
    // The token to leave, in an address of bounces.
    let turned = format!("b{}", &sent.address(Purpose::Unsubscribe, sent.letter("bob"))[1..]);
    for (number, to) in [forged, turned, format!("b+{}@{DOMAIN}", "a".repeat(50))].iter().enumerate() {
        let report = dsn(&number.to_string(), to, "bob@example.org", "X-Nothing: of ours");
        assert_eq!(sent.comes(Via::Smtp, Some(to), &report).await, Taken::Kept, "{to}");
        assert!(!intake::expects(sent.services(), to).await.expect("an answer"), "{to}");
    }
    assert!(sent.facts().await.is_empty());
}

#[tokio::test]
async fn mail_is_taken_for_addresses_of_letters_only() {
    let sent = Sent::with_paths().await;
    let expects = async |address: &str| intake::expects(sent.services(), address).await.expect("an answer");
    let leave = sent.address(Purpose::Unsubscribe, sent.letter("bob"));
    assert!(expects(&sent.path("bob")).await && expects(&leave).await && expects(&leave.to_uppercase()).await);
    for other in ["", "postmaster@bounce.example.org", "bob@example.org", "b+@bounce.example.org"] {
        assert!(!expects(other).await, "{other}");
    }
    assert!(!expects(&sent.path("bob").replace(DOMAIN, "example.org")).await);
    let without = Sent::without_paths().await;
    let path = without.path("bob");
    assert!(!intake::expects(without.services(), &path).await.expect("an answer"), "there is no such domain");
}

#[tokio::test]
async fn the_same_report_counts_once_on_whichever_way_it_comes() {
    let sent = Sent::with_paths().await;
    let to = sent.path("ann");
    let report = dsn("1", &to, "ann@example.org", "X-Nothing: of ours");
    // Another mail server handed it on, and wrote that at the top.
    let again = format!("Received: from elsewhere by here; Mon, 4 May 2026 10:00:00 +0000\r\n{report}");

    assert_eq!(sent.comes(Via::Smtp, Some(&to), &report).await, Taken::Bounce);
    assert_eq!(sent.comes(Via::Smtp, Some(&to), &report).await, Taken::Known);
    assert_eq!(sent.comes(Via::Imap, None, &again).await, Taken::Known);

    // One without a name is known by what stays the same of it.
    let nameless = report.replace("Message-ID: <1@mx.example.net>\r\n", "");
    assert_eq!(sent.comes(Via::Smtp, Some(&to), &nameless).await, Taken::Bounce);
    assert_eq!(sent.comes(Via::Smtp, Some(&to), &nameless).await, Taken::Known);
    assert_eq!(sent.facts().await.len(), 2);
    assert_eq!(sent.counted().await, [("bounce", 2), ("known", 3)].into());
}

#[tokio::test]
async fn of_many_reports_of_one_letter_ten_are_recorded_and_the_others_are_known() {
    let sent = Sent::with_paths().await;
    let to = sent.path("ann");
    for number in 0..10 {
        let report = dsn(&number.to_string(), &to, "ann@example.org", "X-Nothing: of ours");
        assert_eq!(sent.comes(Via::Smtp, Some(&to), &report).await, Taken::Bounce, "{number}");
    }
    let report = dsn("eleven", &to, "ann@example.org", "X-Nothing: of ours");
    assert_eq!(sent.comes(Via::Smtp, Some(&to), &report).await, Taken::Known);
    // Nobody else's letter is concerned, and a complaint is something else.
    let bob = sent.path("bob");
    let report = dsn("eleven", &bob, "bob@example.org", "X-Nothing: of ours");
    assert_eq!(sent.comes(Via::Smtp, Some(&bob), &report).await, Taken::Bounce);
    assert_eq!(sent.comes(Via::Smtp, Some(&to), &arf("1", &to, "X-Nothing: of ours")).await, Taken::Complaint);
    assert_eq!(sent.facts().await.len(), 12);
    assert_eq!(sent.counted().await, [("bounce", 11), ("complaint", 1), ("known", 1)].into());
}

/// A report that a letter is late, which says the same as [`dsn`] besides that.
fn late(name: &str, to: &str, recipient: &str, original: &str) -> String {
    let report = dsn(name, to, recipient, original).replace("Action: failed", "Action: delayed");
    report.replace("550 5.1.1 no such user", "421 4.4.1 nobody answers").replace("5.1.1", "4.4.1")
}

#[tokio::test]
async fn however_often_a_letter_is_reported_that_it_is_gone_for_good_is_recorded() {
    let sent = Sent::with_paths().await;
    let to = sent.path("ann");
    let of_ann = |text: fn(&str, &str, &str, &str) -> String, name: &str| {
        text(name, &to, "ann@example.org", "X-Nothing: of ours")
    };
    let refused =
        |name: &str| of_ann(dsn, name).replace("5.1.1 no such user", "5.7.1 not from here").replace("5.1.1", "5.7.1");
    let comes = async |report: &str| sent.comes(Via::Smtp, Some(&to), report).await;
    // A few delays say all that delays can say.
    for (number, taken) in [Taken::Delay, Taken::Delay, Taken::Delay, Taken::Known].into_iter().enumerate() {
        assert_eq!(comes(&of_ann(late, &format!("late-{number}"))).await, taken, "{number}");
    }
    for number in 0..7 {
        assert_eq!(comes(&refused(&format!("refused-{number}"))).await, Taken::Bounce, "{number}");
    }
    assert_eq!(comes(&refused("one-too-many")).await, Taken::Known);

    assert_eq!(comes(&of_ann(dsn, "gone")).await, Taken::Bounce, "that says more");

    assert_eq!(comes(&of_ann(dsn, "gone-once-more")).await, Taken::Known);
    let facts = sent.facts().await;
    assert_eq!((facts.len(), &facts[0]["BounceReported"]["bounce"]["severity"]), (11, &json!("delayed")));
    assert_eq!(facts[10]["BounceReported"]["bounce"]["dead"], json!(true));
    assert_eq!(sent.counted().await, [("bounce", 8), ("delay", 3), ("known", 3)].into());
}

#[tokio::test]
async fn a_delay_of_a_letter_that_is_not_found_is_counted_and_not_kept() {
    let sent = Sent::with_paths().await;
    let to = format!("sky@{DOMAIN}");
    let report = late("1", &to, "ann@example.org", "X-Nothing: of ours");
    assert_eq!(sent.comes(Via::Imap, None, &report).await, Taken::Delay);
    // The program of a provider tells more of such letters than of any others.
    let bounce = Bounce { severity: Severity::Delayed, dead: false, code: None, words: None };
    let reading = Reading { says: Says::Bounce(bounce), name: Some("event-9".to_owned()), ..Reading::default() };
    let told = intake::tell(sent.services(), Via::Sendgrid, reading).await.expect("it is taken");
    assert_eq!(told, Taken::Delay);
    assert!(sent.facts().await.is_empty() && sent.kept().await == 0);
    assert_eq!(sent.counted().await, [("delay", 2)].into());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_that_come_at_the_same_moment_are_all_recorded_and_counted() {
    let sent = Sent::with_paths().await;
    let names = ["ann", "bob", "carl"];
    let reports: Vec<(String, String)> = (0..9)
        .map(|number| {
            let to = sent.path(names[number % 3]);
            let report = dsn(&number.to_string(), &to, "x@example.org", "X-Nothing: of ours");
            (to, report)
        })
        .collect();
    let twice = reports.iter().chain(&reports);
    let taken = join_all(twice.map(|(to, report)| sent.comes(Via::Smtp, Some(to), report))).await;
    assert_eq!(taken.iter().filter(|taken| **taken == Taken::Bounce).count(), 9);
    assert_eq!(taken.iter().filter(|taken| **taken == Taken::Known).count(), 9);
    assert_eq!(sent.facts().await.len(), 9);
    assert_eq!(sent.counted().await, [("bounce", 9), ("known", 9)].into());
}

#[tokio::test]
async fn a_complaint_counts_once_for_a_letter() {
    let sent = Sent::with_paths().await;
    // Providers take the recipient out, and leave the letter's link in.
    let first = arf("1", "abuse@example.com", &sent.list_unsubscribe("bob"));
    let second = arf("2", "abuse@example.com", &sent.list_unsubscribe("bob"));
    assert_eq!(sent.comes(Via::Imap, None, &first).await, Taken::Complaint);
    for again in [&first, &second] {
        assert_eq!(sent.comes(Via::Imap, None, again).await, Taken::Known);
    }
    let facts = sent.facts().await;
    assert_eq!((facts.len(), &facts[0]["Complained"]["kind"]), (1, &json!("abuse")));
    assert_eq!(ordinals(&facts), [u64::from(sent.letter("bob").ordinal)]);
    assert_eq!(sent.counted().await, [("complaint", 1), ("known", 2)].into());
}

#[tokio::test]
async fn an_automatic_reply_is_counted_and_nothing_else() {
    let sent = Sent::with_paths().await;
    let to = sent.path("bob");
    let reply = letter("bob@example.org", &to, "Out of office: Hello", "Auto-Submitted: auto-replied\r\n");
    let message =
        Message { envelope_from: Some("bob@example.org"), envelope_to: Some(&to), ..written(reply.as_bytes()) };
    assert_eq!(sent.takes(&message).await, Taken::AutoReply);
    assert_eq!(sent.counted().await, [("auto_reply", 1)].into());
    assert!(sent.facts().await.is_empty() && sent.kept().await == 0);
}

#[tokio::test]
async fn a_letter_that_a_person_writes_to_such_an_address_is_no_bounce_and_is_kept() {
    let sent = Sent::with_paths().await;
    let to = sent.path("bob");
    let text = letter("bob@example.org", &to, "Re: Hello", "");
    let message =
        Message { envelope_from: Some("bob@example.org"), envelope_to: Some(&to), ..written(text.as_bytes()) };
    assert_eq!(sent.takes(&message).await, Taken::Kept);
    assert!(sent.facts().await.is_empty());
    assert_eq!((sent.counted().await, sent.kept().await), ([("kept", 1)].into(), 1));
}

#[tokio::test]
async fn a_report_of_a_letter_that_the_log_does_not_hold_is_kept() {
    let sent = Sent::with_paths().await;
    let past = Letterhead { ordinal: 3, ..sent.letter("ann") };
    let elsewhere = Letterhead { ordinal: 700, ..sent.letter("ann") };
    // As after a backup was restored: the key is there, and the run is not.
    let lost = Letterhead { run: RunId(Uuid::from_u128(7)), ordinal: 0 };
    for (number, unknown) in [past, elsewhere, lost].into_iter().enumerate() {
        let to = sent.address(Purpose::Bounce, unknown);
        let report = dsn(&number.to_string(), &to, "ann@example.org", "X-Nothing: of ours");
        assert_eq!(sent.comes(Via::Smtp, Some(&to), &report).await, Taken::Kept, "{unknown:?}");
    }
    assert!(sent.facts().await.is_empty());
    assert_eq!(sent.kept().await, 3);
}

#[tokio::test]
async fn words_that_are_kept_do_not_name_whom_the_letter_went_to() {
    let sent = Sent::with_paths().await;
    let words = Some("550 5.1.1 user Carl (<address>) unknown, and so is bob".to_owned());
    let bounce = Bounce { severity: Severity::Permanent, dead: true, code: Some("5.1.1".to_owned()), words };
    let about = About {
        message_ids: vec![sent.message_id("carl").replace("Message-ID: ", "")],
        recipients: vec!["carl@example.org".to_owned()],
        ..About::default()
    };
    let reading = Reading { says: Says::Bounce(bounce), about, name: Some("event-1".to_owned()), ..Reading::default() };
    assert_eq!(intake::tell(sent.services(), Via::Ses, reading).await.expect("it is taken"), Taken::Bounce);
    let facts = sent.facts().await;
    let told = &facts[0]["BounceReported"]["bounce"];
    assert_eq!(told["words"], json!("550 5.1.1 user <address> (<address>) unknown, and so is bob"));
    assert_eq!(told["dead"], json!(true));
}

#[tokio::test]
async fn what_a_provider_tells_that_has_proved_who_it_is_counts_by_the_message_id_alone() {
    let sent = Sent::with_paths().await;
    let bounce = Bounce {
        severity: Severity::Temporary,
        dead: false,
        code: Some("4.2.2".to_owned()),
        words: Some("mailbox full\0".to_owned()),
    };
    let id = sent.message_id("carl").replace("Message-ID: ", "");
    let about = About { message_ids: vec!["<other@example.net>".to_owned(), id], ..About::default() };
    let reading = Reading {
        says: Says::Bounce(bounce),
        about,
        name: Some("event-7".to_owned()),
        by: Some("Amazon\r\nSES\0".to_owned()),
        ..Reading::default()
    };
    let tell =
        async |reading: &Reading| intake::tell(sent.services(), Via::Ses, reading.clone()).await.expect("it is taken");
    assert_eq!((tell(&reading).await, tell(&reading).await), (Taken::Bounce, Taken::Known));
    let facts = sent.facts().await;
    let told = &facts[0]["BounceReported"];
    assert_eq!(
        [&told["report"]["via"], &told["report"]["by"], &told["bounce"]["words"]],
        [&json!("ses"), &json!("Amazon SES\u{fffd}"), &json!("mailbox full\u{fffd}")]
    );
    assert_eq!(ordinals(&facts), [u64::from(sent.letter("carl").ordinal)]);

    // Another program sends with the same account.
    let foreign = Reading { about: About::default(), name: Some("event-8".to_owned()), ..reading.clone() };
    assert_eq!((tell(&foreign).await, tell(&foreign).await), (Taken::Kept, Taken::Known));
    let page =
        intake::kept::page(&sent.service.database.pool, &super::administrator(), None, 10).await.expect("a page");
    assert_eq!((page.len(), page[0].1.via), (1, Via::Ses));
    let (_, text) = intake::kept::get(&sent.service.database.pool, &super::administrator(), page[0].1.id)
        .await
        .expect("an answer")
        .expect("it is kept");
    assert!(String::from_utf8_lossy(&text).contains("Name: event-8"), "{text:?}");
    assert_eq!(sent.counted().await, [("bounce", 1), ("kept", 1), ("known", 2)].into());
}
