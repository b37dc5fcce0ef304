use super::English;
use crate::mailings::{Halt, Problem, Stopped, share_of};
use crate::screens::shown;
use domain::Language;
use std::fmt;

impl English for Problem {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CronUnexpected => write!(f, "a cron expression goes with the kind CRON only: leave one of them out"),
            Self::MessageDeleted => {
                write!(f, "the mailing's message is deleted, or shared with you no longer: choose another one first")
            }
            Self::NoRun => write!(f, "there is no such run among yours"),
            Self::NoDelivery => write!(f, "there is no such delivery among yours"),
            Self::RunNotFinished => write!(f, "the run is not finished: wait until every letter has its outcome"),
            Self::NothingFailed => write!(f, "no letter of this run was rejected or given up"),
            Self::TransactionalNotAllowed => write!(
                f,
                "transactional letters, which also those get who have unsubscribed, are not allowed here: make it a newsletter, or \
                 ask whoever runs the service",
            ),
            Self::NothingInDoubt => {
                write!(f, "no letter of this run waits for a decision: all of them are decided about")
            }
            Self::AudiencePartDeleted => write!(
                f,
                "a segment or a group that makes the mailing's audience is deleted: change the recipients first, so that it goes to \
                 nobody who was to be left out",
            ),
            Self::LeftOutBy { mailing } => write!(
                f,
                "the mailing {mailing:?}, which can still run, leaves out whoever is in it, and would write to them: change or end the \
                 mailing first",
            ),
        }
    }
}

impl English for Stopped {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OwnerBlocked => {
                write!(f, "the account of the mailing's owner is blocked: nothing is sent until it is unblocked")
            }
        }
    }
}

impl English for Halt {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SenderNotUsable => write!(
                f,
                "nobody has shown that the sender's address is its owner's: follow the link in the letter that went there, have it sent \
                 again, or have its domain granted to you, and resume the mailing when the sender can be used"
            ),
            Self::SenderDeleted => {
                write!(f, "the mailing's sender is deleted: choose another one, and resume the mailing then")
            }
            Self::SenderRevoked => write!(
                f,
                "an administrator has revoked the mailing's sender: choose another one, or ask whoever looks after the service to allow it, \
                 and resume the mailing when its sender can be used"
            ),
            Self::SenderOfRunRevoked => write!(
                f,
                "an administrator has revoked the address that letters under way are from: they stay where they are, also if the mailing has \
                 another sender now, until the address is allowed again and known to be its owner's; resume the mailing then, or cancel it now"
            ),
            Self::SenderOfRunNotShown => write!(
                f,
                "the address that letters under way are from was revoked, and nobody has shown since then that it is its owner's: have the \
                 link sent there again, or add the address anew if its sender is deleted, and resume the mailing when the address can be used"
            ),
            Self::SegmentDeleted => write!(
                f,
                "a segment that the mailing writes to, or leaves out, is deleted: change the recipients, and resume the mailing then"
            ),
            Self::LeftOutGroupDeleted => write!(
                f,
                "a group that the mailing leaves out is deleted: change the recipients, and resume the mailing then"
            ),
            Self::GroupOfSegmentDeleted => write!(
                f,
                "a segment of the mailing asks about a group that is deleted: change the segment, and resume the mailing then"
            ),
            Self::Unsigned { domain, why } => write!(
                f,
                "letters from {domain} cannot be signed: tell whoever looks after the service, and resume the mailing when they have put \
                 it right ({why})"
            ),
            Self::TooManyBounces { bounced, accepted, limit } => write!(
                f,
                "{} of {} letters came back ({}%, at most {}% is allowed): take addresses out that are old, or that nobody has confirmed, and \
                 resume the mailing then",
                shown::number(Language::En, *bounced),
                shown::number(Language::En, *accepted),
                share_of(*bounced, *accepted).percent(),
                limit.percent()
            ),
            Self::TooManyComplaints { complained, accepted, limit } => write!(
                f,
                "recipients complained of {} of {} letters ({}%, at most {}% is allowed): write to nobody who has not asked for it, and resume \
                 the mailing then",
                shown::number(Language::En, *complained),
                shown::number(Language::En, *accepted),
                share_of(*complained, *accepted).percent(),
                limit.percent()
            ),
        }
    }
}
