use super::{Content, Slug};
use crate::UserId;
use serde::{Deserialize, Serialize};

/// What happened to an article.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The article was written, for nobody to read yet.
    Drafted {
        /// The user who wrote the article.
        author: UserId,
        /// The article's place in the blog.
        slug: Slug,
        /// The title, body and image of the article.
        content: Content,
    },
    /// The article was written anew.
    Revised {
        /// The article's place in the blog from now on.
        slug: Slug,
        /// The title, body and image that the article has from now on.
        content: Content,
    },
    /// The article was published: everybody may read it.
    Published,
    /// The article was taken back: nobody may read it any more.
    Unpublished,
    /// The article was removed.
    Deleted,
}
