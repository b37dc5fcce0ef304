//! All sender domains, and a new one.

use super::domain::{path, signing};
use crate::web::frame::answer::mend;
use crate::web::frame::list::{self, Pager, Rows};
use crate::web::frame::mark::Mark;
use crate::web::frame::trouble::problems;
use crate::web::frame::{Answer, Deed, Fields, Layout, Mistakes, Place, Visit, go, page};
use acts::senders::domains::{self, NewDomain};
use askama::Template;
use projections::Cursor;
use projections::senders::domains::{self as read, Key, SenderDomain};
use std::collections::HashMap;
use uuid::Uuid;
use words::screens::domains::Domains as Words;

#[derive(Template)]
#[template(path = "senders/domains/list.html")]
struct List {
    page: Layout,
    w: &'static Words,
    rows: Vec<Row>,
    /// How many there are; only the first page says so.
    count: Option<String>,
    pager: Pager,
}

struct Row {
    domain: String,
    mark: Mark,
    owners: String,
}

/// `GET /system/domains`.
pub(super) async fn list(visit: Visit) -> Answer {
    visit.administrator()?;
    let w = Words::of(visit.language());
    let after = list::place::<Cursor>(&visit)?;
    let rows = Rows::of(&visit, read::page(visit.pool(), after, list::limit()).await?, SenderDomain::cursor);
    let ids: Vec<Uuid> = rows.rows.iter().map(|row| row.id).collect();
    let mut keys: HashMap<Uuid, Vec<Key>> = HashMap::new();
    for (domain, key) in read::keys(visit.pool(), &ids).await? {
        keys.entry(domain).or_default().extend(list::shown(&visit, key));
    }
    let mut owners: HashMap<Uuid, u64> = HashMap::new();
    for grant in read::grants(visit.pool(), &ids).await? {
        *owners.entry(grant.domain_id).or_default() += 1;
    }
    let count = match after {
        None => Some(w.count.of(read::count(visit.pool()).await?.unsigned_abs())),
        Some(_) => None,
    };
    let rows = rows.map(|row| Row {
        mark: signing(w, keys.get(&row.id).map_or(&[][..], Vec::as_slice)),
        owners: w.owners_of.of(owners.get(&row.id).copied().unwrap_or(0)),
        domain: row.domain,
    });
    let Rows { rows, pager } = rows;
    page(&List { page: visit.layout(w.title, Place::System), w, rows, count, pager })
}

#[derive(Template)]
#[template(path = "senders/domains/new.html")]
struct Blank {
    page: Layout,
    w: &'static Words,
    mistakes: Mistakes,
    fields: Fields,
}

impl Blank {
    fn of(visit: &Visit, fields: Fields, mistakes: Mistakes) -> Self {
        let w = Words::of(visit.language());
        Self { page: visit.layout(w.new_title, Place::System), w, mistakes, fields }
    }
}

/// `GET /system/domains/new`.
pub(super) async fn blank(visit: Visit) -> Answer {
    visit.administrator()?;
    page(&Blank::of(&visit, Fields::default(), Mistakes::default()))
}

/// `POST /system/domains`.
pub(super) async fn create(visit: Visit, fields: Fields) -> Answer {
    let (by, metadata) = (visit.administrator()?, visit.metadata()?);
    // Keys that somebody has are brought along elsewhere: a private key has no business in a browser.
    let new = NewDomain { domain: fields.text("domain").to_owned(), import: Vec::new() };
    match problems(domains::add(visit.services(), by, new, &metadata).await)? {
        Ok((domain, receipt)) => {
            let domain = domain.as_str();
            go(&visit, receipt, Deed::DomainAdded.to(domain), &path(domain)).await
        }
        Err(problems) => {
            let mistakes = Mistakes::of(&problems, visit.language()).about_the_whole_but("domain");
            mend(&Blank::of(&visit, fields, mistakes))
        }
    }
}
