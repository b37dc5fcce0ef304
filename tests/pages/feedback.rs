//! What came back of letters, as pages show it, and messages that came in and were not understood, over HTTP alone.

use super::reader::{Reader, location};
use crate::behaviours::stage::{Stage, created, finished, runs};
use crate::support::feedback::{bounced, complained, full, gone, letter_to};
use crate::support::http::{Api, Person, text};
use crate::support::intake::{counted, keep, looked};
use crate::support::service::metadata;
use domain::mailing::{self, Mailing};
use domain::suppression::{Command, Reason, Scope, Source, Suppression};
use domain::{EmailAddress, MailingId, ReportId, Role, SuppressionId};
use reqwest::StatusCode;
use serde_json::json;

/// A page that is there, as text.
async fn page(reader: &Reader, path: &str) -> String {
    let (status, page) = reader.get(path).await;
    assert_eq!(status, StatusCode::OK, "{path}: {page}");
    page
}

/// A finished run of Ann's to four people: one letter came back for good, one for the moment, and of one its recipient complained.
async fn run(stage: &Stage, ann: &Person) -> (String, String) {
    let mut clients = Vec::new();
    for name in ["anna", "gone", "full", "angry"] {
        clients.push(ann.client(&format!("{name}@example.com"), &[]).await);
    }
    let message = ann.message().await;
    let mailing = created(ann, stage.plan(&message, &json!({ "clientIds": clients }))).await;
    let engine = stage.works();
    let run = text(&runs(&finished(ann, &mailing, 1).await)[0]["id"]);
    engine.stop().await;
    let services = &stage.api.node.services;
    let id: domain::RunId = run.parse().expect("an id");
    let of = async |name: &str| letter_to(services.pool(), id, &format!("{name}@example.com")).await;
    let gone = domain::feedback::Bounce { words: Some("<script>alert(1)</script>".to_owned()), ..gone() };
    bounced(services, of("gone").await, "1", gone).await;
    bounced(services, of("full").await, "2", full()).await;
    complained(services, of("angry").await, "3").await;
    (mailing, run)
}

#[tokio::test]
async fn what_came_back_stands_beside_runs_and_mailings_and_leads_to_the_letters() {
    let stage = Stage::start().await;
    let ann = stage.api.owner("Ann").await;
    let reader = Reader::of(&stage.api, &ann);
    let (mailing, run) = run(&stage, &ann).await;
    let of_run = page(&reader, &format!("/runs/{run}")).await;
    assert!(of_run.contains("What came back of these letters"), "{of_run}");
    for (kind, number) in [
        ("bounced", "<b>1</b><span>came back, 25% of those accepted"),
        ("soft_bounced", "<b>1</b><span>came back for now, 25% of those accepted"),
        ("complained", "<b>1</b><span>complained of, 25% of those accepted"),
    ] {
        let link = format!("href=\"/runs/{run}/recipients?back={kind}\"><b>");
        assert!(of_run.contains(&link) && of_run.contains(number), "{kind}: {of_run}");
    }
    let of_mailing = page(&reader, &format!("/mailings/{mailing}")).await;
    let link = format!("href=\"/feedback?mailing={mailing}&#38;kind=permanent\"><b>1</b>");
    assert!(of_mailing.contains(&link), "{link} is not in {of_mailing}");
    let report = page(&reader, &format!("/reports/{run}")).await;
    assert!(report.contains("Share of those accepted"), "{report}");
    assert!(report.contains(&format!("href=\"/runs/{run}/recipients?back=complained\">1</a>")), "{report}");

    let statistics = page(&reader, "/reports/statistics").await;
    assert!(statistics.contains("What came back of these letters") && statistics.contains("25%"), "{statistics}");

    for (kind, email, others, said) in [
        ("bounced", "gone@example.com", "full@example.com", "came back</span>: there is no such mailbox"),
        ("soft_bounced", "full@example.com", "angry@example.com", "the mailbox is full"),
        ("complained", "angry@example.com", "gone@example.com", "marked as spam"),
    ] {
        let list = page(&reader, &format!("/runs/{run}/recipients?back={kind}")).await;
        assert!(list.contains(email) && !list.contains(others) && !list.contains("anna@example.com"), "{list}");
        assert!(list.contains(said) && list.contains(&format!("name=\"back\" value=\"{kind}\"")), "{list}");
        let (_, csv) = reader.get(&format!("/runs/{run}/recipients.csv?back={kind}")).await;
        assert!(csv.contains(email) && !csv.contains(others), "a file has the same: {csv}");
    }
    let list = page(&reader, &format!("/runs/{run}/recipients")).await;
    assert!(list.contains("there is no such mailbox") && list.contains("mx.example.org"), "{list}");
    assert!(list.contains("&#60;script&#62;alert(1)") && !list.contains("<script>alert"), "{list}");
    let nobody = page(&reader, &format!("/runs/{run}/recipients?back=bounced&search=full")).await;
    assert!(nobody.contains("Nobody in this list"), "{nobody}");
    // Where nothing came back nothing is said, as nobody knows that nothing did.
    let other = ann.mailing(&ann.message().await, &ann.client("other@example.com", &[]).await).await;
    assert!(!page(&reader, &format!("/mailings/{other}")).await.contains("What came back"));
}

#[tokio::test]
async fn all_that_came_back_is_one_list_for_those_whose_letters_it_is() {
    let stage = Stage::start().await;
    let (ann, bob) = (stage.api.owner("Ann").await, stage.api.owner("Bob").await);
    let of = |person: &Person| Reader::of(&stage.api, person);
    let empty = page(&of(&ann), "/feedback").await;
    assert!(empty.contains("Nothing has come back so far."), "{empty}");
    let (mailing, run) = run(&stage, &ann).await;
    let list = page(&of(&ann), "/feedback").await;
    for part in [
        "3 reports",
        "gone@example.com",
        "full@example.com",
        "angry@example.com",
        "<code>5.1.1</code>",
        "mx.example.org",
        &format!("href=\"/runs/{run}/recipients?search=gone%40example.com\""),
        &format!("href=\"/feedback?mailing={mailing}\""),
    ] {
        assert!(list.contains(part), "{part} is not in {list}");
    }
    assert!(!list.contains("<script>alert"), "{list}");
    let complaints = page(&of(&ann), "/feedback?kind=complaint").await;
    assert!(complaints.contains("angry@example.com") && !complaints.contains("gone@example.com"), "{complaints}");
    let of_mailing = page(&of(&ann), &format!("/feedback?mailing={mailing}&kind=temporary")).await;
    assert!(
        of_mailing.contains("Only letters of this mailing:") && of_mailing.contains("full@example.com"),
        "{of_mailing}"
    );
    assert!(of_mailing.contains(&format!("name=\"mailing\" value=\"{mailing}\"")), "{of_mailing}");
    let of_run = page(&of(&ann), &format!("/feedback?run={run}")).await;
    assert!(of_run.contains("Only letters of this run:") && of_run.contains("3 reports"), "{of_run}");
    assert!(page(&of(&ann), "/reports").await.contains("href=\"/feedback\""), "the reports lead there");

    let (max, root) =
        (stage.api.person("Max", &[Role::Manager]).await, stage.api.person("Root", &[Role::Administrator]).await);
    assert!(!page(&of(&bob), "/feedback").await.contains("gone@example.com"));
    let all = page(&of(&max), "/feedback").await;
    assert!(all.contains("gone@example.com") && all.contains("ann@example.com"), "{all}");
    assert!(!page(&of(&root), "/feedback").await.contains("gone@example.com"), "an administrator has letters, too");
    assert!(page(&of(&root), "/feedback?of=all").await.contains("gone@example.com"));
    for path in [format!("/feedback?mailing={mailing}"), format!("/feedback?run={run}")] {
        for (person, status) in [(&ann, StatusCode::OK), (&max, StatusCode::OK), (&root, StatusCode::OK)] {
            let (found, page) = of(person).get(&path).await;
            assert!(found == status && page.contains("gone@example.com"), "{path}: {page}");
        }
        assert_eq!(of(&bob).get(&path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    let owner = format!("/feedback?owner={}", ann.id);
    assert!(page(&of(&max), &owner).await.contains("gone@example.com"));
    for path in [owner.as_str(), "/feedback?mailing=x", "/feedback?run=x", "/feedback?after=x"] {
        assert_eq!(of(&bob).get(path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_mailing_that_the_guard_paused_says_why() {
    let api = Api::start().await;
    let ann = api.owner("Ann").await;
    let mailing = ann.mailing(&ann.message().await, &ann.client("anna@example.com", &[]).await).await;
    let id: MailingId = mailing.parse().expect("an id");
    let reason = "51 of 1,000 letters came back, which is too many";
    let command = mailing::Command::Suspend { reason: reason.to_owned() };
    let services = &api.node.services;
    let told = services.store.execute::<Mailing>(id.0, command, &metadata()).await.expect("it is paused");
    assert!(services.shown(told.position).await, "the read models follow");
    let shown = page(&Reader::of(&api, &ann), &format!("/mailings/{mailing}")).await;
    assert!(shown.contains("The service paused it.") && shown.contains(reason), "{shown}");
}

#[tokio::test]
async fn an_address_that_is_not_written_to_because_of_a_report_leads_to_its_letter() {
    let stage = Stage::start().await;
    let ann = stage.api.owner("Ann").await;
    let (_, run) = run(&stage, &ann).await;
    let services = &stage.api.node.services;
    let letter = letter_to(services.pool(), run.parse().expect("an id"), "gone@example.com").await;
    let (scope, reason) = (Scope::Owner { owner: ann.id }, Reason::Bounced);
    let email = EmailAddress::parse("gone@example.com").expect("an address");
    let id = SuppressionId::derive(scope, &email.key(), reason);
    let source = Source::Report { run: letter.run, ordinal: letter.ordinal, report: ReportId::derive("message", "1") };
    let command = Command::Suppress { scope, reason, email, source, note: None, at: services.now(), until: None };
    let told = services.store.execute::<Suppression>(id.0, command, &metadata()).await.expect("it is suppressed");
    assert!(services.shown(told.position).await, "the read models follow");
    let reader = Reader::of(&stage.api, &ann);
    let list = page(&reader, "/suppressions").await;
    let path = format!("/runs/{run}/recipients?search=gone%40example.com");
    assert!(list.contains("Letters came back") && list.contains(&format!("href=\"{path}\"")), "{list}");
    assert!(page(&reader, &path).await.contains("came back</span>: there is no such mailbox"));
}

#[tokio::test]
async fn what_came_in_and_was_not_understood_is_for_administrators_to_look_at() {
    let api = Api::start().await;
    let services = &api.node.services;
    let (ann, root) = (api.owner("Ann").await, api.person("Root", &[Role::Administrator]).await);
    let root = Reader::of(&api, &root);
    let system = page(&root, "/system").await;
    assert!(system.contains("Nothing has come in within the last seven days."), "{system}");
    assert!(page(&root, "/system/intake").await.contains("All that came in was understood."));

    let message = b"From: postmaster@mx.example.org\r\nSubject: Hm\r\n\r\n<script>alert(1)</script>\x1b\xff\r\n";
    let id = keep(services, "<b>Hm</b>", message, 1_000_000).await;
    let now = api.clock.now();
    let rows = [(0, "smtp", "bounce", 3), (6, "imap", "bounce", 2), (0, "pipe", "kept", 1), (7, "smtp", "known", 9)];
    counted(&api.pool, now, &rows).await;
    looked(&api.pool, now, Some("the mailbox refuses the password")).await;
    let system = page(&root, "/system").await;
    for part in [
        "the mailbox refuses the password",
        "Nothing comes in",
        "a mail server: 3; a mailbox: 2",
        "Not understood, and kept",
        "href=\"/system/intake\">Messages that were not understood: 1</a>",
    ] {
        assert!(system.contains(part), "{part} is not in {system}");
    }
    assert!(!system.contains("Known already"), "that was before: {system}");

    let list = page(&root, "/system/intake").await;
    let path = format!("/system/intake/{id}");
    assert!(list.contains("1 message") && list.contains(&format!("href=\"{path}\"")), "{list}");
    assert!(list.contains("&#60;b&#62;Hm&#60;/b&#62;") && !list.contains("<b>Hm"), "{list}");
    let one = page(&root, &path).await;
    assert!(one.contains("&#60;script&#62;alert(1)&#60;/script&#62;\u{fffd}\u{fffd}"), "{one}");
    assert!(!one.contains("<script>alert") && one.contains("Only its beginning is kept."), "{one}");

    let before = api.events().await;
    let again = root.post(&format!("{path}/again"), &[]).await;
    assert_eq!((again.status(), location(&again)), (StatusCode::SEE_OTHER, path.as_str()), "it is a riddle still");
    let dismiss = format!("{path}/dismiss");
    let question = page(&root, &dismiss).await;
    assert!(question.contains("Throw away this message") && question.contains("&#60;b&#62;Hm"), "{question}");
    // Nobody else sees or does any of it.
    let ann = Reader::of(&api, &ann);
    for path in ["/system/intake", path.as_str(), dismiss.as_str()] {
        let (status, page) = ann.get(path).await;
        assert!(status == StatusCode::FORBIDDEN && !page.contains("Hm"), "{path}: {page}");
    }
    for path in [format!("{path}/again"), dismiss.clone()] {
        assert_eq!(ann.post(&path, &[]).await.status(), StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(page(&root, &path).await.len(), one.len(), "asking and being refused change nothing");
    for _ in 0..2 {
        let gone = root.post(&dismiss, &[]).await;
        assert_eq!((gone.status(), location(&gone)), (StatusCode::SEE_OTHER, "/system/intake"));
    }
    assert_eq!(root.get(&path).await.0, StatusCode::NOT_FOUND);
    assert_eq!(root.post(&format!("{path}/again"), &[]).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(root.get("/system/intake/x").await.0, StatusCode::NOT_FOUND);
    assert_eq!(api.events().await, before, "nothing of it is in the log");
}
