use super::Content;
use crate::UserId;

/// What can be asked of an article. Whoever asks may write for the blog; that is judged before.
#[derive(Clone, Debug)]
pub enum Command {
    /// Write it, for nobody to read yet.
    Draft {
        /// By whom.
        author: UserId,
        /// What it says.
        content: Content,
    },
    /// Write it anew.
    Revise {
        /// What it says now.
        content: Content,
    },
    /// Let everybody read it.
    Publish,
    /// Let nobody read it any more.
    Unpublish,
    /// Remove it.
    Delete,
}
