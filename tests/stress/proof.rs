//! The equations of the issue, checked from the receiver's log against the events and the read models.

use super::chaos::Moment;
use super::ledger::{Delivery, Flight, Ledger};
use super::moods::Address;
use super::receiver::{Letter, Receiver};
use crate::support::all_read;
use chrono::TimeDelta;
use domain::batch::AttemptOutcome;
use domain::suppression::Reason;
use domain::{BatchId, Outcome, RunId, Totals};
use projections::columns::Word;
use projections::{Access, deliveries, runs};
use sqlx::PgPool;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// How long an answer that has arrived may stay unrecorded: a flush interval (0.2 s), and the rest for the commit on a
/// machine that is busy with other things.
const UNRECORDED: TimeDelta = TimeDelta::seconds(2);

/// Why deliveries may be in doubt.
pub(super) struct Causes<'a> {
    pub(super) moments: &'a [Moment],
    /// Batches that were taken over from a living worker.
    pub(super) fenced: &'a [BatchId],
    /// How many letters may have been on connections that were cut off.
    pub(super) cut_off: usize,
    /// Who has left, by ordinal.
    pub(super) left: &'a BTreeSet<i32>,
}

/// What was counted.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Numbers {
    pub(super) totals: Totals,
    /// Unknown, because a worker was lost.
    pub(super) lost: usize,
    /// Of these, those that the receiver has.
    pub(super) lost_and_received: usize,
    /// Of the lost ones, those that never left: in the attempt that was lost the receiver has not heard of them.
    pub(super) lost_and_unheard: usize,
    /// Of the lost ones, those in batches that were taken over from a living worker.
    pub(super) fenced: usize,
    /// Unknown, because the receiver hung up.
    pub(super) dropped: usize,
    /// All that was in flight at the moments, added up.
    pub(super) in_flight: usize,
    /// The oldest answer that was lost.
    pub(super) oldest_ms: i64,
}

/// Checks a finished run.
pub(super) async fn check(pool: &PgPool, receiver: &Receiver, run: RunId, causes: &Causes<'_>) -> Numbers {
    let ledger = Ledger::of(pool, run).await;
    let totals = the_numbers_are_the_same_everywhere(pool, &ledger).await;
    let letters = letters_of(receiver, &ledger);
    let clients = clients(pool).await;
    nobody_got_two_and_everybody_the_own(&clients, &ledger, &letters);
    whoever_is_left_out_is_so_for_a_reason(pool, &clients, &ledger, causes).await;

    let outcome = |outcome: Outcome| move |(_, delivery): &(&i32, &Delivery)| delivery.outcome == outcome;
    for ordinal in letters.keys() {
        let outcome = ledger.deliveries[ordinal].outcome;
        let said = matches!(outcome, Outcome::Accepted | Outcome::Unknown);
        assert!(said, "the receiver has letter {ordinal}, which is recorded as {outcome:?}");
    }
    for (ordinal, _) in ledger.deliveries.iter().filter(outcome(Outcome::Accepted)) {
        assert!(letters.contains_key(ordinal), "letter {ordinal} is recorded as accepted, and the receiver has it not");
    }
    let mut numbers = doubts(&ledger, &letters, &clients, receiver, causes);
    numbers.totals = totals;
    assert!(
        numbers.lost - numbers.fenced <= numbers.in_flight,
        "doubts are bounded by what was in flight: {numbers:?}"
    );
    numbers
}

async fn the_numbers_are_the_same_everywhere(pool: &PgPool, ledger: &Ledger) -> Totals {
    let totals = ledger.totals();
    assert!(totals.add_up() && totals.pending == 0 && totals.deferred == 0, "{totals:?}");
    assert_eq!(totals.planned, ledger.planned, "what was frozen");
    assert_eq!(totals, ledger.finished, "the run's last event");
    let run = runs::get(pool, Access::All, ledger.run).await.expect("runs can be read").expect("it is there");
    assert_eq!((run.status, run.totals()), (runs::Status::Finished, totals), "the run");
    let report: serde_json::Value = sqlx::query_scalar("select totals from reports where run_id = $1")
        .bind(ledger.run.0)
        .fetch_one(pool)
        .await
        .expect("there is a report");
    assert_eq!(serde_json::from_value::<Totals>(report).expect("totals"), totals, "the report");
    // As the owner reads them.
    let everybody = deliveries::Filter::default();
    let shown = all_read(deliveries::page(pool, Access::All, ledger.run, &everybody, None, i64::MAX).await);
    let places: Vec<i32> = shown.iter().map(|delivery| delivery.ordinal).collect();
    assert_eq!(places, ledger.deliveries.keys().copied().collect::<Vec<_>>());
    let mut attempts: BTreeMap<i32, Vec<deliveries::Attempt>> = BTreeMap::new();
    for attempt in all_read(deliveries::attempts(pool, ledger.run, &places).await) {
        attempts.entry(attempt.ordinal).or_default().push(attempt);
    }
    for delivery in shown {
        let (place, logged) = (delivery.ordinal, &ledger.deliveries[&delivery.ordinal]);
        assert_eq!(delivery.outcome, logged.outcome, "delivery {place}");
        if logged.outcome == Outcome::Suppressed {
            let why = logged.left_out.map(deliveries::Suppressed::Reason);
            assert_eq!(delivery.suppression, why, "why delivery {place} was left out");
            continue;
        }
        let tried = attempts.remove(&place).unwrap_or_default();
        let last = tried.last().map(|attempt| attempt.outcome.word());
        assert_eq!(last, Some(logged.outcome.name()), "the last attempt of delivery {place}");
        let numbers: Vec<i32> = tried.iter().map(|attempt| attempt.number).collect();
        assert_eq!(numbers, (1..).take(logged.flights.len()).collect::<Vec<_>>(), "the attempts of delivery {place}");
        assert_eq!(usize::try_from(delivery.attempts).expect("a count"), tried.len());
    }
    totals
}

/// What the receiver has of this run, by ordinal.
fn letters_of(receiver: &Receiver, ledger: &Ledger) -> BTreeMap<i32, Letter> {
    let (begin, end) = (format!("<{}.", ledger.run.0.simple()), format!("@{}>", ledger.domain));
    let mut letters = BTreeMap::new();
    for letter in receiver.accepted() {
        let Some(rest) = letter.message_id.strip_prefix(&begin) else { continue };
        let ordinal = rest.strip_suffix(&end).and_then(|ordinal| ordinal.parse().ok()).expect("our own Message-ID");
        let twice = letters.insert(ordinal, letter);
        assert!(twice.is_none(), "letter {ordinal} was accepted twice: {twice:?}");
    }
    letters
}

/// The address of each client.
pub(super) async fn clients(pool: &PgPool) -> BTreeMap<Uuid, String> {
    let clients: Vec<(Uuid, String)> =
        sqlx::query_as("select id, email from clients").fetch_all(pool).await.expect("clients can be read");
    clients.into_iter().collect()
}

fn nobody_got_two_and_everybody_the_own(
    clients: &BTreeMap<Uuid, String>,
    ledger: &Ledger,
    letters: &BTreeMap<i32, Letter>,
) {
    let mut recipients = BTreeSet::new();
    for (ordinal, letter) in letters {
        assert_eq!(letter.recipient, clients[&ledger.deliveries[ordinal].client], "letter {ordinal} went to its own");
        assert!(recipients.insert(&letter.recipient), "{} got two letters", letter.recipient);
        assert!(!matches!(Address::of(&letter.recipient), Address::Dead | Address::Picky));
    }
    for (ordinal, delivery) in &ledger.deliveries {
        if delivery.outcome == Outcome::Rejected {
            let address = Address::of(&clients[&delivery.client]);
            assert!(matches!(address, Address::Dead | Address::Picky), "delivery {ordinal} was rejected: {address:?}");
        }
    }
}

/// Whoever is left out has left, or a mail server called the address dead in another run; and it is counted which of these it is.
async fn whoever_is_left_out_is_so_for_a_reason(
    pool: &PgPool,
    clients: &BTreeMap<Uuid, String>,
    ledger: &Ledger,
    causes: &Causes<'_>,
) {
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    for (ordinal, delivery) in &ledger.deliveries {
        if delivery.outcome != Outcome::Suppressed {
            continue;
        }
        let address = Address::of(&clients[&delivery.client]);
        let Some(reason) = delivery.left_out else { panic!("nobody says why delivery {ordinal} was left out") };
        match reason {
            Reason::Dead => assert_eq!(address, Address::Dead, "delivery {ordinal} was left out"),
            Reason::Unsubscribed => assert!(causes.left.contains(ordinal), "{ordinal} is left out and has not left"),
            other => panic!("delivery {ordinal} was left out: {other:?}"),
        }
        *counts.entry(reason.name()).or_default() += 1;
    }
    let counted = runs::suppressed_by(pool, &[ledger.run.0]).await.expect("counts");
    let counted: BTreeMap<&str, i64> = counted.into_iter().map(|(_, why, count)| (why.word(), count)).collect();
    assert_eq!(counted, counts, "what was left out, by its reason");
}

/// Whatever is unknown was in flight when something happened, or the receiver hung up on it.
fn doubts(
    ledger: &Ledger,
    letters: &BTreeMap<i32, Letter>,
    clients: &BTreeMap<Uuid, String>,
    receiver: &Receiver,
    causes: &Causes<'_>,
) -> Numbers {
    let mut numbers = Numbers::default();
    let named = receiver.named();
    let hung_up = receiver.dropped() + causes.cut_off;
    for (ordinal, delivery) in &ledger.deliveries {
        let during = |flight: &Flight| {
            let (from, to) = (flight.from, flight.to);
            causes.moments.iter().filter(move |moment| from <= moment.to && to >= moment.from)
        };
        numbers.in_flight += delivery.flights.iter().map(|flight| during(flight).count()).sum::<usize>();
        if delivery.outcome == Outcome::Suppressed {
            continue;
        }
        let last = delivery.flights.last().expect("each delivery was tried");
        assert_eq!(delivery.outcome == Outcome::Unknown, last.outcome == AttemptOutcome::Unknown { again: None });
        if delivery.outcome != Outcome::Unknown {
            continue;
        }
        if !last.recovered {
            numbers.dropped += 1;
            continue;
        }
        numbers.lost += 1;
        numbers.lost_and_received += usize::from(letters.contains_key(ordinal));
        let heard = named.get(&clients[&delivery.client]).is_some_and(|at| *at >= last.from);
        numbers.lost_and_unheard += usize::from(!heard);
        if causes.fenced.contains(&delivery.batch) {
            numbers.fenced += 1;
            continue;
        }
        let moments: Vec<&Moment> = during(last).collect();
        assert!(!moments.is_empty(), "nothing happened while delivery {ordinal} was in flight: {last:?}");
        // An answer that came before the end of the worker was not recorded yet, but not for long.
        let Some(letter) = letters.get(ordinal) else { continue };
        let waited = moments.iter().map(|moment| (moment.from - letter.at).max(TimeDelta::zero())).min();
        let waited = waited.unwrap_or_default();
        assert!(waited <= UNRECORDED, "the answer about delivery {ordinal} waited {waited}: {last:?} {letter:?}");
        numbers.oldest_ms = numbers.oldest_ms.max(waited.num_milliseconds());
    }
    assert!(numbers.dropped <= hung_up, "{} doubts about lost connections, {hung_up} were lost", numbers.dropped);
    numbers
}
