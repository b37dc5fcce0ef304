//! The codes in what mail servers say: enhanced ones (RFC 3463), and three digits (RFC 5321).

use domain::reply::EnhancedCode;

/// The codes that were found in a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Codes {
    /// The enhanced code that says most, and of those that say as much the first one.
    pub(crate) enhanced: Option<EnhancedCode>,
    /// The first three digits.
    pub(crate) reply: Option<u16>,
}

/// What stands before three digits that are a code, where they do not begin a line.
const CUES: [&str; 16] = [
    "said",
    "error",
    "repl",
    "respon",
    "return",
    "status",
    "code",
    "smtp",
    "answer",
    "diagnostic",
    "reason",
    "host",
    "rcpt",
    "data",
    "ответ",
    "ошибк",
];

impl Codes {
    /// Those in a text.
    pub(crate) fn of(text: &str) -> Self {
        let mut enhanced: Option<EnhancedCode> = None;
        for code in enhanced_codes(text) {
            if enhanced.is_none_or(|known| precision(known) < precision(code)) {
                enhanced = Some(code);
            }
        }
        Self { enhanced, reply: text.lines().find_map(three_digits) }
    }

    /// Whether there are none.
    pub(crate) fn is_empty(self) -> bool {
        self.enhanced.is_none() && self.reply.is_none()
    }

    /// 4 or 5, by the code that says most.
    pub(crate) fn class(self) -> Option<u8> {
        let reply = self.reply.and_then(|reply| u8::try_from(reply / 100).ok());
        self.enhanced.map(|code| code.class).or(reply)
    }

    /// The code as it is kept.
    pub(crate) fn shown(self) -> Option<String> {
        self.enhanced.map(|code| code.to_string()).or_else(|| self.reply.map(|reply| reply.to_string()))
    }
}

/// How much a code says: no more than its class (X.0.Z), what it is about (X.Y.0), or what exactly is the matter.
pub(crate) fn precision(code: EnhancedCode) -> u8 {
    match (code.subject, code.detail) {
        (0, _) => 0,
        (_, 0) => 1,
        (_, _) => 2,
    }
}

/// The enhanced codes of refusals in a text. What has the form of a code and is part of an address of the network, or of a version, is none.
fn enhanced_codes(text: &str) -> impl Iterator<Item = EnhancedCode> {
    let bytes = text.as_bytes();
    let starts = move |at: &usize| {
        matches!(bytes[*at], b'4' | b'5') && bytes.get(at + 1) == Some(&b'.') && !(*at > 0 && is_glued(bytes[at - 1]))
    };
    (0..bytes.len()).filter(starts).filter_map(move |at| {
        let length = bytes[at..].iter().take(12).take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
        let token = text[at..at + length].trim_end_matches('.');
        let follows = bytes.get(at + token.len()).is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
        token.parse().ok().filter(|code: &EnhancedCode| code.subject <= 7 && !follows)
    })
}

/// Whether what comes after this byte is not the beginning of a number.
fn is_glued(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'_' || byte >= 0x80
}

/// The three digits of a refusal in a line: at its beginning, after an address and a colon, or after a word that announces them.
fn three_digits(line: &str) -> Option<u16> {
    let begins = line.trim_start_matches(|c: char| !c.is_alphanumeric());
    if let Some(code) = code_at(begins.as_bytes(), 0) {
        return Some(code);
    }
    if let Some(code) = after_an_address(line).and_then(|said| code_at(said.as_bytes(), 0)) {
        return Some(code);
    }
    let lower = line.to_lowercase();
    let from = CUES.into_iter().filter_map(|cue| lower.find(cue)).min()?;
    let bytes = lower.as_bytes();
    let starts = |at: &usize| !is_glued(bytes[at - 1]) && bytes[at - 1] != b'[';
    (from.max(1)..bytes.len()).filter(starts).find_map(|at| code_at(bytes, at))
}

/// What follows after an address and a colon.
fn after_an_address(line: &str) -> Option<&str> {
    let (domain, said) = line.split_once('@')?.1.split_once(": ")?;
    (!domain.contains(' ')).then(|| said.trim_start())
}

/// The code that stands at a place.
fn code_at(bytes: &[u8], at: usize) -> Option<u16> {
    let digits = bytes.get(at..at + 3)?;
    let good = matches!(digits, [b'4' | b'5', b'0'..=b'7', b'0'..=b'9']);
    let ends = bytes.get(at + 3).is_none_or(|byte| b" -:;,)>]\"'#\t=".contains(byte))
        || bytes.get(at + 3) == Some(&b'.') && !bytes.get(at + 4).is_some_and(u8::is_ascii_digit);
    let number = digits.iter().fold(0, |number, digit| number * 10 + u16::from(digit.wrapping_sub(b'0')));
    (good && ends).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn codes_are_found_in_what_servers_say() {
        for (text, code, reply) in [
            ("550 5.1.1 <kim@example.org>: no such user", Some("5.1.1"), Some(550)),
            ("host mx.example.org[192.0.2.1] said: 550-5.1.1 no such", Some("5.1.1"), Some(550)),
            ("SMTP error from remote mail server after RCPT TO:<k@e.org>: 452 4.2.2 full", Some("4.2.2"), Some(452)),
            ("#5.1.1 smtp;550 no", Some("5.1.1"), Some(550)),
            ("5.3.0 other problem 554-'5.7.1 spam'", Some("5.7.1"), None),
            ("5.0.0 or 5.5.0 or 4.3.0", Some("5.5.0"), None),
            ("<<< 554 refused", None, Some(554)),
            ("(reason: 553 sorry)", None, Some(553)),
            ("<kim@example.org>: 553 sorry", None, Some(553)),
            ("kim@example.org has 550 letters, of size: 512 bytes", None, None),
            ("Error 550: gone", None, Some(550)),
            ("the server answered (550).", None, Some(550)),
            ("сервер ответил: 550 нет", None, Some(550)),
            ("see 5.1.1.4, 192.0.5.1.1, v5.1.1, Exim 4.94.2, 5.9.1x", None, None),
            ("we sent 550 letters at 10:45 to port 587", None, None),
            ("from host [550], 127.0.0.550, x550", None, None),
            ("2.1.5 delivered, 250 fine", None, None),
            ("5.4.310 no domain. 5.1.10", Some("5.4.310"), None),
            ("", None, None),
        ] {
            let codes = Codes::of(text);
            assert_eq!(codes.enhanced.map(|code| code.to_string()).as_deref(), code, "{text}");
            assert_eq!(codes.reply, reply, "{text}");
        }
    }

    #[test]
    fn the_enhanced_code_says_more_than_three_digits() {
        let codes = Codes::of("450 5.1.1 odd");
        assert_eq!((codes.class(), codes.shown().as_deref()), (Some(5), Some("5.1.1")));
        let codes = Codes::of("450 odd");
        assert_eq!((codes.class(), codes.shown().as_deref(), codes.is_empty()), (Some(4), Some("450"), false));
        assert_eq!((Codes::of("odd").class(), Codes::of("odd").shown()), (None, None));
    }

    proptest! {
        #[test]
        fn whatever_somebody_writes_is_read_without_fault(text in "[45. a-c:é-]{0,40}|.{0,60}") {
            let _ = Codes::of(&text);
        }
    }
}
