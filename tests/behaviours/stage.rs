//! A service that sends, and what everybody can see of it over GraphQL.

use crate::support::TestDatabase;
use crate::support::http::{Api, Person, text};
use crate::support::service::{HandClock, Service, Working, found};
use crate::support::smtp_server::{Offers, SmtpServer};
use chrono::{DateTime, TimeDelta, Utc};
use scheduler::smtp::Relay;
use serde_json::{Value, json};

/// What a run has to say of itself.
const MAILING: &str = "query($id: ID!) { mailing(id: $id) { status nextRunAt runs(first: 100) { nodes {
    id status trigger occurrence missed { last count } attempt { succeeded } report { text }
    progress { planned accepted rejected deferred unknown suppressed expired pending } } } } }";

pub(crate) struct Stage {
    pub(crate) api: Api,
    pub(crate) server: SmtpServer,
    /// Of the database.
    pub(crate) url: String,
}

impl Stage {
    pub(crate) async fn start() -> Self {
        let database: TestDatabase = crate::support::database().await;
        let url = database.url.clone();
        let api = Api::over(database.pool.clone(), Some(database)).await;
        Self { api, server: SmtpServer::start(Offers::default()).await, url }
    }

    pub(crate) fn clock(&self) -> &HandClock {
        &self.api.clock
    }

    /// Turns the clock to this moment.
    pub(crate) fn turn_to(&self, moment: DateTime<Utc>) {
        self.clock().advance(moment - self.clock().now());
    }

    /// An engine of this node.
    pub(crate) fn works(&self) -> Working {
        self.works_through([Service::relay(&self.server)])
    }

    pub(crate) fn works_through(&self, relays: impl IntoIterator<Item = Relay>) -> Working {
        let mut settings = Service::settings();
        // One at a time, which has all connections.
        (settings.batches, settings.small_batches) = (1, 0);
        Service::work_through(&self.api.node, relays, settings)
    }

    /// A plan for a window that opened a minute ago and lasts a day.
    pub(crate) fn plan(&self, message: &str, audience: &Value) -> Value {
        let now = self.clock().now();
        json!({
            "name": "Spring",
            "messageId": message,
            "audience": audience,
            "startsAt": (now - TimeDelta::minutes(1)).to_rfc3339(),
            "endsAt": (now + TimeDelta::days(1)).to_rfc3339(),
            "periodicity": { "kind": "ONCE" },
        })
    }
}

/// A new mailing's id.
pub(crate) async fn created(person: &Person, plan: Value) -> String {
    text(&person.does("mailingCreate", plan, "mailing { id }").await["mailing"]["id"])
}

/// A mailing with all its runs, newest first.
pub(crate) async fn seen(person: &Person, mailing: &str) -> Value {
    let seen = person.ask(MAILING, json!({ "id": mailing })).await["mailing"].take();
    for run in runs(&seen) {
        let progress = run["progress"].as_object().expect("numbers");
        let outcomes: i64 = progress.iter().filter(|(name, _)| *name != "planned").filter_map(|it| it.1.as_i64()).sum();
        assert_eq!(progress["planned"].as_i64(), Some(outcomes), "at every moment the numbers add up: {progress:?}");
    }
    seen
}

pub(crate) fn runs(mailing: &Value) -> Vec<Value> {
    mailing["runs"]["nodes"].as_array().expect("runs").clone()
}

/// Waits until so many runs of a mailing are finished, and none is under way; returns the mailing.
pub(crate) async fn finished(person: &Person, mailing: &str, count: usize) -> Value {
    found(&format!("{count} runs are finished"), async || {
        let seen = seen(person, mailing).await;
        let runs = runs(&seen);
        let with = |status: &str| runs.iter().filter(|run| run["status"] == status).count();
        (with("FINISHED") == count && with("FINISHED") + with("MISSED") == runs.len()).then_some(seen)
    })
    .await
}

/// Waits until the newest run of a mailing has exactly these numbers besides noughts.
pub(crate) async fn newest_run_has(person: &Person, mailing: &str, numbers: &Value) {
    found(&format!("the newest run has {numbers}"), async || {
        let seen = seen(person, mailing).await;
        let progress = runs(&seen).first()?["progress"].as_object()?.clone();
        let present = progress.into_iter().filter(|(_, number)| *number != 0).collect();
        (Value::Object(present) == *numbers).then_some(())
    })
    .await;
}
