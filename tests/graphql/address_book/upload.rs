//! Importing clients by upload.

use crate::support::http::{Answer, Api, Person};
use crate::support::workbook::workbook;
use domain::Role;
use reqwest::StatusCode;
use serde_json::json;
use uuid::Uuid;

async fn upload(api: &Api, person: &Person, content_type: &str, body: impl Into<reqwest::Body>) -> Answer {
    upload_to(api, person, "/import/clients", content_type, body).await
}

async fn upload_to(
    api: &Api,
    person: &Person,
    path: &str,
    content_type: &str,
    body: impl Into<reqwest::Body>,
) -> Answer {
    let (url, body) = (api.url(path), body.into());
    person.send(|http| http.post(url).header("content-type", content_type).body(body)).await
}

#[tokio::test]
async fn a_file_larger_than_a_request_is_imported_as_a_stream() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let rows = 5_000;
    let lines = std::iter::once("email,full_name,groups\n".to_owned())
        .chain((0..rows).map(|n| format!("c{n}@example.com,Client {n},Everybody\n")));
    let chunks = futures::stream::iter(lines.map(Ok::<_, std::io::Error>));

    let answer = upload(&api, &ann, "text/csv; charset=utf-8", reqwest::Body::wrap_stream(chunks)).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!((&answer.body["rows"], &answer.body["imported"]), (&json!(rows), &json!(rows)));
    let seen = ann.ask("{ clients { totalCount } groups { nodes { name size } } }", json!({})).await;
    assert_eq!(
        seen,
        json!({ "clients": { "totalCount": rows }, "groups": { "nodes": [{ "name": "Everybody", "size": rows }] } })
    );
}

#[tokio::test]
async fn an_upload_that_cannot_be_is_refused() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let max = api.person("Max", &[Role::Manager]).await;
    let file = "email\nanna@example.com\n";
    let before = api.events().await;
    for (person, content_type, body, status, code) in [
        (&api.anonymous(), "text/csv", file, StatusCode::UNAUTHORIZED, "UNAUTHENTICATED"),
        (&max, "text/csv", file, StatusCode::FORBIDDEN, "FORBIDDEN"),
        (&ann, "application/json", file, StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE"),
        (&ann, "text/csv", "", StatusCode::UNPROCESSABLE_ENTITY, "FILE_EMPTY"),
        (&ann, "text/csv", "name\nAnna\n", StatusCode::UNPROCESSABLE_ENTITY, "FILE_EMAIL_COLUMN_MISSING"),
    ] {
        let answer = upload(&api, person, content_type, body).await;
        assert_eq!((answer.status, answer.code()), (status, code));
    }
    let url = api.url("/import/clients");
    let answer = ann.send(|http| http.get(url)).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(api.events().await, before);
}

#[tokio::test]
async fn a_file_is_taken_under_the_media_types_of_browsers_and_a_workbook_as_what_it_is() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    for (n, media) in
        ["application/vnd.ms-excel", "text/CSV; header=present", "application/csv", "text/comma-separated-values"]
            .into_iter()
            .enumerate()
    {
        let answer = upload(&api, &ann, media, format!("email\nanna{n}@example.com\n")).await;
        assert_eq!((answer.status, &answer.body["imported"]), (StatusCode::OK, &json!(1)), "{media}: {answer:?}");
    }
    let (old, new) = ("application/vnd.ms-excel", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
    let rows: [&[&str]; 3] = [&["email", "comment"], &["bob@example.com", "two\nlines"], &["nobody", ""]];
    let file = workbook(&rows);
    for (media, imported) in [(new, 1), ("text/csv", 0)] {
        let answer = upload(&api, &ann, media, file.clone()).await;
        assert_eq!(
            (answer.status, &answer.body["imported"]),
            (StatusCode::OK, &json!(imported)),
            "{media}: {answer:?}"
        );
        let last = answer.body["problems"].as_array().expect("problems").last().expect("nobody");
        assert_eq!((&last["line"], &last["value"]), (&json!(3), &json!("nobody")), "a line break shifts no row");
    }
    for (media, file, code, advice) in [
        (old, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and more".to_vec(), "FILE_UNSUPPORTED", "save it as XLSX"),
        (new, b"PK\x03\x04 and more".to_vec(), "FILE_WORKBOOK_BROKEN", "save it again"),
        ("text/csv", file[..file.len() / 2].to_vec(), "FILE_WORKBOOK_BROKEN", "save it again"),
    ] {
        let answer = upload(&api, &ann, media, file).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::UNPROCESSABLE_ENTITY, code), "{media}");
        let said = answer.body["errors"][0]["message"].to_string();
        assert!(said.contains(advice), "{said}");
    }
}

#[tokio::test]
async fn an_upload_may_say_which_column_is_what_and_change_who_is_there() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let csv = "text/csv";
    let file = "Kontakt,Rufname\nanna@example.com,Anna\n";
    let map = "/import/clients?map=email=Kontakt&map=first_name%3DRufname";
    let answer = upload_to(&api, &ann, map, csv, file).await;
    assert_eq!((answer.status, &answer.body["imported"]), (StatusCode::OK, &json!(1)), "{answer:?}");
    let update = format!("{map}&update=true");
    let answer = upload_to(&api, &ann, &update, csv, file.replace("Anna", "Nina")).await;
    assert_eq!((&answer.body["updated"], &answer.body["already_there"]), (&json!(1), &json!(0)), "{answer:?}");
    let query = "{ clients { nodes { fullName firstName lastName } } }";
    let expected = json!({ "fullName": "Nina", "firstName": "Nina", "lastName": null });
    assert_eq!(ann.ask(query, json!({})).await["clients"]["nodes"], json!([expected]));

    for (path, status, code) in [
        ("/import/clients?map=email", StatusCode::UNPROCESSABLE_ENTITY, "FILE_MAPPING_INVALID"),
        ("/import/clients?map=email=Mail", StatusCode::UNPROCESSABLE_ENTITY, "FILE_COLUMN_UNKNOWN"),
        ("/import/clients?update=yes", StatusCode::BAD_REQUEST, "BAD_REQUEST"),
        ("/import/clients?upsert=true", StatusCode::BAD_REQUEST, "BAD_REQUEST"),
    ] {
        let answer = upload_to(&api, &ann, path, csv, file).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{path}");
    }

    let import = "mutation($csv: String!, $columns: [ImportColumn!]) {
        clientsImport(input: { csv: $csv, columns: $columns, update: true }) {
            report { imported updated alreadyThere warnings { code column cells message } }
            userErrors { code field } } }";
    let columns = json!([{ "field": "EMAIL", "column": "Kontakt" }, { "field": "LAST_NAME", "column": "Sippe" }]);
    let csv = "Kontakt,Sippe,Company name\nanna@example.com,Lind,\n";
    let done = ann.ask(import, json!({ "csv": csv, "columns": columns })).await;
    let report = &done["clientsImport"]["report"];
    assert_eq!((&report["updated"], &report["warnings"][0]["code"]), (&json!(1), &json!("COLUMN_IGNORED")), "{done}");
    let twice = json!([{ "field": "EMAIL", "column": "a" }, { "field": "EMAIL", "column": "b" }]);
    let done = ann.ask(import, json!({ "csv": csv, "columns": twice })).await;
    assert_eq!(done["clientsImport"]["userErrors"][0]["code"], "FILE_MAPPING_TWICE", "{done}");
}

#[tokio::test]
async fn a_list_of_those_who_are_not_written_to_is_uploaded_by_its_owner_or_by_administrators_for_all() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let (max, root) = (api.person("Max", &[Role::Manager]).await, api.person("Root", &[Role::Administrator]).await);
    let (own, all) = ("/import/suppressions?file=left.csv", "/import/suppressions?list=installation&file=all.csv");
    let (csv, file) = ("text/csv", "email\nbob@example.com\nnobody\nBOB@example.com\n");
    let before = api.events().await;
    for (person, path, media, body, status, code) in [
        (&api.anonymous(), own, csv, file, StatusCode::UNAUTHORIZED, "UNAUTHENTICATED"),
        (&max, own, csv, file, StatusCode::FORBIDDEN, "FORBIDDEN"),
        (&ann, all, csv, file, StatusCode::FORBIDDEN, "FORBIDDEN"),
        (&ann, own, "application/json", file, StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE"),
        (&ann, own, csv, "", StatusCode::UNPROCESSABLE_ENTITY, "FILE_EMPTY"),
        (&ann, "/import/suppressions?list=others", csv, file, StatusCode::BAD_REQUEST, "BAD_REQUEST"),
        (&ann, "/import/suppressions?mode=add", csv, file, StatusCode::BAD_REQUEST, "BAD_REQUEST"),
    ] {
        let answer = upload_to(&api, person, path, media, body).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{path}");
    }
    assert_eq!(api.events().await, before);

    let report = |answer: &Answer| {
        let number = |name: &str| answer.body[name].as_u64().unwrap_or(u64::MAX);
        (number("rows"), number("suppressed"), number("already_there"), answer.body["bad"].clone())
    };
    let done = upload_to(&api, &ann, own, csv, file).await;
    assert_eq!(done.status, StatusCode::OK, "{done:?}");
    assert_eq!(report(&done), (3, 1, 1, json!({ "EMAIL_INVALID": 1 })));
    let again = upload_to(&api, &ann, own, csv, file).await;
    assert_eq!(report(&again), (3, 0, 2, json!({ "EMAIL_INVALID": 1 })));
    let everybody = upload_to(&api, &root, all, csv, "email\neva@example.com\n").await;
    assert_eq!(report(&everybody), (1, 1, 0, json!({})));

    // They can be read once it has answered.
    let query = "query($filter: SuppressionFilter) { suppressions(first: 9, filter: $filter) { nodes { email scope file row } } }";
    let seen = ann.ask(query, json!({})).await;
    let bob = json!({ "email": "bob@example.com", "scope": "OWNER", "file": "left.csv", "row": 2 });
    assert_eq!(seen["suppressions"]["nodes"], json!([bob]));
    let seen = root.ask(query, json!({ "filter": { "scope": "INSTALLATION" } })).await;
    let eva = json!({ "email": "eva@example.com", "scope": "INSTALLATION", "file": "all.csv", "row": 2 });
    assert_eq!(seen["suppressions"]["nodes"], json!([eva]));
}

#[tokio::test]
async fn what_an_import_did_is_told_while_the_read_models_do_not_show_it() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    // Nobody can read this event, so the read model of clients stops before it.
    sqlx::query(
        "insert into events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload)
         values ('client', $1, 1, 'Exploded', '1', '\"Exploded\"')",
    )
    .bind(Uuid::now_v7().to_string())
    .execute(&api.pool)
    .await
    .expect("inserted");

    let told = ann
        .does("clientsImport", json!({ "csv": "email\nanna@example.com\n?\n" }), "report { rows imported bad } behind")
        .await;
    assert_eq!(told["report"], json!({ "rows": 2, "imported": 1, "bad": 1 }));
    assert_eq!(told["behind"], json!(true));
    let seen = ann.ask("{ clients { totalCount } }", json!({})).await;
    assert_eq!(seen, json!({ "clients": { "totalCount": 0 } }));
}

#[tokio::test]
async fn imports_are_listed_looked_at_and_taken_back_by_their_owner() {
    let api = Api::start().await;
    let (ann, bob) = (api.owner("Ann").await, api.owner("Bob").await);
    let max = api.person("Max", &[Role::Manager]).await;
    let old = ann.client("old@example.org", &[]).await;
    let consent = json!({ "wording": "I want the news", "at": "2026-05-01T10:00:00Z" });
    let table = |mode: &str, dry_run: bool| {
        json!({ "csv": "email,full_name,groups\nold@example.org,Older,\nnew@example.org,New,Fair\n", "file": "people.csv",
                "mode": mode, "dryRun": dry_run, "consent": consent })
    };
    let report = "report { importId imported updated notThere suppressed
        preview { line becomes email fullName groups message } }";

    let dry = ann.does("clientsImport", table("UPDATE", true), report).await["report"].take();
    assert_eq!((&dry["importId"], &dry["updated"], &dry["notThere"]), (&json!(null), &json!(1), &json!(1)));
    let rows = json!([
        { "line": 2, "becomes": "CHANGED", "email": "old@example.org", "fullName": "Older", "groups": [], "message": null },
        { "line": 3, "becomes": "NOT_THERE", "email": "new@example.org", "fullName": "New", "groups": ["Fair"], "message": null },
    ]);
    assert_eq!(dry["preview"], rows);
    let done = ann.does("clientsImport", table("ADD_AND_UPDATE", false), report).await["report"].take();
    assert_eq!((&done["imported"], &done["updated"], &done["preview"]), (&json!(1), &json!(1), &json!([])));
    let id = &done["importId"];

    let list = "{ imports { totalCount nodes { id file mode rows added updated undoneAt owner { email } } } }";
    let expected = json!({ "id": id, "file": "people.csv", "mode": "ADD_AND_UPDATE", "rows": 2, "added": 1, "updated": 1,
                           "undoneAt": null, "owner": { "email": "ann@example.com" } });
    assert_eq!(ann.ask(list, json!({})).await["imports"], json!({ "totalCount": 1, "nodes": [expected] }));
    assert_eq!(bob.ask(list, json!({})).await["imports"]["totalCount"], 0);
    let one = "query($id: ID!) { import(id: $id) { file } node(id: $id) { ... on Import { mode } } }";
    let seen = json!({ "import": { "file": "people.csv" }, "node": { "mode": "ADD_AND_UPDATE" } });
    assert_eq!(max.ask(one, json!({ "id": id })).await, seen);
    assert_eq!(bob.ask(one, json!({ "id": id })).await, json!({ "import": null, "node": null }));

    let undo = json!({ "id": id });
    let strange = vec![("IMPORT_NOT_FOUND".to_owned(), "input.id".to_owned())];
    assert_eq!(bob.fails("importUndo", undo.clone()).await, strange);
    assert_eq!(ann.fails("importUndo", json!({ "id": "nothing" })).await, strange);
    ann.does("clientUpdate", json!({ "id": old, "fullName": "Oldest" }), "").await;
    let selection = "import { removed restored leftAlone } left { clientId parts } behind";
    let undone = ann.does("importUndo", undo.clone(), selection).await;
    assert_eq!(undone["import"], json!({ "removed": 1, "restored": 1, "leftAlone": 1 }), "{undone}");
    assert_eq!(undone["left"], json!([{ "clientId": old, "parts": ["full_name"] }]));
    let clients = ann.ask("{ clients { nodes { email fullName } } groups { totalCount } }", json!({})).await;
    let left = json!({ "clients": { "nodes": [{ "email": "old@example.org", "fullName": "Oldest" }] },
                       "groups": { "totalCount": 0 } });
    assert_eq!(clients, left);
    let again = vec![("IMPORT_TAKEN_BACK".to_owned(), "input.id".to_owned())];
    assert_eq!(ann.fails("importUndo", undo).await, again);
    for (consent, field, code) in [
        (json!({ "wording": "" }), "wording", "CONSENT_WORDING_EMPTY"),
        (json!({ "wording": "x", "topicId": "x" }), "topicId", "NOT_FOUND"),
        (json!({ "wording": "x", "at": "yesterday" }), "at", "DATE_TIME_INVALID"),
    ] {
        let refused = ann.fails("clientsImport", json!({ "csv": "email\n", "consent": consent })).await;
        assert_eq!(refused, [(code.to_owned(), format!("input.consent.{field}"))]);
    }
}
