//! Which list an address asks for, and what of it.

use crate::web::frame::list::searched;
use crate::web::frame::{Fields, Trouble, Visit};
use acts::suppressions::List;
use chrono::{DateTime, Utc};
use domain::suppression::Reason;
use projections::Access;
use projections::suppressions::{Filter, ScopeKind};

/// Where the list is.
pub(super) const PATH: &str = "/suppressions";

/// The word in the address for the list of the installation, which else is the visitor's own.
pub(super) const INSTALLATION: &str = "installation";

/// What of a list is shown, by whether it is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    InForce,
    /// Lifted, or come to its end.
    Over,
    All,
}

impl State {
    pub(super) const ALL: [Self; 3] = [Self::InForce, Self::Over, Self::All];

    /// The name in addresses.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::InForce => "in-force",
            Self::Over => "over",
            Self::All => "all",
        }
    }

    /// As an address asks for it: what is in force if it does not say.
    pub(super) fn of(query: &Fields) -> Self {
        Self::ALL.into_iter().find(|state| state.name() == query.text("state")).unwrap_or(Self::InForce)
    }

    pub(super) fn in_force(self, now: DateTime<Utc>) -> Option<(bool, DateTime<Utc>)> {
        match self {
            Self::InForce => Some((true, now)),
            Self::Over => Some((false, now)),
            Self::All => None,
        }
    }
}

/// The list that an address asks for, as proof that the visitor may see it and write to it.
pub(super) fn chosen(visit: &Visit) -> Result<List, Trouble> {
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
pub(super) fn rows_of(list: List, query: &Fields, now: DateTime<Utc>) -> (Access, Filter) {
    let reason = query.some("reason").and_then(Reason::from_name);
    let in_force = State::of(query).in_force(now);
    let filter = Filter { search: searched(query), reason, in_force, ..Filter::default() };
    match list {
        List::Owner(owner) => (Access::Owner(owner.id()), filter),
        List::Installation(_) => (Access::All, Filter { scope: Some(ScopeKind::Installation), ..filter }),
    }
}

/// An address of this folder, for the same list.
pub(super) fn address(list: List, path: &str) -> String {
    match list {
        List::Owner(_) => format!("{PATH}{path}"),
        List::Installation(_) => format!("{PATH}{path}?list={INSTALLATION}"),
    }
}
