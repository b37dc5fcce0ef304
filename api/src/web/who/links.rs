//! Where the links in letters lead: a page that asks, and does what the link is for when its button is pressed.
//!
//! Mail clients, scanners and previews fetch links. A GET changes nothing and looks at nothing, so they use no link up.

use crate::failure::Failure;
use crate::http::{App, error_answer, language};
use acts::refusal::{Problem, Refused};
use acts::who::accounts;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Form, FromRequest, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use domain::Language;
use serde::Deserialize;
use std::fmt::Write;
use std::sync::Arc;
use url::form_urlencoded;
use words::links::{self, Page, Purpose};

/// The largest form, in bytes.
const FORM: usize = 8 * 1024;

/// Nothing runs on the page and nothing is loaded; its form goes back here.
const POLICY: &str = "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What its form sends.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Filled {
    token: String,
    password: String,
}

/// The pages.
pub(crate) fn routes() -> Router<Arc<App>> {
    let page = |purpose: Purpose| {
        get(async move |request: Request| ask(purpose, &request))
            .post(async move |State(app): State<Arc<App>>, request: Request| act(purpose, &app, request).await)
            .layer(DefaultBodyLimit::max(FORM))
    };
    Router::new()
        .route("/account/verify", page(Purpose::Verify))
        .route("/account/recover", page(Purpose::Recover))
        .route("/account/email", page(Purpose::Email))
}

/// The last part of the page's path.
fn path(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Verify => "verify",
        Purpose::Recover => "recover",
        Purpose::Email => "email",
    }
}

fn ask(purpose: Purpose, request: &Request) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let token = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "token");
    let token = token.map(|(_, token)| token.into_owned()).unwrap_or_default();
    let language = language::accepted(request.headers());
    written(StatusCode::OK, language, links::page(purpose, language).title, &form(purpose, language, &token))
}

async fn act(purpose: Purpose, app: &App, request: Request) -> Response {
    let language = language::accepted(request.headers());
    let words = links::page(purpose, language);
    let (parts, body) = request.into_parts();
    let admitted = app.admit(&parts).await;
    let Ok(Form(filled)) = Form::<Filled>::from_request(Request::from_parts(parts, body), &()).await else {
        return written(StatusCode::BAD_REQUEST, language, words.title, "<p>400</p>");
    };
    let (caller, admitted) = match admitted {
        Ok(admitted) => admitted,
        Err(refusal) => {
            let status = refusal.status().as_u16();
            return written(refusal.status(), language, words.title, &format!("<p>{status}</p>"));
        }
    };
    let (services, token) = (&admitted.services, filled.token.trim());
    let done = match purpose {
        Purpose::Verify => accounts::verify(services, &caller, token).await,
        Purpose::Recover => accounts::reset(services, &caller, token, filled.password.into()).await,
        Purpose::Email => accounts::confirm_email(services, &caller, token).await,
    };
    match done {
        Ok(receipt) => {
            services.shown(receipt.position).await;
            written(StatusCode::OK, language, words.title, &format!("<p>{}</p>", words.done))
        }
        Err(Refused::Problems(problems)) => {
            let again = form(purpose, language, filled.token.trim());
            written(StatusCode::UNPROCESSABLE_ENTITY, language, words.title, &(told(&problems, language) + &again))
        }
        Err(Refused::Forbidden(why)) => {
            written(StatusCode::FORBIDDEN, language, words.title, &format!("<p>{}</p>", escaped(why.to(language))))
        }
        Err(Refused::Unreadable(error)) => {
            tracing::error!(%error, "a link in a letter could not be followed");
            written(StatusCode::INTERNAL_SERVER_ERROR, language, words.title, "<p>500</p>")
        }
        Err(Refused::Store(error)) => {
            tracing::error!(%error, "a link in a letter could not be followed");
            let status = error_answer::status(Failure::from(error).code());
            written(status, language, words.title, &format!("<p>{}</p>", status.as_u16()))
        }
        Err(Refused::Fault(fault)) => {
            tracing::error!(error = %fault, "a link in a letter could not be followed");
            written(StatusCode::INTERNAL_SERVER_ERROR, language, words.title, "<p>500</p>")
        }
    }
}

fn told(problems: &[Problem], language: Language) -> String {
    problems.iter().fold(String::new(), |mut text, problem| {
        // Writing to a string does not fail.
        let _ = write!(text, "<p role=\"alert\">{}</p>", escaped(problem.said.to(language)));
        text
    })
}

/// The question and its button, which posts the token back.
fn form(purpose: Purpose, language: Language, token: &str) -> String {
    let Page { question, button, .. } = links::page(purpose, language);
    let (path, token) = (path(purpose), escaped(token));
    let label = links::new_password(language);
    let password = if purpose == Purpose::Recover {
        format!(
            "<p><label>{label} <input type=\"password\" name=\"password\" autocomplete=\"new-password\" required>\
             </label></p>"
        )
    } else {
        String::new()
    };
    format!(
        "<p>{question}</p><form method=\"post\" action=\"{path}\"><input type=\"hidden\" name=\"token\" \
         value=\"{token}\">{password}<button>{button}</button></form>"
    )
}

fn written(status: StatusCode, language: Language, title: &str, content: &str) -> Response {
    let page = format!(
        "<!doctype html><html lang=\"{language}\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{title} · SkyMailing</title><h1>{title}</h1>{content}</html>\n"
    );
    let mut response = (status, Html(page)).into_response();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_FRAME_OPTIONS, "DENY"),
        // The token is part of the page's address: it goes nowhere else.
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_cannot_break_out_of_the_page() {
        let page = form(Purpose::Verify, Language::En, "\"><script>alert('&')</script>");
        assert!(page.contains("value=\"&quot;&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;\""), "{page}");
    }
}
