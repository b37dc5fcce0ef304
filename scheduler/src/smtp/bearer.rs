//! Who is known to a relay by tokens: where these come from, and how they are said.

use std::fmt;
use std::path::PathBuf;

/// How a token is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mechanism {
    /// As Google and Microsoft have it (<https://developers.google.com/workspace/gmail/imap/xoauth2-protocol>).
    Xoauth2,
    /// As RFC 7628 has it.
    OauthBearer,
}

/// Where tokens come from.
#[derive(Clone, PartialEq, Eq)]
pub enum TokenSource {
    /// A command for the shell that prints one and nothing else.
    Command(String),
    /// A file that holds one and nothing else.
    File(PathBuf),
}

/// Whose token, from where, and how it is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bearer {
    /// The user.
    pub user: String,
    /// How the token is said.
    pub mechanism: Mechanism,
    /// Where it comes from.
    pub source: TokenSource,
}

impl Mechanism {
    /// Its name in EHLO and AUTH.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Xoauth2 => "XOAUTH2",
            Self::OauthBearer => "OAUTHBEARER",
        }
    }

    /// What follows a challenge: the relay has told what is wrong, and waits until the client has read it.
    pub(super) fn after_refusal(self) -> &'static str {
        match self {
            Self::Xoauth2 => "\r\n",
            // A single ^A (RFC 7628, section 3.2.3).
            Self::OauthBearer => "AQ==\r\n",
        }
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command(_) => f.write_str("Command"),
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
        }
    }
}
