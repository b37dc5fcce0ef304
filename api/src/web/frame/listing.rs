//! What is around the rows of a list: how it is narrowed, whose rows it has, how many there are, and what it says when there are
//! none. `frame/lists.html` shows it.

use super::list::{Pager, Rows};
use super::{Fields, Trouble, Visit, owners};
use projections::Access;
use words::screens::frame::Frame;

/// The surroundings of a list.
#[derive(Clone, Debug)]
pub(crate) struct Listing {
    pub(crate) w: &'static Frame,
    /// Where the list is, and its form leads.
    pub(crate) path: String,
    /// What is searched for, as it was typed.
    pub(crate) search: String,
    /// Whether everybody's rows are shown, each of which then says whose it is.
    pub(crate) of_all: bool,
    /// Whether everybody's rows can be asked for.
    pub(crate) may_see_all: bool,
    /// Somebody else whose rows alone are shown.
    pub(crate) owner: Option<Other>,
    /// Whether rows can be added.
    pub(crate) may_add: bool,
    /// Whether a form or an address leaves rows out.
    pub(crate) narrowed: bool,
    /// How many there are; only the first page says so.
    pub(crate) count: Option<String>,
    /// The way to the other pages; none where there are no rows.
    pub(crate) pager: Option<Pager>,
}

/// Somebody else whose rows are shown.
#[derive(Clone, Debug)]
pub(crate) struct Other {
    /// Their id, as the address of the list has it.
    pub(crate) id: String,
    /// That these rows are theirs, said.
    pub(crate) said: String,
}

impl Listing {
    /// Around a list that belongs to one thing, such as the clients of a group.
    pub(crate) fn plain(visit: &Visit, path: impl Into<String>, query: &Fields, narrowed: bool) -> Self {
        Self {
            w: visit.frame(),
            path: path.into(),
            search: query.text("search").to_owned(),
            of_all: false,
            may_see_all: false,
            owner: None,
            may_add: false,
            narrowed,
            count: None,
            pager: None,
        }
    }

    /// Around a list of what somebody owns: one's own rows, or those of others for those who watch.
    pub(crate) async fn of_owners(
        visit: &Visit,
        path: &str,
        query: &Fields,
        access: Access,
        narrowed: bool,
    ) -> Result<Self, Trouble> {
        let viewer = visit.viewer()?;
        let owner = match access {
            Access::Owner(id) if id != viewer.id() => {
                let address = owners::one(visit, id.0).await?.ok_or(Trouble::Absent)?;
                Some(Other { id: id.to_string(), said: visit.frame().only_of.with(address) })
            }
            _ => None,
        };
        Ok(Self {
            of_all: access == Access::All,
            may_see_all: viewer.may_watch() && viewer.may_own(),
            may_add: viewer.may_own(),
            narrowed: narrowed || owner.is_some(),
            owner,
            ..Self::plain(visit, path, query, narrowed)
        })
    }

    /// The same, with how many there are and with its rows, which are told apart from it.
    pub(crate) fn with<R>(self, rows: Rows<R>, count: Option<String>) -> (Vec<R>, Self) {
        let pager = if rows.rows.is_empty() && rows.pager.is_alone() { None } else { Some(rows.pager) };
        (rows.rows, Self { count, pager, ..self })
    }

    /// Whether the rows are the visitor's own, who can do something with them.
    pub(crate) fn is_own(&self) -> bool {
        self.may_add && !self.of_all && self.owner.is_none()
    }

    /// Whether there is nothing yet that a form could narrow.
    pub(crate) fn is_blank(&self) -> bool {
        self.pager.is_none() && !self.narrowed && !self.may_see_all
    }

    /// Whether there is nothing yet and the first step is offered, so that the head of the page need not offer it too.
    pub(crate) fn invites(&self) -> bool {
        self.pager.is_none() && !self.narrowed && self.is_own()
    }
}
