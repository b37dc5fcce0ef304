//! Questions before what cannot be undone, naming the thing.

use super::{Answer, Layout, page};
use askama::Template;

/// A question with a button.
#[derive(Template)]
#[template(path = "frame/confirm.html")]
pub(crate) struct Confirm {
    /// The frame of the page; its title is the question.
    pub(crate) page: Layout,
    /// What will happen, in sentences.
    pub(crate) said: Vec<String>,
    /// The label of the button: a verb and its object.
    pub(crate) button: &'static str,
    /// Where the button sends its form.
    pub(crate) action: String,
    /// The label of the field for a reason, where one is wanted, and what it already has.
    pub(crate) reason: Option<&'static str>,
    /// Where to go instead.
    pub(crate) back: String,
    /// Whether it cannot be undone.
    pub(crate) is_final: bool,
}

impl Confirm {
    /// The page that asks.
    pub(crate) fn ask(self) -> Answer {
        page(&self)
    }
}
