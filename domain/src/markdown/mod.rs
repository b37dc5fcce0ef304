//! Markdown to HTML that is safe in everybody's browser: writers are trusted with words, not with scripts.
//!
//! It takes time in proportion to the text, whatever the text is. The parser of Markdown does by itself; the sanitiser builds
//! a tree as browsers do, and that takes time and room in proportion to the square of how deep elements nest. So it is given
//! only elements that are closed where they have to be and nest no deeper than a bound.

mod elements;
mod error;

pub use elements::MAX_NESTING;
pub(crate) use error::Error;
pub use error::MAX_HTML;

use crate::tag::{self, HIDDEN, end_of};
use ammonia::Builder;
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd, html};
use std::fmt;
use std::sync::LazyLock;

/// What browsers of readers are given: a page that a link leads to learns nothing of where it stood.
static FOR_PAGES: LazyLock<Builder<'static>> = LazyLock::new(Builder::default);

/// What mail programs are given, which open links in a browser anyway.
static FOR_LETTERS: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::default();
    builder.link_rel(None);
    builder
});

/// What a text says, as it is read: `CommonMark` with tables and strikethrough.
pub(crate) fn events(markdown: &str) -> Parser<'_> {
    Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH)
}

/// The HTML of a text in Markdown, for a page. HTML in the text stays as far as it is harmless; scripts, styles, forms, event
/// handlers and addresses that are none of the web's go.
pub(crate) fn html(markdown: &str) -> Result<String, Error> {
    safe(markdown, &FOR_PAGES)
}

/// The same for a letter.
pub(crate) fn html_for_letters(markdown: &str) -> Result<String, Error> {
    safe(markdown, &FOR_LETTERS)
}

fn safe(markdown: &str, sanitiser: &Builder<'_>) -> Result<String, Error> {
    let mut rendered = Rendered(String::with_capacity(markdown.len() * 3 / 2));
    html::write_html_fmt(&mut rendered, events(markdown)).map_err(|fmt::Error| Error::HtmlTooLarge)?;
    Ok(sanitiser.clean(&elements::balanced(&rendered.0)?).to_string())
}

/// The text as it was written, for one that cannot be rendered.
pub(crate) fn as_written(markdown: &str) -> String {
    let code = [
        Event::Start(Tag::CodeBlock(CodeBlockKind::Indented)),
        Event::Text(markdown.into()),
        Event::End(TagEnd::CodeBlock),
    ];
    let mut shown = String::new();
    html::push_html(&mut shown, code.into_iter());
    shown
}

/// How a text in Markdown begins, as plain text in one line of about as many characters: what a list shows of it. Headings and
/// what pictures are called are left out, and so is what stands in elements that are dropped with their contents.
#[must_use]
pub fn beginning(markdown: &str, most: usize) -> String {
    let (mut text, mut length) = (String::new(), 0);
    let (mut left_out, mut hidden) = (false, None);
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        let part = match &event {
            Event::Start(Tag::Image { .. } | Tag::Heading { .. }) => {
                left_out = true;
                continue;
            }
            Event::End(TagEnd::Image | TagEnd::Heading(_)) => {
                left_out = false;
                continue;
            }
            Event::Html(part) | Event::InlineHtml(part) => {
                hidden = hidden_behind(part, hidden);
                continue;
            }
            Event::Text(part) | Event::Code(part) if !left_out && hidden.is_none() => part,
            Event::SoftBreak | Event::HardBreak | Event::Rule => " ",
            Event::End(TagEnd::Paragraph | TagEnd::Item | TagEnd::CodeBlock | TagEnd::TableCell) => " ",
            _ => continue,
        };
        for character in part.chars() {
            let blank = character.is_whitespace() || character.is_control();
            if blank && (text.is_empty() || text.ends_with(' ')) {
                continue;
            }
            if length >= most && blank || length >= 2 * most {
                text.truncate(text.trim_end().len());
                text.push('\u{2026}');
                return text;
            }
            text.push(if blank { ' ' } else { character });
            length += 1;
        }
    }
    text.truncate(text.trim_end().len());
    text
}

/// The addresses of the pictures in a text in Markdown, as they are written and in their order.
#[must_use]
pub fn pictures(markdown: &str) -> Vec<String> {
    let mut addresses = Vec::new();
    for event in events(markdown) {
        match event {
            Event::Start(Tag::Image { dest_url, .. }) => addresses.push(dest_url.into_string()),
            Event::Html(html) | Event::InlineHtml(html) => addresses.extend(pictures_in_html(&html)),
            _ => {}
        }
    }
    addresses
}

/// The same of a piece of HTML.
fn pictures_in_html(html: &str) -> Vec<String> {
    let (mut addresses, mut rest) = (Vec::new(), html);
    while let Some((tag, behind)) = rest.find('<').and_then(|at| tag::Tag::read(&rest[at + 1..], true)) {
        if tag.name == "img" {
            let address = tag.attributes.iter().find(|(name, _)| name.eq_ignore_ascii_case("src"));
            addresses.extend(address.map(|(_, address)| (*address).to_owned()));
        }
        rest = behind;
    }
    addresses
}

/// The hidden element that is open behind a piece of HTML, if `open` is the one before it.
fn hidden_behind(html: &str, mut open: Option<&'static str>) -> Option<&'static str> {
    let mut rest = html;
    loop {
        if let Some(name) = open {
            rest = end_of(name, rest).strip_prefix("</").unwrap_or_default();
            if rest.is_empty() {
                return open;
            }
            open = None;
        } else {
            let inside = &rest[rest.find('<')? + 1..];
            let is_end = |c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>');
            let name = inside.split(is_end).next().unwrap_or_default();
            open = HIDDEN.into_iter().find(|hidden| name.eq_ignore_ascii_case(hidden));
            // A bracket in the value of an attribute begins nothing. A tag that goes on in the next line ends there.
            rest = tag::Tag::read(inside, true).map_or("", |(_, behind)| behind);
        }
    }
}

/// What has been rendered so far; it takes no more than fits.
struct Rendered(String);

impl fmt::Write for Rendered {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if text.len() > MAX_HTML - self.0.len() {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn markdown_becomes_html() {
        for (markdown, expected) in [
            ("# News\n\nWe *are* **here**.\n", "<h1>News</h1>\n<p>We <em>are</em> <strong>here</strong>.</p>\n"),
            ("1 < 2 & \"so\"", "<p>1 &lt; 2 &amp; \"so\"</p>\n"),
            ("~~old~~ `<b>`", "<p><del>old</del> <code>&lt;b&gt;</code></p>\n"),
            (
                "[us](https://example.org/?a=1&b=2)",
                "<p><a href=\"https://example.org/?a=1&amp;b=2\" rel=\"noopener noreferrer\">us</a></p>\n",
            ),
            (
                "![a cat](https://example.org/cat.jpg)",
                "<p><img src=\"https://example.org/cat.jpg\" alt=\"a cat\"></p>\n",
            ),
        ] {
            assert_eq!(html(markdown).as_deref(), Ok(expected));
        }
        assert!(html("|a|b|\n|-|-|\n|1|2|\n").expect("html").contains("<td>1</td>"));
    }

    #[test]
    fn an_article_begins_with_its_words() {
        for (markdown, most, text) in [
            ("# News\n\nWe *are* **here**,\nand `<b>`.\n", 100, "We are here, and <b>."),
            ("![a cat](/cat.jpg)\n\nMiaow <script>alert(1)</script>", 100, "Miaow"),
            ("one <SCRIPT async>alert(1)</Script > two <style>b { color: red }</style>three", 100, "one two three"),
            ("<style>\n\nb { color: red }\n\n</style>\n\nHello", 100, "Hello"),
            ("<div><script>\n\nalert(1)\n\n</script>Hello</div>", 100, "Hello"),
            ("a <b title=\"<script>\">b</b> <!-- <style> --> c", 100, "a b c"),
            ("a <script>b", 100, "a"),
            ("one two three four", 5, "one two\u{2026}"),
            ("aaaaaaaaaaaa", 5, "aaaaaaaaaa\u{2026}"),
            ("|a|b|\n|-|-|\n|1|2|\n", 100, "a b 1 2"),
            (" \n", 100, ""),
        ] {
            assert_eq!(beginning(markdown, most), text, "{markdown}");
        }
    }

    #[test]
    fn the_pictures_of_a_text_are_found_however_they_are_written() {
        for (markdown, addresses) in [
            (
                "a ![b](https://example.org/c.png \"d\")\n\n![e][f]\n\n[f]: /g.png",
                &["https://example.org/c.png", "/g.png"][..],
            ),
            (
                "![a](javascript:alert(1)) <IMG alt=b SRC='http://example.org/c.png'>",
                &["javascript:alert(1)", "http://example.org/c.png"],
            ),
            ("<p><img src=a><img alt=\"src=b\"><img src=c src=d>\n", &["a", "c"]),
            ("`![a](b)` [a](b) <a href=b>c</a> <img src=", &[]),
        ] {
            assert_eq!(pictures(markdown), addresses, "{markdown}");
        }
    }

    #[test]
    fn nothing_in_an_article_runs_in_a_readers_browser() {
        for dangerous in [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "[click](javascript:alert(1))",
            "[click](JaVaScRiPt&colon;alert(1))",
            "![x](data:text/html;base64,PHNjcmlwdD4=)",
            "<iframe src=\"https://evil.example\"></iframe>",
            "<form action=\"https://evil.example\"><input name=password></form>",
            "<style>body { background: url(javascript:alert(1)) }</style>",
            "<a href=\"vbscript:x\" style=\"position:fixed\" onclick=\"alert(1)\">x</a>",
            "<svg><script>alert(1)</script></svg>",
            "<math><mtext><style><img src=x onerror=alert(1)></style></mtext></math>",
            "<scr<script>ipt>alert(1)</script>",
        ] {
            let html = html(dangerous).expect("html").to_lowercase();
            for part in [
                "<script",
                "onerror=",
                "onclick=",
                "javascript:",
                "vbscript:",
                "data:",
                "<iframe",
                "<form",
                "<input",
                "<style",
                "style=",
                "<svg",
            ] {
                assert!(!html.contains(part), "{dangerous} gives {html}");
            }
        }
    }

    /// What takes a parser of Markdown or a sanitiser the square of its length, or makes it write that much: the text, and
    /// what it is refused with.
    fn attacks(length: usize) -> Vec<(String, Option<Error>)> {
        let times = |part: &str| part.repeat(length / part.len());
        let numbered = |part: fn(usize) -> String| {
            let mut text = String::new();
            for number in 0.. {
                if text.len() >= length {
                    break;
                }
                text.push_str(&part(number));
            }
            text
        };
        let deep = Some(Error::NestsTooDeep);
        vec![
            (times(">"), deep),
            (times("> - "), deep),
            (times("* - "), deep),
            (times("- ") + "a", deep),
            (times("*a **b ") + &times(" b** a*"), deep),
            (times("<div>"), deep),
            (times("<b><div>"), deep),
            (times("<i><p>"), deep),
            (times("<ul><li>"), deep),
            (times("<div>") + &times("</b>"), deep),
            (times("<div></"), deep),
            (numbered(|number| format!("<b title={number}>")) + &times("<p>a</p>"), deep),
            (
                // Each paragraph would take up what the ones before left open.
                (0..90).fold("<div><p>".to_owned(), |text, number| format!("{text}<b title={number}>"))
                    + &times("<p>a").repeat(2),
                Some(Error::HtmlTooLarge),
            ),
            (numbered(|number| format!("<font a={number}><p>")), None),
            (format!("<a {}>", numbered(|number| format!("a{number}=1 "))), None),
            (times("<svg>"), None),
            (times("<li>"), None),
            (times("<tr><td>"), None),
            ("<table>".to_owned() + &times("<tr><p><td></p>"), None),
            ("<table>".to_owned() + &times("a<i>b</i>"), None),
            (times("["), None),
            (times("[a]("), None),
            (times("![[]()"), None),
            (times("*"), None),
            (times("**a_"), None),
            (times("`a``b"), None),
            (times("a <!-- "), None),
            (times("<div <!--"), None),
            (times("<div x='"), None),
            (format!("[a]: /{}\n\n{}", times("u"), times("[a] ")), None),
            (numbered(|number| format!("[{number}]: /u\n")), None),
            (format!("{}|\n{}|\n{}", times("|a"), times("|-"), times("|x\n")), None),
        ]
    }

    #[test]
    fn what_would_take_the_square_of_its_length_is_refused_or_becomes_no_larger_than_it_is() {
        for (text, refused) in attacks(20_000) {
            let start: String = text.chars().take(40).collect();
            match html(&text) {
                // A table is filled up with empty cells, as far as the parser does.
                Ok(html) => assert!(refused.is_none() && html.len() < 30 * text.len() + 4_000_000, "{start}"),
                Err(error) => assert_eq!(Some(error), refused, "{start}"),
            }
        }
    }

    #[test]
    fn what_nests_as_deep_as_it_may_is_rendered() {
        // The text inside is a paragraph.
        assert!(html(&(">".repeat(MAX_NESTING - 1) + " a")).is_ok());
        assert_eq!(html(&(">".repeat(MAX_NESTING) + " a")), Err(Error::NestsTooDeep));
        let sloppy =
            "<ul>".to_owned() + &"<li>a".repeat(1_000) + "</ul>\n\n" + "<table>" + &"<tr><td>a<td>b".repeat(1_000);
        assert_eq!(html(&sloppy).expect("it is an old habit").matches("<td>").count(), 2_000);
    }

    #[test]
    fn what_cannot_be_rendered_is_shown_as_it_was_written() {
        assert_eq!(as_written("> <b>\n"), "<pre><code>&gt; &lt;b&gt;\n</code></pre>\n");
    }

    proptest! {
        #[test]
        fn whatever_is_written_rendering_ends_well_and_writes_no_more_than_it_may(
            text in "([<>/\"'= \n!*_`|#-]|<[a-z]{1,4}>|</[a-z]{1,4}>|<(p|b|a|td|table|li|ul|i)( title=x)?>|</(p|b|a|td|table|li|ul|i)>|\\PC){0,60}"
        ) {
            if let Ok(rendered) = html(&text) {
                prop_assert!(rendered.len() <= 60 * text.len() + 1_000, "{rendered}");
            }
        }
    }
}
