//! An e-mail address, as far as it can be judged without asking its server.

use crate::{Refusal, Said, counted_in_russian};
use email_address::{Error as Syntax, Options};
use serde::{Deserialize, Serialize};

/// The longest address that fits a mail server's `RCPT TO` (RFC 5321, 4.5.3.1.3: 256 with its angle brackets).
pub(crate) const MAX_OCTETS: usize = 254;

/// A syntactically valid e-mail address (RFC 5321, 4.1.2), as it was typed except for blanks around it.
///
/// - A domain without a dot is accepted (`anna@localhost`): development and internal networks use them.
/// - A domain in brackets, one that is an IP address, and one with characters that no domain name has are refused.
/// - Letters outside ASCII are accepted on both sides; whether they can be delivered is up to the relay (RFC 6531).
/// - A part before the @ in quotation marks is refused, and with it every blank, control character and bracket: what
///   is accepted can neither end a line or a command of SMTP nor start another address in a header field.
///
/// What is accepted is also an address for lettre, in envelopes and in header fields.
///
/// Comparing is exact. Whether two addresses count as the same one is judged by [`EmailAddress::key`].
///
/// Reading one back from an event does not judge it again: what was accepted once stays accepted, whatever the rules
/// are by then.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EmailAddress(String);

/// Why a text is not an e-mail address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    /// There is no text.
    #[error("the e-mail address is missing; write one such as anna@example.com")]
    Missing,
    /// It is longer than mail servers accept.
    #[error("the e-mail address has {octets} bytes, more than the {MAX_OCTETS} that mail servers accept; shorten it")]
    TooLong {
        /// Its length in bytes.
        octets: usize,
    },
    /// It is not written like an address.
    #[error("{address:?} is not an e-mail address: {reason}")]
    Invalid {
        /// What was given.
        address: String,
        /// What is wrong with it, and what to do.
        reason: Said,
    },
}

impl Refusal for EmailError {
    fn code(&self) -> &'static str {
        match self {
            Self::Missing => "EMAIL_MISSING",
            Self::TooLong { .. } => "EMAIL_TOO_LONG",
            Self::Invalid { .. } => "EMAIL_INVALID",
        }
    }

    fn field(&self) -> Option<&'static str> {
        Some("email")
    }

    fn in_russian(&self) -> String {
        match self {
            Self::Missing => "укажите адрес электронной почты, например anna@example.com".to_owned(),
            Self::TooLong { octets } => {
                let octets = counted_in_russian(*octets as u64, ["байт", "байта", "байт"]);
                format!("в адресе {octets}, а почтовые серверы принимают не больше {MAX_OCTETS}; сократите его")
            }
            Self::Invalid { address, reason } => format!("{address:?} — не адрес электронной почты: {}", reason.ru),
        }
    }
}

impl EmailAddress {
    /// Reads an address; blanks around it are dropped.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let address = text.trim();
        if address.is_empty() {
            return Err(EmailError::Missing);
        }
        if address.len() > MAX_OCTETS {
            return Err(EmailError::TooLong { octets: address.len() });
        }
        let options = Options::default().without_display_text().without_domain_literal();
        email_address::EmailAddress::parse_with_options(address, options)
            .map_err(|error| reason(&error))
            .and_then(|_| check_characters(address))
            .map_err(|reason| EmailError::Invalid { address: address.to_owned(), reason })?;
        Ok(Self(address.to_owned()))
    }

    /// The address as it was typed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form under which uniqueness is judged: all lower case.
    ///
    /// RFC 5321, 2.4 lets a server tell `Anna@` from `anna@`; hardly one does, and two letters to the same person are
    /// the greater harm.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

impl std::fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the syntax check lets through and mail servers do not.
fn check_characters(address: &str) -> Result<(), Said> {
    // Valid by RFC 5321 and next to never seen; many programs on the way, lettre among them, misread it.
    if address.contains('"') {
        return Err(Said::new(
            "quotation marks before the @ are not supported; write it like anna@example.com",
            "кавычки перед @ не поддерживаются; укажите адрес вида anna@example.com",
        ));
    }
    let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
    if domain.chars().any(|c| c.is_ascii() && !c.is_ascii_alphanumeric() && c != '-' && c != '.') {
        return Err(Said::new(
            "the part after the @ may only have letters, digits, dots and hyphens",
            "после @ могут быть только буквы, цифры, точки и дефисы",
        ));
    }
    // A last label of digits only makes an IP address (RFC 3696, 2), which would need brackets.
    if domain.rsplit('.').next().is_some_and(|label| label.bytes().all(|b| b.is_ascii_digit())) {
        return Err(Said::new(
            "the part after the @ ends in a number; write a domain name such as example.com",
            "часть после @ оканчивается числом; укажите доменное имя, например example.com",
        ));
    }
    Ok(())
}

fn reason(error: &Syntax) -> Said {
    let (en, ru) = match error {
        Syntax::MissingSeparator => {
            ("it has no @; write it like anna@example.com", "в нём нет @; укажите адрес вида anna@example.com")
        }
        Syntax::LocalPartEmpty => (
            "nothing stands before the @; write it like anna@example.com",
            "перед @ ничего нет; укажите адрес вида anna@example.com",
        ),
        Syntax::LocalPartTooLong => ("the part before the @ is longer than 64 bytes", "часть перед @ длиннее 64 байт"),
        Syntax::DomainEmpty => (
            "nothing stands after the @; write it like anna@example.com",
            "после @ ничего нет; укажите адрес вида anna@example.com",
        ),
        Syntax::DomainTooLong => ("the part after the @ is longer than 254 bytes", "часть после @ длиннее 254 байт"),
        Syntax::SubDomainEmpty | Syntax::DomainInvalidSeparator => {
            ("a dot after the @ has nothing beside it", "рядом с точкой после @ ничего нет")
        }
        Syntax::SubDomainTooLong => {
            ("between two dots after the @ are more than 63 bytes", "между двумя точками после @ больше 63 байт")
        }
        Syntax::UnsupportedDomainLiteral | Syntax::InvalidIPAddress => (
            "an address in brackets after the @ is not supported; write a domain name",
            "адрес в скобках после @ не поддерживается; укажите доменное имя",
        ),
        Syntax::UnsupportedDisplayName | Syntax::MissingDisplayName | Syntax::MissingEndBracket => (
            "write the bare address, without a name and without < and >",
            "укажите только адрес, без имени и без < и >",
        ),
        Syntax::InvalidCharacter | Syntax::UnbalancedQuotes | Syntax::InvalidComment | Syntax::DomainTooFew => (
            "it has a character or a dot where none may be; write it like anna@example.com",
            "в нём символ или точка там, где их быть не может; укажите адрес вида anna@example.com",
        ),
    };
    Said::new(en, ru)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses_that_people_have_are_accepted() {
        for text in [
            "anna@example.com",
            "a@localhost",
            "anna.petrova+news@mail.example.co.uk",
            "o'neill@example.com",
            "анна@пример.рф",
            "anna@xn--e1afmkfd.xn--p1ai",
            "1@1and1.com",
            "anna@3com.com",
        ] {
            assert_eq!(EmailAddress::parse(text).expect("an address").as_str(), text);
        }
        assert_eq!(EmailAddress::parse(" \tanna@example.com\r\n").expect("an address").as_str(), "anna@example.com");
    }

    #[test]
    fn what_is_no_address_is_refused_with_the_reason() {
        for (text, part) in [
            ("anna", "it has no @"),
            ("@example.com", "nothing stands before the @"),
            ("anna@", "nothing stands after the @"),
            ("anna@example..com", "a dot after the @ has nothing beside it"),
            ("anna@example.com.", "a dot after the @ has nothing beside it"),
            (".anna@example.com", "a character or a dot where none may be"),
            ("an na@example.com", "a character or a dot where none may be"),
            ("anna@petrova@example.com", "a character or a dot where none may be"),
            ("anna@-example.com", "a character or a dot where none may be"),
            ("Anna <anna@example.com>", "write the bare address"),
            ("<anna@example.com>", "a character or a dot where none may be"),
            ("anna@example.com, boris@example.com", "a character or a dot where none may be"),
            ("anna@[192.0.2.1]", "an address in brackets"),
            ("anna@192.0.2.1", "ends in a number"),
            ("anna@exa$mple.com", "may only have letters, digits, dots and hyphens"),
            ("\"anna petrova\"@example.com", "quotation marks before the @ are not supported"),
            ("\"an\tna\"@example.com", "quotation marks before the @ are not supported"),
            ("anna@example.com\r\nRCPT TO:<boris@example.com>", "a character or a dot where none may be"),
        ] {
            let error = EmailAddress::parse(text).expect_err(text);
            assert_eq!(error.code(), "EMAIL_INVALID", "{text}");
            assert!(error.to_string().contains(part), "{text}: {error}");
            assert!(!error.to_string().chars().any(char::is_control), "{error:?}");
        }
    }

    #[test]
    fn a_missing_address_says_so() {
        for text in ["", "  \n"] {
            let error = EmailAddress::parse(text).expect_err("missing");
            assert_eq!(error.code(), "EMAIL_MISSING");
        }
    }

    #[test]
    fn the_limits_of_smtp_hold() {
        let domain = |length: usize| ["a".repeat(63), "b".repeat(63), "c".repeat(63), "d".repeat(length)].join(".");
        assert!(EmailAddress::parse(&format!("{}@{}", "l".repeat(64), "example.com")).is_ok());
        assert!(EmailAddress::parse(&format!("{}@{}", "l".repeat(65), "example.com")).is_err());
        assert!(EmailAddress::parse(&format!("a@{}", domain(60))).is_ok());
        let error = EmailAddress::parse(&format!("a@{}", domain(61))).expect_err("too long");
        assert_eq!(error.code(), "EMAIL_TOO_LONG");
        assert_eq!(
            error.to_string(),
            "the e-mail address has 255 bytes, more than the 254 that mail servers accept; shorten it"
        );
    }

    #[test]
    fn the_key_ignores_case_only() {
        let key = |text| EmailAddress::parse(text).expect("an address").key();
        assert_eq!(key("Anna@Example.COM"), key("anna@example.com"));
        assert_eq!(key("АННА@Пример.рф"), key("анна@пример.рф"));
        assert_ne!(key("anna+a@example.com"), key("anna@example.com"));
    }

    #[test]
    fn an_address_from_the_log_is_not_judged_again() {
        let address: EmailAddress = serde_json::from_str("\"no longer valid\"").expect("still an address");
        assert_eq!(serde_json::to_string(&address).expect("json"), "\"no longer valid\"");
    }

    proptest! {
        #[test]
        fn no_text_makes_parsing_panic_and_what_is_accepted_is_one_clean_line(
            text in "\\PC{0,10}[@ <>\"\\\\\t\r\n]?\\PC{0,10}@?\\PC{0,10}",
        ) {
            if let Ok(address) = EmailAddress::parse(&text) {
                let special = |c: char| c.is_control() || c.is_whitespace() || "<>\",;:\\".contains(c);
                prop_assert!(!address.as_str().chars().any(special));
                prop_assert_eq!(EmailAddress::parse(address.as_str()), Ok(address));
            }
        }
    }
}
