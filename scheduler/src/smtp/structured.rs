//! Headers that are for programs: how to leave, and which letters belong together.
//!
//! Mail programs and the servers of those who get letters look for addresses in angle brackets and for single words there
//! (RFC 2369, 2919 and 8058), and most of them ignore a header in which these stand as encoded words (RFC 2047). So such a header
//! is made of what it consists of, by a function of its own; its value is plain ASCII, and where it has several addresses it is
//! folded behind the commas between them and nowhere else. What does not fit into that is refused and never written otherwise.

use super::letter::LetterError;
use lettre::message::header::{HeaderName, HeaderValue};
use url::Host;

/// A header that programs read.
#[derive(Debug, Clone, PartialEq)]
pub struct Structured(pub(super) HeaderValue);

impl Structured {
    /// The names of all of them. Nobody writes these as free text.
    pub(super) const NAMES: [&str; 5] =
        ["list-unsubscribe", "list-unsubscribe-post", "list-id", "feedback-id", "precedence"];

    /// `List-Unsubscribe`: the addresses where whoever got the letter can leave, the best one first (RFC 2369, section 3.2).
    /// Hosts in them are A-labels (RFC 5890), as a parsed URL has them.
    pub fn list_unsubscribe(addresses: &[&str]) -> Result<Self, LetterError> {
        const NAME: &str = "List-Unsubscribe";
        if addresses.is_empty() {
            return Err(refused(NAME, "there is no address to leave at"));
        }
        let mut value = String::with_capacity(addresses.iter().map(|address| address.len() + 5).sum());
        for address in addresses {
            let is_in_brackets = |byte: u8| byte.is_ascii_graphic() && byte != b'<' && byte != b'>';
            if address.is_empty() || !address.bytes().all(is_in_brackets) {
                return Err(refused(
                    NAME,
                    "an address to leave at is not in plain ASCII, or has blanks or angle brackets",
                ));
            }
            if !value.is_empty() {
                value.push_str(",\r\n ");
            }
            value.push('<');
            value.push_str(address);
            value.push('>');
        }
        Ok(Self::written(NAME, value))
    }

    /// `List-Unsubscribe-Post`: a `POST` to the address of `List-Unsubscribe` is enough to leave (RFC 8058, section 3.1). It has
    /// to be an address with https.
    #[must_use]
    pub fn list_unsubscribe_post() -> Self {
        Self::written("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned())
    }

    /// `List-Id`: letters of the same list have the same one for ever (RFC 2919). The list has its name, which is one label,
    /// below the host of whoever runs it.
    pub fn list_id(list: &str, host: &str) -> Result<Self, LetterError> {
        const NAME: &str = "List-Id";
        let host = match Host::parse(host) {
            Ok(Host::Domain(domain)) => domain.trim_end_matches('.').to_owned(),
            Ok(Host::Ipv4(address)) => address.to_string(),
            // A colon stands in no name of a list.
            Ok(Host::Ipv6(address)) => address.to_string().replace(':', "-"),
            Err(_) => return Err(refused(NAME, "its host is none")),
        };
        if list.contains('.') || !is_dotted(list) || !is_dotted(&host) {
            return Err(refused(NAME, "its name has characters that names of lists cannot have"));
        }
        Ok(Self::written(NAME, format!("<{list}.{host}>")))
    }

    /// `Feedback-ID`: by which of the first three parts complaints are counted for the sender, whom the last one names. Large
    /// providers of mailboxes agreed on it; no RFC has it. Nothing in it tells who got the letter.
    pub fn feedback_id(parts: [&str; 4]) -> Result<Self, LetterError> {
        const NAME: &str = "Feedback-ID";
        let is_word =
            |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        if !parts.into_iter().all(is_word) {
            return Err(refused(
                NAME,
                "each of its parts is one word of letters, digits, hyphens, underscores and dots",
            ));
        }
        Ok(Self::written(NAME, parts.join(":")))
    }

    /// `Precedence: bulk`: the letter went to many, and no holiday note need answer it (RFC 3834, section 2).
    #[must_use]
    pub fn precedence_bulk() -> Self {
        Self::written("Precedence", "bulk".to_owned())
    }

    fn written(name: &'static str, value: String) -> Self {
        let name = HeaderName::new_from_ascii_str(name);
        Self(HeaderValue::dangerous_new_pre_encoded(name, value.clone(), value))
    }
}

fn refused(name: &str, why: &'static str) -> LetterError {
    LetterError::Header { name: name.to_owned(), why }
}

/// Whether it is words with dots between, as domains are (`dot-atom-text` of RFC 5322, section 3.2.3).
fn is_dotted(text: &str) -> bool {
    let is_atom = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    text.split('.').all(|word| !word.is_empty() && word.bytes().all(is_atom))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lettre::message::header::Headers;
    use mail_parser::MessageParser;
    use proptest::prelude::*;

    fn lines(header: Structured) -> String {
        let mut headers = Headers::new();
        headers.insert_raw(header.0);
        headers.to_string()
    }

    /// What another parser takes for the addresses in `List-Unsubscribe`.
    fn addresses_in(header: &str) -> Vec<String> {
        let letter = format!("{header}\r\n");
        let letter = MessageParser::default().parse(&letter).expect("a letter");
        let read = letter.list_unsubscribe().as_address().and_then(|list| list.as_list()).expect("a list");
        read.iter().map(|one| one.address().unwrap_or_default().to_owned()).collect()
    }

    #[test]
    fn headers_are_written_as_programs_look_for_them() {
        let id = "0190c5a4-0000-7000-8000-000000000001";
        for (header, written) in [
            (
                Structured::list_unsubscribe(&["https://mail.example.org/u/abc"]).expect("an address"),
                "List-Unsubscribe: <https://mail.example.org/u/abc>\r\n".to_owned(),
            ),
            (
                Structured::list_unsubscribe(&["https://mail.example.org/u/abc", "mailto:u+abc@example.org?subject=x"])
                    .expect("addresses"),
                "List-Unsubscribe: <https://mail.example.org/u/abc>,\r\n <mailto:u+abc@example.org?subject=x>\r\n"
                    .to_owned(),
            ),
            (Structured::list_unsubscribe_post(), "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n".to_owned()),
            (
                Structured::list_id(id, "mail.example.org").expect("a list"),
                format!("List-Id: <{id}.mail.example.org>\r\n"),
            ),
            (
                Structured::feedback_id([id, id, "bulk", "skymailing"]).expect("words"),
                format!("Feedback-ID: {id}:{id}:bulk:skymailing\r\n"),
            ),
            (Structured::precedence_bulk(), "Precedence: bulk\r\n".to_owned()),
        ] {
            assert_eq!(lines(header), written);
        }
    }

    #[test]
    fn a_list_is_below_its_host_whatever_the_host_is() {
        for (host, written) in [
            ("bücher.example", "<7.xn--bcher-kva.example>"),
            ("xn--bcher-kva.example", "<7.xn--bcher-kva.example>"),
            ("MAIL.example.org.", "<7.mail.example.org>"),
            ("localhost", "<7.localhost>"),
            ("192.0.2.1", "<7.192.0.2.1>"),
            ("[2001:db8::1]", "<7.2001-db8--1>"),
        ] {
            let header = Structured::list_id("7", host).map(lines);
            assert_eq!(header, Ok(format!("List-Id: {written}\r\n")), "{host}");
        }
    }

    #[test]
    fn what_would_end_a_value_or_begin_another_one_is_refused() {
        for address in ["", "https://bücher.example/", "https://a.example/ b", "<https://a.example/>", "a>\r\nBcc: <b"]
        {
            let refused = Structured::list_unsubscribe(&[address]);
            assert!(matches!(refused, Err(LetterError::Header { .. })), "{address:?}");
        }
        assert!(Structured::list_unsubscribe(&[]).is_err());
        for (list, host) in
            [("", "a.example"), ("a.b", "a.example"), ("a b", "a.example"), ("a", ""), ("a", "b>\r\nX: c")]
        {
            assert!(Structured::list_id(list, host).is_err(), "{list:?} {host:?}");
        }
        for part in ["", "a:b", "a b", "ж", "a\r\nBcc: b"] {
            assert!(Structured::feedback_id(["1", part, "bulk", "skymailing"]).is_err(), "{part:?}");
        }
    }

    #[test]
    fn all_of_them_are_known_by_name() {
        let headers = [
            Structured::list_unsubscribe(&["https://a.example/"]).expect("an address"),
            Structured::list_unsubscribe_post(),
            Structured::list_id("1", "a.example").expect("a list"),
            Structured::feedback_id(["1", "2", "3", "4"]).expect("words"),
            Structured::precedence_bulk(),
        ];
        let names = headers.map(|header| lines(header).split(':').next().unwrap_or_default().to_lowercase());
        assert_eq!(names.each_ref().map(String::as_str), Structured::NAMES);
    }

    proptest! {
        #[test]
        fn whatever_an_address_is_another_parser_reads_the_same(
            token in "[a-z2-7]{50}",
            host in "[a-z]{1,30}(\\.[a-z]{2,20}){0,4}",
            mailbox in proptest::option::of("[a-z0-9+]{1,64}@[a-z]{1,30}\\.example"),
        ) {
            let page = format!("https://{host}/u/{token}");
            let mail = mailbox.map(|mailbox| format!("mailto:{mailbox}?subject=unsubscribe"));
            let addresses: Vec<&str> = std::iter::once(page.as_str()).chain(mail.as_deref()).collect();
            let header = lines(Structured::list_unsubscribe(&addresses).expect("addresses"));
            prop_assert!(header.is_ascii() && !header.contains("=?"));
            prop_assert_eq!(header.matches("\r\n").count(), addresses.len());
            prop_assert!(header.split("\r\n").all(|line| line.len() <= 998));
            prop_assert_eq!(addresses_in(&header), addresses);
        }

        #[test]
        fn whatever_is_asked_for_no_line_is_added_and_everything_is_ascii(text in "\\PC{0,20}|[<>,\r\n\t a-z.:@]{0,20}") {
            let headers = [
                Structured::list_unsubscribe(&[&text]),
                Structured::list_id(&text, "a.example"),
                Structured::list_id("1", &text),
                Structured::feedback_id(["1", &text, "3", "4"]),
            ];
            for header in headers.into_iter().flatten() {
                let written = lines(header);
                prop_assert!(written.is_ascii() && written.matches(['\r', '\n']).count() == 2, "{written:?}");
            }
        }
    }
}
