use super::{Key, Kind, Label};
use crate::UserId;

/// What can be asked of a custom field.
#[derive(Clone, Debug)]
pub enum Command {
    /// Gives an owner's clients the field, also one that was removed.
    Define {
        /// The owner of the field.
        owner: UserId,
        /// What letters, files and programs call it.
        key: Key,
        /// What people see.
        label: Label,
        /// Of which kind its values are.
        kind: Kind,
    },
    /// Lets people see another name. The key stays.
    Rename {
        /// The user who asks.
        by: UserId,
        /// What people see from now on.
        label: Label,
    },
    /// Takes the field away. Its values stay with the clients, and are shown nowhere.
    Remove {
        /// The user who asks.
        by: UserId,
    },
}
