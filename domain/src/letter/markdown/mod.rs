//! Letters in Markdown: one source, of which both parts of a letter are made.
//!
//! The HTML is what articles get, under the same rules for what is harmless. The text is written for people who read it as it
//! is: links with their addresses, lists with their marks, quotes with theirs. Merge fields are neither Markdown nor HTML: each
//! is one word while the source is read, and stands again where that word came out, so that no sign in it, nor in its fallback, means
//! anything. Braces that only Markdown brings together open no field.

mod masked;
mod plain;

use super::seen;
use crate::letter::size::MAX_BODY;
use crate::markdown::{self, Error};
use masked::{Kind, Masked};
use pulldown_cmark::{Event, LinkType, Tag};

/// What stands around the HTML: lines that are not too long, in a letter that is not too wide.
const OPENING: &str =
    "<div style=\"max-width:640px;margin:0 auto;padding:0 8px;font:16px/1.5 Arial,Helvetica,sans-serif\">\n";
const CLOSING: &str = "</div>\n";

/// The parts of a letter that are made of Markdown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parts {
    /// The plain text, with merge fields; empty if there is nothing to read.
    pub(crate) text: String,
    /// The HTML, with merge fields.
    pub(crate) html: String,
}

/// Makes the parts of a letter, as far as they fit.
pub(crate) fn parts(source: &str) -> Result<Parts, Error> {
    let source = source.replace("\r\n", "\n");
    let masked = Masked::new(&source);
    // First, as it knows how deep the source nests.
    let html = markdown::html_for_letters(masked.text())?;
    let text = plain::text(masked.text(), MAX_BODY).ok_or(Error::HtmlTooLarge)?;
    let mut written = OPENING.to_owned();
    written.push_str(&fitted(&masked.restored(&html, Kind::Html, MAX_BODY).ok_or(Error::HtmlTooLarge)?));
    written.push_str(CLOSING);
    let text = masked.restored(&text, Kind::Text, MAX_BODY).ok_or(Error::HtmlTooLarge)?;
    Ok(Parts { text, html: written })
}

/// The links of a source as they are written, with their merge fields: where each stands, and where it leads. What leads nowhere
/// that is harmless has lost its address in the HTML.
pub(super) fn links(source: &str) -> Vec<(usize, String)> {
    let masked = Masked::new(source);
    let mut links = Vec::new();
    let restored = |made: &str| masked.restored(made, Kind::Text, MAX_BODY).unwrap_or_default();
    for (event, place) in markdown::events(masked.text()).into_offset_iter() {
        match event {
            Event::Start(Tag::Link { link_type: LinkType::Email, .. }) => {}
            Event::Start(Tag::Link { dest_url, .. }) => links.push((place.start, restored(&dest_url))),
            Event::InlineHtml(html) | Event::Html(html) => {
                links.extend(seen::links_of(&html).map(|(at, address)| (place.start + at, restored(address))));
            }
            _ => {}
        }
    }
    links
}

/// Where in the source a link stands that [`links`] has found.
pub(super) fn place_of_link(source: &str, at: usize) -> usize {
    Masked::new(source).place(at)
}

/// The same HTML with pictures that are not wider than the letter, and tables whose cells stand apart. All of these tags are of
/// our own making: what people write is escaped, or has been through the sanitiser.
fn fitted(html: &str) -> String {
    html.replace("<img ", "<img style=\"max-width:100%;height:auto\" ")
        .replace("<table>", "<table cellpadding=\"6\" style=\"border-collapse:collapse\">")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::letter::{MergeFields, Part, Template};
    use proptest::prelude::*;

    fn made(source: &str) -> (String, String) {
        let Parts { text, html } = parts(source).expect("it is right");
        let html = html.strip_prefix(OPENING).and_then(|html| html.strip_suffix(CLOSING)).expect("it is around");
        (text, html.to_owned())
    }

    #[test]
    fn both_parts_say_the_same() {
        let (text, html) = made("# News\n\nDear *friend*, we **moved**:\n\n- [here](https://example.org/)\n- there\n");
        assert_eq!(text, "News\n====\n\nDear friend, we *moved*:\n\n- here (https://example.org/)\n- there\n");
        assert_eq!(
            html,
            "<h1>News</h1>\n<p>Dear <em>friend</em>, we <strong>moved</strong>:</p>\n<ul>\n\
             <li><a href=\"https://example.org/\">here</a></li>\n<li>there</li>\n</ul>\n"
        );
    }

    #[test]
    fn merge_fields_come_through_wherever_they_stand() {
        for (source, text, html) in [
            (
                "Dear {{first_name|Dear *reader*}},",
                "Dear {{first_name|Dear *reader*}},\n",
                "{{first_name|Dear *reader*}}",
            ),
            ("**{{full_name}}**", "*{{full_name}}*\n", "<strong>{{full_name}}</strong>"),
            (
                "# Hello, {{ first_name | default: \"friend\" }}",
                "Hello, {{ first_name | default: \"friend\" }}\n==============\n",
                ">Hello, {{ first_name | default: &quot;friend&quot; }}<",
            ),
            (
                "[us](https://example.org/?e={{email}}&n={{first_name|a b}})",
                "us (https://example.org/?e={{email}}&n={{first_name|a b}})\n",
                "href=\"https://example.org/?e={{email}}&amp;n={{first_name|a b}}\"",
            ),
            (
                "<https://example.org/{{email|url}}>",
                "https://example.org/{{email|url}}\n",
                "href=\"https://example.org/{{email|url}}\"",
            ),
            ("[page]({{comment}})", "page ({{comment}})\n", "href=\"{{comment}}\""),
            ("Anna <{{email}}>", "Anna <{{email}}>\n", "Anna &lt;{{email}}&gt;"),
            ("|a|b|\n|-|-|\n|{{comment|x}}|y|\n", "a | b\n-----\n{{comment|x}} | y\n", "<td>{{comment|x}}</td>"),
            ("{{comment|a < b}}", "{{comment|a < b}}\n", "{{comment|a &lt; b}}"),
            ("\\{{email}} is a field", "\\{{email}} is a field\n", "\\{{email}} is a field"),
            ("`{{email}}`", "`{{email}}`\n", "<code>{{email}}</code>"),
            ("{{  full_name\n}}!", "{{  full_name\n}}!\n", "{{  full_name\n}}!"),
        ] {
            let made = made(source);
            assert_eq!(made.0, text, "{source}");
            assert!(made.1.contains(html), "{source}: {}", made.1);
            for (part, made) in [(Part::Text, &made.0), (Part::Html, &made.1)] {
                assert!(Template::parse(part, made).is_ok(), "{made}");
            }
        }
    }

    #[test]
    fn braces_that_markdown_brings_together_open_no_field() {
        for source in ["{\\{email}}", "{*{*email}}", "&#123;&#123;email}}", "{{", "a {\\{ b"] {
            let (text, html) = made(source);
            for (part, made) in [(Part::Text, text), (Part::Html, html)] {
                let template = Template::parse(part, &made).expect(&made);
                assert_eq!(template.fields().count(), 0, "{made}");
                let read = template.render(&MergeFields::default()).expect("it fits");
                assert!(
                    read.contains("{{") || read.contains("{&#123;") || read.contains("{<em>{") || read.contains("{*{*"),
                    "{read}"
                );
            }
        }
        let (text, _) = made("{*{{email}}*, \\\\*{{email}}*");
        assert_eq!(Template::parse(Part::Text, &text).expect("right").fields().count(), 2, "{text}");
    }

    #[test]
    fn nothing_that_runs_gets_into_either_part() {
        for source in [
            "[x](javascript:alert(1))",
            "<script>alert(1)</script>",
            "<a href='javascript:alert(1)' onclick='alert(1)'>x</a>",
            "![x](javascript:alert(1))",
        ] {
            let (text, html) = made(&format!("a\n\n{source}"));
            for part in ["javascript:", "<script", "onclick"] {
                assert!(!html.contains(part) && !text.contains(part), "{source}: {text} {html}");
            }
        }
    }

    #[test]
    fn a_source_that_becomes_too_much_is_refused() {
        assert_eq!(parts(&"&".repeat(MAX_BODY / 2)), Err(Error::HtmlTooLarge));
        let long = format!("[a]: /{{{{comment|{}}}}}\n\n{}", "u".repeat(20_000), "[a] ".repeat(2_000));
        assert_eq!(parts(&long), Err(Error::HtmlTooLarge));
        assert_eq!(parts(&">".repeat(1_000)), Err(Error::NestsTooDeep));
    }

    proptest! {
        #[test]
        fn whatever_is_written_has_its_fields_and_no_others(
            source in "([{}\\\\*_ \n>#|`<&-]|\\{\\{email\\}\\}|\\{\\{first_name\\|a b\\}\\}|\\[a\\]\\(https://a\\.example/|0mf0k0x|\\PC){0,40}"
        ) {
            // What is refused as a template is refused before it becomes parts.
            prop_assume!(Template::parse(Part::Text, &source).is_ok());
            if let Ok(Parts { text, html }) = parts(&source) {
                prop_assert!(Template::parse(Part::Text, &text).is_ok(), "{}", text);
                prop_assert!(Template::parse(Part::Html, &html).is_ok(), "{}", html);
            }
        }
    }
}
