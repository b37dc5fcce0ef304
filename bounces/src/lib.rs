//! Reads what mail servers and mailbox providers report of letters: that they came back, that recipients complained, or only that
//! somebody is on holiday.
//!
//! It computes over bytes and does nothing else: which letter a report is about, and whether the reporter may speak of it, is found out
//! by whoever asks.

// A dependency that nobody uses is an error of the build (`make check`).
#![cfg_attr(not(test), warn(unused_crate_dependencies))]

pub mod webhooks;

use domain::feedback::Bounce;

/// A report, or another message that came in, as it was understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// What it says.
    pub says: Says,
    /// How the letter that it is about can be found again.
    pub about: About,
    /// What the report is known by, so that it is known when it comes again: its `Message-ID`, or what a provider calls it; none if it
    /// has no such name.
    pub name: Option<String>,
    /// Who reports: the name of a mail server or of a provider, as it calls itself.
    pub by: Option<String>,
    /// Who the message says that it is from; empty if it does not say.
    pub from: String,
    /// The subject; empty if there is none.
    pub subject: String,
}

/// What a message that came in says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Says {
    /// A letter came back, or was put off.
    Bounce(Bounce),
    /// A recipient complained of a letter.
    Complaint {
        /// The kind of complaint as the provider calls it, such as `abuse`.
        kind: Option<String>,
    },
    /// A letter arrived, and somebody's program answers: they are on holiday, for example.
    AutoReply,
    /// Somebody's program wants a proof that a person has written, before it lets a letter through.
    Challenge,
    /// A person or a mail program wrote it: it is no report.
    Letter,
    /// It is a report, or looks like one, and was not understood.
    #[default]
    Unclear,
}

/// How the letter that a report is about can be found again: all that is found of each kind, in the order of how much it says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// The addresses to which the report was sent, or from which the letter was: one of them may be the letter's own.
    pub addresses: Vec<String>,
    /// The links of the letter's `List-Unsubscribe`, of which one has a token of ours.
    pub links: Vec<String>,
    /// The `Message-ID`s of the letter.
    pub message_ids: Vec<String>,
    /// The addresses of the recipients whom the report names.
    pub recipients: Vec<String>,
}
