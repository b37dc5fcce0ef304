//! What the log says about every delivery of a run, folded with the domain's own code and with a second, simpler one.

use chrono::{DateTime, Utc};
use domain::batch::{self, AttemptOutcome, Batch, LeaveOutReason, Progress};
use domain::suppression::Reason;
use domain::{BatchId, Decide, Fact, Outcome, RunId, Totals, run};
use sqlx::PgPool;
use std::collections::BTreeMap;
use uuid::Uuid;

/// From an intent to its outcome.
#[derive(Clone, Debug)]
pub(super) struct Flight {
    pub(super) from: DateTime<Utc>,
    pub(super) to: DateTime<Utc>,
    pub(super) outcome: AttemptOutcome,
    /// Whether the outcome was written by who took the batch over.
    pub(super) recovered: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Delivery {
    pub(super) batch: BatchId,
    pub(super) client: Uuid,
    pub(super) outcome: Outcome,
    /// Why the recipient is not written to any more, if that was found out.
    pub(super) left_out: Option<Reason>,
    pub(super) flights: Vec<Flight>,
}

/// A run by its events.
pub(super) struct Ledger {
    pub(super) run: RunId,
    /// By ordinal.
    pub(super) deliveries: BTreeMap<i32, Delivery>,
    /// As frozen.
    pub(super) planned: u64,
    /// As its last event says.
    pub(super) finished: Totals,
    pub(super) domain: String,
}

type Row = (DateTime<Utc>, String, String, String, String, String);

impl Ledger {
    pub(super) async fn of(pool: &PgPool, run: RunId) -> Self {
        let rows: Vec<Row> = sqlx::query_as(
            "select recorded_at, aggregate_type, aggregate_id, event_type, event_version, payload::text
               from events
              where aggregate_type = 'run' and aggregate_id = $1
                 or aggregate_type = 'batch' and aggregate_id in (select id::text from batches where run_id = $2)
              order by aggregate_id, sequence",
        )
        .bind(run.to_string())
        .bind(run.0)
        .fetch_all(pool)
        .await
        .expect("there is a log");
        let mut streams: BTreeMap<BatchId, Vec<(DateTime<Utc>, batch::Event)>> = BTreeMap::new();
        let mut own = Vec::new();
        for (at, aggregate, id, event_type, version, payload) in rows {
            let stored = eventstore::Stored { event_type: &event_type, version: &version, payload: &payload };
            match eventstore::fact(&aggregate, &id, stored).expect("a fact") {
                Fact::Run(_, event) => own.push(event),
                Fact::Batch(id, event) => streams.entry(id).or_default().push((at, event)),
                other => panic!("{other:?} was not asked for"),
            }
        }
        let [
            run::Event::Started { .. },
            run::Event::AudienceFrozen { planned, batches, message_id_domain },
            run::Event::Finished { totals, .. },
        ] = &*own
        else {
            panic!("a run starts, is frozen and finished, each once: {own:?}");
        };
        assert_eq!(streams.len(), usize::try_from(*batches).expect("a count"));
        let deliveries = streams.into_iter().flat_map(|(id, events)| fold(id, events)).collect();
        Self { run, deliveries, planned: *planned, finished: *totals, domain: message_id_domain.clone() }
    }

    pub(super) fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        self.deliveries.values().for_each(|delivery| totals.count(delivery.outcome));
        totals
    }
}

/// The deliveries of a batch, by ordinal.
fn fold(batch: BatchId, events: Vec<(DateTime<Utc>, batch::Event)>) -> Vec<(i32, Delivery)> {
    let mut state = Batch::default();
    let mut open: BTreeMap<u16, DateTime<Utc>> = BTreeMap::new();
    let mut flights: BTreeMap<u16, Vec<Flight>> = BTreeMap::new();
    let mut left_out: BTreeMap<u16, Reason> = BTreeMap::new();
    for (at, event) in events {
        match &event {
            batch::Event::SendingStarted { recipients, .. } => {
                for place in recipients {
                    assert!(open.insert(*place, at).is_none(), "nobody is in flight twice");
                }
            }
            batch::Event::AttemptRecorded { attempts } => {
                for attempt in attempts {
                    let from = open.remove(&attempt.recipient).expect("an outcome has its intent");
                    let recovered = attempt.reply == batch::Attempt::unknown(0, at).reply;
                    let flight = Flight { from, to: at, outcome: attempt.outcome.clone(), recovered };
                    flights.entry(attempt.recipient).or_default().push(flight);
                }
            }
            batch::Event::ResendOrdered { .. } | batch::Event::DoubtAccepted { .. } => panic!("nobody decides here"),
            batch::Event::LeftOut { recipients, reason: LeaveOutReason::Suppressed(reason) } => {
                for place in recipients {
                    let twice = left_out.insert(*place, *reason);
                    assert!(twice.is_none(), "nobody is left out twice: {twice:?}");
                }
            }
            batch::Event::LeftOut { reason, .. } => panic!("nobody shares a mailbox: {reason:?}"),
            batch::Event::Planned { .. } | batch::Event::GaveUp { .. } | batch::Event::Completed => {}
        }
        state.evolve(event);
    }
    assert!(open.is_empty(), "nothing is in flight at the end");
    let Batch::Completed(slice) = state else { panic!("the batch is completed, not {state:?}") };
    let delivery = |(place, delivery): (u16, batch::Delivery)| {
        let Progress::Settled(outcome) = delivery.progress else { panic!("{delivery:?} is settled") };
        let (flights, left_out) = (flights.remove(&place).unwrap_or_default(), left_out.remove(&place));
        let ordinal = projections::deliveries::ordinal(slice.number, place);
        (ordinal, Delivery { batch, client: delivery.recipient.0.0, outcome, left_out, flights })
    };
    (0_u16..).zip(slice.deliveries).map(delivery).collect()
}
