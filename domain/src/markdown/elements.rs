//! HTML in which every element is closed where it has to be, and none nests deeper than a bound.
//!
//! What browsers, and sanitisers like them, do with elements that are never closed takes the square of their number, so the
//! sanitiser is not given any. This is not what makes HTML safe: whatever comes out here is for the sanitiser to judge.

use super::error::{Error, MAX_HTML};
use crate::tag::{HIDDEN, Tag, end_of};
use std::collections::HashSet;
use std::sync::LazyLock;

/// How deep elements may nest. A list in a list is four deep.
pub const MAX_NESTING: usize = 100;

/// The longest value of an attribute that is kept, in bytes.
const VALUE: usize = 8 * 1024;

/// How many bytes the sanitiser may look through for the characters of one text that it writes in another way: for each of
/// them it looks for the next angle bracket, be it at the end of the text.
const LOOKED_THROUGH: usize = 1 << 24;

/// Ends a text without being seen.
const NOTHING: &str = "<span></span>";

/// The elements that the sanitiser keeps. Of the others only their contents stay.
static KEPT: LazyLock<HashSet<&'static str>> = LazyLock::new(|| ammonia::Builder::default().clone_tags());

/// Elements without contents.
const VOID: [&str; 6] = ["area", "br", "col", "hr", "img", "wbr"];

/// Elements that go on behind the end of what they are in, until they are closed themselves.
const FORMATTING: [&str; 11] = ["a", "b", "code", "em", "i", "s", "small", "strike", "strong", "tt", "u"];

/// Elements that hold parts of tables only. What else is in them browsers move before the table, each piece past all the
/// others.
const OF_PARTS: [&str; 6] = ["table", "colgroup", "thead", "tbody", "tfoot", "tr"];

/// The innermost elements that end where this one begins, as people leave out their ends.
fn ended_by(name: &str) -> &'static [&'static str] {
    match name {
        "p" => &["p"],
        "li" => &["li"],
        "dt" | "dd" => &["dt", "dd"],
        _ => &[],
    }
}

/// What a part of a table may be in; `None` for what is no such part.
fn holders(name: &str) -> Option<&'static [&'static str]> {
    match name {
        "caption" | "colgroup" | "thead" | "tbody" | "tfoot" => Some(&["table"]),
        "col" => Some(&["table", "colgroup"]),
        "tr" => Some(&["table", "thead", "tbody", "tfoot"]),
        "td" | "th" => Some(&["table", "thead", "tbody", "tfoot", "tr"]),
        _ => None,
    }
}

/// The same HTML with an end for every element that has a beginning, in the right order.
pub(super) fn balanced(html: &str) -> Result<String, Error> {
    let mut writer = Writer { out: String::with_capacity(html.len() + html.len() / 8), ..Writer::default() };
    let mut rest = html;
    let mut comments_end = true;
    while let Some(at) = rest.find('<') {
        let (text, markup) = rest.split_at(at);
        writer.text(text)?;
        rest = markup;
        let inside = markup.strip_prefix("</").unwrap_or(&markup[1..]);
        let behind = if let Some(comment) = markup.strip_prefix("<!--") {
            // Looked for once in vain: there may be a beginning in every other place.
            let end = if comments_end { comment.find("-->") } else { None };
            comments_end = end.is_some();
            end.map_or(Reading::Text, |end| Reading::Behind(&comment[end + 3..]))
        } else if inside.starts_with(['!', '?']) {
            markup.find('>').map_or(Reading::Unfinished, |end| Reading::Behind(&markup[end + 1..]))
        } else if inside.starts_with(|c: char| c.is_ascii_alphabetic()) {
            match Tag::read(inside, !markup.starts_with("</")) {
                Some((tag, behind)) => Reading::Behind(writer.tag(&tag, behind)?),
                None => Reading::Unfinished,
            }
        } else {
            Reading::Text
        };
        match behind {
            Reading::Behind(behind) => rest = behind,
            Reading::Text => {
                writer.text("&lt;")?;
                rest = &markup[1..];
            }
            Reading::Unfinished => break,
        }
    }
    writer.text(&rest.replace('<', "&lt;"))?;
    writer.end_all();
    Ok(writer.out)
}

/// What an opening bracket turns out to be.
enum Reading<'a> {
    /// Markup; the text goes on here.
    Behind(&'a str),
    /// A bracket.
    Text,
    /// Markup that does not end. Then nothing behind it is any.
    Unfinished,
}

/// Writes elements, and knows those that are open.
#[derive(Default)]
struct Writer {
    out: String,
    /// Their names, and the lengths of the tags of those that go on.
    open: Vec<(&'static str, usize)>,
    /// The sum of these lengths.
    going_on: usize,
    /// What is written again, at most, because it goes on behind the end of something.
    again: usize,
    run: Run,
}

/// A text since the last bracket or tag.
#[derive(Clone, Copy, Default)]
struct Run {
    bytes: usize,
    /// Its characters that may be written in another way: ampersands, and those of two bytes among which is the no-break space.
    special: usize,
}

impl Writer {
    /// Writes a tag of an element that is kept, and tells where the text goes on behind it.
    fn tag<'a>(&mut self, tag: &Tag<'_>, behind: &'a str) -> Result<&'a str, Error> {
        let Some(name) = KEPT.get(tag.name.as_str()).copied() else {
            // What is hidden and never ends takes all the rest with it.
            let hidden = tag.begins && HIDDEN.contains(&tag.name.as_str());
            return Ok(if hidden { end_of(&tag.name, behind) } else { behind });
        };
        self.again += self.going_on;
        if self.again > MAX_HTML {
            return Err(Error::HtmlTooLarge);
        }
        if tag.begins {
            self.begin(name, &tag.attributes)?;
        } else {
            self.end(name);
        }
        Ok(behind)
    }

    fn begin(&mut self, name: &'static str, attributes: &[(&str, &str)]) -> Result<(), Error> {
        if let Some(holders) = holders(name) {
            if !self.open.iter().any(|(open, _)| *open == "table") {
                return Ok(());
            }
            while self.open.last().is_some_and(|(open, _)| !holders.contains(open)) {
                self.end_last();
            }
        } else {
            self.open_a_cell()?;
        }
        while self.open.last().is_some_and(|(open, _)| ended_by(name).contains(open)) {
            self.end_last();
        }
        if VOID.contains(&name) {
            self.write(name, attributes);
            return Ok(());
        }
        if self.open.len() == MAX_NESTING {
            return Err(Error::NestsTooDeep);
        }
        let before = self.out.len();
        self.write(name, attributes);
        // Its end is written again, too.
        let length = if FORMATTING.contains(&name) { self.out.len() - before + name.len() + 3 } else { 0 };
        self.going_on += length;
        self.open.push((name, length));
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), Error> {
        if !text.trim_ascii().is_empty() {
            self.open_a_cell()?;
        }
        let mut written = 0;
        for (at, byte) in text.bytes().enumerate() {
            self.run.bytes += 1;
            let is_bracket =
                byte == b'>' || (byte == b'&' && ["&lt;", "&gt;"].contains(&text.get(at..at + 4).unwrap_or("")));
            if is_bracket {
                self.run = Run::default();
            } else if matches!(byte, b'&' | 0xc2) {
                self.run.special += 1;
                if self.run.bytes * self.run.special > LOOKED_THROUGH {
                    // A whole character begins here, in whichever way it is written.
                    self.out.push_str(&text[written..at]);
                    self.out.push_str(NOTHING);
                    written = at;
                    self.run = Run { bytes: 1, special: 1 };
                }
            }
        }
        self.out.push_str(&text[written..]);
        Ok(())
    }

    /// Makes room for what is no part of a table.
    fn open_a_cell(&mut self) -> Result<(), Error> {
        if self.open.last().is_none_or(|(open, _)| !OF_PARTS.contains(open)) {
            return Ok(());
        }
        if self.open.last().is_none_or(|(open, _)| *open != "tr") {
            self.begin("tr", &[])?;
        }
        self.begin("td", &[])
    }

    fn write(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.run = Run::default();
        self.out.push('<');
        self.out.push_str(name);
        for (name, value) in attributes {
            if name.contains(['"', '\'', '<', '=']) || value.len() > VALUE {
                continue;
            }
            for part in [" ", *name, "=\"", &value.replace('"', "&quot;"), "\""] {
                self.out.push_str(part);
            }
        }
        self.out.push('>');
    }

    /// Ends an element and all that is in it; nothing if there is none of that name.
    fn end(&mut self, name: &str) {
        let Some(place) = self.open.iter().rposition(|(open, _)| *open == name) else { return };
        while self.open.len() > place {
            self.end_last();
        }
    }

    fn end_last(&mut self) {
        if let Some((name, length)) = self.open.pop() {
            self.going_on -= length;
            self.run = Run::default();
            for part in ["</", name, ">"] {
                self.out.push_str(part);
            }
        }
    }

    fn end_all(&mut self) {
        while !self.open.is_empty() {
            self.end_last();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tag::ATTRIBUTES;

    #[test]
    fn elements_are_closed_in_the_right_order() {
        for (html, expected) in [
            ("a < b & c > d", "a &lt; b & c > d"),
            ("<p>a<b>b</p>c</b>", "<p>a<b>b</b></p>c"),
            ("<div>a", "<div>a</div>"),
            ("a</div>b</p>", "ab"),
            ("<DIV Title=x>a</dIV >", "<div Title=\"x\">a</div>"),
            ("<br>a<br/>b<img src=x>", "<br>a<br>b<img src=\"x\">"),
            ("<ul><li>a<li>b</ul>", "<ul><li>a</li><li>b</li></ul>"),
            (
                "<table><tr><td>a<th>b<tr><td>c</table>",
                "<table><tr><td>a</td><th>b</th></tr><tr><td>c</td></tr></table>",
            ),
            ("<tr><td>a</td></tr>", "a"),
            ("<table><tr><td><p>a<td>b</table>", "<table><tr><td><p>a</p></td><td>b</td></tr></table>"),
            (
                "<table> a<b>c</b><tr>d<td>e</table>",
                "<table><tr><td> a<b>c</b></td></tr><tr><td>d</td><td>e</td></tr></table>",
            ),
            (
                "<table><col><caption>a<tr><th>b</table>c",
                "<table><col><caption>a</caption><tr><th>b</th></tr></table>c",
            ),
            ("<table><td>a<table><td>b</table>c</table>", "<table><td>a<table><td>b</td></table>c</td></table>"),
            ("<p>a<div>b</div>c", "<p>a<div>b</div>c</p>"),
            ("a<!-- <div> -->b<!x>c<?y?>d", "abcd"),
            ("a<!-- <b>b</b>", "a&lt;!-- <b>b</b>"),
            ("a<script>if (a<b) \"<div>\"</SCRIPT >b<style>x", "ab"),
            ("<form><b>x</b></form>", "<b>x</b>"),
            ("<b title=a\"b>x</b>", "<b title=\"a&quot;b\">x</b>"),
            ("<b title='a>b\"c' = lang=de a'b=1 hidden>x</b>", "<b title=\"a>b&quot;c\" lang=\"de\" hidden=\"\">x</b>"),
            ("<b title='a>x</b>", "&lt;b title='a>x&lt;/b>"),
            ("a<", "a&lt;"),
            ("</", "&lt;/"),
            ("<b", "&lt;b"),
            ("<é>", "&lt;é>"),
        ] {
            assert_eq!(balanced(html).as_deref(), Ok(expected), "{html}");
        }
    }

    #[test]
    fn a_long_text_of_ampersands_is_taken_apart_where_nobody_sees_it() {
        for character in ["&amp;", "\u{a9}", "\u{a0}a"] {
            let text = character.repeat(20_000);
            let html = balanced(&format!("<p>{text}</p>")).expect("html");
            assert!(html.matches(NOTHING).count() > 2, "{character}");
            assert_eq!(html.replace(NOTHING, ""), format!("<p>{text}</p>"));
            assert!(
                !balanced(&format!("<p>{}</p>", "a &lt; b &amp; ".repeat(20_000))).expect("html").contains(NOTHING)
            );
        }
    }

    #[test]
    fn of_very_many_attributes_the_first_are_kept() {
        let attributes = (0..ATTRIBUTES + 9).fold(String::new(), |text, number| format!("{text} a{number}=1"));
        let html = balanced(&format!("<b{attributes}>x</b>")).expect("html");
        assert_eq!(html.matches("=\"1\"").count(), ATTRIBUTES);
        assert_eq!(balanced(&format!("<b title='{}'>x</b>", "&".repeat(VALUE + 1))).as_deref(), Ok("<b>x</b>"));
    }
}
