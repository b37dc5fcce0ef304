//! What is seen of some HTML: its links, its pictures and how much there is to read.

use crate::tag::{HIDDEN, Tag, end_of};

/// How many of a kind are told of one letter.
pub(super) const MOST: usize = 10;

/// The links of some HTML: where each of their tags stands, and their addresses.
pub(super) fn links_of(html: &str) -> impl Iterator<Item = (usize, &str)> {
    Seen::of(html, false).links.into_iter()
}

/// What there is to see in HTML.
#[derive(Default)]
pub(super) struct Seen<'a> {
    /// The addresses of links, and where their tags stand.
    pub(super) links: Vec<(usize, &'a str)>,
    /// The same of images without an `alt`, of which some may be enough.
    pub(super) images: Vec<(usize, &'a str)>,
    /// How many letters there are to read.
    pub(super) words: usize,
    /// Whether it was made of Markdown, where nobody writes an image without a description on purpose.
    pub(super) made: bool,
}

impl<'a> Seen<'a> {
    pub(super) fn of(html: &'a str, made: bool) -> Self {
        let (mut seen, mut rest) = (Self { made, ..Self::default() }, html);
        while let Some(at) = rest.find('<') {
            seen.words += letters(&rest[..at]);
            let markup = &rest[at..];
            rest = if let Some(comment) = markup.strip_prefix("<!--") {
                comment.split_once("-->").map_or("", |(_, behind)| behind)
            } else if markup[1..].starts_with(['!', '?']) {
                markup.split_once('>').map_or("", |(_, behind)| behind)
            } else {
                let inside = markup.strip_prefix("</").unwrap_or(&markup[1..]);
                if !inside.starts_with(|c: char| c.is_ascii_alphabetic()) {
                    rest = &markup[1..];
                    continue;
                }
                let Some((tag, behind)) = Tag::read(inside, !markup.starts_with("</")) else { return seen };
                seen.tag(html.len() - markup.len(), &tag);
                let hidden = tag.begins && HIDDEN.contains(&tag.name.as_str());
                if hidden { end_of(&tag.name, behind) } else { behind }
            };
        }
        seen.words += letters(rest);
        seen
    }

    pub(super) fn tag(&mut self, at: usize, tag: &Tag<'a>) {
        let value =
            |name: &str| tag.attributes.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| *value);
        match tag.name.as_str() {
            _ if !tag.begins => {}
            "a" | "area" => self.links.extend(value("href").map(|href| (at, href))),
            "img" if value("alt").is_none_or(|alt| self.made && alt.is_empty()) && self.images.len() < MOST => {
                // What is that small is not there to be seen.
                let tiny = |name| value(name).is_some_and(|size| matches!(size.trim(), "0" | "1" | "1px"));
                if !tiny("width") && !tiny("height") {
                    self.images.push((at, value("src").unwrap_or_default()));
                }
            }
            _ => {}
        }
    }
}

pub(super) fn letters(text: &str) -> usize {
    text.chars().filter(|c| c.is_alphanumeric()).count()
}
