//! What a reply, or its absence, means for the letter: phase first, then the enhanced code, then the three digits.
//!
//! Everything here is pure. The table that it implements is in `docs/sending.md` ("Judging a reply") and, row by row, in
//! the tests below.

use std::fmt;

use super::reply::Reply;

mod wording;

use wording::{Complaint, complaint, only_too_fast};

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
    /// We took the letter back before its text had left.
    Withdrawn(String),
    /// We declined to go on: no STARTTLS offered, an untrusted certificate, no SMTPUTF8 for an address that needs it.
    Refused(String),
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
    /// Ours: the letter could not be written, so no mail server was asked.
    Ourselves,
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
    /// More connections, or more letters at the same time, than the relay lets us have.
    Connections,
    /// We took the letter back before its text was written.
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
    /// The relay has closed the connection or is about to, rather than being silent or not understood.
    pub closed: bool,
}

impl Phase {
    /// Whether `code` lets the dialogue go on from here, or, after the final dot, says that the letter was taken.
    #[must_use]
    pub fn expects(self, code: u16) -> bool {
        match self {
            Self::Connect => false,
            Self::Tls | Self::Greeting => code == 220,
            Self::Auth => code == 235,
            Self::MailFrom => code == 250,
            Self::RcptTo => matches!(code, 250..=252),
            Self::Data => code == 354,
            Self::Body => matches!(code, 200..=299),
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "while connecting",
            Self::Tls => "while starting TLS",
            Self::Greeting => "at the greeting",
            Self::Auth => "at AUTH",
            Self::MailFrom => "at MAIL FROM",
            Self::RcptTo => "at RCPT TO",
            Self::Data => "at DATA",
            Self::Body => "after the final dot",
        })
    }
}

impl fmt::Display for Happening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reply(reply) => write!(f, "the relay replied {reply}"),
            Self::Lost(why) => write!(f, "the connection was lost ({why})"),
            Self::TimedOut => f.write_str("the relay did not reply in time"),
            Self::Garbage(what) => write!(f, "the relay did not speak SMTP ({what})"),
            Self::Refused(why) | Self::Withdrawn(why) => f.write_str(why),
        }
    }
}

/// Judges what ended a dialogue with the relay.
///
/// A reply that lets the dialogue go on ([`Phase::expects`]) ends it only after the final dot; given for an earlier phase
/// it counts as one that does not belong there.
pub fn judge(phase: Phase, happening: Happening) -> Verdict {
    let closed = match &happening {
        Happening::Lost(_) => true,
        Happening::Reply(reply) => reply.code == 421,
        Happening::TimedOut | Happening::Garbage(_) | Happening::Refused(_) | Happening::Withdrawn(_) => false,
    };
    Verdict { closed, ..weigh(phase, happening) }
}

fn weigh(phase: Phase, happening: Happening) -> Verdict {
    match (phase, happening) {
        (_, Happening::Withdrawn(why)) => {
            Verdict::drop(Judgement::NotTried { scope: Scope::Withdrawn, why, reply: None })
        }
        (Phase::Body, Happening::Reply(reply)) => after_the_dot(reply),
        (Phase::Body, happening) => Verdict::drop(Judgement::Unknown { why: format!("{phase} {happening}") }),
        (_, Happening::Reply(reply)) if !matches!(reply.code, 400..=599) => {
            not_tried(Scope::Relay, phase, reply, false)
        }
        (_, Happening::Reply(reply)) if reply.code == 421 || reply.code == 521 && phase != Phase::RcptTo => {
            not_tried(reply.scope_of_a_farewell(), phase, reply, false)
        }
        (Phase::Connect | Phase::Tls | Phase::Greeting | Phase::Auth, Happening::Reply(reply)) => {
            before_mail(phase, reply)
        }
        (_, Happening::Reply(reply)) => in_the_envelope(phase, reply),
        (Phase::RcptTo, Happening::Refused(why)) => Verdict::keep(Judgement::Rejected {
            reply: Reply::ours(553, (5, 6, 7), &why),
            dead: false,
            blame: Blame::Recipient,
        }),
        (Phase::Data, Happening::Refused(why)) => Verdict::keep(Judgement::Rejected {
            reply: Reply::ours(554, (5, 6, 3), &why),
            dead: false,
            blame: Blame::Message,
        }),
        (phase, happening) => {
            let (scope, keep_connection) = match (phase, &happening) {
                (Phase::Auth, Happening::Refused(_)) => (Scope::Credentials, false),
                (Phase::MailFrom, Happening::Refused(_)) => (Scope::Sender, true),
                _ => (Scope::Relay, false),
            };
            let judgement = Judgement::NotTried { scope, why: format!("{phase} {happening}"), reply: None };
            Verdict { judgement, keep_connection, closed: false }
        }
    }
}

fn after_the_dot(reply: Reply) -> Verdict {
    let keep_connection = !matches!(reply.code, 421 | 521);
    let judgement = match reply.code {
        200..=299 => Judgement::Accepted { reply },
        // The relay did not take the letter, so that it can be offered again.
        400..=499 if reply.complaint() == Some(Complaint::TooManyAtOnce) => {
            return not_tried(Scope::Connections, Phase::Body, reply, false);
        }
        400..=499 if reply.complaint() == Some(Complaint::TooFast) => {
            return not_tried(Scope::Rate, Phase::Body, reply, keep_connection);
        }
        400..=499 => Judgement::Deferred { reply },
        500..=599 if reply.is_only_too_fast() => return not_tried(Scope::Rate, Phase::Body, reply, keep_connection),
        500..=599 => content_rejected(reply),
        _ => return Verdict::drop(Judgement::Unknown { why: format!("{} {}", Phase::Body, Happening::Reply(reply)) }),
    };
    Verdict { judgement, keep_connection, closed: false }
}

/// A 4xx or 5xx before there was any letter to speak of.
fn before_mail(phase: Phase, reply: Reply) -> Verdict {
    let scope = match (phase, reply.code, reply.complaint()) {
        (_, _, Some(Complaint::TooManyAtOnce)) => Scope::Connections,
        // 432: the server wants the password changed (RFC 4954, 4.7.12); only a person can do that.
        (Phase::Auth, 500..=599 | 432, _) => Scope::Credentials,
        (_, _, Some(Complaint::TooFast)) => Scope::Rate,
        _ => Scope::Relay,
    };
    not_tried(scope, phase, reply, false)
}

/// A 4xx or 5xx to MAIL FROM, RCPT TO or DATA.
fn in_the_envelope(phase: Phase, reply: Reply) -> Verdict {
    match (phase, reply.code) {
        // Bad sequence: the two sides disagree about where they are.
        (_, 503) => not_tried(Scope::Relay, phase, reply, false),
        // Authentication (or encryption) required, or not good enough (RFC 4954, 6).
        (_, 530 | 534 | 535 | 538) => not_tried(Scope::Credentials, phase, reply, false),
        (_, 400..=499) => not_now(phase, reply),
        _ if reply.is_only_too_fast() => not_tried(Scope::Rate, phase, reply, true),
        (Phase::MailFrom, _) => not_tried(Scope::Sender, phase, reply, true),
        (Phase::RcptTo, _) => recipient_refused(reply),
        // DATA: "no valid recipients" and its like; we sent it after a good RCPT TO only.
        (_, _) if matches!(reply.subject_and_detail(), Some((5, _))) => not_tried(Scope::Relay, phase, reply, false),
        _ => Verdict::keep(content_rejected(reply)),
    }
}

/// A 4xx to MAIL FROM, RCPT TO or DATA.
fn not_now(phase: Phase, reply: Reply) -> Verdict {
    match (phase, reply.complaint()) {
        (_, Some(Complaint::TooManyAtOnce)) => not_tried(Scope::Connections, phase, reply, false),
        (_, Some(Complaint::TooFast)) => not_tried(Scope::Rate, phase, reply, true),
        // Nobody has been named yet, so policy is about us.
        (Phase::MailFrom, _) if reply.speaks_of_policy() => not_tried(Scope::Rate, phase, reply, true),
        (Phase::MailFrom, _) => not_tried(Scope::Relay, phase, reply, true),
        (_, Some(Complaint::Recipient)) => Verdict::keep(Judgement::Deferred { reply }),
        _ if matches!(reply.subject_and_detail(), Some((3, _))) => not_tried(Scope::Relay, phase, reply, true),
        _ => Verdict::keep(Judgement::Deferred { reply }),
    }
}

fn recipient_refused(reply: Reply) -> Verdict {
    let keep_connection = reply.code != 521;
    let (dead, blame) = match (reply.subject_and_detail(), reply.code) {
        // Postfix checks the sender when the first recipient comes (smtpd_delay_reject), and says so.
        (Some((1, 7 | 8)), _) => return not_tried(Scope::Sender, Phase::RcptTo, reply, keep_connection),
        (Some(_), _) if reply.is_of_no_mailbox() => (true, Blame::Recipient),
        (None, 550 | 551 | 553 | 556) => (true, Blame::Recipient),
        (Some((7, _)), _) | (None, 521 | 554) => (false, Blame::Reputation),
        (Some((6, _) | (3, 4)), _) => (false, Blame::Message),
        _ => (false, Blame::Recipient),
    };
    Verdict { judgement: Judgement::Rejected { reply, dead, blame }, keep_connection, closed: false }
}

/// A 5xx to DATA or after the final dot.
fn content_rejected(reply: Reply) -> Judgement {
    let (dead, blame) = match (reply.subject_and_detail(), reply.code) {
        // With one recipient per letter, a mailbox refused this late is this recipient's.
        (Some(_), _) if reply.is_of_no_mailbox() => (true, Blame::Recipient),
        // The sender's address, of which only RCPT TO and MAIL FROM can say that nothing was tried.
        (Some((1, 7 | 8)), _) => (false, Blame::Reputation),
        (Some((1 | 2, _)), _) => (false, Blame::Recipient),
        (Some((7, _)), _) | (None, 550) => (false, Blame::Reputation),
        _ => (false, Blame::Message),
    };
    Judgement::Rejected { reply, dead, blame }
}

fn not_tried(scope: Scope, phase: Phase, reply: Reply, keep_connection: bool) -> Verdict {
    let why = format!("{phase} the relay replied {reply}");
    Verdict { judgement: Judgement::NotTried { scope, why, reply: Some(reply) }, keep_connection, closed: false }
}

impl Reply {
    /// Whether its code says that there is no such address, or that the mailbox is disabled (RFC 3463).
    fn is_of_no_mailbox(&self) -> bool {
        self.enhanced.is_some_and(|code| code.is_of_no_address() || (code.subject, code.detail) == (2, 1))
    }

    /// What a refusal complains of, by its codes where they are unmistakable, else by its words. `None` also for refusals for
    /// good, except of a connection too many, which some servers refuse with 554.
    fn complaint(&self) -> Option<Complaint> {
        let by_words = complaint(&self.text);
        match (self.code, self.subject_and_detail()) {
            (500..=599, _) => by_words.filter(|complaint| *complaint == Complaint::TooManyAtOnce),
            // 4.7.28: what large receivers say to an unusual rate. 4.5.3: too many recipients, which with one recipient per
            // letter means too many letters.
            (400..=499, Some((7, 28) | (5, 3))) => Some(Complaint::TooFast),
            // Exchange: too many letters of one sender at the same time.
            (432, Some((3, 2)) | None) => Some(Complaint::TooManyAtOnce),
            (400..=499, _) => by_words,
            _ => None,
        }
    }

    /// Whether a refusal for good, which is not about the recipient, only comes because we were too fast.
    fn is_only_too_fast(&self) -> bool {
        let about_the_recipient = matches!(self.subject_and_detail(), Some((1 | 2, _)));
        self.code / 100 == 5 && !about_the_recipient && only_too_fast(&self.text)
    }

    /// A temporary refusal by policy. Many in a row mean that we are too fast, a single one is about the recipient.
    fn speaks_of_policy(&self) -> bool {
        self.code == 454 || self.code / 100 == 4 && matches!(self.subject_and_detail(), Some((7, _)))
    }

    /// Whether a recipient was put off with words and codes that may also mean that we are too fast. 4.7.1 at RCPT TO is
    /// what greylisting says to everybody who comes for the first time.
    pub(super) fn may_mean_too_fast(&self) -> bool {
        let greylisting = self.complaint() == Some(Complaint::Recipient)
            || self.code != 454 && self.subject_and_detail() == Some((7, 1));
        self.speaks_of_policy() && !greylisting
    }

    /// Whose problem it is that the relay closes the connection before the dot.
    fn scope_of_a_farewell(&self) -> Scope {
        match self.complaint() {
            Some(Complaint::TooManyAtOnce) => Scope::Connections,
            Some(Complaint::TooFast) => Scope::Rate,
            Some(Complaint::Recipient) | None => Scope::Relay,
        }
    }
}

impl Verdict {
    fn keep(judgement: Judgement) -> Self {
        Self { judgement, keep_connection: true, closed: false }
    }

    fn drop(judgement: Judgement) -> Self {
        Self { judgement, keep_connection: false, closed: false }
    }
}

#[cfg(test)]
mod tests;
