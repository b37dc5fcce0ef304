//! `import`, and `rebuild` of what it made.

use crate::support::TestDatabase;
use crate::support::process::{Program, skymailing};
use crate::support::visitor::{ANN, create_ann};
use projections::Projection;
use serde_json::{Value, json};
use std::path::PathBuf;

fn shipped() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("demo/clients.csv")
}

fn import(database: &TestDatabase, file: &std::path::Path, more: &[&str]) -> Program {
    let file = file.to_str().expect("text");
    skymailing(&[&["import", file, "--owner", ANN], more].concat()).set("DATABASE_URL", &database.url)
}

async fn count(database: &TestDatabase, what: &str) -> i64 {
    let query = format!("select count(*) from {what}");
    sqlx::query_scalar(&query).fetch_one(&database.pool).await.expect("it can be counted")
}

#[tokio::test]
async fn the_shipped_file_is_imported_and_a_second_time_changes_nothing() {
    let database = crate::support::database().await;
    create_ann(&database.url).await;

    let first = import(&database, &shipped(), &[]).succeeds().await;
    let events = count(&database, "events").await;
    let second = import(&database, &shipped(), &["--json"]).succeeds().await;

    let (counts, back) = first.split_once('\n').expect("two lines");
    assert_eq!(counts, "1000 rows: 1000 imported, 0 already there, 0 not imported; 3 groups created.");
    assert!(back.starts_with("It can be taken back: skymailing imports undo "), "{back}");
    assert_eq!(count(&database, "clients").await, 1_000);
    let second: Value = serde_json::from_str(&second).expect("one line of JSON");
    assert_eq!(
        (&second["rows"], &second["imported"], &second["already_there"]),
        (&json!(1_000), &json!(0), &json!(1_000))
    );
    assert_eq!(count(&database, "events").await, events);
}

#[tokio::test]
async fn bad_rows_are_told_with_their_lines_and_good_ones_are_imported() {
    let database = crate::support::database().await;
    create_ann(&database.url).await;
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("clients.csv");
    let rows = [
        "Name;E-Mail;Shoe size",
        "Bob;bob@example.org;43",
        "\"Eve\nof two lines\";eve;38",
        "Nobody;;",
        "Bob again;BOB@example.org;44",
        "Zoe;zoe@example.org;39",
    ];
    std::fs::write(&file, format!("\u{feff}{}\r\n", rows.join("\r\n"))).expect("a file");

    let told = import(&database, &file, &[]).succeeds().await;

    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines[0], "5 rows: 2 imported, 0 already there, 3 not imported; 0 groups created.");
    for (line, start) in
        lines[1..].iter().zip(["  line 3: ", "  line 5: ", "  line 6: ", "Ignored columns: Shoe size."])
    {
        assert!(line.starts_with(start), "{told}");
    }
    let report = import(&database, &file, &["--json"]).succeeds().await;
    let report: Value = serde_json::from_str(&report).expect("one line of JSON");
    let problems: Vec<_> =
        report["problems"].as_array().expect("problems").iter().map(|it| (&it["line"], &it["code"])).collect();
    assert!(problems.contains(&(&json!(3), &json!("EMAIL_INVALID"))), "{report}");
    assert_eq!((&report["imported"], &report["already_there"]), (&json!(0), &json!(2)));
}

#[tokio::test]
async fn columns_are_said_and_clients_updated_at_the_command_line() {
    let database = crate::support::database().await;
    create_ann(&database.url).await;
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("clients.csv");
    let write = |rows: &str| std::fs::write(&file, rows).expect("a file");
    let map = ["--map", "email=Kontakt", "--map", "first_name=Ruf=N"];
    write("Kontakt;Ruf=N;Vorname\nbob@example.org;Bob;Robert\neve@example.org;Eve;\n");

    let unmapped = import(&database, &file, &[]).run().await;
    let twice = import(&database, &file, &["--map", "email=Kontakt", "--map", "email=Vorname"]).run().await;
    let first = import(&database, &file, &map).succeeds().await;
    write("Kontakt;Ruf=N\nBOB@example.org;Bobby\neve@example.org;Eve\n");
    let same = import(&database, &file, &map).succeeds().await;
    let updated = import(&database, &file, &[&map[..], &["--update"]].concat()).succeeds().await;
    let again = import(&database, &file, &[&map[..], &["--update", "--json"]].concat()).succeeds().await;

    for (ended, part) in [
        (unmapped, "among them \"email\"; it has: Kontakt, Ruf=N, Vorname"),
        (twice, "two columns are said to be email: \"Kontakt\" and \"Vorname\"; name one of them"),
    ] {
        assert_eq!((ended.code == Some(0), ended.out.as_str()), (false, ""), "{ended:?}");
        assert!(ended.err.contains(part), "{ended:?}");
    }
    assert!(first.starts_with("2 rows: 2 imported, 0 already there, 0 not imported"), "{first}");
    assert!(first.contains("Warning: the column \"Vorname\" looks like a name"), "{first}");
    assert!(same.starts_with("2 rows: 0 imported, 2 already there"), "{same}");
    let lines: Vec<&str> = updated.lines().collect();
    assert_eq!(
        lines[..3],
        [
            "2 rows: 0 imported, 1 already there, 0 not imported; 0 groups created.",
            "1 of those that were there are changed.",
            "  line 3: eve@example.org is in the address book with all that the row says; nothing was changed",
        ]
    );
    let again: Value = serde_json::from_str(&again).expect("one line of JSON");
    assert_eq!((&again["updated"], &again["already_there"]), (&json!(0), &json!(2)));
    assert_eq!(again["problems"][0]["code"], "ROW_UNCHANGED");
    let names = sqlx::query_scalar::<_, String>("select first_name from clients order by email");
    assert_eq!(names.fetch_all(&database.pool).await.expect("names"), ["Bobby", "Eve"]);
}

#[tokio::test]
async fn an_import_into_a_full_address_book_says_how_many_rows_were_left_out() {
    let database = crate::support::database().await;
    create_ann(&database.url).await;

    let told = import(&database, &shipped(), &[]).set("QUOTA_CLIENTS", "400").succeeds().await;

    assert_eq!(count(&database, "clients").await, 400);
    let line = told.lines().nth(1).expect("a second line");
    assert!(
        line.starts_with("The address book is full (see QUOTA_CLIENTS): ") && line.contains(" rows were "),
        "{told}"
    );
}

#[tokio::test]
async fn what_prevents_an_import_is_said_and_nothing_is_written() {
    let database = crate::support::database().await;
    let file = shipped();
    let nowhere = PathBuf::from("/does/not/exist.csv");
    for (program, error) in [
        (import(&database, &file, &[]), "error: there is no user ann@example.com"),
        (import(&database, &nowhere, &[]), "error: /does/not/exist.csv cannot be read: No such file"),
    ] {
        let ended = program.run().await;
        assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""), "{ended:?}");
        assert!(ended.err.lines().last().unwrap_or_default().starts_with(error), "{ended:?}");
    }
    assert_eq!(count(&database, "events").await, 0);
}

#[tokio::test]
async fn a_projection_that_is_rebuilt_has_the_same_rows() {
    let database = crate::support::database().await;
    create_ann(&database.url).await;
    import(&database, &shipped(), &[]).succeeds().await;
    let rows = async || {
        let query = "select string_agg(c::text, e'\\n' order by id) from clients c";
        sqlx::query_scalar::<_, String>(query).fetch_one(&database.pool).await.expect("there are clients")
    };
    let before = rows().await;
    let clients = count(&database, "events where aggregate_type = 'client'").await;

    let rebuild =
        |arguments: &[&str]| skymailing(&[&["rebuild"], arguments].concat()).set("DATABASE_URL", &database.url);
    let told = rebuild(&["clients"]).succeeds().await;
    let json = rebuild(&["clients", "--json"]).succeeds().await;

    let json: Value = serde_json::from_str(&json).expect("one line of JSON");
    let folded = json["events"].as_i64().expect("a number");
    // The first rebuild has left two events.
    assert_eq!(told, format!("clients was rebuilt from {} events.\n", folded - 2));
    assert!(folded >= clients, "{folded}");
    assert_eq!(rows().await, before);

    // All of them, with one reading of the log.
    let told = rebuild(&["--all"]).succeeds().await;
    assert_eq!(told.lines().count(), Projection::ALL.len(), "{told}");
    assert!(told.contains("clients was rebuilt from ") && told.contains("history was rebuilt from "), "{told}");
    let json: Value = serde_json::from_str(&rebuild(&["--all", "--json"]).succeeds().await).expect("one line of JSON");
    let each = json.as_array().expect("a list");
    assert_eq!(each.len(), Projection::ALL.len(), "{json}");
    assert!(each.iter().all(|one| one["events"].as_i64() > Some(folded)), "{json}");
    assert_eq!(rows().await, before);
    for wrong in [&["clients", "--all"][..], &[]] {
        assert_eq!(rebuild(wrong).run().await.code, Some(2), "{wrong:?}");
    }

    let ended = rebuild(&["nonsense"]).run().await;
    assert_eq!(ended.code, Some(2));
    for name in ["users", "clients", "groups", "messages", "mailings", "runs", "reports"] {
        assert!(ended.err.contains(name), "{name} is not in {}", ended.err);
    }
}
