//! The mailbox as pages, in the look of the service's own.
//!
//! A letter is whatever anybody sent: its HTML is shown in a frame where nothing runs and nothing is loaded, its links are listed
//! beside it, its files are only handed over.

use super::letter::{self, Letter};
use super::{Mailbox, Received};
use crate::wire::wall_clock;
use api::look::{self, Item, Layout};
use askama::Template;
use axum::extract::{Form, OriginalUri, Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use chrono::{DateTime, SecondsFormat, Utc};
use domain::{Language, TimeZone};
use serde::{Deserialize, Serialize};
use url::{Host, Url, form_urlencoded};
use words::screens::mailbox::Mailbox as Words;
use words::screens::shown;

/// How many letters a page lists.
const LISTED: usize = 50;

/// How many letters programs get that do not say how many they want.
const LISTED_FOR_PROGRAMS: usize = 100;

/// How much of a letter's source is shown; all of it can be downloaded.
const SHOWN: usize = 256 * 1024;

/// What a letter's own HTML may do: be looked at.
const CAGE: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; form-action 'none'; \
                    base-uri 'none'; frame-ancestors 'self'; sandbox";

/// All pages of a mailbox.
pub(super) fn router(mailbox: Mailbox) -> Router {
    Router::new()
        .route("/", get(list))
        .route("/letters.json", get(list_for_programs))
        .route("/letters/{number}", get(one))
        .route("/letters/{number}/html", get(html))
        .route("/letters/{number}/source", get(source))
        .route("/letters/{number}/attachments/{place}", get(attachment))
        .route("/mailbox.js", get(script))
        .route("/assets/{name}", get(asset))
        .route("/settings/language", post(choose))
        .route("/settings/theme", post(choose))
        .fallback(nowhere)
        .with_state(mailbox)
        .layer(from_fn(on_this_machine))
}

/// Answers whoever asks for this machine by a name of its own and nobody else: a page of somebody else's can have its name lead
/// here, and would then read all letters, with the links in them, in the browser of whoever looks at it.
async fn on_this_machine(request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    if host.is_some_and(is_this_machine) {
        return next.run(request).await;
    }
    let said = "The mailbox answers at http://localhost and at http://127.0.0.1, and by no other name.\n";
    (StatusCode::MISDIRECTED_REQUEST, plain(), said).into_response()
}

/// Whether a name, with or without a port, is one that leads to this machine whoever answers for names.
fn is_this_machine(host: &str) -> bool {
    if host.contains(['/', '\\', '@', '?', '#']) {
        return false;
    }
    let Ok(url) = Url::parse(&format!("http://{host}/")) else { return false };
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// What is around every page, which is the service's own layout.
fn layout(mailbox: &Mailbox, headers: &HeaderMap, address: &str, at_list: bool) -> Layout {
    let w = Words::of(look::language(headers));
    let list = Item { href: "/".into(), label: w.back, current: at_list };
    let home = mailbox.home().map(|href| Item { href: href.into(), label: w.service, current: false });
    let items = [Some(list), home].into_iter().flatten().collect();
    let mut layout = look::layout(headers, w.title, w.about, items);
    address.clone_into(&mut layout.address);
    layout
}

/// A moment as it is shown: in words where it is near, and always in UTC, as nobody has told the mailbox a zone.
struct When {
    machine: String,
    exact: String,
    near: String,
}

fn when(language: Language, at: DateTime<Utc>) -> When {
    let exact = format!("{} (UTC)", shown::second(language, at, TimeZone::UTC));
    let near = shown::near(language, at, wall_clock().now());
    When {
        machine: at.to_rfc3339_opts(SecondsFormat::Secs, true),
        near: near.unwrap_or_else(|| shown::minute(language, at, TimeZone::UTC)),
        exact,
    }
}

/// A letter in the list.
struct Row {
    number: u64,
    subject: String,
    to: String,
    from: String,
    machine: String,
    exact: String,
    when: String,
}

#[derive(Template)]
#[template(path = "mailbox/list.html")]
struct ListPage {
    page: Layout,
    w: &'static Words,
    rows: Vec<Row>,
    search: String,
    count: u64,
    kept: u64,
    /// The address of the first page of this search.
    newest: String,
    /// The address of the next page.
    older: Option<String>,
    /// Whether new letters belong on this page.
    live: bool,
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    search: String,
    #[serde(default)]
    before: String,
}

async fn list(
    State(mailbox): State<Mailbox>,
    OriginalUri(uri): OriginalUri,
    Query(Wanted { search, before }): Query<Wanted>,
    headers: HeaderMap,
) -> Response {
    let before = before.parse::<u64>().ok();
    let (mut found, count, kept) = {
        let shelf = mailbox.shelf();
        (shelf.newest(&search, before, LISTED + 1), shelf.count(), shelf.kept())
    };
    let more = found.len() > LISTED;
    found.truncate(LISTED);
    let older = found.last().filter(|_| more).map(|last| address(&search, Some(last.number)));
    let page = layout(&mailbox, &headers, address_of(&uri), before.is_none() && search.is_empty());
    let (language, w) = (page.language, Words::of(page.language));
    let row = |Received { number, to, from, subject, at, .. }| {
        let When { machine, exact, near } = when(language, at);
        Row { number, subject, to: to.join(", "), from, machine, exact, when: near }
    };
    let rows = found.into_iter().map(row).collect();
    let newest = address(&search, None);
    shown_as_page(&ListPage { page, w, rows, search, count, kept, newest, older, live: before.is_none() })
}

fn address(search: &str, before: Option<u64>) -> String {
    let mut written = form_urlencoded::Serializer::new(String::new());
    if !search.is_empty() {
        written.append_pair("search", search);
    }
    written.extend_pairs(before.map(|before| ("before", before.to_string())));
    let written = written.finish();
    if written.is_empty() { "/".to_owned() } else { format!("/?{written}") }
}

#[derive(Deserialize)]
struct Limit {
    limit: Option<usize>,
    #[serde(default)]
    search: String,
}

#[derive(Serialize)]
struct Listing {
    count: u64,
    letters: Vec<Received>,
}

async fn list_for_programs(
    State(mailbox): State<Mailbox>,
    Query(Limit { limit, search }): Query<Limit>,
) -> Json<Listing> {
    let shelf = mailbox.shelf();
    let letters = shelf.newest(&search, None, limit.unwrap_or(LISTED_FOR_PROGRAMS));
    Json(Listing { count: shelf.count(), letters })
}

/// A file of a letter, in the list of them.
struct File {
    place: usize,
    name: String,
    media: String,
    size: String,
}

#[derive(Template)]
#[template(path = "mailbox/letter.html")]
struct LetterPage {
    page: Layout,
    w: &'static Words,
    number: u64,
    subject: String,
    letter: Letter,
    envelope: String,
    machine: String,
    exact: String,
    size: String,
    source: String,
    files: Vec<File>,
    newer: Option<u64>,
    older: Option<u64>,
    /// The way in which it is shown.
    shown: &'static str,
    tabs: Vec<(&'static str, &'static str)>,
}

#[derive(Deserialize)]
struct Shown {
    #[serde(default, rename = "as")]
    way: String,
}

async fn one(
    State(mailbox): State<Mailbox>,
    OriginalUri(uri): OriginalUri,
    Path(number): Path<String>,
    Query(Shown { way }): Query<Shown>,
    headers: HeaderMap,
) -> Response {
    if !asks_for_html(&headers) {
        return source(State(mailbox), Path(number)).await;
    }
    let mut page = layout(&mailbox, &headers, address_of(&uri), false);
    let Some(received) = received(&mailbox, &number) else { return absent(page) };
    let (older, newer) = mailbox.shelf().beside(received.number);
    let letter = letter::read(&received.raw);
    let (w, language) = (Words::of(page.language), page.language);
    let ways = [
        ("html", w.as_html, letter.html.is_some()),
        ("text", w.as_text, letter.text.is_some()),
        ("headers", w.as_headers, true),
        ("source", w.as_source, true),
    ];
    let tabs: Vec<_> = ways.into_iter().filter(|(.., there)| *there).map(|(name, label, _)| (name, label)).collect();
    // What is asked for, or the first that there is.
    let shown = tabs.iter().map(|(name, _)| *name);
    let shown = shown.clone().find(|name| *name == way).or(shown.clone().next()).unwrap_or("source");
    let size = |bytes: usize| shown::size(language, bytes as u64);
    let files = letter.attachments.iter().enumerate().map(|(place, file)| File {
        place,
        name: file.name.clone(),
        media: file.media.clone(),
        size: size(file.bytes.len()),
    });
    let files = files.collect();
    let source = if shown == "source" { beginning(&received.raw) } else { String::new() };
    let When { machine, exact, .. } = when(language, received.at);
    let Received { number, to, subject, raw, .. } = received;
    if subject.is_empty() { w.no_subject } else { &subject }.clone_into(&mut page.title);
    let (envelope, size) = (to.join(", "), size(raw.len()));
    shown_as_page(&LetterPage {
        page,
        w,
        number,
        subject,
        letter,
        envelope,
        machine,
        exact,
        size,
        source,
        files,
        newer,
        older,
        shown,
        tabs,
    })
}

fn beginning(raw: &[u8]) -> String {
    let shown = String::from_utf8_lossy(&raw[..raw.len().min(SHOWN)]).into_owned();
    if raw.len() > SHOWN { format!("{shown}\n[...]") } else { shown }
}

/// The letter's HTML, for the frame that it is kept in.
async fn html(State(mailbox): State<Mailbox>, Path(number): Path<String>) -> Response {
    let Some(html) = received(&mailbox, &number).and_then(|received| letter::read(&received.raw).html) else {
        return not_here();
    };
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, CAGE),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, html).into_response()
}

/// The letter as it was received.
async fn source(State(mailbox): State<Mailbox>, Path(number): Path<String>) -> Response {
    let Some(received) = received(&mailbox, &number) else { return not_here() };
    (plain(), received.raw.to_vec()).into_response()
}

/// A file of a letter, which no browser opens.
async fn attachment(State(mailbox): State<Mailbox>, Path((number, place)): Path<(String, usize)>) -> Response {
    let Some(received) = received(&mailbox, &number) else { return not_here() };
    let mut attachments = letter::read(&received.raw).attachments;
    if place >= attachments.len() {
        return not_here();
    }
    let file = attachments.swap_remove(place);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
        (header::CONTENT_DISPOSITION, disposition(&file.name)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox")),
    ];
    (headers, file.bytes).into_response()
}

/// The name under which a file is kept (RFC 6266): only what is certain to be a name everywhere.
fn disposition(name: &str) -> HeaderValue {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_. ".contains(c) { c } else { '_' };
    let name: String = name.chars().map(plain).take(100).collect();
    let name = Some(name.trim_matches(['.', ' '])).filter(|name| !name.is_empty()).unwrap_or("attachment");
    HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")).unwrap_or(HeaderValue::from_static("attachment"))
}

async fn script() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, include_str!("mailbox.js")).into_response()
}

async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    look::file(&name, &headers).unwrap_or_else(not_here)
}

/// What a switch sends.
#[derive(Deserialize)]
struct Choice {
    language: Option<String>,
    theme: Option<String>,
    #[serde(default)]
    back: String,
}

async fn choose(Form(choice): Form<Choice>) -> Response {
    look::choose(choice.language.as_deref(), choice.theme.as_deref(), &choice.back)
}

#[derive(Template)]
#[template(path = "mailbox/absent.html")]
struct AbsentPage {
    page: Layout,
    w: &'static Words,
}

fn absent(mut page: Layout) -> Response {
    let w = Words::of(page.language);
    w.absent_title.clone_into(&mut page.title);
    let mut response = shown_as_page(&AbsentPage { page, w });
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

async fn nowhere(State(mailbox): State<Mailbox>, headers: HeaderMap) -> Response {
    if asks_for_html(&headers) { absent(layout(&mailbox, &headers, "/", false)) } else { not_here() }
}

fn not_here() -> Response {
    (StatusCode::NOT_FOUND, plain(), "There is no such letter here (any more).\n").into_response()
}

fn plain() -> [(header::HeaderName, &'static str); 2] {
    [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")]
}

fn received(mailbox: &Mailbox, number: &str) -> Option<Received> {
    mailbox.shelf().letter(number.parse().ok()?)
}

/// Browsers ask for HTML. Programs that ask for nothing get a letter as it came.
fn asks_for_html(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).is_some_and(|all| all.contains("text/html"))
}

fn address_of(uri: &axum::http::Uri) -> &str {
    uri.path_and_query().map_or("/", |address| address.as_str())
}

fn shown_as_page(template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => look::page(html),
        Err(error) => {
            tracing::error!(%error, "a page of the mailbox does not render");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_have_names_that_are_names() {
        for (name, expected) in [
            ("list.csv", "attachment; filename=\"list.csv\""),
            ("../../x\"\r\n", "attachment; filename=\"_.._x___\""),
            ("", "attachment; filename=\"attachment\""),
            ("отчёт.pdf", "attachment; filename=\"_____.pdf\""),
        ] {
            assert_eq!(disposition(name), expected, "{name:?}");
        }
    }

    #[test]
    fn only_names_that_lead_to_this_machine_are_answered() {
        for (host, ours) in [
            ("127.0.0.1:8025", true),
            ("127.8.0.1", true),
            ("localhost:8025", true),
            ("LOCALHOST", true),
            ("mail.localhost:1", true),
            ("[::1]:8025", true),
            ("2130706433", true),
            ("evil.example:8025", false),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("192.0.2.1:8025", false),
            ("0.0.0.0:8025", false),
            ("evil.example#localhost", false),
            ("x@localhost", false),
            ("localhost/..", false),
            ("", false),
        ] {
            assert_eq!(is_this_machine(host), ours, "{host:?}");
        }
    }

    #[test]
    fn searches_are_kept_in_addresses() {
        assert_eq!(address("", None), "/");
        assert_eq!(address("a&b", Some(7)), "/?search=a%26b&before=7");
    }

    #[test]
    fn only_browsers_are_shown_pages() {
        let asks = |accept: &'static str| {
            asks_for_html(&HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]))
        };
        assert!(asks("text/html,application/xhtml+xml,*/*;q=0.8"));
        assert!(!asks("*/*") && !asks_for_html(&HeaderMap::new()));
    }
}
