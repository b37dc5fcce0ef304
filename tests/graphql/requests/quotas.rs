//! How much one account may have, and do at once.

use crate::support::http::{Api, PASSWORD, Person, address_of, plan, text, with};
use crate::support::service::found;
use acts::Bounds;
use domain::Role;
use futures::StreamExt as _;
use reqwest::StatusCode;
use serde_json::{Value, json};

fn reached() -> Vec<(String, String)> {
    vec![("QUOTA_REACHED".to_owned(), String::new())]
}

async fn total(person: &Person, list: &str) -> i64 {
    let query = format!("{{ {list} {{ totalCount }} }}");
    person.ask(&query, json!({})).await[list]["totalCount"].as_i64().expect("a number")
}

#[tokio::test]
async fn what_goes_beyond_the_bound_of_an_account_is_refused_until_something_is_deleted() {
    let api =
        Api::bounded(Bounds { clients: 2, groups: 2, messages: 2, mailings: 2, senders: 2, ..Bounds::default() }).await;
    let (ann, bob) = (api.owner("Ann").await, api.owner("Bob").await);
    let (message, client) = (ann.message().await, ann.client("first@example.com", &[]).await);
    for (noun, list, input, unique, there) in [
        ("client", "clients", json!({}), "email", 1),
        ("group", "groups", json!({}), "name", 0),
        ("message", "messages", json!({ "text": "t" }), "subject", 1),
        ("mailing", "mailings", plan(&message, &client), "name", 0),
        ("sender", "senders", json!({ "name": "" }), "address", 0),
    ] {
        let (create, delete) = (format!("{noun}Create"), format!("{noun}Delete"));
        let input = |number: i64| {
            let value = format!("{noun}{number}@example.com");
            with(with(input.clone(), unique, json!(value)), "idempotencyKey", json!(value))
        };
        let selection = format!("{noun} {{ id }}");
        let mut made = Vec::new();
        for number in there..2 {
            made.push(ann.does(&create, input(number), &selection).await[noun]["id"].take());
        }
        assert_eq!(ann.fails(&create, input(2)).await, reached(), "{noun}");
        assert_eq!(total(&ann, list).await, 2, "{noun}");
        // What was done before is answered as it was.
        let again = ann.does(&create, input(there), &selection).await;
        assert_eq!(again[noun]["id"], made[0], "{noun}");
        ann.does(&delete, json!({ "id": made.pop() }), "").await;
        ann.does(&create, input(3), "").await;
        assert_eq!(ann.fails(&create, input(4)).await, reached(), "{noun}");
    }
    // Everybody has room of their own.
    bob.client("first@example.com", &[]).await;
    let payload = ann.mutate("groupCreate", json!({ "name": "one too many" }), "").await;
    let told = "an account has at most 2 groups, and this one has as many: delete some, or ask whoever runs the service for more";
    assert_eq!(payload["userErrors"][0]["message"], told);
}

#[tokio::test]
async fn a_message_and_an_article_have_so_many_revisions_and_no_more() {
    let api = Api::bounded(Bounds { revisions: 3, ..Bounds::default() }).await;
    let (ann, carl) = (api.owner("Ann").await, api.person("Carl", &[Role::ContentManager]).await);
    let message = ann.message().await;
    let article = json!({ "title": "News", "body": "1" });
    let article = text(&carl.does("articleCreate", article, "article { id }").await["article"]["id"]);
    for (person, update, id, field) in
        [(&ann, "messageUpdate", message, "text"), (&carl, "articleUpdate", article, "body")]
    {
        let revise = |text: &str| with(json!({ "id": id }), field, json!(text));
        person.does(update, revise("2"), "").await;
        person.does(update, revise("3"), "").await;
        assert_eq!(person.fails(update, revise("4")).await, reached(), "{update}");
        // To say the same again makes no revision.
        person.does(update, revise("3"), "").await;
    }
}

#[tokio::test]
async fn an_import_stops_at_the_bound_and_tells_which_rows_it_left_out_and_why() {
    let api = Api::bounded(Bounds { clients: 4, ..Bounds::default() }).await;
    let ann = api.owner("Ann").await;
    ann.client("c1@example.com", &[]).await;
    let csv = (0..6).fold("email,groups".to_owned(), |csv, number| format!("{csv}\nc{number}@example.com,G{number}"));
    let report = "report { rows imported alreadyThere bad problems { line code message } groupsCreated }";

    let first = ann.does("clientsImport", json!({ "csv": csv }), report).await["report"].take();
    let again = ann.does("clientsImport", json!({ "csv": csv }), report).await["report"].take();

    let numbers =
        |report: &Value| ["rows", "imported", "alreadyThere", "bad"].map(|it| report[it].as_i64().unwrap_or(-1));
    assert_eq!((numbers(&first), numbers(&again)), ([6, 3, 1, 2], [6, 0, 4, 2]));
    assert_eq!(first["groupsCreated"], 3, "none is made for a row that is left out");
    let left_out: Vec<_> = first["problems"].as_array().expect("problems").iter().skip(1).collect();
    for (problem, line) in left_out.iter().zip([6, 7]) {
        assert_eq!((&problem["line"], &problem["code"]), (&json!(line), &json!("QUOTA_REACHED")));
        assert!(problem["message"].as_str().unwrap_or_default().contains("at most 4 clients"), "{problem}");
    }
    assert_eq!(total(&ann, "clients").await, 4);
}

#[tokio::test]
async fn an_import_leaves_out_rows_whose_groups_would_be_too_many() {
    let api = Api::bounded(Bounds { groups: 2, ..Bounds::default() }).await;
    let ann = api.owner("Ann").await;
    ann.group("Old").await;
    let csv = "email,groups\na@example.com,Old|New\nb@example.com,Third\nc@example.com,new\nd@example.com,New|Fourth";

    let report = "report { imported bad groupsCreated problems { line code message } }";
    let told = ann.does("clientsImport", json!({ "csv": csv }), report).await["report"].take();

    assert_eq!([&told["imported"], &told["bad"], &told["groupsCreated"]], [&json!(2), &json!(2), &json!(1)]);
    for (problem, line) in told["problems"].as_array().expect("problems").iter().zip([3, 5]) {
        assert_eq!((&problem["line"], &problem["code"]), (&json!(line), &json!("QUOTA_REACHED")));
        assert!(problem["message"].as_str().unwrap_or_default().contains("at most 2 groups"), "{problem}");
    }
    assert_eq!(total(&ann, "groups").await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn imports_at_once_get_beyond_the_bound_by_no_more_than_a_chunk_of_each_other() {
    let api = Api::bounded(Bounds { clients: 5_000, ..Bounds::default() }).await;
    let ann = api.owner("Ann").await;
    let file =
        |name: &str| (0..9_000).fold("email".to_owned(), |csv, number| format!("{csv}\n{name}{number}@example.com"));
    let upload = async |name: &str| {
        let (url, file) = (api.url("/import/clients"), file(name));
        ann.send(|http| http.post(url).header("content-type", "text/csv").body(file)).await
    };

    let (one, other) = tokio::join!(upload("a"), upload("b"));

    let number = |field: &str| [&one, &other].iter().map(|it| it.body[field].as_i64().unwrap_or(-1)).sum::<i64>();
    assert_eq!(number("rows"), 18_000);
    assert!((5_000..=7_000).contains(&number("imported")), "{}", number("imported"));
    let left_out = |it: &Value| it["bad"]["QUOTA_REACHED"].as_i64().unwrap_or(0);
    assert_eq!(number("imported") + left_out(&one.body) + left_out(&other.body), 18_000);
    assert_eq!(total(&ann, "clients").await, number("imported"));
    assert_eq!(ann.fails("clientCreate", json!({ "email": "z@example.com" })).await, reached());
}

#[tokio::test]
async fn one_import_more_than_may_go_on_at_once_is_told_to_come_again() {
    let api = Api::bounded(Bounds { imports: 1, ..Bounds::default() }).await;
    let (ann, bob) = (api.owner("Ann").await, api.owner("Bob").await);
    // A file that does not end before it is told to.
    let (tell, told) = tokio::sync::oneshot::channel::<()>();
    let begun = futures::stream::once(async { Ok::<_, std::io::Error>("email\nfirst@example.com") });
    let rest = futures::stream::once(async move {
        let _ = told.await;
        Ok("\nlast@example.com\n")
    });
    let body = reqwest::Body::wrap_stream(begun.chain(rest));
    let (importer, url) = (ann.clone(), api.url("/import/clients"));
    let import = tokio::spawn(async move {
        importer.send(|http| http.post(url).header("content-type", "text/csv").body(body)).await
    });
    let csv = json!({ "csv": "email\nother@example.com" });

    let refused = found("the first import has begun", async || {
        let payload = ann.mutate("clientsImport", csv.clone(), "").await;
        payload.pointer("/userErrors/0/code").cloned()
    })
    .await;
    assert_eq!(refused, "RATE_LIMITED");
    let url = api.url("/import/clients");
    let answer = ann.send(|http| http.post(url).header("content-type", "text/csv").body("email\nx@example.com")).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED"));
    assert_eq!(answer.header("retry-after"), "5");
    bob.does("clientsImport", csv.clone(), "").await;

    tell.send(()).expect("the import waits");
    assert_eq!(import.await.expect("it ends").status, StatusCode::OK);
    ann.does("clientsImport", csv, "").await;
}

#[tokio::test]
async fn who_opens_one_session_too_many_ends_the_one_that_was_used_longest_ago() {
    let api = Api::bounded(Bounds { sessions: 2, ..Bounds::default() }).await;
    api.account("Ann", &[]).await;
    let (nobody, mut sessions) = (api.anonymous(), Vec::new());
    for _ in 0..4 {
        api.clock.advance(chrono::TimeDelta::minutes(2));
        let session = nobody.log_in(&address_of("Ann"), PASSWORD).await;
        sessions.push(nobody.known_by(&text(&session["session"]["token"])));
        // The first one is used all the while.
        sessions[0].ask("{ viewer { email } }", json!({})).await;
    }

    let mut open = Vec::new();
    for session in &sessions {
        open.push(session.ask("{ viewer { email } }", json!({})).await["viewer"] != json!(null));
    }
    assert_eq!(open, [true, false, false, true]);
}
