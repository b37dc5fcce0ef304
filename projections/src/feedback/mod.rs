//! What came back: bounces and complaints, as they were reported of letters after mail servers had taken them.
//!
//! They are a second fact beside the outcome of a delivery, and change nothing of it: a letter that was accepted and came back is both,
//! and the outcomes of a run still add up. A letter counts once in each of [`Counts`], however many reports there are of it.

pub(crate) mod fold;
mod list;

pub(crate) use list::count_of_run;
pub use list::{Filter, Place, count, counts, counts_of_mailings, of_deliveries, page};

use crate::columns::{Word, row};
use chrono::{DateTime, Utc};
use domain::feedback::{Severity, Via};
use std::ops::AddAssign;
use uuid::Uuid;

/// What a report says of a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// The letter came back for good.
    Permanent,
    /// The letter came back for the moment, or without saying that it is for good.
    Temporary,
    /// The letter is late, and whoever has it goes on trying: it has not come back. It is in no number.
    Delayed,
    /// The recipient complained of the letter.
    Complaint,
}

impl What {
    fn of(severity: Severity) -> Self {
        match severity {
            Severity::Permanent => Self::Permanent,
            Severity::Temporary => Self::Temporary,
            Severity::Delayed => Self::Delayed,
        }
    }
}

impl Word for What {
    const ALL: &'static [Self] = &[Self::Permanent, Self::Temporary, Self::Delayed, Self::Complaint];

    fn word(self) -> &'static str {
        match self {
            Self::Permanent => Severity::Permanent.name(),
            Self::Temporary => Severity::Temporary.name(),
            Self::Delayed => Severity::Delayed.name(),
            Self::Complaint => "complaint",
        }
    }
}

impl Word for Via {
    const ALL: &'static [Self] = &Self::ALL;

    fn word(self) -> &'static str {
        self.name()
    }
}

row! {
    /// A report of a letter.
    pub struct Report from Stored {
        words {
            /// What it says of the letter.
            pub what: What = "feedback"(run_id, ordinal, version),
            /// The way on which it came.
            pub via: Via = "feedback"(run_id, ordinal, version),
        }
        /// The run that the letter was of.
        pub run_id: Uuid,
        /// The letter's place in the run: 500 times the batch's number plus the place in the batch.
        pub ordinal: i32,
        /// The place of the report's event in its stream, of which each batch has one.
        pub version: i64,
        /// What the report is known by. A report of several letters is a row for each of them.
        pub report_id: Uuid,
        /// The mailing that the run is of.
        pub mailing_id: Uuid,
        /// The owner of the mailing.
        pub owner_id: Uuid,
        /// The client to whom the letter went.
        pub client_id: Uuid,
        /// Whether there is no such mailbox.
        pub dead: bool,
        /// The code that tells why, an enhanced one (RFC 3463) or three digits (RFC 5321); `None` if there is none, and for complaints.
        pub code: Option<String>,
        /// What the report says of a bounce, with addresses masked, or the kind of complaint; `None` if it says nothing.
        pub words: Option<String>,
        /// Who reports, as they call themselves; `None` if they do not say.
        pub reported_by: Option<String>,
        /// The moment when the report was taken in.
        pub reported_at: DateTime<Utc>,
    }
}

impl Report {
    /// The code to be shown beside the words: none if these say it themselves, as those of mail servers mostly do.
    #[must_use]
    pub fn code_beside_words(&self) -> Option<&str> {
        beside(self.code.as_deref()?, self.words.as_deref())
    }
}

fn beside<'a>(code: &'a str, words: Option<&str>) -> Option<&'a str> {
    let says_it = words.is_some_and(|words| {
        words.split(|sign: char| !sign.is_ascii_digit() && sign != '.').any(|part| part.trim_end_matches('.') == code)
    });
    (!says_it).then_some(code)
}

/// How many letters came back, or were complained of. Each counts once in each number, however many reports there are of it. A letter that is
/// only late is in none of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// How many letters came back for good.
    pub bounced: i64,
    /// How many letters came back for the moment, of which nobody has reported that they came back for good.
    pub soft_bounced: i64,
    /// How many letters recipients complained of.
    pub complained: i64,
}

impl Counts {
    /// How many letters that is said of.
    #[must_use]
    pub fn of(&self, came_back: CameBack) -> i64 {
        match came_back {
            CameBack::Bounced => self.bounced,
            CameBack::SoftBounced => self.soft_bounced,
            CameBack::Complained => self.complained,
        }
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.bounced += other.bounced;
        self.soft_bounced += other.soft_bounced;
        self.complained += other.complained;
    }
}

/// What is said of a letter by all of its reports together: what [`Counts`] counts, and lists of deliveries are narrowed down to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CameBack {
    /// The letter came back for good.
    Bounced,
    /// The letter came back for the moment, and nobody has reported that it came back for good.
    SoftBounced,
    /// The recipient complained of the letter.
    Complained,
}

impl CameBack {
    /// What at least one of the letter's reports says. A letter that came back for the moment has none that says [`What::Permanent`], either.
    pub(crate) fn what(self) -> What {
        match self {
            Self::Bounced => What::Permanent,
            Self::SoftBounced => What::Temporary,
            Self::Complained => What::Complaint,
        }
    }
}

impl Word for CameBack {
    const ALL: &'static [Self] = &[Self::Bounced, Self::SoftBounced, Self::Complained];

    fn word(self) -> &'static str {
        match self {
            Self::Bounced => "bounced",
            Self::SoftBounced => "soft_bounced",
            Self::Complained => "complained",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_severity_is_what_a_report_can_say() {
        for severity in Severity::ALL {
            assert_eq!(What::from_word(severity.name()), Some(What::of(severity)));
        }
        assert_eq!(What::ALL.len(), Severity::ALL.len() + 1, "and the complaint");
    }

    #[test]
    fn whatever_is_said_of_letters_has_a_number_of_its_own() {
        let mut counts = Counts { bounced: 1, soft_bounced: 20, complained: 300 };
        counts += Counts { bounced: 1, soft_bounced: 1, complained: 1 };
        assert_eq!(CameBack::ALL.iter().map(|one| counts.of(*one)).collect::<Vec<_>>(), [2, 21, 301]);
    }

    #[test]
    fn a_code_is_shown_once() {
        assert_eq!(beside("5.1.1", Some("550 5.1.1 no such user")), None);
        assert_eq!(beside("421", Some("421 try later")), None);
        assert_eq!(beside("5.1.1", Some("550-5.1.1. No such user")), None);
        assert_eq!(beside("5.1.1", Some("550 5.1.10 no such user")), Some("5.1.1"));
        assert_eq!(beside("5.1.1", Some("no such user")), Some("5.1.1"));
        assert_eq!(beside("5.1.1", None), Some("5.1.1"));
    }
}
