//! Addresses in a plain text: where mail programs begin and end what can be clicked.
//!
//! An address begins with `http://`, `https://`, `mailto:` or `www.`, after a sign that is no letter and no digit. It ends before a blank, a
//! quotation mark, an angle bracket, `|`, a dash and other signs beyond ASCII, or a closing bracket that was not opened in it; and
//! where its host stands, before everything that no host has, such as a comma. Behind that a comma, a semicolon and the like may be
//! part of it (RFC 3986, 3.3 and 3.4), and mail programs take them for that if something follows at once. A merge field that
//! stands right behind an address, or in it, belongs to it.

use super::url::{Reading, Spot};
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

const BEGINNINGS: [&str; 4] = ["http://", "https://", "mailto:", "www."];

/// The longest beginning, and the sign before it.
const REMEMBERED: usize = 9;

/// A text as far as it has been read.
#[derive(Debug, Default)]
pub(super) struct Links {
    /// The last signs, in small letters, outside of an address.
    last: String,
    inside: Option<Link>,
}

#[derive(Debug)]
struct Link {
    reading: Reading,
    /// Whether this is still the host of a page.
    host: bool,
    /// How many brackets are open in it: round ones and square ones.
    open: [u32; 2],
}

impl Links {
    pub(super) fn push(&mut self, text: &str) {
        text.chars().for_each(|c| self.next(c));
    }

    /// Which part of an address the merge field stands in that comes now, if it stands in one.
    pub(super) fn field(&mut self) -> Option<Spot> {
        self.last.clear();
        self.inside.as_mut().map(|link| link.reading.field())
    }

    fn next(&mut self, c: char) {
        if let Some(link) = &mut self.inside {
            if link.goes_on(c) {
                link.reading.push(c);
                return;
            }
            self.inside = None;
        }
        while self.last.chars().count() >= REMEMBERED {
            self.last.remove(0);
        }
        self.last.push(c.to_ascii_lowercase());
        let before = BEGINNINGS.iter().find_map(|beginning| Some((beginning, self.last.strip_suffix(beginning)?)));
        if let Some((beginning, before)) = before
            && !before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '@' | '/'))
        {
            let mut link = Link { reading: Reading::default(), host: *beginning != "mailto:", open: [0; 2] };
            // What begins with www. has no scheme, and is taken for one with http.
            let scheme = if *beginning == "www." { "http:" } else { beginning };
            scheme.chars().for_each(|c| link.reading.push(c));
            self.inside = Some(link);
            self.last.clear();
        }
    }
}

impl Link {
    fn goes_on(&mut self, c: char) -> bool {
        if self.host {
            self.host = !matches!(c, '/' | '?' | '#');
            // With a name and a password before it, and in brackets if it is an address of IPv6 (RFC 3986, 3.2).
            if self.host && c.is_ascii() && !c.is_ascii_alphanumeric() && !"-._~%:@[]".contains(c) {
                return false;
            }
        }
        if !c.is_ascii() && is_sign(c) {
            return false;
        }
        let ([round, square], change) = match c {
            '(' => ([true, false], 1),
            ')' => ([true, false], -1),
            '[' => ([false, true], 1),
            ']' => ([false, true], -1),
            _ => return !c.is_whitespace() && !c.is_control() && !"<>\"`|".contains(c),
        };
        for (open, concerned) in self.open.iter_mut().zip([round, square]) {
            if concerned {
                match open.checked_add_signed(change) {
                    Some(now) => *open = now,
                    None => return false,
                }
            }
        }
        true
    }
}

/// Neither a letter nor a digit, but a dash, a quotation mark, a full stop of China or an arrow.
fn is_sign(c: char) -> bool {
    matches!(c.general_category_group(), GeneralCategoryGroup::Punctuation | GeneralCategoryGroup::Symbol)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spot(before: &str) -> Option<Spot> {
        let mut links = Links::default();
        for (at, part) in before.split("{}").enumerate() {
            if at > 0 {
                links.field();
            }
            links.push(part);
        }
        links.field()
    }

    #[test]
    fn a_field_in_or_behind_an_address_belongs_to_it() {
        for (before, expected) in [
            ("https://example.org/?email={}&name=", Some(Spot::Inside)),
            ("See HTTP://example.org/", Some(Spot::Inside)),
            ("(https://example.org/", Some(Spot::Inside)),
            ("\nhttps://example.org/a_(b)/", Some(Spot::Inside)),
            ("page:https://example.org", Some(Spot::Inside)),
            ("<https://example.org/", Some(Spot::Inside)),
            ("https://пример.рф/?имя=", Some(Spot::Inside)),
            ("{}https://example.org/", Some(Spot::Inside)),
            ("www.example.org/", Some(Spot::Inside)),
            ("https://ann:s@www.example.org:80/", Some(Spot::Inside)),
            ("https://[2001:db8::1]/", Some(Spot::Inside)),
            ("https://", Some(Spot::Inside)),
            ("https://{}.example.org/?a=", Some(Spot::Inside)),
            ("https://example.org/news,", Some(Spot::Inside)),
            ("https://example.org/?a=1;b=", Some(Spot::Inside)),
            ("https://example.org/?a=1,{},", Some(Spot::Inside)),
            ("https://example.org/नमस्ते/", Some(Spot::Inside)),
            ("https://example.org, http://example.com/", Some(Spot::Inside)),
            ("mailto:", Some(Spot::Addressee)),
            ("mailto:{}?subject=", Some(Spot::Inside)),
        ] {
            assert_eq!(spot(before), expected, "{before}");
        }
    }

    #[test]
    fn a_field_beside_an_address_is_text() {
        for before in [
            "",
            "Dear ",
            "https://example.org ",
            "https://example.org\n",
            "<https://example.org>",
            "\"https://example.org\"",
            "«https://example.org»",
            "[page](https://example.org)",
            "https://example.org,",
            "https://example.org;",
            "https://example.org!",
            "www.example.org,",
            "https://example.org*",
            "https://example.org|",
            "https://example.org/|",
            "https://example.org/?a=b|",
            "https://example.org/—",
            "https://example.org/page–",
            "https://example.org/page»",
            "https://example.org/page„",
            "https://example.org/page…",
            "https://example.org/page→",
            "https://example.org/page。",
            "mailto:ann@example.org|",
            "(https://example.org)",
            "xhttps:/",
            "shttp://example.org/",
            "somebody@www.example.org/",
            "https:",
            "example.org/",
            "{}",
        ] {
            assert_eq!(spot(before), None, "{before}");
        }
    }
}
