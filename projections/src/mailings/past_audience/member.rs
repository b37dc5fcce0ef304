//! A client who was in the audience of a mailing.

use uuid::Uuid;

/// A client who was in the audience.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) id: Uuid,
    pub(super) revision: u32,
    /// The mailbox as it is compared.
    pub(super) mailbox: String,
    /// Whether that is not merely the address in lower case.
    pub(super) respelled: bool,
}
