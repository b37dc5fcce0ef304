//! Where the links in letters lead: a page that asks, and does what the link is for when its button is pressed.
//!
//! Mail clients, scanners and previews fetch links. A GET changes nothing, so they use none up. It looks at a link only where the page
//! has to tell what it is for: to whoever reads the letters of a sender's address, whose account asks for it.
//! The token is part of the page's address: nothing that the page loads or leads to is told of it.

use crate::http::App;
use crate::web::frame::answer::{mend, redirect};
use crate::web::frame::trouble::problems;
use crate::web::frame::{Answer, Fields, Layout, Mistakes, Place, Visit, page};
use acts::senders::{self, Shows};
use acts::who::accounts;
use askama::Template;
use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use axum::routing::get;
use domain::Code;
use std::sync::Arc;
use url::form_urlencoded;
use words::links::{self, Page as Said, Purpose};
use words::screens::links::Links as Words;

/// The page loads nothing but the service's own style sheet and scripts, and its form goes back here.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";

/// What links are for.
const PURPOSES: [Purpose; 4] = [Purpose::Verify, Purpose::Recover, Purpose::Email, Purpose::Sender];

/// The pages.
pub(super) fn routes() -> Router<Arc<App>> {
    let mut router = Router::new();
    for purpose in PURPOSES {
        let ask = get(async move |visit: Visit| ask(purpose, &visit).await);
        let ask = ask.post(async move |visit: Visit, fields: Fields| act(purpose, &visit, &fields).await);
        let path = path(purpose);
        router = router
            .route(path, ask)
            .route(&format!("{path}/done"), get(async move |visit: Visit| done(purpose, &visit)));
    }
    router
}

/// Where the page is.
fn path(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Verify => "/account/verify",
        Purpose::Recover => "/account/recover",
        Purpose::Email => "/account/email",
        Purpose::Sender => "/senders/verify",
    }
}

/// Whether a form proves by itself that no page of somebody else's made a browser send it: it has the token of a link, which
/// nobody else knows. These pages do not tell where their forms come from, so that browsers over plain HTTP call that `null`.
pub(crate) fn is_proof(address: &str) -> bool {
    PURPOSES.into_iter().any(|purpose| path(purpose) == address)
}

#[derive(Template)]
#[template(path = "who/link.html")]
struct Form {
    page: Layout,
    said: Said,
    w: &'static Words,
    mistakes: Mistakes,
    action: &'static str,
    token: String,
    /// The label of the field for a new password, where there is one.
    password: Option<&'static str>,
    /// What pressing the button shows, of a sender.
    shows: Option<Shows>,
    /// Where to get another link, and what that is called, if this one does not work.
    another: Option<(&'static str, &'static str)>,
}

fn form(purpose: Purpose, visit: &Visit, token: &str, mistakes: Mistakes) -> Form {
    let (language, path) = (visit.language(), path(purpose));
    let said = links::page(purpose, language);
    let mut page = visit.layout(said.title, Place::None);
    // The switches lead back here, where nothing was asked of the link yet.
    let address = form_urlencoded::Serializer::new(String::new()).append_pair("token", token).finish();
    page.address = format!("{path}?{address}");
    let password = (purpose == Purpose::Recover).then(|| links::new_password(language));
    Form {
        page,
        said,
        w: Words::of(language),
        mistakes,
        action: path,
        token: token.to_owned(),
        password,
        shows: None,
        another: None,
    }
}

/// `GET /account/...`
async fn ask(purpose: Purpose, visit: &Visit) -> Answer {
    let query = visit.query();
    let token = query.text("token").trim();
    let shows = match purpose {
        Purpose::Sender => senders::shows(visit.services(), token).await?,
        Purpose::Verify | Purpose::Recover | Purpose::Email => None,
    };
    Ok(kept_secret(page(&Form { shows, ..form(purpose, visit, token, Mistakes::default()) })?))
}

/// `POST /account/...`
async fn act(purpose: Purpose, visit: &Visit, fields: &Fields) -> Answer {
    let (services, caller, token) = (visit.services(), visit.caller(), fields.text("token").trim());
    let done = match purpose {
        Purpose::Verify => accounts::verify(services, caller, token).await,
        Purpose::Recover => accounts::reset(services, caller, token, fields.text("password").into()).await,
        Purpose::Email => accounts::confirm_email(services, caller, token).await,
        Purpose::Sender => senders::verify(services, caller, token).await.map(|(_, receipt)| receipt),
    };
    match problems(done)? {
        Ok(receipt) => {
            services.shown(receipt.position).await;
            Ok(kept_secret(redirect(&format!("{}/done", path(purpose)))))
        }
        Err(problems) => {
            let mistakes = Mistakes::of(&problems, visit.language()).moved("token", "");
            let mut form = form(purpose, visit, token, mistakes);
            if problems.iter().any(|problem| problem.code == Code::LinkInvalid) {
                form.another = Some(match purpose {
                    Purpose::Verify => ("/register/again", form.w.letter_again),
                    Purpose::Recover => ("/recover", form.w.new_letter),
                    Purpose::Email => ("/profile", form.w.to_profile),
                    Purpose::Sender => ("/senders", form.w.to_senders),
                });
            }
            Ok(kept_secret(mend(&form)?))
        }
    }
}

#[derive(Template)]
#[template(path = "who/link_done.html")]
struct Done {
    page: Layout,
    said: Said,
    /// Where to go on, and what that is called.
    onward: (&'static str, &'static str),
}

/// `GET /account/.../done`: what is said when it is done.
fn done(purpose: Purpose, visit: &Visit) -> Answer {
    let (said, w) = (links::page(purpose, visit.language()), Words::of(visit.language()));
    let onward = match (purpose, visit.caller().viewer.is_some()) {
        (Purpose::Sender, true) => ("/senders", w.senders),
        (_, true) => ("/", w.go_on),
        (_, false) => ("/log-in", w.log_in),
    };
    page(&Done { page: visit.layout(said.title, Place::None), said, onward })
}

fn kept_secret(mut response: Response) -> Response {
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
