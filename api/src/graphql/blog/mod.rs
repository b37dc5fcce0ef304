//! The blog and the home page.

pub(crate) mod article;
pub(crate) mod home;
