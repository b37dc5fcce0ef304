//! A forgotten password: a letter with a link by which it is replaced.

use super::sent::{self, Sent};
use crate::web::frame::answer::mend;
use crate::web::frame::trouble::problems;
use crate::web::frame::{Answer, Fields, Layout, Mistakes, Place, Visit, page};
use acts::who::accounts;
use askama::Template;
use words::screens::recover::Recover as Words;

#[derive(Template)]
#[template(path = "who/recover.html")]
struct Form {
    page: Layout,
    w: &'static Words,
    mistakes: Mistakes,
    email: String,
}

fn form(visit: &Visit, email: &str, mistakes: Mistakes) -> Form {
    let w = Words::of(visit.language());
    Form { page: visit.layout(w.title, Place::None), w, mistakes, email: email.to_owned() }
}

/// `GET /recover`.
pub(crate) async fn blank(visit: Visit) -> Answer {
    page(&form(&visit, "", Mistakes::default()))
}

/// `POST /recover`.
pub(crate) async fn recover(visit: Visit, fields: Fields) -> Answer {
    let email = fields.text("email");
    match problems(accounts::recover(visit.services(), visit.caller(), email).await)? {
        Ok(()) => Ok(sent::go(&visit, "/recover/sent", email)),
        Err(problems) => mend(&form(&visit, email, Mistakes::of(&problems, visit.language()))),
    }
}

/// `GET /recover/sent`.
pub(crate) async fn sent(visit: Visit) -> Answer {
    let (w, email) = (Words::of(visit.language()), sent::address(&visit));
    let first = email.as_ref().map_or_else(|| w.sent_unnamed.to_owned(), |email| w.sent.with(email));
    let sent = Sent {
        page: visit.layout(w.sent_title, Place::None),
        said: vec![first, w.sent_works.to_owned()],
        nothing: Some((w.nothing_title, w.nothing)),
        label: w.email,
        again: w.again,
        action: "/recover",
        email: email.unwrap_or_default(),
        mistakes: Mistakes::default(),
    };
    sent.show()
}
