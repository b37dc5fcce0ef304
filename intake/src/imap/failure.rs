//! What ends a look into a mailbox before its end, as it is told to people. Nothing here has a password or an address in it.

use std::io;

/// How many characters of what a mail server says are told.
const LONGEST: usize = 200;

/// What ends a look into a mailbox before its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Failure {
    /// There is no connection, or none any more.
    #[error("the mail server cannot be reached: {0}")]
    Away(String),
    /// What was asked was not answered in time.
    #[error("the mail server does not answer in time")]
    Silent,
    /// The connection would not be protected as it has to be.
    #[error("the connection to the mail server is not protected: {0}")]
    Unprotected(String),
    /// The mail server does not take user and password.
    #[error("the mail server does not take user and password: {0}")]
    Denied(String),
    /// The mail server does not do what it was told.
    #[error("the mail server refuses {command}: {said}")]
    Refused {
        /// The command without what it is about.
        command: &'static str,
        /// What the mail server says.
        said: String,
    },
    /// What the mail server says is no IMAP, or has no end.
    #[error("what the mail server says makes no sense: {0}")]
    Garbage(&'static str),
    /// The mail server lacks what it takes.
    #[error("{0}")]
    Unfit(&'static str),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Away(error.to_string())
    }
}

/// What a mail server says, as it may be told: on one line, short, and without what looks like an address.
pub(super) fn told(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words = spaced.split_whitespace().map(|word| if word.contains('@') { "<address>" } else { word });
    let told: String = words.collect::<Vec<_>>().join(" ").chars().take(LONGEST).collect();
    if told.is_empty() { "it does not say why".to_owned() } else { told }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_says_is_told_on_one_line_without_addresses() {
        for (said, expected) in [
            ("Authentication failed.", "Authentication failed."),
            ("no  <ann@example.org>,\r\n such\u{1b}[31m user", "no <address> such [31m user"),
            (" \t", "it does not say why"),
        ] {
            assert_eq!(told(said), expected);
        }
        assert_eq!(told(&"x".repeat(10_000)).len(), LONGEST);
    }
}
