//! The addresses to which letters come back, and to which recipients write to leave: one for each letter, without a row for it
//! (variable envelope return paths, VERP).
//!
//! The local part is a word that says what for, a separator, and a token ([`super::leave_link`]). It has 52 of the 64 octets that it may
//! have (RFC 5321, section 4.5.3.1.1), and all of it is small letters, digits and the separator, so that it survives servers that fold
//! case.

use super::leave_link::{Letterhead, LinkKey, Purpose, has_form};
use crate::sender_domain::DomainName;

/// The addresses of one installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnPaths {
    /// The domain whose mail comes in here.
    pub domain: DomainName,
    /// What stands between the word and the token.
    pub separator: Separator,
}

/// What stands between the word and the token. Mail servers that deliver such addresses have a setting for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Separator {
    /// A plus sign, as most mail servers have it.
    #[default]
    Plus,
    /// A hyphen, as qmail has it.
    Hyphen,
}

impl Separator {
    /// The sign itself.
    #[must_use]
    pub fn sign(self) -> char {
        match self {
            Self::Plus => '+',
            Self::Hyphen => '-',
        }
    }
}

impl ReturnPaths {
    /// The address for this purpose of that letter.
    #[must_use]
    pub fn address(&self, key: &LinkKey, purpose: Purpose, letter: Letterhead) -> String {
        self.with_token(purpose, &key.token(purpose, letter))
    }

    /// The address for this purpose with a token that was made before, or with one that is none.
    #[must_use]
    pub fn with_token(&self, purpose: Purpose, token: &str) -> String {
        let (word, sign) = (word(purpose), self.separator.sign());
        format!("{word}{sign}{token}@{}", self.domain)
    }

    /// What an address is for, and its token; none if it is none of these. Whether the token is one of ours says only the key that it
    /// was made with. Upper case reads like lower case, and either separator will do: letters that are out have the one of their time.
    #[must_use]
    pub fn read<'a>(&self, address: &'a str) -> Option<(Purpose, &'a str)> {
        let bare = address.trim();
        let bare = bare.strip_prefix('<').and_then(|bare| bare.strip_suffix('>')).unwrap_or(bare);
        let (local, domain) = bare.rsplit_once('@')?;
        let domain = domain.strip_suffix('.').unwrap_or(domain);
        if !domain.eq_ignore_ascii_case(self.domain.as_str()) {
            return None;
        }
        let (said, token) = local.split_once(['+', '-'])?;
        let purpose = Purpose::ALL.into_iter().find(|purpose| said.eq_ignore_ascii_case(word(*purpose)))?;
        Some((purpose, token))
    }
}

/// Whether a text is the local part of such an address, of whichever letter and with either separator. Whether its token is one of ours says
/// only the key that it was made with.
pub(crate) fn is_local_part(text: &str) -> bool {
    let parts = text.split_once(['+', '-']);
    let is_ours = |said: &str| Purpose::ALL.into_iter().any(|purpose| said.eq_ignore_ascii_case(word(purpose)));
    parts.is_some_and(|(said, token)| is_ours(said) && has_form(token))
}

/// The word that says what an address is for.
fn word(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Bounce => "b",
        Purpose::Unsubscribe => "u",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RunId;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn paths(separator: Separator) -> ReturnPaths {
        ReturnPaths { domain: DomainName::parse("bounce.example.org").expect("a domain"), separator }
    }

    fn key() -> LinkKey {
        LinkKey::new(1, [7; 32])
    }

    fn letter(run: u128, ordinal: u32) -> Letterhead {
        Letterhead { run: RunId(Uuid::from_u128(run)), ordinal }
    }

    #[test]
    fn an_address_fits_and_is_known_again_in_whatever_case() {
        for (separator, sign) in [(Separator::Plus, '+'), (Separator::Hyphen, '-')] {
            let paths = paths(separator);
            for (purpose, word) in [(Purpose::Bounce, 'b'), (Purpose::Unsubscribe, 'u')] {
                let address = paths.address(&key(), purpose, letter(7, 12));
                let (local, domain) = address.split_once('@').expect("an address");
                assert_eq!((local.len(), domain), (52, "bounce.example.org"));
                assert!(local.starts_with(&format!("{word}{sign}")), "{local}");
                for written in
                    [address.clone(), address.to_uppercase(), format!("<{address}>"), format!(" {address}. ")]
                {
                    let (said, token) = paths.read(&written).expect("one of ours");
                    assert_eq!(said, purpose, "{written}");
                    assert_eq!(key().read(said, token), Some(letter(7, 12)), "{written}");
                }
            }
        }
    }

    #[test]
    fn an_address_for_one_purpose_is_none_for_another() {
        let address = paths(Separator::Plus).address(&key(), Purpose::Bounce, letter(7, 12));
        let turned = format!("u{}", &address[1..]);
        let (purpose, token) = paths(Separator::Plus).read(&turned).expect("it looks like one");
        assert_eq!((purpose, key().read(purpose, token)), (Purpose::Unsubscribe, None));
    }

    #[test]
    fn an_address_with_a_token_that_is_there_already_is_the_same_one() {
        let paths = paths(Separator::Hyphen);
        let token = key().token(Purpose::Unsubscribe, letter(7, 12));
        let address = paths.address(&key(), Purpose::Unsubscribe, letter(7, 12));
        assert_eq!(paths.with_token(Purpose::Unsubscribe, &token), address);
        assert_eq!(paths.with_token(Purpose::Unsubscribe, "sample"), "u-sample@bounce.example.org");
    }

    #[test]
    fn other_addresses_are_none_of_these() {
        for address in [
            "",
            "@",
            "b+",
            "postmaster@bounce.example.org",
            "b@bounce.example.org",
            "c+aaaa@bounce.example.org",
            "b+aaaa@example.org",
            "b+aaaa@bounce.example.org.evil.example",
            "bb+aaaa@bounce.example.org",
        ] {
            assert_eq!(paths(Separator::Plus).read(address), None, "{address}");
        }
        let (_, token) = paths(Separator::Plus).read("b+@bounce.example.org").expect("it looks like one");
        assert_eq!(key().read(Purpose::Bounce, token), None);
    }

    proptest! {
        #[test]
        fn every_letter_has_an_address_of_its_own(run: u128, ordinal: u32, other: u128, place: u32) {
            prop_assume!((run, ordinal) != (other, place));
            let paths = paths(Separator::Plus);
            let address = |letter| paths.address(&key(), Purpose::Bounce, letter);
            prop_assert_ne!(address(letter(run, ordinal)), address(letter(other, place)));
        }

        #[test]
        fn whatever_somebody_writes_is_read_without_fault(text in ".{0,80}") {
            if let Some((purpose, token)) = paths(Separator::Plus).read(&text) {
                prop_assert_eq!(key().read(purpose, token), None);
            }
        }
    }
}
