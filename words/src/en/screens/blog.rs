use super::counted;
use crate::screens::Counted;
use crate::screens::blog::Blog;

/// The words in English.
pub(crate) const WORDS: Blog = Blog {
    title: "Blog",
    write: "Write article",
    feed: "RSS feed",
    feed_title: "SkyMailing: the blog",
    feed_description: "News about mailings, and about the service that sends them.",
    empty: "Here the service tells its news. Nothing is published yet.",
    not_public: "Only those who write articles see this one: it is not published.",
    views: Counted(|number| counted(number, "view", "views")),
};
