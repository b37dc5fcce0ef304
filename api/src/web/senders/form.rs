//! A new sender, and one whose letters are from it otherwise.

use super::{Status, Words, existing};
use crate::web::frame::answer::mend;
use crate::web::frame::trouble::problems;
use crate::web::frame::{Answer, Deed, Fields, Layout, Mistakes, Place, Visit, go, page};
use acts::senders::{self, Change, New};
use askama::Template;
use axum::extract::Path;
use projections::senders::Sender;
use uuid::Uuid;

#[derive(Template)]
#[template(path = "senders/new.html")]
struct Blank {
    page: Layout,
    w: &'static Words,
    mistakes: Mistakes,
    fields: Fields,
}

impl Blank {
    fn of(visit: &Visit, fields: Fields, mistakes: Mistakes) -> Self {
        let w = Words::of(visit.language());
        Self { page: visit.layout(w.new_title, Place::Senders), w, mistakes, fields }
    }
}

/// `GET /senders/new`.
pub(super) async fn blank(visit: Visit) -> Answer {
    visit.owner()?;
    let key = ("idempotencyKey".to_owned(), Uuid::new_v4().to_string());
    page(&Blank::of(&visit, Fields::of(vec![key]), Mistakes::default()))
}

/// `POST /senders`.
pub(super) async fn create(visit: Visit, fields: Fields) -> Answer {
    let owner = visit.owner()?;
    let text = |name: &str| fields.text(name).to_owned();
    let new = New { name: text("name"), address: text("address"), reply_to: fields.some("replyTo").map(str::to_owned) };
    match problems(senders::create(visit.services(), visit.caller(), owner, fields.key(), new).await)? {
        Ok((_, receipt)) => go(&visit, receipt, Deed::SenderAdded.to(fields.text("address")), "/senders").await,
        Err(problems) => {
            let mistakes = Mistakes::of(&problems, visit.language());
            mend(&Blank::of(&visit, fields, mistakes))
        }
    }
}

#[derive(Template)]
#[template(path = "senders/one.html")]
struct One {
    page: Layout,
    w: &'static Words,
    mistakes: Mistakes,
    fields: Fields,
    id: String,
    status: Status,
}

impl One {
    fn of(visit: &Visit, row: &Sender, fields: Fields, mistakes: Mistakes) -> Self {
        let w = Words::of(visit.language());
        let page = visit.layout(&row.address, Place::Senders);
        Self { page, w, mistakes, fields, id: row.id.to_string(), status: Status::of(w, row) }
    }
}

/// `GET /senders/ID`.
pub(super) async fn one(visit: Visit, Path(id): Path<String>) -> Answer {
    let row = existing(&visit, &id).await?;
    let saved = [
        ("name", row.name.clone()),
        ("replyTo", row.reply_to.clone().unwrap_or_default()),
        ("expectedVersion", row.version.to_string()),
    ];
    let fields = Fields::of(saved.into_iter().map(|(name, value)| (name.to_owned(), value)).collect());
    page(&One::of(&visit, &row, fields, Mistakes::default()))
}

/// `POST /senders/ID`.
pub(super) async fn change(visit: Visit, Path(id): Path<String>, fields: Fields) -> Answer {
    let row = existing(&visit, &id).await?;
    let (by, metadata) = (visit.owner()?, visit.metadata()?);
    let text = |name: &str| fields.get(name).map(str::to_owned);
    let change = Change { name: text("name"), reply_to: text("replyTo") };
    match problems(senders::change(visit.services(), by, &id, fields.version(), change, &metadata).await)? {
        Ok((_, receipt)) => {
            go(&visit, receipt, Deed::SenderSaved.to(&row.address), &format!("/senders/{}", row.id)).await
        }
        Err(problems) => {
            let (fields, mistakes) = visit.overtaken(fields, &problems, row.version);
            mend(&One::of(&visit, &row, fields, mistakes))
        }
    }
}
