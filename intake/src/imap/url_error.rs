//! Why the URL of a mailbox was not understood. Nothing here shows a password.

/// The longest name of a mailbox, in bytes.
pub(super) const LONGEST_NAME: usize = 255;

/// What the errors show, because a sentence alone is hard to follow.
const EXAMPLE: &str = "imaps://user:password@imap.example.org/INBOX";

/// Why the URL of a mailbox was not understood. Never shows the password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// It is no URL at all.
    #[error(
        "the mailbox's address is not a URL ({why}); write it like {EXAMPLE}, with special characters in the password percent-encoded"
    )]
    Malformed {
        /// What the parser says.
        why: url::ParseError,
    },
    /// It is a URL of another kind.
    #[error("a mailbox's address starts with imap:// or imaps://, not {scheme}://, for example {EXAMPLE}")]
    Scheme {
        /// The other kind.
        scheme: String,
    },
    /// No host.
    #[error("the mailbox's address names no host; write it like {EXAMPLE}")]
    NoHost,
    /// A host that is none.
    #[error("the mail server {host:?} is neither a name nor an IP address; write it like {EXAMPLE}")]
    Host {
        /// As given.
        host: String,
    },
    /// Port 0.
    #[error("a mail server cannot listen on port 0; usual ports are 143 and 993 (imaps://), for example {EXAMPLE}")]
    PortZero,
    /// A fragment, which is often a `#` in a password.
    #[error("the mailbox's address has a # in it; write it like {EXAMPLE}, with # in the password as %23")]
    Fragment,
    /// User or password are missing.
    #[error("the mailbox's address has no user or no password; write it like {EXAMPLE}")]
    NoCredentials,
    /// Broken percent-encoding.
    #[error(
        "user, password and names of mailboxes are percent-encoded UTF-8 without control characters, as in {EXAMPLE}"
    )]
    Encoding,
    /// A name of a mailbox that is none.
    #[error("a mailbox has a name of at most {most} bytes, for example {EXAMPLE}?processed=Processed", most = LONGEST_NAME)]
    Name,
    /// Messages would be moved to where they are.
    #[error(
        "what was read is moved to another mailbox than the one that it is read from, for example {EXAMPLE}?processed=Processed"
    )]
    Same,
    /// A time that is none.
    #[error("every= is how often the mailbox is looked into, from 1s to 1h, for example {EXAMPLE}?every=60s")]
    Every,
    /// A query parameter that is unknown or does not fit.
    #[error(
        "the mailbox's address has the parameter {name:?} with a value that does not fit; known are tls=required, tls=none (not with imaps://), processed= and every=, for example {EXAMPLE}?processed=Processed"
    )]
    Parameter {
        /// Its name.
        name: String,
    },
}
