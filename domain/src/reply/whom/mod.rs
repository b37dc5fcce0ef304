//! Words about a letter, without whom it went to.
//!
//! Whole addresses are masked wherever they stand ([`super::masked()`]), which takes nobody who knows whose they are. But mail servers also say
//! the local part alone ("user anna.petrova unknown"), or the name. Whoever keeps their words knows the recipient, and masks these, too:
//!
//! | what | is masked |
//! | --- | --- |
//! | a local part that has a letter and four characters or more, or seven digits | wherever it is a whole word |
//! | one that is shorter | between quotes or angle brackets, and beside a word that says whose it is: "user ann", "ann unknown" |
//! | one that everybody says ("user", "is"), or that may be a code ("550", "5.1.1") | between quotes or angle brackets |
//! | what stands before a plus sign in the local part | by the same rule |
//! | a name of two words or more, not all of which everybody says | wherever it stands with whole words |
//! | the local part of an address that letters come back to, whichever letter's it is | wherever it stands |
//!
//! Case makes no difference, and neither does whether a sign is written as in links (`%2B`). A whole word has no letter, digit or underscore
//! beside it, nor a dot or hyphen with one of these behind: the local part `example` is no part of `mx.example.org`. So codes, names of hosts
//! and the words that say what happened stay as they are, whatever recipients are called.

use super::everyday::is_everyday;
use crate::letter::return_path;
use std::fmt;

/// What stands for an address, or its local part.
const ADDRESS: &str = "<address>";

/// What stands for a name.
const NAME: &str = "<name>";

/// A local part or a name of so many characters or more is hardly anything else.
const LONG: usize = 4;

/// So many digits are no code; telephone numbers have as many.
const DIGITS: usize = 7;

/// The longest local part, in bytes.
const LONGEST: usize = 64;

/// What stands before and behind something that is quoted.
const QUOTES: [(char, char); 10] = [
    ('<', '>'),
    ('"', '"'),
    ('\'', '\''),
    ('`', '`'),
    ('`', '\''),
    ('%', '%'),
    ('\u{201c}', '\u{201d}'),
    ('\u{201e}', '\u{201c}'),
    ('\u{2018}', '\u{2019}'),
    ('\u{ab}', '\u{bb}'),
];

/// What stands before a local part.
const BEFORE: [&str; 12] = [
    "account",
    "address",
    "alias",
    "login",
    "mailbox",
    "recipient",
    "user",
    "username",
    "адрес",
    "получатель",
    "пользователь",
    "ящик",
];

/// What stands behind a local part.
const BEHIND: [&str; 4] = ["disabled", "does", "doesn", "unknown"];

/// Whom a letter went to, for whoever keeps words about that letter. The default is somebody of whom nothing is known.
#[derive(Clone, Copy, Default)]
pub struct Whom<'a> {
    local_part: &'a str,
    full_name: &'a str,
}

/// What somebody may be called, and where that means them.
struct Called<'a> {
    name: &'a str,
    mask: &'static str,
    meant: Meant,
}

/// Where a word means somebody.
enum Meant {
    Anywhere,
    QuotedOrBeside,
    Quoted,
}

/// What is to be masked of a text, from the one byte up to the other.
struct Found {
    from: usize,
    to: usize,
    mask: &'static str,
}

impl<'a> Whom<'a> {
    /// The recipient with this address and this full name, of which either may be empty.
    #[must_use]
    pub fn new(address: &'a str, full_name: &'a str) -> Self {
        let local_part = address.rsplit_once('@').map_or(address, |(local_part, _)| local_part);
        let bare = local_part.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        Self { local_part: bare.unwrap_or(local_part), full_name }
    }

    /// Whether the local part may stand in a text. It costs little to ask.
    #[must_use]
    pub fn may_be_in(&self, text: &str) -> bool {
        let sought = self.without_detail().as_bytes();
        let is_there = || text.as_bytes().windows(sought.len()).any(|part| part.eq_ignore_ascii_case(sought));
        !sought.is_empty() && (!sought.is_ascii() || is_there())
    }

    /// A text without them. Addresses in it have been [`masked`](super::masked()) before.
    #[must_use]
    pub fn masked(&self, text: String) -> String {
        let called = self.called();
        let (mut masked, mut copied, mut at) = (String::new(), 0, 0);
        while let Some(first) = text[at..].chars().next() {
            if let Some(mask) = [ADDRESS, NAME].into_iter().find(|mask| text[at..].starts_with(*mask)) {
                at += mask.len();
            } else if let Some(Found { from, to, mask }) = found(&text, at, &called) {
                masked.push_str(&text[copied..from.max(copied)]);
                masked.push_str(mask);
                (copied, at) = (to, to);
            } else {
                at += first.len_utf8();
            }
        }
        if copied == 0 {
            return text;
        }
        masked.push_str(&text[copied..]);
        masked
    }

    /// The local part up to the plus sign, behind which anything may stand (RFC 5233).
    fn without_detail(&self) -> &'a str {
        let bare = self.local_part.split_once('+').map(|(bare, _)| bare);
        bare.filter(|bare| !bare.is_empty()).unwrap_or(self.local_part)
    }

    fn called(&self) -> Vec<Called<'a>> {
        let mut called = Vec::with_capacity(3);
        let (local_part, bare) = (self.local_part, self.without_detail());
        if !local_part.is_empty() {
            called.push(Called { name: local_part, mask: ADDRESS, meant: by_local_part(local_part) });
        }
        if bare.len() < local_part.len() {
            called.push(Called { name: bare, mask: ADDRESS, meant: by_local_part(bare) });
        }
        if self.full_name.split_whitespace().nth(1).is_some() {
            called.push(Called { name: self.full_name, mask: NAME, meant: by_name(self.full_name) });
        }
        called
    }
}

impl fmt::Debug for Whom<'_> {
    /// Without who it is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Whom")
    }
}

impl Called<'_> {
    /// How many bytes at the beginning of a text name them; none if it does not begin with that.
    fn length_in(&self, before: &str, text: &str) -> Option<usize> {
        let length = length_of(self.name, text)?;
        let behind = &text[length..];
        let is_meant = match self.meant {
            Meant::Anywhere => true,
            Meant::QuotedOrBeside => is_quoted(before, behind) || is_beside(before, behind),
            Meant::Quoted => is_quoted(before, behind),
        };
        (is_meant && is_apart(behind.chars())).then_some(length)
    }
}

fn by_local_part(local_part: &str) -> Meant {
    let digits = local_part.chars().filter(char::is_ascii_digit).count();
    let may_be_a_code = !local_part.contains(char::is_alphabetic) && digits < DIGITS;
    if may_be_a_code || is_everyday(local_part) {
        Meant::Quoted
    } else if local_part.chars().count() >= LONG {
        Meant::Anywhere
    } else {
        Meant::QuotedOrBeside
    }
}

fn by_name(name: &str) -> Meant {
    let letters = name.chars().filter(|c| c.is_alphabetic()).count();
    let tells = |word: &str| word.contains(char::is_alphabetic) && !is_everyday(word);
    if letters >= LONG && name.split_whitespace().any(tells) { Meant::Anywhere } else { Meant::Quoted }
}

/// What begins at this byte and is to be masked; none if nothing does.
fn found(text: &str, at: usize, called: &[Called<'_>]) -> Option<Found> {
    let (before, rest) = text.split_at(at);
    if !is_apart(before.chars().rev()) && !ends_with_a_code(before) {
        return None;
    }
    // The longest one: who writes as "anna" may be called "Anna Petrova".
    let of_them = called.iter().filter_map(|one| Some((one.length_in(before, rest)?, one.mask)));
    let of_them = of_them.max_by_key(|(length, _)| *length);
    let (length, mask) = of_them.or_else(|| Some((length_of_return_path(rest)?, ADDRESS)))?;
    // What is masked has angle brackets of its own.
    let bracketed = before.ends_with('<') && rest[length..].starts_with('>');
    let (from, to) = if bracketed { (at - 1, at + length + 1) } else { (at, at + length) };
    Some(Found { from, to, mask })
}

/// Whether a word ends where these characters go on.
fn is_apart(mut beside: impl Iterator<Item = char>) -> bool {
    let in_word = |c: char| c.is_alphanumeric() || c == '_';
    match beside.next() {
        Some('.' | '-') => !beside.next().is_some_and(in_word),
        Some(c) => !in_word(c),
        None => true,
    }
}

/// Whether the last character is a sign that is written as in links, such as `%3A`.
fn ends_with_a_code(text: &str) -> bool {
    matches!(text.as_bytes(), [.., b'%', one, other] if one.is_ascii_hexdigit() && other.is_ascii_hexdigit())
}

fn is_quoted(before: &str, behind: &str) -> bool {
    let quotes = before.chars().next_back().zip(behind.chars().next());
    quotes.is_some_and(|quotes| QUOTES.contains(&quotes))
}

/// Whether a word before it, or one behind it, says that it is a local part.
fn is_beside(before: &str, behind: &str) -> bool {
    let between = |c: char| c.is_whitespace() || matches!(c, ':' | '=');
    let no_letter = |c: char| !c.is_alphanumeric();
    let last = before.trim_end_matches(between).rsplit(no_letter).next().unwrap_or_default().to_lowercase();
    let next = behind.trim_start_matches(between).split(no_letter).next().unwrap_or_default().to_lowercase();
    BEFORE.contains(&last.as_str()) || BEHIND.contains(&next.as_str())
}

/// How many bytes at the beginning of a text are this name, in whichever case; none if it does not begin with it.
fn length_of(name: &str, text: &str) -> Option<usize> {
    let (mut rest, mut is_blank) = (text, false);
    for wanted in name.chars() {
        rest = match (wanted.is_whitespace(), is_blank) {
            (true, true) => rest,
            (true, false) => without_blanks(rest)?,
            (false, _) => without(rest, wanted)?,
        };
        is_blank = wanted.is_whitespace();
    }
    Some(text.len() - rest.len())
}

fn without_blanks(text: &str) -> Option<&str> {
    let rest = text.trim_start();
    (rest.len() < text.len()).then_some(rest)
}

/// The text behind this character, which may be written as in links.
fn without(text: &str, wanted: char) -> Option<&str> {
    let is_it = |c: char| c == wanted || c.to_lowercase().eq(wanted.to_lowercase());
    let mut chars = text.chars();
    if chars.next().is_some_and(is_it) {
        return Some(chars.as_str());
    }
    let digits = text.strip_prefix('%')?.get(..2)?;
    let code = u8::from_str_radix(digits, 16).ok().filter(u8::is_ascii)?;
    is_it(char::from(code)).then(|| &text[1 + digits.len()..])
}

/// How many bytes at the beginning of a text are the local part of an address that letters come back to.
fn length_of_return_path(text: &str) -> Option<usize> {
    let is_in = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-');
    // A local part has no more (RFC 5321, section 4.5.3.1.1).
    let length = text.bytes().take(LONGEST + 1).take_while(is_in).count();
    return_path::is_local_part(&text[..length]).then_some(length)
}

#[cfg(test)]
mod tests;
