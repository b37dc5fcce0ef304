//! The letter where a server has pasted it into its text, after some line such as "Below this line is a copy of the message".
//!
//! It is known by its header, mostly: where several lines in a row are fields that letters have, a letter begins, whatever the line before
//! says and in whichever language.

use crate::mail::{Fields, is_field};
use crate::rules::{DIVIDERS, says};
use domain::reply::plain;

/// What only a letter has in its header, and no summary of one.
const TECHNICAL: [&str; 8] = [
    "received",
    "return-path",
    "mime-version",
    "content-type",
    "dkim-signature",
    "x-mailer",
    "list-unsubscribe",
    "x-received",
];

/// What else a letter has in its header.
const COMMON: [&str; 7] = ["message-id", "from", "to", "subject", "date", "reply-to", "delivered-to"];

/// How many headers are looked at in one text.
const MOST: usize = 5;

/// How long a line may be that announces the letter.
const LONGEST_DIVIDER: usize = 200;

/// Lines in a row that look like the fields of a header.
struct Header<'t> {
    /// Where it begins.
    start: usize,
    /// What stands before each of its lines: signs of quoting, or blanks.
    quoted: &'t str,
    /// Its lines without that.
    lines: Vec<&'t str>,
    /// Where the line begins that announces it.
    announced: Option<usize>,
}

/// What stands before the letter that is pasted into a text, and the headers of letters in it. A summary, which has only the subject of a
/// letter, its recipients and the like, tells of the letter, too, and the text goes on after it.
pub(crate) fn apart(text: &str) -> (&str, Vec<Fields>) {
    let mut found = Found { text, letters: Vec::new() };
    let mut header: Option<Header<'_>> = None;
    let mut announced = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let line = line.trim_end();
        if header.as_mut().is_some_and(|header| header.goes_on(line)) {
            continue;
        }
        if let Some(end) = header.take().and_then(|header| found.ends_at(&header)) {
            return (&text[..end], found.letters);
        }
        header = Header::begins(line, start, announced);
        if header.is_some() {
            announced = None;
        } else if announces(line) {
            if is_a_rule(line) {
                found.letters.extend(after(&text[at..]));
                return (&text[..start], found.letters);
            }
            announced = Some(start);
        } else if !line.is_empty() {
            announced = None;
        }
    }
    let end = header.and_then(|header| found.ends_at(&header));
    (&text[..end.unwrap_or(text.len())], found.letters)
}

/// The header of the letter that comes after a line that has announced it for certain.
fn after(text: &str) -> Option<Fields> {
    let mut lines = text.trim_start_matches(['\n', '\r', ' ', '\t']).lines().map(str::trim_end);
    let mut header = Header::begins(lines.next()?, 0, None)?;
    for line in lines {
        if !header.goes_on(line) {
            break;
        }
    }
    Some(header.fields())
}

/// The headers that were found in a text.
struct Found<'t> {
    text: &'t str,
    letters: Vec<Fields>,
}

impl Found<'_> {
    /// Keeps a header if it is that of a letter, or a summary of one. Where the text for people ends, if the letter begins there.
    fn ends_at(&mut self, header: &Header<'_>) -> Option<usize> {
        let fields = header.fields();
        let of = |names: &[&str]| names.iter().filter(|name| fields.has(name)).count();
        let (technical, common) = (of(&TECHNICAL), of(&COMMON));
        let is_letter = technical > 0 && technical + common > 2 || header.announced.is_some() && technical + common > 0;
        if (is_letter || common > 1) && self.letters.len() < MOST {
            self.letters.push(fields);
        }
        is_letter.then_some(header.announced.unwrap_or(header.start).min(self.text.len()))
    }
}

impl<'t> Header<'t> {
    fn begins(line: &'t str, start: usize, announced: Option<usize>) -> Option<Self> {
        let bare = line.trim_start_matches(['>', '|', ' ', '\t']);
        let quoted = &line[..line.len() - bare.len()];
        is_field(bare.as_bytes()).then(|| Self { start, quoted, lines: vec![bare], announced })
    }

    /// Takes the next line, if it is one of the same header.
    fn goes_on(&mut self, line: &'t str) -> bool {
        let Some(bare) = line.strip_prefix(self.quoted) else { return false };
        let goes_on = !bare.is_empty() && (bare.starts_with([' ', '\t']) || is_field(bare.as_bytes()));
        if goes_on {
            self.lines.push(bare);
        }
        goes_on
    }

    fn fields(&self) -> Fields {
        Fields::read(self.lines.join("\n").as_bytes()).0
    }
}

/// Whether a line says that the letter follows.
fn announces(line: &str) -> bool {
    let short = !line.is_empty() && line.len() <= LONGEST_DIVIDER;
    short && (is_a_rule(line) || line.ends_with([':', '.', '-', '='])) && says(DIVIDERS, &plain(line))
}

/// Whether a line is drawn rather than said.
fn is_a_rule(line: &str) -> bool {
    ["--", "==", "**", "__", "##"].iter().any(|sign| line.trim_start().starts_with(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LETTER: &str =
        "Return-Path: <b+x@bounce.example.org>\nReceived: from a\n\tby b\nMessage-ID: <1@example.org>\nSubject: News\n";

    #[test]
    fn the_letter_is_found_where_it_is_pasted() {
        for before in [
            "Sorry: no such user.\n\n--- Below this line is a copy of the message.\n\n",
            "Sorry: no such user.\n\n",
            "Sorry: no such user.\nOriginal message headers:\n\n",
            "Sorry: no such user.\n\nТекст письма\n\n",
        ] {
            let text = format!("{before}{LETTER}\nbody: no such domain\n");
            let (words, letters) = apart(&text);
            assert!(words.contains("no such user") && !words.contains("News") && !words.contains("body"), "{words}");
            assert_eq!(letters.len(), 1, "{before}");
            assert_eq!(letters[0].get("message-id"), Some("<1@example.org>"));
            assert_eq!(letters[0].get("received"), Some("from a by b"));
        }
    }

    #[test]
    fn a_letter_that_is_quoted_is_found() {
        let quoted = LETTER.lines().map(|line| format!("> {line}\n")).collect::<Vec<_>>().concat();
        let text = format!("No such user:\n\n{quoted}>\n> body\n");
        let (words, letters) = apart(&text);
        assert_eq!(words.trim(), "No such user:");
        assert_eq!(letters[0].get("return-path"), Some("<b+x@bounce.example.org>"));
    }

    #[test]
    fn a_summary_of_a_letter_does_not_end_the_text() {
        let text = "Your message\n  To: kim@example.org\n  Subject: News\n  Message-ID: <1@example.org>\n\nwas refused: no such user\n";
        let (words, letters) = apart(text);
        assert_eq!(words, text);
        assert_eq!(letters[0].words("subject"), "News");
    }

    #[test]
    fn what_is_announced_and_has_no_header_ends_the_text() {
        let (words, letters) = apart("no such user\n--- original message ---\nHello, you are over quota\n");
        assert_eq!((words, letters.len()), ("no such user\n", 0));
        let (words, _) = apart("The original message was received at noon.\nno such user\n");
        assert!(words.contains("no such user"));
    }

    #[test]
    fn a_text_without_a_letter_is_left_as_it_is() {
        for text in ["", "\n\n", "no such user: kim\nsee https://example.org\n", "Subject: x\n", "a: b\n\nc: d"] {
            assert_eq!(apart(text), (text, vec![]), "{text}");
        }
    }
}
