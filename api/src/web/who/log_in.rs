//! Logging in and out. Whoever was logged out while they typed sends what they typed once more.

use crate::http::cookies;
use crate::limits;
use crate::web::frame::answer::{go_at_once, is_local, mend};
use crate::web::frame::trouble::problems;
use crate::web::frame::whose::PAGE_OF;
use crate::web::frame::{Answer, Done, Fields, Layout, Mistakes, Place, Trouble, Visit, page, redirect};
use acts::who::{accounts, sessions};
use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use domain::Code;
use secrecy::SecretString;
use url::{Position, Url};
use words::screens::log_in::LogIn;

/// What a kept field is called in the form that logs in: its name in the form that was sent follows.
const KEPT: &str = "kept.";

/// The most fields that are kept: the form that logs in has some of its own.
const KEPT_FIELDS: usize = limits::FORM_FIELDS - 10;

/// Whose page it was typed on.
const KEPT_OF: &str = "kept-of";

/// Where what was typed is to be sent.
const KEPT_ACTION: &str = "kept-action";

/// Says that a file was chosen, which is not kept.
const KEPT_NO_FILE: &str = "kept-no-file";

/// Says that something was asked for without a text, which is not done by itself once somebody has logged in.
const NOT_DONE: &str = "not-done";

#[derive(Template)]
#[template(path = "who/log_in.html")]
struct Form {
    page: Layout,
    w: &'static LogIn,
    mistakes: Mistakes,
    email: String,
    to: String,
    /// Why somebody has to log in; none if they came by themselves.
    why: Option<&'static str>,
    kept: Vec<(String, String)>,
    /// Whether something was asked for that was not done, and is not kept.
    not_done: bool,
    unverified: bool,
}

#[derive(Template)]
#[template(path = "who/again.html")]
struct Again {
    page: Layout,
    action: String,
    /// Whether a file has to be chosen once more.
    left_file: bool,
    kept: Vec<(String, String)>,
}

fn form(visit: &Visit) -> Form {
    let w = LogIn::of(visit.language());
    Form {
        page: visit.layout(w.title, Place::None),
        w,
        mistakes: Mistakes::default(),
        email: String::new(),
        to: "/".to_owned(),
        why: None,
        kept: Vec::new(),
        not_done: false,
        unverified: false,
    }
}

/// `GET /log-in`.
pub(crate) async fn ask(visit: Visit) -> Answer {
    let query = visit.query();
    if visit.caller().viewer.is_some() {
        return Ok(redirect("/"));
    }
    page(&Form { to: local(query.text("to")), ..form(&visit) })
}

/// The page that somebody gets who has to log in first. What they typed into a form stays in it, if the form says whose page it was
/// on: nobody else gets it.
pub(crate) fn first(visit: &Visit, fields: &Fields) -> Response {
    let frame = visit.frame();
    let form = form(visit);
    let typed = visit.left_file() || fields.pairs().iter().any(|(name, _)| is_kept(name));
    let form = if visit.looks() {
        Form { to: visit.address().to_owned(), why: Some(frame.error_log_in), ..form }
    } else if !typed {
        Form { to: came_from(visit), why: Some(frame.error_not_done), not_done: true, ..form }
    } else {
        match (kept(visit, fields), visit.left_file()) {
            (Some(kept), false) => Form { kept, why: Some(frame.error_typed_kept), ..form },
            (Some(kept), true) => Form { kept, why: Some(frame.error_typed_files), ..form },
            (None, _) => Form { why: Some(frame.error_typed_lost), ..form },
        }
    };
    match form.render() {
        Ok(html) => (StatusCode::UNAUTHORIZED, Html(html)).into_response(),
        Err(error) => Trouble::Template(error).into_response(),
    }
}

/// The page that a form was on, as far as the browser tells, so that what was asked for can be asked for again.
fn came_from(visit: &Visit) -> String {
    let page = visit.headers().get(header::REFERER).and_then(|value| value.to_str().ok());
    let page = page.and_then(|page| Url::parse(page).ok());
    local(page.as_ref().map_or("/", |page| &page[Position::BeforePath..Position::AfterQuery]))
}

/// What was typed, for the form that logs in; `None` if it cannot be kept, or not as a whole.
fn kept(visit: &Visit, fields: &Fields) -> Option<Vec<(String, String)>> {
    let page_of = visit.page_of()?;
    // No passwords are written into a page.
    let typed: Vec<&(String, String)> = fields.pairs().iter().filter(|(name, _)| is_kept(name)).collect();
    let length: usize = typed.iter().map(|(name, value)| name.len() + value.len()).sum();
    if length > limits::KEPT || typed.len() > KEPT_FIELDS {
        return None;
    }
    let mut kept = vec![(KEPT_OF.to_owned(), page_of.to_owned()), (KEPT_ACTION.to_owned(), visit.address().to_owned())];
    kept.extend(visit.left_file().then(|| (KEPT_NO_FILE.to_owned(), String::new())));
    kept.extend(typed.into_iter().map(|(name, value)| (format!("{KEPT}{name}"), value.clone())));
    Some(kept)
}

/// Whether what was typed into this field may stand in another page.
fn is_kept(name: &str) -> bool {
    !name.to_ascii_lowercase().contains("password")
}

/// `POST /log-in`.
pub(crate) async fn log_in(visit: Visit, fields: Fields) -> Answer {
    let (email, to) = (fields.text("email").to_owned(), local(fields.text("to")));
    let password = SecretString::from(fields.text("password"));
    let (account, session) = match problems(accounts::log_in(visit.services(), visit.caller(), &email, password).await)?
    {
        Ok(done) => done,
        Err(problems) => {
            let unverified = problems.iter().any(|problem| problem.code == Code::EmailNotVerified);
            let mistakes = Mistakes::of(&problems, visit.language());
            let kept = fields.pairs().iter().filter(|(name, _)| {
                [KEPT_OF, KEPT_ACTION, KEPT_NO_FILE].contains(&name.as_str()) || name.starts_with(KEPT) && is_kept(name)
            });
            let kept = kept.cloned().collect();
            let not_done = fields.ticked(NOT_DONE);
            return mend(&Form { mistakes, email, to, kept, not_done, unverified, ..form(&visit) });
        }
    };
    let action = Some(fields.text(KEPT_ACTION)).filter(|action| is_local(action) && !action.is_empty());
    let mut response = match action {
        None if fields.ticked(NOT_DONE) => go_at_once(Done::Lapsed, &to),
        None => redirect(&to),
        Some(_) if fields.text(KEPT_OF) != account.to_string() => go_at_once(Done::NotKept, "/"),
        Some(action) => {
            let kept = fields.pairs().iter().filter_map(|(name, value)| Some((name.strip_prefix(KEPT)?, value)));
            let kept = kept.map(|(name, value)| (name.to_owned(), value.clone()));
            page(&Again {
                page: visit.layout(visit.frame().error_again_title, Place::None),
                action: action.to_owned(),
                left_file: fields.ticked(KEPT_NO_FILE),
                // Whoever logs in is not known yet where pages go out.
                kept: kept.chain([(PAGE_OF.to_owned(), account.to_string())]).collect(),
            })?
        }
    };
    set_cookie(&mut response, &cookies::cookie(&session.token, visit.caller()));
    Ok(response)
}

/// `POST /log-out`.
pub(crate) async fn log_out(visit: Visit) -> Answer {
    if let Some(token) = &visit.caller().token {
        sessions::end(visit.services(), token, visit.caller()).await?;
    }
    let mut response = redirect("/");
    set_cookie(&mut response, &cookies::no_cookie(visit.caller().secure));
    Ok(response)
}

fn set_cookie(response: &mut Response, line: &str) {
    if let Ok(line) = HeaderValue::from_str(line) {
        response.headers_mut().append(header::SET_COOKIE, line);
    }
}

fn local(to: &str) -> String {
    Some(to).filter(|to| is_local(to)).unwrap_or("/").to_owned()
}
