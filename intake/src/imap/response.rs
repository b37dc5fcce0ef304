//! What a mail server says (RFC 3501, section 7), as far as anybody here wants to know it.

use super::failure::{Failure, told};
use super::wire::Part;
use std::collections::BTreeSet;

/// What is no response.
const NONE: Failure = Failure::Garbage("it is no IMAP");

/// A response, as far as anybody wants to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Response {
    /// It waits for more of a command.
    GoOn,
    /// The command with this tag is done.
    Done {
        /// The tag.
        tag: String,
        /// How it ended.
        said: Said,
    },
    /// It says something by itself.
    Told(Said),
    /// What it can do, in capitals.
    Abilities(BTreeSet<String>),
    /// How many messages there are in the mailbox.
    Exists(u32),
    /// A message is not there any more.
    Expunged,
    /// The messages that were searched for.
    Found(Vec<u32>),
    /// Something of a message.
    Fetched(Fetched),
    /// Something else.
    Other,
}

/// A status with what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    /// The status.
    pub(super) status: Status,
    /// What stands in brackets: a word in capitals, and what follows it.
    pub(super) code: Option<(String, String)>,
    /// What it says in words.
    text: String,
}

/// How it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// It is done.
    Ok,
    /// It is not done.
    No,
    /// It was not understood.
    Bad,
    /// The connection ends.
    Bye,
    /// The connection begins, and whoever connects is known already.
    Preauth,
}

/// What was fetched of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fetched {
    /// Which message it is.
    pub(super) uid: Option<u32>,
    /// How many bytes all of it has.
    pub(super) size: Option<u64>,
    /// The beginning of it.
    pub(super) body: Option<Vec<u8>>,
}

impl Status {
    fn of(word: &str) -> Option<Self> {
        Some(match word.to_ascii_uppercase().as_str() {
            "OK" => Self::Ok,
            "NO" => Self::No,
            "BAD" => Self::Bad,
            "BYE" => Self::Bye,
            "PREAUTH" => Self::Preauth,
            _ => return None,
        })
    }
}

impl Said {
    fn new(status: Status, text: &str) -> Self {
        let bracketed = text.strip_prefix('[').and_then(|text| text.split_once(']'));
        let (code, text) = match bracketed {
            Some((code, text)) => {
                let (word, rest) = code.split_once(' ').unwrap_or((code, ""));
                (Some((word.to_ascii_uppercase(), rest.to_owned())), text)
            }
            None => (None, text),
        };
        Self { status, code, text: told(text) }
    }

    /// What follows a word in brackets, if that word stands there.
    pub(super) fn coded(&self, word: &str) -> Option<&str> {
        self.code.as_ref().filter(|(said, _)| said == word).map(|(_, rest)| rest.as_str())
    }

    /// What it says in words, without addresses.
    pub(super) fn told(&self) -> &str {
        &self.text
    }
}

/// Reads a response.
pub(super) fn parse(parts: Vec<Part>) -> Result<Response, Failure> {
    let Some(Part::Line(line)) = parts.first() else { return Err(NONE) };
    let line = String::from_utf8_lossy(line);
    if line.starts_with('+') {
        return Ok(Response::GoOn);
    }
    let (tag, rest) = line.split_once(' ').ok_or(NONE)?;
    let (word, text) = rest.split_once(' ').unwrap_or((rest, ""));
    if let Some(status) = Status::of(word) {
        let said = Said::new(status, text);
        return Ok(if tag == "*" { Response::Told(said) } else { Response::Done { tag: tag.to_owned(), said } });
    }
    if tag == "*" { data(parts) } else { Err(NONE) }
}

fn data(parts: Vec<Part>) -> Result<Response, Failure> {
    // The first is the asterisk.
    let mut tokens = tokens(parts)?.into_iter().skip(1);
    let Some(Token::Word(first)) = tokens.next() else { return Ok(Response::Other) };
    if let Ok(number) = first.parse::<u32>() {
        let Some(Token::Word(what)) = tokens.next() else { return Err(NONE) };
        return match what.to_ascii_uppercase().as_str() {
            "EXISTS" => Ok(Response::Exists(number)),
            "EXPUNGE" => Ok(Response::Expunged),
            "FETCH" => Ok(Response::Fetched(fetched(&mut tokens)?)),
            _ => Ok(Response::Other),
        };
    }
    let words = tokens.map_while(|token| if let Token::Word(word) = token { Some(word) } else { None });
    Ok(match first.to_ascii_uppercase().as_str() {
        "CAPABILITY" => Response::Abilities(words.map(|word| word.to_ascii_uppercase()).collect()),
        "SEARCH" => {
            let numbers: Result<Vec<u32>, _> = words.map(|word| word.parse()).collect();
            Response::Found(numbers.map_err(|_| NONE)?)
        }
        _ => Response::Other,
    })
}

fn fetched(tokens: &mut impl Iterator<Item = Token>) -> Result<Fetched, Failure> {
    let Some(Token::Open) = tokens.next() else { return Err(NONE) };
    let mut fetched = Fetched::default();
    loop {
        let name = match tokens.next() {
            Some(Token::Word(name)) => name.to_ascii_uppercase(),
            Some(Token::Close) => return Ok(fetched),
            Some(Token::Open | Token::Text(_)) | None => return Err(NONE),
        };
        let is_body = name.starts_with("BODY[");
        match tokens.next() {
            Some(Token::Word(value)) if name == "UID" => fetched.uid = Some(value.parse().map_err(|_| NONE)?),
            Some(Token::Word(value)) if name == "RFC822.SIZE" => fetched.size = Some(value.parse().map_err(|_| NONE)?),
            // There is none.
            Some(Token::Word(value)) if is_body && value.eq_ignore_ascii_case("NIL") => {
                fetched.body = Some(Vec::new());
            }
            Some(Token::Text(text)) if is_body => fetched.body = Some(text),
            Some(Token::Word(_) | Token::Text(_)) => {}
            Some(Token::Open) => skip(tokens)?,
            Some(Token::Close) | None => return Err(NONE),
        }
    }
}

/// Goes to the end of a list whose beginning is over.
fn skip(tokens: &mut impl Iterator<Item = Token>) -> Result<(), Failure> {
    let mut depth = 1_usize;
    while depth > 0 {
        match tokens.next() {
            Some(Token::Open) => depth += 1,
            Some(Token::Close) => depth -= 1,
            Some(Token::Word(_) | Token::Text(_)) => {}
            None => return Err(NONE),
        }
    }
    Ok(())
}

/// What a response is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    /// What stands there without quotes; brackets belong to it, with all that is in them.
    Word(String),
    /// What is in quotes, or a literal.
    Text(Vec<u8>),
}

fn tokens(parts: Vec<Part>) -> Result<Vec<Token>, Failure> {
    let mut tokens = Vec::new();
    for part in parts {
        match part {
            Part::Line(line) => add_tokens(&line, &mut tokens)?,
            Part::Literal(literal) => tokens.push(Token::Text(literal)),
        }
    }
    Ok(tokens)
}

fn add_tokens(line: &[u8], tokens: &mut Vec<Token>) -> Result<(), Failure> {
    let mut rest = line;
    while let Some((first, tail)) = rest.split_first() {
        rest = match first {
            b' ' => tail,
            b'(' => {
                tokens.push(Token::Open);
                tail
            }
            b')' => {
                tokens.push(Token::Close);
                tail
            }
            b'"' => {
                let (text, tail) = quoted(tail).ok_or(NONE)?;
                tokens.push(Token::Text(text));
                tail
            }
            _ => {
                let (word, tail) = rest.split_at(end_of_word(rest));
                tokens.push(Token::Word(String::from_utf8_lossy(word).into_owned()));
                tail
            }
        };
    }
    Ok(())
}

/// What is in quotes, and what follows them; the first quotation mark is gone already.
fn quoted(line: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let (mut text, mut rest) = (Vec::new(), line);
    loop {
        let (byte, tail) = rest.split_first()?;
        rest = match byte {
            b'"' => return Some((text, tail)),
            b'\\' => {
                let (byte, tail) = tail.split_first()?;
                text.push(*byte);
                tail
            }
            byte => {
                text.push(*byte);
                tail
            }
        };
    }
}

/// Where a word ends; it has at least one byte.
fn end_of_word(line: &[u8]) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in line.iter().enumerate() {
        match byte {
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            b' ' | b'(' | b')' | b'"' if depth == 0 => return at,
            _ => {}
        }
    }
    line.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::iter::once;

    fn read(line: &str) -> Result<Response, Failure> {
        parse(vec![Part::Line(line.as_bytes().to_vec())])
    }

    fn said(status: Status, code: Option<(&str, &str)>, text: &str) -> Said {
        let code = code.map(|(word, rest)| (word.to_owned(), rest.to_owned()));
        Said { status, code, text: text.to_owned() }
    }

    #[test]
    fn what_a_server_says_is_understood() {
        let nothing = "it does not say why";
        for (line, expected) in [
            ("+ go on", Response::GoOn),
            ("+", Response::GoOn),
            ("* OK ready", Response::Told(said(Status::Ok, None, "ready"))),
            (
                "* ok [uidvalidity 385752904] UIDs valid",
                Response::Told(said(Status::Ok, Some(("UIDVALIDITY", "385752904")), "UIDs valid")),
            ),
            ("* PREAUTH", Response::Told(said(Status::Preauth, None, nothing))),
            ("* BYE [ALERT]", Response::Told(said(Status::Bye, Some(("ALERT", "")), nothing))),
            (
                "a7 NO [TRYCREATE] no Processed of ann@example.org",
                Response::Done {
                    tag: "a7".to_owned(),
                    said: said(Status::No, Some(("TRYCREATE", "")), "no Processed of <address>"),
                },
            ),
            ("a8 BAD [", Response::Done { tag: "a8".to_owned(), said: said(Status::Bad, None, "[") }),
            ("* CAPABILITY IMAP4rev1 auth=plain MOVE", {
                let all = ["IMAP4REV1", "AUTH=PLAIN", "MOVE"];
                Response::Abilities(all.into_iter().map(str::to_owned).collect())
            }),
            ("* 23 EXISTS", Response::Exists(23)),
            ("* 23 expunge", Response::Expunged),
            ("* 23 RECENT", Response::Other),
            ("* SEARCH", Response::Found(Vec::new())),
            ("* SEARCH 2 84 882 (MODSEQ 917162500)", Response::Found(vec![2, 84, 882])),
            (r"* FLAGS (\Answered \Seen)", Response::Other),
            (r#"* LIST (\Noselect) "/" ~/Mail/foo"#, Response::Other),
            ("* (", Response::Other),
        ] {
            assert_eq!(read(line), Ok(expected), "{line}");
        }
    }

    #[test]
    fn what_was_fetched_is_found_in_whatever_order() {
        let literal = |text: &str| Part::Literal(text.as_bytes().to_vec());
        let line = |text: &str| Part::Line(text.as_bytes().to_vec());
        let all = |body: &str| Fetched { uid: Some(7), size: Some(12), body: Some(body.as_bytes().to_vec()) };
        for (parts, fetched) in [
            (
                vec![line("* 1 FETCH (UID 7 RFC822.SIZE 12 BODY[]<0> "), literal("a (b) \"c\""), line(")")],
                all("a (b) \"c\""),
            ),
            (
                vec![line("* 1 fetch (body[] "), literal("x"), line(r" flags (\Seen (x)) UID 7 rfc822.size 12)")],
                all("x"),
            ),
            (vec![line(r#"* 1 FETCH (RFC822.SIZE 12 BODY[] "a\"b\\" UID 7)"#)], all("a\"b\\")),
            (vec![line("* 1 FETCH (RFC822.SIZE 12 BODY[]<0> NIL UID 7)")], all("")),
            (
                vec![
                    line("* 1 FETCH (BODY[HEADER.FIELDS (TO CC)] "),
                    literal("h"),
                    line(" INTERNALDATE \"1\" UID 7 RFC822.SIZE 12)"),
                ],
                all("h"),
            ),
            (vec![line(r"* 3 FETCH (FLAGS (\Seen))")], Fetched::default()),
            (vec![line("* 3 FETCH ()")], Fetched::default()),
        ] {
            assert_eq!(parse(parts.clone()), Ok(Response::Fetched(fetched)), "{parts:?}");
        }
    }

    #[test]
    fn what_is_no_imap_is_told_as_that() {
        for line in [
            "",
            "hello",
            "SSH-2.0-OpenSSH_9.2",
            "220 mail.example.org ESMTP",
            "HTTP/1.1 400 Bad Request",
            "* 1",
            "* 1 FETCH",
            "* 1 FETCH (",
            "* 1 FETCH (UID",
            "* 1 FETCH (UID)",
            "* 1 FETCH (UID x)",
            "* 1 FETCH (UID 99999999999)",
            "* 1 FETCH (RFC822.SIZE -1)",
            "* 1 FETCH (FLAGS (",
            "* 1 FETCH (BODY[] \"x",
            "* 1 FETCH (BODY[] \"x\\",
            "* SEARCH a",
            "* SEARCH 99999999999",
        ] {
            assert_eq!(read(line), Err(NONE), "{line}");
        }
        assert_eq!(parse(Vec::new()), Err(NONE));
        assert_eq!(parse(vec![Part::Literal(Vec::new())]), Err(NONE));
    }

    #[test]
    fn whatever_is_said_is_read_without_fault() {
        // All that means anything, in every order of four.
        let words = ["*", " ", "(", ")", "\"", "\\", "[", "]", "1", "FETCH", "BODY[]", "UID", "OK", "é", "{1}"];
        let pairs: Vec<String> =
            words.iter().flat_map(|one| words.iter().map(move |two| format!("{one}{two}"))).collect();
        for text in pairs.iter().flat_map(|one| pairs.iter().map(move |two| format!("* {one}{two}"))) {
            let _ = parse(once(Part::Line(text.clone().into_bytes())).chain(once(Part::Literal(vec![0]))).collect());
            let _ = read(&text);
            let _ = read(text.get(2..).unwrap_or_default());
        }
    }
}
