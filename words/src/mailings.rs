//! Mailings and their runs, beyond the rules of the domain.

use crate::Sentence;
use domain::Language;
use domain::feedback::guard::Share;

/// What is wrong with a request about mailings and runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// A cron expression stands beside another kind of periodicity.
    CronUnexpected,
    /// The message of the mailing is gone.
    MessageDeleted,
    /// There is no such run, or it is somebody else's.
    NoRun,
    /// There is no such delivery, or it is somebody else's.
    NoDelivery,
    /// Some letters of the run have no outcome yet.
    RunNotFinished,
    /// No letter of the run failed, so that none can be sent again.
    NothingFailed,
    /// Nobody has to decide about any letter of the run.
    NothingInDoubt,
    /// Whoever runs the service lets no owner say that a mailing is transactional.
    TransactionalNotAllowed,
    /// A segment or a group is deleted that makes the mailing's audience.
    AudiencePartDeleted,
    /// A mailing leaves out whoever belongs to a group, or passes a segment, that is to be deleted.
    LeftOutBy {
        /// The mailing's name.
        mailing: String,
    },
}

/// What stops a mailing besides its own status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// The account of the mailing's owner is blocked.
    OwnerBlocked,
}

/// Why the service pauses a mailing by itself, where that is no answer of a mail server.
///
/// The log has the English sentence, as it has the answers of mail servers in whatever language they are; whoever shows it to somebody
/// says it in theirs ([`Halt::shown`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Halt {
    /// Nobody has shown that the address of the mailing's sender is its owner's, and its domain is not granted to them.
    SenderNotUsable,
    /// The mailing's sender is gone.
    SenderDeleted,
    /// An administrator has revoked the mailing's sender, from which no run is under way.
    SenderRevoked,
    /// An administrator has revoked the address that letters of a run under way are from, whatever the mailing's sender is now.
    SenderOfRunRevoked,
    /// The address that letters of a run under way are from was revoked, and nobody has shown since then that it is its owner's.
    SenderOfRunNotShown,
    /// A segment is gone that the mailing writes to, or leaves out.
    SegmentDeleted,
    /// A group is gone that the mailing leaves out.
    LeftOutGroupDeleted,
    /// A group is gone about which one of the mailing's segments asks.
    GroupOfSegmentDeleted,
    /// Letters of the domain that the mailing is from are to be signed, and cannot be.
    Unsigned {
        /// The domain.
        domain: String,
        /// What is wrong, in English, for whoever looks after the service.
        why: String,
    },
    /// The guard found that too many of the mailing's newest letters came back for good.
    TooManyBounces {
        /// How many came back.
        bounced: u64,
        /// Of how many that mail servers had taken.
        accepted: u64,
        /// The share of them that may.
        limit: Share,
    },
    /// The guard found that the recipients of too many of the mailing's newest letters complained.
    TooManyComplaints {
        /// Of how many letters they complained.
        complained: u64,
        /// Of how many that mail servers had taken.
        accepted: u64,
        /// The share of them of which they may.
        limit: Share,
    },
}

impl Halt {
    /// Reads the reason of a mailing that is paused; none if the words are those of somebody else.
    #[must_use]
    pub fn read(reason: &str) -> Option<Self> {
        if let Some(halt) = Self::former(reason) {
            return Some(halt);
        }
        let same = |halt: &Self| halt.told(Language::En) == reason;
        let plain = [
            Self::SenderNotUsable,
            Self::SenderDeleted,
            Self::SenderRevoked,
            Self::SenderOfRunRevoked,
            Self::SenderOfRunNotShown,
            Self::SegmentDeleted,
            Self::LeftOutGroupDeleted,
            Self::GroupOfSegmentDeleted,
        ];
        let read = || Self::unsigned(reason).or_else(|| Self::too_many(reason));
        plain.into_iter().find(same).or_else(|| read().filter(same))
    }

    /// Reads what looks as if letters could not be signed.
    fn unsigned(reason: &str) -> Option<Self> {
        let (domain, rest) = reason.strip_prefix("letters from ")?.split_once(" cannot be signed: ")?;
        let (_, why) = rest.split_once(" (")?;
        let why = why.strip_suffix(')')?;
        Some(Self::Unsigned { domain: domain.to_owned(), why: why.to_owned() })
    }

    /// Reads what looks like a reason of the guard's.
    fn too_many(reason: &str) -> Option<Self> {
        let number = |text: &str| text.replace(',', "").parse().ok();
        let complaints = reason.strip_prefix("recipients complained of ");
        let (part, rest) = complaints.unwrap_or(reason).split_once(" of ")?;
        let (accepted, rest) = rest.split_once(" letters ")?;
        let (limit, _) = rest.split_once("at most ")?.1.split_once('%')?;
        let (part, accepted, limit) = (number(part)?, number(accepted)?, share(limit)?);
        Some(match complaints {
            Some(_) => Self::TooManyComplaints { complained: part, accepted, limit },
            None => Self::TooManyBounces { bounced: part, accepted, limit },
        })
    }

    /// Whether it is the guard that pauses a mailing for this.
    #[must_use]
    pub fn is_the_guards(&self) -> bool {
        match self {
            Self::TooManyBounces { .. } | Self::TooManyComplaints { .. } => true,
            Self::SenderNotUsable
            | Self::SenderDeleted
            | Self::SenderRevoked
            | Self::SenderOfRunRevoked
            | Self::SenderOfRunNotShown
            | Self::SegmentDeleted
            | Self::LeftOutGroupDeleted
            | Self::GroupOfSegmentDeleted
            | Self::Unsigned { .. } => false,
        }
    }

    /// Reads what programs of before have written, which stays in the log.
    fn former(reason: &str) -> Option<Self> {
        const NOT_USABLE: &str = "nobody has shown that the sender's address is its owner's: follow the link in the letter that went there, \
                                  or have its domain granted to you, and resume the mailing then";
        const REVOKED: &str = "an administrator has revoked the mailing's sender: choose another one, and resume the mailing then; letters \
                               of runs that have started stay where they are";
        match reason {
            NOT_USABLE => Some(Self::SenderNotUsable),
            REVOKED => Some(Self::SenderRevoked),
            _ => None,
        }
    }

    /// The reason of a mailing that is paused or disabled, in this language if the words are the service's own.
    #[must_use]
    pub fn shown(reason: &str, language: Language) -> String {
        Self::read(reason).map_or_else(|| reason.to_owned(), |halt| halt.told(language))
    }
}

/// What `part` is of `whole`, which is more than nothing: rounded up, so that what is above a limit looks like it.
pub(crate) fn share_of(part: u64, whole: u64) -> Share {
    let share = (u128::from(part) * 100_000).div_ceil(u128::from(whole).max(1));
    Share(u32::try_from(share).unwrap_or(u32::MAX))
}

/// Reads a share as [`Share::percent`] writes it.
fn share(percent: &str) -> Option<Share> {
    let (whole, rest) = percent.split_once('.').unwrap_or((percent, ""));
    let rest = Some(rest).filter(|rest| rest.len() <= 3).map(|rest| format!("{rest:0<3}"))?;
    let (whole, rest) = (whole.parse::<u32>().ok()?, rest.parse::<u32>().ok()?);
    Some(Share(whole.checked_mul(1_000)?.checked_add(rest)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::laws::Examples;

    #[test]
    fn what_programs_of_before_have_said_is_read_as_what_it_meant() {
        let before = "an administrator has revoked the mailing's sender: choose another one, and resume the mailing then; letters of runs \
                      that have started stay where they are";
        assert_eq!(Halt::read(before), Some(Halt::SenderRevoked));
        assert_eq!(Halt::shown(before, Language::Ru), Halt::SenderRevoked.told(Language::Ru));
    }

    #[test]
    fn what_the_service_says_of_a_mailing_that_it_pauses_is_read_back_and_said_in_another_language() {
        for (what, halt) in Halt::examples() {
            let logged = halt.told(Language::En);
            assert_eq!(Halt::read(&logged).as_ref(), Some(&halt), "{what}");
            assert_eq!(Halt::shown(&logged, Language::En), logged);
            assert_eq!(Halt::shown(&logged, Language::Ru), halt.told(Language::Ru));
        }
        for others in [
            "",
            "letters from a cannot be signed: b (c)",
            "554 5.7.1 unwanted",
            "spam",
            "51 of 1,000 letters came back (5.1%, at most 5% may)",
            "recipients complained of 4 of many letters (at most 0.3%",
        ] {
            assert_eq!((Halt::read(others), Halt::shown(others, Language::Ru).as_str()), (None, others));
        }
    }

    #[test]
    fn a_share_above_its_limit_looks_like_it_and_is_read_as_it_is_written() {
        for (part, whole, percent) in [
            (51, 1_000, "5.1"),
            (4, 1_000, "0.4"),
            (1, 3, "33.334"),
            (50_001, 1_000_000, "5.001"),
            (7, 7, "100"),
            (0, 9, "0"),
        ] {
            let told = share_of(part, whole);
            assert_eq!((told.percent().as_str(), share(percent)), (percent, Some(told)));
        }
        for bad in ["", ".", "x", "5.1234", "-1", "99999999"] {
            assert_eq!(share(bad), None, "{bad:?}");
        }
    }
}
