use super::{Key, Kind, Label};
use crate::UserId;
use serde::{Deserialize, Serialize};

/// What happened to a custom field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The owner's clients have the field from now on.
    Defined {
        /// The owner of the field.
        owner: UserId,
        /// What letters, files and programs call it.
        key: Key,
        /// What people see.
        label: Label,
        /// Of which kind its values are.
        kind: Kind,
    },
    /// People see another name.
    Renamed {
        /// What they see from now on.
        label: Label,
    },
    /// The field is shown no more.
    Removed,
}
