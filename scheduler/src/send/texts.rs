//! What a revision of a message says in letters: its texts, and where they do not say how to leave, a footer that does.

use domain::Language;
use domain::letter::footer::{Footer, add_to_html, add_to_text};
use domain::letter::{MergeFields, OverBudget, Part, Rendered, Template, TemplateError, Templates};
use projections::messages::Revision;
use words::footer;

/// What stands in a footer for the link, which is another one in each letter.
const LINK: &str = "{{unsubscribe_url}}";

/// More than a footer adds to both parts of a letter, beside two links.
const FOOTER: usize = 1_024;

/// The texts of a revision, taken apart once for all who get it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Texts {
    /// With the footer, so that writing a letter is filling in and nothing else.
    templates: Templates,
    /// The language of a footer that is not in the templates, because with it they might need more than a part may have: then
    /// each letter gets it when it is filled in. It takes a message as large as a message can be.
    footer: Option<Language>,
}

impl Texts {
    /// Takes the texts of a revision apart. With a language, a part that does not name the link to leave gets a footer in it.
    pub(crate) fn of(revision: &Revision, footer: Option<Language>) -> Result<Self, TemplateError> {
        let (text, html) = (revision.text.as_str(), revision.html.as_deref());
        let plain = Templates::stored(&revision.subject, text, html)?;
        let (in_text, in_html) = plain.asks_to_leave();
        let Some(language) = footer.filter(|_| !in_text || (html.is_some() && !in_html)) else {
            return Ok(Self { templates: plain, footer: None });
        };
        let footer = &footer_in(language, LINK);
        let text = if in_text { text.to_owned() } else { add_to_text(text, footer) };
        let html = html.map(|html| if in_html { html.to_owned() } else { add_to_html(html, footer) });
        let complete = Templates::stored(&revision.subject, &text, html.as_deref())?;
        let fits = |part: Part, template: &Template| template.largest().bytes <= part.budget();
        if fits(Part::Text, &complete.text) && complete.html.as_ref().is_none_or(|html| fits(Part::Html, html)) {
            return Ok(Self { templates: complete, footer: None });
        }
        Ok(Self { templates: plain, footer: Some(language) })
    }

    /// About how many bytes the text and the HTML of a letter have together, before it is written.
    pub(crate) fn bytes(&self, fields: &MergeFields<'_>) -> usize {
        let footer = if self.footer.is_some() { FOOTER + 2 * fields.unsubscribe_url.len() } else { 0 };
        self.templates.bytes(fields) + footer
    }

    /// Writes the letter to one recipient.
    pub(crate) fn render(&self, fields: &MergeFields<'_>) -> Result<Rendered, OverBudget> {
        let rendered = self.templates.render(fields)?;
        let Some(language) = self.footer else { return Ok(rendered) };
        let footer = &footer_in(language, fields.unsubscribe_url);
        let (in_text, in_html) = self.templates.asks_to_leave();
        Ok(Rendered {
            text: if in_text { rendered.text } else { add_to_text(&rendered.text, footer) },
            html: rendered.html.map(|html| if in_html { html } else { add_to_html(&html, footer) }),
            ..rendered
        })
    }
}

fn footer_in(language: Language, url: &str) -> Footer<'_> {
    let words = footer::of(language);
    Footer { text: words.text, link: words.link, url, postal_address: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://mail.example.org/u/abc";

    fn revision(text: &str, html: Option<&str>) -> Revision {
        Revision {
            message_id: uuid::Uuid::nil(),
            revision: 1,
            subject: "News".to_owned(),
            text: text.to_owned(),
            html: html.map(str::to_owned),
            markdown: None,
            at: chrono::DateTime::UNIX_EPOCH,
        }
    }

    fn fields() -> MergeFields<'static> {
        MergeFields { full_name: "Anna", unsubscribe_url: URL, ..MergeFields::default() }
    }

    fn rendered(text: &str, html: Option<&str>, footer: Option<Language>) -> Rendered {
        let texts = Texts::of(&revision(text, html), footer).expect("right");
        let rendered = texts.render(&fields()).expect("it fits");
        let bytes = rendered.text.len() + rendered.html.as_ref().map_or(0, String::len);
        assert!(texts.bytes(&fields()) >= bytes, "as long as it was said to be");
        rendered
    }

    #[test]
    fn a_part_that_does_not_say_how_to_leave_gets_a_footer_and_the_other_one_stays_as_it_is() {
        let html = "<html><body><p>{{full_name}}</p></body></html>";
        for language in Language::ALL {
            let words = footer::of(language);
            let letter = rendered("Dear {{full_name}}", Some(html), Some(language));
            assert_eq!(letter.text, format!("Dear Anna\n\n-- \n{}\n{URL}\n", words.text));
            let html = letter.html.expect("HTML");
            let link = format!("<a href=\"{URL}\">{}</a>", words.link);
            assert!(html.contains(&link) && html.ends_with("</body></html>"), "{html}");

            let own = "<a href=\"{{unsubscribe_url}}\">leave</a>";
            let letter = rendered("Dear {{full_name}}", Some(own), Some(language));
            assert!(letter.text.contains(words.text), "{letter:?}");
            assert_eq!(letter.html.as_deref(), Some(format!("<a href=\"{URL}\">leave</a>").as_str()));

            let letter = rendered("Leave: {{unsubscribe_url}}", None, Some(language));
            assert_eq!((letter.text, letter.html), (format!("Leave: {URL}"), None));
        }
    }

    #[test]
    fn without_a_footer_a_letter_says_what_its_author_wrote_and_the_link_works_all_the_same() {
        let letter = rendered("{{full_name}} {{unsubscribe_url}}", Some("<p>{{full_name}}</p>"), None);
        assert_eq!((letter.text, letter.html), (format!("Anna {URL}"), Some("<p>Anna</p>".to_owned())));
    }

    #[test]
    fn a_message_as_large_as_one_can_be_has_its_footer_all_the_same() {
        let large = "x".repeat(Part::Text.budget());
        for html in [None, Some(large.as_str())] {
            let letter = rendered(&large, html, Some(Language::En));
            assert!(letter.text.starts_with("xxx") && letter.text.ends_with(&format!("{URL}\n")), "no footer");
            assert!(letter.html.is_none_or(|html| html.contains(URL)), "no footer");
        }
    }
}
