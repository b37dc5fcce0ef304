use super::Wish;
use crate::ClientId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// What happened to a subscription.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// Somebody asked for letters with the public form.
    Requested(Wish),
    /// Whoever has the letter at that address followed its link, and said that they want it.
    Confirmed {
        /// When they did.
        at: DateTime<Utc>,
        /// The network address that the link was followed from; `None` if it is not known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<IpAddr>,
        /// The client who gets the letters, and has the consents that came of it.
        client: ClientId,
    },
}
