use crate::{ClientId, MailingId, ReportId, RunId, UserId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Which letter a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// The run that the letter was of.
    pub run: RunId,
    /// The delivery's number in the run, counted from 0 over all batches.
    pub ordinal: u32,
    /// The mailing that the run is of.
    pub mailing: MailingId,
    /// The owner of the mailing.
    pub owner: UserId,
    /// The client to whom the letter went.
    pub client: ClientId,
    /// Which revision of the client's entry the letter went to, counted from 1.
    pub revision: u32,
}

/// A report: what it is known by, and whence it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// What the report is known by: the same one that comes again, also by another way, is the same.
    pub id: ReportId,
    /// The way on which it came.
    pub via: Via,
    /// Who reports: the name of a mail server or of a mailbox provider, as it calls itself; none if it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The moment when it was taken in.
    pub at: DateTime<Utc>,
}

/// The way on which a report came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// A mail server delivered it (SMTP or LMTP).
    Smtp,
    /// It lay in a mailbox (IMAP).
    Imap,
    /// A program handed it over (`skymailing intake`).
    Pipe,
    /// Amazon SES told it, over SNS.
    Ses,
    /// `SendGrid` told it.
    Sendgrid,
    /// Mailgun told it.
    Mailgun,
    /// Postmark told it.
    Postmark,
    /// Brevo told it.
    Brevo,
}

impl Via {
    /// All ways that there are.
    pub const ALL: [Self; 8] =
        [Self::Smtp, Self::Imap, Self::Pipe, Self::Ses, Self::Sendgrid, Self::Mailgun, Self::Postmark, Self::Brevo];

    /// The name under which the way is stored.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Smtp => "smtp",
            Self::Imap => "imap",
            Self::Pipe => "pipe",
            Self::Ses => "ses",
            Self::Sendgrid => "sendgrid",
            Self::Mailgun => "mailgun",
            Self::Postmark => "postmark",
            Self::Brevo => "brevo",
        }
    }

    /// The way that is stored under this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|via| via.name() == name)
    }
}

/// That a letter came back, or is late, after a mail server had taken it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounce {
    /// Whether it is for good, for the moment, or no bounce at all so far.
    pub severity: Severity,
    /// Whether there is no such mailbox, so that no other letter arrives there either.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dead: bool,
    /// The code that tells why: an enhanced one (RFC 3463) such as `5.1.1`, or three digits (RFC 5321) such as `550`; none if the
    /// report has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What the report says in words, with addresses masked, at most [`super::MAX_WORDS`] characters; none if it says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
}

/// Whether a letter came back for good, for the moment, or not at all so far.
///
/// Before there was `Delayed`, such notices were recorded as `Temporary`: nobody can tell these apart any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The letter will not arrive.
    Permanent,
    /// The letter came back, and another one may arrive: the mailbox is full, for example. Also what does not say whether it is for good.
    Temporary,
    /// The letter is late, and whoever has it goes on trying. It has not come back, and mostly arrives.
    Delayed,
}

impl Severity {
    /// All that there are.
    pub const ALL: [Self; 3] = [Self::Permanent, Self::Temporary, Self::Delayed];

    /// The name under which it is stored.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Permanent => "permanent",
            Self::Temporary => "temporary",
            Self::Delayed => "delayed",
        }
    }
}

/// What happened to letters of a batch after mail servers had taken them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// Somebody reported that a letter came back, or is late.
    BounceReported {
        /// The letter that it is about.
        letter: Letter,
        /// The report.
        report: Report,
        /// What it says.
        bounce: Bounce,
    },
    /// The recipient told their mailbox provider that the letter was unwanted, and the provider reported it (RFC 5965).
    Complained {
        /// The letter that it is about.
        letter: Letter,
        /// The report.
        report: Report,
        /// The kind of complaint as the provider calls it, such as `abuse` or `fraud`; none if it does not say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kind: Option<String>,
    },
}

impl Event {
    /// The letter that it is about.
    #[must_use]
    pub fn letter(&self) -> &Letter {
        match self {
            Self::BounceReported { letter, .. } | Self::Complained { letter, .. } => letter,
        }
    }

    /// The report that tells it.
    #[must_use]
    pub fn report(&self) -> &Report {
        match self {
            Self::BounceReported { report, .. } | Self::Complained { report, .. } => report,
        }
    }
}
