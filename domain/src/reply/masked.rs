/// Puts `<address>` in the place of everything that looks like `local@domain`: what mail servers say is kept for years and shown to
/// people, addresses belong to the address book only.
#[must_use]
pub fn masked(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('@') {
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        let local = local_part_length(before);
        let domain = after.find(|c| !is_in_domain(c)).unwrap_or(after.len());
        if local == 0 || domain == 0 {
            masked.push_str(&rest[..=at]);
            rest = after;
            continue;
        }
        let before = &before[..before.len() - local];
        // An address in angle brackets has them already.
        let bracketed = before.ends_with('<') && after[domain..].starts_with('>');
        masked.push_str(before.strip_suffix('<').filter(|_| bracketed).unwrap_or(before));
        masked.push_str("<address>");
        // "." and ":" also end sentences and clauses.
        let kept = after[..domain].len() - after[..domain].trim_end_matches(['.', ':', '-']).len();
        rest = if bracketed { &after[domain + 1..] } else { &after[domain - kept..] };
    }
    masked.push_str(rest);
    masked
}

fn local_part_length(before: &str) -> usize {
    if let Some(quoted) = before.strip_suffix('"') {
        return quoted.rfind('"').map_or(1, |start| before.len() - start);
    }
    before.len() - before.trim_end_matches(|c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c)).len()
}

fn is_in_domain(c: char) -> bool {
    c.is_alphanumeric() || ".-_:[]".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_looks_like_an_address_is_masked() {
        for (said, kept) in [
            ("<kim@example.com>: Recipient address rejected", "<address>: Recipient address rejected"),
            ("kim.o'hara+x@mail.example.com unknown", "<address> unknown"),
            ("user kim@example.com.", "user <address>."),
            ("no kim@[192.0.2.1], no eva@bücher.example!", "no <address>, no <address>!"),
            ("\"kim smith\"@example.com is gone", "<address> is gone"),
            ("rfc822;kim@example.com", "rfc822;<address>"),
            ("a@b@c", "<address>@c"),
            ("@ alone, x@ and @y", "@ alone, x@ and @y"),
            ("queued as 4XyZ", "queued as 4XyZ"),
        ] {
            assert_eq!(masked(said), kept);
        }
    }

    proptest! {
        #[test]
        fn no_address_stays(before in "[ -~]{0,20}", local in "[a-z0-9.+_-]{1,12}", domain in "[a-z]{1,8}\\.[a-z]{2,5}") {
            let whole = format!("{local}@{domain}");
            let kept = masked(&format!("{before} {whole} after"));
            prop_assert!(!kept.contains(&whole), "{kept}");
        }
    }
}
