//! The ways that people go through the pages, in a browser: with a mouse, with the keyboard alone, and without scripts.

mod administrator;
mod content_manager;
mod manager;
mod new_user;
