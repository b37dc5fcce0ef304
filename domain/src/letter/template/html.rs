//! Where in HTML a merge field stands.
//!
//! A small part of the tokenizer of the HTML standard (<https://html.spec.whatwg.org/#tokenization>): just enough to know tags
//! from text, attributes from each other, and quoted values from others. It works on the template, in which a merge field is one
//! sign of its own, so it is run once for a message and not for every letter. What is in conditional comments is HTML:
//! programs that read them show it. Addresses are also in `url()` of styles and behind `url=` of `<meta http-equiv=refresh>`; and there are
//! places of which something is made that runs, where no way to write a value is safe.

use super::url::{Reading, Spot};

/// Where a merge field stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In a text, or inside of quotation marks.
    Quoted,
    /// In a tag, where a blank would end a value and begin an attribute.
    Bare,
    /// In the address that an attribute is. Whether it stands in quotation marks.
    Url {
        /// Which part of the address.
        spot: Spot,
        /// Whether the value has quotation marks around it.
        quoted: bool,
    },
    /// In a script, in an attribute that is one (`onclick`), or in one that holds a page of its own (`srcdoc`).
    Program {
        /// Whether it is neither in a tag nor without quotation marks there.
        quoted: bool,
    },
}

/// Attributes that are addresses (<https://html.spec.whatwg.org/#attributes-3>, and old ones that mail programs know).
const ADDRESSES: [&str; 20] = [
    "action",
    "archive",
    "background",
    "cite",
    "classid",
    "codebase",
    "data-saferedirecturl",
    "dynsrc",
    "formaction",
    "href",
    "icon",
    "imagesrcset",
    "longdesc",
    "lowsrc",
    "manifest",
    "ping",
    "poster",
    "src",
    "srcset",
    "xlink:href",
];

/// Elements that hold text and no tags.
const TEXTS: [&str; 8] = ["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"];

/// HTML as far as it has been read.
#[derive(Debug, Default)]
pub(super) struct Html {
    state: State,
    /// The element of the tag, in small letters; with `/` before it where it ends.
    tag: String,
    attribute: String,
    address: Option<Reading>,
    /// The last signs of what may have addresses in it, in small letters, outside of an address.
    tail: String,
    /// The `type` of the tag, by which a script may be mere data.
    kind: String,
    /// Inside a drawing or a formula, where the elements of [`TEXTS`] hold tags like all others.
    foreign: bool,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Text,
    /// After `<`.
    TagOpen,
    TagName,
    BeforeAttribute,
    Attribute,
    AfterAttribute,
    BeforeValue,
    /// Until this quotation mark; until a blank if there is none.
    Value(Option<char>),
    /// After `<!`, and so many of `--` after it.
    Markup(u8),
    /// In a comment, after so many signs of `[if`.
    Comment(u8),
    /// In a comment, of whose end so many signs have come.
    CommentBody(u8),
    /// Before the end of the condition of a conditional comment; whether `]` was the last sign.
    Condition(bool),
    /// A declaration, or what is none.
    Bogus,
    /// In an element that holds no tags, after so many signs of its end.
    Raw(usize),
}

impl Html {
    pub(super) fn push(&mut self, text: &str) {
        text.chars().for_each(|c| self.next(c));
    }

    /// Where the merge field stands that comes now.
    pub(super) fn field(&mut self) -> Place {
        if self.state == State::BeforeValue {
            self.begin_value(None);
        }
        match self.state {
            State::Value(quote) => {
                self.tail.clear();
                let (quoted, program) = (quote.is_some(), self.is_program());
                match &mut self.address {
                    Some(address) => Place::Url { spot: address.field(), quoted },
                    None if program => Place::Program { quoted },
                    None if quoted => Place::Quoted,
                    None => Place::Bare,
                }
            }
            State::TagOpen
            | State::TagName
            | State::BeforeAttribute
            | State::Attribute
            | State::AfterAttribute
            | State::BeforeValue => Place::Bare,
            State::Raw(_) => {
                self.state = State::Raw(0);
                self.tail.clear();
                // Data of mail programs (JSON-LD) is no program.
                let program = self.tag == "script" && !self.kind.contains("json");
                match &mut self.address {
                    Some(address) => Place::Url { spot: address.field(), quoted: true },
                    None if program => Place::Program { quoted: true },
                    None => Place::Quoted,
                }
            }
            State::Text
            | State::Markup(_)
            | State::Comment(_)
            | State::CommentBody(_)
            | State::Condition(_)
            | State::Bogus => Place::Quoted,
        }
    }

    /// Whether it is in a comment, or in an element of which no more than text is read, such as a script.
    pub(super) fn is_hidden(&self) -> bool {
        match self.state {
            State::Markup(_)
            | State::Comment(_)
            | State::CommentBody(_)
            | State::Condition(_)
            | State::Bogus
            | State::Raw(_) => true,
            State::Text
            | State::TagOpen
            | State::TagName
            | State::BeforeAttribute
            | State::Attribute
            | State::AfterAttribute
            | State::BeforeValue
            | State::Value(_) => false,
        }
    }

    fn begin_value(&mut self, quote: Option<char>) {
        let is_address =
            ADDRESSES.contains(&self.attribute.as_str()) || (self.attribute == "data" && self.tag == "object");
        self.address = is_address.then(Reading::default);
        self.tail.clear();
        if self.attribute == "type" {
            self.kind.clear();
        }
        self.state = State::Value(quote);
    }

    /// Whether the attribute's value is run, or is a page in which something may be.
    fn is_program(&self) -> bool {
        let handler = self.attribute.strip_prefix("on");
        self.attribute == "srcdoc"
            || handler.is_some_and(|event| !event.is_empty() && event.bytes().all(|byte| byte.is_ascii_alphabetic()))
    }

    /// What stands before an address in what is being read, if there may be some in it.
    fn before_addresses(&self) -> Option<&'static str> {
        match (self.state, self.tag.as_str(), self.attribute.as_str()) {
            (State::Raw(_), "style", _) | (State::Value(_), _, "style") => Some("url("),
            (State::Value(_), "meta", "content") => Some("url="),
            _ => None,
        }
    }

    /// A sign of what may have addresses in it.
    fn among_addresses(&mut self, c: char, before: &'static str) {
        if let Some(address) = &mut self.address {
            if c == ')' && before == "url(" {
                self.address = None;
            } else if !(address.is_empty() && matches!(c, '"' | '\'')) {
                address.push(c);
            }
            return;
        }
        while self.tail.chars().count() >= before.len() {
            self.tail.remove(0);
        }
        self.tail.push(c.to_ascii_lowercase());
        if self.tail == before {
            self.address = Some(Reading::default());
            self.tail.clear();
        }
    }

    fn end_tag(&mut self) {
        match self.tag.as_str() {
            "svg" | "math" => self.foreign = true,
            "/svg" | "/math" => self.foreign = false,
            _ => {}
        }
        self.address = None;
        self.tail.clear();
        let text = !self.foreign && TEXTS.contains(&self.tag.as_str());
        self.state = if text { State::Raw(0) } else { State::Text };
    }

    fn next(&mut self, c: char) {
        let blank = c.is_ascii_whitespace();
        match self.state {
            State::Text => {
                if c == '<' {
                    self.state = State::TagOpen;
                }
            }
            State::TagOpen => {
                self.tag.clear();
                self.kind.clear();
                self.state = match c {
                    '!' => State::Markup(0),
                    '?' => State::Bogus,
                    '/' => State::TagName,
                    c if c.is_ascii_alphabetic() => State::TagName,
                    '<' => State::TagOpen,
                    _ => State::Text,
                };
                if self.state == State::TagName {
                    self.tag.push(c.to_ascii_lowercase());
                }
            }
            State::TagName => match c {
                '>' => self.end_tag(),
                '/' => self.state = State::BeforeAttribute,
                _ if blank => self.state = State::BeforeAttribute,
                _ => self.tag.push(c.to_ascii_lowercase()),
            },
            State::BeforeAttribute | State::AfterAttribute => match c {
                '>' => self.end_tag(),
                '=' if self.state == State::AfterAttribute => self.state = State::BeforeValue,
                _ if blank => {}
                '/' => self.state = State::BeforeAttribute,
                _ => {
                    self.attribute.clear();
                    self.attribute.push(c.to_ascii_lowercase());
                    self.state = State::Attribute;
                }
            },
            State::Attribute => match c {
                '>' => self.end_tag(),
                '=' => self.state = State::BeforeValue,
                '/' => self.state = State::BeforeAttribute,
                _ if blank => self.state = State::AfterAttribute,
                _ => self.attribute.push(c.to_ascii_lowercase()),
            },
            State::BeforeValue => match c {
                '>' => self.end_tag(),
                '"' | '\'' => self.begin_value(Some(c)),
                _ if blank => {}
                _ => {
                    self.begin_value(None);
                    self.in_value(c);
                }
            },
            State::Value(Some(quote)) if c == quote => self.state = State::BeforeAttribute,
            State::Value(None) if blank => self.state = State::BeforeAttribute,
            State::Value(None) if c == '>' => self.end_tag(),
            State::Value(_) => self.in_value(c),
            State::Markup(dashes) => {
                self.state = match (c, dashes) {
                    ('>', _) => State::Text,
                    ('-', 0) => State::Markup(1),
                    ('-', _) => State::Comment(0),
                    _ => State::Bogus,
                };
            }
            State::Comment(seen) => {
                let expected = b"[if"[usize::from(seen)];
                self.state = match c {
                    c if c.to_ascii_lowercase() == char::from(expected) && seen == 2 => State::Condition(false),
                    c if c.to_ascii_lowercase() == char::from(expected) => State::Comment(seen + 1),
                    // An empty comment ends like this.
                    '>' if seen == 0 => State::Text,
                    // So does one that ends with this one and >.
                    '-' if seen == 0 => State::CommentBody(2),
                    '-' => State::CommentBody(1),
                    _ => State::CommentBody(0),
                };
            }
            State::CommentBody(seen) => {
                self.state = match c {
                    '-' if seen == 3 => State::CommentBody(1),
                    '-' => State::CommentBody((seen + 1).min(2)),
                    // Browsers take --!> for the end, too.
                    '!' if seen == 2 => State::CommentBody(3),
                    '>' if seen >= 2 => State::Text,
                    _ => State::CommentBody(0),
                };
            }
            State::Condition(bracket) => {
                self.state = if c == '>' && bracket { State::Text } else { State::Condition(c == ']') };
            }
            State::Bogus => {
                if c == '>' {
                    self.state = State::Text;
                }
            }
            State::Raw(seen) => self.in_raw_text(c, seen),
        }
    }

    fn in_value(&mut self, c: char) {
        if self.attribute == "type" && self.kind.len() < 64 {
            self.kind.push(c.to_ascii_lowercase());
        }
        match (self.before_addresses(), &mut self.address) {
            (Some(before), _) => self.among_addresses(c, before),
            (None, Some(address)) => address.push(c),
            (None, None) => {}
        }
    }

    fn in_raw_text(&mut self, c: char, seen: usize) {
        if let Some(before) = self.before_addresses() {
            self.among_addresses(c, before);
        }
        let end = ['<', '/'].into_iter().chain(self.tag.chars());
        let expected = end.clone().nth(seen);
        self.state = match expected {
            Some(expected) if c.to_ascii_lowercase() == expected => State::Raw(seen + 1),
            None if c == '>' => State::Text,
            None if c.is_ascii_whitespace() || c == '/' => {
                self.tag.insert(0, '/');
                State::BeforeAttribute
            }
            _ => State::Raw(usize::from(c == '<')),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(before: &str) -> Place {
        let mut html = Html::default();
        for (at, part) in before.split("{}").enumerate() {
            if at > 0 {
                html.field();
            }
            html.push(part);
        }
        html.field()
    }

    #[test]
    fn addresses_are_found_in_attributes_however_these_are_written() {
        let inside = |quoted| Place::Url { spot: Spot::Inside, quoted };
        for (before, expected) in [
            ("<a href=\"https://example.org/?a=", inside(true)),
            ("<A HREF = 'https://example.org/?a=", inside(true)),
            ("<a\n  class=x\n  href\n=\n\"/?a={}&amp;b=", inside(true)),
            ("<a href=https://example.org/?a=", inside(false)),
            ("<a href=", Place::Url { spot: Spot::Start, quoted: false }),
            ("<a href=\"", Place::Url { spot: Spot::Start, quoted: true }),
            ("<a href='mailto:", Place::Url { spot: Spot::Addressee, quoted: true }),
            ("<a title='>' href='/?", inside(true)),
            ("<img alt=\"<\" src=\"/?", inside(true)),
            ("<br/><img/src='/?", inside(true)),
            ("<form action='/", inside(true)),
            ("<td background='/", inside(true)),
            ("<blockquote cite='/", inside(true)),
            ("<video poster='/", inside(true)),
            ("<img srcset='/a 1x, /", inside(true)),
            ("<object data='/", inside(true)),
            ("<v:rect href='/", inside(true)),
            ("<!--[if mso]><v:rect href='/", inside(true)),
            ("<!--[if !mso]><!--><a href='/", inside(true)),
            ("<!--[if mso]>x<![endif]--><a href='/", inside(true)),
            ("<!-- <a> --><a href='/", inside(true)),
            ("<!----><a href='/", inside(true)),
            ("<!---><a href='/", inside(true)),
            ("<!-- a --!><a href='/", inside(true)),
            ("<!-- a --!- --><a href='/", inside(true)),
            ("<svg><title><a href='/", inside(true)),
            ("<svg><style>a</svg><style>a > b { } </style><a href='/", inside(true)),
            ("<!--><a href='/", inside(true)),
            ("<!DOCTYPE html><a href='/", inside(true)),
            ("<style>a > b { } </style><a href='/", inside(true)),
            ("<script>if (a < b) '</a>' </SCRIPT ><a href='/", inside(true)),
            ("a < b <a href='/", inside(true)),
            ("<p style='color: red; background: URL(https://example.org/?a=", inside(true)),
            ("<p style=background:url(/?a=", inside(false)),
            ("<p style=\"background: url('/?a={}'), url( '/b?a=", inside(true)),
            ("<p style=\"background: url('", Place::Url { spot: Spot::Start, quoted: true }),
            ("<style>a { background: url(/?a=", inside(true)),
            ("<style>a { background: url(", Place::Url { spot: Spot::Start, quoted: true }),
            ("<meta http-equiv=refresh content='5; URL=/?a=", inside(true)),
            ("<meta http-equiv=refresh content=\"0;url='https://example.org/", inside(true)),
            ("<style>a { background: url(/?a= </style><a href='/", inside(true)),
            ("<<a href='/", inside(true)),
            ("{}<a x={} href='/", inside(true)),
        ] {
            assert_eq!(place(before), expected, "{before}");
        }
    }

    #[test]
    fn what_is_no_address_is_text_or_the_inside_of_a_tag() {
        for (before, expected) in [
            ("", Place::Quoted),
            ("<p>", Place::Quoted),
            ("<a href='/'>https://example.org/?a=", Place::Quoted),
            ("<a href='/' title='", Place::Quoted),
            ("<a href=/ title=\"https://example.org/?a=", Place::Quoted),
            ("<a data-href='/", Place::Quoted),
            ("<p data='/", Place::Quoted),
            ("<p title=", Place::Bare),
            ("<p title=x", Place::Bare),
            ("<p ", Place::Bare),
            ("<p", Place::Bare),
            ("</p ", Place::Bare),
            ("<p title=x>", Place::Quoted),
            ("<!-- <a href='", Place::Quoted),
            ("<style>a { background: url(/) ", Place::Quoted),
            ("<style>a { background: u{}rl(", Place::Quoted),
            ("<p style='background: url(/); color: ", Place::Quoted),
            ("<p style=color:", Place::Bare),
            ("<meta name=description content='Curl=", Place::Url { spot: Spot::Start, quoted: true }),
            ("<meta name=description content='For ", Place::Quoted),
            ("<p title='url(", Place::Quoted),
            ("<style>a { background: url(/</style>", Place::Quoted),
            ("<style>a { background: url(/</style><p title='", Place::Quoted),
            ("<title>", Place::Quoted),
            ("<script type='application/ld+json'>{ 'name': '", Place::Quoted),
            ("<script type='application/ld+json'></script><p on='", Place::Quoted),
            ("<p on-x='", Place::Quoted),
            ("1 < 2 href='", Place::Quoted),
            ("<a href='/'> href='", Place::Quoted),
        ] {
            assert_eq!(place(before), expected, "{before}");
        }
    }

    #[test]
    fn programs_are_known() {
        for (before, quoted) in [
            ("<script>var a = '<a href=\"", true),
            ("<script>var a = '", true),
            ("<SCRIPT type=module>", true),
            ("<script type='application/ld+json'></script><script>", true),
            ("<a onclick=\"f('", true),
            ("<a ONMOUSEOVER = f('", false),
            ("<body onload='{}, ", true),
            ("<iframe srcdoc='<p>", true),
        ] {
            assert_eq!(place(before), Place::Program { quoted }, "{before}");
        }
    }
}
