//! A machine whose clock jumps while letters go out: two days ahead, back, and two days behind. Whatever its clock says, no
//! letter is given up, nothing that is planned for tomorrow leaves today, and nothing is sent twice.

use super::chaos::fenced;
use super::dice::{Seed, say};
use super::proof::{self, Causes};
use super::watcher::Watcher;
use super::world::{Member, PATIENCE, World, now};
use chrono::TimeDelta;
use domain::{Periodicity, RunId};
use std::collections::BTreeSet;
use std::process::Command;

const RECIPIENTS: usize = 6_000;

/// How many letters go out between two jumps.
const BETWEEN: usize = 800;

/// Changes what the programs that it is loaded into take for the time of day, as a file says.
struct Faketime {
    library: String,
    file: tempfile::NamedTempFile,
}

impl Faketime {
    /// None where the program `faketime` is not installed.
    fn new() -> Option<Self> {
        let shown = Command::new("faketime").args(["-f", "+0", "sh", "-c", "echo $LD_PRELOAD"]).output();
        let shown = shown.ok().filter(|shown| shown.status.success());
        let Some(shown) = shown else {
            say("the program faketime is not installed (Debian's package faketime): no clock jumps");
            return None;
        };
        let library = String::from_utf8_lossy(&shown.stdout).trim().to_owned();
        let faketime = Self { library, file: tempfile::NamedTempFile::new().expect("a temporary file") };
        faketime.says("+0");
        Some(faketime)
    }

    /// From now on the clock is off by so much, such as `+2d`.
    fn says(&self, offset: &str) {
        // Not by truncating it: a reader in between would find nothing.
        let path = self.file.path();
        let written = path.with_extension("new");
        std::fs::write(&written, format!("{offset}\n")).and_then(|()| std::fs::rename(&written, path)).expect("a file");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_jumps_in_mid_run_gives_up_no_letter_and_sends_none_early() {
    let _turn = super::TWO_AT_A_TIME.acquire().await;
    let Some(faketime) = Faketime::new() else { return };
    let world = World::start(Seed::of("clocks")).await;
    let owner = world.owner().await;
    let group = owner.clients(RECIPIENTS).await;
    let today = owner.mailing(group, now() - TimeDelta::minutes(1), Periodicity::Once).await;
    owner.mailing(group, now() + TimeDelta::days(1), Periodicity::Once).await;
    owner.leave().await;

    world.receiver.answers_up_to(BETWEEN);
    let mut watcher = Watcher::start(world.pool.clone());
    let wrong = |subcommand| {
        world
            .program(subcommand, world.postgres.url(), &world.receiver.url())
            .set("LD_PRELOAD", &faketime.library)
            .set("FAKETIME_TIMESTAMP_FILE", faketime.file.path().to_str().expect("a path"))
            .set("FAKETIME_NO_CACHE", "1")
            // Only what a person or a time server sets jumps; the time since the machine started does not.
            .set("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .start()
    };
    // One that is wrong, alone at first: nobody else would send.
    let mut crew = vec![Member::of("serve", wrong("serve"))];
    world.letters(BETWEEN, PATIENCE).await;
    crew.push(Member::start(&world, "worker"));
    for offset in ["+2d", "+0", "-2d", "+3y"] {
        faketime.says(offset);
        let point = world.receiver.count() + BETWEEN;
        world.receiver.answers_up_to(point);
        world.letters(point, PATIENCE).await;
        say(&format!("the clock was off by {offset}, and {} letters are there", world.receiver.count()));
    }
    // A process that starts with a wrong clock is no better off.
    crew.push(Member::of("worker", wrong("worker")));
    world.receiver.answers_up_to(usize::MAX);
    watcher.finished(&world, 1).await;
    for member in &mut crew {
        member.leave().await;
    }

    let runs: Vec<(uuid::Uuid, uuid::Uuid)> =
        sqlx::query_as("select id, mailing_id from runs").fetch_all(&world.pool).await.expect("runs");
    let [(run, mailing)] = *runs else { panic!("only today's mailing has a run: {runs:?}") };
    assert_eq!(mailing, today.0);
    let fenced = fenced(&crew);
    let causes = Causes { moments: &[], fenced: &fenced, cut_off: 0, left: &BTreeSet::new() };
    let numbers = proof::check(&world.pool, &world.receiver, RunId(run), &causes).await;
    say(&format!("clocks: {numbers:?}"));
    assert_eq!((numbers.totals.planned, numbers.totals.expired), (RECIPIENTS as u64, 0));
}
