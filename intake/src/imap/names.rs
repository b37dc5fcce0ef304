//! Texts in commands: names of mailboxes, and what stands in quotes.

use base64::Engine as _;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::NO_PAD;

/// The base64 of names of mailboxes.
const NAMES: GeneralPurpose = GeneralPurpose::new(&IMAP_MUTF7, NO_PAD);

/// A text in quotes (RFC 3501, section 4.3); none if it has what cannot stand there.
pub(super) fn quoted(text: &str) -> Option<String> {
    let fits = |byte: u8| (b' '..=b'~').contains(&byte);
    if !text.bytes().all(fits) {
        return None;
    }
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    Some(quoted)
}

/// The name of a mailbox as it stands in commands: in quotes, what is beyond ASCII in modified UTF-7 (RFC 3501, section 5.1.3).
pub(super) fn mailbox(name: &str) -> String {
    let mut written = String::new();
    let mut beyond: Vec<u8> = Vec::new();
    for c in name.chars() {
        if !(' '..='~').contains(&c) {
            let mut units = [0; 2];
            beyond.extend(c.encode_utf16(&mut units).iter().flat_map(|unit| unit.to_be_bytes()));
            continue;
        }
        shift(&mut written, &mut beyond);
        match c {
            '&' => written.push_str("&-"),
            c => written.push(c),
        }
    }
    shift(&mut written, &mut beyond);
    // All that is in it fits now.
    quoted(&written).unwrap_or_default()
}

fn shift(written: &mut String, beyond: &mut Vec<u8>) {
    if !beyond.is_empty() {
        written.push('&');
        written.push_str(&NAMES.encode(beyond.as_slice()));
        written.push('-');
        beyond.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_mailboxes_are_written_as_the_rfc_has_them() {
        for (name, written) in [
            ("INBOX", r#""INBOX""#),
            ("Bounces/In 2026", r#""Bounces/In 2026""#),
            (r#"a"b\c"#, r#""a\"b\\c""#),
            ("Done & read", r#""Done &- read""#),
            // RFC 3501, section 5.1.3.
            ("~peter/mail/台北/日本語", r#""~peter/mail/&U,BTFw-/&ZeVnLIqe-""#),
            ("Обработано", r#""&BB4EMQRABDAEMQQ+BEIEMAQ9BD4-""#),
            ("😀", r#""&2D3eAA-""#),
        ] {
            assert_eq!(mailbox(name), written);
        }
    }

    #[test]
    fn what_cannot_stand_in_quotes_does_not() {
        assert_eq!(quoted(r#"s"c\ret"#).as_deref(), Some(r#""s\"c\\ret""#));
        for text in ["пароль", "a\r\nb", "a\0", "\u{7f}"] {
            assert_eq!(quoted(text), None, "{text:?}");
        }
    }
}
