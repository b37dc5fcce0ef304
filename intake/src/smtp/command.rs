//! What a client says, one line at a time (RFC 5321, section 4.1; RFC 2033 for LMTP).

/// The longest address: 64 octets, an at sign and 255 octets (RFC 5321, section 4.5.3.1).
const LONGEST_ADDRESS: usize = 320;

/// The most digits of `SIZE=` (RFC 1870, section 4).
const MOST_DIGITS: usize = 20;

/// How the client speaks, as it said when it greeted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// One answer for all recipients of a message (RFC 5321).
    Smtp,
    /// One for each of them (RFC 2033).
    Lmtp,
}

/// What a client wants.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command<'a> {
    /// EHLO, HELO or LHLO. What the client calls itself decides nothing.
    Hello {
        /// How it speaks from now on.
        protocol: Protocol,
        /// Whether it asks what the server can do.
        extended: bool,
    },
    /// MAIL FROM.
    Mail {
        /// The sender; empty for one to whom nothing comes back, as reports have it.
        from: &'a str,
        /// How large the message is, if the client says so (RFC 1870).
        size: Option<u64>,
        /// Whether addresses and headers may have other letters than those of ASCII (RFC 6531).
        utf8: bool,
    },
    /// RCPT TO.
    Rcpt {
        /// The recipient.
        to: &'a str,
    },
    /// DATA.
    Data,
    /// RSET.
    Rset,
    /// NOOP.
    Noop,
    /// VRFY.
    Vrfy,
    /// QUIT.
    Quit,
}

/// Why a line is no command that can be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// There is no such command.
    Unknown,
    /// There is such a command, and this server does not have it.
    NotHere,
    /// What belongs to the command is missing, or is not written as it has to be.
    Argument,
    /// MAIL or RCPT has a parameter that this server did not offer.
    Parameter,
    /// What stands in the angle brackets is no address.
    Address,
    /// It has characters that no command has.
    Characters,
    /// It is a request of HTTP: a browser was talked into sending it here.
    Http,
}

impl<'a> Command<'a> {
    /// Reads a line, which comes without the CR and LF at its end.
    pub(super) fn parse(line: &'a [u8]) -> Result<Self, Wrong> {
        let line = std::str::from_utf8(line).map_err(|_| Wrong::Characters)?;
        if line.chars().any(char::is_control) {
            return Err(Wrong::Characters);
        }
        let line = line.trim_end_matches(' ');
        let (verb, argument) = line.split_once(' ').unwrap_or((line, ""));
        let argument = argument.trim_start_matches(' ');
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" => hello(argument, Protocol::Smtp, true),
            "HELO" => hello(argument, Protocol::Smtp, false),
            "LHLO" => hello(argument, Protocol::Lmtp, true),
            "MAIL" => mail(argument),
            "RCPT" => rcpt(argument),
            "DATA" => alone(argument, Self::Data),
            "RSET" => alone(argument, Self::Rset),
            "QUIT" => alone(argument, Self::Quit),
            "NOOP" => Ok(Self::Noop),
            "VRFY" => named(argument, Self::Vrfy),
            "STARTTLS" | "AUTH" | "BDAT" | "EXPN" | "HELP" | "TURN" | "ETRN" => Err(Wrong::NotHere),
            "GET" | "HEAD" | "POST" | "PUT" | "DELETE" | "OPTIONS" | "CONNECT" | "TRACE" | "PATCH" => Err(Wrong::Http),
            _ => Err(Wrong::Unknown),
        }
    }
}

fn hello(name: &str, protocol: Protocol, extended: bool) -> Result<Command<'_>, Wrong> {
    named(name, Command::Hello { protocol, extended })
}

/// A command that needs a word behind it.
fn named<'a>(argument: &str, command: Command<'a>) -> Result<Command<'a>, Wrong> {
    if argument.is_empty() { Err(Wrong::Argument) } else { Ok(command) }
}

/// A command that has nothing behind it.
fn alone<'a>(argument: &str, command: Command<'a>) -> Result<Command<'a>, Wrong> {
    if argument.is_empty() { Ok(command) } else { Err(Wrong::Argument) }
}

fn mail(argument: &str) -> Result<Command<'_>, Wrong> {
    let (from, parameters) = path(argument, "FROM:")?;
    let (mut size, mut utf8) = (None, false);
    for parameter in parameters.split(' ').filter(|parameter| !parameter.is_empty()) {
        let (name, value) = match parameter.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (parameter, None),
        };
        match (name.to_ascii_uppercase().as_str(), value) {
            ("SIZE", Some(digits)) => size = Some(octets(digits)?),
            ("BODY", Some(body)) if ["7BIT", "8BITMIME"].iter().any(|known| body.eq_ignore_ascii_case(known)) => {}
            ("SMTPUTF8", None) => utf8 = true,
            ("SIZE" | "BODY" | "SMTPUTF8", _) => return Err(Wrong::Argument),
            _ => return Err(Wrong::Parameter),
        }
    }
    Ok(Command::Mail { from, size, utf8 })
}

fn rcpt(argument: &str) -> Result<Command<'_>, Wrong> {
    let (to, parameters) = path(argument, "TO:")?;
    if to.is_empty() {
        return Err(Wrong::Address);
    }
    if parameters.is_empty() { Ok(Command::Rcpt { to }) } else { Err(Wrong::Parameter) }
}

/// A number of bytes. One that no number can hold is more than anybody takes.
fn octets(digits: &str) -> Result<u64, Wrong> {
    let is_number = (1..=MOST_DIGITS).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit());
    if is_number { Ok(digits.parse().unwrap_or(u64::MAX)) } else { Err(Wrong::Argument) }
}

/// What stands in the angle brackets behind this word, and what follows them.
fn path<'a>(argument: &'a str, word: &str) -> Result<(&'a str, &'a str), Wrong> {
    let rest = match argument.get(..word.len()) {
        Some(start) if start.eq_ignore_ascii_case(word) => &argument[word.len()..],
        _ => return Err(Wrong::Argument),
    };
    let inside = rest.trim_start_matches(' ').strip_prefix('<').ok_or(Wrong::Argument)?;
    // A local part may be in quotation marks, and then it may have anything.
    let (mut quoted, mut escaped) = (false, false);
    for (place, sign) in inside.char_indices() {
        match (quoted, sign) {
            _ if escaped => escaped = false,
            (true, '\\') => escaped = true,
            (_, '"') => quoted = !quoted,
            (false, '>') => {
                let after = &inside[place + 1..];
                if !(after.is_empty() || after.starts_with(' ')) {
                    return Err(Wrong::Argument);
                }
                return Ok((address(&inside[..place])?, after.trim_start_matches(' ')));
            }
            (false, ' ' | '<') => return Err(Wrong::Address),
            _ => {}
        }
    }
    Err(Wrong::Argument)
}

/// The address, without the route that stood before it when letters still named the servers that they went by (RFC 5321, appendix C).
fn address(path: &str) -> Result<&str, Wrong> {
    let address = match path.strip_prefix('@') {
        Some(route) => route.split_once(':').ok_or(Wrong::Address)?.1,
        None => path,
    };
    if address.len() > LONGEST_ADDRESS { Err(Wrong::Address) } else { Ok(address) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(line: &str) -> Result<Command<'_>, Wrong> {
        Command::parse(line.as_bytes())
    }

    fn from(from: &str) -> Command<'_> {
        Command::Mail { from, size: None, utf8: false }
    }

    #[test]
    fn commands_are_read_in_whatever_case() {
        let smtp = |extended| Command::Hello { protocol: Protocol::Smtp, extended };
        for (line, command) in [
            ("EHLO mx.example.net", smtp(true)),
            ("ehlo [192.0.2.1]", smtp(true)),
            ("HELO mx.example.net", smtp(false)),
            ("LHLO mx.example.net", Command::Hello { protocol: Protocol::Lmtp, extended: true }),
            ("MAIL FROM:<>", from("")),
            ("mail from:<ann@example.org>", from("ann@example.org")),
            ("MAIL FROM: <ann@example.org> ", from("ann@example.org")),
            ("MAIL FROM:<@a.example,@b.example:ann@example.org>", from("ann@example.org")),
            ("MAIL FROM:<\"a> b\\\"<\"@example.org>", from("\"a> b\\\"<\"@example.org")),
            (
                "MAIL FROM:<ann@example.org> SIZE=1234 BODY=8BITMIME SMTPUTF8",
                Command::Mail { from: "ann@example.org", size: Some(1234), utf8: true },
            ),
            ("MAIL FROM:<> size=0  body=7bit", Command::Mail { from: "", size: Some(0), utf8: false }),
            ("MAIL FROM:<> SIZE=99999999999999999999", Command::Mail { from: "", size: Some(u64::MAX), utf8: false }),
            ("RCPT TO:<b+token@bounce.example.org>", Command::Rcpt { to: "b+token@bounce.example.org" }),
            ("rcpt to:<Postmaster>", Command::Rcpt { to: "Postmaster" }),
            ("DATA", Command::Data),
            ("data  ", Command::Data),
            ("RSET", Command::Rset),
            ("NOOP and so on", Command::Noop),
            ("VRFY ann", Command::Vrfy),
            ("QUIT", Command::Quit),
        ] {
            assert_eq!(read(line), Ok(command), "{line}");
        }
    }

    #[test]
    fn what_is_no_command_is_told_by_its_fault() {
        let long = format!("RCPT TO:<{}@example.org>", "a".repeat(320));
        for (line, wrong) in [
            ("", Wrong::Unknown),
            (" NOOP", Wrong::Unknown),
            ("WHAT", Wrong::Unknown),
            ("DATA:", Wrong::Unknown),
            ("STARTTLS", Wrong::NotHere),
            ("BDAT 10 LAST", Wrong::NotHere),
            ("POST / HTTP/1.1", Wrong::Http),
            ("EHLO", Wrong::Argument),
            ("DATA now", Wrong::Argument),
            ("QUIT now", Wrong::Argument),
            ("VRFY", Wrong::Argument),
            ("MAIL", Wrong::Argument),
            ("MAIL FROM", Wrong::Argument),
            ("MAIL FROM:", Wrong::Argument),
            ("MAIL FROM:ann@example.org", Wrong::Argument),
            ("MAIL FROM:<ann@example.org", Wrong::Argument),
            ("MAIL FROM:<\"ann@example.org>", Wrong::Argument),
            ("MAIL FROM:<ann@example.org>SIZE=1", Wrong::Argument),
            ("MAIL TO:<ann@example.org>", Wrong::Argument),
            ("MAIL FRO\u{fc}:<ann@example.org>", Wrong::Argument),
            ("MAIL FROM:<> SIZE", Wrong::Argument),
            ("MAIL FROM:<> SIZE=", Wrong::Argument),
            ("MAIL FROM:<> SIZE=+5", Wrong::Argument),
            ("MAIL FROM:<> SIZE=100000000000000000000", Wrong::Argument),
            ("MAIL FROM:<> BODY=BINARYMIME", Wrong::Argument),
            ("MAIL FROM:<> SMTPUTF8=yes", Wrong::Argument),
            ("MAIL FROM:<> RET=HDRS", Wrong::Parameter),
            ("RCPT TO:<ann@example.org> NOTIFY=NEVER", Wrong::Parameter),
            ("RCPT TO:<>", Wrong::Address),
            ("RCPT TO:<ann @example.org>", Wrong::Address),
            ("RCPT TO:<<ann@example.org>>", Wrong::Address),
            ("RCPT TO:<@a.example>", Wrong::Address),
            (long.as_str(), Wrong::Address),
            ("NOOP\0", Wrong::Characters),
            ("NOOP\rQUIT", Wrong::Characters),
            ("RCPT TO:<ann\t@example.org>", Wrong::Characters),
        ] {
            assert_eq!(read(line), Err(wrong), "{line}");
        }
        assert_eq!(Command::parse(b"RCPT TO:<\xff@example.org>"), Err(Wrong::Characters));
    }

    proptest! {
        #[test]
        fn whatever_bytes_come_are_read_without_fault(bytes: Vec<u8>) {
            let _ = Command::parse(&bytes);
        }

        #[test]
        fn whatever_is_written_behind_a_word_is_read_without_fault(
            word in "(EHLO|MAIL|RCPT|mail from:|RCPT TO:<|MAIL FROM:<@|MAIL FROM:<> )", rest in ".{0,60}",
        ) {
            let line = format!("{word}{rest}");
            if let Ok(Command::Mail { from: address, .. } | Command::Rcpt { to: address }) = read(&line) {
                prop_assert!(address.len() <= LONGEST_ADDRESS && !address.chars().any(char::is_control));
            }
        }

        #[test]
        fn an_address_is_read_as_it_was_written(local in "[a-z0-9+.-]{1,20}", domain in "[a-z0-9.-]{1,20}") {
            let address = format!("{local}@{domain}");
            let (mail, rcpt) = (format!("MAIL FROM:<{address}>"), format!("RCPT TO:<{address}>"));
            prop_assert_eq!(read(&mail), Ok(from(&address)));
            prop_assert_eq!(read(&rcpt), Ok(Command::Rcpt { to: &address }));
        }
    }
}
