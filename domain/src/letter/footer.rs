//! The lines at the end of a letter by which its recipient can leave, where the letter itself does not say how.

/// What stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Footer<'a> {
    /// The sentence that stands before the address in a text.
    pub text: &'a str,
    /// The words of the link in HTML.
    pub link: &'a str,
    /// Where it leads.
    pub url: &'a str,
    /// Where whoever writes can be reached by post; lines with line breaks between. It stands above the sentence.
    pub postal_address: Option<&'a str>,
}

/// How the line looks in HTML: smaller than the letter, and not in its way. Mail programs read no other style sheets.
const STYLE: &str = "margin:24px 0 0;font-size:12px;color:#666666";

/// The text with the footer below it, behind the line by which mail programs know that the letter ends (RFC 3676, section 4.3).
#[must_use]
pub fn add_to_text(text: &str, footer: &Footer<'_>) -> String {
    let Footer { text: sentence, url, postal_address, .. } = footer;
    let by_post = postal_address.map(|address| format!("{address}\n\n")).unwrap_or_default();
    format!("{}\n\n-- \n{by_post}{sentence}\n{url}\n", text.trim_end())
}

/// The HTML with the footer as the last thing in its body that is shown.
#[must_use]
pub fn add_to_html(html: &str, footer: &Footer<'_>) -> String {
    let (url, link) = (escaped(footer.url), escaped(footer.link));
    let by_post = footer.postal_address.map(in_html).unwrap_or_default();
    at_the_end(html, &format!("{by_post}<p style=\"{STYLE}\"><a href=\"{url}\">{link}</a></p>\n"))
}

/// The HTML with an address as the last thing in its body that is shown.
pub(super) fn add_address_to_html(html: &str, postal_address: &str) -> String {
    at_the_end(html, &in_html(postal_address))
}

fn at_the_end(html: &str, footer: &str) -> String {
    let (before, behind) = html.split_at(end_of_body(html));
    [before, footer, behind].concat()
}

/// An address as a paragraph of its own.
fn in_html(postal_address: &str) -> String {
    let lines: Vec<String> = postal_address.lines().map(escaped).collect();
    format!("<p style=\"{STYLE}\">{}</p>\n", lines.join("<br>"))
}

/// Elements that hold text and no tags.
const TEXTS: [&str; 8] = ["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"];

/// Where the body ends: before its last end tag that is one. What stands in a comment, in a script or in a quoted value is none, and
/// nobody sees what is written there. Where something is opened and not closed, all behind it is part of it, so the body ends before.
fn end_of_body(html: &str) -> usize {
    let (mut at, mut end) = (0, None);
    while let Some(opened) = html[at..].find('<').map(|found| at + found) {
        let inside = &html[opened + 1..];
        let closed = if let Some(comment) = inside.strip_prefix("!--") {
            end_of_comment(comment).map(|length| length + 3)
        } else if inside.starts_with(['!', '?']) {
            inside.find('>').map(|found| found + 1)
        } else if inside.trim_start_matches('/').starts_with(|c: char| c.is_ascii_alphabetic()) {
            let name =
                inside.split(|c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/')).next().unwrap_or_default();
            let closed = end_of_tag(inside);
            if closed.is_some() && inside.starts_with('/') && names(&inside[1..], "body") {
                end = Some(opened);
            }
            let text = TEXTS.into_iter().find(|text| name.eq_ignore_ascii_case(text));
            match (closed, text) {
                (Some(closed), Some(text)) => end_of_text(&inside[closed..], text).map(|length| closed + length),
                (closed, _) => closed,
            }
        } else {
            Some(0)
        };
        let Some(length) = closed else { return end.unwrap_or(opened) };
        at = opened + 1 + length;
    }
    end.unwrap_or(html.len())
}

/// How long a comment is, from behind its first signs on. Browsers take `--!>` for the end, too, and `<!-->` for a whole one.
fn end_of_comment(comment: &str) -> Option<usize> {
    let ends = |before: &str| matches!(before, "" | "-") || before.ends_with("--") || before.ends_with("--!");
    let mut signs = comment.match_indices('>').map(|(at, _)| at);
    signs.find(|at| ends(&comment[..*at])).map(|at| at + 1)
}

/// How long a tag is, from its name on.
fn end_of_tag(tag: &str) -> Option<usize> {
    let (mut quote, mut behind_equals) = (None, false);
    for (at, c) in tag.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '>' => return Some(at + 1),
            None if behind_equals && matches!(c, '"' | '\'') => quote = Some(c),
            None => {}
        }
        behind_equals = c == '=' || (behind_equals && c.is_ascii_whitespace());
    }
    None
}

/// How long the text in such an element is, with the beginning of its end tag.
fn end_of_text(text: &str, name: &str) -> Option<usize> {
    let mut ends = text.match_indices("</").map(|(at, _)| at);
    ends.find(|at| names(&text[at + 2..], name))
}

/// Whether this name, and no longer one, stands there.
fn names(text: &str, name: &str) -> bool {
    let (there, behind) = text.as_bytes().split_at(name.len().min(text.len()));
    there.eq_ignore_ascii_case(name.as_bytes())
        && behind.first().is_some_and(|byte| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/'))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FOOTER: Footer<'_> = Footer {
        text: "You do not want these letters any more?",
        link: "Unsubscribe",
        url: "https://example.org/u/abc?a=b&c=d",
        postal_address: None,
    };

    const LINE: &str = "<p style=\"margin:24px 0 0;font-size:12px;color:#666666\">\
                        <a href=\"https://example.org/u/abc?a=b&amp;c=d\">Unsubscribe</a></p>\n";

    #[test]
    fn in_a_text_it_stands_behind_the_sign_that_the_letter_ends() {
        let end = "\n\n-- \nYou do not want these letters any more?\nhttps://example.org/u/abc?a=b&c=d\n";
        for text in ["Dear Ann", "Dear Ann\n", "Dear Ann \r\n\r\n\n"] {
            assert_eq!(add_to_text(text, &FOOTER), format!("Dear Ann{end}"));
        }
    }

    #[test]
    fn whoever_writes_can_be_reached_by_post() {
        let footer = Footer { postal_address: Some("Trees & Friends\nLime Street 1"), ..FOOTER };
        let end = "\n\n-- \nTrees & Friends\nLime Street 1\n\nYou do not want these letters any more?\n";
        assert_eq!(add_to_text("Hi", &footer), format!("Hi{end}https://example.org/u/abc?a=b&c=d\n"));
        let paragraph =
            "<p style=\"margin:24px 0 0;font-size:12px;color:#666666\">Trees &amp; Friends<br>Lime Street 1</p>\n";
        assert_eq!(add_to_html("<body>Hi</body>", &footer), format!("<body>Hi{paragraph}{LINE}</body>"));
    }

    #[test]
    fn in_html_it_is_the_last_thing_in_the_body() {
        for (html, before, behind) in [
            ("<html><body><p>Hi</p></body></html>", "<html><body><p>Hi</p>", "</body></html>"),
            ("<BODY>Hi</BODY>", "<BODY>Hi", "</BODY>"),
            ("<body><pre></body></pre>Ж</Body>\n", "<body><pre></body></pre>Ж", "</Body>\n"),
            ("<p>Hi</p>", "<p>Hi</p>", ""),
            ("<p>Hi</p></body\n></html>", "<p>Hi</p>", "</body\n></html>"),
            ("a < b </bodyguard>", "a < b </bodyguard>", ""),
            ("</bod", "", "</bod"),
            ("", "", ""),
        ] {
            assert_eq!(add_to_html(html, &FOOTER), format!("{before}{LINE}{behind}"), "{html}");
        }
    }

    #[test]
    fn it_stands_in_nothing_that_nobody_sees() {
        for (before, behind) in [
            ("<p>Hi</p>", "</body></html><!-- the end of </body> -->"),
            ("<p>Hi</p>", "</body><!--[if mso]></body><![endif]-->"),
            ("<!--[if mso]></body><![endif]--><p>Hi</p>", "</body>"),
            ("<!--[if !mso]><!--><p>Hi</p>", "</body><!--<![endif]-->"),
            ("<p>Hi</p>", "</body><script>write('</body>')</script>"),
            ("<style>a::after { content: '</body>' }</STYLE ><p>Hi</p>", ""),
            ("<p title=\"</body>\">Hi</p>", ""),
            ("<p title = '</body>'>Don't</p>", "</body>"),
            ("<!----><!---><!--> -> --><p>Hi</p>", "</body>"),
            ("<p>Hi</p>", "<!-- that was it </body></html>"),
            ("<p>Hi</p>", "<script>write('</body>')"),
            ("<p>Hi</p>", "<img alt=\"the sea</body>"),
            ("<p>Hi</p>", "</body><!-- that was it"),
        ] {
            assert_eq!(add_to_html(&format!("{before}{behind}"), &FOOTER), format!("{before}{LINE}{behind}"));
        }
    }

    #[test]
    fn what_it_says_is_escaped_in_html() {
        let odd =
            Footer { text: "", link: "<b>\"A\" & B</b>", url: "https://example.org/\"><script>", postal_address: None };
        let html = add_to_html("", &odd);
        assert!(html.contains(">&lt;b&gt;&quot;A&quot; &amp; B&lt;/b&gt;</a>"), "{html}");
        assert!(html.contains("href=\"https://example.org/&quot;&gt;&lt;script&gt;\""), "{html}");
    }

    proptest! {
        #[test]
        fn all_of_the_letter_stays_and_the_footer_is_there_once(html in "(</?body>|</BODY|<!--|-->|</?script>|Ж|[<>/a=\"!-]){0,12}") {
            let with = add_to_html(&html, &FOOTER);
            prop_assert_eq!(with.matches(LINE).count(), 1);
            prop_assert_eq!(with.replacen(LINE, "", 1), html);
        }
    }
}
