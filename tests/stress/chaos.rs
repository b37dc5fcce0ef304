//! What happens to the processes, decided by the dice.

use super::dice::say;
use super::watcher::Watcher;
use super::world::{CREW, LEASE, Member, PATIENCE, World, now};
use chrono::{DateTime, Utc};
use domain::BatchId;
use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use std::time::Duration;

/// Crew members that send. The third one is the API alone.
const WORKERS: std::ops::Range<usize> = 0..2;
const API: usize = 2;

/// So long without a letter, and the next thing happens anyway.
const LULL: Duration = Duration::from_secs(3);

/// Batches whose worker has let its lease run out.
const ABANDONED: &str = "select count(*) from batch_leases l join batches b on b.id = l.batch_id
     where b.completed_at is null and l.worker is not null and l.expires_at <= clock_timestamp()";

/// How much is to happen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measure {
    /// Kills of workers.
    pub(super) kills: usize,
    pub(super) crashes_of_postgres: usize,
    pub(super) kills_of_the_api: usize,
    /// Stops of a worker past its lease.
    pub(super) stops: usize,
}

#[derive(Clone, Debug)]
enum Blow {
    Kill(Vec<usize>),
    Crash,
    Stop(usize),
}

/// From just before to just after something happened.
#[derive(Clone, Debug)]
pub(super) struct Moment {
    pub(super) from: DateTime<Utc>,
    pub(super) to: DateTime<Utc>,
}

pub(super) struct Chaos {
    pub(super) crew: Vec<Member>,
    pub(super) moments: Vec<Moment>,
    dice: StdRng,
}

impl Measure {
    fn blows(self, dice: &mut StdRng) -> Vec<Blow> {
        let mut blows = vec![Blow::Crash; self.crashes_of_postgres];
        blows.extend(vec![Blow::Kill(vec![API]); self.kills_of_the_api]);
        blows.extend((0..self.stops).map(|_| Blow::Stop(dice.random_range(WORKERS))));
        let mut kills = 0;
        while kills < self.kills {
            let whom = if dice.random_bool(0.15) { WORKERS.collect() } else { vec![dice.random_range(WORKERS)] };
            kills += whom.len();
            blows.push(Blow::Kill(whom));
        }
        blows.shuffle(dice);
        blows
    }
}

impl Chaos {
    /// Starts the crew.
    pub(super) fn begin(world: &World, dice: StdRng) -> Self {
        let crew = CREW.iter().map(|subcommand| Member::start(world, subcommand)).collect();
        Self { crew, moments: Vec::new(), dice }
    }

    /// The address of the API, which is the same until it is killed.
    pub(super) async fn api(&mut self) -> String {
        self.crew[API].serves().await
    }

    /// Lets all of it happen in the middle of the run over so many recipients: each blow after a random number of letters,
    /// and the receiver answers for hardly more before it has happened.
    pub(super) async fn rage(&mut self, world: &mut World, watcher: &mut Watcher, measure: Measure, recipients: usize) {
        let blows = measure.blows(&mut self.dice);
        let count = blows.len();
        // Before the first letter there is little to lose, and a crew that is struck down again and again never gets there.
        world.receiver.answers_up_to(100);
        world.letters(1, PATIENCE).await;
        for (number, blow) in blows.into_iter().enumerate() {
            let seen = watcher.seen().await;
            assert_eq!(seen.finished, 0, "{blow:?} happens in mid-run");
            // The read models may be behind, but no more letters can be open than the receiver lacks.
            let lacks = recipients.saturating_sub(world.receiver.count());
            let open =
                usize::try_from(seen.open).map_or(lacks, |open| if number == 0 { lacks } else { open.min(lacks) });
            // Some are kept for the last blows, each of which leaves others in doubt than those that were received.
            let share = open.saturating_sub(recipients / 8) * 7 / 10 / (count - number + 1);
            let point = world.receiver.count() + self.dice.random_range(1..=2 * share.max(1));
            world.receiver.answers_up_to(point + self.dice.random_range(0..100));
            world.letters(point, LULL).await;
            say(&format!("{}/{count} {blow:?} after {} letters, {open} open", number + 1, world.receiver.count()));
            self.strike(world, blow, share).await;
        }
        world.receiver.answers_up_to(usize::MAX);
    }

    /// While it lasts, the receiver answers for so many letters more.
    async fn strike(&mut self, world: &mut World, blow: Blow, share: usize) {
        for member in &mut self.crew {
            member.is_alive(world).await;
        }
        let from = now();
        match blow {
            Blow::Kill(whom) => {
                for member in &whom {
                    self.crew[*member].kill().await;
                }
                self.moments.push(Moment { from, to: now() });
                world.receiver.answers_up_to(world.receiver.count() + share);
                if whom.len() == 1 && self.dice.random_bool(0.5) {
                    self.meanwhile(world, Duration::from_secs(1)).await;
                }
                for member in whom {
                    self.crew[member].replace(world);
                }
            }
            Blow::Crash => {
                world.postgres.crash().await;
                world.receiver.answers_up_to(world.receiver.count() + share);
                if self.dice.random_bool(0.5) {
                    // Away for longer than a lease.
                    tokio::time::sleep(LEASE * 3 / 2).await;
                }
                world.postgres.start_again().await;
                self.moments.push(Moment { from, to: now() });
            }
            Blow::Stop(whom) => {
                self.crew[whom].signal("STOP");
                world.receiver.answers_up_to(world.receiver.count() + share);
                // Its last renewal was before the signal, so after this its lease is over by PostgreSQL's clock, too.
                tokio::time::sleep(LEASE + Duration::from_millis(100)).await;
                // Somebody with room for what it held steps in, and is lost again when the first one is back.
                let abandoned = world.number(ABANDONED).await.unwrap_or_default();
                let mut stand_in = Member::start(world, "worker");
                world.receiver.answers_up_to(usize::MAX);
                let fewer = format!("select greatest(0, ({ABANDONED}) - {})", (abandoned - 1).max(0));
                world.none_left("some of its batches are taken over", &fewer).await;
                world.receiver.answers_up_to(world.receiver.count() + share);
                self.meanwhile(world, LEASE).await;
                self.crew[whom].signal("CONT");
                self.meanwhile(world, LEASE).await;
                stand_in.kill().await;
                self.crew[whom].said.append(&mut stand_in.said);
                self.moments.push(Moment { from, to: now() });
            }
        }
    }

    /// Lets the others work for a while.
    async fn meanwhile(&mut self, world: &World, patience: Duration) {
        let letters = self.dice.random_range(1..300);
        world.letters(world.receiver.count() + letters, patience).await;
    }

    /// Everybody ends well when asked to.
    pub(super) async fn end(&mut self, world: &World) {
        for member in &mut self.crew {
            member.is_alive(world).await;
            member.leave().await;
        }
    }
}

/// The batches that were taken over from workers who lived to hear of it: those that were stopped past their lease, and on
/// a machine that is too busy any other.
pub(super) fn fenced(crew: &[Member]) -> Vec<BatchId> {
    let said = crew.iter().flat_map(|member| &member.said);
    said.filter_map(|line| line.split_once("taken over the batch batch=")?.1.trim().parse().ok()).collect()
}
