//! Where somebody can be reached by post, as it stands at the end of letters.

use crate::refusal::told_by_code;
use crate::{Code, Refusal};
use serde::{Deserialize, Serialize};

/// A postal address: lines without blanks around them, and none of them empty. What is sent to many has to name one in some countries
/// (the CAN-SPAM Act of the United States, for example).
///
/// Reading it back from an event does not judge it again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PostalAddress(String);

/// Why a text is not taken as a postal address: it has more than [`PostalAddress::MAX_CHARS`] characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostalAddressTooLong {
    /// The text's length in characters, after blanks have been collapsed.
    pub length: usize,
}

impl Refusal for PostalAddressTooLong {
    fn code(&self) -> Code {
        Code::PostalAddressTooLong
    }

    fn field(&self) -> Option<&'static str> {
        Some("postalAddress")
    }
}

told_by_code!(PostalAddressTooLong);

impl PostalAddress {
    /// The longest one that is kept, in characters.
    pub const MAX_CHARS: usize = 300;

    /// Reads a postal address; nothing but blanks is none. Blanks and control characters within a line become single blanks.
    pub fn parse(text: &str) -> Result<Option<Self>, PostalAddressTooLong> {
        let mut lines = Vec::new();
        for line in text.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) {
            let words: Vec<&str> =
                line.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect();
            if !words.is_empty() {
                lines.push(words.join(" "));
            }
        }
        let address = lines.join("\n");
        match address.chars().count() {
            0 => Ok(None),
            length if length > Self::MAX_CHARS => Err(PostalAddressTooLong { length }),
            _ => Ok(Some(Self(address))),
        }
    }

    /// One that was accepted before, as a read model has it. It is not judged again.
    #[must_use]
    pub fn taken(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The address, with line breaks between its lines.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The lines of the address.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.0.lines()
    }
}

impl std::fmt::Display for PostalAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_tidy_lines() {
        for (text, address) in [
            (
                "Friends of Trees\r\n  Lime  Street 1\n\n12345 Town\n",
                Some("Friends of Trees\nLime Street 1\n12345 Town"),
            ),
            ("Lime Street 1,\ta\0b", Some("Lime Street 1, a b")),
            ("улица Липовая, 1\u{2028}Город", Some("улица Липовая, 1\nГород")),
            ("", None),
            (" \n\t\r\n", None),
        ] {
            let parsed = PostalAddress::parse(text).expect("short enough");
            assert_eq!(parsed.as_ref().map(PostalAddress::as_str), address, "{text:?}");
        }
    }

    #[test]
    fn an_address_is_at_most_300_characters_long() {
        let longest = "ж".repeat(PostalAddress::MAX_CHARS);
        assert!(PostalAddress::parse(&longest).is_ok_and(|address| address.is_some()));
        assert_eq!(PostalAddress::parse(&format!("{longest}ж")), Err(PostalAddressTooLong { length: 301 }));
        assert_eq!(PostalAddressTooLong { length: 301 }.code().as_str(), "POSTAL_ADDRESS_TOO_LONG");
    }
}
