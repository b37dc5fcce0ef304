//! Letters: what they say to whom, and how one is known again.
//!
//! A message becomes a letter here and nowhere else, so that what somebody sees first is what clients get.

pub(crate) mod advice;
mod ending;
pub mod footer;
pub mod leave_link;
mod links;
pub(crate) mod markdown;
pub mod message_id;
mod recipient;
pub mod return_path;
mod seen;
pub(crate) mod size;
mod template;

pub use advice::{Advice, Bare, Finding};
pub use ending::Ending;
pub use footer::Footer;
pub use leave_link::{Letterhead, LinkKey, Purpose};
pub use links::LinkFault;
pub use recipient::Recipient;
pub use return_path::{ReturnPaths, Separator};
pub(crate) use template::MERGE_FIELDS;
pub use template::{ForeignField, Known, Largest, MergeFields, OverBudget, Part, Template, TemplateError};

use crate::custom_field::Key;
use std::collections::BTreeSet;

/// The texts of a message, taken apart once for all who get it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Templates {
    /// The subject.
    pub subject: Template,
    /// The text without HTML.
    pub text: Template,
    /// The HTML, if the message has any.
    pub html: Option<Template>,
}

/// The texts of one letter, with everything filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rendered {
    /// The subject, in one line.
    pub subject: String,
    /// The text without HTML.
    pub text: String,
    /// The HTML, if the message has any.
    pub html: Option<String>,
}

impl Templates {
    /// Takes a message apart that was written before, perhaps under older rules.
    pub fn stored(subject: &str, text: &str, html: Option<&str>) -> Result<Self, TemplateError> {
        Ok(Self {
            subject: Template::stored(Part::Subject, subject)?,
            text: Template::stored(Part::Text, text)?,
            html: html.map(|html| Template::stored(Part::Html, html)).transpose()?,
        })
    }

    /// Whether the text, and the HTML, tell by themselves how to leave: they name `{{unsubscribe_url}}`. A message without HTML
    /// tells it in none.
    #[must_use]
    pub fn asks_to_leave(&self) -> (bool, bool) {
        (self.text.asks_to_leave(), self.html.as_ref().is_some_and(Template::asks_to_leave))
    }

    /// The keys of the owner's own fields that it names.
    #[must_use]
    pub fn custom_fields(&self) -> BTreeSet<Key> {
        let parts = [Some(&self.subject), Some(&self.text), self.html.as_ref()];
        parts.into_iter().flatten().flat_map(Template::custom_fields).cloned().collect()
    }

    /// About how many bytes the text and the HTML of a letter have together, before it is written.
    #[must_use]
    pub fn bytes(&self, fields: &MergeFields<'_>) -> usize {
        self.text.capacity(fields) + self.html.as_ref().map_or(0, |html| html.capacity(fields))
    }

    /// Writes the letter to one recipient. It is an error if a part becomes larger than a letter may be, which happens to
    /// messages that are older than that rule.
    pub fn render(&self, fields: &MergeFields<'_>) -> Result<Rendered, OverBudget> {
        Ok(Rendered {
            subject: self.subject.render(fields)?,
            text: self.text.render(fields)?,
            html: self.html.as_ref().map(|html| html.render(fields)).transpose()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_has_the_parts_of_its_message_with_everything_filled_in() {
        let fields = MergeFields { full_name: "Anna <b>", email: "a@example.org", ..MergeFields::default() };
        let templates =
            Templates::stored("To {{full_name}}", "Dear {{full_name}}", Some("<p>{{full_name}}")).expect("right");
        let rendered = templates.render(&fields).expect("it fits");
        assert_eq!((rendered.subject.as_str(), rendered.text.as_str()), ("To Anna <b>", "Dear Anna <b>"));
        assert_eq!(rendered.html.as_deref(), Some("<p>Anna &lt;b&gt;"));
        assert!(templates.bytes(&fields) >= rendered.text.len());

        let plain = Templates::stored("s", "t", None).expect("right");
        assert_eq!(plain.render(&fields).expect("it fits").html, None);
        assert!(plain.custom_fields().is_empty() && templates.custom_fields().is_empty());
    }

    #[test]
    fn it_is_known_which_fields_of_the_owners_own_are_named() {
        let templates = Templates::stored("{{city}}", "{{age|18}} {{email}}", Some("<p>{{city|here}}{{born}}"));
        let named = templates.expect("right").custom_fields();
        assert_eq!(named.iter().map(Key::as_str).collect::<Vec<_>>(), ["age", "born", "city"]);
    }

    #[test]
    fn it_is_known_which_parts_tell_how_to_leave() {
        for (text, html, expected) in [
            ("t", None, (false, false)),
            ("{{unsubscribe_url}}", None, (true, false)),
            ("t", Some("<a href='{{ unsubscribe_url }}'>"), (false, true)),
            ("{{unsubscribe_url}}", Some("<p>\\{{unsubscribe_url}}"), (true, false)),
            ("{{email}} {{unsubscribe_url|x}}", Some("{{unsubscribe_url}}"), (true, true)),
        ] {
            let templates = Templates::stored("s", text, html).expect("right");
            assert_eq!(templates.asks_to_leave(), expected, "{text} {html:?}");
        }
    }

    #[test]
    fn a_part_that_becomes_too_large_is_named() {
        let comment = "c".repeat(100_000);
        let fields = MergeFields { comment: &comment, ..MergeFields::default() };
        let templates = Templates::stored("s", &"{{comment}}".repeat(100), None).expect("right");
        assert_eq!(templates.render(&fields), Err(OverBudget { part: Part::Text }));
    }
}
