//! Events as rows of a list.

use super::pages::Pages;
use crate::web::frame::timeline::doers;
use crate::web::frame::when::{When, with_whole_times};
use crate::web::frame::{Trouble, Visit};
use acts::audit::log;
use acts::mailings::history;
use domain::StreamKind;
use projections::history::AuditEvent;
use projections::users::User;
use words::screens::log::Log as Words;

/// What is shown of an event wherever it is listed.
pub(super) struct Row {
    /// The page of the event.
    pub(super) href: String,
    pub(super) at: When,
    pub(super) said: String,
    pub(super) who: String,
    /// The page of whoever did it, if they have one that the visitor may see.
    pub(super) who_at: Option<String>,
    /// From where it was done, if the visitor may know that.
    pub(super) address: Option<String>,
    pub(super) about: String,
    /// The page of what it happened to.
    pub(super) about_at: Option<String>,
}

impl Row {
    /// These events, in their order; what they name is read at once.
    pub(super) async fn of(visit: &Visit, events: &[AuditEvent]) -> Result<Vec<Self>, Trouble> {
        let (viewer, language, w) = (visit.viewer()?, visit.language(), Words::of(visit.language()));
        let (users, pages) = (doers(visit, events).await?, Pages::of(visit, events).await?);
        let row = |event: &AuditEvent| {
            let told = event.told();
            let user = told.actor.user().and_then(|id| users.get(&id.0));
            Self {
                href: format!("/log/{}", event.position),
                at: visit.when(event.recorded_at),
                said: with_whole_times(&history::told(viewer, language, event, &told.actor, user)),
                who: words::history::doer(language, &told.actor, &history::who(viewer, &told.actor, user)),
                who_at: user.filter(|_| viewer.may_watch()).map(|user: &User| format!("/users/{}", user.id)),
                address: log::address(viewer, &told).map(|address| address.to_string()),
                about: match StreamKind::from_name(&event.aggregate_type) {
                    Some(kind) => w.of_kind(kind).to_owned(),
                    None => event.aggregate_type.clone(),
                },
                about_at: pages.at(event),
            }
        };
        Ok(events.iter().map(row).collect())
    }
}
