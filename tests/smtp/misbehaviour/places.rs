//! Where in the dialogue something can go wrong, and on what kind of connection.

use super::COLUMNS;
use crate::support::smtp_server::{Encryption, Offers, SmtpServer, Turn};

/// A turn on a certain kind of connection.
pub(super) struct Place {
    pub(super) name: &'static str,
    pub(super) at: fn(Turn<'_>) -> bool,
    /// How often the turn comes until it goes wrong.
    pub(super) nth: usize,
    /// What the client has said over this connection by then.
    pub(super) so_far: &'static str,
    /// A letter has gone well over the connection before.
    pub(super) reused: bool,
    encryption: Encryption,
    opportunistic: bool,
    /// The mechanisms that the server names when the client has to log in.
    mechanisms: Option<&'static str>,
    /// The server takes MAIL and RCPT in one turn.
    pub(super) pipelining: bool,
}

const PLAIN: Place = Place {
    name: "",
    at: |_| false,
    nth: 1,
    so_far: "",
    reused: false,
    encryption: Encryption::None,
    opportunistic: false,
    mechanisms: None,
    pipelining: false,
};

const PIPELINING: Place = Place { pipelining: true, ..PLAIN };
const STARTTLS: Place = Place { encryption: Encryption::StartTls, ..PLAIN };
const IMPLICIT: Place = Place { encryption: Encryption::Implicit, ..PLAIN };
const GREETING: fn(Turn<'_>) -> bool = |turn| turn == Turn::Greeting;
const EHLO: fn(Turn<'_>) -> bool = |turn| turn == Turn::Ehlo;
const UPGRADE: fn(Turn<'_>) -> bool = |turn| turn == Turn::StartTls;
const HANDSHAKE: fn(Turn<'_>) -> bool = |turn| turn == Turn::Handshake;
const AUTH: fn(Turn<'_>) -> bool = |turn| turn == Turn::Auth;
const MAIL: fn(Turn<'_>) -> bool = |turn| turn == Turn::Mail;
const RCPT: fn(Turn<'_>) -> bool = |turn| matches!(turn, Turn::Rcpt(_));
const DATA: fn(Turn<'_>) -> bool = |turn| turn == Turn::Data;
const DOT: fn(Turn<'_>) -> bool = |turn| matches!(turn, Turn::Body(_));
const RSET: fn(Turn<'_>) -> bool = |turn| turn == Turn::Rset;
const QUIT: fn(Turn<'_>) -> bool = |turn| turn == Turn::Quit;

/// Places for the columns of the tables; the name's first word is the column.
pub(super) static DIALOGUE: [Place; 22] = [
    Place { name: "greeting", at: GREETING, ..PLAIN },
    Place { name: "greeting over TLS", at: GREETING, ..IMPLICIT },
    Place { name: "EHLO", at: EHLO, so_far: "EHLO", ..PLAIN },
    Place { name: "EHLO after STARTTLS", at: EHLO, nth: 2, so_far: "EHLO STARTTLS EHLO", ..STARTTLS },
    Place { name: "STARTTLS", at: UPGRADE, so_far: "EHLO STARTTLS", ..STARTTLS },
    Place { name: "STARTTLS if offered", at: UPGRADE, so_far: "EHLO STARTTLS", opportunistic: true, ..STARTTLS },
    Place { name: "AUTH PLAIN", at: AUTH, so_far: "EHLO AUTH", mechanisms: Some("PLAIN"), ..PLAIN },
    Place { name: "AUTH LOGIN", at: AUTH, so_far: "EHLO AUTH", mechanisms: Some("LOGIN"), ..PLAIN },
    Place { name: "MAIL", at: MAIL, so_far: "EHLO MAIL", ..PLAIN },
    Place { name: "MAIL again", at: MAIL, nth: 2, so_far: "EHLO MAIL RCPT DATA MAIL", reused: true, ..PLAIN },
    Place { name: "RCPT", at: RCPT, so_far: "EHLO MAIL RCPT", ..PLAIN },
    Place { name: "RCPT again", at: RCPT, nth: 2, so_far: "EHLO MAIL RCPT DATA MAIL RCPT", reused: true, ..PLAIN },
    Place { name: "DATA", at: DATA, so_far: "EHLO MAIL RCPT DATA", ..PLAIN },
    Place { name: "DATA again", at: DATA, nth: 2, so_far: "EHLO MAIL RCPT DATA MAIL RCPT DATA", reused: true, ..PLAIN },
    Place { name: "MAIL with RCPT", at: MAIL, so_far: "EHLO MAIL", ..PIPELINING },
    Place {
        name: "MAIL with RCPT again",
        at: MAIL,
        nth: 2,
        so_far: "EHLO MAIL RCPT DATA MAIL",
        reused: true,
        ..PIPELINING
    },
    Place { name: "RCPT with MAIL", at: RCPT, so_far: "EHLO MAIL RCPT", ..PIPELINING },
    Place {
        name: "RCPT with MAIL again",
        at: RCPT,
        nth: 2,
        so_far: "EHLO MAIL RCPT DATA MAIL RCPT",
        reused: true,
        ..PIPELINING
    },
    Place { name: "DATA after both", at: DATA, so_far: "EHLO MAIL RCPT DATA", ..PIPELINING },
    Place { name: "dot after both", at: DOT, so_far: "EHLO MAIL RCPT DATA", ..PIPELINING },
    Place { name: "dot", at: DOT, so_far: "EHLO MAIL RCPT DATA", ..PLAIN },
    Place { name: "dot over TLS", at: DOT, so_far: "EHLO MAIL RCPT DATA", ..IMPLICIT },
];

/// Turns that come when the letter has been judged.
pub(super) static ENDINGS: [Place; 2] = [
    Place { name: "RSET", at: RSET, so_far: "EHLO MAIL RCPT RSET", ..PLAIN },
    Place { name: "QUIT", at: QUIT, so_far: "EHLO MAIL RCPT DATA QUIT", ..PLAIN },
];

/// The TLS handshake.
pub(super) static HANDSHAKES: [Place; 3] = [
    Place { name: "handshake after STARTTLS", at: HANDSHAKE, so_far: "EHLO STARTTLS", ..STARTTLS },
    Place {
        name: "handshake after STARTTLS if offered",
        at: HANDSHAKE,
        so_far: "EHLO STARTTLS",
        opportunistic: true,
        ..STARTTLS
    },
    Place { name: "handshake at once", at: HANDSHAKE, ..IMPLICIT },
];

impl Place {
    /// Its column in the tables.
    pub(super) fn column(&self) -> Option<&'static str> {
        let first = self.name.split(' ').next();
        COLUMNS.into_iter().find(|column| Some(*column) == first)
    }

    pub(super) fn is_handshake(&self) -> bool {
        self.name.starts_with("handshake")
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.encryption != Encryption::None
    }

    /// What the table says, seen from here.
    pub(super) fn expects(&self, table: &str) -> String {
        match (self.reused, self.column(), table) {
            // A connection that is no good any more when its next letter comes costs nothing: once more, on a new one.
            (true, Some("MAIL" | "RCPT" | "DATA"), "relay" | "crowd") => "accepted".to_owned(),
            // Nobody else has a connection, so it is not that there are too many of ours.
            (_, _, "crowd") => "connections".to_owned(),
            // Offered again, more slowly.
            (_, _, "rate" | "rate+") => table.replace("rate", "accepted"),
            // Without extensions there is neither STARTTLS nor AUTH.
            (_, _, "helo") => (if self.is_encrypted() { "relay" } else { "accepted+" }).to_owned(),
            _ => table.to_owned(),
        }
    }

    /// How many letters have been judged when the client certainly waits no longer for what was said here.
    pub(super) fn letters_until_late(&self) -> usize {
        match self.name {
            "RSET" => 2,
            "QUIT" => usize::MAX,
            _ => 1,
        }
    }

    /// Whether the dialogue goes on after the wrong, so that it is another reply that is judged.
    pub(super) fn goes_on(&self, expected: &str) -> bool {
        expected.starts_with("accepted") && self.column() != Some("dot")
    }

    /// How a good server would answer here.
    pub(super) fn is_usual(&self, line: &str) -> bool {
        let usual: &[&str] = match self.column() {
            Some("greeting" | "STARTTLS") => &["220"],
            Some("AUTH") => &["235"],
            Some("RCPT") => &["250", "251", "252"],
            Some("DATA") => &["354"],
            _ => &["250"],
        };
        usual.iter().any(|code| line.starts_with(code))
    }

    pub(super) fn offers(&self) -> Offers {
        Offers {
            encryption: self.encryption,
            credentials: self.mechanisms.map(|_| ("kim", "secret")),
            mechanisms: self.mechanisms.unwrap_or_default(),
            extensions: if self.pipelining {
                &["8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "PIPELINING"]
            } else {
                &["8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"]
            },
            ..Offers::default()
        }
    }

    pub(super) fn url(&self, server: &SmtpServer) -> String {
        let user = if self.mechanisms.is_some() { "kim:secret@" } else { "" };
        let (scheme, parameter) = match (self.encryption, self.opportunistic) {
            (Encryption::None, _) => ("smtp", ""),
            (Encryption::StartTls, false) => ("smtp", "?tls=required"),
            (Encryption::StartTls, true) => ("smtp", "?tls=opportunistic"),
            (Encryption::Implicit, _) => ("smtps", ""),
        };
        format!("{scheme}://{user}{}{parameter}", server.address())
    }
}
