//! The whole way of a letter, as far as the API goes.

use crate::support::http::{Api, plan, text};
use serde_json::json;

#[tokio::test]
async fn an_owner_goes_from_an_empty_address_book_to_a_run() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;

    let group = ann.group("Friends").await;
    let client = ann.client("anna@example.com", &[&group]).await;
    let other = ann.client("boris@example.com", &[&group]).await;
    let message = ann.message().await;
    let mut input = plan(&message, &client);
    input["audience"] = json!({ "groupIds": [group], "clientIds": [client] });
    let created = ann
        .does(
            "mailingCreate",
            input,
            "mailing { id status allowedActions version nextRunAt timeZone periodicity { kind cron }
                       audience { size clients { id } groups { id size } } } position behind",
        )
        .await;
    let mailing = text(&created["mailing"]["id"]);
    assert_eq!(
        created["mailing"],
        json!({
            "id": mailing,
            "status": "CREATED",
            "allowedActions": ["UPDATE", "START", "PAUSE", "CANCEL", "DELETE"],
            "version": 1,
            "nextRunAt": "2026-05-04T08:00:00Z",
            "timeZone": "Europe/Berlin",
            "periodicity": { "kind": "ONCE", "cron": null },
            "audience": { "size": 2, "clients": [{ "id": client }], "groups": [{ "id": group, "size": 2 }] },
        })
    );
    assert_eq!(created["behind"], false);

    let started = ann
        .does("mailingStart", json!({ "id": mailing }), "run { id status trigger } mailing { status } position")
        .await;
    assert_eq!(started["run"]["status"], "PLANNING");
    // The occurrence is due: the press is answered by the run that the scheduler would start.
    assert_eq!(started["run"]["trigger"], "OCCURRENCE");
    assert_eq!(started["mailing"]["status"], "RUNNING");

    let back = ann
        .ask(
            "query($id: ID!) { mailing(id: $id) {
               owner { fullName } message { subject text html revision }
               runs { totalCount nodes { id mailing { id } messageRevision progress { planned pending perMinute etaSeconds }
                                         attempt { at } report { text } deliveries { totalCount nodes { id } } } }
               history { totalCount nodes { position stream version type at summary actor { kind name user { email } }
                                            correlationId causationId data } } } }",
            json!({ "id": mailing }),
        )
        .await;
    let back = &back["mailing"];
    assert_eq!(back["owner"]["fullName"], "Ann");
    assert_eq!(
        back["message"],
        json!({ "subject": "Hello, {{first_name}}", "text": "Dear {{full_name}}", "html": null, "revision": 1 })
    );
    let run = &back["runs"]["nodes"][0];
    assert_eq!(back["runs"]["totalCount"], 1);
    assert_eq!((&run["id"], &run["mailing"]["id"]), (&started["run"]["id"], &json!(mailing)));
    assert_eq!(run["messageRevision"], 1);
    assert_eq!((&run["attempt"], &run["report"]), (&json!(null), &json!(null)));
    assert_eq!(run["deliveries"], json!({ "totalCount": 0, "nodes": [] }));

    let history = back["history"]["nodes"].as_array().expect("events");
    assert_eq!(back["history"]["totalCount"], 2);
    let told: Vec<_> = history.iter().map(|event| (text(&event["type"]), text(&event["summary"]))).collect();
    assert_eq!(
        told,
        [
            ("Created", "Ann planned the mailing “First letters” from 4 May 2026, 10:00 to 4 Jun 2026, 10:00."),
            ("Started", "Ann started the run planned for 4 May 2026, 10:00."),
        ]
        .map(|(kind, summary)| (kind.to_owned(), summary.to_owned()))
    );
    assert_eq!(history[0]["actor"], json!({ "kind": "USER", "name": "Ann", "user": { "email": "ann@example.com" } }));
    assert_eq!(history[0]["stream"], format!("mailing:{mailing}"));
    assert_eq!(history[0]["position"], created["position"]);
    assert_eq!(history[1]["position"], started["position"]);
    assert_eq!(history[0]["data"]["Created"]["plan"]["name"], "First letters");

    // What is deleted leaves the lists.
    ann.does("clientDelete", json!({ "id": other }), "client { deletedAt }").await;
    let clients = ann.ask("{ clients { totalCount nodes { email groups { name } } } }", json!({})).await;
    assert_eq!(
        clients["clients"],
        json!({ "totalCount": 1, "nodes": [{ "email": "anna@example.com", "groups": [{ "name": "Friends" }] }] })
    );
}

#[tokio::test]
async fn a_mailing_is_paused_resumed_disabled_enabled_and_cancelled() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let max = api.person("Max", &[domain::Role::Manager]).await;
    let mailing = ann.mailing(&ann.message().await, &ann.client("anna@example.com", &[]).await).await;
    let selection = "mailing { status reason allowedActions nextRunAt }";

    let paused = ann.does("mailingPause", json!({ "id": mailing }), selection).await;
    assert_eq!(
        paused["mailing"],
        json!({ "status": "PAUSED", "reason": null, "allowedActions": ["UPDATE", "RESUME", "CANCEL", "DELETE"],
                "nextRunAt": null })
    );
    let resumed = ann.does("mailingResume", json!({ "id": mailing }), selection).await;
    assert_eq!(resumed["mailing"]["status"], "CREATED");

    let input = json!({ "id": mailing, "reason": "complaints" });
    let disabled = max.does("mailingDisable", input.clone(), selection).await;
    assert_eq!(
        disabled["mailing"],
        json!({ "status": "DISABLED", "reason": "complaints", "allowedActions": ["ENABLE"], "nextRunAt": null })
    );
    for name in ["mailingPause", "mailingResume"] {
        assert_eq!(ann.fails(name, json!({ "id": mailing })).await, [("MAILING_DISABLED".into(), String::new())]);
    }
    max.does("mailingEnable", input, selection).await;

    let cancelled = ann.does("mailingCancel", json!({ "id": mailing }), selection).await;
    assert_eq!(cancelled["mailing"]["status"], "CANCELLED");
    assert_eq!(cancelled["mailing"]["allowedActions"], json!(["DELETE"]));
    // Asking twice is fine.
    ann.does("mailingCancel", json!({ "id": mailing }), selection).await;
    assert_eq!(
        ann.fails("mailingStart", json!({ "id": mailing })).await,
        [("MAILING_CANCELLED".into(), String::new())]
    );

    let deleted = ann.does("mailingDelete", json!({ "id": mailing }), "mailing { deletedAt allowedActions }").await;
    assert_eq!(deleted["mailing"]["allowedActions"], json!([]));
    let lists = ann.ask("{ mailings { totalCount } }", json!({})).await;
    assert_eq!(lists["mailings"]["totalCount"], 0);
    // Its history stays.
    let query = "query($id: ID!) { mailing(id: $id) { history { nodes { summary } } } }";
    let history = ann.ask(query, json!({ "id": mailing })).await;
    let history = history["mailing"]["history"]["nodes"].as_array().expect("events").clone();
    let told: Vec<_> = history[1..].iter().map(|event| text(&event["summary"])).collect();
    assert_eq!(
        told,
        [
            "Ann paused the mailing.",
            "Ann resumed the mailing.",
            "Max disabled the mailing: complaints.",
            "Max enabled the mailing: complaints.",
            "Ann cancelled the mailing.",
            "Ann deleted the mailing.",
        ]
    );
    // In the language of whoever reads it; names are as their owners write them.
    max.does("profileUpdate", json!({ "language": "RU" }), "").await;
    let history = max.ask(query, json!({ "id": mailing })).await;
    let history = history["mailing"]["history"]["nodes"].as_array().expect("events").clone();
    let told: Vec<_> = history[2..4].iter().map(|event| text(&event["summary"])).collect();
    assert_eq!(told, ["Ann: рассылка возобновлена.", "Max: рассылка отключена: complaints."]);
}

#[tokio::test]
async fn clients_come_from_a_text_of_a_spreadsheet() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;

    let csv = "email;full_name;groups\nanna@example.com;Anna;Friends\nbroken;B;\nanna@example.com;Again;\n";
    let selection = "report { rows imported alreadyThere bad groupsCreated problems { line code column } } position";
    let imported = ann.does("clientsImport", json!({ "csv": csv }), selection).await;
    let report = &imported["report"];
    assert_eq!((&report["rows"], &report["imported"], &report["bad"]), (&json!(3), &json!(1), &json!(2)));
    assert_eq!(report["groupsCreated"], 1);
    assert_eq!(report["problems"][0]["line"], 3);
    assert!(imported["position"].is_i64());
    let clients = ann.ask("{ clients { nodes { email fullName groups { name } } } }", json!({})).await;
    assert_eq!(
        clients["clients"]["nodes"],
        json!([{ "email": "anna@example.com", "fullName": "Anna", "groups": [{ "name": "Friends" }] }])
    );

    let again = ann.does("clientsImport", json!({ "csv": csv }), selection).await;
    assert_eq!((&again["report"]["imported"], &again["position"]), (&json!(0), &json!(null)));
    assert_eq!(
        ann.fails("clientsImport", json!({ "csv": "name\nAnna\n" })).await,
        [("FILE_EMAIL_COLUMN_MISSING".into(), "input.csv".into())]
    );
}
