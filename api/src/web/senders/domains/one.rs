//! One domain: its keys and the records to enter, what the name service says of them, and who may write from its addresses.

use super::domain::{existing, path, signing};
use crate::web::audit::system::sender::Found;
use crate::web::frame::fields::sentence;
use crate::web::frame::mark::{Mark, Shape, Tone};
use crate::web::frame::when::When;
use crate::web::frame::{Answer, Fields, Layout, Mistakes, Place, Trouble, Visit, list, owners, page};
use acts::senders::{Wanted, domains};
use askama::Template;
use axum::extract::Path;
use domain::alignment::MAX_SELECTORS;
use domain::sender_domain::{Algorithm, OVERLAP};
use projections::senders::domains::{self as read, Grant, Key, SenderDomain};
use words::Sentence as _;
use words::screens::domains::Domains as Words;
use words::screens::system::System as SystemWords;

/// What asks in the address that the name service is asked: it may take seconds, for which nobody waits who only looks at the page.
const ASKS: &str = "check";

#[derive(Template)]
#[template(path = "senders/domains/one.html")]
pub(super) struct One {
    page: Layout,
    w: &'static Words,
    s: &'static SystemWords,
    /// The address of the page.
    path: String,
    mark: Mark,
    /// Whether some key signs.
    signs: bool,
    /// Whether some key is to sign next, and waits for being activated.
    waits: bool,
    keys: Vec<Row>,
    records: Vec<Record>,
    /// What the name service says; nothing until somebody asks.
    found: Option<Found>,
    /// Why it cannot be asked.
    not_asked: Option<String>,
    grants: Vec<Granted>,
    /// What was typed into the form that grants the domain, and what is wrong with it.
    fields: Fields,
    mistakes: Mistakes,
}

/// A key as it is shown.
struct Row {
    selector: String,
    algorithm: &'static str,
    mark: Mark,
    /// Until when its record is needed, though it does not sign any more.
    needed: Option<String>,
    made: When,
    imported: bool,
    /// What can be done with it now, each with its name in addresses and its label.
    acts: Vec<(&'static str, &'static str)>,
}

/// The record of a key.
struct Record {
    selector: String,
    title: String,
    /// What its name is, and of which type it is.
    label: String,
    name: String,
    value: String,
    line: String,
}

/// An owner who may write from all addresses.
struct Granted {
    owner: String,
    email: String,
    since: When,
}

impl One {
    pub(super) async fn of(
        visit: &Visit,
        row: &SenderDomain,
        fields: Fields,
        mistakes: Mistakes,
    ) -> Result<Self, Trouble> {
        let w = Words::of(visit.language());
        let read = read::keys(visit.pool(), &[row.id]).await?;
        let keys: Vec<Key> = read.into_iter().filter_map(|(_, key)| list::shown(visit, key)).collect();
        let waits = read::waiting(&keys).next().is_some();
        let (found, not_asked) = match visit.query().some(ASKS) {
            Some(_) => look(visit, &row.domain, &keys).await,
            None => (None, None),
        };
        Ok(Self {
            page: visit.layout(&row.domain, Place::System),
            w,
            s: SystemWords::of(visit.language()),
            path: path(&row.domain),
            mark: signing(w, &keys),
            signs: keys.iter().any(Key::is_active),
            waits,
            records: keys.iter().map(|key| record(w, &row.domain, key)).collect(),
            keys: keys.into_iter().map(|key| Row::of(visit, w, key)).collect(),
            found,
            not_asked,
            grants: granted(visit, read::grants(visit.pool(), &[row.id]).await?).await?,
            fields,
            mistakes,
        })
    }
}

/// `GET /system/domains/DOMAIN`.
pub(super) async fn show(visit: Visit, Path(name): Path<String>) -> Answer {
    let row = existing(&visit, &name).await?;
    page(&One::of(&visit, &row, Fields::default(), Mistakes::default()).await?)
}

/// What the name service says of a domain and its keys, or why it cannot be asked.
async fn look(visit: &Visit, domain: &str, keys: &[Key]) -> (Option<Found>, Option<String>) {
    // Those that sign, and those that wait for their records to be there; the latest, if there are many.
    let keys = keys.iter().rev().filter(|key| key.retired_at.is_none());
    let selectors = keys.take(MAX_SELECTORS).map(|key| key.selector.clone()).collect();
    let wanted = Wanted { domain: Some(domain.to_owned()), selectors };
    let senders = &visit.services().senders;
    match senders.read(&wanted) {
        Ok(sender) => (Some(Found::of(visit, senders.look(sender).await.findings)), None),
        Err(errors) => (None, errors.first().map(|error| sentence(&error.told(visit.language())))),
    }
}

/// What people call an algorithm.
fn called(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Rsa => "RSA",
        Algorithm::Ed25519 => "Ed25519",
    }
}

impl Row {
    fn of(visit: &Visit, w: &'static Words, key: Key) -> Self {
        let (activate, remove) = (("activate", w.activate), ("remove", w.remove_key));
        let needed = key.retired_at.map(|at| at + OVERLAP).filter(|until| visit.now() < *until);
        let (mark, acts) = if key.is_active() {
            (Mark::new(Shape::Tick, Tone::Good, w.key_active), vec![("retire", w.retire)])
        } else if key.retired_at.is_none() {
            (Mark::new(Shape::Clock, Tone::Warn, w.key_made), vec![activate, remove])
        } else if needed.is_some() {
            (Mark::new(Shape::Dash, Tone::Quiet, w.key_retired), vec![activate])
        } else {
            (Mark::new(Shape::Dash, Tone::Quiet, w.key_retired), vec![activate, remove])
        };
        Self {
            algorithm: called(key.algorithm),
            mark,
            needed: needed.map(|until| w.key_needed_until.with(visit.when(until).minute)),
            made: visit.when(key.made_at),
            imported: key.imported,
            acts,
            selector: key.selector,
        }
    }
}

/// The record that a key needs, as a name and a value, and as a line of a zone file.
fn record(w: &'static Words, domain: &str, key: &Key) -> Record {
    let record = domains::record(domain, key);
    Record {
        selector: key.selector.clone(),
        title: w.record_of.with(&key.selector),
        label: format!("{} (TXT)", w.record_name),
        name: record.name,
        value: record.value,
        line: record.zone_line,
    }
}

async fn granted(visit: &Visit, grants: Vec<Grant>) -> Result<Vec<Granted>, Trouble> {
    let emails = owners::of(visit, grants.iter().map(|grant| grant.owner_id).collect()).await?;
    let granted = |grant: Grant| Granted {
        owner: grant.owner_id.to_string(),
        // Whoever has no account that reads is known by their id.
        email: emails.get(&grant.owner_id).cloned().unwrap_or_else(|| grant.owner_id.to_string()),
        since: visit.when(grant.granted_at),
    };
    Ok(grants.into_iter().map(granted).collect())
}
