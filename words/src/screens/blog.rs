//! The blog as everybody reads it.

use super::screen;

screen! {
    /// The words of the list of articles and of the page of one.
    Blog in blog {
        texts {
            title, write, feed, feed_title, feed_description, empty, not_public,
        }
        counted { views }
    }
}
