//! All that stands below a letter that went to many: how to leave, where the letter itself does not say it, and where whoever sends it
//! can be reached by post, where they have said that.

use super::footer::{Footer, add_address_to_html, add_to_html, add_to_text};

/// What stands there; nothing, if it is empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ending<'a> {
    /// How to leave.
    pub leave: Option<Footer<'a>>,
    /// Where whoever sends it can be reached by post; lines with line breaks between.
    pub postal_address: Option<&'a str>,
}

impl Ending<'_> {
    /// The text with this below it.
    #[must_use]
    pub fn below_text(&self, text: &str) -> String {
        match (self.leave, self.postal_address) {
            (Some(leave), postal_address) => add_to_text(text, &Footer { postal_address, ..leave }),
            (None, Some(address)) => format!("{}\n\n-- \n{address}\n", text.trim_end()),
            (None, None) => text.to_owned(),
        }
    }

    /// The HTML with this as the last thing in its body.
    #[must_use]
    pub fn below_html(&self, html: &str) -> String {
        match (self.leave, self.postal_address) {
            (Some(leave), postal_address) => add_to_html(html, &Footer { postal_address, ..leave }),
            (None, Some(address)) => add_address_to_html(html, address),
            (None, None) => html.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAVE: Footer<'_> =
        Footer { text: "Leave here:", link: "Unsubscribe", url: "https://example.org/u/abc", postal_address: None };
    const ADDRESS: &str = "Trees & Friends\nLime <Street> 1";

    #[test]
    fn an_address_stands_with_the_way_to_leave_or_alone() {
        let both = Ending { leave: Some(LEAVE), postal_address: Some(ADDRESS) };
        let footer = Footer { postal_address: Some(ADDRESS), ..LEAVE };
        assert_eq!(both.below_text("Hi"), add_to_text("Hi", &footer));
        assert_eq!(both.below_html("<body>Hi</body>"), add_to_html("<body>Hi</body>", &footer));

        let alone = Ending { leave: None, ..both };
        assert_eq!(alone.below_text("Hi \n"), format!("Hi\n\n-- \n{ADDRESS}\n"));
        let paragraph = add_address_to_html("", ADDRESS);
        assert!(paragraph.ends_with(">Trees &amp; Friends<br>Lime &lt;Street&gt; 1</p>\n"), "{paragraph}");
        for (html, before, behind) in
            [("<body>Hi</body>", "<body>Hi", "</body>"), ("<p>Hi</p>", "<p>Hi</p>", ""), ("", "", "")]
        {
            assert_eq!(alone.below_html(html), format!("{before}{paragraph}{behind}"), "{html}");
        }
    }

    #[test]
    fn where_nothing_is_to_be_said_a_letter_stays_as_it_is() {
        for text in ["Hi  \n\n", "<body>Hi</body>", ""] {
            assert_eq!(Ending::default().below_text(text), text);
            assert_eq!(Ending::default().below_html(text), text);
        }
    }
}
