//! Who may read the report log.

use crate::support::http::{Api, Person, text};
use crate::support::service::{Service, found};
use crate::support::smtp_server::{Offers, SmtpServer};
use api::ReportsVisibility;
use domain::Role;
use reqwest::StatusCode;
use serde_json::{Value, json};

const REPORT: &str = "query($run: ID!, $node: ID!) {
    report(runId: $run) { totals { accepted } text attempt { succeeded } run { id deliveries { totalCount } } mailing { id } }
    node(id: $node) { id ... on Report { mailing { id } } }
    run(id: $run) { id report { id } } }";

/// A finished run of Ann's mailing: of an owner of her own.
async fn finished(api: &Api, ann: &Person) -> String {
    let server = SmtpServer::start(Offers::default()).await;
    let engine = Service::work_with(&api.node, Service::relay(&server), Service::settings());
    let mailing = ann.mailing(&ann.message().await, &ann.client("anna@example.com", &[]).await).await;
    let query = "query($id: ID!) { mailing(id: $id) { runs { nodes { id report { id } } } } }";
    let run = found("the run is reported", async || {
        let seen = ann.ask(query, json!({ "id": mailing })).await;
        let run = &seen["mailing"]["runs"]["nodes"][0];
        (!run["report"]["id"].is_null()).then(|| text(&run["id"]))
    })
    .await;
    engine.stop().await;
    run
}

async fn read(person: &Person, run: &str) -> Value {
    person.ask(REPORT, json!({ "run": run, "node": format!("report.{run}") })).await
}

/// How many reports this person's list has, or why it has none.
async fn listed(person: &Person, scope: &str) -> Value {
    let query = format!("{{ reports{scope} {{ totalCount nodes {{ id mailing {{ id }} }} }} }}");
    let answer = person.post(&query, json!({})).await;
    match answer.status {
        StatusCode::OK => answer.body["data"]["reports"]["totalCount"].clone(),
        _ => json!(answer.code()),
    }
}

#[tokio::test]
async fn reports_are_their_owners_unless_the_installation_says_otherwise() {
    let api = Api::start().await;
    let (ann, eve) = (api.owner("Ann").await, api.owner("Eve").await);
    let carl = api.person("Carl", &[Role::ContentManager]).await;
    let run = finished(&api, &ann).await;

    assert_eq!(read(&ann, &run).await["report"]["run"]["id"], json!(run));
    assert_eq!(listed(&ann, "").await, 1);
    for person in [&eve, &carl] {
        assert_eq!(read(person, &run).await, json!({ "report": null, "node": null, "run": null }));
        assert_eq!(listed(person, "").await, 0);
        assert_eq!(listed(person, "(scope: OWN)").await, 0);
        assert_eq!(listed(person, "(scope: ALL)").await, "FORBIDDEN");
    }
}

#[tokio::test]
async fn where_reports_are_visible_to_all_who_are_signed_in_what_stands_behind_them_is_not() {
    let api = Api::with(|options| options.reports = ReportsVisibility::SignedIn).await;
    let (ann, eve) = (api.owner("Ann").await, api.owner("Eve").await);
    let carl = api.person("Carl", &[Role::ContentManager]).await;
    let max = api.person("Max", &[Role::Manager]).await;
    let run = finished(&api, &ann).await;

    for person in [&eve, &carl] {
        let seen = read(person, &run).await;
        assert_eq!(seen["report"]["totals"]["accepted"], 1);
        assert_eq!(seen["report"]["attempt"]["succeeded"], true);
        assert!(text(&seen["report"]["text"]).starts_with("1 letter was planned, 1 was accepted"), "{seen}");
        assert_eq!((&seen["report"]["run"], &seen["report"]["mailing"]), (&Value::Null, &Value::Null));
        assert_eq!(seen["node"], json!({ "id": format!("report.{run}"), "mailing": null }));
        assert_eq!(seen["run"], Value::Null);
        assert_eq!(listed(person, "(scope: OWN)").await, 0);
        assert_eq!(listed(person, "(scope: ALL)").await, 1);
    }
    // Left out: one's own; everybody's for those who have none.
    assert_eq!((listed(&eve, "").await, listed(&carl, "").await), (json!(0), json!(1)));
    assert_eq!(read(&max, &run).await["report"]["run"]["deliveries"]["totalCount"], 1);

    let nobody = api.anonymous();
    for scope in ["", "(scope: ALL)", "(scope: OWN)"] {
        assert_eq!(listed(&nobody, scope).await, "UNAUTHENTICATED");
    }
    let answer = nobody.post(REPORT, json!({ "run": run, "node": run })).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED"));
}
