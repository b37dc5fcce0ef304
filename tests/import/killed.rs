//! An import that was begun on the pages, and whose node is killed in the middle of it.

use crate::support::database;
use crate::support::process::skymailing;
use crate::support::service::found;
use crate::support::visitor::{Visitor, create_ann};
use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use sqlx::PgPool;

/// How many clients the file has: enough for an import to be seen at work.
const ROWS: i64 = 60_000;

/// Ann in front of one node.
struct AtNode {
    http: Client,
    url: String,
    token: String,
}

impl AtNode {
    async fn of(url: &str) -> Self {
        let token = Visitor::ann(url).await.token.expect("she is logged in");
        let http = Client::builder().redirect(Policy::none()).build().expect("a client");
        Self { http, url: url.trim_end_matches('/').to_owned(), token }
    }

    async fn page(&self, path: &str) -> String {
        let request = self.http.get(format!("{}{path}", self.url)).bearer_auth(&self.token);
        request.send().await.expect("the node answers").text().await.expect("the page arrives")
    }

    async fn sends_a_file(&self) -> String {
        let rows =
            (0..ROWS).fold("email,full_name\r\n".to_owned(), |rows, n| rows + &format!("n{n}@example.org,N {n}\r\n"));
        let head = "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"people.csv\"\r\n\r\n";
        let request = self.http.post(format!("{}/clients/import", self.url)).bearer_auth(&self.token);
        let request = request.header(CONTENT_TYPE, "multipart/form-data; boundary=x");
        let answer = request.body(format!("{head}{rows}\r\n--x--\r\n")).send().await.expect("the node answers");
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        answer.headers()[LOCATION].to_str().expect("an address").to_owned()
    }

    fn imports(&self, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.post(format!("{}{path}", self.url)).bearer_auth(&self.token);
        request.form(&[("act", "import"), ("columns.0", "email"), ("columns.1", "full_name")])
    }
}

async fn count(pool: &PgPool, query: &str) -> i64 {
    sqlx::query_scalar(query).fetch_one(pool).await.expect("it can be counted")
}

const ADDED: &str = "select count(*) from events where aggregate_type = 'client' and event_type = 'Added'";

#[tokio::test]
async fn an_import_whose_node_is_killed_says_so_and_another_node_brings_it_to_its_end() {
    let database = database().await;
    create_ann(&database.url).await;
    let node = || skymailing(&["api"]).set("DATABASE_URL", &database.url).start();
    let mut first = node();
    let at_first = AtNode::of(&first.serves().await).await;
    let path = at_first.sends_a_file().await;
    let looked = "Import 60,000 clients";
    found("the file is looked at", async || at_first.page(&path).await.contains(looked).then_some(())).await;
    assert_eq!(count(&database.pool, ADDED).await, 0, "nothing is written before somebody says so");

    let sending = tokio::spawn(at_first.imports(&path).send());
    found("some are imported", async || (count(&database.pool, ADDED).await > 0).then_some(())).await;
    first.killed().await;
    let _ = sending.await;
    let by_then = count(&database.pool, ADDED).await;
    assert!((1..ROWS).contains(&by_then), "{by_then}");

    let mut second = node();
    let at_second = AtNode::of(&second.serves().await).await;
    // Nobody knows at once that the first one is dead.
    let broken = found("the page says that it broke off", async || {
        Some(at_second.page(&path).await).filter(|page| page.contains("The import broke off"))
    })
    .await;
    assert!(broken.contains("Clients who were imported by then stay") && broken.contains("Go on with the import"));
    assert_eq!(count(&database.pool, ADDED).await, by_then, "nothing goes on by itself");
    let gone_on = at_second.imports(&path).send().await.expect("the node answers");
    assert_eq!(gone_on.status(), StatusCode::SEE_OTHER);
    let done = found("it comes to its end", async || {
        Some(at_second.page(&path).await).filter(|page| page.contains("The clients are imported"))
    })
    .await;
    assert!(done.contains("were there already"), "{done}");
    assert_eq!(count(&database.pool, ADDED).await, ROWS, "nobody is added twice");
    assert_eq!(count(&database.pool, "select count(distinct email) from clients where deleted_at is null").await, ROWS);
}
