//! What happened, event by event, and who did it.

use crate::web::frame::when::When;
use crate::web::frame::{Trouble, Visit, list};
use askama::Template;
use askama::filters::HtmlSafe;
use domain::Actor;
use eventstore::Metadata;
use projections::history::AuditEvent;
use projections::users;
use std::collections::HashMap;
use uuid::Uuid;

/// Events in an order, as they are told.
#[derive(Clone, Debug, Template)]
#[template(path = "mailings/timeline.html")]
pub(super) struct Timeline {
    events: Vec<Told>,
}

impl HtmlSafe for Timeline {}

#[derive(Clone, Debug)]
struct Told {
    said: String,
    at: When,
    /// The class of what happened: the plan's own events stand out among those of runs.
    class: &'static str,
}

impl Timeline {
    /// These events, whose names of people are read at once.
    pub(super) async fn of(visit: &Visit, rows: &[AuditEvent]) -> Result<Self, Trouble> {
        let actors: Vec<Actor> = rows.iter().map(|row| Metadata::from_json(&row.metadata).actor).collect();
        let mut ids: Vec<Uuid> = actors.iter().filter_map(|actor| actor.user().map(|id| id.0)).collect();
        ids.sort_unstable();
        ids.dedup();
        let users = users::by_ids(visit.pool(), &ids).await?;
        let name = |(id, row)| Some((id, list::shown::<users::User>(visit, row)?.full_name));
        let names: HashMap<Uuid, String> = users.into_iter().filter_map(name).collect();
        let watches = visit.viewer()?.may_watch();
        let told = |(row, actor): (&AuditEvent, Actor)| {
            // A user's name is never the address, and accounts on the machine are told only to those who watch over it.
            let called = match &actor {
                Actor::User(id) => names.get(&id.0).cloned().filter(|name| !name.is_empty()),
                Actor::CommandLine(account) => Some(account.clone()).filter(|_| watches),
                Actor::System(_) => None,
            };
            let fact = row.fact().ok();
            let said = words::history::sentence(visit.language(), &actor, called, fact.as_ref(), &row.event_type);
            let class = match row.aggregate_type.as_str() {
                "mailing" => "of-plan",
                "run" => "of-run",
                _ => "of-part",
            };
            Told { said, at: visit.when(row.recorded_at), class }
        };
        Ok(Self { events: rows.iter().zip(actors).map(told).collect() })
    }
}
