use super::Content;
use crate::UserId;
use serde::{Deserialize, Serialize};

/// What happened to a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The message was written: revision 1.
    Created {
        /// The owner of the message.
        owner: UserId,
        /// The subject, text and HTML of the message.
        content: Content,
    },
    /// The message was edited: the next revision.
    Revised {
        /// The subject, text and HTML that the message has from now on.
        content: Content,
    },
    /// Everybody who is signed in may read and use it from now on.
    Shared,
    /// The message is its owner's alone again.
    Unshared,
    /// The message was removed.
    Deleted,
}
