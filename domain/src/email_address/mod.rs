//! An e-mail address, as far as it can be judged without asking its server.

mod parts;

use crate::refusal::told_by_code;
use crate::{Code, Refusal};
use email_address::{Error as Syntax, Options};
use serde::{Deserialize, Serialize};

/// The longest part before the @ (RFC 5321, 4.5.3.1.1).
const MAX_LOCAL_OCTETS: usize = 64;

/// A syntactically valid e-mail address (RFC 5321, 4.1.2), as it was typed except for blanks around it.
///
/// - A domain without a dot is accepted (`anna@localhost`): development and internal networks use them.
/// - A domain in brackets, one that is an IP address, and one with characters that no domain name has are refused.
/// - Letters outside ASCII are accepted on both sides, with the marks that many scripts put on them, but not in quotation marks,
///   where they need none; whether they can be delivered is up to the relay (RFC 6531).
/// - A domain with letters outside ASCII must have A-labels (IDNA 2008, UTS 46), by which the name service knows it.
/// - Blanks, brackets and commas stand before the @ in quotation marks only (`"ann b"@example.com`), and control characters
///   nowhere: what is accepted can neither end a line or a command of SMTP nor start another address in a header field.
///
/// Comparing is exact. Whether two addresses are the same mailbox is judged by [`EmailAddress::key`].
///
/// Reading one back from an event does not judge it again: what was accepted once stays accepted, whatever the rules
/// are by then.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EmailAddress(String);

/// Why a text is not an e-mail address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EmailError {
    /// There is no text.
    Missing,
    /// The text is longer than an address that mail servers accept.
    TooLong {
        /// The text's length in bytes.
        octets: usize,
    },
    /// The text is not written like an address.
    Invalid {
        /// The text that was given.
        address: String,
        /// What is wrong with it.
        fault: AddressFault,
    },
}

/// What is wrong with a text that is not written like an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressFault {
    /// The text has no @.
    NoAt,
    /// Nothing stands before the @.
    LocalEmpty,
    /// The part before the @ is longer than 64 bytes.
    LocalTooLong,
    /// The quotation marks before the @ hold what may not be there.
    Quoted,
    /// Nothing stands after the @.
    DomainEmpty,
    /// The part after the @ is longer than 254 bytes.
    DomainTooLong,
    /// A dot after the @ has nothing beside it.
    DotAlone,
    /// Between two dots after the @ are more than 63 bytes.
    LabelTooLong,
    /// The part after the @ has no A-labels.
    DomainUnknowable,
    /// The part after the @ has something else than letters, digits, dots and hyphens.
    DomainCharacter,
    /// The part after the @ ends in a number, like an IP address.
    DomainNumber,
    /// An address in brackets stands after the @.
    Brackets,
    /// A name, or < and >, stand around the address.
    NotBare,
    /// A character or a dot stands where none may be.
    Character,
}

impl Refusal for EmailError {
    fn code(&self) -> Code {
        match self {
            Self::Missing => Code::EmailMissing,
            Self::TooLong { .. } => Code::EmailTooLong,
            Self::Invalid { .. } => Code::EmailInvalid,
        }
    }

    fn field(&self) -> Option<&'static str> {
        Some("email")
    }
}

told_by_code!(EmailError);

impl EmailAddress {
    /// The longest address that fits a mail server's `RCPT TO` (RFC 5321, 4.5.3.1.3: 256 with its angle brackets).
    pub const MAX_OCTETS: usize = 254;

    /// Reads an address; blanks around it are dropped.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let address = text.trim();
        if address.is_empty() {
            return Err(EmailError::Missing);
        }
        if address.len() > Self::MAX_OCTETS {
            return Err(EmailError::TooLong { octets: address.len() });
        }
        judge(address).map_err(|fault| EmailError::Invalid { address: address.to_owned(), fault })?;
        Ok(Self(address.to_owned()))
    }

    /// One that was accepted before, as a read model has it. It is not judged again.
    #[must_use]
    pub fn taken(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The address as it was typed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The mailbox: one form for all spellings of an address, under which uniqueness is judged. Lower case, the domain in
    /// A-labels (`anna@пример.рф` and `anna@xn--e1afmkfd.xn--p1ai` are one mailbox), the part before the @ with no
    /// quotation marks that it does not need (`"ann"@example.com` is `ann@example.com`).
    ///
    /// RFC 5321, 2.4 lets a server tell `Anna@` from `anna@`; hardly one does, and two letters to the same person are
    /// the greater harm.
    #[must_use]
    pub fn key(&self) -> String {
        match parts::split(&self.0) {
            Some((local, domain)) => {
                let domain = parts::ascii_domain(domain).unwrap_or_else(|| parts::folded(domain));
                format!("{}@{domain}", parts::folded(&parts::local(local)))
            }
            // Only one that was accepted by rules of another time.
            None => parts::folded(&self.0),
        }
    }

    /// The key by the rules of before there was one mailbox for several spellings of a domain: all lower case.
    #[must_use]
    pub fn former_key(&self) -> String {
        self.0.to_lowercase()
    }

    /// The [key](Self::key), if it is not merely the address in lower case: then the database, which knows ASCII only,
    /// cannot make it.
    #[must_use]
    pub fn key_of_its_own(&self) -> Option<String> {
        Some(self.key()).filter(|key| *key != self.0.to_ascii_lowercase())
    }

    /// The two parts as a mail server is to get them: the one before the @ with no quotation marks that it does not need, the
    /// domain in ASCII. Nothing if the domain has no such form.
    #[must_use]
    pub fn on_the_wire(&self) -> Option<(String, String)> {
        let (local, domain) = parts::split(&self.0)?;
        let domain = if domain.is_ascii() { domain.to_owned() } else { parts::ascii_domain(domain)? };
        Some((parts::composed(&parts::local(local)), domain))
    }

    /// A [key](Self::key) as people read it: the domain in its own letters.
    #[must_use]
    pub fn readable(key: &str) -> String {
        match parts::split(key) {
            Some((local, domain)) => format!("{local}@{}", parts::readable_domain(domain)),
            None => key.to_owned(),
        }
    }
}

impl std::fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is wrong with it, if anything is.
fn judge(address: &str) -> Result<(), AddressFault> {
    let composed: String;
    let (local, domain) = match parts::split(address) {
        Some((local, domain)) if local.starts_with('"') => {
            if local == "\"\"" {
                return Err(AddressFault::LocalEmpty);
            }
            if local.len() > MAX_LOCAL_OCTETS {
                return Err(AddressFault::LocalTooLong);
            }
            if !parts::is_quoted(local) {
                return Err(AddressFault::Quoted);
            }
            // The marks and what is in them have been looked at.
            ("quoted", domain)
        }
        Some((local, domain)) => {
            composed = parts::composed(local);
            if local.is_ascii() || !parts::is_dot_string(&composed) {
                (composed.as_str(), domain)
            } else if composed.len() > MAX_LOCAL_OCTETS {
                return Err(AddressFault::LocalTooLong);
            } else {
                // The library knows letters and not the marks on them.
                ("letters", domain)
            }
        }
        // Without an @, or with an unclosed quotation mark.
        None => return check_syntax(address).and(Err(AddressFault::Character)),
    };
    if domain.is_ascii() {
        check_syntax(&format!("{local}@{domain}"))?;
        return check_domain(domain);
    }
    // By its A-labels, since what is longer in UTF-8 than a domain may be can be short enough there.
    let Some(ascii) = parts::ascii_domain(domain) else {
        return check_syntax(&format!("{local}@{domain}")).and(Err(AddressFault::DomainUnknowable));
    };
    check_syntax(&format!("{local}@{ascii}"))?;
    check_domain(&ascii)
}

fn check_syntax(address: &str) -> Result<(), AddressFault> {
    let options = Options::default().without_display_text().without_domain_literal();
    match email_address::EmailAddress::parse_with_options(address, options) {
        Ok(_) if address.contains('"') => Err(AddressFault::Character),
        Ok(_) => Ok(()),
        Err(error) => Err((&error).into()),
    }
}

/// What the syntax check lets through and mail servers do not.
fn check_domain(domain: &str) -> Result<(), AddressFault> {
    if domain.chars().any(|c| c.is_ascii() && !c.is_ascii_alphanumeric() && c != '-' && c != '.') {
        return Err(AddressFault::DomainCharacter);
    }
    // A last label of digits only makes an IP address (RFC 3696, 2), which would need brackets.
    if domain.rsplit('.').next().is_some_and(|label| label.bytes().all(|b| b.is_ascii_digit())) {
        return Err(AddressFault::DomainNumber);
    }
    Ok(())
}

impl From<&Syntax> for AddressFault {
    fn from(error: &Syntax) -> Self {
        match error {
            Syntax::MissingSeparator => Self::NoAt,
            Syntax::LocalPartEmpty => Self::LocalEmpty,
            Syntax::LocalPartTooLong => Self::LocalTooLong,
            Syntax::DomainEmpty => Self::DomainEmpty,
            Syntax::DomainTooLong => Self::DomainTooLong,
            Syntax::SubDomainEmpty | Syntax::DomainInvalidSeparator => Self::DotAlone,
            Syntax::SubDomainTooLong => Self::LabelTooLong,
            Syntax::UnsupportedDomainLiteral | Syntax::InvalidIPAddress => Self::Brackets,
            Syntax::UnsupportedDisplayName | Syntax::MissingDisplayName | Syntax::MissingEndBracket => Self::NotBare,
            Syntax::InvalidCharacter | Syntax::UnbalancedQuotes | Syntax::InvalidComment | Syntax::DomainTooFew => {
                Self::Character
            }
        }
    }
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
            "anna@länder-und-gemeinden-mit-sehr-langem-namen-in-äöü.example",
            "анна@очень-длинное-имя-домена-в-котором-больше-букв.рф",
            "संपर्क@डाटामेल.भारत",
            "सम्पर्क@example.in",
            "ข้อมูล@example.th",
            "மின்னஞ்சல்@example.com",
            "إِيمَيل@example.com",
            "דּוֹאַר@example.com",
            "می\u{200c}خواهم@example.ir",
            "क़लम.नाम@example.in",
            "lie\u{301}n\u{323}@example.vn",
            "😀@example.com",
            "\"ann..b\"@example.org",
            "\".ann.\"@example.org",
            "\"ann b\"@example.org",
            "\"a@b\"@example.org",
            "\"a,b;<c>\"@example.org",
            r#""a\"b\\c"@example.org"#,
            "\"ann\"@example.org",
        ] {
            assert_eq!(EmailAddress::parse(text).expect("an address").as_str(), text);
        }
        assert_eq!(EmailAddress::parse(" \tanna@example.com\r\n").expect("an address").as_str(), "anna@example.com");
    }

    #[test]
    fn what_is_no_address_is_refused_with_what_is_wrong() {
        for (text, fault) in [
            ("anna", AddressFault::NoAt),
            ("@example.com", AddressFault::LocalEmpty),
            ("anna@", AddressFault::DomainEmpty),
            ("anna@example..com", AddressFault::DotAlone),
            ("anna@example.com.", AddressFault::DotAlone),
            (".anna@example.com", AddressFault::Character),
            ("an na@example.com", AddressFault::Character),
            ("anna@petrova@example.com", AddressFault::Character),
            ("anna@-example.com", AddressFault::Character),
            ("Anna <anna@example.com>", AddressFault::NotBare),
            ("<anna@example.com>", AddressFault::Character),
            ("anna@example.com, boris@example.com", AddressFault::Character),
            ("anna@[192.0.2.1]", AddressFault::Brackets),
            ("anna@192.0.2.1", AddressFault::DomainNumber),
            ("anna@exa$mple.com", AddressFault::DomainCharacter),
            ("\"an\tna\"@example.com", AddressFault::Quoted),
            ("\"an\r\nRCPT TO:<b@c>\"@example.com", AddressFault::Quoted),
            ("\"anna\u{2028}\"@example.com", AddressFault::Quoted),
            ("\"\"@example.com", AddressFault::LocalEmpty),
            ("\"anna@example.com", AddressFault::Character),
            ("\"anna\\\"@example.com", AddressFault::Character),
            ("\"anna\"petrova@example.com", AddressFault::Character),
            ("anna\"petrova\"@example.com", AddressFault::Character),
            ("\"anna\"", AddressFault::NoAt),
            ("\"anna\"@", AddressFault::DomainEmpty),
            ("anna@１９２.0.2.1", AddressFault::DomainNumber),
            ("anna@пример＠example.com", AddressFault::Character),
            ("anna@при\u{2028}мер.com", AddressFault::Character),
            ("anna@אa.example", AddressFault::DomainUnknowable),
            ("сам сам@example.com", AddressFault::Character),
            ("संपर्क..क@example.com", AddressFault::Character),
            ("संपर्क,क@example.com", AddressFault::Character),
            ("anna＠home@example.com", AddressFault::Character),
            ("anna．home@example.com", AddressFault::Character),
            ("an\u{200b}na@example.com", AddressFault::Character),
            ("an\u{202e}na@example.com", AddressFault::Character),
            ("an\u{ad}na@example.com", AddressFault::Character),
            ("an\u{e000}na@example.com", AddressFault::Character),
            ("Анна <anna@example.com>", AddressFault::NotBare),
            ("anna@example.com\r\nRCPT TO:<boris@example.com>", AddressFault::Character),
        ] {
            let error = EmailAddress::parse(text).expect_err(text);
            assert_eq!(error.code(), Code::EmailInvalid, "{text}");
            assert_eq!(error, EmailError::Invalid { address: text.to_owned(), fault });
        }
    }

    #[test]
    fn a_missing_address_says_so() {
        for text in ["", "  \n"] {
            let error = EmailAddress::parse(text).expect_err("missing");
            assert_eq!(error.code(), Code::EmailMissing);
        }
    }

    #[test]
    fn the_limits_of_smtp_hold() {
        let domain = |length: usize| ["a".repeat(63), "b".repeat(63), "c".repeat(63), "d".repeat(length)].join(".");
        assert!(EmailAddress::parse(&format!("{}@{}", "l".repeat(64), "example.com")).is_ok());
        assert!(EmailAddress::parse(&format!("{}@{}", "l".repeat(65), "example.com")).is_err());
        assert!(EmailAddress::parse(&format!("a@{}", domain(60))).is_ok());
        // Bytes are counted in the form that travels: U+0958 becomes two characters there.
        assert!(EmailAddress::parse(&format!("{}@example.in", "सं".repeat(10))).is_ok());
        assert!(EmailAddress::parse(&format!("{}@example.in", "सं".repeat(11))).is_err());
        assert!(EmailAddress::parse(&format!("{}@example.in", "\u{958}".repeat(10))).is_ok());
        assert!(EmailAddress::parse(&format!("{}@example.in", "\u{958}".repeat(11))).is_err());
        let error = EmailAddress::parse(&format!("a@{}", domain(61))).expect_err("too long");
        assert_eq!(error.code(), Code::EmailTooLong);
        assert_eq!(error, EmailError::TooLong { octets: 255 });
    }

    #[test]
    fn all_spellings_of_a_mailbox_have_one_key() {
        let key = |text| EmailAddress::parse(text).expect(text).key();
        for spellings in [
            &["anna@example.com", "Anna@Example.COM", "\"anna\"@example.com", "\"ANN\\a\"@example.com"][..],
            &[
                "анна@пример.рф",
                "АННА@Пример.рф",
                "анна@xn--e1afmkfd.xn--p1ai",
                "анна@XN--E1AFMKFD.рф",
                "анна@пример。рф",
            ],
            &["full@birch.example", "full@ｂirch.example", "FULL@ＢＩＲＣＨ.example"],
            &["a@zoé.example", "a@zoe\u{301}.example", "a@xn--zo-cja.example", "a@ZOÉ.example"],
            &["zoé@example.com", "zoe\u{301}@example.com", "ZOÉ@example.com"],
            &["क\u{93c}लम@example.in", "\u{958}लम@example.in"],
            &["a@straße.example", "a@xn--strae-oqa.example"],
            &["\"ann..b\"@example.org", "\"Ann..\\b\"@EXAMPLE.org"],
            &["\"a b\"@xn--e1afmkfd.xn--p1ai", "\"a\\ b\"@пример.рф"],
        ] {
            let keys: Vec<String> = spellings.iter().map(|text| key(text)).collect();
            assert!(keys.iter().all(|it| *it == keys[0]), "{keys:?}");
            assert!(keys[0].rsplit_once('@').is_some_and(|(_, domain)| domain.is_ascii()), "{keys:?}");
        }
        for (one, other) in [
            ("anna+a@example.com", "anna@example.com"),
            ("a@straße.example", "a@strasse.example"),
            ("\"ann b\"@example.com", "annb@example.com"),
            ("\"ann..b\"@example.com", "ann.b@example.com"),
            // A Cyrillic "а".
            ("anna@example.com", "аnna@example.com"),
        ] {
            assert_ne!(key(one), key(other));
        }
        // An A-label that stands for nothing is compared as it is.
        assert_eq!(key("a@XN--A.example"), "a@xn--a.example");
    }

    #[test]
    fn a_key_is_its_own_where_the_database_could_not_make_it() {
        let key = |text| EmailAddress::parse(text).expect(text).key_of_its_own();
        for text in ["anna@example.com", "Anna@EXAMPLE.com", "anna@xn--e1afmkfd.xn--p1ai", "\"ann..b\"@example.com"] {
            assert_eq!(key(text), None, "{text}");
        }
        assert_eq!(key("anna@пример.рф").as_deref(), Some("anna@xn--e1afmkfd.xn--p1ai"));
        assert_eq!(key("\"anna\"@example.com").as_deref(), Some("anna@example.com"));
        assert_eq!(key("Анна@example.com").as_deref(), Some("анна@example.com"));
        assert_eq!(EmailAddress::readable("anna@xn--e1afmkfd.xn--p1ai"), "anna@пример.рф");
        assert_eq!(EmailAddress::readable("anna@example.com"), "anna@example.com");
    }

    #[test]
    fn a_mail_server_gets_the_domain_in_ascii_and_no_needless_quotation_marks() {
        for (text, local, domain) in [
            ("Anna@Example.com", "Anna", "Example.com"),
            ("анна@пример.рф", "анна", "xn--e1afmkfd.xn--p1ai"),
            ("\"ann\"@example.org", "ann", "example.org"),
            ("\"ann..b\"@example.org", "\"ann..b\"", "example.org"),
            (r#""a\b \"c"@example.org"#, r#""ab \"c""#, "example.org"),
            (r#""a\\b"@example.org"#, r#""a\\b""#, "example.org"),
            ("\"a@b\"@example.org", "\"a@b\"", "example.org"),
        ] {
            let wire = EmailAddress::parse(text).expect(text).on_the_wire();
            assert_eq!(wire, Some((local.to_owned(), domain.to_owned())), "{text}");
        }
    }

    #[test]
    fn an_address_from_the_log_is_not_judged_again() {
        let address: EmailAddress = serde_json::from_str("\"no longer valid\"").expect("still an address");
        assert_eq!(serde_json::to_string(&address).expect("json"), "\"no longer valid\"");
    }

    proptest! {
        #[test]
        fn no_text_makes_parsing_panic_and_what_is_accepted_is_one_clean_line(
            text in prop_oneof![
                "\\PC{0,10}[@ <>\"\\\\\t\r\n]?\\PC{0,10}@?\\PC{0,10}",
                "\"[a.@ <>\"\\\\\té]{0,8}\"@[a-z]{1,5}",
                "[a-z]{1,5}@\\PC{1,6}\\.\\PC{1,6}",
            ],
        ) {
            if let Ok(address) = EmailAddress::parse(&text) {
                let breaks = |c: char| c.is_control() || (c.is_whitespace() && c != ' ');
                let special = |c: char| c.is_whitespace() || "<>\",;:\\".contains(c);
                let (local, domain) = parts::split(address.as_str()).expect("two parts");
                prop_assert!(!address.as_str().chars().any(breaks));
                prop_assert!(local.starts_with('"') || !local.chars().any(special), "{}", address);
                prop_assert!(!domain.chars().any(special), "{}", address);
                let (local, domain) = address.on_the_wire().expect("a domain that is known");
                let wire = EmailAddress::parse(&format!("{local}@{domain}")).expect("still an address");
                prop_assert_eq!(wire.key(), address.key());
                prop_assert_eq!(EmailAddress::parse(address.as_str()), Ok(address));
            }
        }
    }
}
