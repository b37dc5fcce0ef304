//! Messages that nobody understood are kept: few of them, for a while, and each once.

use super::{Sent, administrator, dsn, letter, written};
use acts::intake::kept::{self, Kept};
use acts::intake::{self, KEPT_MOST, Message, Standing, Taken};
use chrono::TimeDelta;
use domain::feedback::{KEPT_FOR, Via};
use domain::letter::Purpose;
use sqlx::PgPool;
use uuid::Uuid;

/// All that are kept, the newest first.
async fn listed(pool: &PgPool) -> Vec<Kept> {
    let page = kept::page(pool, &administrator(), None, 2_000).await.expect("a page");
    page.into_iter().map(|(_, kept)| kept).collect()
}

/// A letter with this subject, which nobody but a person understands.
async fn writes(sent: &Sent, subject: &str) -> Taken {
    let text = letter("bob@example.org", "sky@example.com", subject, "");
    sent.takes(&written(text.as_bytes())).await
}

#[tokio::test]
async fn a_message_is_kept_once_with_what_is_known_of_it_and_goes_when_it_was_seen() {
    let sent = Sent::with_paths().await;
    let pool = &sent.service.database.pool;
    let text = letter("bob@example.org", "sky@example.com", "Re: Hello", "");
    let message = Message { via: Via::Imap, envelope_to: Some("sky@example.com"), ..written(text.as_bytes()) };

    assert_eq!(sent.takes(&message).await, Taken::Kept);
    let again = format!("Received: by another one\r\n{text}");
    assert_eq!(sent.takes(&written(again.as_bytes())).await, Taken::Known);

    let all = listed(pool).await;
    let [one] = all.as_slice() else { panic!("one message") };
    assert_eq!(
        (one.via, one.envelope_to.as_deref(), one.subject.as_str()),
        (Via::Imap, Some("sky@example.com"), "Re: Hello")
    );
    assert!(one.from.contains("bob@example.org"), "{one:?}");
    assert_eq!((one.received_at, one.size), (sent.service.clock.now(), i64::try_from(text.len()).expect("short")));
    let (same, bytes) = kept::get(pool, &administrator(), one.id).await.expect("an answer").expect("it is there");
    assert_eq!((&same, bytes.as_slice()), (one, text.as_bytes()));

    assert!(kept::dismiss(sent.services(), &administrator(), one.id).await.expect("thrown away"));
    assert!(!kept::dismiss(sent.services(), &administrator(), one.id).await.expect("an answer"), "it is gone");
    assert_eq!(kept::get(pool, &administrator(), one.id).await.expect("an answer"), None);
    assert_eq!(kept::again(sent.services(), &administrator(), one.id).await.expect("an answer"), None);
    assert_eq!((sent.kept().await, sent.counted().await), (0, [("kept", 1), ("known", 1)].into()));
}

#[tokio::test]
async fn lists_go_on_where_a_page_ended() {
    let sent = Sent::with_paths().await;
    for number in 0..5 {
        // Two of them at the same moment.
        sent.service.clock.advance(TimeDelta::seconds(i64::from(number != 2)));
        assert_eq!(writes(&sent, &format!("Letter {number}")).await, Taken::Kept);
    }
    let pool = &sent.service.database.pool;
    let whole = listed(pool).await;
    assert_eq!((whole.len(), whole[0].subject.as_str()), (5, "Letter 4"));
    let (mut paged, mut after) = (Vec::new(), None);
    loop {
        let page = kept::page(pool, &administrator(), after, 2).await.expect("a page");
        let Some((cursor, _)) = page.last() else { break };
        after = Some(*cursor);
        paged.extend(page.into_iter().map(|(_, kept)| kept));
    }
    assert_eq!(paged, whole);
}

#[tokio::test]
async fn a_thousand_messages_are_kept_for_thirty_days_and_the_oldest_go_first() {
    let sent = Sent::with_paths().await;
    let pool = &sent.service.database.pool;
    let fill = "insert into intake_messages (id, via, received_at, from_line, subject, message, size)
                select gen_random_uuid(), 'imap', $1::timestamptz + n * interval '1 second', '', n::text, '', 0
                  from generate_series(1, 1000) n";
    sqlx::query(fill).bind(sent.service.clock.now()).execute(pool).await.expect("written");
    sent.service.clock.advance(TimeDelta::hours(1));

    assert_eq!(writes(&sent, "One more").await, Taken::Kept);
    let kept = listed(pool).await;
    assert_eq!((kept.len(), kept[0].subject.as_str(), kept[999].subject.as_str()), (1_000, "One more", "2"));

    sent.service.clock.advance(KEPT_FOR);
    assert_eq!(writes(&sent, "A month later").await, Taken::Kept);
    let subjects: Vec<String> = listed(pool).await.into_iter().map(|kept| kept.subject).collect();
    assert_eq!(subjects, ["A month later", "One more"]);
}

#[tokio::test]
async fn nobody_who_may_write_here_drives_out_what_others_have_sent() {
    let sent = Sent::with_paths().await;
    let pool = &sent.service.database.pool;
    let (to, report) = (sent.path("bob"), letter("bob@example.org", "sky@example.com", "Re: Hello", ""));
    assert_eq!(sent.comes(Via::Smtp, Some(&to), &report).await, Taken::Kept);
    let fill = "insert into intake_messages (id, via, received_at, envelope_to, from_line, subject, message, size)
                select gen_random_uuid(), 'smtp', $1::timestamptz + n * interval '1 second',
                       case when n % 2 = 0 then 'Postmaster' else 'postmaster' end, '', n::text, '', 0
                  from generate_series(1, 998) n";
    sqlx::query(fill).bind(sent.service.clock.now()).execute(pool).await.expect("written");
    sent.service.clock.advance(TimeDelta::hours(1));

    let more = letter("eve@example.net", "postmaster@bounce.example.org", "More of it", "");
    assert_eq!(sent.comes(Via::Smtp, Some("postmaster"), &more).await, Taken::Kept);

    let subjects: Vec<String> = listed(pool).await.into_iter().map(|kept| kept.subject).collect();
    assert_eq!(subjects.len(), 21);
    assert_eq!([&subjects[0], &subjects[19], &subjects[20]], ["More of it", "980", "Re: Hello"]);
}

#[tokio::test]
async fn what_the_null_sender_wrote_is_no_wish_to_leave_when_it_is_read_again_either() {
    let sent = Sent::with_paths().await;
    let to = sent.address(Purpose::Unsubscribe, sent.letter("bob"));
    let text = letter("bob@example.org", &to, "unsubscribe", "");
    assert_eq!(sent.comes(Via::Smtp, Some(&to), &text).await, Taken::Kept);
    let id = listed(&sent.service.database.pool).await[0].id;
    let again = kept::again(sent.services(), &administrator(), id).await.expect("an answer");
    assert_eq!((again, sent.service.events("Suppressed").await), (Some(Taken::Kept), 0));
}

#[tokio::test]
async fn of_a_long_message_the_beginning_is_kept_and_how_long_it_was() {
    let sent = Sent::with_paths().await;
    let text = format!("Subject: long\r\n\r\n{}", "a".repeat(KEPT_MOST));
    let message = Message { size: 50_000_000, ..written(&text.as_bytes()[..KEPT_MOST]) };
    assert_eq!(sent.takes(&message).await, Taken::Kept);
    // It was cut off elsewhere, and is the same.
    let message = Message { size: 50_000_000, ..written(&text.as_bytes()[..KEPT_MOST / 2]) };
    assert_eq!(sent.takes(&message).await, Taken::Known);
    let all = listed(&sent.service.database.pool).await;
    let [one] = all.as_slice() else { panic!("one message") };
    assert_eq!((one.size, one.subject.as_str()), (50_000_000, "long"));
    let (_, bytes) = kept::get(&sent.service.database.pool, &administrator(), one.id)
        .await
        .expect("an answer")
        .expect("it is there");
    assert_eq!(bytes, text.as_bytes()[..kept::BEGINNING]);
}

#[tokio::test]
async fn a_message_is_read_once_more_and_goes_when_it_is_understood() {
    let mut sent = Sent::with_paths().await;
    let report = dsn("1", "sky@example.com", "bob@example.org", &sent.message_id("bob"));
    assert_eq!(sent.comes(Via::Imap, None, &report).await, Taken::Kept);
    let id = listed(&sent.service.database.pool).await[0].id;
    let again =
        async |sent: &Sent, id: Uuid| kept::again(sent.services(), &administrator(), id).await.expect("an answer");

    assert_eq!(again(&sent, id).await, Some(Taken::Kept), "it says what it said");
    assert_eq!(sent.kept().await, 1);

    // Letters come back to their sender now, where the id of a letter counts.
    sent.service.node.services.returns = None;
    assert_eq!(again(&sent, id).await, Some(Taken::Bounce));
    assert_eq!((again(&sent, id).await, sent.kept().await), (None, 0));
    assert_eq!(sent.facts().await.len(), 1);
    assert_eq!(sent.counted().await, [("kept", 1)].into(), "it came in once");

    // The mail server hands the same report over once more.
    assert_eq!(sent.comes(Via::Imap, None, &report).await, Taken::Known);
}

#[tokio::test]
async fn whether_a_mailbox_can_be_looked_into_is_known_and_since_when_not() {
    let sent = Sent::with_paths().await;
    let (clock, pool) = (&sent.service.clock, &sent.service.database.pool);
    let looked = async |error: Option<&str>| {
        clock.advance(TimeDelta::minutes(1));
        intake::looked(sent.services(), Via::Imap, error).await.expect("it is noted");
        intake::standing(pool).await.expect("an answer").remove(0)
    };
    let began = clock.now();
    let standing = |error: Option<&str>, since: Option<i64>, looked: i64| Standing {
        via: Via::Imap,
        error: error.map(str::to_owned),
        since: since.map(|minutes| began + TimeDelta::minutes(minutes)),
        looked_at: began + TimeDelta::minutes(looked),
    };
    assert!(intake::standing(pool).await.expect("an answer").is_empty());
    assert_eq!(looked(None).await, standing(None, None, 1));
    assert_eq!(looked(Some("refused\0")).await, standing(Some("refused\u{fffd}"), Some(2), 2));
    assert_eq!(looked(Some("no such host")).await, standing(Some("no such host"), Some(2), 3));
    assert_eq!(looked(None).await, standing(None, None, 4));
    assert_eq!(looked(Some("refused")).await, standing(Some("refused"), Some(5), 5));
}
