//! How a mailing stands, and of which kind it is.

use async_graphql::Enum;
use domain::mailing::Kind;
use projections::mailings::Standing;

/// What a mailing is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Standing")]
pub(super) enum MailingStatus {
    /// The mailing is neither stopped nor over, and no run of it has started yet.
    Created,
    /// The mailing is neither stopped nor over, and at least one run of it has started. That run may be finished.
    Running,
    /// The mailing's window has ended. If `mailingUpdate` moves the end into the future, the mailing gets the status
    /// again that it had before.
    Completed,
    /// The mailing is stopped. Its owner paused it, or the service did so because every letter would be refused for the
    /// same reason, or because too many letters came back or were complained of; then its owner resumes it. Or the owner's
    /// account is blocked; then the mailing goes on when the block is lifted. The mailing's `reason` tells which, and is null
    /// if its owner paused it.
    Paused,
    /// The mailing is stopped by a manager or an administrator, and only they enable it again.
    Disabled,
    /// The mailing was given up by its owner, for good.
    Cancelled,
}

/// What the letters of a mailing are to those who get them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Kind")]
pub(crate) enum MailingKind {
    /// The letters are written to many, who can leave: news, invitations, advertisements. They say how to leave, by a
    /// footer and by header fields (RFC 2369, RFC 8058), and nobody gets them who has.
    Bulk,
    /// The letters belong to something that each recipient did, such as a receipt or a notice of a contract. Those who
    /// have left get them, too; addresses that are suppressed for any other reason do not. They have neither a footer
    /// nor header fields to leave by.
    Transactional,
}
