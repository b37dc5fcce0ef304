//! Why settings of a relay were not understood. Nothing here shows a password.

use std::io;

/// The longest name of a relay.
pub(super) const LONGEST_NAME: usize = 32;

/// What the errors show, because a sentence alone is hard to follow.
const EXAMPLE: &str = "smtp://user:password@smtp.example.org:587?tls=required";

/// The same with a token.
const TOKEN_EXAMPLE: &str =
    "smtp://you%40example.org@smtp.gmail.com:587?tls=required&auth=xoauth2&token_file=/run/skymailing/token";

/// Why a relay's URL was not understood. Never shows the password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RelayUrlError {
    /// It is no URL at all.
    #[error(
        "the relay's address is not a URL ({why}); write it like {EXAMPLE}, with special characters in the password percent-encoded"
    )]
    Malformed {
        /// What the parser says.
        why: url::ParseError,
    },
    /// It is a URL of another kind.
    #[error("a relay's address starts with smtp:// or smtps://, not {scheme}://, for example {EXAMPLE}")]
    Scheme {
        /// The other kind.
        scheme: String,
    },
    /// No host.
    #[error("the relay's address names no host; write it like {EXAMPLE}")]
    NoHost,
    /// A host that is none.
    #[error("the relay's host {host:?} is neither a name nor an IP address; write it like {EXAMPLE}")]
    Host {
        /// As given.
        host: String,
    },
    /// Port 0.
    #[error("a relay cannot listen on port 0; usual ports are 25, 587 and 465 (smtps://), for example {EXAMPLE}")]
    PortZero,
    /// A path or fragment; often a `/`, `?` or `#` in a password.
    #[error(
        "the relay's address goes on after the host; write it like {EXAMPLE}, with / ? # in the password as %2F %3F %23"
    )]
    Trailing,
    /// A query parameter that is unknown or does not fit.
    #[error(
        "the relay's address has the parameter {name:?} with a value that does not fit; known are tls=required, tls=opportunistic, tls=none (not with smtps://), auth=plaintext, auth=xoauth2, auth=oauthbearer, token_command=, token_file=, name=, connections=, letters= and rate=, for example {EXAMPLE}"
    )]
    Parameter {
        /// Its name.
        name: String,
    },
    /// A name that is none.
    #[error(
        "a relay's name= has 1 to {LONGEST_NAME} small letters, digits or hyphens, for example smtp://smtp.example.org?name=bulk"
    )]
    Name,
    /// A limit that is no number, or out of bounds.
    #[error("a relay's {name}= is a number from {least} to {most}, for example smtp://smtp.example.org?{name}={least}")]
    Limit {
        /// Which one.
        name: &'static str,
        /// The smallest.
        least: String,
        /// The greatest.
        most: String,
    },
    /// A rate that is none.
    #[error(
        "a relay's rate= is a number of letters per second, minute or hour, for example smtp://smtp.example.org?rate=100/s (or 600/m, 5000/h)"
    )]
    Rate,
    /// A password without a user.
    #[error("the relay's address has a password but no user; write it like {EXAMPLE}")]
    NoUser,
    /// A user without a password.
    #[error("the relay's address has a user but no password; write it like {EXAMPLE}")]
    NoPassword,
    /// Broken percent-encoding.
    #[error(
        "user or password of the relay's address are not percent-encoded UTF-8: a % itself is written %25, as in smtp://user:100%25@smtp.example.org:587?tls=required"
    )]
    Encoding,
    /// A token from nowhere, or from two places.
    #[error("the relay's auth= asks for a token from either token_command= or token_file=, as in {TOKEN_EXAMPLE}")]
    TokenSource,
    /// A token that nobody asked for.
    #[error(
        "the relay's token_command= or token_file= goes with auth=xoauth2 or auth=oauthbearer, as in {TOKEN_EXAMPLE}"
    )]
    TokenWithoutAuth,
    /// A token with a password, or without a user.
    #[error("with a token the relay's address has a user and no password, as in {TOKEN_EXAMPLE}")]
    TokenUser,
    /// A password over an unencrypted connection.
    #[error(
        "the password or token for {host} would be sent unencrypted: use smtps:// or add ?tls=required, as in {EXAMPLE}; if the network is trusted, add ?auth=plaintext"
    )]
    PlaintextPassword {
        /// The host.
        host: String,
    },
}

/// Why a list of relays was not understood. Never shows a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RelayListError {
    /// There is none in it.
    #[error("no relay is named; write it like {EXAMPLE}")]
    Nothing,
    /// One of them is wrong.
    #[error("{}{why}", if *.number > 1 { format!("in URL {}: ", .number) } else { String::new() })]
    Url {
        /// Which one, counted from 1.
        number: usize,
        /// What is wrong.
        why: RelayUrlError,
    },
    /// Two of them cannot be told apart.
    #[error("two relays have the name {name:?}; give each its own, for example smtp://smtp.example.org?name=bulk")]
    SameName {
        /// The name; `default` if none was given.
        name: String,
    },
}

/// Why a file of certificates cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaFileError {
    /// It cannot be read.
    #[error("the certificates in {path} cannot be read: {why}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system says.
        why: io::Error,
    },
    /// It is not PEM.
    #[error("{path} is not a PEM file with certificates: {why}")]
    Malformed {
        /// The file.
        path: String,
        /// What the parser says.
        why: String,
    },
    /// It holds no certificate.
    #[error("{path} holds no certificate; it should have a part that starts with -----BEGIN CERTIFICATE-----")]
    Empty {
        /// The file.
        path: String,
    },
}
