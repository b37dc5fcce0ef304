//! What a reply, or its absence, means for the letter: phase first, then the enhanced code, then the three digits.
//!
//! Everything here is pure. The table that it implements is in the design notes ("Judging a reply") and, row by row, in
//! the tests below.

use std::fmt;

/// How many characters of a relay's text are kept.
const LONGEST_TEXT: usize = 500;

/// Where in the dialogue something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Resolving the name and connecting.
    Connect,
    /// STARTTLS and the TLS handshake.
    Tls,
    /// The greeting and EHLO.
    Greeting,
    /// AUTH.
    Auth,
    /// MAIL FROM.
    MailFrom,
    /// RCPT TO.
    RcptTo,
    /// The DATA command, and the body as long as the final dot has certainly not left.
    Data,
    /// After the final dot may have left.
    Body,
}

/// What happened in a phase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// The relay replied.
    Reply(Reply),
    /// The connection was refused or lost.
    Lost(String),
    /// Nothing came within the phase's timeout.
    TimedOut,
    /// Something came that is not an SMTP reply, or came out of turn.
    Garbage(String),
    /// We declined to go on: no STARTTLS offered, an untrusted certificate, no SMTPUTF8 for an address that needs it.
    Refused(String),
}

/// A reply as it may be kept and shown: addresses masked, at most 500 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The three digits.
    pub code: u16,
    /// The enhanced status code (RFC 3463), when there is one.
    pub enhanced: Option<EnhancedCode>,
    /// The text without the codes, lines joined with spaces.
    pub text: String,
}

/// An enhanced status code such as 5.1.1 (RFC 3463).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EnhancedCode {
    /// 2, 4 or 5.
    pub class: u8,
    /// What it is about: 1 address, 2 mailbox, 3 mail system, 4 network, 5 protocol, 6 content, 7 policy.
    pub subject: u16,
    /// What exactly.
    pub detail: u16,
}

/// Whose problem a rejection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Blame {
    /// This recipient.
    Recipient,
    /// What the letter contains.
    Message,
    /// Who we are to the receiving side: blocked, unwanted, not authenticated.
    Reputation,
}

/// Whose problem it is that a letter was not tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The relay is away or in trouble; the breaker counts it.
    Relay,
    /// The relay does not let us in; somebody must look at the settings.
    Credentials,
    /// The relay refuses the sender's address: every letter of the mailing would get the same answer.
    Sender,
    /// Too fast.
    Rate,
    /// We took the letter back before anything was written.
    Withdrawn,
}

/// What became of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Judgement {
    /// The relay has taken the letter over.
    Accepted {
        /// What it said; often holds its queue id.
        reply: Reply,
    },
    /// The relay will never take this letter.
    Rejected {
        /// What it said.
        reply: Reply,
        /// The address does not exist and should not be written to again.
        dead: bool,
        /// Whose problem it is.
        blame: Blame,
    },
    /// The relay asks to try this recipient again later. The attempt is used up.
    Deferred {
        /// What it said.
        reply: Reply,
    },
    /// The final dot may have arrived, and nobody knows what became of it.
    Unknown {
        /// What happened.
        why: String,
    },
    /// The letter is certainly not at the relay, and the attempt is not used up.
    NotTried {
        /// Whose problem it is.
        scope: Scope,
        /// A sentence for a person.
        why: String,
        /// What the relay said, if it said something.
        reply: Option<Reply>,
    },
}

/// A judgement, and whether the connection can go on after RSET.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Verdict {
    /// What became of the letter.
    pub judgement: Judgement,
    /// `false`: drop the connection.
    pub keep_connection: bool,
}

impl Reply {
    /// A reply from its code and the text that followed it: takes the enhanced code off the text, masks addresses,
    /// replaces control characters and shortens it.
    #[must_use]
    pub fn new(code: u16, text: &str) -> Self {
        let _ = (code, text);
        unimplemented!()
    }
}

/// Judges what happened in a phase.
pub fn judge(phase: Phase, happening: Happening) -> Verdict {
    let _ = (phase, happening);
    unimplemented!()
}
