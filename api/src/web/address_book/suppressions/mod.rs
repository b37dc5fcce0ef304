//! Whom nobody writes to: the list of an owner, that of the installation, and what is done with them.
//!
//! * [`list`]: who is on it, why, since when, and what is over.
//! * [`add`], [`import`]: addresses that are typed in, and those of a file; [`lift`]: one that is written to again.
//! * [`files`]: the list for spreadsheets.

mod add;
mod files;
mod import;
mod lift;
mod list;

use crate::http::App;
use crate::web::frame::list::searched;
use crate::web::frame::{Fields, Trouble, Visit};
use acts::suppressions::List;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::get;
use chrono::{DateTime, Utc};
use domain::suppression::Reason;
use projections::Access;
use projections::suppressions::{Filter, ScopeKind};
use std::sync::Arc;

/// Where the list is.
const PATH: &str = "/suppressions";

/// The word in the address for the list of the installation, which else is the visitor's own.
const INSTALLATION: &str = "installation";

/// The screens of this folder.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/suppressions", get(list::list).post(add::add))
        .route("/suppressions/new", get(add::blank))
        // Files have a bound of their own, and are never in memory as a whole.
        .route("/suppressions/import", get(import::start).post(import::import).layer(DefaultBodyLimit::disable()))
        .route("/suppressions/export.csv", get(files::csv))
        .route("/suppressions/export.xlsx", get(files::xlsx))
        .route("/suppressions/{id}/lift", get(lift::ask).post(lift::lift))
}

/// What of a list is shown, by whether it is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    InForce,
    /// Lifted, or come to its end.
    Over,
    All,
}

impl State {
    const ALL: [Self; 3] = [Self::InForce, Self::Over, Self::All];

    /// The name in addresses.
    fn name(self) -> &'static str {
        match self {
            Self::InForce => "in-force",
            Self::Over => "over",
            Self::All => "all",
        }
    }

    /// As an address asks for it: what is in force if it does not say.
    fn of(query: &Fields) -> Self {
        Self::ALL.into_iter().find(|state| state.name() == query.text("state")).unwrap_or(Self::InForce)
    }

    fn in_force(self, now: DateTime<Utc>) -> Option<(bool, DateTime<Utc>)> {
        match self {
            Self::InForce => Some((true, now)),
            Self::Over => Some((false, now)),
            Self::All => None,
        }
    }
}

/// The list that an address asks for, as proof that the visitor may see it and write to it.
fn chosen(visit: &Visit) -> Result<List, Trouble> {
    // Whoever looks after the service, and has no mailings of their own, has this list only.
    let viewer = visit.viewer()?;
    let only_installation = viewer.may_administer() && !viewer.may_own();
    if only_installation || visit.query().text("list") == INSTALLATION {
        Ok(List::Installation(visit.administrator()?))
    } else {
        Ok(List::Owner(visit.owner()?))
    }
}

/// The rows of the list, as far as the address narrows it.
fn rows_of(list: List, query: &Fields, now: DateTime<Utc>) -> (Access, Filter) {
    let reason = query.some("reason").and_then(Reason::from_name);
    let in_force = State::of(query).in_force(now);
    let filter = Filter { search: searched(query), reason, in_force, ..Filter::default() };
    match list {
        List::Owner(owner) => (Access::Owner(owner.id()), filter),
        List::Installation(_) => (Access::All, Filter { scope: Some(ScopeKind::Installation), ..filter }),
    }
}

/// An address of this folder, for the same list.
fn address(list: List, path: &str) -> String {
    match list {
        List::Owner(_) => format!("{PATH}{path}"),
        List::Installation(_) => format!("{PATH}{path}?list={INSTALLATION}"),
    }
}
