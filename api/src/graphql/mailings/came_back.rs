//! What is known of letters that came back or were complained of: of one, and how many there are.

use crate::graphql::kit::scalars::{DateTime, int};
use async_graphql::{Enum, SimpleObject};
use domain::feedback::Via;
use projections::feedback::{Counts, Report, What};

/// Whether a letter came back for good, for the moment, or not at all so far. New values may be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
enum BounceSeverity {
    /// The letter will not arrive.
    Permanent,
    /// The letter came back, and another one may arrive: the mailbox is full, for example. Reports that do not say whether it is for good
    /// have this severity, too.
    Temporary,
    /// The letter is late, and whoever has it goes on trying. It has not come back, and mostly arrives, so it is in no number of what came
    /// back.
    Delayed,
}

/// On which way something came in from mail servers and mailbox providers. New values may be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Via")]
pub(crate) enum FeedbackVia {
    /// A mail server delivered it (SMTP, RFC 5321, or LMTP, RFC 2033).
    Smtp,
    /// It lay in a mailbox that the service looks into (IMAP).
    Imap,
    /// A program handed it over, with the command `skymailing intake`.
    Pipe,
    /// Amazon SES told it.
    Ses,
    /// The service `SendGrid` told it.
    Sendgrid,
    /// Mailgun told it.
    Mailgun,
    /// Postmark told it.
    Postmark,
    /// Brevo told it.
    Brevo,
}

/// A report that a letter came back, or is late, after a mail server had taken it. It changes nothing of the outcome of the delivery: a
/// letter that was accepted and came back was both.
#[derive(SimpleObject)]
pub(crate) struct Bounce {
    /// Whether it is for good, for the moment, or no bounce at all so far.
    severity: BounceSeverity,
    /// Whether the report says that there is no such mailbox, so that no other letter arrives there either.
    dead: bool,
    /// The code that tells why: an enhanced status code (RFC 3463) such as `5.1.1`, or the three digits of a reply (RFC 5321) such as
    /// `550`; null if the report has none.
    code: Option<String>,
    /// What the report says in its own words, with addresses masked, of at most 500 characters; null if it says nothing.
    words: Option<String>,
    /// The way on which the report came.
    via: FeedbackVia,
    /// Who reports it: the name of a mail server or of a provider, as it calls itself; null if the report does not say.
    reported_by: Option<String>,
    /// The moment when the report was taken in.
    reported_at: DateTime,
}

impl Bounce {
    /// What the report says, if it is of a bounce.
    pub(crate) fn of(report: &Report) -> Option<Self> {
        let severity = match report.what {
            What::Permanent => BounceSeverity::Permanent,
            What::Temporary => BounceSeverity::Temporary,
            What::Delayed => BounceSeverity::Delayed,
            What::Complaint => return None,
        };
        Some(Self {
            severity,
            dead: report.dead,
            code: report.code.clone(),
            words: report.words.clone(),
            via: report.via.into(),
            reported_by: report.reported_by.clone(),
            reported_at: report.reported_at.into(),
        })
    }
}

/// A report that the recipient told their mailbox provider that a letter was unwanted (RFC 5965). It changes nothing of the outcome of
/// the delivery.
#[derive(SimpleObject)]
pub(crate) struct Complaint {
    /// The kind of complaint as the provider calls it, such as `abuse` or `fraud`; null if the report does not say.
    kind: Option<String>,
    /// The way on which the report came.
    via: FeedbackVia,
    /// Who reports it: the name of a mailbox provider, as it calls itself; null if the report does not say.
    reported_by: Option<String>,
    /// The moment when the report was taken in.
    reported_at: DateTime,
}

impl Complaint {
    /// What the report says, if it is of a complaint.
    pub(crate) fn of(report: &Report) -> Option<Self> {
        match report.what {
            What::Complaint => Some(Self {
                kind: report.words.clone(),
                via: report.via.into(),
                reported_by: report.reported_by.clone(),
                reported_at: report.reported_at.into(),
            }),
            What::Permanent | What::Temporary | What::Delayed => None,
        }
    }
}

/// How many letters came back or were complained of after mail servers had taken them. Each letter counts once in each number, however
/// many reports there are of it, and one that is only late in none. These numbers stand beside the outcomes of deliveries and are no part of their sum.
/// They are what was reported so far: what comes back without telling anybody is in none of them.
#[derive(SimpleObject)]
pub(crate) struct Feedback {
    /// How many letters came back for good.
    bounced: i32,
    /// How many letters came back for the moment, of which nobody has said that they came back for good.
    soft_bounced: i32,
    /// How many letters recipients complained of.
    complained: i32,
    /// How many letters came back for good, divided by how many mail servers took, such as 0.02 for 2 percent; null if they took none.
    bounced_share: Option<f64>,
    /// How many letters came back for the moment, divided by how many mail servers took, such as 0.02 for 2 percent; null if they took
    /// none.
    soft_bounced_share: Option<f64>,
    /// How many letters recipients complained of, divided by how many mail servers took, such as 0.001 for 0.1 percent; null if they
    /// took none.
    complained_share: Option<f64>,
}

impl Feedback {
    /// These numbers of letters, of which mail servers took so many.
    pub(crate) fn new(counts: &Counts, accepted: i32) -> Self {
        let share = |letters: i64| (accepted > 0).then(|| f64::from(int(letters)) / f64::from(accepted));
        Self {
            bounced: int(counts.bounced),
            soft_bounced: int(counts.soft_bounced),
            complained: int(counts.complained),
            bounced_share: share(counts.bounced),
            soft_bounced_share: share(counts.soft_bounced),
            complained_share: share(counts.complained),
        }
    }
}
