use super::{Content, Slug};
use crate::UserId;
use serde::{Deserialize, Serialize};

/// What happened to an article.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// Written, for nobody to read yet.
    Drafted {
        /// By whom.
        author: UserId,
        /// Its place in the blog.
        slug: Slug,
        /// What it says.
        content: Content,
    },
    /// Written anew.
    Revised {
        /// Its place in the blog from now on.
        slug: Slug,
        /// What it says now.
        content: Content,
    },
    /// Everybody may read it.
    Published,
    /// Nobody may read it any more.
    Unpublished,
    /// Removed.
    Deleted,
}
