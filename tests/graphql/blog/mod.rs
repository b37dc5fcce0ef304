//! What everybody may read: articles and the home page.

mod articles;
mod home;
mod pictures;
