//! Values inside of addresses: which part of an address a merge field stands in, and what it takes to put a value there.
//!
//! Everything but unreserved characters is percent-encoded (RFC 3986, section 2.3), so that a value is one value: it neither
//! begins another parameter nor ends the address, nor makes another address of it. Two places are different. Before the
//! domain of a `mailto:` address an `@` stands as it is (RFC 6068, section 2), and an address that begins with a merge field may
//! be all in it: then it has to be one that leads to a page or a mailbox, for a client may have written it.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

/// All but what is unreserved.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The same for the addressee of `mailto:`.
const ADDRESSEE: &AsciiSet = &COMPONENT.remove(b'@');

/// What no address has, in one that is whole.
const WHOLE: &AsciiSet = &percent_encoding::CONTROLS
    .add(b' ')
    .add(b'"')
    // The latter three end an address in `url()` of a style sheet.
    .add(b'\'')
    .add(b'(')
    .add(b')')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Where a client's own address may lead.
const SCHEMES: [&str; 4] = ["http", "https", "mailto", "tel"];

/// Where in an address a merge field stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spot {
    /// It begins the address, and may be all of it.
    Start,
    /// Before it is clear which scheme the address has.
    Scheme,
    /// In the addressee of `mailto:`.
    Addressee,
    /// In a program (`javascript:`), which is run after it has been decoded.
    Program,
    /// Anywhere else.
    Inside,
}

/// An address as far as it has been read.
#[derive(Debug, Clone, Default)]
pub(super) struct Reading {
    /// What stands before the first sign that no scheme has; in small letters.
    scheme: String,
    /// Whether a merge field stands there.
    has_field: bool,
    /// The sign that ended it.
    ended_by: Option<char>,
    /// Whether there was a `?`.
    query: bool,
}

impl Reading {
    pub(super) fn push(&mut self, c: char) {
        // Browsers leave these out.
        if matches!(c, '\t' | '\n' | '\r') || (c == ' ' && self.scheme.is_empty()) {
            return;
        }
        self.query |= c == '?';
        if self.ended_by.is_some() {
            return;
        }
        if matches!(c, ':' | '/' | '?' | '#') {
            self.ended_by = Some(c);
        } else if self.scheme.len() < 32 {
            self.scheme.push(c.to_ascii_lowercase());
        }
    }

    /// Whether nothing has been read of it.
    pub(super) fn is_empty(&self) -> bool {
        self.scheme.is_empty() && self.ended_by.is_none() && !self.has_field
    }

    /// Where the merge field stands that comes now.
    pub(super) fn field(&mut self) -> Spot {
        let spot = match self.ended_by {
            None if self.scheme.is_empty() && !self.has_field => Spot::Start,
            None => Spot::Scheme,
            Some(':') if self.has_field || matches!(self.scheme.as_str(), "javascript" | "vbscript") => Spot::Program,
            Some(':') if self.scheme == "mailto" && !self.query => Spot::Addressee,
            Some(_) => Spot::Inside,
        };
        self.has_field |= self.ended_by.is_none();
        spot
    }
}

/// A value as a part of an address.
pub(super) fn component(value: &str) -> String {
    utf8_percent_encode(value, COMPONENT).to_string()
}

/// The same before the domain of a mailbox, and in it.
pub(super) fn addressee(value: &str) -> String {
    utf8_percent_encode(value, ADDRESSEE).to_string()
}

/// A value that is an address by itself, if it leads where clients' addresses may lead.
pub(super) fn whole(value: &str) -> Option<String> {
    let url = Url::parse(value).ok()?;
    SCHEMES.contains(&url.scheme()).then(|| utf8_percent_encode(value, WHOLE).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spot(before: &str) -> Spot {
        let mut reading = Reading::default();
        for (at, part) in before.split("{}").enumerate() {
            if at > 0 {
                reading.field();
            }
            part.chars().for_each(|c| reading.push(c));
        }
        reading.field()
    }

    #[test]
    fn it_is_known_where_in_an_address_a_field_stands() {
        for (before, expected) in [
            ("", Spot::Start),
            (" \n", Spot::Start),
            ("{}", Spot::Scheme),
            ("java", Spot::Scheme),
            ("https://example.org/?a=", Spot::Inside),
            ("https://", Spot::Inside),
            ("{}/", Spot::Inside),
            ("{}?a=", Spot::Inside),
            ("/page/", Spot::Inside),
            ("?a=", Spot::Inside),
            ("#", Spot::Inside),
            ("mailto:", Spot::Addressee),
            (" MailTo:a@example.org,", Spot::Addressee),
            ("mailto:a@example.org?subject=", Spot::Inside),
            ("javascript:f('", Spot::Program),
            ("java\nscript:f('", Spot::Program),
            ("{}:", Spot::Program),
            ("{}script:", Spot::Program),
        ] {
            assert_eq!(spot(before), expected, "{before:?}");
        }
    }

    #[test]
    fn a_value_is_one_value_of_the_address() {
        for (value, expected) in [
            ("ann+tag@example.org", "ann%2Btag%40example.org"),
            ("Ann & Co #1", "Ann%20%26%20Co%20%231"),
            ("Anna-Maria_1.2~3", "Anna-Maria_1.2~3"),
            ("Жанна", "%D0%96%D0%B0%D0%BD%D0%BD%D0%B0"),
            ("100%", "100%25"),
            ("a/b?c=d", "a%2Fb%3Fc%3Dd"),
            ("\"'<>\r\n", "%22%27%3C%3E%0D%0A"),
        ] {
            assert_eq!(component(value), expected);
        }
        assert_eq!(addressee("ann+tag@example.org"), "ann%2Btag@example.org");
        assert_eq!(addressee("a@example.org?bcc=b@example.org"), "a@example.org%3Fbcc%3Db@example.org");
    }

    #[test]
    fn a_clients_own_address_leads_to_a_page_or_a_mailbox_or_nowhere() {
        for (value, expected) in [
            ("https://example.org/a?b=c&d=e#f", Some("https://example.org/a?b=c&d=e#f")),
            ("HTTP://example.org/a b", Some("HTTP://example.org/a%20b")),
            ("https://example.org/\"><script>", Some("https://example.org/%22%3E%3Cscript%3E")),
            ("https://example.org/%D0%96", Some("https://example.org/%D0%96")),
            ("https://example.org/a_(b)?c='d", Some("https://example.org/a_%28b%29?c=%27d")),
            ("mailto:a@example.org", Some("mailto:a@example.org")),
            ("javascript:alert(1)", None),
            ("JaVaScRiPt:alert(1)", None),
            ("java\nscript:alert(1)", None),
            ("\u{1}javascript:alert(1)", None),
            ("data:text/html,x", None),
            ("file:///etc/passwd", None),
            ("//example.org", None),
            ("example.org", None),
            ("https://", None),
            ("", None),
        ] {
            assert_eq!(whole(value).as_deref(), expected, "{value:?}");
        }
    }
}
