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

/// The HTML with the footer as the last thing in its body.
#[must_use]
pub fn add_to_html(html: &str, footer: &Footer<'_>) -> String {
    const END: &[u8] = b"</body>";
    let (url, link) = (escaped(footer.url), escaped(footer.link));
    let by_post = footer.postal_address.map(in_html).unwrap_or_default();
    let footer = format!("{by_post}<p style=\"{STYLE}\"><a href=\"{url}\">{link}</a></p>\n");
    let at = html.as_bytes().windows(END.len()).rposition(|window| window.eq_ignore_ascii_case(END));
    let (before, behind) = html.split_at(at.unwrap_or(html.len()));
    [before, footer.as_str(), behind].concat()
}

/// An address as a paragraph of its own.
fn in_html(postal_address: &str) -> String {
    let lines: Vec<String> = postal_address.lines().map(escaped).collect();
    format!("<p style=\"{STYLE}\">{}</p>\n", lines.join("<br>"))
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
            ("</bod", "</bod", ""),
            ("", "", ""),
        ] {
            assert_eq!(add_to_html(html, &FOOTER), format!("{before}{LINE}{behind}"), "{html}");
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
        fn all_of_the_letter_stays_and_the_footer_is_there_once(html in "(</?body>|</BODY|Ж|[<>/a]){0,12}") {
            let with = add_to_html(&html, &FOOTER);
            prop_assert_eq!(with.matches(LINE).count(), 1);
            prop_assert_eq!(with.replacen(LINE, "", 1), html);
        }
    }
}
