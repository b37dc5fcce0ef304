//! Wishes to leave that come by mail, to the address that `List-Unsubscribe` names.

use super::{DOMAIN, Sent, arf, dsn, letter, written};
use acts::intake::{Message, Taken};
use domain::feedback::Via;
use domain::letter::Purpose;
use serde_json::{Value, json};

/// Whoever is not written to, with the way on which they have left.
async fn left(sent: &Sent) -> Vec<(String, Value)> {
    sqlx::query_as(
        "select s.mailbox, e.payload #> '{Suppressed,source,way}'
           from suppressed s join events e on e.aggregate_id = s.suppression_id::text
          order by s.mailbox",
    )
    .fetch_all(&sent.service.database.pool)
    .await
    .expect("the list can be read")
}

/// What Bob's mail program writes for him.
fn wish(to: &str) -> String {
    letter("bob@example.org", to, "unsubscribe", "")
}

/// A message from Bob.
fn from_bob<'a>(text: &'a str, to: Option<&'a str>) -> Message<'a> {
    Message { envelope_from: Some("bob@example.org"), envelope_to: to, ..written(text.as_bytes()) }
}

#[tokio::test]
async fn whoever_writes_to_the_address_to_leave_gets_no_more_letters_of_the_owner_and_twice_is_once() {
    let sent = Sent::with_paths().await;
    let to = sent.address(Purpose::Unsubscribe, sent.letter("bob"));
    let text = wish(&to);

    assert_eq!(sent.takes(&from_bob(&text, Some(&to))).await, Taken::Unsubscribed);
    assert_eq!(left(&sent).await, [("bob@example.org".to_owned(), json!("mail"))], "at once");
    assert_eq!(sent.takes(&from_bob(&text, Some(&to.to_uppercase()))).await, Taken::Known);
    assert_eq!(sent.service.events("Suppressed").await, 1);
    assert_eq!((sent.counted().await, sent.kept().await), ([("known", 1), ("unsubscribe", 1)].into(), 0));

    // Whatever he writes there, he wants no more; and it is answered by nothing, least of all by a letter.
    let carl = sent.address(Purpose::Unsubscribe, sent.letter("carl"));
    let text = letter("someone@example.net", &carl, "You again", "");
    assert_eq!(sent.takes(&from_bob(&text, Some(&carl))).await, Taken::Unsubscribed);
    let engine = sent.service.work(&sent.server);
    let totals = sent.service.finished(sent.service.mailing(sent.group).await).await;
    assert_eq!((totals.accepted, totals.suppressed), (1, 2), "another mailing of the same owner");
    engine.stop().await;
    assert_eq!(sent.server.count(), 4);
}

#[tokio::test]
async fn a_wish_that_a_pipe_or_a_mailbox_brings_is_known_by_the_header() {
    let sent = Sent::with_paths().await;
    let to = sent.address(Purpose::Unsubscribe, sent.letter("bob"));
    // A listener knows whom a message came to; what else stands there somebody has written.
    let text = wish(&to);
    let message = Message { via: Via::Smtp, ..from_bob(&text, Some("b+x@bounce.example.org")) };
    assert_eq!(sent.takes(&message).await, Taken::Kept);
    assert!(left(&sent).await.is_empty());

    let delivered = format!("Delivered-To: {to}\r\n{}", wish("list@example.com"));
    let message = Message { via: Via::Imap, envelope_from: None, ..from_bob(&delivered, None) };
    assert_eq!(sent.takes(&message).await, Taken::Unsubscribed);
    let message = Message { via: Via::Pipe, ..from_bob(&text, Some("bounces@example.com")) };
    assert_eq!(sent.takes(&message).await, Taken::Known);
    assert_eq!(left(&sent).await, [("bob@example.org".to_owned(), json!("mail"))]);
}

#[tokio::test]
async fn nobody_leaves_by_what_a_program_wrote_by_itself() {
    let sent = Sent::with_paths().await;
    let to = sent.address(Purpose::Unsubscribe, sent.letter("bob"));
    let holiday = letter("bob@example.org", &to, "Out of office: Hello", "Auto-Submitted: auto-replied\r\n");
    assert_eq!(sent.takes(&from_bob(&holiday, Some(&to))).await, Taken::AutoReply);
    let text = wish(&to);
    let message = Message { envelope_from: Some(""), ..from_bob(&text, Some(&to)) };
    assert_ne!(sent.takes(&message).await, Taken::Unsubscribed);
    // That address is for leaving, and neither a bounce nor a complaint is a wish.
    for (number, report) in
        [dsn("1", &to, "bob@example.org", "X-Nothing: 1"), arf("2", &to, "X-Nothing: 1")].iter().enumerate()
    {
        assert_eq!(sent.comes(Via::Smtp, Some(&to), report).await, Taken::Kept, "{number}");
    }
    assert!(left(&sent).await.is_empty() && sent.facts().await.is_empty());

    // There are people who read what comes to the postmaster, and want no more.
    let carl = sent.address(Purpose::Unsubscribe, sent.letter("carl"));
    let from_postmaster = |subject: &str| letter("postmaster@example.org", &carl, subject, "");
    for (subject, taken) in [("What is this?", Taken::Kept), ("unsubscribe", Taken::Unsubscribed)] {
        let text = from_postmaster(subject);
        let message = Message { envelope_from: Some("postmaster@example.org"), ..from_bob(&text, Some(&carl)) };
        assert_eq!(sent.takes(&message).await, taken, "{subject}");
    }
    // A program that writes for its user does so as it was told to.
    let told = letter("bob@example.org", &to, "unsubscribe", "Auto-Submitted: auto-generated\r\n");
    assert_eq!(sent.takes(&from_bob(&told, Some(&to))).await, Taken::Unsubscribed);
}

#[tokio::test]
async fn a_token_that_is_made_up_or_is_of_bounces_lets_nobody_leave() {
    let sent = Sent::with_paths().await;
    let turned = format!("u{}", &sent.path("bob")[1..]);
    for to in [turned, format!("u+{}@{DOMAIN}", "a".repeat(50)), format!("u+@{DOMAIN}")] {
        assert_ne!(sent.takes(&from_bob(&wish(&to), Some(&to))).await, Taken::Unsubscribed, "{to}");
    }
    assert!(left(&sent).await.is_empty());
    // Where there is no domain for it, there is no such address either.
    let without = Sent::without_paths().await;
    let to = without.address(Purpose::Unsubscribe, without.letter("bob"));
    assert_eq!(without.takes(&from_bob(&wish(&to), Some(&to))).await, Taken::Kept);
    assert!(left(&without).await.is_empty());
}
