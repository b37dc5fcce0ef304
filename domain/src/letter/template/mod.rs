//! Merge fields: the places in a letter where each recipient's own words go.
//!
//! `{{full_name}}`, `{{first_name}}`, `{{last_name}}`, `{{email}}` and `{{comment}}` stand for what is known about the client, and
//! `{{unsubscribe_url}}` for the address of the page by which they leave. The owner's own fields are written by their keys, as
//! `{{city}}` is ([`Known`] says which of them a text may name). A field may have a fallback, `{{first_name|friend}}`, which is used where the value is empty. Blanks inside the braces do
//! not matter. `\{{` is a literal `{{`; single braces, `}}` and every other backslash are ordinary text (style sheets
//! in HTML letters are full of them).
//!
//! In an address that can be clicked (an attribute of HTML such as `href`, `https://...` in a plain text) values are
//! percent-encoded by themselves. `{{email|url}}` is percent-encoded anywhere, `{{email|raw}}` nowhere; in HTML values are
//! escaped whatever the filter, and no value becomes an address that runs a program. The address to leave by is the service's own:
//! it stands as it is wherever it stands, escaped in HTML.

mod budget;
mod error;
mod field;
mod filter;
mod foreign;
mod html;
mod links;
mod merge_field;
mod part;
mod segment;
mod url;
mod way;

pub use budget::{Largest, OverBudget};
pub use error::TemplateError;
pub use field::{Known, MergeFields};
pub use foreign::ForeignField;
pub(crate) use merge_field::NAMES as MERGE_FIELDS;
pub use part::Part;

use crate::custom_field::Key;
use budget::Written;
use field::Name;
use filter::{Filters, Foreign, Mode};
use merge_field::Field;
use segment::Segment;
use way::Before;

/// A text with merge fields, taken apart once and rendered for as many recipients as needed.
///
/// It remembers no event's text; whoever stores a template stores what it was parsed from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    part: Part,
    segments: Vec<Segment>,
    /// Whether it tells how to leave where somebody may see it.
    tells_to_leave: bool,
}

impl Template {
    /// Takes a part of a letter apart that names no fields of an owner's own.
    pub fn parse(part: Part, text: &str) -> Result<Self, TemplateError> {
        Self::parse_with(part, text, Known::None)
    }

    /// Takes a part of a letter apart that may name these fields of an owner's own.
    pub fn parse_with(part: Part, text: &str, known: Known<'_>) -> Result<Self, TemplateError> {
        Self::read(part, text, Filters::read, known, true)
    }

    /// The same for what was written before filters were known: there, what is refused now is a fallback, and a field in a
    /// program is left to the author. Fields of an owner's own were known when it was written, whatever became of them.
    pub fn stored(part: Part, text: &str) -> Result<Self, TemplateError> {
        Self::read(part, text, |filters| Ok(Filters::read_as_before(filters)), Known::Every, false)
    }

    fn read(
        part: Part,
        text: &str,
        filters: impl Fn(&str) -> Result<Filters, Foreign>,
        known: Known<'_>,
        is_new: bool,
    ) -> Result<Self, TemplateError> {
        let (mut segments, mut before_field, mut tells_to_leave) = (Vec::new(), Before::of(part), false);
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find("{{") {
            let (before, opened) = (&rest[..at], &rest[at + 2..]);
            if let Some(before) = before.strip_suffix('\\') {
                literal.push_str(before);
                literal.push_str("{{");
                rest = opened;
                continue;
            }
            literal.push_str(before);
            // Counted only for an error: a text may have a hundred thousand fields.
            let line = || 1 + text[..text.len() - opened.len()].matches('\n').count();
            // A second opening before the closing means that the first was forgotten, not that fields nest.
            let closing = opened.find("}}").filter(|closing| !opened[..*closing].contains("{{"));
            let Some(closing) = closing else {
                let shown = opened.lines().next().unwrap_or_default();
                return Err(TemplateError::Unclosed { text: cut(shown), line: line() });
            };
            if !literal.is_empty() {
                before_field.push(&literal);
                segments.push(Segment::Text(std::mem::take(&mut literal)));
            }
            let (name, Filters { fallback, mode }) = field(&opened[..closing], &filters, known, line)?;
            let leads_out = name == Name::Field(Field::UnsubscribeUrl);
            let mode = if leads_out { Mode::Ours } else { mode };
            tells_to_leave |= leads_out && !before_field.is_hidden();
            let (way, in_program) = before_field.way(mode);
            if in_program && is_new {
                return Err(TemplateError::InProgram { name: name.as_str().to_owned(), line: line() });
            }
            if leads_out && part == Part::Subject && is_new {
                return Err(TemplateError::InSubject { name: Field::UnsubscribeUrl.name(), line: line() });
            }
            segments.push(Segment::Field { name, fallback: way.fallback(part, &fallback), way });
            rest = &opened[closing + 2..];
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            segments.push(Segment::Text(literal));
        }
        Ok(Self { part, segments, tells_to_leave })
    }

    /// The merge fields in it and their fallbacks as a letter has them, in the order of the text; the same field may come again.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Field { name, fallback, .. } => Some((name.as_str(), fallback.as_str())),
            Segment::Text(_) => None,
        })
    }

    /// The keys of the owner's own fields in it, in the order of the text; the same one may come again.
    pub fn custom_fields(&self) -> impl Iterator<Item = &Key> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Field { name: Name::Custom(key), .. } => Some(key),
            Segment::Field { name: Name::Field(_), .. } | Segment::Text(_) => None,
        })
    }

    /// Whether it tells how to leave. In a comment of HTML or in a script it tells nobody.
    pub(super) fn asks_to_leave(&self) -> bool {
        self.tells_to_leave
    }

    /// The merge fields that have no fallback, in the order of the text: the name of each, and where it stands.
    pub(super) fn bare_fields(part: Part, text: &str) -> Vec<(String, usize)> {
        let Ok(template) = Self::parse_with(part, text, Known::Every) else { return Vec::new() };
        let fields = template.fields().zip(openings(text));
        fields.filter(|((_, fallback), _)| fallback.is_empty()).map(|((name, _), at)| (name.to_owned(), at)).collect()
    }

    /// What looks like a merge field of another program in a part of a letter, and would be sent as it is: ten of them at most. Where
    /// it is called as one of the known fields is, that is what to write.
    #[must_use]
    pub fn foreign_fields(part: Part, text: &str, known: Known<'_>) -> Vec<ForeignField> {
        foreign::find(part, text, known)
    }

    /// The largest that it can become for one recipient, whatever is known about them.
    #[must_use]
    pub fn largest(&self) -> Largest {
        Largest::of(&self.segments)
    }

    /// The part for one recipient. Values lose the blanks around them and are not looked at again: braces in them stay. In HTML
    /// they are escaped, the template and its fallbacks are the author's own HTML. A subject becomes one line.
    pub fn render(&self, fields: &MergeFields<'_>) -> Result<String, OverBudget> {
        let mut out = Written::new(self.part, self.capacity(fields));
        for segment in &self.segments {
            match segment {
                Segment::Text(text) => out.push(text)?,
                Segment::Field { name, fallback, way } => match name.value(fields) {
                    "" => out.push(fallback)?,
                    value => way.write(value, &mut |text| out.push(text))?,
                },
            }
        }
        let text = out.into_text();
        Ok(if self.part == Part::Subject { in_one_line(&text) } else { text })
    }

    /// Enough room for nearly every letter in bytes, so that rendering allocates once: its length, without the escapes of
    /// HTML.
    #[must_use]
    pub fn capacity(&self, fields: &MergeFields<'_>) -> usize {
        let lengths = self.segments.iter().map(|segment| match segment {
            Segment::Text(text) => text.len(),
            Segment::Field { name, fallback, .. } => name.value(fields).len().max(fallback.len()),
        });
        lengths.fold(16, usize::saturating_add)
    }
}

/// Where the merge fields of a template begin.
fn openings(text: &str) -> impl Iterator<Item = usize> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let at = from + text[from..].find("{{")?;
            if text[from..at].ends_with('\\') {
                from = at + 2;
                continue;
            }
            from = text[at..].find("}}").map_or(text.len(), |closing| at + closing + 2);
            return Some(at);
        }
    })
}

fn field(
    inside: &str,
    filters: impl Fn(&str) -> Result<Filters, Foreign>,
    known: Known<'_>,
    line: impl Fn() -> usize,
) -> Result<(Name, Filters), TemplateError> {
    let (name, behind) = inside.split_once('|').unwrap_or((inside, ""));
    let name = name.trim();
    let everybodys = Field::ALL.into_iter().find(|field| field.name() == name).map(Name::Field);
    let Some(field) = everybodys.or_else(|| known.named(name).map(Name::Custom)) else {
        return Err(TemplateError::UnknownField { name: cut(name), line: line(), own: known.keys() });
    };
    let filters = filters(behind).map_err(|foreign| match foreign {
        Foreign::Filter(filter) => {
            TemplateError::UnknownFilter { name: name.to_owned(), filter: cut(&filter), line: line() }
        }
        Foreign::Default => TemplateError::DefaultMissing { name: name.to_owned(), line: line() },
    })?;
    Ok((field, filters))
}

/// One line, for header fields: every stretch of line breaks and other control characters becomes one blank, so that no value
/// can start a header field of its own.
fn in_one_line(text: &str) -> String {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let mut line = String::with_capacity(text.len());
    for part in text.split(breaks).filter(|part| !part.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(part);
    }
    line
}

/// Enough to recognise the place by, without control characters.
fn cut(text: &str) -> String {
    const SHOWN: usize = 40;
    let mut shown: String = text.chars().take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests;
