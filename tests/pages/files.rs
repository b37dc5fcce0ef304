//! Files for spreadsheets: the recipients of a run, and statistics.

use super::reader::Reader;
use crate::behaviours::stage::{Stage, created, finished, runs};
use crate::support::feedback::{bounced, complained, gone, letter_to};
use crate::support::http::{Person, text};
use crate::support::smtp_server::{Act, Turn};
use domain::Role;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_DISPOSITION, CONTENT_TYPE, COOKIE};
use serde_json::json;
use std::io::{Cursor, Read as _};
use zip::ZipArchive;

/// A file with its name and its media type.
struct File {
    name: String,
    media: String,
    bytes: Vec<u8>,
}

async fn file(reader: &Reader, path: &str) -> File {
    let request = reader.http.get(format!("{}{path}", reader.base)).header(COOKIE, &reader.cookie);
    let response = request.send().await.expect("the server answers");
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    let header = |name| response.headers()[name].to_str().expect("text").to_owned();
    let (name, media) = (header(CONTENT_DISPOSITION), header(CONTENT_TYPE));
    File { name, media, bytes: response.bytes().await.expect("the file arrives").to_vec() }
}

impl File {
    fn lines(&self) -> Vec<String> {
        assert_eq!(self.media, "text/csv; charset=utf-8");
        let text = String::from_utf8(self.bytes.clone()).expect("UTF-8");
        let text = text.strip_prefix('\u{feff}').expect("the mark of UTF-8");
        text.split_terminator("\r\n").map(str::to_owned).collect()
    }

    /// All sheets of a workbook with the texts that they share, as XML.
    fn sheets(&self) -> String {
        let mut archive = ZipArchive::new(Cursor::new(&self.bytes)).expect("a workbook is an archive");
        let names: Vec<String> = archive.file_names().map(|name| name.expect("a name").into_owned()).collect();
        let mut all = String::new();
        for name in names.iter().filter(|name| name.starts_with("xl/")) {
            archive.by_name(name).expect("it is there").read_to_string(&mut all).expect("XML is text");
        }
        all
    }
}

/// A finished run of three letters, of which one was refused, and its id.
async fn run(stage: &Stage, ann: &Person) -> String {
    let engine = stage.works();
    stage.server.play(|turn| match turn {
        Turn::Rcpt("gone@example.com") => Act::Say("550 5.1.1 =nobody \"here\", <b>gone</b>"),
        _ => Act::Usual,
    });
    let mut ids = Vec::new();
    for (email, name) in
        [("anna@example.com", "=1+1"), ("gone@example.com", "Boris"), ("cleo@example.com", "Cleo; the \"third\"")]
    {
        let payload = ann.does("clientCreate", json!({ "email": email, "fullName": name }), "client { id }").await;
        ids.push(text(&payload["client"]["id"]));
    }
    let mailing = created(ann, stage.plan(&ann.message().await, &json!({ "clientIds": ids }))).await;
    let run = text(&runs(&finished(ann, &mailing, 1).await)[0]["id"]);
    engine.stop().await;
    run
}

#[tokio::test]
async fn the_recipients_of_a_run_are_a_file_in_which_nothing_runs() {
    let stage = Stage::start().await;
    let ann = stage.api.owner("Ann").await;
    let run = run(&stage, &ann).await;
    let reader = Reader::of(&stage.api, &ann);

    let all = file(&reader, &format!("/runs/{run}/recipients.csv")).await;
    assert!(
        all.name.starts_with("attachment; filename=\"recipients-20") && all.name.ends_with(".csv\""),
        "{}",
        all.name
    );
    let mut lines = all.lines();
    assert_eq!(
        lines.remove(0),
        r#""E-mail","Name","Outcome","Note","Attempts","When (Europe/Berlin)","Code","Reply of the mail server","What came back""#
    );
    lines.sort();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[0].starts_with(r#""anna@example.com","'=1+1","accepted","","1","20"#), "{lines:?}");
    assert!(lines[1].starts_with(r#""cleo@example.com","Cleo; the ""third""","accepted""#), "{lines:?}");
    let refused = r#""550 5.1.1","'=nobody ""here"", <b>gone</b>","""#;
    assert!(lines[2].starts_with(r#""gone@example.com","Boris","rejected","","1","#), "{lines:?}");
    assert!(lines[2].ends_with(refused), "{lines:?}");

    // What the page shows is what its file has.
    let narrow = format!("/runs/{run}/recipients?outcome=rejected");
    let page = reader.get(&narrow).await.1;
    for ending in ["csv", "xlsx"] {
        assert!(page.contains(&format!("href=\"/runs/{run}/recipients.{ending}?outcome=rejected\"")), "{page}");
    }
    let some = file(&reader, &format!("/runs/{run}/recipients.csv?outcome=rejected&search=bor")).await.lines();
    assert_eq!((some.len(), &some[1]), (2, &lines[2]));
    assert_eq!(file(&reader, &format!("/runs/{run}/recipients.csv?search=nobody+there")).await.lines().len(), 1);

    // In Russian, with the delimiter of its spreadsheets.
    ann.does("profileUpdate", json!({ "language": "RU" }), "").await;
    let russian = file(&reader, &format!("/runs/{run}/recipients.csv")).await.lines();
    assert!(russian[0].starts_with(r#""Эл. почта";"Имя";"Результат";"#), "{russian:?}");
    assert!(russian.iter().any(|line| line.contains(r#";"отклонено";"#)), "{russian:?}");
}

#[tokio::test]
async fn what_came_back_of_a_letter_stands_beside_what_the_mail_server_said_of_it() {
    let stage = Stage::start().await;
    let ann = stage.api.owner("Ann").await;
    let run = run(&stage, &ann).await;
    let services = &stage.api.node.services;
    let letter = letter_to(services.pool(), run.parse().expect("an id"), "anna@example.com").await;
    bounced(services, letter, "1", gone()).await;
    complained(services, letter, "2").await;

    let reader = Reader::of(&stage.api, &ann);
    let lines = file(&reader, &format!("/runs/{run}/recipients.csv?search=anna")).await.lines();
    let back = r#","came back for good: 5.1.1 no such user; the recipient complained: abuse""#;
    assert!(lines[1].contains(r#""accepted""#) && lines[1].ends_with(back), "{lines:?}");
    let sheets = file(&reader, &format!("/runs/{run}/recipients.xlsx")).await.sheets();
    assert!(sheets.contains(">What came back<") && sheets.contains("5.1.1 no such user; the recipient"), "{sheets}");
}

#[tokio::test]
async fn a_workbook_has_the_numbers_of_the_run_and_its_recipients_as_texts() {
    let stage = Stage::start().await;
    let ann = stage.api.owner("Ann").await;
    let run = run(&stage, &ann).await;
    let reader = Reader::of(&stage.api, &ann);
    let path = format!("/runs/{run}/recipients.xlsx");

    let book = file(&reader, &path).await;
    assert_eq!(book.media, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
    assert!(
        book.name.starts_with("attachment; filename=\"report-20") && book.name.ends_with(".xlsx\""),
        "{}",
        book.name
    );
    let sheets = book.sheets();
    for written in [
        "name=\"Report\"",
        "name=\"Recipients\"",
        ">Spring<",
        ">anna@example.com<",
        ">=1+1<",
        ">550 5.1.1<",
        "&lt;b&gt;gone&lt;/b&gt;",
        ">in doubt<",
    ] {
        assert!(sheets.contains(written), "{written} is not in {sheets}");
    }
    assert!(!sheets.contains("<f>"), "no cell is a formula: {sheets}");
    let narrow = file(&reader, &format!("{path}?outcome=rejected")).await.sheets();
    assert!(narrow.contains(">gone@example.com<") && !narrow.contains(">anna@example.com<"), "{narrow}");

    // A run that is too large for it.
    sqlx::query("update runs set planned = 100001, accepted = 100000").execute(&stage.api.pool).await.expect("updated");
    let (status, page) = reader.get(&path).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        page.contains("A workbook takes up to 100000 recipients: take the CSV file, which has all of them."),
        "{page}"
    );
}

#[tokio::test]
async fn files_of_a_run_are_for_those_who_may_see_it() {
    let stage = Stage::start().await;
    let (ann, bob) = (stage.api.owner("Ann").await, stage.api.owner("Bob").await);
    let max = stage.api.person("Max", &[Role::Manager]).await;
    let eve = stage.api.person("Eve", &[Role::ContentManager]).await;
    let run = run(&stage, &ann).await;
    for ending in ["csv", "xlsx"] {
        let path = format!("/runs/{run}/recipients.{ending}");
        for (person, status) in [
            (&ann, StatusCode::OK),
            (&max, StatusCode::OK),
            (&bob, StatusCode::NOT_FOUND),
            (&eve, StatusCode::NOT_FOUND),
        ] {
            let reader = Reader::of(&stage.api, person);
            let request = reader.http.get(format!("{}{path}", reader.base)).header(COOKIE, &reader.cookie);
            assert_eq!(request.send().await.expect("the server answers").status(), status, "{ending}");
        }
        let stranger = Reader { cookie: String::new(), ..Reader::of(&stage.api, &ann) };
        assert_eq!(stranger.get(&path).await.0, StatusCode::UNAUTHORIZED);
        let wrong = format!("/runs/rubbish/recipients.{ending}");
        assert_eq!(Reader::of(&stage.api, &ann).get(&wrong).await.0, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn statistics_are_files_in_which_nothing_runs() {
    let stage = Stage::start().await;
    let ann = stage.api.owner("Ann").await;
    run(&stage, &ann).await;
    let row = "update mailings set name = '=Spring'";
    sqlx::query(row).execute(&stage.api.pool).await.expect("updated");
    let reader = Reader::of(&stage.api, &ann);
    let day = stage.clock().now().date_naive();

    let periods = file(&reader, &format!("/reports/statistics.csv?from={day}&to={day}")).await.lines();
    assert_eq!(
        periods[0],
        r#""First day","Last day","Accepted","Rejected","Put off","In doubt","Not accepted in all""#
    );
    assert_eq!(periods[1], format!(r#""{day}","{day}","2","1","0","0","1""#));
    let mailings = file(&reader, &format!("/reports/statistics.csv?from={day}&to={day}&table=mailings")).await.lines();
    assert!(mailings[1].ends_with(r#","'=Spring","2","1","0","0","1""#), "{mailings:?}");
    let row = "insert into suppression_counts (run_id, reason, deliveries) select id, 'by_hand', 3 from runs";
    sqlx::query(row).execute(&stage.api.pool).await.expect("inserted");
    let not_sent = file(&reader, &format!("/reports/statistics.csv?from={day}&to={day}&table=not-sent")).await;
    assert!(not_sent.name.contains("not-sent-"), "{}", not_sent.name);
    let lines = not_sent.lines();
    assert_eq!(lines[0], r#""First day","Last day","Reason","Letters""#);
    assert_eq!(lines[1], format!(r#""{day}","{day}","the address is not to be written to","3""#));
    let sheets = file(&reader, &format!("/reports/statistics.xlsx?from={day}&to={day}")).await.sheets();
    assert!(sheets.contains("the address is not to be written to"), "{sheets}");
    assert!(sheets.contains(">=Spring<") && !sheets.contains("<f>"), "{sheets}");
}
