//! Every screen in both languages and both colours, wide and narrow: axe-core finds no serious barrier, nothing moves while it loads, sticks
//! out or is out of sight, the browser complains of nothing, and nothing leaves the machine. With `PICTURES=dir` pictures of each are kept there;
//! with `PICTURES_ALL=1` in all looks.

use super::browser::{Browser, Window, browse};
use super::reader::Reader;
use super::senders::sender;
use super::subscribing::topic;
use crate::support::feedback::{bounced, complained, full, gone, letter_to};
use crate::support::http::{Api, PASSWORD, Person, plan, text};
use crate::support::intake::{counted, keep, looked};
use crate::support::service::{Service, found};
use crate::support::smtp_server::{Offers, SmtpServer};
use dkim::MasterKey;
use domain::Role;
use reqwest::StatusCode;
use serde_json::json;
use std::path::PathBuf;

/// The looks in which every screen is looked at: language, colours, width. Each language, colour and width meets each of the others;
/// all three together would be twice as many and show nothing that two of them do not.
const LOOKS: [(&str, &str, u32); 4] =
    [("en", "light", 1_400), ("en", "dark", 360), ("ru", "dark", 1_400), ("ru", "light", 360)];

/// The looks besides, of which there are pictures only.
const FOR_PICTURES: [(&str, &str, u32); 8] = [
    ("en", "dark", 1_400),
    ("en", "light", 360),
    ("en", "light", 768),
    ("en", "dark", 768),
    ("ru", "light", 1_400),
    ("ru", "dark", 360),
    ("ru", "light", 768),
    ("ru", "dark", 768),
];

/// The looks of which a picture is kept without `PICTURES_ALL`.
const KEPT: [(&str, &str, u32); 2] = [("en", "light", 1_400), ("ru", "light", 360)];

/// By how much of the window a page may move while it loads.
const STILL: f64 = 0.001;

/// Who looks, and at what.
struct Tour {
    who: Option<&'static str>,
    paths: Vec<String>,
}

/// Where it is asked whether a read model is to be filled anew, and all of them.
const ONE_ANEW: &str = "/system/read-models/clients/rebuild";
const ALL_ANEW: &str = "/system/read-models/all/rebuild";

/// A domain whose name is as long as words are in some languages.
const DOMAIN: &str = "donaudampfschifffahrtselektrizitaetenhauptbetriebswerk.example.org";

#[expect(clippy::too_many_lines, reason = "it is a list of screens")]
async fn service() -> (Api, Vec<Tour>) {
    let master = MasterKey::generate().expect("there is randomness");
    let api = Api::serving_as(|services| services.master_key = Some(master)).await;
    let (ann, root) = (api.owner("Ann").await, api.person("Root", &[Role::Administrator]).await);
    let (_max, carl) = (api.person("Max", &[Role::Manager]).await, api.person("Carl", &[Role::ContentManager]).await);
    let _nora = api.owner("Nora").await;
    let (sent, returned, reported) = returned(&api).await;
    let riddle = came_in(&api).await;
    let group = ann.group("Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft").await;
    let field = fields(&ann).await;
    let client = ann.client("anna@example.com", &[&group]).await;
    let known =
        json!({ "id": client, "fields": [{ "key": "town", "value": "two\nlines" }, { "key": "vip", "value": "no" }] });
    ann.does("clientUpdate", known, "").await;
    for title in
        ["News", "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaftsnachrichten"]
    {
        topic(&api, &ann, title).await;
    }
    let segment = segment(&ann, &group).await;
    let hostile = json!({ "email": "eve@example.com", "fullName": "مرحبا <script>alert(1)</script>", "comment": "\"><img src=x onerror=alert(1)>" });
    ann.does("clientCreate", hostile, "").await;
    let agreed = json!({ "id": client, "topicId": group, "wording": "مرحبا <script>alert(1)</script>", "address": "2001:db8::1" });
    ann.does("consentGive", agreed, "").await;
    let topic = json!({ "id": group, "title": "مرحبا <script>alert(1)</script>", "description": "Once\na month" });
    ann.does("groupPublish", topic, "").await;
    let left = json!({ "emails": ["left@example.com"], "note": "مرحبا <script>alert(1)</script>" });
    let suppressed = ann.does("suppressionAdd", left, "suppressions { id }").await;
    let suppressed = text(&suppressed["suppressions"][0]["id"]);
    let long = json!({ "emails": [format!("{}@example.com", "very.long.address.".repeat(3) + "x")] });
    let lifted = ann.does("suppressionAdd", long, "suppressions { id }").await;
    let lifted = json!({ "id": lifted["suppressions"][0]["id"], "reason": "They asked for letters again." });
    ann.does("suppressionLift", lifted, "").await;
    let table = json!({ "csv": "email,full_name\nimported@example.com,مرحبا\n", "file": "<b>long</b>".repeat(10) });
    let imported = ann.does("clientsImport", table, "report { importId }").await;
    let imported = text(&imported["report"]["importId"]);
    let sender = senders(&api, &ann, &root).await;
    let message = ann.message().await;
    let mailing = ann.mailing(&message, &client).await;
    let run = text(&ann.does("mailingStart", json!({ "id": mailing }), "run { id }").await["run"]["id"]);
    let paused = ann.does("mailingCreate", plan(&message, &client), "mailing { id }").await;
    ann.does("mailingPause", json!({ "id": paused["mailing"]["id"] }), "").await;
    let article = carl
        .does(
            "articleCreate",
            json!({ "title": "Весенние новости", "body": "# Hello\n\n*World*" }),
            "article { id slug }",
        )
        .await;
    let (article, slug) = (text(&article["article"]["id"]), text(&article["article"]["slug"]));
    carl.does("articlePublish", json!({ "id": article }), "").await;
    let of = |who, paths: &[&str]| Tour { who, paths: paths.iter().map(|path| (*path).to_owned()).collect() };
    let tours = vec![
        of(
            None,
            &[
                "/",
                "/blog",
                &format!("/blog/{slug}"),
                "/log-in",
                "/register",
                "/recover",
                "/account/recover?token=x",
                "/senders/verify?token=x",
                "/senders/verify/done",
                "/u/sample",
                "/u/nothing",
                &format!("/subscribe/{}", ann.id),
                "/subscribe/nobody",
                "/subscribe/confirm/nothing",
                "/nothing",
                "/look",
            ],
        ),
        of(
            Some("nora"),
            &[
                "/",
                "/clients",
                "/fields",
                "/groups",
                "/segments",
                "/suppressions",
                "/senders",
                "/messages",
                "/mailings",
                "/reports",
                "/calendar",
                "/reports/statistics",
                "/feedback",
                "/log",
                "/why",
            ],
        ),
        of(
            Some("ann"),
            &[
                "/",
                "/clients",
                "/clients/new",
                "/clients/import",
                "/clients/imports",
                &format!("/clients/imports/{imported}"),
                &format!("/clients/imports/{imported}/undo"),
                &format!("/clients/{client}"),
                &format!("/clients/{client}?at=2026-05-04T09:00"),
                &format!("/clients/{client}/history"),
                &format!("/clients/{client}/consent/new"),
                &format!("/clients/{client}/consent/withdraw?topic={group}"),
                &format!("/clients/{client}/delete"),
                "/fields",
                "/fields/new",
                &format!("/fields/{field}"),
                &format!("/fields/{field}/remove"),
                "/groups",
                "/groups/new",
                &format!("/groups/{group}"),
                &format!("/groups/{group}/unpublish"),
                "/segments",
                "/segments/new",
                &format!("/segments/{segment}"),
                &format!("/segments/{segment}/edit"),
                &format!("/segments/{segment}/delete"),
                "/suppressions",
                "/suppressions?state=over",
                "/suppressions/new",
                "/suppressions/import",
                &format!("/suppressions/{suppressed}/lift"),
                "/senders",
                "/senders/new",
                &format!("/senders/{sender}"),
                &format!("/senders/{sender}/delete"),
                "/messages",
                "/messages/new",
                &format!("/messages/{message}"),
                &format!("/messages/{message}/preview"),
                &format!("/messages/{message}/revisions"),
                "/mailings",
                "/mailings/new",
                &format!("/mailings/{mailing}"),
                &format!("/mailings/{mailing}/history"),
                &format!("/mailings/{mailing}/recipients"),
                &format!("/mailings/{mailing}/report"),
                &format!("/mailings/{mailing}/edit"),
                &format!("/mailings/{mailing}/cancel"),
                &format!("/runs/{run}"),
                &format!("/runs/{run}/recipients"),
                &format!("/runs/{run}/history"),
                "/log",
                "/log?kind=client&type=Changed&search=nothing",
                "/log?from=2026-05-05&to=2026-05-04",
                &format!("/why?email=anna@example.com&mailing={mailing}"),
                "/why?email=anna",
                "/reports",
                "/reports/statistics",
                "/calendar",
                "/profile",
                "/system",
            ],
        ),
        of(
            Some("bea"),
            &[
                &format!("/mailings/{sent}"),
                &format!("/runs/{returned}"),
                &format!("/runs/{returned}/recipients"),
                &format!("/runs/{returned}/recipients?back=bounced"),
                &format!("/reports/{returned}"),
                "/feedback",
                "/feedback?kind=complaint",
                &format!("/feedback?mailing={sent}"),
                &format!("/runs/{returned}/history?parts=yes"),
                &format!("/runs/{returned}/letters/0"),
                &format!("/log/{reported}"),
                "/why?email=gone@example.com",
                &format!("/why?email={}@example.com", "very.long.address.".repeat(3) + "x"),
                "/why?email=nobody@example.com",
            ],
        ),
        of(
            Some("max"),
            &[
                "/feedback",
                "/log",
                "/log?user=ann@example.com&ownerId=ann@example.com",
                "/why?email=gone@example.com",
                "/",
                "/mailings",
                "/users",
                &format!("/users/{}", ann.id),
                &format!("/users/{}/block", ann.id),
            ],
        ),
        of(
            Some("carl"),
            &[
                "/",
                "/log",
                "/articles",
                "/articles/new",
                &format!("/articles/{article}"),
                &format!("/articles/{article}/delete"),
            ],
        ),
        of(
            Some("root"),
            &[
                "/suppressions",
                "/suppressions?list=installation",
                "/senders?of=all",
                &format!("/senders/{sender}"),
                &format!("/senders/{sender}/revoke"),
                "/system",
                ONE_ANEW,
                ALL_ANEW,
                "/system/intake",
                &format!("/system/intake/{riddle}"),
                &format!("/system/intake/{riddle}/dismiss"),
                "/system/domains",
                "/system/domains/new",
                &format!("/system/domains/{DOMAIN}"),
                &format!("/system/domains/{DOMAIN}/activate"),
                &format!("/system/domains/{DOMAIN}/rotate"),
                &format!("/system/domains/{DOMAIN}/remove"),
                &format!("/system/domains/{DOMAIN}/grants/{}/withdraw", ann.id),
                &format!("/users/{}", root.id),
                "/log",
            ],
        ),
    ];
    (api, tours)
}

/// A mailing of Bea's and its run, of whose letters all came back that can, and the place in the log of what was reported first. Nothing is
/// sent after that.
async fn returned(api: &Api) -> (String, String, i64) {
    let server = SmtpServer::start(Offers::default()).await;
    let bea = api.owner("Bea").await;
    let long = format!("{}@example.com", "very.long.address.".repeat(3) + "x");
    let mut clients = Vec::new();
    for email in ["gone@example.com", "angry@example.com", "fine@example.com", &long] {
        clients.push(bea.client(email, &[]).await);
    }
    let html = format!("<h1 style=\"color: teal\">Hello</h1><p>{}</p>", "no_blank_in_it_".repeat(20));
    let letter_of =
        json!({ "subject": "Hello, {{first_name}} مرحبا", "text": "no_blank_in_it_".repeat(20), "html": html });
    let message = text(&bea.does("messageCreate", letter_of, "message { id }").await["message"]["id"]);
    let mut input = plan(&message, &clients[0]);
    input["audience"] = json!({ "clientIds": clients });
    input["name"] =
        json!("Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaftsnachrichten");
    let mailing = text(&bea.does("mailingCreate", input, "mailing { id }").await["mailing"]["id"]);
    let engine = Service::work_with(&api.node, Service::relay(&server), Service::settings());
    let query = "query($id: ID!) { mailing(id: $id) { runs { nodes { id report { id } } } } }";
    let run = found("the run is reported", async || {
        let seen = bea.ask(query, json!({ "id": mailing })).await;
        let run = &seen["mailing"]["runs"]["nodes"][0];
        (!run["report"]["id"].is_null()).then(|| text(&run["id"]))
    })
    .await;
    engine.stop().await;
    let services = &api.node.services;
    let words = Some("مرحبا <script>alert(1)</script> ".to_owned() + &"no_such_mailbox_".repeat(8));
    let id: domain::RunId = run.parse().expect("an id");
    let of = async |email: &str| letter_to(services.pool(), id, email).await;
    let gone = domain::feedback::Bounce { words, ..gone() };
    bounced(services, of("gone@example.com").await, "1", gone).await;
    bounced(services, of(&long).await, "2", full()).await;
    complained(services, of("angry@example.com").await, "3").await;
    let query = "{ auditLog(filter: { kind: FEEDBACK }, first: 1) { nodes { position } } }";
    let reported = bea.ask(query, json!({})).await["auditLog"]["nodes"][0]["position"].as_i64();
    (mailing, run, reported.expect("something was reported"))
}

/// What came in, and a message that was not understood. Returns its id.
async fn came_in(api: &Api) -> String {
    let now = api.clock.now();
    counted(&api.pool, now, &[(0, "smtp", "bounce", 1_234), (1, "imap", "bounce", 2), (6, "pipe", "kept", 1)]).await;
    looked(&api.pool, now, Some("the mailbox refuses the password")).await;
    let subject = format!("مرحبا <script>alert(1)</script> {}", "x".repeat(80));
    let message =
        format!("Subject: {subject}\r\n\r\n{}\r\n<img src=x onerror=alert(1)>\r\n", "no_blank_in_it_".repeat(20));
    keep(&api.node.services, &subject, message.as_bytes(), 1_000_000).await.to_string()
}

/// Makes a field of each kind for Ann's clients. Returns the id of one with a name as long as words are in some languages.
async fn fields(ann: &Person) -> String {
    for (key, kind) in [("town", "TEXT"), ("age", "NUMBER"), ("born", "DATE"), ("vip", "YES_NO")] {
        let field = json!({ "key": key, "label": "مرحبا <script>alert(1)</script>", "kind": kind });
        ann.does("customFieldDefine", field, "").await;
    }
    let long = json!({ "key": "donaudampfschifffahrtselektrizitaetenhau", "label": DOMAIN, "kind": "TEXT" });
    text(&ann.does("customFieldDefine", long, "customField { id }").await["customField"]["id"])
}

/// Makes a segment of Ann's that asks one of each thing, with a name as long as words are in some languages. Returns its id.
async fn segment(ann: &Person, group: &str) -> String {
    let conditions = json!([
        { "test": { "inGroup": group } },
        { "test": { "text": { "of": "COMMENT", "test": "CONTAINS", "text": "مرحبا <script>alert(1)</script>" } }, "not": true },
        { "test": { "consent": { "state": "WITHDRAWN" } }, "not": true },
        { "test": { "acceptedWithin": 3_660 }, "not": true },
        { "test": { "addedWithin": 30 } },
    ]);
    let new = json!({ "name": DOMAIN, "join": "ANY", "conditions": conditions });
    text(&ann.does("segmentCreate", new, "segment { id }").await["segment"]["id"])
}

/// Makes senders of Ann's, one of which waits for its link, and a domain that is granted to her. Returns the id of the one that waits.
async fn senders(api: &Api, ann: &Person, root: &Person) -> String {
    let root = Reader::of(api, root);
    let granted = format!("/system/domains/{DOMAIN}/grants");
    let (new, in_domain) = ("nora@example.net", format!("{}@{DOMAIN}", "very.long.address.".repeat(3) + "x"));
    let ann = Reader::of(api, ann);
    for (reader, path, fields) in [
        (&root, "/system/domains", [("domain", DOMAIN), ("", "")]),
        (&root, granted.as_str(), [("owner", "ann@example.com"), ("", "")]),
        (&ann, "/senders", [("name", "مرحبا <script>alert(1)</script>"), ("address", in_domain.as_str())]),
        (&ann, "/senders", [("name", ""), ("address", new)]),
    ] {
        assert_eq!(reader.post(path, &fields).await.status(), StatusCode::SEE_OTHER, "{path} {fields:?}");
    }
    sender(&ann, new).await
}

/// Looks at one screen in all colours and widths, and says what is wrong with it.
async fn looked_at(
    browser: &Browser,
    who: &str,
    path: &str,
    language: &str,
    pictures: Option<&Pictures>,
) -> Vec<String> {
    browser.open(path).await;
    let mut wrong = Vec::new();
    let shifted = browser.shifted().await;
    if shifted > STILL {
        wrong.push(format!("{path} ({language}): moves by {shifted} of the window while it loads"));
    }
    if who != "visitor" {
        let unsigned = "return [...document.querySelectorAll('form[method=post]')]
            .filter((form) => !form.querySelector('[name=page-of]')).map((form) => form.action)";
        let unsigned = browser.run(unsigned).await;
        wrong.extend(unsigned.as_array().into_iter().flatten().map(|form| format!("{path}: nobody's form: {form}")));
    }
    for (_, colours, width) in LOOKS.into_iter().filter(|look| look.0 == language) {
        let what = format!("{path} ({language}, {colours}, {width})");
        browser.appears(colours, width).await;
        wrong.extend(browser.barriers().await.into_iter().map(|it| format!("{what}: {it}")));
        let lines = "return new Set([...document.querySelectorAll('.top nav li')].map((item) => item.offsetTop)).size";
        let lines = browser.run(lines).await.as_u64().unwrap_or(0);
        if width == 1_400 && lines > 1 {
            wrong.push(format!("{what}: the menu has {lines} lines"));
        }
        let over = browser.overflow().await;
        if over > 0 {
            wrong.push(format!("{what}: sticks out by {over} pixels"));
        }
        wrong.extend(browser.out_of_sight().await.into_iter().map(|it| format!("{what}: out of sight: {it}")));
        if let Some(pictures) = pictures {
            pictures.keep(browser, who, path, (language, colours, width)).await;
        }
    }
    if let Some(pictures) = pictures {
        for look in FOR_PICTURES.into_iter().filter(|look| look.0 == language) {
            pictures.keep(browser, who, path, look).await;
        }
    }
    // A page that is not there, and one that is not for whoever asks, are told so by the browser too.
    let complaints = browser.complaints().await.into_iter().filter(|it| !it.contains("Failed to load resource"));
    wrong.extend(complaints.map(|it| format!("{path} ({language}): {it}")));
    wrong.extend(browser.strangers().await.into_iter().map(|it| format!("{path} ({language}): asks for {it}")));
    wrong
}

/// Where pictures are kept.
struct Pictures {
    dir: PathBuf,
    all: bool,
}

impl Pictures {
    /// If somebody wants some.
    fn wanted() -> Option<Self> {
        let dir = PathBuf::from(std::env::var_os("PICTURES")?);
        std::fs::create_dir_all(&dir).expect("the folder can be made");
        Some(Self { dir, all: std::env::var_os("PICTURES_ALL").is_some() })
    }

    async fn keep(&self, browser: &Browser, who: &str, path: &str, look: (&str, &str, u32)) {
        if !self.all && !KEPT.contains(&look) {
            return;
        }
        let (language, colours, width) = look;
        browser.appears(colours, width).await;
        browser.appears_whole(width).await;
        // Ids are others every time, and names are not.
        let parts = path.split('/').map(|part| if part.len() == 36 { "one" } else { part });
        let parts: Vec<&str> = std::iter::once(who).chain(parts.filter(|part| !part.is_empty())).collect();
        let name = parts.join("-").replace(['?', '='], "-");
        let file = self.dir.join(format!("{name}-{language}-{colours}-{width}.png"));
        std::fs::write(file, browser.picture().await).expect("the picture can be kept");
    }
}

#[tokio::test]
async fn every_screen_is_for_everybody_in_both_languages_and_colours() {
    let (api, tours) = service().await;
    let pictures = Pictures::wanted();
    let mut wrong = Vec::new();
    browse(&api.url(""), Window::DESK, async |browser| {
        for tour in &tours {
            browser.open("/log-in").await;
            if let Some(who) = tour.who {
                browser.logs_in(&format!("{who}@example.com"), PASSWORD).await;
            }
            for language in ["en", "ru"] {
                browser.appears("light", 1_400).await;
                browser.speaks(language).await;
                for path in &tour.paths {
                    let who = tour.who.unwrap_or("visitor");
                    wrong.extend(looked_at(browser, who, path, language, pictures.as_ref()).await);
                }
            }
            if tour.who.is_some() {
                browser.open("/profile").await;
                browser.at("form[action='/log-out'] button").await.click().await.expect("it can be pressed");
                browser.at("a[href='/log-in']").await;
            }
        }
    })
    .await;
    assert!(wrong.is_empty(), "{} things: {wrong:#?}", wrong.len());
}

#[tokio::test]
async fn a_page_on_which_something_moves_is_noticed() {
    let api = Api::start().await;
    browse(&api.url(""), Window::DESK, async |browser| {
        browser.open("/blog").await;
        assert!(browser.shifted().await <= STILL);
        let push =
            "const late = document.createElement('div'); late.style.height = '200px'; document.body.prepend(late);";
        browser.run(push).await;
        found("the move is counted", async || (browser.shifted().await > STILL).then_some(())).await;
    })
    .await;
}

#[tokio::test]
async fn colours_that_were_chosen_stay() {
    let api = Api::start().await;
    browse(&api.url(""), Window::DESK, async |browser| {
        browser.open("/").await;
        for colours in ["dark", "light"] {
            browser.coloured(colours).await;
            browser.open("/blog").await;
            browser.at(&format!("html[data-theme='{colours}']")).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_draft_is_seen_by_nobody_else_who_uses_the_browser() {
    let api = Api::start().await;
    let (_ann, _bob) = (api.owner("Ann").await, api.owner("Bob").await);
    let back = "What you had typed here before is back.";
    browse(&api.url(""), Window::DESK, async |browser| {
        browser.logs_in("ann@example.com", PASSWORD).await;
        browser.open("/clients/new").await;
        browser.fill("comment", "between Ann and herself").await;
        browser.open("/clients").await;
        // Her session ends, and somebody else comes.
        browser.forgets_who().await;
        browser.logs_in("bob@example.com", PASSWORD).await;
        browser.open("/clients/new").await;
        assert_eq!(browser.run("return document.querySelector('[name=comment]').value").await, "");
        assert!(!browser.text().await.contains(back), "nothing tells of her draft");
        browser.press("Log out").await;
        browser.logs_in("ann@example.com", PASSWORD).await;
        browser.open("/clients/new").await;
        browser.sees(back).await;
        assert_eq!(
            browser.run("return document.querySelector('[name=comment]').value").await,
            "between Ann and herself"
        );
    })
    .await;
}

#[tokio::test]
async fn drafts_survive_a_closed_tab_and_a_form_that_is_pressed_twice_is_sent_once() {
    let api = Api::start().await;
    let ann: Person = api.owner("Ann").await;
    browse(&api.url(""), Window::DESK, async |browser| {
        browser.logs_in("ann@example.com", PASSWORD).await;
        browser.open("/clients/new").await;
        browser.fill("email", "anna@example.com").await;
        browser.fill("comment", "typed, and not sent").await;
        // Whoever goes away comes back.
        browser.open("/clients").await;
        browser.another_tab().await;
        browser.open("/clients/new").await;
        browser.sees("What you had typed here before is back.").await;
        // A button that is pressed twice.
        browser
            .run("const add = document.querySelector('form[data-draft] .buttons button'); add.click(); add.click();")
            .await;
        browser.sees("The client anna@example.com is added.").await;
        browser.back().await;
        browser.sees("New client").await;
        browser.first_tab().await;
    })
    .await;
    let seen = ann.ask("{ clients { nodes { comment } } }", json!({})).await;
    let comments: Vec<&str> =
        seen["clients"]["nodes"].as_array().into_iter().flatten().filter_map(|it| it["comment"].as_str()).collect();
    assert_eq!(comments, ["typed, and not sent"]);
}
