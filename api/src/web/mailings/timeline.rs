//! What happened, event by event, and who did it.

use crate::web::frame::when::{When, with_whole_times};
use crate::web::frame::{Trouble, Visit, list};
use askama::Template;
use askama::filters::HtmlSafe;
use domain::Actor;
use eventstore::Metadata;
use projections::history::AuditEvent;
use projections::users::{self, User};
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
    /// These events, whose people are read at once.
    pub(super) async fn of(visit: &Visit, rows: &[AuditEvent]) -> Result<Self, Trouble> {
        let (viewer, language) = (visit.viewer()?, visit.language());
        let actors: Vec<Actor> = rows.iter().map(|row| Metadata::from_json(&row.metadata).actor).collect();
        let mut ids: Vec<Uuid> = actors.iter().filter_map(|actor| actor.user().map(|id| id.0)).collect();
        ids.sort_unstable();
        ids.dedup();
        let read = users::by_ids(visit.pool(), &ids).await?;
        let users: HashMap<Uuid, User> =
            read.into_iter().filter_map(|(id, row)| Some((id, list::shown(visit, row)?))).collect();
        let told = |(row, actor): (&AuditEvent, &Actor)| {
            let user = actor.user().and_then(|id| users.get(&id.0));
            let said = acts::mailings::history::told(viewer, language, row, actor, user);
            let class = match row.aggregate_type.as_str() {
                "mailing" => "of-plan",
                "run" => "of-run",
                _ => "of-part",
            };
            Told { said: with_whole_times(&said), at: visit.when(row.recorded_at), class }
        };
        Ok(Self { events: rows.iter().zip(&actors).map(told).collect() })
    }
}
