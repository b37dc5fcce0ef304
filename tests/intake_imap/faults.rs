//! Whoever hangs up, lies, says nothing or dies: nothing is lost, and nothing comes twice.

use super::{MARKS, MOVES, REMOVES, Scene, has_processed, mailbox, offering, patience};
use crate::support::imap_server::{Act, ImapServer, Offers};
use crate::support::service::found;
use intake::imap::Patience;
use std::time::Duration;

#[tokio::test]
async fn wherever_the_server_hangs_up_nothing_is_lost_and_nothing_comes_twice() {
    let steps = [
        ("GREETING", MOVES),
        ("CAPABILITY", MOVES),
        ("AUTHENTICATE", MOVES),
        ("SELECT", MOVES),
        ("UID SEARCH", MOVES),
        ("UID FETCH", MOVES),
        ("UID MOVE", MOVES),
        ("CREATE", MOVES),
        ("LOGOUT", MOVES),
        ("UID COPY", REMOVES),
        ("UID STORE", REMOVES),
        ("UID EXPUNGE", REMOVES),
        ("UID COPY", MARKS),
        ("UID STORE", MARKS),
    ];
    let scene = Scene::after(2 * steps.len()).await;
    let mut ordinal = 0;
    for (verb, abilities) in steps {
        for is_done in [false, true] {
            let server = offering(abilities).await;
            server.play(move |heard| match (heard.verb == verb && heard.time == 1, is_done) {
                (true, true) => Act::DoAndHangUp,
                (true, false) => Act::HangUp,
                (false, _) => Act::Usual,
            });
            server.deliver(&scene.bounce(ordinal).await);
            ordinal += 1;
            let watching = scene.watch(mailbox(&server));
            found("it is away", async || {
                let is_away = server.folder("INBOX").iter().all(|message| message.flags.len() > 1);
                (is_away && !server.folder("Processed").is_empty()).then_some(())
            })
            .await;
            server.looked_through(1).await;
            scene.untroubled().await;
            watching.stop().await;
            scene.has_bounced(i64::from(ordinal)).await;
            // A copy is made again if nobody knows that it was made.
            let most = if abilities.contains(&"MOVE") { 1 } else { 2 };
            let there = server.folder("Processed").len();
            assert!((1..=most).contains(&there), "{verb} {is_done}: {there}");
        }
    }
}

#[tokio::test]
async fn whoever_dies_between_the_commit_and_the_move_leaves_a_message_that_is_known() {
    let (scene, server) = (Scene::after(1).await, ImapServer::start(Offers::default()).await);
    server.play(|heard| if heard.verb == "UID MOVE" { Act::Silence } else { Act::Usual });
    server.deliver(&scene.bounce(0).await);
    let watching = scene.watch(mailbox(&server));
    server.wait_for("UID MOVE", 1).await;
    scene.has_bounced(1).await;
    drop(watching);
    // Its turn would last for minutes.
    sqlx::query("delete from intake_turns").execute(&scene.service.database.pool).await.expect("it is over");

    server.play(|_| Act::Usual);
    let watching = scene.watch(mailbox(&server));
    has_processed(&server, 1).await;
    watching.stop().await;
    scene.has_bounced(1).await;
}

#[tokio::test]
async fn what_cannot_be_written_is_left_in_the_mailbox_until_it_can() {
    let (scene, server) = (Scene::after(1).await, ImapServer::start(Offers::default()).await);
    let pool = &scene.service.database.pool;
    let refuses = "create function refuses() returns trigger language plpgsql as
                   $$ begin raise exception 'the disk is full' using errcode = '53100'; end $$;
                   create trigger refuses before insert on events for each row
                     when (new.event_type = 'BounceReported') execute function refuses();";
    sqlx::raw_sql(refuses).execute(pool).await.expect("a trigger");
    server.deliver(&scene.bounce(0).await);
    let watching = scene.watch(mailbox(&server));
    server.wait_for("UID FETCH", 3).await;
    assert_eq!((scene.bounced().await, server.folder("INBOX").len(), server.times("UID MOVE")), (0, 1, 0));

    sqlx::raw_sql("drop trigger refuses on events").execute(pool).await.expect("it works again");
    has_processed(&server, 1).await;
    scene.has_bounced(1).await;
    scene.untroubled().await;
    watching.stop().await;
}

#[tokio::test]
async fn another_uidvalidity_means_other_messages() {
    let (scene, server) = (Scene::after(2).await, ImapServer::start(Offers::default()).await);
    // It is read, and cannot be moved away.
    server.play(|heard| if heard.verb == "UID MOVE" { Act::Say("TAG NO not now\r\n".to_owned()) } else { Act::Usual });
    let old = server.deliver(&scene.bounce(0).await);
    let watching = scene.watch(mailbox(&server));
    scene.has_bounced(1).await;
    scene.troubled("the mail server refuses MOVE: not now").await;
    server.looked_through(2).await;
    assert_eq!(server.times("UID FETCH"), 1, "this process has read it");

    server.renumber();
    let new = server.deliver(&scene.bounce(1).await);
    assert_eq!(old, new);
    server.play(|_| Act::Usual);
    has_processed(&server, 1).await;
    scene.has_bounced(2).await;
    scene.untroubled().await;
    watching.stop().await;
}

#[tokio::test]
async fn a_message_at_which_the_server_stumbles_is_in_nobodys_way() {
    for answer in [Act::HangUp, Act::Say("TAG NO [SERVERBUG] internal error\r\n".to_owned())] {
        let (scene, server) = (Scene::after(4).await, ImapServer::start(Offers::default()).await);
        let bad = server.deliver(&scene.bounce(0).await);
        for ordinal in 1..4 {
            server.deliver(&scene.bounce(ordinal).await);
        }
        let prefix = format!("UID FETCH {bad} ");
        server.play(move |heard| if heard.text.starts_with(&prefix) { answer.clone() } else { Act::Usual });
        let watching = scene.watch(mailbox(&server));
        has_processed(&server, 3).await;
        scene.has_bounced(3).await;
        scene.troubled("127.0.0.1: the mail server ").await;
        let inbox = server.folder("INBOX");
        assert_eq!((inbox.len(), inbox[0].uid), (1, bad));
        // It was not given up.
        server.play(|_| Act::Usual);
        has_processed(&server, 4).await;
        scene.has_bounced(4).await;
        scene.untroubled().await;
        watching.stop().await;
    }
}

#[tokio::test]
async fn messages_that_a_server_names_and_does_not_have_keep_nobody_from_the_others() {
    let (scene, server) = (Scene::after(1).await, ImapServer::start(Offers::default()).await);
    for _ in 0..100 {
        server.deliver(b"Subject: nothing\r\n\r\nnothing\r\n");
    }
    let there = format!("UID FETCH {} ", server.deliver(&scene.bounce(0).await));
    server.play(move |heard| {
        if heard.verb == "UID FETCH" && !heard.text.starts_with(&there) {
            Act::Say("TAG OK there is none\r\n".to_owned())
        } else {
            Act::Usual
        }
    });
    let watching = scene.watch(mailbox(&server));
    has_processed(&server, 1).await;
    scene.has_bounced(1).await;
    scene.untroubled().await;
    watching.stop().await;
    assert_eq!(server.folder("INBOX").len(), 100);
}

#[tokio::test]
async fn a_server_that_lies_is_heard_no_longer_than_it_may_speak() {
    let scene = Scene::after(16).await;
    let say = |text: &str| Act::Say(text.to_owned());
    let senseless = "what the mail server says makes no sense";
    let silent = "does not answer in time";
    let mut ordinal = 0;
    for (verb, act, words) in [
        ("GREETING", say("SSH-2.0-OpenSSH_9.2\r\n"), senseless),
        ("GREETING", say(&"x".repeat(1_000_000)), senseless),
        ("GREETING", say("* BYE come again\r\n"), "it says goodbye: come again"),
        ("GREETING", Act::Silence, silent),
        ("CAPABILITY", say(&"* OK well\r\n".repeat(100_000)), senseless),
        ("AUTHENTICATE", say("z9 OK welcome\r\n"), senseless),
        ("SELECT", say("TAG OK done\r\n"), "it does not number messages (UIDVALIDITY)"),
        ("SELECT", say("* OK [UIDVALIDITY 1] ok\r\nTAG OK [READ-ONLY] done\r\n"), "may only be read"),
        ("SELECT", say("* 4294967295 EXISTS\r\n"), silent),
        ("UID SEARCH", say(&format!("* SEARCH{}\r\n", " 4294967295".repeat(100_000))), senseless),
        ("UID SEARCH", Act::Silence, silent),
        ("UID FETCH", say("* 1 FETCH (UID 1 BODY[]<0> {4294967295}\r\n"), senseless),
        ("UID FETCH", say("* 1 FETCH (UID 1 BODY[]<0> {100000000}\r\nxxx"), senseless),
        ("UID FETCH", say("* 1 FETCH (UID 1 BODY[]<0> {1000}\r\nxxx"), silent),
        ("UID MOVE", say("+ go on\r\n"), senseless),
        ("UID MOVE", say("TAG BAD what is that\r\n"), "the mail server refuses MOVE: what is that"),
    ] {
        let server = ImapServer::start(Offers::default()).await;
        server.play(move |heard| if heard.verb == verb { act.clone() } else { Act::Usual });
        server.deliver(&scene.bounce(ordinal).await);
        let short = Duration::from_millis(500);
        let watching =
            scene.watch(mailbox(&server).with_patience(Patience { answer: short, message: short, ..patience() }));
        scene.troubled(words).await;
        assert_eq!(server.folder("INBOX").len(), 1, "{verb}: {words}");
        // When it speaks the truth, all is well. It has time again, as a machine may be busy.
        watching.stop().await;
        server.play(|_| Act::Usual);
        let watching = scene.watch(mailbox(&server));
        has_processed(&server, 1).await;
        ordinal += 1;
        scene.has_bounced(i64::from(ordinal)).await;
        scene.untroubled().await;
        watching.stop().await;
    }
}

#[tokio::test]
async fn a_server_that_is_away_is_told_and_found_again() {
    let scene = Scene::after(1).await;
    let gone = ImapServer::start(Offers::default()).await;
    let mailbox = mailbox(&gone);
    drop(gone);
    let watching = scene.watch(mailbox);
    let error = scene.troubled("the mail server cannot be reached").await;
    assert!(error.starts_with("127.0.0.1: "), "{error}");
    watching.stop().await;
}
