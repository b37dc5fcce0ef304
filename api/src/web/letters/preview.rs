//! The page of a letter as a client would get it, and test letters.

use super::readable::{authors, may_edit, readable};
use super::seen::{Person, Seen, View, offered};
use crate::web::frame::answer::mend;
use crate::web::frame::mark::{Mark, Shape, Tone};
use crate::web::frame::trouble::problems;
use crate::web::frame::when::When;
use crate::web::frame::{Answer, Done, Fields, Layout, Mistakes, Place, Trouble, Visit, go, page, redirect};
use acts::letters::preview::Wanted;
use acts::letters::test_letters::{self, Wanted as TestWanted};
use askama::Template;
use axum::extract::Path;
use domain::NoticeId;
use projections::messages::Message;
use projections::notices::{self, Settled};
use url::form_urlencoded;
use uuid::Uuid;
use words::screens::messages::Messages as ListWords;
use words::screens::preview::Preview as Words;

#[derive(Template)]
#[template(path = "letters/preview.html")]
struct Page {
    page: Layout,
    w: &'static Words,
    list: &'static ListWords,
    mistakes: Mistakes,
    id: String,
    may_edit: bool,
    may_plan: bool,
    author: Option<String>,
    shared: Option<Mark>,
    revision: String,
    changed: When,
    person: Person,
    /// The ways to show the letter, where they are, and which one is shown.
    views: Vec<(View, String, bool)>,
    clients: Vec<(String, String)>,
    seen: Option<Seen>,
    test: Option<Test>,
    /// The viewer's own address.
    email: String,
    key: String,
    draft_done: bool,
}

/// A test letter that was sent.
struct Test {
    to: String,
    mark: Mark,
    reply: Option<String>,
    /// Where its state is shown anew, while it has no outcome.
    again: Option<String>,
}

/// `GET /messages/ID/preview`.
pub(crate) async fn preview(visit: Visit, Path(id): Path<String>) -> Answer {
    let row = readable(&visit, &id).await?;
    let key = Uuid::new_v4().to_string();
    page(&Page::of(&visit, &row, &visit.query(), Mistakes::default(), key).await?)
}

/// `GET /messages/ID/test`: where a form was sent that somebody looks at once more.
pub(crate) async fn back(Path(id): Path<String>) -> Answer {
    let id: Uuid = id.parse().map_err(|_| Trouble::Absent)?;
    Ok(redirect(&format!("/messages/{id}/preview")))
}

/// `POST /messages/ID/test`.
pub(crate) async fn test(visit: Visit, Path(id): Path<String>, fields: Fields) -> Answer {
    let row = readable(&visit, &id).await?;
    let client = fields.some("clientId").map(str::to_owned);
    let wanted = TestWanted { message: row.id.to_string(), client, key: fields.key() };
    let sent = test_letters::send(visit.services(), visit.caller(), visit.viewer()?, wanted).await;
    match problems(sent)? {
        Ok((notice, receipt)) => {
            let query = [("person", fields.text("person")), ("test", &notice.to_string())];
            go(&visit, receipt, Done::Sent, &address(&row, &query)).await
        }
        Err(problems) => {
            let mistakes = Mistakes::of(&problems, visit.language());
            mend(&Page::of(&visit, &row, &fields, mistakes, fields.text("idempotencyKey").to_owned()).await?)
        }
    }
}

/// The page with these of its fields that are not empty.
fn address(row: &Message, fields: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(fields.iter().filter(|(_, value)| !value.is_empty()));
    let query = query.finish();
    let mark = if query.is_empty() { "" } else { "?" };
    format!("/messages/{}/preview{mark}{query}", row.id)
}

impl Page {
    async fn of(
        visit: &Visit,
        row: &Message,
        asked: &Fields,
        mistakes: Mistakes,
        key: String,
    ) -> Result<Self, Trouble> {
        let (viewer, w) = (visit.viewer()?, Words::of(visit.language()));
        let person = Person::find(visit, asked, "person").await?;
        let view = View::of(asked.text("view"));
        let wanted = Wanted { message: Some(row.id.to_string()), ..Wanted::default() };
        let made = Seen::make(visit, wanted, &person, view).await?;
        let (seen, mistakes) = match made {
            Ok(seen) => (Some(seen), mistakes),
            Err(problems) => (None, Mistakes::of(&problems, visit.language())),
        };
        let query = if person.typed.is_empty() { Vec::new() } else { vec![("person", person.typed.as_str())] };
        let html = address(row, &query).replacen("/preview", "/preview/html", 1);
        let layout = visit.layout(row.subject.as_str(), Place::Messages);
        let draft_done = layout.was("created");
        Ok(Self {
            page: layout,
            w,
            list: ListWords::of(visit.language()),
            mistakes,
            id: row.id.to_string(),
            may_edit: may_edit(visit, row)?,
            may_plan: viewer.may_own(),
            author: if row.owner_id == viewer.id().0 {
                None
            } else {
                authors(visit, vec![row.owner_id]).await?.remove(&row.owner_id)
            },
            shared: row.shared.then(|| Mark::new(Shape::Ring, Tone::Quiet, visit.marks().shared)),
            revision: visit.number(row.revision),
            changed: visit.when(row.updated_at),
            views: View::ALL
                .map(|one| {
                    let query = [("person", person.typed.as_str()), ("view", one.name())];
                    (one, address(row, &query), one == view)
                })
                .into(),
            clients: offered(visit).await?,
            seen: seen.map(|seen| Seen { address: Some(html), ..seen }),
            test: tested(visit, row, asked).await?,
            email: viewer.user().email.clone(),
            key,
            draft_done,
            person,
        })
    }
}

/// What became of the test letter that the address names.
async fn tested(visit: &Visit, row: &Message, asked: &Fields) -> Result<Option<Test>, Trouble> {
    let Some(id) = asked.some("test").and_then(|id| id.parse::<NoticeId>().ok()) else { return Ok(None) };
    let Some(notice) = notices::test_letter(visit.pool(), visit.viewer()?.id(), id).await? else { return Ok(None) };
    let w = visit.marks();
    let mark = match notice.outcome {
        None if notice.next_at.is_some() => Mark::new(Shape::Clock, Tone::Warn, w.deferred),
        None => Mark::new(Shape::Turning, Tone::Busy, w.pending),
        Some(Settled::Accepted) => Mark::new(Shape::Tick, Tone::Good, w.accepted),
        Some(Settled::Rejected) => Mark::new(Shape::Cross, Tone::Bad, w.rejected),
        Some(Settled::Unknown) => Mark::new(Shape::Question, Tone::Warn, w.unknown),
        Some(Settled::Expired) => Mark::new(Shape::Cross, Tone::Bad, w.expired),
    };
    let person = asked.text("person");
    let again = notice.outcome.is_none().then(|| address(row, &[("person", person), ("test", &id.to_string())]));
    Ok(Some(Test { to: notice.email, mark, reply: notice.reply, again }))
}
