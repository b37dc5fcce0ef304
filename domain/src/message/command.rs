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
    /// Write it for everybody to use.
    CreateShared {
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
    /// Let every signed-in user read it and use it in a mailing.
    Share {
        /// Who asks.
        by: UserId,
    },
    /// Keep it to its owner again; runs that have started keep their revision, and no other run starts with it.
    Unshare {
        /// Who asks.
        by: UserId,
    },
    /// Remove it; runs that have started keep their revision.
    Delete {
        /// Who asks.
        by: UserId,
    },
}
