//! The two parts of an address, and the one form that all spellings of each have in common.

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use std::borrow::Cow;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

/// What stands before the @ and what stands behind it. In quotation marks there may be further ones (RFC 5321, 4.1.2).
pub(super) fn split(address: &str) -> Option<(&str, &str)> {
    let Some(quoted) = address.strip_prefix('"') else { return address.rsplit_once('@') };
    let mut escaped = false;
    let closing = quoted.find(|c| {
        let closes = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        closes
    })?;
    let (local, domain) = address.split_at(closing + 2);
    domain.strip_prefix('@').map(|domain| (local, domain))
}

/// A part before the @ with no more quotation marks than it needs (RFC 5321, 4.1.2: a sender should use the form with the
/// least of them): `"ann"` is `ann`, and `"a\nn..b"` is `"ann..b"`.
pub(super) fn local(local: &str) -> Cow<'_, str> {
    let Some(quoted) = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return local.into() };
    let mut plain = String::with_capacity(quoted.len());
    let mut chars = quoted.chars();
    while let Some(c) = chars.next() {
        plain.push(if c == '\\' { chars.next().unwrap_or(c) } else { c });
    }
    if is_dot_string(&plain) {
        return plain.into();
    }
    format!("\"{}\"", plain.replace('\\', "\\\\").replace('"', "\\\"")).into()
}

/// Whether it may stand before the @ as it is: words with single dots between.
pub(super) fn is_dot_string(text: &str) -> bool {
    let is_atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || is_beyond_ascii(c);
    text.split('.').all(|word| !word.is_empty() && word.chars().all(is_atom))
}

/// Whether this stands in quotation marks rightly: printable ASCII (what is beyond it needs no quotation marks, and mail
/// libraries take it only without), and what is a quotation mark or a backslash has one before it.
pub(super) fn is_quoted(local: &str) -> bool {
    let Some(quoted) = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return false };
    let (mut escaped, mut good) = (false, !quoted.is_empty());
    for c in quoted.chars() {
        good &= (' '..='~').contains(&c);
        good &= escaped || c != '"';
        escaped = c == '\\' && !escaped;
    }
    good && !escaped
}

/// A character beyond ASCII that people can see and write: letters, the marks that many scripts put on them, digits and signs (RFC
/// 6531, 3.3, leaves the choice to the server that has the mailbox), and the two joiners without which some words of Persian
/// and of the languages of India cannot be written. Signs that other programs may take for one of ASCII's, such as a wide @,
/// would make another address of it.
fn is_beyond_ascii(c: char) -> bool {
    if c.is_ascii() {
        return false;
    }
    match c.general_category_group() {
        GeneralCategoryGroup::Letter | GeneralCategoryGroup::Mark | GeneralCategoryGroup::Number => true,
        GeneralCategoryGroup::Punctuation | GeneralCategoryGroup::Symbol => {
            std::iter::once(c).nfkc().all(|c| !c.is_ascii() || c.is_ascii_alphanumeric())
        }
        GeneralCategoryGroup::Separator | GeneralCategoryGroup::Other => matches!(c, '\u{200c}' | '\u{200d}'),
    }
}

/// The domain as the name service knows it: lower case, A-labels (IDNA 2008 and UTS 46, nontransitional). Nothing if it cannot
/// be known there.
pub(super) fn ascii_domain(domain: &str) -> Option<String> {
    if domain.is_ascii() && !has_a_label(domain) {
        return Some(domain.to_ascii_lowercase());
    }
    let ascii = Uts46::new().to_ascii(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::Allow, DnsLength::Verify);
    ascii.ok().map(Cow::into_owned)
}

/// The domain as people read it.
pub(super) fn readable_domain(domain: &str) -> Cow<'_, str> {
    if !has_a_label(domain) {
        return domain.into();
    }
    match Uts46::new().to_unicode(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::Allow) {
        (readable, Ok(())) => readable,
        (_, Err(_)) => domain.into(),
    }
}

fn has_a_label(domain: &str) -> bool {
    domain.as_bytes().windows(4).any(|start| start.eq_ignore_ascii_case(b"xn--"))
}

/// Letters with their marks as one character (NFC), which is how an address should travel (RFC 6532, 3.1).
pub(super) fn composed(text: &str) -> String {
    if text.is_ascii() { text.to_owned() } else { text.nfc().collect() }
}

/// Lower case, and letters with their marks as one character (NFC; RFC 6532, 3.1).
pub(super) fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let lower = text.nfc().collect::<String>().to_lowercase();
    match is_nfc_quick(lower.chars()) {
        IsNormalized::Yes => lower,
        IsNormalized::No | IsNormalized::Maybe => lower.nfc().collect(),
    }
}
