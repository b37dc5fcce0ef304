//! What a revision of a message says in letters: its texts, and in letters that go to many a footer: how to leave, where they do not say
//! it, and where their owner is found.

use domain::Language;
use domain::client::Fields;
use domain::custom_field::Key;
use domain::letter::{Ending, Footer, MergeFields, OverBudget, Part, Rendered, Template, TemplateError, Templates};
use projections::messages::Revision;
use std::collections::BTreeSet;
use std::sync::Arc;
use words::{custom_fields, footer};

/// What stands in a footer for the link, which is another one in each letter.
const LINK: &str = "{{unsubscribe_url}}";

/// More than a footer adds to both parts of a letter, beside two links and the postal address.
const FOOTER: usize = 1_024;

/// How much longer a postal address may become in both parts together: each of its characters may be one that HTML writes in six.
const ADDRESS: usize = 8;

/// What the footers of an owner's letters are made of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Footing {
    pub(crate) language: Language,
    /// Where the owner is found, if they have said it.
    pub(crate) postal_address: Option<Arc<str>>,
}

/// The texts of a revision, taken apart once for all who get it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Texts {
    /// With the footer, so that writing a letter is filling in and nothing else.
    templates: Templates,
    /// What footers are made of that are not in the templates, because with them they might need more than a part may have, or would
    /// not read: then each letter gets its own when it is filled in. It takes a message as large as a message can be, or an odd one.
    footing: Option<Footing>,
    /// The fields of the owner's own that it names.
    named: BTreeSet<Key>,
}

impl Texts {
    /// Takes the texts of a revision apart. With a footing, each part gets the footer that it lacks.
    pub(crate) fn of(revision: &Revision, footing: Option<&Footing>) -> Result<Self, TemplateError> {
        let (text, html) = (revision.text.as_str(), revision.html.as_deref());
        let plain = Templates::stored(&revision.subject, text, html)?;
        let named = plain.custom_fields();
        let Some(footing) = footing else { return Ok(Self { templates: plain, footing: None, named }) };
        // Braces of an address are no merge field.
        let address = footing.postal_address.as_deref().map(|address| address.replace("{{", "\\{{"));
        let [below_text, below_html] = endings(&plain, footing.language, LINK, address.as_deref());
        let (text, html) = (below_text.below_text(text), html.map(|html| below_html.below_html(html)));
        let fits = |part: Part, template: &Template| template.largest().bytes <= part.budget();
        match Templates::stored(&revision.subject, &text, html.as_deref()) {
            Ok(complete)
                if fits(Part::Text, &complete.text)
                    && complete.html.as_ref().is_none_or(|html| fits(Part::Html, html)) =>
            {
                Ok(Self { templates: complete, footing: None, named })
            }
            // It may also have come to stand in a fallback, where no field can be: that of a letter is filled in by then.
            _ => Ok(Self { templates: plain, footing: Some(footing.clone()), named }),
        }
    }

    /// What the letter says of the owner's own fields to a client who has this in them. Nothing is made where it names none.
    pub(crate) fn values(&self, fields: &Fields, language: Language) -> Vec<(Key, String)> {
        custom_fields::values(fields, &self.named, language)
    }

    /// About how many bytes the text and the HTML of a letter have together, before it is written.
    pub(crate) fn bytes(&self, fields: &MergeFields<'_>) -> usize {
        let footer = self.footing.as_ref().map_or(0, |footing| {
            let address = footing.postal_address.as_deref().map_or(0, str::len);
            FOOTER + 2 * fields.unsubscribe_url.len() + ADDRESS * address
        });
        self.templates.bytes(fields) + footer
    }

    /// Writes the letter to one recipient.
    pub(crate) fn render(&self, fields: &MergeFields<'_>) -> Result<Rendered, OverBudget> {
        let rendered = self.templates.render(fields)?;
        let Some(Footing { language, postal_address }) = &self.footing else { return Ok(rendered) };
        let [below_text, below_html] =
            endings(&self.templates, *language, fields.unsubscribe_url, postal_address.as_deref());
        Ok(Rendered {
            text: below_text.below_text(&rendered.text),
            html: rendered.html.map(|html| below_html.below_html(&html)),
            ..rendered
        })
    }
}

/// What the text, and the HTML, of these templates lack.
fn endings<'a>(
    templates: &Templates,
    language: Language,
    url: &'a str,
    postal_address: Option<&'a str>,
) -> [Ending<'a>; 2] {
    let words = footer::of(language);
    let leave = Footer { text: words.text, link: words.link, url, postal_address: None };
    let (in_text, in_html) = templates.asks_to_leave();
    [in_text, in_html].map(|asks| Ending { leave: (!asks).then_some(leave), postal_address })
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
        rendered_with(text, html, footer.map(|language| Footing { language, postal_address: None }).as_ref())
    }

    fn rendered_with(text: &str, html: Option<&str>, footing: Option<&Footing>) -> Rendered {
        let texts = Texts::of(&revision(text, html), footing).expect("right");
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
    fn a_message_whose_body_ends_in_a_fallback_has_its_footer_all_the_same() {
        let html = "<body><p>{{comment|Hi</p></body>}}</html>";
        let letter = rendered("Dear {{full_name}}", Some(html), Some(Language::En)).html.expect("HTML");
        assert!(letter.contains(&format!("<a href=\"{URL}\">")) && letter.ends_with("</body></html>"), "{letter}");
    }

    #[test]
    fn a_link_that_nobody_sees_is_no_way_to_leave() {
        let html = "<body><!-- {{unsubscribe_url}} --><p>Hi</p></body>";
        let letter = rendered("{{unsubscribe_url}}", Some(html), Some(Language::En)).html.expect("HTML");
        assert!(letter.contains(&format!("<a href=\"{URL}\">")), "{letter}");
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

    #[test]
    fn every_part_names_the_postal_address_of_the_owner_also_where_it_says_itself_how_to_leave() {
        let address = "Aurora Ltd.\n{{full_name}} & Sons, {{ \\{{ {{{";
        let footing = Footing { language: Language::En, postal_address: Some(address.into()) };
        let (text, html) = ("{{full_name}} {{unsubscribe_url}}", "<body>{{unsubscribe_url}}</body>");
        let letter = rendered_with(text, Some(html), Some(&footing));
        assert_eq!(letter.text, format!("Anna {URL}\n\n-- \n{address}\n"), "nothing of it is filled in");
        let html = letter.html.expect("HTML");
        assert!(html.contains("Aurora Ltd.<br>{{full_name}} &amp; Sons, {{ \\{{ {{{</p>"), "{html}");

        let letter = rendered_with("Hi", Some("<p>Hi</p>"), Some(&footing));
        let words = footer::of(Language::En);
        assert_eq!(letter.text, format!("Hi\n\n-- \n{address}\n\n{}\n{URL}\n", words.text));
        let html = letter.html.expect("HTML");
        assert!(html.contains(words.link) && html.contains("Aurora Ltd.<br>"), "{html}");
    }

    #[test]
    fn a_message_as_large_as_one_can_be_names_the_postal_address_all_the_same() {
        let large = "x".repeat(Part::Text.budget());
        let address = "\"&{{\n".repeat(60).trim_end().to_owned();
        let footing = Footing { language: Language::Ru, postal_address: Some(address.as_str().into()) };
        let letter = rendered_with(&large, Some(&large), Some(&footing));
        assert!(letter.text.contains(&format!("\n-- \n{address}\n\n")), "no address");
        assert!(letter.html.is_some_and(|html| html.contains("&quot;&amp;{{<br>")), "no address");
    }
}
