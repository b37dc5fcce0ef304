//! Small texts that become large ones: previews, letters and articles.

use super::siege::{ADMINISTRATOR, ATTACKER, Siege};
use crate::support::http::address_of;
use crate::support::service::{found, metadata};
use crate::support::visitor::Visitor;
use domain::{EmailAddress, FullName, MailingId, MessageId, TimeZone, UserId, Window, client, mailing, message};
use eventstore::{Append, EventStore};
use futures::future::join_all;
use reqwest::StatusCode;
use serde_json::{Value, json};
use skymailing::wire::wall_clock;
use std::collections::BTreeSet;
use uuid::Uuid;

/// How many requests an attacker sends at the same time.
const AT_ONCE: usize = 20;

/// How often they do.
const ROUNDS: usize = 5;

const PREVIEW: &str = "query($input: MessagePreviewInput!) {
    messagePreview(input: $input) { subject text html userErrors { code retryAfter } } }";

/// What comes of many equal requests at the same time, several times: the codes of user errors, and of top-level ones.
async fn many(visitor: &Visitor, query: &str, variables: &Value, path: &str) -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    for _ in 0..ROUNDS {
        for (status, body) in join_all((0..AT_ONCE).map(|_| visitor.post(query, variables.clone()))).await {
            let told = [format!("/data/{path}/userErrors/0/code"), "/errors/0/extensions/code".to_owned()];
            let code = told.iter().find_map(|path| body.pointer(path)).and_then(Value::as_str);
            codes.insert(code.unwrap_or(if status == StatusCode::OK { "" } else { "?" }).to_owned());
        }
    }
    codes
}

#[tokio::test]
async fn previews_that_would_become_hundreds_of_megabytes_are_refused_and_large_ones_take_turns() {
    let mut siege = Siege::laid("previews").await;
    let attacker = siege.signed_in(ATTACKER).await;
    let expires = (wall_clock().now() + chrono::TimeDelta::days(1)).to_rfc3339();
    let token = json!({ "name": "reads", "scope": "READ", "expiresAt": expires });
    let reader = attacker.does("apiTokenCreate", token, "token").await["token"].take();
    let reader = siege.anonymous().known_by(reader.as_str().expect("a token"));
    // 61 KB, which became 406 MB.
    let exploding = json!({ "subject": "s", "text": "{{comment}}".repeat(2_700),
                            "html": "{{comment}}".repeat(2_700), "sample": { "comment": "\"".repeat(2_000) } });
    // 1.5 MB each, which may be.
    let fields = "{{comment}}".repeat(120);
    let large = json!({ "subject": "s", "text": fields, "html": fields, "sample": { "comment": "\"".repeat(2_000) } });

    let (refused, seen) = siege
        .under(async |_| {
            let exploding = json!({ "input": exploding });
            let large = json!({ "input": large });
            tokio::join!(
                many(&attacker, PREVIEW, &exploding, "messagePreview"),
                many(&reader, PREVIEW, &large, "messagePreview")
            )
        })
        .await;

    let may_be = |codes: &[&str]| codes.iter().map(|code| (*code).to_owned()).collect::<BTreeSet<_>>();
    assert!(refused.is_subset(&may_be(&["LETTER_TOO_LARGE", "RATE_LIMITED", "UNAVAILABLE"])), "{refused:?}");
    assert!(seen.is_subset(&may_be(&["", "RATE_LIMITED", "UNAVAILABLE"])) && seen.contains(""), "{seen:?}");
    siege.withstood().await;
}

#[tokio::test]
async fn articles_that_would_take_minutes_are_refused_at_once() {
    let mut siege = Siege::laid("Markdown").await;
    let writer = siege.signed_in(ADMINISTRATOR).await;
    let times = |part: &str| part.repeat(60_000 / part.len());
    let bodies = [times(">"), times("- ") + "a", times("<div>"), times("<b><p>"), times("* - "), times("[")];
    let create = "mutation($input: ArticleCreateInput!) { articleCreate(input: $input) { userErrors { code } } }";

    let codes = siege
        .under(async |_| {
            let mut codes = BTreeSet::new();
            for (number, body) in bodies.iter().enumerate() {
                let input =
                    json!({ "title": format!("Article {number}"), "body": body, "idempotencyKey": number.to_string() });
                codes.extend(many(&writer, create, &json!({ "input": input }), "articleCreate").await);
            }
            codes
        })
        .await;

    let expected = ["", "NESTING_TOO_DEEP", "RATE_LIMITED"].map(str::to_owned);
    assert!(codes.is_subset(&BTreeSet::from(expected)) && codes.contains("NESTING_TOO_DEEP"), "{codes:?}");
    siege.withstood().await;
}

/// How many clients the attacker writes to. Half of the letters would have 24 MB, the others nearly all that fits.
const RECIPIENTS: usize = 60;

#[tokio::test]
async fn letters_of_sixty_megabytes_from_before_the_budgets_are_rejected_and_those_that_fit_are_sent() {
    let mut siege = Siege::laid("letters").await;
    let attacker = siege.signed_in(ATTACKER).await;
    let create = json!({ "input": { "subject": "s", "text": "{{comment}}".repeat(5_900) } });
    let query = "mutation($input: MessageCreateInput!) { messageCreate(input: $input) { userErrors { code } } }";
    let refused = attacker.post(query, create).await.1;
    assert_eq!(refused["data"]["messageCreate"]["userErrors"], json!([{ "code": "LETTER_TOO_LARGE" }]));

    let outcomes = siege
        .under(async |siege| {
            a_mailing_from_before(siege).await;
            found("every letter has an outcome", async || {
                let query = "select count(*) filter (where d.outcome = 'accepted'),
                                    count(*) filter (where d.outcome = 'rejected' and d.reply like '%more than 1572864 bytes%')
                               from deliveries d join runs r on r.id = d.run_id join mailings m on m.id = r.mailing_id
                              where m.name = 'Large'";
                let pool = &siege.database.pool;
                let (sent, rejected): (i64, i64) = sqlx::query_as(query).fetch_one(pool).await.expect("counts");
                (usize::try_from(sent + rejected) == Ok(RECIPIENTS)).then_some((sent, rejected))
            })
            .await
        })
        .await;

    assert_eq!(outcomes.0, outcomes.1);
    siege.withstood().await;
}

/// A mailing of the attacker's as it could be before letters had budgets: 64 KiB that become up to 47 MB.
async fn a_mailing_from_before(siege: &Siege) {
    let query = "select id from users where email = $1";
    let owner: Uuid =
        sqlx::query_scalar(query).bind(address_of(ATTACKER)).fetch_one(&siege.database.pool).await.expect("a user");
    let owner = UserId(owner);
    let store = EventStore::new(siege.database.pool.clone());
    let clients: Vec<Uuid> = (0..RECIPIENTS).map(|_| Uuid::now_v7()).collect();
    let mut appends = Vec::new();
    for (number, id) in clients.iter().enumerate() {
        let added = client::Event::Added {
            owner,
            email: EmailAddress::parse(&format!("victim{number}@example.org")).expect("an address"),
            full_name: FullName::parse("Anna").expect("a name"),
            first_name: FullName::default(),
            last_name: FullName::default(),
            comment: "ж".repeat(if number % 2 == 0 { 130 } else { 2_000 }),
            groups: BTreeSet::new(),
        };
        appends.push(Append::begin::<client::Client>(*id, vec![added]).expect("an event"));
    }
    let content = json!({ "subject": "s", "text": "{{comment}}".repeat(5_900) });
    let content = serde_json::from_value(content).expect("any content");
    let letter = MessageId(Uuid::now_v7());
    let created = message::Event::Created { owner, content };
    appends.push(Append::begin::<message::Message>(letter.0, vec![created]).expect("an event"));
    store.append(&appends, &metadata()).await.expect("it is written");
    let now = wall_clock().now();
    let plan = mailing::Plan {
        name: mailing::Name::parse("Large").expect("a name"),
        message: letter,
        audience: mailing::Audience {
            clients: clients.into_iter().map(Into::into).collect(),
            ..mailing::Audience::default()
        },
        window: Window::new(now - chrono::TimeDelta::minutes(1), now + chrono::TimeDelta::days(1)).expect("a window"),
        periodicity: domain::Periodicity::Once,
        time_zone: TimeZone::UTC,
        sending: mailing::Sending::default(),
        kind: mailing::Kind::default(),
        sender: None,
    };
    let id = MailingId(Uuid::now_v7());
    let command = mailing::Command::Create { owner, plan, now };
    store.execute::<mailing::Mailing>(id.0, command, &metadata()).await.expect("it is planned");
}
