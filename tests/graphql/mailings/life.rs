//! A mailing's life as the API tells it: in every status, what `allowedActions` names succeeds, and whatever it does not
//! name is refused because of the status, or changes nothing because it is so already.

use crate::support::http::{Answer, Api, Person, plan, text, with};
use chrono::TimeDelta;
use domain::Role;
use serde_json::{Value, json};

/// All that can be done, with the mutation for it.
const ACTIONS: [(&str, &str); 8] = [
    ("UPDATE", "mailingUpdate"),
    ("START", "mailingStart"),
    ("PAUSE", "mailingPause"),
    ("RESUME", "mailingResume"),
    ("CANCEL", "mailingCancel"),
    ("DELETE", "mailingDelete"),
    ("DISABLE", "mailingDisable"),
    ("ENABLE", "mailingEnable"),
];

/// Refusals that are about the status, or about who asks.
const REFUSALS: [&str; 8] = [
    "FORBIDDEN",
    "NOT_FOUND",
    "MAILING_PAUSED",
    "MAILING_DISABLED",
    "MAILING_CANCELLED",
    "MAILING_COMPLETED",
    "WINDOW_NOT_OPEN",
    "WINDOW_ENDED",
];

#[tokio::test]
async fn a_mailing_in_a_time_zone_without_rules_tells_its_owner_what_keeps_it() {
    let Story { api, ann, .. } = Story::start().await;
    let (message, anna) = (ann.message().await, ann.client("anna@example.com", &[]).await);
    let soon = (api.clock.now() + TimeDelta::hours(1)).to_rfc3339();
    let created =
        ann.does("mailingCreate", with(plan(&message, &anna), "startsAt", json!(soon)), "mailing { id }").await;
    let id = json!({ "id": created["mailing"]["id"] });
    let query = "query($id: ID!) { mailing(id: $id) { nextRunAt obstacle { code message } } }";
    let fine = ann.ask(query, id.clone()).await["mailing"].take();
    assert!(fine["nextRunAt"].is_string() && fine["obstacle"].is_null(), "{fine}");

    // As another process planned it, whose rules are newer.
    sqlx::query("update mailings set time_zone = 'Mars/Tharsis'").execute(&api.pool).await.expect("changed");

    let kept = ann.ask(query, id.clone()).await["mailing"].take();
    assert_eq!((&kept["nextRunAt"], &kept["obstacle"]["code"]), (&Value::Null, &json!("TIME_ZONE_UNKNOWN")));
    let message = text(&kept["obstacle"]["message"]);
    assert!(
        message.contains("no rules for the time zone \"Mars/Tharsis\"") && message.contains("choose another zone"),
        "{message}"
    );
    ann.does("mailingUpdate", with(id.clone(), "timeZone", json!("UTC")), "").await;
    assert_eq!(ann.ask(query, id.clone()).await["mailing"], fine);
    sqlx::query("update mailings set time_zone = 'Mars/Tharsis'").execute(&api.pool).await.expect("changed");
    ann.does("mailingCancel", id.clone(), "").await;
    assert!(ann.ask(query, id).await["mailing"]["obstacle"].is_null(), "it is over");
}

/// A part of a mailing's life, by what leads there.
#[derive(Clone, Copy, Debug)]
enum Stage {
    Ahead,
    Created,
    Running,
    Paused,
    Disabled,
    DisabledWhilePaused,
    Completed,
    CompletedWhileDisabled,
    Cancelled,
    Deleted,
}

struct Story {
    api: Api,
    ann: Person,
    max: Person,
    root: Person,
}

impl Story {
    async fn start() -> Self {
        let api = Api::start().await;
        let ann = api.owner("Ann").await;
        let max = api.person("Max", &[Role::Manager]).await;
        let root = api.person("Root", &[Role::Administrator]).await;
        Self { api, ann, max, root }
    }

    /// A mailing of `owner`'s at this stage. Nobody works, so no end of a window is ever written down.
    async fn mailing(&self, owner: &Person, input: &Value, stage: Stage) -> String {
        let from_now = |hours| (self.api.clock.now() + TimeDelta::hours(hours)).to_rfc3339();
        let input = match stage {
            Stage::Ahead => with(input.clone(), "startsAt", json!(from_now(1))),
            Stage::Completed | Stage::CompletedWhileDisabled => with(input.clone(), "endsAt", json!(from_now(1))),
            _ => input.clone(),
        };
        let created = owner.does("mailingCreate", input, "mailing { id }").await;
        let id = text(&created["mailing"]["id"]);
        let (plain, reason) = (json!({ "id": id }), json!({ "id": id, "reason": "complaints" }));
        match stage {
            Stage::Ahead | Stage::Created => {}
            Stage::Running => drop(owner.does("mailingStart", plain, "position").await),
            Stage::Paused => drop(owner.does("mailingPause", plain, "position").await),
            Stage::Disabled => drop(self.max.does("mailingDisable", reason, "position").await),
            Stage::DisabledWhilePaused => {
                owner.does("mailingPause", plain, "position").await;
                self.max.does("mailingDisable", reason, "position").await;
            }
            Stage::Completed => self.api.clock.advance(TimeDelta::hours(1)),
            Stage::CompletedWhileDisabled => {
                self.max.does("mailingDisable", reason, "position").await;
                self.api.clock.advance(TimeDelta::hours(1));
            }
            Stage::Cancelled => drop(owner.does("mailingCancel", plain, "position").await),
            Stage::Deleted => drop(owner.does("mailingDelete", plain, "position").await),
        }
        id
    }

    async fn act(&self, person: &Person, mutation: &str, mailing: &str) -> Answer {
        let kind = format!("{}{}", mutation[..1].to_uppercase(), &mutation[1..]);
        let query = format!(
            "mutation($input: {kind}Input!) {{ {mutation}(input: $input) {{ userErrors {{ code message }} }} }}"
        );
        let input = match mutation {
            "mailingUpdate" => {
                // A later end is right at every stage.
                let end = (self.api.clock.now() + TimeDelta::days(100)).to_rfc3339();
                json!({ "id": mailing, "name": "Otherwise", "endsAt": end })
            }
            "mailingDisable" | "mailingEnable" => json!({ "id": mailing, "reason": "settled" }),
            _ => json!({ "id": mailing }),
        };
        person.post(&query, json!({ "input": input })).await
    }

    /// Tries everything, each on a mailing of its own, and expects what it is told.
    async fn try_everything(&self, viewer: &Person, owner: &Person, stage: Stage, status: &str, told: &[&str]) {
        let input = plan(&owner.message().await, &owner.client(&format!("{}@example.com", viewer.id), &[]).await);
        for (action, mutation) in ACTIONS {
            let mailing = self.mailing(owner, &input, stage).await;
            let query = "query($id: ID!) { mailing(id: $id) { status allowedActions } }";
            let seen = viewer.ask(query, json!({ "id": mailing })).await;
            assert_eq!(seen["mailing"], json!({ "status": status, "allowedActions": told }), "{stage:?}");

            let before = self.api.events().await;
            let answer = self.act(viewer, mutation, &mailing).await;
            let refusal = answer.body.pointer(&format!("/data/{mutation}/userErrors/0/code"));
            let refusal = refusal.and_then(Value::as_str).unwrap_or(answer.code());
            let written = self.api.events().await - before;
            if told.contains(&action) {
                // A press while a run is under way is answered by that run.
                let answered = matches!(stage, Stage::Running) && action == "START";
                assert_eq!((refusal, written > 0 || answered), ("", true), "{stage:?}: {action} is allowed");
            } else {
                assert_eq!(written, 0, "{stage:?}: {action} is not allowed");
                assert!(refusal.is_empty() || REFUSALS.contains(&refusal), "{stage:?}: {action}: {refusal}");
            }
        }
    }
}

/// What the owner, a manager, an administrator, and an administrator who owns it are told at this stage, and what comes of it.
async fn live(stage: Stage, status: &str, owner: &[&str], watcher: &[&str]) {
    let story = Story::start().await;
    let Story { ann, max, root, .. } = &story;
    story.try_everything(ann, ann, stage, status, owner).await;
    story.try_everything(max, ann, stage, status, watcher).await;
    story.try_everything(root, ann, stage, status, watcher).await;
    story.try_everything(root, root, stage, status, &[owner, watcher].concat()).await;
}

#[tokio::test]
async fn created_before_its_window() {
    live(Stage::Ahead, "CREATED", &["UPDATE", "PAUSE", "CANCEL", "DELETE"], &["DISABLE"]).await;
}

#[tokio::test]
async fn created() {
    live(Stage::Created, "CREATED", &["UPDATE", "START", "PAUSE", "CANCEL", "DELETE"], &["DISABLE"]).await;
}

#[tokio::test]
async fn running() {
    live(Stage::Running, "RUNNING", &["UPDATE", "START", "PAUSE", "CANCEL", "DELETE"], &["DISABLE"]).await;
}

#[tokio::test]
async fn paused() {
    live(Stage::Paused, "PAUSED", &["UPDATE", "RESUME", "CANCEL", "DELETE"], &["DISABLE"]).await;
}

#[tokio::test]
async fn disabled() {
    live(Stage::Disabled, "DISABLED", &["UPDATE", "CANCEL", "DELETE"], &["ENABLE"]).await;
}

#[tokio::test]
async fn disabled_while_paused() {
    live(Stage::DisabledWhilePaused, "DISABLED", &["UPDATE", "CANCEL", "DELETE"], &["ENABLE"]).await;
}

#[tokio::test]
async fn completed() {
    live(Stage::Completed, "COMPLETED", &["UPDATE", "DELETE"], &[]).await;
}

#[tokio::test]
async fn completed_while_disabled() {
    live(Stage::CompletedWhileDisabled, "COMPLETED", &["UPDATE", "DELETE"], &["ENABLE"]).await;
}

#[tokio::test]
async fn cancelled() {
    live(Stage::Cancelled, "CANCELLED", &["DELETE"], &[]).await;
}

#[tokio::test]
async fn deleted() {
    live(Stage::Deleted, "CREATED", &[], &[]).await;
}
