//! Links of letters that lead nowhere: they work, if at all, for whoever wrote them.

use url::{Host, Url};

/// Why a link leads nowhere that a reader can go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkFault {
    /// There is no address.
    Empty,
    /// A letter has no place of its own that the rest of an address could be found from.
    NoScheme,
    /// It runs a program, which mail programs do not let it.
    Program,
    /// It leads to a machine or a file that only its writer has.
    Local,
    /// It is no address.
    Invalid,
}

/// What is wrong with an address, as it is written with merge fields.
pub(super) fn fault(address: &str) -> Option<LinkFault> {
    let address = address.trim();
    if address.starts_with("{{") {
        // The client's own, or the fallback; nobody knows.
        return None;
    }
    let written = address;
    let address = without_fields(&address.replace("&amp;", "&"));
    if address.is_empty() || address == "#" {
        return Some(LinkFault::Empty);
    }
    if address.starts_with('#') {
        return None;
    }
    // Browsers leave out what stands between the letters.
    let plain: String = address.chars().filter(|c| !c.is_control()).collect();
    let scheme = plain.split_once([':', '/', '?', '#']).map_or("", |(scheme, _)| scheme).to_ascii_lowercase();
    let has_scheme = plain[scheme.len()..].starts_with(':');
    match (has_scheme, scheme.as_str()) {
        (true, "http" | "https") => judge(&plain),
        (true, "javascript" | "vbscript" | "data") => Some(LinkFault::Program),
        (true, "file" | "localhost") | (false, "localhost") => Some(LinkFault::Local),
        (true, "mailto") => (!plain.contains('@') && !written.contains("{{")).then_some(LinkFault::Invalid),
        (true, scheme) if !scheme.is_empty() && !scheme.contains('.') && !scheme.contains(char::is_whitespace) => None,
        _ if plain.starts_with("//") => judge(&format!("https:{plain}")),
        _ => Some(LinkFault::NoScheme),
    }
}

fn judge(address: &str) -> Option<LinkFault> {
    let Ok(url) = Url::parse(address) else { return Some(LinkFault::Invalid) };
    let local = match url.host()? {
        Host::Domain(name) => {
            let name = name.trim_end_matches('.');
            !name.contains('.') || [".localhost", ".local", ".internal"].iter().any(|end| name.ends_with(end))
        }
        Host::Ipv4(address) => {
            address.is_loopback() || address.is_private() || address.is_unspecified() || address.is_link_local()
        }
        Host::Ipv6(address) => {
            address.is_loopback()
                || address.is_unspecified()
                || address.is_unique_local()
                || address.is_unicast_link_local()
        }
    };
    local.then_some(LinkFault::Local)
}

/// The address with something in place of each merge field that could be there, up to one that does not end in it.
fn without_fields(address: &str) -> String {
    let (mut plain, mut rest) = (String::with_capacity(address.len()), address);
    while let Some((before, opened)) = rest.split_once("{{") {
        plain.push_str(before);
        let Some((_, behind)) = opened.split_once("}}") else { return plain };
        // As good in the name of a machine as anywhere else.
        plain.push_str("x.x");
        rest = behind;
    }
    plain.push_str(rest);
    plain
}

/// The addresses of pages in a plain text, and where they stand.
pub(super) fn in_text(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_end = |c: char| c.is_whitespace() || "<>\"()[]«»".contains(c);
    let begins = |at: &usize| !text[..*at].ends_with(char::is_alphanumeric);
    let starts = text.match_indices("http").map(|(at, _)| at).filter(begins);
    starts.filter_map(move |at| {
        let rest = &text[at..];
        let behind = rest.strip_prefix("https://").or_else(|| rest.strip_prefix("http://"))?;
        let length = rest.len() - behind.len() + behind.find(is_end).unwrap_or(behind.len());
        Some((at, rest[..length].trim_end_matches(['.', ',', ';', ':', '!', '?', '\''])))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_that_lead_somewhere_are_left_alone() {
        for address in [
            "https://example.org",
            "HTTP://example.org/a?b=c#d",
            "https://example.org/?e={{email}}&amp;n={{first_name|a b}}",
            "https://{{comment}}/",
            "https://shop.{{comment}}",
            "{{comment}}",
            "{{comment|https://example.org}}",
            "mailto:a@example.org?subject=b",
            "mailto:{{email}}",
            "tel:+491234",
            "tg://resolve?domain=a",
            "//example.org/a",
            "#chapter",
            "https://93.184.216.34/",
            "https://xn--e1afmkfd.xn--p1ai",
            "https://пример.рф/",
        ] {
            assert_eq!(fault(address), None, "{address}");
        }
    }

    #[test]
    fn links_that_lead_nowhere_are_told_why() {
        for (address, expected) in [
            ("", LinkFault::Empty),
            (" # ", LinkFault::Empty),
            ("www.example.org", LinkFault::NoScheme),
            ("example.org:8080/a", LinkFault::NoScheme),
            ("/catalogue", LinkFault::NoScheme),
            ("page.html?a=b:c", LinkFault::NoScheme),
            ("?a=b", LinkFault::NoScheme),
            ("javascript:alert(1)", LinkFault::Program),
            (" java\nscript:alert(1)", LinkFault::Program),
            ("data:text/html,x", LinkFault::Program),
            ("http://localhost:3000/", LinkFault::Local),
            ("localhost:3000", LinkFault::Local),
            ("http://127.0.0.1", LinkFault::Local),
            ("http://192.168.0.7/a", LinkFault::Local),
            ("http://[::1]/", LinkFault::Local),
            ("https://intranet/a", LinkFault::Local),
            ("https://printer.local", LinkFault::Local),
            ("file:///C:/letter.html", LinkFault::Local),
            ("https://", LinkFault::Invalid),
            ("https://exa mple.org", LinkFault::Invalid),
            ("http://:80", LinkFault::Invalid),
            ("mailto:", LinkFault::Invalid),
        ] {
            assert_eq!(fault(address), Some(expected), "{address}");
        }
    }

    #[test]
    fn addresses_are_found_in_a_text() {
        let text = "See https://a.example/b, (http://localhost) or xhttp://c.example and «https://d.example».";
        let found: Vec<_> = in_text(text).map(|(_, address)| address).collect();
        assert_eq!(found, ["https://a.example/b", "http://localhost", "https://d.example"]);
    }
}
