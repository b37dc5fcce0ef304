use super::Content;
use crate::UserId;

/// What can be asked of an article. Whoever asks may write for the blog; that is judged before.
#[derive(Clone, Debug)]
pub enum Command {
    /// Writes the article, for nobody to read yet.
    Draft {
        /// The user who writes the article.
        author: UserId,
        /// The title, body and image of the article.
        content: Content,
    },
    /// Writes the article anew.
    Revise {
        /// The title, body and image that the article has from now on.
        content: Content,
    },
    /// Lets everybody read the article.
    Publish,
    /// Lets nobody read the article any more.
    Unpublish,
    /// Removes the article.
    Delete,
}
