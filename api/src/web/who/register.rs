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

fn look(visit: &Visit, email: Option<String>, mistakes: Mistakes) -> Answer {
    let w = Words::of(visit.language());
    let first = email.as_ref().filter(|_| mistakes.count() == 0);
    let sent = Sent {
        page: visit.layout(w.sent_title, Place::None),
        said: vec![
            first.map_or_else(|| w.sent_unnamed.to_owned(), |email| w.sent.with(email)),
            w.sent_works.to_owned(),
        ],
        nothing_title: w.nothing_title,
        nothing: w.nothing,
        label: w.email,
        again: w.again,
        action: "/register/again",
        email: email.unwrap_or_default(),
        mistakes,
    };
    sent.show()
}

/// `GET /register/sent`.
pub(crate) async fn sent(visit: Visit) -> Answer {
    look(&visit, sent::address(&visit), Mistakes::default())
}

/// `POST /register/again`.
pub(crate) async fn again(visit: Visit, fields: Fields) -> Answer {
    let email = fields.text("email");
    match problems(accounts::ask_again(visit.services(), visit.caller(), email).await)? {
        Ok(()) => Ok(sent::go(&visit, "/register/sent", email)),
        Err(problems) => look(&visit, Some(email.to_owned()), Mistakes::of(&problems, visit.language())),
    }
}
