//! What happened, event by event, and who did it.

use super::when::{When, with_whole_times};
use super::{Trouble, Visit, list};
use askama::Template;
use askama::filters::HtmlSafe;
use projections::history::AuditEvent;
use projections::users::{self, User};
use std::collections::HashMap;
use uuid::Uuid;

/// Events in an order, as they are told.
#[derive(Clone, Debug, Template)]
#[template(path = "frame/timeline.html")]
pub(crate) struct Timeline {
    events: Vec<Told>,
}

impl HtmlSafe for Timeline {}

#[derive(Clone, Debug)]
struct Told {
    /// The event's place in the log, where it has a page.
    position: i64,
    said: String,
    at: When,
    /// The class of what happened: the plan's own events stand out among those of runs.
    class: &'static str,
}

impl Timeline {
    /// These events, whose people are read at once.
    pub(crate) async fn of(visit: &Visit, rows: &[AuditEvent]) -> Result<Self, Trouble> {
        let (viewer, language) = (visit.viewer()?, visit.language());
        let users = doers(visit, rows).await?;
        let told = |row: &AuditEvent| {
            let actor = row.told().actor;
            let user = actor.user().and_then(|id| users.get(&id.0));
            let said = acts::mailings::history::told(viewer, language, row, &actor, user);
            let class = match row.aggregate_type.as_str() {
                "mailing" => "of-plan",
                "run" => "of-run",
                _ => "of-part",
            };
            let (said, at) = (with_whole_times(&said), visit.when(row.recorded_at));
            Told { position: row.position, said, at, class }
        };
        Ok(Self { events: rows.iter().map(told).collect() })
    }

    /// Whether nothing happened.
    pub(crate) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }
}

/// The accounts of those who caused these events.
pub(crate) async fn doers(visit: &Visit, rows: &[AuditEvent]) -> Result<HashMap<Uuid, User>, Trouble> {
    let mut ids: Vec<Uuid> = rows.iter().filter_map(|row| row.told().actor.user()).map(|id| id.0).collect();
    ids.sort_unstable();
    ids.dedup();
    let read = users::by_ids(visit.pool(), &ids).await?;
    Ok(read.into_iter().filter_map(|(id, row)| Some((id, list::shown(visit, row)?))).collect())
}
