//! The home page.

use super::shown::Card;
use crate::web::frame::answer::for_everybody;
use crate::web::frame::{Answer, Layout, Place, Visit, page};
use crate::web::mailings::overview;
use askama::Template;
use words::screens::blog::Blog;
use words::screens::home::Home as Words;

#[derive(Template)]
#[template(path = "blog/home.html")]
struct Home {
    page: Layout,
    w: &'static Words,
    blog: &'static Blog,
    /// Numbers, with the words under them.
    numbers: [(String, String); 3],
    cards: Vec<Card>,
    signed_in: bool,
}

/// `GET /`: the home page; for somebody who is signed in, what there is to do.
pub(crate) async fn home(visit: Visit) -> Answer {
    if visit.caller().viewer.is_some() {
        return overview(visit).await;
    }
    let answer = shown(&visit).await;
    for_everybody(&visit, answer).await
}

async fn shown(visit: &Visit) -> Answer {
    let (w, home) = (Words::of(visit.language()), visit.app().cache.home(visit.pool(), visit.now()).await?);
    let number = |number: i64, words: &words::screens::Counted| {
        let number = number.unsigned_abs();
        (visit.number(number), words.of(number))
    };
    page(&Home {
        page: visit.layout(w.page, Place::Home),
        w,
        blog: Blog::of(visit.language()),
        numbers: [
            number(home.numbers.mailings, &w.mailings),
            number(home.numbers.running, &w.running),
            number(home.numbers.recipients, &w.recipients),
        ],
        cards: home.articles.iter().map(|shown| Card::of(visit, &shown.row)).collect(),
        signed_in: visit.caller().viewer.is_some(),
    })
}
