//! The audit log as a file: every event that passes a filter, oldest first, as JSON Lines or CSV. It is read piece by piece, so that nobody
//! has to hold all of it, however long the log is.

use super::log;
use crate::Services;
use crate::mailings::history;
use crate::sheets::{Delimiter, MARK, line};
use crate::who::Viewer;
use chrono::SecondsFormat;
use domain::{Actor, Language, TimeZone};
use projections::audit::{Filter, Walk};
use projections::history::AuditEvent;
use projections::users::{self, User};
use projections::{Access, ReadError};
use serde_json::{Value, json};
use sqlx::PgPool;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;
use words::history::{What, Who};

/// How many events are read at a time: each may name all recipients of a batch.
const CHUNK: usize = 100;

/// The names of the columns, which are also those of the fields of a line of JSON.
const COLUMNS: [&str; 13] = [
    "position",
    "event_id",
    "at",
    "actor",
    "address",
    "kind",
    "object",
    "version",
    "type",
    "correlation_id",
    "causation_id",
    "summary",
    "data",
];

/// What the file looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Each line is an object of JSON.
    JsonLines,
    /// Each line is one of a table, with this delimiter.
    Csv(Delimiter),
}

/// For whom the file is: whom its sentences may name.
#[derive(Clone, Debug)]
pub enum Reader {
    /// For somebody who is signed in.
    Viewer(Box<Viewer>),
    /// For whoever runs the program on its host.
    Operator,
}

/// The file as it is written.
#[derive(Debug)]
pub struct Export {
    pool: PgPool,
    reader: Reader,
    language: Language,
    form: Form,
    access: Access,
    filter: Filter,
    /// Where it goes on; `None` before it has begun.
    walk: Option<Walk>,
    count: u64,
}

impl Export {
    /// A file of the events that pass the filter, among those that may be read, of which nothing is written yet.
    #[must_use]
    pub fn new(
        services: &Services,
        access: Access,
        filter: Filter,
        (reader, language): (Reader, Language),
        form: Form,
    ) -> Self {
        Self { pool: services.pool().clone(), reader, language, form, access, filter, walk: None, count: 0 }
    }

    /// How many events have been written so far.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Whose events are read.
    #[must_use]
    pub fn access(&self) -> Access {
        self.access
    }

    /// The next lines; `None` at the end. What was recorded after it had begun is not in it.
    pub async fn next(&mut self) -> Result<Option<String>, ReadError> {
        let mut walk = if let Some(walk) = self.walk.take() {
            walk
        } else {
            let walk = Walk::open(&self.pool, self.access, self.filter.clone()).await?;
            if let Form::Csv(delimiter) = self.form {
                // At once: the first event that passes may be far away.
                self.walk = Some(walk);
                return Ok(Some(MARK.to_owned() + &line(delimiter, COLUMNS)));
            }
            walk
        };
        let events = walk.next(&self.pool, CHUNK).await?;
        self.walk = Some(walk);
        if events.is_empty() {
            return Ok(None);
        }
        self.count += events.len() as u64;
        let users = self.users(&events).await?;
        Ok(Some(events.iter().map(|event| self.row(event, &users)).collect()))
    }

    /// The accounts of those who caused these events.
    async fn users(&self, events: &[AuditEvent]) -> Result<HashMap<Uuid, User>, sqlx::Error> {
        let ids: HashSet<Uuid> =
            events.iter().filter_map(|event| event.told().actor.user()).map(|user| user.0).collect();
        let ids: Vec<Uuid> = ids.into_iter().collect();
        // One that does not read has no name here.
        let found = users::by_ids(&self.pool, &ids).await?.into_iter();
        Ok(found.filter_map(|(id, user)| Some((id, user.ok()?))).collect())
    }

    fn row(&self, event: &AuditEvent, users: &HashMap<Uuid, User>) -> String {
        let told = event.told();
        let user = told.actor.user().and_then(|user| users.get(&user.0));
        let (summary, address, data) = match &self.reader {
            Reader::Viewer(viewer) => {
                let summary = history::told(viewer, self.language, event, &told.actor, user);
                (summary, log::address(viewer, &told), log::data(viewer, event))
            }
            Reader::Operator => {
                (self.told_to_operator(event, &told.actor, user), told.address, Cow::Borrowed(&event.payload))
            }
        };
        let address = address.map(|address| address.to_string());
        let actor = match &told.actor {
            // Accounts on the machine are told to those who watch over the service only.
            Actor::CommandLine(_) if !self.names_accounts() => "cli".to_owned(),
            actor => actor.to_string(),
        };
        let (at, cause) = (event.recorded_at, told.causation_id);
        match self.form {
            Form::JsonLines => {
                let values: [Value; 13] = [
                    json!(event.position),
                    json!(event.event_id),
                    json!(at),
                    json!(actor),
                    json!(address),
                    json!(event.aggregate_type),
                    json!(event.aggregate_id),
                    json!(event.sequence),
                    json!(event.event_type),
                    json!(told.correlation_id),
                    json!(cause),
                    json!(summary),
                    data.into_owned(),
                ];
                let object: serde_json::Map<String, Value> =
                    COLUMNS.into_iter().map(str::to_owned).zip(values).collect();
                Value::Object(object).to_string() + "\n"
            }
            Form::Csv(delimiter) => line(
                delimiter,
                [
                    event.position.to_string(),
                    event.event_id.to_string(),
                    at.to_rfc3339_opts(SecondsFormat::Micros, true),
                    actor,
                    address.unwrap_or_default(),
                    event.aggregate_type.clone(),
                    event.aggregate_id.clone(),
                    event.sequence.to_string(),
                    event.event_type.clone(),
                    told.correlation_id.to_string(),
                    cause.map(|id| id.to_string()).unwrap_or_default(),
                    summary,
                    data.to_string(),
                ],
            ),
        }
    }

    fn names_accounts(&self) -> bool {
        match &self.reader {
            Reader::Viewer(viewer) => viewer.may_watch(),
            Reader::Operator => true,
        }
    }

    fn told_to_operator(&self, event: &AuditEvent, actor: &Actor, user: Option<&User>) -> String {
        let name = |user: &User| {
            if user.full_name.is_empty() { user.email.clone() } else { user.full_name.clone() }
        };
        let called = match actor {
            Actor::User(_) => user.map(name),
            Actor::CommandLine(account) => Some(account.clone()),
            Actor::System(_) => None,
        };
        let who = called.map_or(Who::Unnamed, Who::Called);
        let fact = event.fact().ok();
        let what = fact.as_ref().map_or(What::Unknown, What::Whole);
        words::history::sentence(self.language, TimeZone::UTC, (actor, &who), what, &event.event_type)
    }
}
