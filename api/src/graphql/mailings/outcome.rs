//! What becomes of letters, and by that which of them a list shows.

use crate::graphql::kit::arguments::searchable;
use async_graphql::{Enum, InputObject};
use domain::Outcome;
use domain::suppression::Reason;
use projections::deliveries::{self, Suppressed};
use projections::feedback::CameBack;

/// What became of a delivery so far. `PENDING` and `DEFERRED` are not final: the letter is still to be sent. The others
/// are final, with one exception: a letter that is `UNKNOWN` can be sent again, and becomes `ACCEPTED` if a mail server
/// takes it then. Until that happens it stays `UNKNOWN`, whatever else becomes of it, because the letter that was sent
/// first may have arrived. If a mail server refuses it for good when it is sent again, or it is given up before that,
/// its `doubt` is `OPEN` once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Outcome")]
pub(crate) enum DeliveryOutcome {
    /// The letter has not been tried yet, or is being tried for the first time right now. Attempts with the outcome
    /// `NOT_TRIED` change nothing about that.
    Pending,
    /// The mail server took the letter. This outcome is not to be confused with `ACCEPTED` of `Doubt`, which is a
    /// decision of the owner.
    Accepted,
    /// The mail server refused the letter for good.
    Rejected,
    /// The mail server refused the letter for the moment; it will be tried again.
    Deferred,
    /// The letter is in doubt: it was sent, but the service did not get the mail server's reply, because the connection
    /// broke, because no reply came in time, or because the service itself stopped at that moment. So nobody knows
    /// whether the mail server took it. The delivery's `doubt` tells what will happen to it.
    Unknown,
    /// The letter was not sent, and will not be; the delivery's `suppression` tells why.
    Suppressed,
    /// The letter was given up, because the mailing's window ended before a mail server took it, or because the mailing
    /// was cancelled or deleted after a mail server had refused the letter for the moment.
    Expired,
}

/// Why a letter is not sent, or not sent any more. New values may be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum SuppressionCause {
    /// The mailing was cancelled or deleted before the letter was tried.
    Cancelled,
    /// Another recipient of the run, whose address is written differently but leads to the same mailbox, gets the
    /// letter.
    SameMailbox,
    /// The recipient has left: the mailing, a topic that its audience names, or all mailings of its owner.
    Unsubscribed,
    /// A mail server said of an earlier letter that there is no such mailbox.
    Dead,
    /// Earlier letters came back.
    Bounced,
    /// The recipient has complained about letters to their mail provider.
    Complained,
    /// Somebody who was signed in put the address into the list of those who are not written to.
    ByHand,
    /// The address was in a file of those who are not written to.
    Imported,
}

impl From<Suppressed> for SuppressionCause {
    fn from(suppressed: Suppressed) -> Self {
        match suppressed {
            Suppressed::SameMailbox => Self::SameMailbox,
            Suppressed::Cancelled => Self::Cancelled,
            Suppressed::Reason(Reason::Unsubscribed) => Self::Unsubscribed,
            Suppressed::Reason(Reason::Dead) => Self::Dead,
            Suppressed::Reason(Reason::Bounced) => Self::Bounced,
            Suppressed::Reason(Reason::Complained) => Self::Complained,
            Suppressed::Reason(Reason::ByHand) => Self::ByHand,
            Suppressed::Reason(Reason::Imported) => Self::Imported,
        }
    }
}

/// What was reported of a letter after a mail server had taken it. One that came back for the moment first and for good then is one that came
/// back for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "CameBack")]
pub(super) enum DeliveryCameBack {
    /// The letter came back for good.
    Bounced,
    /// The letter came back for the moment, and nobody has said that it came back for good.
    SoftBounced,
    /// The recipient complained of the letter.
    Complained,
}

/// The deliveries that a list shows: those that meet all conditions that are given.
#[derive(InputObject)]
pub(crate) struct DeliveryFilter {
    /// Only deliveries with one of these outcomes; all if it is null, left out or empty.
    outcomes: Option<Vec<DeliveryOutcome>>,
    /// True for only the letters in doubt about which nobody has decided, whose `doubt` is `OPEN`; false, null or left
    /// out for all.
    undecided: Option<bool>,
    /// Only deliveries of which this was reported after a mail server had taken the letter; all if it is null or left out.
    came_back: Option<DeliveryCameBack>,
    /// A text that `clientEmail` or `clientFullName` contains, in any case, with or without accents; all if it is null,
    /// left out or blank.
    search: Option<String>,
}

impl From<DeliveryFilter> for deliveries::Filter {
    fn from(filter: DeliveryFilter) -> Self {
        Self {
            outcomes: filter.outcomes.unwrap_or_default().into_iter().map(Outcome::from).collect(),
            undecided: filter.undecided.unwrap_or_default(),
            came_back: filter.came_back.map(CameBack::from),
            search: searchable(filter.search),
        }
    }
}
