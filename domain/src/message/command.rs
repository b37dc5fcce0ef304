use super::Content;
use crate::UserId;

/// What can be asked of a message.
#[derive(Clone, Debug)]
pub enum Command {
    /// Writes the message.
    Create {
        /// The owner of the message.
        owner: UserId,
        /// The subject, text and HTML of the message.
        content: Content,
    },
    /// Writes the message for everybody to use.
    CreateShared {
        /// The owner of the message.
        owner: UserId,
        /// The subject, text and HTML of the message.
        content: Content,
    },
    /// Lets the message say something else from now on.
    Revise {
        /// The user who asks.
        by: UserId,
        /// The subject, text and HTML that the message has from now on.
        content: Content,
    },
    /// Let every signed-in user read it and use it in a mailing.
    Share {
        /// The user who asks.
        by: UserId,
    },
    /// Keep it to its owner again; runs that have started keep their revision, and no other run starts with it.
    Unshare {
        /// The user who asks.
        by: UserId,
    },
    /// Remove it; runs that have started keep their revision.
    Delete {
        /// The user who asks.
        by: UserId,
    },
}
