//! What stands in a header, so that every reader reads what was written.
//!
//! A value is written plainly where nobody can misunderstand it. Everything else becomes encoded words (RFC 2047) from
//! beginning to end: what looks like an encoded word itself, what has blanks that folding would swallow, words that are longer
//! than a line, and in names all that means something there, such as commas, brackets and quotes. Strictly, some of that
//! could be quoted; readers that are not strict would take it for what it looks like.

use base64::{Engine, engine::general_purpose::STANDARD};
use lettre::message::header::{HeaderName, HeaderValue};

/// How long a line of a header with an encoded word may be (RFC 2047, section 2). Others may have two more.
const LINE: usize = 76;

/// How an encoded word begins and ends.
const ENCODED: (&str, &str) = ("=?utf-8?b?", "?=");

/// A header with free text, such as a subject: one line, however long. It is for the caller to see that it has no control
/// characters.
pub(super) fn text(name: HeaderName, value: &str) -> HeaderValue {
    let written = if is_plain(value) { folded(name.len() + 2, value) } else { encoded(name.len() + 2, value) };
    written_as(name, value, written)
}

/// A header with one address and a name, if there is one: it has no control characters, and is not empty.
pub(super) fn mailbox(header: &'static str, name: Option<&str>, address: &str) -> HeaderValue {
    let begin = header.len() + 2;
    let written = match name {
        None => address.to_owned(),
        Some(name) => {
            let name = phrase(begin, name);
            let line = name.rsplit("\r\n").next().unwrap_or_default().len();
            let before = if name.contains("\r\n") { 0 } else { begin };
            let blank = if before + line + address.len() + 3 > LINE { "\r\n " } else { " " };
            format!("{name}{blank}<{address}>")
        }
    };
    written_as(HeaderName::new_from_ascii_str(header), address, written)
}

/// lettre's own way of writing leaves what looks like an encoded word as it is, and lines as long as their words.
fn written_as(name: HeaderName, value: &str, written: String) -> HeaderValue {
    HeaderValue::dangerous_new_pre_encoded(name, value.to_owned(), written)
}

fn is_plain(value: &str) -> bool {
    let fits = |word: &str| !word.is_empty() && word.len() < LINE / 2;
    let printable = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
    value.bytes().all(printable) && !value.contains("=?") && (value.is_empty() || value.split(' ').all(fits))
}

/// A name before an address (RFC 5322, section 3.2.5).
fn phrase(begin: usize, name: &str) -> String {
    let is_atom = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if !is_plain(name) || begin + name.len() + 2 > LINE {
        encoded(begin, name)
    } else if name.bytes().all(is_atom) {
        name.to_owned()
    } else if name.bytes().all(|byte| is_atom(byte) || matches!(byte, b' ' | b'.' | b'\'')) {
        format!("\"{name}\"")
    } else {
        encoded(begin, name)
    }
}

/// Words with single blanks between, in lines. The first one begins in the column `begin`.
fn folded(begin: usize, value: &str) -> String {
    let mut lines = String::with_capacity(value.len() + value.len() / 16);
    let mut column = begin;
    for word in value.split(' ') {
        if lines.is_empty() {
            lines.push_str(word);
        } else if column + 1 + word.len() > LINE {
            lines.push_str("\r\n ");
            lines.push_str(word);
            column = 0;
        } else {
            lines.push(' ');
            lines.push_str(word);
        }
        column += 1 + word.len();
    }
    lines
}

/// Encoded words, one in each line. The first one begins in the column `begin`.
fn encoded(begin: usize, value: &str) -> String {
    let (start, end) = ENCODED;
    let mut lines = String::with_capacity(value.len() * 2);
    let (mut column, mut rest) = (begin, value);
    while !rest.is_empty() {
        let room = LINE.saturating_sub(column + start.len() + end.len()) / 4 * 3;
        // A character that is cut in two would be none in either word (RFC 2047, section 5).
        let (word, after) = rest.split_at(rest.floor_char_boundary(room));
        if !word.is_empty() {
            lines.push_str(start);
            STANDARD.encode_string(word, &mut lines);
            lines.push_str(end);
        }
        if !after.is_empty() {
            lines.push_str("\r\n ");
        }
        (column, rest) = (1, after);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use lettre::message::header::Headers;
    use mail_parser::MessageParser;
    use proptest::prelude::*;

    fn lines(header: HeaderValue) -> String {
        let mut headers = Headers::new();
        headers.insert_raw(header);
        headers.to_string()
    }

    fn subject(value: &str) -> String {
        lines(text(HeaderName::new_from_ascii_str("Subject"), value))
    }

    fn to(name: &str) -> String {
        lines(mailbox("To", Some(name), "kim@example.com"))
    }

    #[test]
    fn what_nobody_can_misunderstand_is_written_plainly() {
        for plain in ["Hello", "50% off, today only: \"everything\" (a < b) = ?", "a ? b", ""] {
            assert_eq!(subject(plain), format!("Subject: {plain}\r\n"));
        }
        for (name, written) in [("Kim", "Kim"), ("Kim O'Neil jr.", "\"Kim O'Neil jr.\""), (".", "\".\"")] {
            assert_eq!(to(name), format!("To: {written} <kim@example.com>\r\n"));
        }
    }

    #[test]
    fn what_looks_like_an_encoded_word_is_encoded() {
        assert_eq!(subject("=?utf-8?Q?=42?="), "Subject: =?utf-8?b?PT91dGYtOD9RPz00Mj89?=\r\n");
        assert_eq!(subject("a=?b"), "Subject: =?utf-8?b?YT0/Yg==?=\r\n");
        assert_eq!(to("=?utf-8?Q?=42?="), "To: =?utf-8?b?PT91dGYtOD9RPz00Mj89?= <kim@example.com>\r\n");
    }

    #[test]
    fn what_means_something_in_names_is_encoded() {
        for name in ["(a comment)", "a, b", "Friends: all;", "a@b", "<x>", "\"", "\\", "[x]"] {
            let encoded = STANDARD.encode(name);
            assert_eq!(to(name), format!("To: =?utf-8?b?{encoded}?= <kim@example.com>\r\n"));
        }
    }

    #[test]
    fn long_lines_are_folded_between_words_and_long_words_are_encoded() {
        let many = "word ".repeat(40) + "end";
        assert!(subject(&many).lines().count() > 2 && !subject(&many).contains("=?"));
        assert!(subject(&"x".repeat(2000)).starts_with("Subject: =?utf-8?b?eHh4"));
    }

    /// Anything, and often what is dangerous.
    fn any_value() -> impl Strategy<Value = String> {
        let dangerous = prop_oneof![
            Just("=?utf-8?Q?=42?=".to_owned()),
            Just("=?utf-8?b?QQ==?=".to_owned()),
            "[=?,;:<>@()\\[\\]\\\\\"'. a]{1,6}",
            "[a-z]{1,90}",
            "\\PC{0,30}",
            "ж{1,60}",
            "🚀{1,30}",
            " {1,3}",
        ];
        let joined = proptest::collection::vec(dangerous, 0..12).prop_map(|parts| parts.concat());
        // As `one_line` leaves it.
        joined.prop_map(|value| value.trim().to_owned())
    }

    fn are_well_formed(header: &str) -> bool {
        let lines: Vec<&str> = header.strip_suffix("\r\n").expect("an end").split("\r\n").collect();
        let words = |line: &&str| line.split(' ').all(|word| !word.starts_with("=?") || word.len() <= 75);
        header.is_ascii()
            && lines.iter().all(|line| line.len() <= 78 && !line.contains(['\r', '\n', '\t']) && !line.ends_with(' '))
            && lines.iter().skip(1).all(|line| line.starts_with(' ') && !line.trim().is_empty())
            && lines.iter().all(words)
    }

    proptest! {
        #[test]
        fn whatever_a_subject_is_another_parser_reads_the_same(value in any_value()) {
            let header = subject(&value);
            prop_assert!(value.is_empty() || are_well_formed(&header), "{:?}", header);
            let letter = format!("{header}\r\n");
            let letter = MessageParser::default().parse(&letter);
            prop_assert_eq!(letter.as_ref().and_then(|letter| letter.subject()).unwrap_or_default(), &value);
        }

        #[test]
        fn whatever_a_name_is_another_parser_reads_the_same(value in any_value(), long in any::<bool>()) {
            prop_assume!(!value.is_empty());
            let address = if long { format!("{}@example.com", "k".repeat(60)) } else { "k@example.com".to_owned() };
            let header = lines(mailbox("To", Some(&value), &address));
            prop_assert!(are_well_formed(&header), "{:?}", header);
            let letter = format!("{header}\r\n");
            let letter = MessageParser::default().parse(&letter).expect("a letter");
            let read = letter.to().and_then(|to| to.as_list()).expect("recipients");
            prop_assert_eq!(read.len(), 1);
            prop_assert_eq!((read[0].name(), read[0].address()), (Some(value.as_str()), Some(address.as_str())));
        }
    }
}
