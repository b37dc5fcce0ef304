//! The rows that may be read.

use domain::UserId;
use uuid::Uuid;

/// The rows that may be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Only the rows of this owner may be read.
    Owner(UserId),
    /// Everybody's rows may be read: for managers and administrators.
    All,
}

impl Access {
    /// The same for the rows of this owner alone; whoever may not read them reads none.
    #[must_use]
    pub fn of_owner(self, owner: Option<UserId>) -> Self {
        match (self, owner) {
            (_, None) => self,
            (Self::All, Some(owner)) => Self::Owner(owner),
            (Self::Owner(own), Some(owner)) if own == owner => self,
            // Nobody has this id.
            (Self::Owner(_), Some(_)) => Self::Owner(UserId(Uuid::nil())),
        }
    }

    /// The owner to filter by, for `$n::uuid is null or owner_id = $n`.
    pub(crate) fn owner(self) -> Option<Uuid> {
        match self {
            Self::Owner(id) => Some(id.0),
            Self::All => None,
        }
    }
}
