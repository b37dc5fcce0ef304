use super::Wish;
use crate::ClientId;
use chrono::{DateTime, Utc};
use std::net::IpAddr;

/// What can be asked of a subscription.
#[derive(Clone, Debug)]
pub enum Command {
    /// Somebody asks for letters. Whoever they are, is not known before they confirm it.
    Request(Wish),
    /// Whoever has the letter at that address wants it, too. The caller has checked the link that says so.
    Confirm {
        /// The present moment.
        at: DateTime<Utc>,
        /// The network address that the link was followed from; `None` if it is not known.
        address: Option<IpAddr>,
        /// The client who gets the letters.
        client: ClientId,
    },
}
