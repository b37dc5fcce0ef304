use super::English;
use domain::Why;
use domain::suppression::Reason;
use std::fmt;

impl English for Why {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Accepted => "the mail server took the letter",
            Self::Rejected => "the mail server refused the letter for good",
            Self::Deferred => "the mail server put the letter off, and it will be tried again",
            Self::Pending => "the letter waits for its first try",
            Self::InDoubt => "nobody knows whether the mail server took the letter",
            Self::Expired => "the letter was given up before a mail server took it",
            Self::SameMailbox => "another recipient of the run has the same mailbox, and the letter went to them",
            Self::Cancelled => "the mailing was cancelled or deleted before the letter was tried",
            Self::Suppressed(Reason::Unsubscribed) => "not written to: the recipient had left",
            Self::Suppressed(Reason::Dead) => "not written to: a mail server had said that there is no such mailbox",
            Self::Suppressed(Reason::Bounced) => "not written to: earlier letters had come back",
            Self::Suppressed(Reason::Complained) => "not written to: the recipient had complained about letters",
            Self::Suppressed(Reason::ByHand) => "not written to: somebody had put the address on the list by hand",
            Self::Suppressed(Reason::Imported) => "not written to: the address was in an imported list",
            Self::NoClient => "no client of the mailing’s owner has this address, or ever had it",
            Self::AddedLater => "the client was added when the run had begun already",
            Self::DeletedBefore => "the client was deleted before the run began",
            Self::OtherAddress => "the client had another address when the run began",
            Self::NotInAudience => "the mailing did not go to this client",
            Self::LeftOut => "the client was in the audience, and was left out by what the mailing leaves out",
            Self::NotFailed => "the run was only for those whose letters had failed in another run",
            Self::BeingPlanned => "the run has begun, and its recipients are still being gathered",
            Self::Missed => "the run was missed: its moment passed while nothing could start it",
            Self::NotStarted => "no run of the mailing has begun",
        })
    }
}
