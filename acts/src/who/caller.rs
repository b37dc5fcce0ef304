//! Who sends a request.

use super::{SessionTimes, Viewer};
use domain::{Actor, Language};
use eventstore::Metadata;
use std::net::IpAddr;
use uuid::Uuid;

/// Whoever sent a request, and what is known of them.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The user who is signed in; `None` if nobody is.
    pub viewer: Option<Viewer>,
    /// The token that came with the request, right or wrong.
    pub token: Option<String>,
    /// The request's id: in the answer, in its events and in the log.
    pub request_id: Uuid,
    /// The address that the request came from, if it is known.
    pub address: Option<IpAddr>,
    /// What the sender's program calls itself; `None` if it does not say.
    pub user_agent: Option<String>,
    /// The language in which they are spoken to: their account's, or else the one that their program asks for.
    pub language: Language,
    /// Whether cookies may only travel encrypted.
    pub secure: bool,
    /// How long sessions last.
    pub session_times: SessionTimes,
}

impl Caller {
    /// What is kept with events that `actor` causes by this request.
    #[must_use]
    pub fn metadata(&self, actor: Actor) -> Metadata {
        Metadata::new(actor, self.request_id).from_address(self.address)
    }
}
