//! Which clients a list shows, and in which order.

use crate::{Cursor, sought};
use chrono::{DateTime, Utc};
use domain::{EmailAddress, segment};
use uuid::Uuid;

/// The clients that a list shows: those that meet all conditions.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only clients who belong to this group.
    pub group: Option<Uuid>,
    /// Who belong to any of these groups; of no group at all nobody does.
    pub any_group: Option<Vec<Uuid>>,
    /// Only clients who do not belong to this group.
    pub without_group: Option<Uuid>,
    /// Whose address, name or comment contains this, in any case, with or without accents.
    pub search: Option<String>,
    /// Who pass this filter of a segment at this moment.
    pub segment: Option<segment::Filter>,
}

/// What a list is ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Key {
    /// The list is ordered by the moments when clients were added.
    #[default]
    Created,
    /// The list is ordered by the clients' addresses, in any case.
    Email,
    /// The list is ordered by the clients' names, in any case.
    FullName,
}

/// The order of a list. Of those that are equal in it, the id decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// What the list is ordered by.
    pub key: Key,
    /// The last one first.
    pub descending: bool,
}

/// A place in a list of a certain order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A place in an order by time.
    At(Order, Cursor),
    /// A place in an order by text.
    Text(Order, String, Uuid),
}

impl Place {
    /// The order in which it is a place.
    #[must_use]
    pub fn order(&self) -> Order {
        match self {
            Self::At(order, _) | Self::Text(order, ..) => *order,
        }
    }

    pub(super) fn at(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::At(_, cursor) => Some(cursor.at),
            Self::Text(..) => None,
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::At(..) => None,
            Self::Text(_, text, _) => Some(text),
        }
    }

    pub(super) fn id(&self) -> Uuid {
        match self {
            Self::At(_, cursor) => cursor.id,
            Self::Text(_, _, id) => *id,
        }
    }
}

impl Filter {
    /// Whether every client passes it.
    pub(super) fn is_open(&self) -> bool {
        self.group.is_none() && self.is_of_a_group_at_most()
    }

    /// Whether everybody passes who belongs to its group.
    pub(super) fn is_of_a_group_at_most(&self) -> bool {
        self.any_group.is_none()
            && self.without_group.is_none()
            && self.segment.is_none()
            && sought(self.search.as_deref()).is_none()
    }

    /// The group, if everybody passes who does not belong to it.
    pub(super) fn is_but_for_a_group(&self) -> Option<Uuid> {
        let rest = Self { without_group: None, ..self.clone() };
        self.without_group.filter(|_| rest.is_open())
    }

    /// The mailbox that is looked for, if the text is the whole address of one: its domain may be spelled otherwise there.
    pub(super) fn mailbox(&self) -> Option<String> {
        sought(self.search.as_deref()).and_then(|text| EmailAddress::parse(text).ok()).map(|address| address.key())
    }

    /// The same if nobody who has it is found by the text itself.
    pub(super) fn spelled_otherwise(&self) -> Option<String> {
        let text = sought(self.search.as_deref()).map(str::to_lowercase);
        self.mailbox().filter(|mailbox| Some(mailbox) != text.as_ref())
    }
}
