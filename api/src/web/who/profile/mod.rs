//! One's own account: how one is called, how one gets in, and who else has a key.

pub(super) mod account;
mod in_person;
mod program;
pub(super) mod sessions;
mod token_rows;
pub(super) mod tokens;

use super::register::{Choice, languages};
use super::zones::{self, Region};
use crate::web::frame::answer::{mend, redirect};
use crate::web::frame::{Answer, Fields, Layout, Mistakes, Place, Trouble, Visit, page};
use acts::Problem;
use askama::Template;
use axum::response::Response;
use projections::users;
use words::screens::profile::Profile as Words;
use words::screens::tokens::Tokens as TokenWords;

#[derive(Template)]
#[template(path = "who/profile/profile.html")]
struct Profile {
    page: Layout,
    w: &'static Words,
    t: &'static TokenWords,
    mistakes: Mistakes,
    /// What was sent, and what is saved.
    fields: Fields,
    regions: Vec<Region>,
    languages: Vec<Choice>,
    /// The address to log in with.
    email: String,
    email_now: String,
    /// Whether they have mailings, which name their postal address.
    may_own: bool,
    /// Whether a letter that proves another address was asked for just now.
    letter_sent: bool,
    /// What is for those only who have logged in themselves; none for a program with a token.
    keys: Option<Keys>,
}

/// Everything that lets somebody in as this user.
struct Keys {
    sessions: Vec<sessions::Row>,
    tokens: Vec<token_rows::Row>,
    /// The first and the last day on which a new token may end.
    days: (String, String),
}

/// Where the visitor can be reached by post, if they have said so.
async fn postal_address(visit: &Visit) -> Result<String, Trouble> {
    let address = users::postal_address(visit.pool(), visit.viewer()?.id()).await?;
    Ok(address.map(|address| address.as_str().to_owned()).unwrap_or_default())
}

/// The page with what was sent, if something was, over what is saved.
async fn profile(visit: &Visit, sent: &Fields, mistakes: Mistakes) -> Result<Profile, Trouble> {
    let (viewer, language) = (visit.viewer()?, visit.language());
    let user = viewer.user();
    let saved = [
        ("fullName", user.full_name.clone()),
        ("timeZone", user.time_zone.clone()),
        ("language", user.language.name().to_owned()),
        ("postalAddress", postal_address(visit).await?),
        ("expectedVersion", user.version.to_string()),
        ("scope", "read".to_owned()),
        ("expiresAt", token_rows::usual_end(visit)),
    ];
    let saved = saved.into_iter().map(|(name, value)| (name.to_owned(), value));
    let fields = Fields::of(sent.pairs().iter().cloned().chain(saved).collect());
    let w = Words::of(language);
    let keys = match viewer.in_person(viewer.signed_in()) {
        Ok(by) => Some(Keys {
            sessions: sessions::rows(visit, &by).await?,
            tokens: token_rows::rows(visit, &by).await?,
            days: token_rows::days(visit),
        }),
        Err(_) => None,
    };
    Ok(Profile {
        page: visit.layout(w.title, Place::Profile),
        w,
        t: TokenWords::of(language),
        mistakes,
        regions: zones::regions(fields.text("timeZone")),
        languages: languages(fields.text("language")),
        fields,
        email: user.email.clone(),
        email_now: w.email_now.with(&user.email),
        may_own: viewer.may_own(),
        letter_sent: visit.looks() && visit.query().text("letter") == "sent",
        keys,
    })
}

/// `GET /profile`.
pub(crate) async fn show(visit: Visit) -> Answer {
    page(&profile(&visit, &Fields::default(), Mistakes::default()).await?)
}

/// `GET` where the forms of the page go: what they showed of mistakes is over, and the page is elsewhere.
pub(crate) async fn back() -> Response {
    redirect("/profile")
}

/// The page again, with what is wrong beside the fields of the form that was sent.
async fn again(visit: &Visit, fields: &Fields, problems: &[Problem]) -> Answer {
    let mistakes = Mistakes::of(problems, visit.language());
    mend(&profile(visit, fields, mistakes).await?)
}
