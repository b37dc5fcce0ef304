//! Addresses in what servers write, wherever they stand.

use super::floor;

/// How long an address may be.
const LONGEST: usize = 320;

/// The addresses in a text, in the order in which they stand there, as many as are wanted. They look like addresses, and nobody has
/// proved that they are any.
pub(crate) fn addresses(text: &str, most: usize) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut from = 0;
    while found.len() < most
        && let Some(at) = text[from..].find('@').map(|at| from + at)
    {
        let local = start_of_local(&text[from..at]) + from;
        let domain = end_of_domain(&text[at + 1..]) + at + 1;
        let address = &text[local..domain];
        if local < at && domain > at + 1 && address.len() <= LONGEST && !found.iter().any(|known| known == address) {
            found.push(address.to_owned());
        }
        from = domain.max(at + 1);
    }
    found
}

/// The one address that a field names: the one in angle brackets, or the first one.
pub(crate) fn address(field: &str) -> Option<String> {
    let bracketed = field.rsplit_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(bare, _)| bare);
    bracketed.and_then(|bare| addresses(bare, 1).pop()).or_else(|| addresses(field, 1).pop())
}

/// The part after the @ of the one address that a field names, in small letters.
pub(crate) fn domain(field: &str) -> Option<String> {
    address(field).and_then(|address| address.rsplit_once('@').map(|(_, domain)| domain.to_lowercase()))
}

/// Where the part before an @ begins.
fn start_of_local(before: &str) -> usize {
    let tail = &before[floor(before, before.len().saturating_sub(LONGEST))..];
    let skipped = before.len() - tail.len();
    if let Some(quoted) = tail.strip_suffix('"') {
        return skipped + quoted.rfind('"').unwrap_or(tail.len());
    }
    let in_local = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    let start =
        tail.char_indices().rev().take_while(|(_, c)| in_local(*c)).last().map_or(tail.len(), |(start, _)| start);
    let local = &tail[start..];
    // Signs that stand before an address rather than in it.
    let bare = local.trim_start_matches(['\'', '`', '=', '/', '.', '*', '|', '-', '#']);
    skipped + tail.len() - bare.len()
}

/// Where the part after an @ ends.
fn end_of_domain(after: &str) -> usize {
    if after.starts_with('[') {
        return after.bytes().take(LONGEST).position(|byte| byte == b']').map_or(0, |end| end + 1);
    }
    let in_domain = |c: char| c.is_alphanumeric() || c == '.' || c == '-' || c == '_';
    let end = after.char_indices().take(LONGEST).find(|(_, c)| !in_domain(*c)).map(|(end, _)| end);
    let end = end.unwrap_or_else(|| floor(after, after.len().min(LONGEST)));
    after[..end].trim_end_matches(['.', '-', '_']).len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_are_found_wherever_they_stand() {
        for (text, expected) in [
            ("kim@example.org", &["kim@example.org"][..]),
            ("Kim <kim+x@mail.example.org>, <eva@example.org>.", &["kim+x@mail.example.org", "eva@example.org"]),
            ("rfc822;kim@example.org", &["kim@example.org"]),
            ("<\"kim smith\"@example.org>", &["\"kim smith\"@example.org"]),
            ("'kim@example.org'; kim@example.org", &["kim@example.org"]),
            ("RCPT TO:<o'neill@example.org>: no", &["o'neill@example.org"]),
            ("ящик анна@пример.рф, kim@[192.0.2.1]", &["анна@пример.рф", "kim@[192.0.2.1]"]),
            ("@ x@ @y a@b@c", &["a@b"]),
            ("b+abc2@bounce.example.org>", &["b+abc2@bounce.example.org"]),
            ("", &[]),
        ] {
            assert_eq!(addresses(text, 10), expected, "{text}");
        }
        assert_eq!(addresses(&"a@b ".repeat(100), 3).len(), 1);
        assert_eq!(addresses("a@b c@d e@f", 2).len(), 2);
    }

    #[test]
    fn the_address_of_a_field_is_the_one_in_brackets() {
        for (field, expected) in [
            ("\"kim@home\" <kim@example.org>", Some("kim@example.org")),
            ("kim@example.org (Kim)", Some("kim@example.org")),
            ("Kim <>", None),
            ("<>", None),
            ("Kim <kim>", None),
        ] {
            assert_eq!(address(field).as_deref(), expected, "{field}");
        }
        assert_eq!(domain("Kim <kim@Example.ORG>").as_deref(), Some("example.org"));
    }

    proptest! {
        #[test]
        fn whatever_somebody_writes_is_read_without_fault(text in "[a@.<>\"\\[\\]é ]{0,40}|.{0,60}") {
            for found in addresses(&text, 10) {
                prop_assert!(text.contains(&found) && found.contains('@'), "{found}");
            }
            let _ = address(&text);
        }
    }
}
