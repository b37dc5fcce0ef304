//! Markdown as a plain text that people read as it is.

use crate::markdown;
use crate::tag::HIDDEN;
use pulldown_cmark::{CowStr, Event, HeadingLevel, Tag, TagEnd};

/// The longest line under a heading, in characters.
const LINE: usize = 60;

/// A line between parts of a text. Two hyphens and a blank would begin a signature.
const RULE: &str = "--------------------";

/// Addresses that lead somewhere in a letter; those without any of these schemes have none.
const SCHEMES: [&str; 4] = ["http", "https", "mailto", "tel"];

/// The text of a source in Markdown, at most so many bytes; `None` if it becomes more.
pub(super) fn text(markdown: &str, most: usize) -> Option<String> {
    let mut writer = Writer::default();
    for event in markdown::events(markdown) {
        writer.hear(event);
        if writer.out.len() > most {
            return None;
        }
    }
    let mut text = writer.out.trim_end().to_owned();
    if !text.is_empty() {
        text.push('\n');
    }
    Some(text)
}

/// What stands before the lines of a list's item, a quote or a code.
struct Margin {
    /// Before the first line, until that is written.
    first: Option<String>,
    /// Before the others.
    rest: String,
}

/// Writes lines.
#[derive(Default)]
struct Writer {
    out: String,
    margins: Vec<Margin>,
    /// How many line breaks come before what is written next, and how many margins the empty lines between have.
    breaks: usize,
    margins_between: Option<usize>,
    /// The numbers of the lists that are open; none for those with bullets.
    lists: Vec<Option<u64>>,
    /// Where the texts of links begin, and where they lead.
    links: Vec<(usize, String)>,
    /// Where the heading or the head of the table begins.
    head: usize,
    /// Whether a cell of the row has been written.
    in_row: bool,
    in_code: bool,
    /// Inside an element whose contents are no text for people.
    hidden: bool,
}

impl Writer {
    fn hear(&mut self, event: Event<'_>) {
        match event {
            Event::Text(_) | Event::Code(_) if self.hidden => {}
            Event::Start(tag) => self.begin(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => self.say(&text),
            Event::Code(text) => {
                for part in ["`", &*text, "`"] {
                    self.say(part);
                }
            }
            Event::SoftBreak | Event::HardBreak => self.breaks += 1,
            Event::Rule => {
                self.block();
                self.say(RULE);
                self.gap(2);
            }
            Event::InlineHtml(html) => {
                let tag = html.to_ascii_lowercase();
                if tag.starts_with("<br") {
                    self.breaks += 1;
                }
                self.hidden = HIDDEN.iter().any(|name| tag[1..].starts_with(name));
            }
            Event::Html(_) => {}
            // Nothing of it is switched on.
            Event::InlineMath(text) | Event::DisplayMath(text) | Event::FootnoteReference(text) => self.say(&text),
            Event::TaskListMarker(_) => {}
        }
    }

    fn begin(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph | Tag::Table(_) | Tag::HtmlBlock => self.block(),
            Tag::Heading { .. } => {
                self.block();
                self.line();
                self.head = self.out.len();
            }
            Tag::BlockQuote(_) => {
                self.block();
                self.margin("> ", "> ");
            }
            Tag::CodeBlock(_) => {
                self.block();
                self.margin("    ", "    ");
                self.in_code = true;
            }
            Tag::List(number) => {
                if self.lists.is_empty() {
                    self.block();
                } else {
                    self.gap(1);
                }
                self.lists.push(number);
            }
            Tag::Item => {
                self.gap(1);
                let mark = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{}. ", *number - 1)
                    }
                    _ => "- ".to_owned(),
                };
                let rest = " ".repeat(mark.len());
                self.margin(&mark, &rest);
            }
            Tag::TableHead | Tag::TableRow => {
                self.line();
                self.head = self.out.len();
                self.in_row = false;
            }
            Tag::TableCell => {
                if self.in_row {
                    self.say(" | ");
                }
                self.in_row = true;
            }
            Tag::Strong => self.say("*"),
            Tag::Strikethrough => self.say("~"),
            Tag::Link { dest_url, .. } => {
                self.line();
                self.links.push((self.out.len(), address(&dest_url)));
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::HtmlBlock => self.gap(2),
            TagEnd::Heading(level) => {
                let length = self.out[self.head..].lines().map(|line| line.chars().count()).max().unwrap_or_default();
                let sign = match level {
                    HeadingLevel::H1 => "=",
                    HeadingLevel::H2 => "-",
                    _ => "",
                };
                if length > 0 && !sign.is_empty() {
                    self.gap(1);
                    self.say(&sign.repeat(length.clamp(3, LINE)));
                }
                self.gap(2);
            }
            TagEnd::BlockQuote(_) => {
                self.margins.pop();
                self.gap(2);
            }
            TagEnd::CodeBlock => {
                self.in_code = false;
                self.breaks = 0;
                self.margins.pop();
                self.gap(2);
            }
            TagEnd::List(_) => {
                self.lists.pop();
                self.gap(if self.lists.is_empty() { 2 } else { 1 });
            }
            TagEnd::Item => {
                // An item without a word has its mark all the same.
                if self.margins.last().is_some_and(|margin| margin.first.is_some()) {
                    self.line();
                    self.out.truncate(self.out.trim_end().len());
                }
                self.margins.pop();
            }
            TagEnd::TableHead => {
                let length = self.out[self.head..].chars().count();
                self.gap(1);
                self.say(&"-".repeat(length.clamp(3, LINE)));
                self.gap(1);
            }
            TagEnd::TableRow => self.gap(1),
            TagEnd::Table => self.gap(2),
            TagEnd::Strong => self.say("*"),
            TagEnd::Strikethrough => self.say("~"),
            TagEnd::Link => {
                if let Some((from, address)) = self.links.pop() {
                    self.lead(from, &address);
                }
            }
            _ => {}
        }
    }

    /// Says where a link leads, unless its text does.
    fn lead(&mut self, from: usize, address: &str) {
        let text = self.out.get(from..).unwrap_or_default().trim().to_owned();
        let says_so = text == address || address.strip_prefix("mailto:") == Some(text.as_str());
        if address.is_empty() || says_so {
            return;
        }
        let shown = if text.is_empty() { address.to_owned() } else { format!(" ({address})") };
        self.say(&shown);
    }

    fn margin(&mut self, first: &str, rest: &str) {
        self.margins.push(Margin { first: Some(first.to_owned()), rest: rest.to_owned() });
    }

    /// Leaves an empty line before what comes, unless an item or a quote begins with it.
    fn block(&mut self) {
        if self.margins.last().is_none_or(|margin| margin.first.is_none()) {
            self.gap(2);
        }
    }

    fn gap(&mut self, breaks: usize) {
        self.breaks = self.breaks.max(breaks);
        let margins = self.margins.len();
        self.margins_between = Some(self.margins_between.map_or(margins, |before| before.min(margins)));
    }

    /// Begins the line on which something is to be written.
    fn line(&mut self) {
        let begins = self.out.is_empty();
        if !begins {
            let between = self.margins_between.unwrap_or(self.margins.len());
            for number in 0..self.breaks {
                self.out.push('\n');
                if number + 1 < self.breaks {
                    let margins: String =
                        self.margins.iter().take(between).map(|margin| margin.rest.as_str()).collect();
                    self.out.push_str(margins.trim_end());
                }
            }
        }
        if begins || self.breaks > 0 {
            for margin in &mut self.margins {
                match margin.first.take() {
                    Some(first) => self.out.push_str(&first),
                    None => self.out.push_str(&margin.rest),
                }
            }
        }
        self.breaks = 0;
        self.margins_between = None;
    }

    fn say(&mut self, text: &str) {
        for (number, line) in text.split('\n').enumerate() {
            if number > 0 && self.in_code {
                self.breaks += 1;
            }
            if !line.is_empty() {
                self.line();
                self.out.push_str(line);
            }
        }
    }
}

/// An address as it can be clicked: without blanks; empty if it leads nowhere in a letter.
fn address(url: &CowStr<'_>) -> String {
    let url = url.trim().replace(|c: char| c.is_whitespace() || c.is_control(), "%20");
    let scheme = url.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    let is_scheme = |scheme: &String| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    };
    match scheme.filter(is_scheme) {
        Some(scheme) if !SCHEMES.contains(&scheme.as_str()) => String::new(),
        _ if url.starts_with('#') => String::new(),
        _ => url,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(markdown: &str) -> String {
        text(markdown, 100_000).expect("it fits")
    }

    #[test]
    fn a_text_reads_as_people_write_their_letters() {
        for (markdown, expected) in [
            ("", ""),
            ("Hello", "Hello\n"),
            ("one\ntwo  \nthree\n\n\n\nfour", "one\ntwo\nthree\n\nfour\n"),
            ("# A\n## Be\n### See\nx", "A\n===\n\nBe\n---\n\nSee\n\nx\n"),
            ("a *b* **c** ~~d~~ `e`", "a b *c* ~d~ `e`\n"),
            ("- a\n- b\n  - c\n  - d\n- e\n\nf", "- a\n- b\n  - c\n  - d\n- e\n\nf\n"),
            ("3. a\n4. b\n", "3. a\n4. b\n"),
            ("- a\n\n  b\n\n- c\n", "- a\n\n  b\n\n- c\n"),
            ("-\n- a", "-\n- a\n"),
            ("> a\n>\n> b\n\nc", "> a\n>\n> b\n\nc\n"),
            ("x\n\n> a\n> > b\n", "x\n\n> a\n>\n> > b\n"),
            ("- > a\n", "- > a\n"),
            ("a\n\n    b\n\n    c\n\nd", "a\n\n    b\n\n    c\n\nd\n"),
            ("a\n\n---\n\nb", "a\n\n--------------------\n\nb\n"),
            ("[a](https://b.example)", "a (https://b.example)\n"),
            ("<https://b.example/>", "https://b.example/\n"),
            ("<a@b.example>", "a@b.example\n"),
            ("[a](<https://b.example/c d>)", "a (https://b.example/c%20d)\n"),
            ("[](https://b.example)", "https://b.example\n"),
            ("- [a](https://b.example)", "- a (https://b.example)\n"),
            ("[a](#b) [c](javascript:d) [e](/f)", "a c e (/f)\n"),
            ("![a cat](https://b.example/cat.jpg)", "a cat\n"),
            ("[![a cat](/cat.jpg)](https://b.example)", "a cat (https://b.example)\n"),
            ("a <script>b</script> c", "a  c\n"),
            ("a<br>b <b>c</b>\n\n<div>\nd\n</div>\n\ne", "a\nb c\n\ne\n"),
            ("|a|b|\n|-|-|\n|c||\n\nd", "a | b\n-----\nc | \n\nd\n"),
            ("&lt; &amp; \\*", "< & *\n"),
        ] {
            assert_eq!(plain(markdown), expected, "{markdown}");
        }
    }

    #[test]
    fn what_becomes_too_long_is_none() {
        assert_eq!(text(&"a ".repeat(100), 99), None);
    }
}
