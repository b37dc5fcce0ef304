//! Opening an account.

use super::sent::{self, Sent};
use super::zones::{self, Region};
use crate::web::frame::answer::mend;
use crate::web::frame::trouble::problems;
use crate::web::frame::{Answer, Fields, Layout, Mistakes, Place, Visit, page, redirect};
use acts::who::accounts::{self, Registration};
use askama::Template;
use domain::{Language, TimeZone};
use words::screens::register::Register as Words;

/// A language that can be chosen: its name for forms, what it calls itself, and whether it is chosen.
pub(super) type Choice = (&'static str, &'static str, bool);

/// The languages, each in its own words.
pub(super) fn languages(chosen: &str) -> Vec<Choice> {
    let called = |language: Language| match language {
        Language::En => "English",
        Language::Ru => "Русский",
    };
    Language::ALL.into_iter().map(|language| (language.name(), called(language), language.name() == chosen)).collect()
}

#[derive(Template)]
#[template(path = "who/register.html")]
struct Form {
    page: Layout,
    w: &'static Words,
    mistakes: Mistakes,
    fields: Fields,
    regions: Vec<Region>,
    languages: Vec<Choice>,
}

fn form(visit: &Visit, fields: Fields, mistakes: Mistakes) -> Form {
    let w = Words::of(visit.language());
    let zone = fields.some("timeZone").unwrap_or(TimeZone::UTC.name());
    let language = fields.some("language").unwrap_or(visit.language().name());
    Form {
        page: visit.layout(w.title, Place::None),
        w,
        mistakes,
        regions: zones::regions(zone),
        languages: languages(language),
        fields,
    }
}

/// `GET /register`.
pub(crate) async fn blank(visit: Visit) -> Answer {
    if visit.caller().viewer.is_some() {
        return Ok(redirect("/"));
    }
    page(&form(&visit, Fields::default(), Mistakes::default()))
}

/// `POST /register`.
pub(crate) async fn register(visit: Visit, fields: Fields) -> Answer {
    let text = |name: &str| fields.text(name).to_owned();
    let new = Registration {
        email: text("email"),
        full_name: text("fullName"),
        time_zone: fields.some("timeZone").unwrap_or(TimeZone::UTC.name()).to_owned(),
        language: fields.text("language").parse().unwrap_or(visit.language()),
        password: text("password").into(),
    };
    match problems(accounts::register(visit.services(), visit.caller(), new).await)? {
        Ok(()) => Ok(sent::go(&visit, "/register/sent", fields.text("email"))),
        Err(problems) => {
            let mistakes = Mistakes::of(&problems, visit.language());
            mend(&form(&visit, fields, mistakes))
        }
    }
}

fn look(visit: &Visit, title: &str, said: Vec<String>, email: Option<String>, mistakes: Mistakes) -> Answer {
    let w = Words::of(visit.language());
    let nothing = if said.len() > 1 { Some((w.nothing_title, w.nothing)) } else { None };
    let page = visit.layout(title, Place::None);
    let (label, again, action, email) = (w.email, w.again, "/register/again", email.unwrap_or_default());
    Sent { page, said, nothing, label, again, action, email, mistakes }.show()
}

/// `GET /register/sent`.
pub(crate) async fn sent(visit: Visit) -> Answer {
    let (w, email) = (Words::of(visit.language()), sent::address(&visit));
    let first = email.as_ref().map_or_else(|| w.sent_unnamed.to_owned(), |email| w.sent.with(email));
    look(&visit, w.sent_title, vec![first, w.sent_works.to_owned()], email, Mistakes::default())
}

/// `GET /register/again`: for those who still look for the letter. With `sent` it says that it was asked for.
pub(crate) async fn ask_again(visit: Visit) -> Answer {
    let (w, email) = (Words::of(visit.language()), sent::address(&visit));
    if visit.query().some("sent").is_none() {
        return look(&visit, w.again_title, vec![w.again_about.to_owned()], email, Mistakes::default());
    }
    let first = email.as_ref().map_or_else(|| w.again_sent_unnamed.to_owned(), |email| w.again_sent.with(email));
    look(&visit, w.sent_title, vec![first, w.again_works.to_owned()], email, Mistakes::default())
}

/// `POST /register/again`.
pub(crate) async fn again(visit: Visit, fields: Fields) -> Answer {
    let (w, email) = (Words::of(visit.language()), fields.text("email"));
    match problems(accounts::ask_again(visit.services(), visit.caller(), email).await)? {
        Ok(()) => Ok(sent::go(&visit, "/register/again?sent=yes", email)),
        Err(problems) => {
            let mistakes = Mistakes::of(&problems, visit.language());
            look(&visit, w.again_title, vec![w.again_about.to_owned()], Some(email.to_owned()), mistakes)
        }
    }
}
