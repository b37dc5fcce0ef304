use super::Content;
use crate::UserId;

/// What can be asked of a message.
#[derive(Clone, Debug)]
pub enum Command {
    /// Write it.
    Create {
        /// For whom.
        owner: UserId,
        /// What it says.
        content: Content,
    },
    /// Say something else from now on.
    Revise {
        /// Who asks.
        by: UserId,
        /// What it says now.
        content: Content,
    },
    /// Remove it; runs that have started keep their revision.
    Delete {
        /// Who asks.
        by: UserId,
    },
}
