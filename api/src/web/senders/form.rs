//! A new sender, and one whose letters are from it otherwise.

use super::existing::{existing, seen};
use super::status::Status;
use crate::web::frame::answer::mend;
use crate::web::frame::trouble::problems;
use crate::web::frame::{Answer, Deed, Fields, Layout, Mistakes, Place, Trouble, Visit, go, owners, page};
use acts::senders::{self, Change, New};
use askama::Template;
use axum::extract::Path;
use projections::senders::{Sender, domains};
use uuid::Uuid;
use words::screens::senders::Senders as Words;

#[derive(Template)]
#[template(path = "senders/new.html")]
struct Blank {
    page: Layout,
    w: &'static Words,
    mistakes: Mistakes,
    fields: Fields,
    /// That addresses of some domains need no letter, if there are such domains.
    granted: Option<String>,
}

impl Blank {
    async fn of(visit: &Visit, fields: Fields, mistakes: Mistakes) -> Result<Self, Trouble> {
        let w = Words::of(visit.language());
        let domains = domains::granted_to(visit.pool(), visit.viewer()?.id()).await?;
        let granted = (!domains.is_empty()).then(|| w.new_granted.with(domains.join(", ")));
        Ok(Self { page: visit.layout(w.new_title, Place::Senders), w, mistakes, fields, granted })
    }
}

/// `GET /senders/new`.
pub(super) async fn blank(visit: Visit) -> Answer {
    visit.owner()?;
    let key = ("idempotencyKey".to_owned(), Uuid::new_v4().to_string());
    page(&Blank::of(&visit, Fields::of(vec![key]), Mistakes::default()).await?)
}

/// `POST /senders`.
pub(super) async fn create(visit: Visit, fields: Fields) -> Answer {
    let owner = visit.owner()?;
    let text = |name: &str| fields.text(name).to_owned();
    let new = New { name: text("name"), address: text("address"), reply_to: fields.some("replyTo").map(str::to_owned) };
    match problems(senders::create(visit.services(), visit.caller(), owner, fields.key(), new).await)? {
        Ok((made, receipt)) => {
            let deed = if made.writes { Deed::SenderWaits } else { Deed::SenderAdded };
            go(&visit, receipt, deed.to(fields.text("address")), "/senders").await
        }
        Err(problems) => {
            let mistakes = Mistakes::of(&problems, visit.language());
            mend(&Blank::of(&visit, fields, mistakes).await?)
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
    /// Why it was revoked, if it was.
    revoked_why: Option<String>,
    /// Whether it is the visitor's own and there, so that they change it.
    changes: bool,
    /// Whose it is, if it is somebody else's.
    owner: Option<String>,
    /// Whether the visitor revokes senders, and allows them again.
    may_judge: bool,
}

impl One {
    async fn of(visit: &Visit, row: &Sender, fields: Fields, mistakes: Mistakes) -> Result<Self, Trouble> {
        let (w, viewer) = (Words::of(visit.language()), visit.viewer()?);
        let is_own = row.owner_id == viewer.id().0;
        Ok(Self {
            page: visit.layout(&row.address, Place::Senders),
            w,
            mistakes,
            fields,
            id: row.id.to_string(),
            status: Status::of(w, row),
            revoked_why: row.revoked_why.clone(),
            changes: is_own && row.deleted_at.is_none(),
            owner: if is_own { None } else { owners::one(visit, row.owner_id).await? },
            may_judge: viewer.may_administer(),
        })
    }
}

/// `GET /senders/ID`.
pub(super) async fn one(visit: Visit, Path(id): Path<String>) -> Answer {
    let row = seen(&visit, &id).await?;
    let saved = [
        ("name", row.name.clone()),
        ("replyTo", row.reply_to.clone().unwrap_or_default()),
        ("expectedVersion", row.version.to_string()),
    ];
    let fields = Fields::of(saved.into_iter().map(|(name, value)| (name.to_owned(), value)).collect());
    page(&One::of(&visit, &row, fields, Mistakes::default()).await?)
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
            mend(&One::of(&visit, &row, fields, mistakes).await?)
        }
    }
}
