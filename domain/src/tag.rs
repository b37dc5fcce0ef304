//! Tags of HTML, read one by one as browsers do.

/// Elements whose contents are no text for people.
pub(crate) const HIDDEN: [&str; 2] = ["script", "style"];

/// How many attributes of an element are kept.
pub(crate) const ATTRIBUTES: usize = 64;

/// What stands behind the hidden contents of an element.
pub(crate) fn end_of<'a>(name: &str, contents: &'a str) -> &'a str {
    let ends = |at: &usize| {
        let tag = contents.as_bytes().get(at + 2..at + 2 + name.len());
        tag.is_some_and(|tag| tag.eq_ignore_ascii_case(name.as_bytes()))
    };
    contents.match_indices("</").map(|(at, _)| at).find(ends).map_or("", |at| &contents[at..])
}

/// A beginning or an end of an element.
pub(crate) struct Tag<'a> {
    /// The name of the element, in small letters.
    pub(crate) name: String,
    /// Whether the element begins here.
    pub(crate) begins: bool,
    /// The names and the values of its attributes, as they are written.
    pub(crate) attributes: Vec<(&'a str, &'a str)>,
}

impl<'a> Tag<'a> {
    /// Reads the tag whose name a text begins with (HTML, 13.2.5.8 to 13.2.5.39), and what stands behind it; `None` if it
    /// does not end.
    pub(crate) fn read(inside: &'a str, begins: bool) -> Option<(Self, &'a str)> {
        let end = inside.find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>'))?;
        let name = inside[..end].to_ascii_lowercase();
        let (mut attributes, mut rest) = (Vec::new(), &inside[end..]);
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
            if let Some(behind) = rest.strip_prefix('>') {
                return Some((Self { name, begins, attributes }, behind));
            }
            let (attribute, behind) = attribute(rest)?;
            if attributes.len() < ATTRIBUTES {
                attributes.push(attribute);
            }
            rest = behind;
        }
    }
}

/// The name and the value that a text begins with, and what stands behind them; `None` if it ends before.
fn attribute(text: &str) -> Option<((&str, &str), &str)> {
    let is_end = |c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>');
    // An equals sign that stands first belongs to the name.
    let skipped = text.chars().next()?.len_utf8();
    let end = skipped + text[skipped..].find(|c: char| is_end(c) || c == '=')?;
    let (name, rest) = text.split_at(end);
    let Some(value) = rest.trim_start_matches(|c: char| c.is_ascii_whitespace()).strip_prefix('=') else {
        return Some(((name, ""), rest));
    };
    let value = value.trim_start_matches(|c: char| c.is_ascii_whitespace());
    if let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        let (value, behind) = value[1..].split_once(quote)?;
        return Some(((name, value), behind));
    }
    let end = value.find(|c: char| c.is_ascii_whitespace() || c == '>')?;
    let (value, behind) = value.split_at(end);
    Some(((name, value), behind))
}
