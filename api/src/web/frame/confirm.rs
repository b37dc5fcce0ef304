//! Questions before what cannot be undone, naming the thing.

use super::answer::mend;
use super::{Answer, Layout, Mistakes, Visit, page};
use acts::Problem;
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
    /// The field for a reason, where one is wanted.
    pub(crate) reason: Option<Reason>,
    /// Where to go instead.
    pub(crate) back: String,
    /// Whether it cannot be undone.
    pub(crate) is_final: bool,
}

/// The field for a reason.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reason {
    pub(crate) label: &'static str,
    /// Who reads it; empty if the label says so.
    pub(crate) help: &'static str,
    /// Whether the button takes something away from somebody.
    pub(crate) takes: bool,
    /// What has been typed into it. It stays there when the act is refused, whatever for.
    pub(crate) typed: String,
    /// Why the act was refused.
    pub(crate) mistakes: Mistakes,
}

impl Reason {
    /// The field as it comes back with what was typed into it, after the act was refused.
    pub(crate) fn refused(self, visit: &Visit, typed: &str, problems: &[Problem]) -> Self {
        // The form has no other field that something could be wrong with.
        let mistakes = Mistakes::of(problems, visit.language()).about_the_whole_but("reason");
        Self { typed: typed.to_owned(), mistakes, ..self }
    }
}

impl Confirm {
    /// The page that asks; it asks again if the act was refused.
    pub(crate) fn ask(self) -> Answer {
        let refused = self.reason.as_ref().is_some_and(|reason| reason.mistakes.count() > 0);
        if refused { mend(&self) } else { page(&self) }
    }

    fn is_grave(&self) -> bool {
        self.is_final || self.reason.as_ref().is_some_and(|reason| reason.takes)
    }
}
