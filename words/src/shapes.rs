//! What a text is made of that is more than a sentence: a page, a letter, a report.

use chrono::{DateTime, Utc};
use domain::{TimeZone, Totals};

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The link proves an address.
    Verify,
    /// The link replaces a forgotten password.
    Recover,
    /// The link proves the address that an account is about to have.
    Email,
    /// The link proves the address of a sender.
    Sender,
}

/// What a page says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// The title of the page.
    pub title: &'static str,
    /// What the button is for.
    pub question: &'static str,
    /// The label of the button.
    pub button: &'static str,
    /// What is said when it is done.
    pub done: &'static str,
}

/// What differs from letter to letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// The subject of the letter.
    pub subject: &'static str,
    /// What the letter is about, in one paragraph or several; the link, if there is one, follows.
    pub about: String,
    /// What to do if it was somebody else, or what else there is to know.
    pub otherwise: &'static str,
}

/// What a footer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Footer {
    /// The sentence in a plain text, before the address.
    pub text: &'static str,
    /// What is pressed in HTML.
    pub link: &'static str,
}

/// How long a link in a letter works, from the moment it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// The link works for an hour.
    Hour,
    /// The link works for a day.
    Day,
    /// The link works for three days.
    ThreeDays,
    /// The link works for a week.
    Week,
}

/// What there is to tell of a run that is finished.
#[derive(Clone, Debug)]
pub struct Report<'a> {
    /// How many deliveries have which outcome.
    pub totals: Totals,
    /// How many of the suppressed ones have the same mailbox as another recipient, who got the letter.
    pub left_out: u64,
    /// How many of the suppressed ones have an address that is not written to any more.
    pub not_written_to: u64,
    /// Whether the mail server took every letter that was to be sent.
    pub succeeded: bool,
    /// The moment when the run started.
    pub started_at: DateTime<Utc>,
    /// The moment when the run's last delivery had its outcome.
    pub finished_at: DateTime<Utc>,
    /// How long the run took, in seconds.
    pub seconds: f64,
    /// Letters that reached an outcome per second.
    pub per_second: f64,
    /// The moment when the last attempt ended; `None` if there was none.
    pub last_attempt_at: Option<DateTime<Utc>>,
    /// What the mail server said last; `None` if it said nothing.
    pub last_reply: Option<&'a str>,
    /// The zone in which times are told: the owner's.
    pub zone: TimeZone,
    /// How many letters have come back for good by now, after a mail server had taken them.
    pub bounced: u64,
    /// How many letters came back for the moment then, of which nobody has reported that they came back for good.
    pub soft_bounced: u64,
    /// How many letters recipients have complained of by now.
    pub complained: u64,
}

impl Report<'_> {
    /// How many were never tried because the mailing was cancelled: the suppressed ones that nobody else stands for, and whose
    /// address is written to.
    pub(crate) fn cancelled(&self) -> u64 {
        self.totals.suppressed.saturating_sub(self.left_out + self.not_written_to)
    }
}
