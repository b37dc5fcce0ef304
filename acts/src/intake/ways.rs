//! Whether the ways are open on which others deliver to this process: the mail server, and what providers report over HTTP.
//!
//! Nobody looks into anything there, so whether something is in the way shows only by what becomes of those who come. One that is refused
//! says nothing: anybody can write to us. Several in a row with nothing taken in between say that it is our side that is wrong: a key was
//! changed, or nothing can be written down. Each process keeps that in memory, and writes it into a table for everybody to see; administrators
//! are told of what lasts, as of everything else that does not do its work.

use domain::feedback::Via;
use sqlx::PgPool;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

/// So many in a row have to be refused before something is in the way.
pub const IN_A_ROW: u32 = 5;

/// How long it counts that reports were not believed, after the last one that was not: providers come again for hours.
const FORGED_FOR: Duration = Duration::from_hours(24);

/// How long it counts that something could not be written down, after the last time: mail servers come again within minutes.
const PUT_OFF_FOR: Duration = Duration::from_mins(15);

/// How often it is written how it is, when nothing changes.
const EVERY: Duration = Duration::from_secs(30);

/// The longest text of what is in the way that is kept, in characters.
const LONGEST: usize = 500;

/// Why something was refused that came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// What should have proved that it is the provider's did not. What comes without any proof says nothing of our side, and is no refusal here.
    Forged,
    /// It could not be written down, or what it takes to know whether it is the provider's could not be got, so that it has to come again.
    PutOff,
}

/// What is in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// What it is, in English.
    pub words: String,
    /// Since when.
    pub since: Instant,
}

/// How it is with the ways on which others deliver to this process. Clones share it.
#[derive(Clone, Debug)]
pub struct Ways(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// This process, among those that write into the same table.
    holder: Uuid,
    ways: Mutex<BTreeMap<Via, Way>>,
    /// Something came into the way, or is out of it.
    changed: Notify,
}

/// How it is with one way.
#[derive(Debug, Default)]
struct Way {
    /// Why nobody can come; none if they can.
    shut: Option<Obstacle>,
    /// What was not believed since something was taken.
    forged: Option<Row>,
    /// What was put off since something was taken.
    put_off: Option<Row>,
}

/// Refusals in a row.
#[derive(Debug)]
struct Row {
    times: u32,
    since: Instant,
    last: Instant,
    /// Why the last one was refused.
    words: String,
}

impl Row {
    /// One more, in this row if that still counts.
    fn one_more(row: Option<Self>, lasts: Duration, words: &str, now: Instant) -> Self {
        let words = words.to_owned();
        match row.filter(|row| row.counts(lasts, now)) {
            Some(row) => Self { times: row.times.saturating_add(1), last: now, words, ..row },
            None => Self { times: 1, since: now, last: now, words },
        }
    }

    fn counts(&self, lasts: Duration, now: Instant) -> bool {
        now.duration_since(self.last) < lasts
    }

    /// What is in the way by it, if it is long enough and still counts.
    fn obstacle(&self, lasts: Duration, now: Instant) -> Option<Obstacle> {
        let words = format!("the last {} that came were all refused: {}", self.times, self.words);
        (self.times >= IN_A_ROW && self.counts(lasts, now)).then_some(Obstacle { words, since: self.since })
    }
}

impl Way {
    fn refuses(&mut self, refusal: Refusal, words: &str, now: Instant) {
        let (row, lasts) = match refusal {
            Refusal::Forged => (&mut self.forged, FORGED_FOR),
            Refusal::PutOff => (&mut self.put_off, PUT_OFF_FOR),
        };
        *row = Some(Row::one_more(row.take(), lasts, words, now));
    }

    fn takes(&mut self) {
        (self.forged, self.put_off) = (None, None);
    }

    /// Nobody can come. That was so before if it is said again.
    fn shuts(&mut self, words: &str, now: Instant) {
        let since = self.shut.as_ref().map_or(now, |shut| shut.since);
        self.shut = Some(Obstacle { words: words.to_owned(), since });
    }

    /// What is in the way; none if nothing is, as far as is known.
    fn obstacle(&self, now: Instant) -> Option<Obstacle> {
        let forged = || self.forged.as_ref().and_then(|row| row.obstacle(FORGED_FOR, now));
        let put_off = || self.put_off.as_ref().and_then(|row| row.obstacle(PUT_OFF_FOR, now));
        self.shut.clone().or_else(forged).or_else(put_off)
    }
}

impl Default for Ways {
    /// Those of a process to which nobody can deliver yet.
    fn default() -> Self {
        Self(Arc::new(Shared { holder: Uuid::new_v4(), ways: Mutex::default(), changed: Notify::new() }))
    }
}

impl Ways {
    /// Others can deliver on this way.
    pub fn opens(&self, via: Via) {
        self.change(via, |way, _| way.shut = None);
    }

    /// Nobody can deliver on this way, for this reason, which must tell no secret.
    pub fn shuts(&self, via: Via, words: &str) {
        self.change(via, |way, now| way.shuts(words, now));
    }

    /// Something was taken that came on this way.
    pub fn takes(&self, via: Via) {
        self.change(via, |way, _| way.takes());
    }

    /// Something was refused that came on this way, for this reason, which must tell no secret.
    pub fn refuses(&self, via: Via, refusal: Refusal, words: &str) {
        self.change(via, |way, now| way.refuses(refusal, words, now));
    }

    /// The ways on which others can deliver to this process, or could, each with what is in the way.
    #[must_use]
    pub fn standing(&self) -> Vec<(Via, Option<Obstacle>)> {
        let now = Instant::now();
        self.ways().iter().map(|(via, way)| (*via, way.obstacle(now))).collect()
    }

    fn change(&self, via: Via, change: impl FnOnce(&mut Way, Instant)) {
        let now = Instant::now();
        let mut ways = self.ways();
        let is_new = !ways.contains_key(&via);
        let way = ways.entry(via).or_default();
        let before = way.obstacle(now).is_some();
        change(way, now);
        if is_new || way.obstacle(now).is_some() != before {
            self.0.changed.notify_one();
        }
    }

    fn ways(&self) -> MutexGuard<'_, BTreeMap<Via, Way>> {
        // What is known is right even if somebody panicked beside it.
        self.0.ways.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was put off tells nothing any more: PostgreSQL was away, and is back.
    fn forgets_what_was_put_off(&self) {
        for way in self.ways().values_mut() {
            way.put_off = None;
        }
    }

    /// Writes how it is for everybody to see, whenever that changes, and again and again, until dropped.
    pub async fn keep(self, pool: PgPool) {
        let mut was_away = false;
        loop {
            tokio::select! {
                () = sleep(EVERY) => {}
                () = self.0.changed.notified() => {}
            }
            let mut written = self.write(&pool).await;
            if written.is_ok() && std::mem::take(&mut was_away) {
                self.forgets_what_was_put_off();
                written = self.write(&pool).await;
            }
            if let Err(error) = written {
                was_away = true;
                tracing::debug!(%error, "nobody can be told how it is with what comes in");
            }
        }
    }

    async fn write(&self, pool: &PgPool) -> Result<(), sqlx::Error> {
        let (now, standing) = (Instant::now(), self.standing());
        if standing.is_empty() {
            return Ok(());
        }
        let errors = standing.iter().map(|(_, obstacle)| obstacle.as_ref().map(|it| short(&it.words)));
        let ages = standing.iter().map(|(_, obstacle)| obstacle.as_ref().map(|it| now.duration_since(it.since)));
        sqlx::query!(
            "insert into intake_ways (via, holder, error, since, looked_at)
             select via, $2::uuid, error, clock_timestamp() - make_interval(secs => age), clock_timestamp()
               from unnest($1::text[], $3::text[], $4::float8[]) as t (via, error, age)
             on conflict (via, holder) do update
                set error = excluded.error, since = excluded.since, looked_at = excluded.looked_at",
            &standing.iter().map(|(via, _)| via.name().to_owned()).collect::<Vec<_>>(),
            self.0.holder,
            &errors.collect::<Vec<_>>() as &[Option<String>],
            &ages.map(|age| age.map(|age| age.as_secs_f64())).collect::<Vec<_>>() as &[Option<f64>],
        )
        .execute(pool)
        .await?;
        Ok(())
    }

    /// Takes back what this process has written, as nobody delivers to it any more, and what others have left that are long gone.
    pub async fn leave(&self, pool: &PgPool) -> Result<(), sqlx::Error> {
        if self.ways().is_empty() {
            return Ok(());
        }
        sqlx::query!(
            "delete from intake_ways where holder = $1 or looked_at < clock_timestamp() - interval '1 day'",
            self.0.holder,
        )
        .execute(pool)
        .await?;
        Ok(())
    }
}

/// A text as it is kept: PostgreSQL keeps every character but one.
fn short(words: &str) -> String {
    words.chars().take(LONGEST).map(|c| if c == '\0' { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Refusal::{Forged, PutOff};

    /// What is in the way after these, each so many minutes after the one before.
    fn after(all: &[(u64, Option<Refusal>)]) -> Option<(String, u64)> {
        let begun = Instant::now();
        let (mut way, mut now) = (Way::default(), begun);
        for (minutes, refusal) in all {
            now += Duration::from_mins(*minutes);
            match refusal {
                Some(refusal) => way.refuses(*refusal, "it is wrong", now),
                None => way.takes(),
            }
        }
        let since = |since: Instant| since.duration_since(begun).as_secs() / 60;
        way.obstacle(now).map(|obstacle| (obstacle.words, since(obstacle.since)))
    }

    fn times(times: u32, minutes: u64, refusal: Refusal) -> Vec<(u64, Option<Refusal>)> {
        (0..times).map(|_| (minutes, Some(refusal))).collect()
    }

    #[test]
    fn so_many_in_a_row_that_are_refused_say_that_something_is_in_the_way() {
        let said = |times: u32| format!("the last {times} that came were all refused: it is wrong");
        for (all, expected) in [
            (vec![], None),
            (times(IN_A_ROW - 1, 1, Forged), None),
            (times(IN_A_ROW, 1, Forged), Some((said(IN_A_ROW), 1))),
            (times(IN_A_ROW + 2, 10, PutOff), Some((said(IN_A_ROW + 2), 10))),
            // Something is taken in between, or at last.
            ([times(4, 1, Forged), vec![(1, None)], times(4, 1, Forged)].concat(), None),
            ([times(9, 1, Forged), vec![(1, None)]].concat(), None),
            ([times(9, 1, PutOff), vec![(1, None)]].concat(), None),
            // Each sort of refusal is counted by itself.
            ([times(4, 1, Forged), times(4, 1, PutOff)].concat(), None),
            ([times(4, 1, Forged), times(1, 1, PutOff), times(1, 1, Forged)].concat(), Some((said(5), 1))),
            // What is long ago says nothing any more.
            (times(9, 60 * 24, Forged), None),
            (times(9, 15, PutOff), None),
            (times(5, 60 * 23, Forged), Some((said(5), 60 * 23))),
        ] {
            assert_eq!(after(&all), expected, "{all:?}");
        }
    }

    #[test]
    fn a_way_that_is_shut_is_so_since_it_was_said_first_whatever_was_refused() {
        let begun = Instant::now();
        let minute = Duration::from_mins(1);
        let mut way = Way::default();
        way.shuts("the port is taken", begun);
        way.shuts("nobody may listen", begun + minute);
        for _ in 0..IN_A_ROW {
            way.refuses(PutOff, "later", begun + minute);
        }
        way.takes();
        let shut = Obstacle { words: "nobody may listen".to_owned(), since: begun };
        assert_eq!(way.obstacle(begun + minute), Some(shut));
        way.shut = None;
        assert_eq!(way.obstacle(begun + minute), None);
    }

    #[test]
    fn a_way_is_told_as_soon_as_others_can_deliver_on_it() {
        let ways = Ways::default();
        assert!(ways.standing().is_empty());
        ways.opens(Via::Smtp);
        ways.shuts(Via::Ses, "nobody answers");
        let told: Vec<(Via, bool)> =
            ways.clone().standing().into_iter().map(|(via, obstacle)| (via, obstacle.is_some())).collect();
        assert_eq!(told, [(Via::Smtp, false), (Via::Ses, true)]);
        ways.opens(Via::Ses);
        assert!(ways.standing().iter().all(|(_, obstacle)| obstacle.is_none()));
    }

    #[test]
    fn when_postgresql_is_back_what_was_put_off_meanwhile_is_forgotten_and_what_was_forged_is_not() {
        let ways = Ways::default();
        for _ in 0..IN_A_ROW {
            ways.refuses(Via::Smtp, PutOff, "PostgreSQL is away");
            ways.refuses(Via::Ses, Forged, "its signature is wrong");
        }
        ways.forgets_what_was_put_off();
        let told: Vec<(Via, bool)> =
            ways.standing().into_iter().map(|(via, obstacle)| (via, obstacle.is_some())).collect();
        assert_eq!(told, [(Via::Smtp, false), (Via::Ses, true)]);
    }
}
