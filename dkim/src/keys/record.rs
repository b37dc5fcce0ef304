//! What a domain publishes about a key, and how it is written down for whoever keeps the zone.

use crate::{Domain, Selector};

/// How long a string in DNS may be (RFC 1035, section 3.3).
const LONGEST_STRING: usize = 255;

/// The strings of a TXT record. Whoever asks puts them together again with nothing between (RFC 6376, section 3.6.2.2).
///
/// A record is ASCII; one that is not is cut where a character ends.
pub fn strings(record: &str) -> impl Iterator<Item = &str> {
    let mut rest = record;
    std::iter::from_fn(move || {
        let (string, more) = rest.split_at(rest.floor_char_boundary(LONGEST_STRING));
        rest = more;
        (!string.is_empty()).then_some(string)
    })
}

/// A line of a zone file (RFC 1035, section 5.1) in long form, so that it is right below every `$ORIGIN`:
/// `selector._domainkey.domain. IN TXT ( "..." "..." )`.
#[must_use]
pub fn zone_line(selector: &Selector, domain: &Domain, record: &str) -> String {
    let strings: Vec<String> = strings(record).map(|string| format!("\"{string}\"")).collect();
    let name = selector.record_name(domain);
    match &strings[..] {
        [one] => format!("{name}. IN TXT {one}"),
        several => format!("{name}. IN TXT ( {} )", several.join(" ")),
    }
}
