//! Why an address is not written to, and where.

use async_graphql::Enum;
use domain::suppression::Reason;
use projections::suppressions::ScopeKind;

/// Why an address is not written to. New values may be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Reason")]
pub(crate) enum SuppressionReason {
    /// The recipient has left, by the link of a letter or by writing to the address that its header names for that. Letters of mailings whose kind is `TRANSACTIONAL` still go to them.
    Unsubscribed,
    /// A mail server said of a letter that there is no such mailbox. Such a suppression ends after a year.
    Dead,
    /// Letters came back after a mail server had taken them. Such a suppression comes to an end by itself, which `until` tells.
    Bounced,
    /// The recipient has complained about letters to their mail provider. Only administrators lift such a suppression.
    Complained,
    /// Somebody who was signed in put the address there.
    ByHand,
    /// The address was in a file.
    Imported,
}

/// Where an address is not written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "ScopeKind")]
pub(crate) enum SuppressionScope {
    /// The address is written to in nobody's mailings. Administrators see to these suppressions.
    Installation,
    /// The address is written to in none of its owner's mailings.
    Owner,
    /// The address is not written to in one mailing.
    Mailing,
    /// The address is written to in no mailing whose audience names one group, which its recipients know as a topic.
    Topic,
}
