//! The program takes mail: how it starts and ends, what it does with large messages, and what is left when it is killed.

use super::peer::{Peer, ended};
use super::{Left, Sent, bounces, report, takes_mail_at, taking_mail};
use crate::support::process::skymailing;
use crate::support::service::found;
use std::net::TcpListener;

const MIB: usize = 1024 * 1024;

#[tokio::test]
async fn mail_for_no_domain_is_refused_at_the_start_and_a_port_that_is_taken_is_told_by_the_name_of_its_setting() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("its address").to_string();
    // Nobody gets as far as the database.
    let nowhere = "postgres://nobody@127.0.0.1:1/nothing";
    for command in ["serve", "worker"] {
        let program = skymailing(&[command]).set("DATABASE_URL", nowhere).set("INTAKE_ADDR", &address);
        let ended = program.run().await;
        assert_eq!(ended.code, Some(1), "{ended:?}");
        let error = ended.err.lines().last().unwrap_or_default();
        assert!(error.starts_with("error: INTAKE_ADDR takes mail for BOUNCE_DOMAIN, and that is not set"), "{error}");

        let ended = program.set("BOUNCE_DOMAIN", "bounce.example.org").run().await;
        assert_eq!(ended.code, Some(1), "{ended:?}");
        let error = ended.err.lines().last().unwrap_or_default();
        assert!(error.starts_with(&format!("error: cannot listen on {address} (see INTAKE_ADDR): ")), "{error}");
    }
}

#[tokio::test]
async fn on_sigterm_those_who_deliver_are_told_to_come_again_and_the_program_ends_well() {
    let database = crate::support::database().await;
    let mut worker = taking_mail(&["worker"]).set("DATABASE_URL", &database.url).start();
    let address = takes_mail_at(&mut worker).await;
    let mut peer = Peer::greeting(address, "EHLO mx.example.net").await;
    peer.does(&[("MAIL FROM:<>", "250"), ("RCPT TO:<postmaster>", "250")]).await;

    worker.signal("TERM");

    assert!(peer.hears().await.starts_with("421 4.3.2"));
    peer.gets_hung_up_on().await;
    let ended = worker.ends().await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(!ended.err.contains("127.0.0.1:"), "no address of those who connect is in the log: {}", ended.err);
}

#[tokio::test]
async fn a_large_message_takes_no_memory_and_one_that_is_too_large_is_refused() {
    let left = Sent::with_letters(1).await.left().await;
    let mut worker = left.worker().start();
    let mut peer = Peer::greeting(takes_mail_at(&mut worker).await, "EHLO mx.example.net").await;
    peer.does(&[("MAIL FROM:<> SIZE=104857600", "552 5.3.4")]).await;
    let before = peak(worker.pid());
    let filling = format!("{}\r\n", "x".repeat(1_022)).repeat(1_024);
    assert_eq!(filling.len(), MIB);

    for (mebibytes, answer) in [(60, "250 2.0.0"), (100, "552 5.3.4")] {
        peer.begins(&left.letters.address(0)).await;
        peer.says(report(&mebibytes.to_string())).await;
        for _ in 0..mebibytes {
            peer.says(&filling).await;
        }
        peer.says(".\r\n").await;
        let heard = peer.hears().await;
        assert!(heard.starts_with(answer), "{mebibytes} MiB: {heard:?}");
    }

    let grown = peak(worker.pid()).saturating_sub(before);
    assert!(grown < 40, "it took {grown} MiB");
    assert!(peer.delivers(&left.letters.address(0), &report("small")).await.starts_with("250"));
    // What is said at the beginning of the large one is read, too.
    assert_eq!(bounces(left.pool(), 0).await, 2);
}

/// The most memory that a process has used, in MiB.
fn peak(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the process is there");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the kernel counts it");
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().expect("a number") / 1024
}

/// Where the program is killed.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// The recipient is named.
    BeforeText,
    /// Half of the text has come.
    InText,
    /// All of it has come, and nothing of it is committed.
    BeforeCommit,
    /// It is committed, and the client has heard no answer.
    BeforeAnswer,
}

#[tokio::test]
async fn whenever_the_program_is_killed_a_message_that_comes_again_counts_once() {
    let moments = [Moment::BeforeText, Moment::InText, Moment::BeforeCommit, Moment::BeforeAnswer];
    let left = Sent::with_letters(moments.len()).await.left().await;
    for (ordinal, moment) in (0..).zip(moments) {
        is_killed_while_it_takes(&left, ordinal, moment).await;
        let lost = bounces(left.pool(), ordinal).await;
        match moment {
            Moment::BeforeText | Moment::InText => assert_eq!(lost, 0, "{moment:?}"),
            // PostgreSQL may have finished a statement whose program is gone.
            Moment::BeforeCommit => assert!(lost <= 1, "{moment:?}: {lost}"),
            Moment::BeforeAnswer => assert_eq!(lost, 1, "{moment:?}"),
        }

        // The client has heard nothing, so it comes again, and after that once more, as it was in doubt.
        let mut second = left.worker().start();
        let mut peer = Peer::greeting(takes_mail_at(&mut second).await, "EHLO mx.example.net").await;
        for _ in 0..2 {
            let taken = peer.delivers(&left.letters.address(ordinal), &report(&format!("{moment:?}"))).await;
            assert!(taken.starts_with("250 2.0.0"), "{moment:?}: {taken}");
            assert_eq!(bounces(left.pool(), ordinal).await, 1, "{moment:?}");
        }
        second.killed().await;
        left.is_quiet().await;
    }
}

async fn is_killed_while_it_takes(left: &Left, ordinal: u32, moment: Moment) {
    let (to, text) = (left.letters.address(ordinal), ended(&report(&format!("{moment:?}"))));
    let mut first = left.worker().start();
    let mut peer = Peer::greeting(takes_mail_at(&mut first).await, "EHLO mx.example.net").await;
    match moment {
        Moment::BeforeText => peer.does(&[("MAIL FROM:<>", "250"), (&format!("RCPT TO:<{to}>"), "250")]).await,
        Moment::InText => {
            peer.begins(&to).await;
            peer.says(&text[..text.len() / 2]).await;
        }
        Moment::BeforeCommit => {
            peer.begins(&to).await;
            let mut hold = left.pool().begin().await.expect("a transaction");
            let lock = sqlx::query("lock table events in share row exclusive mode");
            lock.execute(&mut *hold).await.expect("nobody has it");
            peer.says(&text).await;
            left.is_held_up().await;
            first.killed().await;
            hold.rollback().await.expect("it ends");
            left.is_quiet().await;
            return;
        }
        Moment::BeforeAnswer => {
            peer.begins(&to).await;
            peer.says(&text).await;
            found("it is committed", async || (bounces(left.pool(), ordinal).await == 1).then_some(())).await;
        }
    }
    first.killed().await;
    left.is_quiet().await;
}
