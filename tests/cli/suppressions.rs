//! `suppressions`: addresses that are not written to, at the command line.

use crate::support::TestDatabase;
use crate::support::process::{Program, skymailing};
use crate::support::visitor::{ANN, create_ann};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// Whose list it is.
const USER: [&str; 2] = ["--user", ANN];
const INSTALLATION: [&str; 1] = ["--installation"];

fn suppressions(database: &TestDatabase, words: &[&[&str]]) -> Program {
    skymailing(&[&["suppressions"], words.concat().as_slice()].concat()).set("DATABASE_URL", &database.url)
}

async fn json_of(program: Program) -> Value {
    serde_json::from_str(&program.succeeds().await).expect("one line of JSON")
}

async fn list(database: &TestDatabase, whose: &[&str], more: &[&str]) -> Vec<Value> {
    let listed = json_of(suppressions(database, &[&["list", "--json"], whose, more])).await;
    listed.as_array().expect("a list").clone()
}

fn emails(rows: &[Value]) -> Vec<&str> {
    let mut emails: Vec<&str> = rows.iter().filter_map(|row| row["email"].as_str()).collect();
    emails.sort_unstable();
    emails
}

async fn events(database: &TestDatabase) -> i64 {
    let query = sqlx::query_scalar("select count(*) from events where aggregate_type = 'suppression'");
    query.fetch_one(&database.pool).await.expect("events can be counted")
}

#[tokio::test]
async fn addresses_are_added_shown_and_lifted_for_a_user_and_for_all() {
    let database = crate::support::database().await;
    create_ann(&database.url).await;

    let none = suppressions(&database, &[&["list"], &USER]).succeeds().await;
    assert_eq!(none, "There are none.\n");
    let two = ["add", "bob@example.org", "eva@example.org", "--note", "by phone"];
    let added = suppressions(&database, &[&two, &USER]).succeeds().await;
    assert_eq!(added, "2 added, 0 already there.\n");
    let before = events(&database).await;
    let again = json_of(suppressions(&database, &[&["add", "BOB@example.org", "--json"], &USER])).await;
    assert_eq!((&again["added"], &again["already_there"]), (&json!(0), &json!(1)));
    assert_eq!(events(&database).await, before, "twice is once");
    let all = suppressions(&database, &[&["add", "all@example.org"], &INSTALLATION]).succeeds().await;
    assert_eq!(all, "1 added, 0 already there.\n");

    let own = list(&database, &USER, &[]).await;
    assert_eq!(emails(&own), ["bob@example.org", "eva@example.org"]);
    assert_eq!(
        ["reason", "scope", "source", "note", "lifted_at", "until", "file"].map(|field| own[0][field].clone()),
        [json!("by_hand"), json!("owner"), json!("person"), json!("by phone"), json!(null), json!(null), json!(null)]
    );
    assert_eq!(emails(&list(&database, &INSTALLATION, &[]).await), ["all@example.org"]);
    let told = suppressions(&database, &[&["list", "--search", "EVA"], &USER]).succeeds().await;
    assert!(told.contains("eva@example.org  by_hand (owner) since ") && told.lines().count() == 1, "{told}");
    assert_eq!(list(&database, &USER, &["--reason", "dead"]).await, Vec::<Value>::new());
    assert_eq!(list(&database, &USER, &["--first", "1"]).await.len(), 1);

    let bob = again["ids"][0].as_str().expect("an id");
    let lift = ["lift", bob, "--reason", "asked for letters"];
    let lifted = suppressions(&database, &[&lift, &USER]).succeeds().await;
    assert_eq!(lifted, "bob@example.org is written to again, as far as this goes (by_hand).\n");
    assert_eq!(emails(&list(&database, &USER, &[]).await), ["eva@example.org"]);
    let with_lifted = list(&database, &USER, &["--lifted"]).await;
    let row = with_lifted.iter().find(|row| row["email"] == "bob@example.org").expect("it stays in the list");
    assert_eq!((&row["lifted_by"], &row["lifted_why"]), (&json!("owner"), &json!("asked for letters")));
    // Everybody's is not the user's to lift, and the user's is not the administrators'.
    let everybodys = list(&database, &INSTALLATION, &[]).await[0]["id"].clone();
    let everybodys = everybodys.as_str().expect("an id");
    for (id, whose) in [(everybodys, &USER[..]), (bob, &INSTALLATION)] {
        let ended = suppressions(&database, &[&["lift", id, "--reason", "x"], whose]).run().await;
        assert!(ended.code == Some(1) && ended.err.contains("error: there is no such suppression"), "{ended:?}");
    }
    suppressions(&database, &[&["lift", everybodys, "--reason", "x"], &INSTALLATION]).succeeds().await;
}

#[tokio::test]
async fn a_file_is_imported_row_by_row_and_a_second_time_changes_nothing() {
    let database = crate::support::database().await;
    create_ann(&database.url).await;
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("left.csv");
    let rows = [
        "Name;E-Mail;Why",
        "Bob;Bob@Example.org;\"two\nlines\"",
        "Nobody;;",
        ";;",
        "Eve;eve;",
        "Bob again;BOB@example.org;",
        "\"Broken;zoe@example.org;",
        "Zoe;'+zoe@example.org;",
    ];
    std::fs::write(&file, format!("\u{feff}{}\r\n", rows.join("\r\n"))).expect("a file");
    let import = |more: &[&str]| {
        let file = file.to_str().expect("text");
        suppressions(&database, &[&["import", file], &USER, more])
    };

    let told = import(&[]).succeeds().await;
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines[0], "6 rows: 2 suppressed, 1 already there, 3 not imported.", "{told}");
    let starts = ["  line 4: ", "  line 6: ", "  line 8: ", "Ignored columns: Name, Why."];
    assert_eq!(lines.len(), 1 + starts.len(), "{told}");
    for (line, start) in lines[1..].iter().zip(starts) {
        assert!(line.starts_with(start), "{told}");
    }
    let before = events(&database).await;
    let again = json_of(import(&["--json"])).await;
    let numbers = ["rows", "suppressed", "already_there"].map(|name| again[name].as_u64());
    assert_eq!(numbers, [Some(6), Some(0), Some(3)]);
    assert_eq!(again["bad"], json!({ "EMAIL_INVALID": 1, "EMAIL_MISSING": 1, "ROW_QUOTES_BROKEN": 1 }));
    assert_eq!(events(&database).await, before, "twice is once");

    let rows = list(&database, &USER, &[]).await;
    assert_eq!(emails(&rows), ["+zoe@example.org", "Bob@Example.org"]);
    let bob = rows.iter().find(|row| row["email"] == "Bob@Example.org").expect("there");
    assert_eq!(bob["file"], json!({ "file": "left.csv", "row": 2 }));
    assert_eq!((&bob["reason"], &bob["source"]), (&json!("imported"), &json!("file")));
}

#[tokio::test]
async fn odd_files_are_read_or_refused_as_a_whole() {
    let database = crate::support::database().await;
    create_ann(&database.url).await;
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("list");
    let many: Vec<String> = (0..2_500).map(|number| format!("a{number}@example.org\n")).collect();
    let many = many.concat();
    // One address in each line, and no first line; no line break at the end; old line breaks; nothing but a first line.
    for (content, rows, suppressed) in [
        (many.as_bytes(), 2_500, 2_500),
        (b"b1@example.org\nb2@example.org\nb1@example.org", 3, 2),
        (b"email\rc1@example.org\rc2@example.org\r", 2, 2),
        (b"\r\n\r\nSubscriber\r\nd1@example.org\r\n\r\n", 1, 1),
        (b"email\n", 0, 0),
    ] {
        std::fs::write(&file, content).expect("a file");
        let words = ["import", file.to_str().expect("text"), "--json"];
        let report = json_of(suppressions(&database, &[&words, &INSTALLATION])).await;
        let numbers = ["rows", "suppressed"].map(|name| report[name].as_u64());
        assert_eq!(numbers, [Some(rows), Some(suppressed)], "{report:.300}");
    }
    let known = "select reltuples from pg_class where oid = 'suppressed'::regclass";
    let known: f32 = sqlx::query_scalar(known).fetch_one(&database.pool).await.expect("PostgreSQL counts");
    assert!(known >= 2_500.0, "PostgreSQL knows how many there are: {known}");
    let before = events(&database).await;
    for (content, error) in [
        (&b""[..], "error: the file is empty"),
        (b"name,phone\nAnn,1\n", "among them \"email\"; it has: name, phone"),
        (b"\xff\xfee\0m\0", "save it as CSV in UTF-8"),
        (b"email,E-mail Address\na@example.org,b@example.org\n", "mean the same, email"),
    ] {
        std::fs::write(&file, content).expect("a file");
        let words = ["import", file.to_str().expect("text")];
        let ended = suppressions(&database, &[&words, &INSTALLATION]).run().await;
        assert!(ended.code == Some(1) && ended.err.contains(error), "{ended:?}");
    }
    assert_eq!(events(&database).await, before);
}

#[tokio::test]
async fn an_export_that_is_imported_again_keeps_nobody_from_letters_who_gets_them_again() {
    let database = crate::support::database().await;
    create_ann(&database.url).await;
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("list.csv");
    let file = file.to_str().expect("text");
    let words = ["add", "bob@example.org", "eva@example.org"];
    suppressions(&database, &[&words, &USER]).succeeds().await;
    let rows = list(&database, &USER, &[]).await;
    let bob = rows.iter().find(|row| row["email"] == "bob@example.org").and_then(|row| row["id"].as_str());
    let lift = ["lift", bob.expect("an id"), "--reason", "they asked for letters"];
    suppressions(&database, &[&lift, &USER]).succeeds().await;
    suppressions(&database, &[&["export", file, "--lifted"], &USER]).succeeds().await;
    let before = events(&database).await;

    let told = suppressions(&database, &[&["import", file], &USER]).succeeds().await;

    assert!(told.starts_with("2 rows: 0 suppressed, 1 already there, 0 not imported."), "{told}");
    assert!(told.contains("\nPassed over (lifted, ended, or about one mailing or topic only): 1 rows."), "{told}");
    assert_eq!(events(&database).await, before);
    assert_eq!(emails(&list(&database, &USER, &[]).await), ["eva@example.org"]);
    // Elsewhere who is in force is new, and who was lifted is not.
    let there = json_of(suppressions(&database, &[&["import", file, "--json"], &INSTALLATION])).await;
    let numbers = ["rows", "suppressed", "already_there", "passed_over"].map(|name| there[name].as_u64());
    assert_eq!(numbers, [Some(2), Some(1), Some(0), Some(1)], "{there}");
}

#[tokio::test]
async fn what_is_exported_can_be_imported_elsewhere() {
    let database = crate::support::database().await;
    create_ann(&database.url).await;
    let dir = tempfile::tempdir().expect("a directory");
    let (file, standard_output) = (dir.path().join("list.csv"), Path::new("-"));
    let export = |file: &Path, more: &[&str]| {
        let file = file.to_str().expect("text");
        suppressions(&database, &[&["export", file], &USER, more])
    };
    let two = ["add", "=bob@example.org", "eva@example.org", "--note", "=1+1"];
    suppressions(&database, &[&two, &USER]).succeeds().await;
    suppressions(&database, &[&["add", "all@example.org"], &INSTALLATION]).succeeds().await;

    let told = export(&file, &[]).succeeds().await;
    assert_eq!(told, format!("2 addresses were exported to {}.\n", file.display()));
    let mode = std::fs::metadata(&file).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "addresses are nobody else's");
    let text = std::fs::read_to_string(&file).expect("text");
    assert!(text.starts_with("\u{feff}\"email\",\"reason\",\"scope\",") && text.lines().count() == 3, "{text}");
    assert!(text.contains("\"'=bob@example.org\",\"by_hand\",\"owner\"") && text.contains("\"'=1+1\""), "{text}");
    // The same file is not written over.
    let ended = export(&file, &[]).run().await;
    assert!(ended.code == Some(1) && ended.err.contains("cannot be written: File exists"), "{ended:?}");
    let some = export(standard_output, &["--search", "eva", "--semicolons"]).succeeds().await;
    assert!(some.starts_with("\u{feff}\"email\";\"reason\"") && some.lines().count() == 2, "{some}");

    let path = file.to_str().expect("text");
    let there = suppressions(&database, &[&["import", path], &INSTALLATION]).succeeds().await;
    assert!(there.starts_with("2 rows: 2 suppressed, 0 already there, 0 not imported."), "{there}");
    let all = list(&database, &INSTALLATION, &[]).await;
    assert_eq!(emails(&all), ["=bob@example.org", "all@example.org", "eva@example.org"]);
}

#[tokio::test]
async fn a_full_list_says_how_many_rows_were_left_out() {
    let database = crate::support::database().await;
    create_ann(&database.url).await;
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("left.csv");
    std::fs::write(&file, "email\na@example.org\nb@example.org\nc@example.org\n").expect("a file");
    let words = ["import", file.to_str().expect("text")];
    let import = suppressions(&database, &[&words, &USER]).set("QUOTA_SUPPRESSIONS", "2");

    let told = import.succeeds().await;
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines[0], "3 rows: 2 suppressed, 0 already there, 1 not imported.", "{told}");
    assert_eq!(lines[1], "The list is full (see QUOTA_SUPPRESSIONS): 1 rows were left out for that.", "{told}");
    assert!(lines[2].starts_with("  line 4: "), "{told}");
    // What is there already needs no room.
    let again = import.succeeds().await;
    assert!(again.starts_with("3 rows: 0 suppressed, 2 already there, 1 not imported."), "{again}");
}

#[tokio::test]
async fn what_is_wrong_is_said_and_nothing_is_written() {
    let database = crate::support::database().await;
    create_ann(&database.url).await;
    for (words, code, error) in [
        (&["list"][..], 2, "--user"),
        (&["list", "--user", ANN, "--installation"], 2, "cannot be used with"),
        (&["list", "--user", "nobody"], 1, "error: "),
        (&["list", "--user", "nobody@example.com"], 1, "error: there is no user nobody@example.com"),
        (&["list", "--user", ANN, "--reason", "boredom"], 2, "it is one of unsubscribed, dead"),
        (&["list", "--user", ANN, "--first", "0"], 2, "0 is not in"),
        (&["add", "--user", ANN], 2, "ADDRESS"),
        (&["add", "bob", "--user", ANN], 1, "error: "),
        (&["lift", "no-id", "--user", ANN, "--reason", "x"], 1, "error: there is no such suppression"),
        (&["lift", "no-id", "--user", ANN], 2, "--reason"),
        (&["import", "nowhere.csv", "--user", ANN], 1, "error: nowhere.csv cannot be read"),
    ] {
        let ended = suppressions(&database, &[words]).run().await;
        assert!(ended.code == Some(code) && ended.err.contains(error) && ended.out.is_empty(), "{words:?}: {ended:?}");
    }
    assert_eq!(events(&database).await, 0);
}
