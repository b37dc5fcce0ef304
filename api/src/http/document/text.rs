//! The text of a document, before anything reads it.
//!
//! The parser descends once per bracket, however many there are, and a stack that overflows ends the process. So brackets
//! are counted first, in one pass that knows where strings and comments are (GraphQL, October 2021, section 2.1).

use super::too_much::TooMuch;
use super::unread::Unread;
use crate::limits;

/// Whether the parser may see a text: reading it takes time and stack that are bounded.
pub(super) fn check(text: &str) -> Result<(), Unread> {
    let bytes = text.as_bytes();
    let (mut at, mut depth, mut tokens) = (0, 0_usize, 0_usize);
    let (mut syntax, mut texts) = (0_usize, 0_usize);
    while let Some(&byte) = bytes.get(at) {
        let length = match byte {
            b'"' => string(&bytes[at..]).ok_or_else(|| unclosed(&bytes[..at]))?,
            b'#' => run(&bytes[at..], |byte| !matches!(byte, b'\n' | b'\r')),
            b'.' => run(&bytes[at..], |byte| byte == b'.'),
            _ if is_of_word(byte) => run(&bytes[at..], is_of_word),
            _ => 1,
        };
        match byte {
            b'{' | b'[' | b'(' => depth += 1,
            b'}' | b']' | b')' => depth = depth.saturating_sub(1),
            _ if is_of_word(byte) && length > limits::NAME => {
                let number = byte.is_ascii_digit();
                return Err(Unread::TooMuch(if number { TooMuch::Number } else { TooMuch::Name }));
            }
            _ => {}
        }
        if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b',' | b'#') {
            tokens += 1;
        }
        if byte == b'"' {
            texts += length;
        } else {
            syntax += length;
        }
        if texts > limits::TEXTS {
            return Err(Unread::TooMuch(TooMuch::Texts));
        }
        if depth > limits::NESTING {
            return Err(Unread::TooMuch(TooMuch::Nesting));
        }
        if tokens > limits::PARTS || syntax > limits::SYNTAX {
            return Err(Unread::TooMuch(TooMuch::Parts));
        }
        at += length;
    }
    Ok(())
}

/// Whether names and numbers are made of it.
fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn run(bytes: &[u8], belongs: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|byte| !belongs(*byte)).unwrap_or(bytes.len())
}

/// How long the string is that begins here, with its quotes; none if it has no end.
fn string(bytes: &[u8]) -> Option<usize> {
    if bytes.starts_with(b"\"\"\"") {
        let mut at = 3;
        loop {
            let rest = bytes.get(at..).filter(|rest| !rest.is_empty())?;
            if rest.starts_with(b"\"\"\"") {
                return Some(at + 3);
            }
            at += if rest.starts_with(b"\\\"\"\"") { 4 } else { 1 };
        }
    }
    let mut at = 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\n' | b'\r' => return None,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

fn unclosed(before: &[u8]) -> Unread {
    Unread::Unclosed { line: before.split(|byte| *byte == b'\n').count() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;
    use domain::{Language, message};
    use proptest::prelude::*;
    use std::thread;
    use words::Sentence;

    const NESTED: Result<(), Unread> = Err(Unread::TooMuch(TooMuch::Nesting));

    /// An eighth of what a request has; without optimisation every call takes several times as much.
    const STACK: usize = if cfg!(debug_assertions) { 1024 } else { 256 } * 1024;

    /// Parses what passes. A stack that overflows ends the tests.
    fn parse_with_little_stack(texts: Vec<String>) {
        let parser = thread::Builder::new().stack_size(STACK).spawn(move || {
            for text in &texts {
                if check(text).is_ok() {
                    let _ = parse_query(text);
                }
            }
        });
        parser.expect("there is a thread").join().expect("parsing does not panic");
    }

    fn nested(open: &str, close: &str, levels: usize) -> String {
        format!("{}{}", open.repeat(levels), close.repeat(levels))
    }

    /// Everything in the grammar that is made of itself.
    fn nests(levels: usize) -> Vec<String> {
        vec![
            format!("{{ a{} }}", nested("{ a ", "}", levels)),
            format!("{{ a{} }}", nested("{ ... on A ", "", levels)),
            format!("{{ {}a{} }}", "...{".repeat(levels), "}".repeat(levels)),
            format!("{{ a(b: {}) }}", nested("[", "]", levels)),
            format!("{{ a(b: {}1{}) }}", "{a:".repeat(levels), "}".repeat(levels)),
            format!("{{ a @b(c: {}) }}", nested("[", "]", levels)),
            format!("query($a: {}A{}) {{ a }}", "[".repeat(levels), "]".repeat(levels)),
            format!("query($a: [A] = {}) {{ a }}", nested("[", "]", levels)),
            format!("query($a: A = {}1{}) {{ a }}", "{a:".repeat(levels), "}".repeat(levels)),
            format!("query($a: A @b(c: {})) {{ a }}", nested("[", "]", levels)),
            format!("query @a(b: {}) {{ a }}", nested("[", "]", levels)),
            format!("fragment a on A @a(b: {}) {{ a }}", nested("[", "]", levels)),
            format!("{{ ...a @a(b: {}) }}", nested("[", "]", levels)),
            format!("{{ a(b: {}", "[".repeat(levels)),
            "{a".repeat(levels),
            "{a(b:[{c:".repeat(levels),
        ]
    }

    #[test]
    fn what_may_be_parsed_needs_little_stack() {
        parse_with_little_stack((0..=limits::NESTING).flat_map(nests).collect());
    }

    #[test]
    fn whatever_nests_too_deep_is_not_parsed() {
        for levels in [limits::NESTING + 1, 1_350, 20_000] {
            for text in nests(levels) {
                assert!(matches!(check(&text), Err(Unread::TooMuch(_))), "{levels} {}", &text[..60]);
            }
        }
    }

    #[test]
    fn brackets_in_strings_and_comments_are_text() {
        let brackets = "[".repeat(limits::NESTING + 1);
        for (text, expected) in [
            (format!("{{ a(b: \"{brackets}\") }}"), Ok(())),
            (format!("{{ a(b: \"\\\"{brackets}\") }}"), Ok(())),
            (format!("{{ a(b: \"\\\\\" c: {brackets}"), NESTED),
            (format!("{{ a(b: \"\"\"{brackets}\"\"\") }}"), Ok(())),
            (format!("{{ a(b: \"\"\"\n\"\" \\\"\"\" {brackets}\"\"\") }}"), Ok(())),
            (format!("{{ a(b: \"\"\"\\\\\"\"\"{brackets}\"\"\") }}"), Ok(())),
            (format!("{{ a(b: \"\" c: {brackets}"), NESTED),
            (format!("{{ a(b: \"\"\"\"\"\" c: {brackets}"), NESTED),
            (format!("{{ a #{brackets}\n }}"), Ok(())),
            (format!("{{ a #\r{brackets}"), NESTED),
            (format!("{{ a #\"\n{brackets}"), NESTED),
            (format!("{{ a(b: \"#\" c: {brackets}"), NESTED),
            ("{ a(b: \"".to_owned(), Err(Unread::Unclosed { line: 1 })),
            (format!("{{ a(b: \"\n{brackets}"), Err(Unread::Unclosed { line: 1 })),
            (format!("{{\n a(b: \"\"\"{brackets}"), Err(Unread::Unclosed { line: 2 })),
            (format!("{{ a(b: [\"\"\"x\" {brackets}"), Err(Unread::Unclosed { line: 1 })),
        ] {
            assert_eq!(check(&text), expected, "{text}");
        }
    }

    #[test]
    fn a_document_has_a_bounded_number_of_parts() {
        let parts = |count: usize| format!("{{{}}}", " a".repeat(count));
        assert_eq!(check(&parts(limits::PARTS - 2)), Ok(()));
        for text in [
            parts(limits::PARTS),
            format!("{{ a(b: [{}]) }}", "1,".repeat(limits::PARTS)),
            format!("{{ a }}#{}", "x".repeat(limits::SYNTAX)),
        ] {
            assert_eq!(check(&text), Err(Unread::TooMuch(TooMuch::Parts)), "{}", &text[..40]);
        }
        let name = |length: usize| format!("{{ {} }}", "a".repeat(length));
        assert_eq!(check(&name(limits::NAME)), Ok(()));
        assert_eq!(check(&name(limits::NAME + 1)), Err(Unread::TooMuch(TooMuch::Name)));
        // A long letter is one part.
        let letter = |bytes: usize| format!("{{ a(b: \"\"\"{}\"\"\") }}", "[{( ".repeat(bytes / 4));
        assert_eq!(check(&letter(limits::INPUT)), Ok(()));
        assert_eq!(check(&letter(limits::TEXTS)), Err(Unread::TooMuch(TooMuch::Texts)));
    }

    #[test]
    fn a_number_without_end_is_called_a_number() {
        for (text, refused) in [
            ("9".repeat(40_000), TooMuch::Number),
            (format!("-{}", "9".repeat(40_000)), TooMuch::Number),
            (format!("1.{}", "0".repeat(40_000)), TooMuch::Number),
            ("a".repeat(40_000), TooMuch::Name),
            ("_1".repeat(20_000), TooMuch::Name),
        ] {
            assert_eq!(check(&format!("{{ a(first: {text}) }}")), Err(Unread::TooMuch(refused)), "{}", &text[..5]);
        }
        assert!(
            TooMuch::Number.said().told(Language::En).contains("a number")
                && TooMuch::Number.said().told(Language::Ru).contains("число")
        );
    }

    /// The parser takes its time for each sign of a text, so that signs are counted as they are written: a letter that is all
    /// escapes belongs into variables, and whoever writes one hears so.
    #[test]
    fn a_letter_that_is_nothing_but_escapes_is_told_to_be_written_otherwise() {
        let document = |letter: &str| format!("mutation {{ a(text: \"{letter}\", html: \"{letter}\") }}");
        let letters = message::MAX_BODY / "Ж".len();
        assert_eq!(check(&document(&"Ж".repeat(letters))), Ok(()));
        assert_eq!(check(&document(&"\\\"".repeat(message::MAX_BODY))), Ok(()));
        let escaped = check(&document(&"\\u0416".repeat(letters)));
        assert_eq!(escaped, Err(Unread::TooMuch(TooMuch::Texts)));
        assert!(TooMuch::Texts.said().told(Language::En).contains("not as \\u0416, or put long texts into variables"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        /// Pieces of documents, put together at random: what passes is parsed without overflowing.
        #[test]
        fn nothing_that_passes_overflows_the_parser(
            pieces in prop::collection::vec(prop::sample::select(vec![
                "{", "}", "[", "]", "(", ")", "{a", "a:", "[[", "{a:[", "(b:", "\"", "\"\"", "\"\"\"", "\\", "\\\"\"\"",
                "\\\\", "#", "\n", "\r", "...", "... on A", "a", "$a", ":", "=", "@a", "!", "1", "query", "fragment a on A",
                "query($a:", "{a(b:", " ", ",", "\u{feff}", "é",
            ]), 1..60),
            times in 1_usize..60,
        ) {
            let text = pieces.concat();
            parse_with_little_stack(vec![text.repeat(times), text]);
        }
    }
}
