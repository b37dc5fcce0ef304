//! Merge fields as single words, which Markdown takes for nothing else.

use std::collections::BTreeSet;

/// What every such word begins with. It begins with a digit, as no tag does, and goes on with letters, as no number of a list
/// does; addresses keep it as it is.
const SIGN: &str = "0mf";

/// A text in which a word stands for each merge field.
pub(super) struct Masked<'a> {
    text: String,
    /// What the words have in common: nothing else in the text begins like this.
    stem: String,
    /// The merge fields, and double braces that are none, as they are written.
    fields: Vec<&'a str>,
}

/// Which part of a letter is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Html,
}

impl<'a> Masked<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        let stem = stem(source);
        let (mut text, mut fields) = (String::with_capacity(source.len()), Vec::new());
        let mut rest = source;
        // As templates are read: see `Template::read`.
        while let Some(at) = rest.find("{{") {
            let opened = &rest[at + 2..];
            let (from, to) = if rest[..at].ends_with('\\') {
                (at - 1, at + 2)
            } else {
                let closing = opened.find("}}").filter(|closing| !opened[..*closing].contains("{{"));
                // Not closed: it is refused elsewhere.
                let Some(closing) = closing else { break };
                (at, at + 2 + closing + 2)
            };
            text.push_str(&rest[..from]);
            text.push_str(&stem);
            text.push_str(&fields.len().to_string());
            text.push('x');
            fields.push(&rest[from..to]);
            rest = &rest[to..];
        }
        text.push_str(rest);
        Self { text, stem, fields }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// What was made of the text, with the merge fields in it; `None` if that is longer than it may be. Other double braces
    /// open no field there.
    pub(super) fn restored(&self, made: &str, kind: Kind, most: usize) -> Option<String> {
        let mut out = String::with_capacity(made.len() + made.len() / 8);
        let mut rest = made;
        while out.len() <= most {
            let Some((before, field, behind)) = self.next(rest) else {
                push_plain(&mut out, rest, kind);
                return (out.len() <= most).then_some(out);
            };
            push_plain(&mut out, before, kind);
            push_field(&mut out, field, kind);
            rest = behind;
        }
        None
    }

    /// Where in the source stands what is at this place of the text.
    pub(super) fn place(&self, at: usize) -> usize {
        let (mut written, mut read) = (0, 0);
        while let Some((before, field, behind)) = self.next(&self.text[read..]) {
            let (begins, ends) = (read + before.len(), self.text.len() - behind.len());
            if at < ends {
                return written + at.min(begins) - read;
            }
            (written, read) = (written + before.len() + field.len(), ends);
        }
        written + at - read
    }

    /// What stands before the next word, the field that it stands for, and what stands behind it.
    fn next<'m>(&self, made: &'m str) -> Option<(&'m str, &'a str, &'m str)> {
        let mut from = 0;
        loop {
            let at = from + made[from..].find(&self.stem)?;
            let behind = &made[at + self.stem.len()..];
            let digits = behind.find(|c: char| !c.is_ascii_digit()).unwrap_or(behind.len());
            let field = behind[..digits].parse::<usize>().ok().and_then(|number| self.fields.get(number));
            match (field, behind[digits..].strip_prefix('x')) {
                (Some(field), Some(behind)) => return Some((&made[..at], field, behind)),
                _ => from = at + self.stem.len(),
            }
        }
    }
}

/// A merge field, or double braces that are none.
fn push_field(out: &mut String, field: &str, kind: Kind) {
    if field.starts_with('\\') {
        out.push_str(field);
        return;
    }
    // A brace before the braces would be read with them, and a backslash would take their meaning away.
    if out.ends_with(['{', '\\']) && !out.ends_with("\\{{") {
        match (kind, out.pop()) {
            (Kind::Html, Some('{')) => out.push_str("&#123;"),
            (Kind::Html, _) => out.push_str("&#92;"),
            (Kind::Text, last) => out.extend(last.into_iter().chain([' '])),
        }
    }
    match kind {
        Kind::Text => out.push_str(field),
        Kind::Html => push_escaped(out, field),
    }
}

/// The first of the words of this kind with which no word of the text begins.
fn stem(text: &str) -> String {
    let numbers = text.match_indices(SIGN).filter_map(|(at, _)| {
        let behind = &text[at + SIGN.len()..];
        let digits = behind.find(|c: char| !c.is_ascii_digit()).unwrap_or(behind.len());
        behind[..digits].parse::<usize>().ok()
    });
    let taken: BTreeSet<usize> = numbers.collect();
    let free = (0..=taken.len()).find(|number| !taken.contains(number)).unwrap_or_default();
    format!("{SIGN}{free}k")
}

/// A text that has no merge fields.
fn push_plain(out: &mut String, text: &str, kind: Kind) {
    let opened = match kind {
        Kind::Text => "\\{{",
        Kind::Html => "{&#123;",
    };
    out.push_str(&text.replace("{{", opened));
}

/// A merge field in HTML. Its fallback is a text like all others, and quotation marks would end an attribute.
fn push_escaped(out: &mut String, field: &str) {
    for (at, c) in field.char_indices() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '&' if !is_reference(&field[at..]) => out.push_str("&amp;"),
            c => out.push(c),
        }
    }
}

/// Whether a character of HTML is written here, such as `&nbsp;`.
fn is_reference(text: &str) -> bool {
    let name = text[1..].split_once(';').map_or("", |(name, _)| name);
    let name = name.strip_prefix('#').unwrap_or(name);
    !name.is_empty() && name.len() < 32 && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_one_word_and_comes_back() {
        let source = "a {{email}} {{comment|b c}} \\{{x}} 0mf0k0x";
        let masked = Masked::new(source);
        assert_eq!(masked.text(), "a 0mf1k0x 0mf1k1x 0mf1k2xx}} 0mf0k0x");
        assert_eq!(masked.restored(masked.text(), Kind::Text, 100).as_deref(), Some(source));
        assert_eq!(masked.restored(masked.text(), Kind::Text, 20), None);
    }

    #[test]
    fn every_place_of_the_text_is_one_of_the_source() {
        let masked = Masked::new("a {{first_name|you}} b\n{{email}}c");
        let places = ["a", "0mf0k0x", "b", "c"].map(|it| masked.place(masked.text().find(it).expect("it is there")));
        assert_eq!(places, [0, 2, 21, 32]);
        assert_eq!(masked.place(masked.text().len()), 33);
    }

    #[test]
    fn a_word_that_stands_for_nothing_is_a_word() {
        let masked = Masked::new("{{email}}");
        assert_eq!(
            masked.restored("0mf0k0 0mf0k9x 0mf0k0x", Kind::Text, 99).as_deref(),
            Some("0mf0k0 0mf0k9x {{email}}")
        );
    }

    #[test]
    fn fallbacks_are_text_in_html() {
        let masked = Masked::new("{{comment|<b> \"x\" & &nbsp; y}}");
        let html = masked.restored(masked.text(), Kind::Html, 99);
        assert_eq!(html.as_deref(), Some("{{comment|&lt;b&gt; &quot;x&quot; &amp; &nbsp; y}}"));
    }
}
