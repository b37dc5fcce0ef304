//! What comes of a look.

use super::{MARKS, MOVES, REMOVES, Scene, has_processed, mailbox, mailbox_at, offering, without_tls};
use crate::support::imap_server::{Act, ImapServer, Offers};
use crate::support::process::skymailing;
use crate::support::service::found;
use std::time::Duration;

/// What a server offers that knows only the older way to log in.
const WITHOUT_PLAIN: &[&str] = &["MOVE"];

#[tokio::test]
async fn a_bounce_in_the_mailbox_becomes_an_event_and_the_message_is_moved_away() {
    let (scene, server) = (Scene::after(3).await, ImapServer::start(Offers::default()).await);
    server.deliver(&scene.bounce(0).await);
    // Somebody has looked at this one.
    let seen = server.deliver(&scene.bounce(1).await);
    server.flag(seen, r"\Seen");
    let watching = scene.watch(mailbox(&server));
    has_processed(&server, 2).await;
    scene.untroubled().await;
    scene.has_bounced(2).await;
    // What comes later is found, too.
    server.deliver(&scene.bounce(2).await);
    has_processed(&server, 3).await;
    scene.has_bounced(3).await;
    // The same report once more is known.
    server.deliver(&scene.bounce(1).await);
    has_processed(&server, 4).await;
    scene.has_bounced(3).await;
    watching.stop().await;

    assert_eq!(server.folder("INBOX").len(), 0);
    let commands = server.commands();
    assert!(
        commands.iter().all(|command| !command.starts_with("EXPUNGE") && !command.contains("Deleted)")),
        "{commands:?}"
    );
    assert_eq!((server.times("CREATE"), server.times("SUBSCRIBE")), (1, 1), "{commands:?}");
    let left: i64 = sqlx::query_scalar("select count(*) from intake_turns")
        .fetch_one(&scene.service.database.pool)
        .await
        .expect("a number");
    assert_eq!(left, 0, "whoever stops gives the turn back");
}

#[tokio::test]
async fn names_of_mailboxes_and_ways_to_log_in_are_as_the_server_has_them() {
    let scene = Scene::after(2).await;
    for (ordinal, abilities, verb) in [(0, MOVES, "AUTHENTICATE"), (1, WITHOUT_PLAIN, "LOGIN")] {
        let server = offering(abilities).await;
        server.deliver(&scene.bounce(ordinal).await);
        let url = format!(
            "imap://sky:secret@{}/INBOX?processed=%D0%93%D0%BE%D1%82%D0%BE%D0%B2%D0%BE%20%26%20ok",
            server.address()
        );
        let watching = scene.watch(mailbox_at(&url));
        let name = "&BBMEPgRCBD4EMgQ+- &- ok";
        found("it is moved", async || server.folder(name).first().cloned()).await;
        scene.has_bounced(i64::from(ordinal) + 1).await;
        assert!(server.times(verb) > 0 && server.times("UID COPY") == 0, "{:?}", server.commands());
        watching.stop().await;
    }
}

#[tokio::test]
async fn where_nothing_can_be_moved_it_is_copied_and_only_that_message_goes() {
    let (scene, server) = (Scene::after(1).await, offering(REMOVES).await);
    // Somebody else has this one in hand.
    let other = server.deliver(b"Subject: not ours\r\n\r\nhello\r\n");
    server.flag(other, r"\Deleted");
    server.deliver(&scene.bounce(0).await);
    let watching = scene.watch(mailbox(&server));
    has_processed(&server, 1).await;
    found("it is gone", async || (server.folder("INBOX").len() == 1).then_some(())).await;
    server.looked_through(2).await;
    watching.stop().await;
    scene.has_bounced(1).await;
    assert_eq!(server.folder("INBOX")[0].uid, other);
    assert_eq!((server.times("EXPUNGE"), server.times("UID EXPUNGE"), server.times("UID FETCH")), (0, 1, 1));
}

#[tokio::test]
async fn where_nothing_can_be_removed_either_it_is_marked_and_read_once() {
    let (scene, server) = (Scene::after(1).await, offering(MARKS).await);
    let uid = server.deliver(&scene.bounce(0).await);
    let watching = scene.watch(mailbox(&server));
    has_processed(&server, 1).await;
    server.looked_through(3).await;
    watching.stop().await;
    scene.has_bounced(1).await;
    let inbox = server.folder("INBOX");
    assert_eq!((inbox.len(), inbox[0].uid), (1, uid));
    assert!(inbox[0].flags.contains("$SkyMailing") && inbox[0].flags.contains(r"\Seen"), "{:?}", inbox[0].flags);
    assert!(!inbox[0].flags.contains(r"\Deleted"), "{:?}", inbox[0].flags);
    assert_eq!((server.times("UID FETCH"), server.times("UID EXPUNGE"), server.times("EXPUNGE")), (1, 0, 0));

    let keeps_nothing = Offers { abilities: MARKS, keywords: false, ..Offers::default() };
    let server = ImapServer::start(keeps_nothing).await;
    server.deliver(&scene.bounce(0).await);
    let watching = scene.watch(mailbox(&server));
    scene.troubled("neither move messages (MOVE, UIDPLUS) nor mark them").await;
    watching.stop().await;
    assert_eq!((server.times("UID FETCH"), server.folder("INBOX").len()), (0, 1));
}

#[tokio::test]
async fn among_thousands_that_are_marked_the_one_that_is_not_is_found() {
    let (scene, server) = (Scene::after(1).await, offering(MARKS).await);
    server.deliver(&scene.bounce(0).await);
    server.deliver_flagged(12_000, "$SkyMailing");
    let watching = scene.watch(mailbox(&server));
    has_processed(&server, 1).await;
    server.looked_through(1).await;
    watching.stop().await;
    scene.has_bounced(1).await;
    assert_eq!(server.times("UID FETCH"), 1);
}

#[tokio::test]
async fn of_a_hundred_megabytes_only_the_beginning_is_fetched() {
    let (scene, server) = (Scene::after(1).await, ImapServer::start(Offers::default()).await);
    server.deliver_long(&scene.bounce(0).await, 100_000_000);
    let watching = scene.watch(mailbox(&server));
    has_processed(&server, 1).await;
    watching.stop().await;
    scene.has_bounced(1).await;
    assert!(server.sent() < 1_000_000, "{}", server.sent());
}

#[tokio::test]
async fn many_messages_are_taken_at_several_looks_without_a_pause() {
    let (scene, server) = (Scene::after(1).await, ImapServer::start(Offers::default()).await);
    for number in 0..250 {
        server.deliver(format!("From: ann@example.com\r\nSubject: letter {number}\r\nMessage-ID: <{number}@example.com>\r\n\r\nhello\r\n").as_bytes());
    }
    server.deliver(&scene.bounce(0).await);
    // It would take three hours with pauses.
    let slowly = mailbox(&server).with_every(Duration::from_hours(1));
    let watching = scene.watch(slowly);
    has_processed(&server, 251).await;
    scene.has_bounced(1).await;
    watching.stop().await;
}

#[tokio::test]
async fn two_nodes_take_turns_and_every_bounce_is_one_event() {
    let (scene, server) = (Scene::after(21).await, ImapServer::start(Offers::default()).await);
    let other = scene.service.second_node().await;
    for ordinal in 0..20 {
        server.deliver(&scene.bounce(ordinal).await);
    }
    let first = scene.watch(mailbox(&server));
    let second = scene.watch_from(&other, mailbox(&server), without_tls());
    has_processed(&server, 20).await;
    scene.has_bounced(20).await;
    server.looked_through(5).await;
    assert_eq!(server.most_open(), 1, "one looks at a time");
    // Whoever is left goes on.
    first.stop().await;
    server.deliver(&scene.bounce(20).await);
    has_processed(&server, 21).await;
    scene.has_bounced(21).await;
    second.stop().await;
}

#[tokio::test]
async fn whoever_holds_the_turn_and_dies_holds_it_for_a_while_only() {
    let (scene, server) = (Scene::after(1).await, ImapServer::start(Offers::default()).await);
    let pool = &scene.service.database.pool;
    let taken = "insert into intake_turns values ('imap', gen_random_uuid(), clock_timestamp() + interval '1 hour')";
    sqlx::query(taken).execute(pool).await.expect("a turn");
    server.deliver(&scene.bounce(0).await);
    let watching = scene.watch(mailbox(&server));
    // Nobody can wait for what does not happen: at least the node has asked by now.
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(server.commands(), Vec::<String>::new());
    sqlx::query("update intake_turns set expires_at = clock_timestamp()").execute(pool).await.expect("it runs out");
    has_processed(&server, 1).await;
    watching.stop().await;
}

#[tokio::test]
async fn a_message_that_somebody_else_removes_meanwhile_is_in_nobodys_way() {
    let scene = Scene::after(3).await;
    let mut recorded = 0;
    for (verb, abilities, is_read) in
        [("UID FETCH", MOVES, false), ("UID MOVE", MOVES, true), ("UID COPY", REMOVES, true)]
    {
        let server = offering(abilities).await;
        let gone = server.deliver(&scene.bounce(0).await);
        server.deliver(&scene.bounce(1).await);
        server.play(move |heard| {
            let is_it = heard.verb == verb && heard.text.split(' ').nth(2) == Some(gone.to_string().as_str());
            if is_it { Act::Without(gone) } else { Act::Usual }
        });
        let watching = scene.watch(mailbox(&server));
        has_processed(&server, 1).await;
        server.looked_through(1).await;
        scene.untroubled().await;
        watching.stop().await;
        recorded = recorded.max(1 + i64::from(is_read));
        scene.has_bounced(recorded).await;
        assert_eq!(server.folder("INBOX").len(), 0, "{verb}");
    }
}

#[tokio::test]
async fn the_program_looks_into_the_mailbox_that_it_is_told_where_it_works() {
    let (scene, server) = (Scene::after(1).await, ImapServer::start(Offers::default()).await);
    server.deliver(&scene.bounce(0).await);
    let program = |command: &str| {
        skymailing(&[command])
            .set("DATABASE_URL", &scene.service.database.url)
            .set("BOUNCE_DOMAIN", "bounce.example.org")
            .set("INTAKE_IMAP_URL", format!("imap://sky:secret@{}?every=1s", server.address()))
    };
    let mut api = program("api").start();
    api.serves().await;
    let mut worker = program("worker").start();
    has_processed(&server, 1).await;
    scene.has_bounced(1).await;
    assert_eq!(server.most_open(), 1);
    assert!(api.is_running() && worker.is_running());
    let shown = program("config").succeeds().await;
    assert!(shown.contains("imap://sky:***@") && !shown.contains("secret"), "{shown}");
}
