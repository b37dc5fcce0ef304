//! The first mailing in five minutes: what a new user does, step by step, and what of it is done.

use crate::web::frame::{Trouble, Visit};
use askama::Template;
use askama::filters::HtmlSafe;
use projections::messages::{self, Filter, Shelf};
use projections::{Access, clients, mailings, notices};
use words::screens::overview::Overview as Words;

/// The steps.
#[derive(Clone, Debug, Template)]
#[template(path = "mailings/steps.html")]
pub(super) struct Steps {
    w: &'static Words,
    steps: Vec<Step>,
}

impl HtmlSafe for Steps {}

/// One step.
#[derive(Clone, Debug)]
struct Step {
    title: &'static str,
    said: &'static str,
    done: bool,
    /// Where it is done, with the words of its button. The first one that is not done has the main button.
    ways: Vec<(String, &'static str)>,
    next: bool,
}

impl Steps {
    /// The steps of whoever visits; none if they have planned a mailing before.
    pub(super) async fn of(visit: &Visit) -> Result<Option<Self>, Trouble> {
        let (pool, owner) = (visit.pool(), visit.owner()?.id());
        if mailings::held(pool, owner, 1).await? > 0 {
            return Ok(None);
        }
        let w = Words::of(visit.language());
        let done = [
            clients::held(pool, owner).await? > 0,
            messages::held(pool, owner, 1).await? > 0,
            notices::has_tested(pool, owner).await?,
            false,
        ];
        // The letter that was written last is the one to look at.
        let letter = Filter { shelf: Shelf::Own, search: None };
        let letter = messages::page(pool, Access::Owner(owner), &letter, None, 1).await?;
        let test = letter.first().map_or("/messages".to_owned(), |row| format!("/messages/{}/preview#test", row.id));
        let way = |(href, label): (&str, &'static str)| (href.to_owned(), label);
        let clients = [("/clients/import", w.import), ("/clients/new", w.add_client)];
        let steps = [
            (w.step_clients, w.step_clients_said, clients.map(way).into()),
            (w.step_letter, w.step_letter_said, vec![way(("/messages/new", w.write_letter))]),
            (w.step_test, w.step_test_said, vec![(test, w.choose_letter)]),
            (w.step_plan, w.step_plan_said, vec![way(("/mailings/new", w.plan))]),
        ];
        let first = done.iter().position(|done| !done);
        let step = |(place, ((title, said, ways), done))| {
            let next = first == Some(place);
            Step { title, said, done, ways, next }
        };
        Ok(Some(Self { w, steps: steps.into_iter().zip(done).enumerate().map(step).collect() }))
    }
}
