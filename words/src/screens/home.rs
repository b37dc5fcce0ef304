//! The home page.

use super::screen;

screen! {
    /// The words of the home page.
    Home in home {
        texts {
            page, title, what, register, numbers, from_the_blog, all_articles,
        }
        counted { mailings, running, recipients }
    }
}
