//! The links in a letter. What is no address of the web is shown, and leads nowhere.

/// The most links of one letter that are listed.
const MOST: usize = 200;

/// A link as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Link {
    /// Where it leads.
    pub(super) address: String,
    /// Whether it may be followed: `https`, `http` or `mailto`.
    pub(super) works: bool,
}

impl Link {
    fn new(address: &str) -> Self {
        let address = address.trim();
        let scheme = address.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
        let works = scheme.is_some_and(|scheme| ["https", "http", "mailto"].contains(&scheme.as_str()));
        Self { address: address.to_owned(), works: works && !address.contains(char::is_control) }
    }
}

/// The links of a letter's HTML and of its text, each once, in their order.
pub(super) fn of(html: Option<&str>, text: Option<&str>) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    let addresses = html.into_iter().flat_map(in_html).chain(text.into_iter().flat_map(in_text));
    for address in addresses {
        let link = Link::new(&address);
        if links.len() < MOST && !link.address.is_empty() && !links.contains(&link) {
            links.push(link);
        }
    }
    links
}

/// What stands in the `href` of anchors.
fn in_html(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        let bytes = rest.as_bytes();
        let is_anchor = matches!(bytes, [b'a' | b'A', space, ..] if space.is_ascii_whitespace());
        if is_anchor {
            let end = tag_end(rest);
            found.extend(href(&rest[1..end]));
            rest = &rest[end..];
        }
    }
    found
}

/// Where a tag ends, whatever stands in the quotation marks of its attributes.
fn tag_end(tag: &str) -> usize {
    let mut quote = None;
    for (place, c) in tag.char_indices() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (None, '>') => return place,
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    tag.len()
}

/// The value of the attribute `href` among these.
fn href(attributes: &str) -> Option<String> {
    let mut rest = attributes;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if rest.is_empty() {
            return None;
        }
        let name_end = rest.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(rest.len());
        let name = &rest[..name_end.max(1).min(rest.len())];
        rest = rest[name.len()..].trim_start();
        let Some(after) = rest.strip_prefix('=') else { continue };
        let after = after.trim_start();
        let (value, left) = if let Some(quote @ ('"' | '\'')) = after.chars().next() {
            after[1..].split_once(quote).unwrap_or((&after[1..], ""))
        } else {
            let end = after.find(char::is_whitespace).unwrap_or(after.len());
            after.split_at(end)
        };
        if name.eq_ignore_ascii_case("href") {
            return Some(unescaped(value));
        }
        rest = left;
    }
}

/// With the character references that stand in addresses.
fn unescaped(value: &str) -> String {
    let references = [("&quot;", "\""), ("&#39;", "'"), ("&#x27;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
    references.iter().fold(value.to_owned(), |text, (reference, character)| text.replace(reference, character))
}

/// What begins as an address of the web in a text.
fn in_text(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for word in text.split(|c: char| c.is_whitespace() || "<>\"«»“”".contains(c)) {
        let start = ["https://", "http://"].iter().filter_map(|scheme| word.find(scheme)).min();
        if let Some(start) = start {
            let address = word[start..].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '}', '\'']);
            found.push(address.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_where_letters_have_them() {
        let html = r##"<p>a < b <a class="x>y" href="https://example.org/?a=1&amp;b=2">here</a> <A HREF='javascript:alert(1)'>x</a>
                      <abbr href="no">no</abbr> <a href=mailto:ann@example.org>write</a> <a name=top>top</a> <a href="#top">up</a> <a"##;
        let text = "See https://example.org/?a=1&b=2, (http://example.net/x) or ftp://old.example.";
        let links: Vec<(String, bool)> =
            of(Some(html), Some(text)).into_iter().map(|link| (link.address, link.works)).collect();
        let expected = [
            ("https://example.org/?a=1&b=2", true),
            ("javascript:alert(1)", false),
            ("mailto:ann@example.org", true),
            ("#top", false),
            ("http://example.net/x", true),
        ];
        assert_eq!(links, expected.map(|(address, works)| (address.to_owned(), works)));
    }

    #[test]
    fn whatever_is_there_comes_to_an_end() {
        for html in ["<a", "<a ", "<a =", "<a href", "<a href=", "<a href=\"", "<a / / ==", "<a \u{e9}=\u{e9}", "<"] {
            let links = of(Some(html), None);
            assert!(links.len() <= 1, "{html}: {links:?}");
        }
    }
}
