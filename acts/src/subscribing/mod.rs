//! Subscribing: what people without an account do who want an owner's letters.
//!
//! ```text
//! the form ── ask: a wish, and a letter with a link to the address that was typed
//!                        └── the link ── confirm: the client, with consents to the topics; nothing before
//! ```
//!
//! Whether an address is known, gets letters, has left or is never written to is nobody's to find out: whatever was typed is answered
//! alike, and after the same time. What a wish became is appended at once, so that there is no moment in which half of it is so.

mod asking;
mod confirming;

pub use asking::{Asked, Form, Offered, Wanted, ask, form};
pub use confirming::{Confirmed, Link, Seen, Standing, confirm, open, seen};

use domain::{Actor, Language};
use eventstore::Metadata;
use std::net::IpAddr;
use uuid::Uuid;

/// Somebody without an account, as far as their request tells of them.
#[derive(Clone, Copy, Debug)]
pub struct Visitor {
    /// The id of the request, which is kept with what is done.
    pub request: Uuid,
    /// The network address that it came from, if it is known. It is evidence of a consent.
    pub address: Option<IpAddr>,
    /// The language in which they read the page.
    pub language: Language,
}

impl Visitor {
    /// What is kept with an event. The network address stands in the wish and in the consents, where it belongs.
    fn metadata(&self) -> Metadata {
        Metadata::new(Actor::System("visitor".to_owned()), self.request)
    }
}
