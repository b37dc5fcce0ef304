//! Macros in records (RFC 7208, 7), as far as they can be known without a letter.

use super::network::Network;

/// A name has no more characters than that (RFC 1035).
const LONGEST: usize = 253;

/// What is known of a letter that nobody has sent yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known<'a> {
    /// The domain whose record it is.
    pub(super) domain: &'a str,
    /// The domain that bounces go to.
    pub(super) of_sender: &'a str,
    /// Where letters leave from.
    pub(super) network: Network,
}

/// The name that a text with macros stands for. `None` if only a letter tells, or if a macro makes no sense.
pub(super) fn expanded(text: &str, known: Known<'_>) -> Option<String> {
    let (mut name, mut rest) = (String::new(), text);
    while let Some((before, behind)) = rest.split_once('%') {
        name.push_str(before);
        let mut signs = behind.chars();
        match signs.next()? {
            '%' => name.push('%'),
            '_' => name.push(' '),
            '-' => name.push_str("%20"),
            '{' => {
                let (inner, behind) = signs.as_str().split_once('}')?;
                name.push_str(&value(inner, known)?);
                rest = behind;
                continue;
            }
            _ => return None,
        }
        rest = signs.as_str();
    }
    name.push_str(rest);
    // What is too long loses what stands in front.
    while name.len() > LONGEST {
        name = name.split_once('.')?.1.to_owned();
    }
    Some(name)
}

/// What stands for a macro: a letter, perhaps how many of its last parts count and that they are turned round, and what is between them.
fn value(text: &str, known: Known<'_>) -> Option<String> {
    let (letter, how) = text.split_at_checked(1)?;
    let value = match letter.to_ascii_lowercase().as_str() {
        "d" => known.domain.to_owned(),
        "o" => known.of_sender.to_owned(),
        "i" => known.network.dotted()?,
        "v" => if known.network.is_ipv4() { "in-addr" } else { "ip6" }.to_owned(),
        // The address of the sender, the name by which the server greets, and the names of its address.
        _ => return None,
    };
    let digits = how.find(|c: char| !c.is_ascii_digit()).unwrap_or(how.len());
    let (count, how) = how.split_at(digits);
    let (turned, between) = match how.strip_prefix(['r', 'R']) {
        Some(between) => (true, between),
        None => (false, how),
    };
    if !between.chars().all(|c| ".-+,/_=".contains(c)) {
        return None;
    }
    let is_between = |c: char| if between.is_empty() { c == '.' } else { between.contains(c) };
    let mut parts: Vec<&str> = value.split(is_between).collect();
    if turned {
        parts.reverse();
    }
    if !count.is_empty() {
        let count = count.parse::<usize>().ok().filter(|count| *count > 0)?;
        parts.drain(..parts.len().saturating_sub(count));
    }
    Some(parts.join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(address: &str) -> Known<'static> {
        let network = Network::parse(address).expect("an address");
        Known { domain: "email.example.com", of_sender: "strong-bad.example.com", network }
    }

    #[test]
    fn macros_stand_for_what_the_rfc_says() {
        for (text, name) in [
            ("example.com", "example.com"),
            ("%{d}", "email.example.com"),
            ("%{d4}", "email.example.com"),
            ("%{d2}", "example.com"),
            ("%{D1}", "com"),
            ("%{dr}", "com.example.email"),
            ("%{d2r}", "example.email"),
            ("%{o-}", "strong.bad.example.com"),
            ("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"),
            ("a%%b.%_%-.org", "a%b. %20.org"),
        ] {
            assert_eq!(expanded(text, known("192.0.2.3")).as_deref(), Some(name), "{text}");
        }
        let six = expanded("%{ir}.%{v}._spf.%{d2}", known("2001:db8::cb01")).expect("it is known");
        assert!(six.starts_with("1.0.b.c.0.") && six.ends_with(".8.b.d.0.1.0.0.2.ip6._spf.example.com"), "{six}");
    }

    #[test]
    fn what_only_a_letter_tells_and_what_makes_no_sense_is_told_by_nobody() {
        for text in ["%{s}", "%{l}.x.org", "%{h}", "%{p}", "%{x}", "%{d0}", "%{d", "%", "%q", "%{}", "%{d2r!}", "%{é}"]
        {
            assert_eq!(expanded(text, known("192.0.2.3")), None, "{text}");
        }
        assert_eq!(expanded("%{i}.example.org", known("192.0.2.0/24")), None, "many addresses have many names");
    }

    #[test]
    fn a_name_that_is_too_long_loses_what_stands_in_front() {
        let long = expanded(&format!("{}%{{d}}", "label.".repeat(60)), known("192.0.2.3")).expect("a name");
        assert!(long.len() <= LONGEST && long.starts_with("label.") && long.ends_with(".email.example.com"), "{long}");
    }
}
