//! Where what events happened to has a page of its own.

use crate::web::frame::{Trouble, Visit, list};
use domain::{ArticleId, Fact, StreamKind};
use projections::history::AuditEvent;
use projections::senders::domains;
use projections::{Access, Read};
use projections::{
    articles, clients, custom_fields, groups, imports, mailings, messages, runs, segments, senders, users,
};
use std::collections::HashMap;
use uuid::Uuid;

/// The pages of what some events happened to, as far as there are any that the visitor may see.
pub(super) struct Pages(HashMap<(StreamKind, Uuid), String>);

impl Pages {
    /// The pages for these events, of each kind at once.
    pub(super) async fn of(visit: &Visit, events: &[AuditEvent]) -> Result<Self, Trouble> {
        let mut of_kinds: HashMap<StreamKind, Vec<Uuid>> = HashMap::new();
        for (kind, id) in events.iter().filter_map(stream) {
            let ids = of_kinds.entry(kind).or_default();
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        let mut pages = HashMap::new();
        for (kind, ids) in of_kinds {
            pages.extend(of_kind(visit, kind, &ids).await?.into_iter().map(|(id, page)| ((kind, id), page)));
        }
        Ok(Self(pages))
    }

    /// The page of what this event happened to.
    pub(super) fn at(&self, event: &AuditEvent) -> Option<String> {
        // Each event of such a stream is about a letter of its own.
        if let Ok(Fact::Feedback(_, reported)) = event.fact() {
            let letter = reported.letter();
            return Some(format!("/runs/{}/letters/{}", letter.run, letter.ordinal));
        }
        self.0.get(&stream(event)?).cloned()
    }
}

/// What an event happened to; none if only a newer program knows it.
fn stream(event: &AuditEvent) -> Option<(StreamKind, Uuid)> {
    Some((StreamKind::from_name(&event.aggregate_type)?, Uuid::parse_str(&event.aggregate_id).ok()?))
}

/// The pages of these things of one kind, by their ids.
async fn of_kind(visit: &Visit, kind: StreamKind, ids: &[Uuid]) -> Result<Vec<(Uuid, String)>, Trouble> {
    let (viewer, pool) = (visit.viewer()?, visit.pool());
    let (reads, own) = (viewer.reads(), viewer.own());
    Ok(match kind {
        StreamKind::User if viewer.may_watch() => in_folder("users", there(visit, users::by_ids(pool, ids).await?)),
        StreamKind::User => {
            let me = viewer.id().0;
            ids.iter().filter(|id| **id == me).map(|id| (*id, "/profile".to_owned())).collect()
        }
        StreamKind::Client => {
            let found = clients::by_ids(pool, reads, ids).await?.into_iter().filter(|row| row.deleted_at.is_none());
            in_folder("clients", found.map(|row| row.id).collect())
        }
        StreamKind::Group => {
            in_folder("groups", groups::by_ids(pool, reads, ids).await?.into_iter().map(|row| row.id).collect())
        }
        StreamKind::Message => {
            let found = messages::by_ids(pool, viewer.letters(), ids).await?.into_iter();
            in_folder("messages", found.filter(|row| row.deleted_at.is_none()).map(|row| row.id).collect())
        }
        StreamKind::Mailing => in_folder("mailings", there(visit, mailings::by_ids(pool, reads, ids).await?)),
        StreamKind::Run => in_folder("runs", there(visit, runs::by_ids(pool, reads, ids).await?)),
        StreamKind::Batch => {
            let found = runs::of_batches(pool, ids).await?.into_iter();
            found.map(|(batch, run)| (batch, format!("/runs/{run}"))).collect()
        }
        StreamKind::Segment => in_folder("segments", there(visit, segments::by_ids(pool, reads, ids).await?)),
        StreamKind::CustomField if viewer.may_own() => {
            let found = custom_fields::by_ids(pool, own, ids).await?.into_iter();
            in_folder("fields", found.map(|row| row.id).collect())
        }
        StreamKind::Import if viewer.may_own() => {
            in_folder("clients/imports", there(visit, imports::by_ids(pool, own, ids).await?))
        }
        StreamKind::Sender if viewer.may_own() || viewer.may_administer() => {
            let access = if viewer.may_administer() { Access::All } else { own };
            let found = senders::by_ids(pool, access, ids).await?.into_iter().filter(|row| row.deleted_at.is_none());
            in_folder("senders", found.map(|row| row.id).collect())
        }
        StreamKind::SenderDomain if viewer.may_administer() => {
            let found = domains::by_ids(pool, ids).await?.into_iter();
            found.map(|row| (row.id, format!("/system/domains/{}", row.domain))).collect()
        }
        StreamKind::Rebuild if viewer.may_administer() => {
            ids.iter().map(|id| (*id, "/system/read-models".to_owned())).collect()
        }
        StreamKind::Article if viewer.may_write_articles() => {
            let mut found = Vec::new();
            for id in ids {
                found.extend(articles::get(pool, articles::Readers::Writers, ArticleId(*id)).await?.map(|row| row.id));
            }
            in_folder("articles", found)
        }
        // These have none, or none for this visitor.
        StreamKind::CustomField
        | StreamKind::Import
        | StreamKind::Sender
        | StreamKind::SenderDomain
        | StreamKind::Rebuild
        | StreamKind::Article
        | StreamKind::Notice
        | StreamKind::Session
        | StreamKind::Token
        | StreamKind::Suppression
        | StreamKind::Subscription
        | StreamKind::Feedback => Vec::new(),
    })
}

/// The pages of these things, each under its id.
fn in_folder(folder: &str, found: Vec<Uuid>) -> Vec<(Uuid, String)> {
    found.into_iter().map(|id| (id, format!("/{folder}/{id}"))).collect()
}

/// Those of these rows that read.
fn there<T>(visit: &Visit, rows: Vec<(Uuid, Read<T>)>) -> Vec<Uuid> {
    rows.into_iter().filter_map(|(id, row)| list::shown(visit, row).map(|_| id)).collect()
}
