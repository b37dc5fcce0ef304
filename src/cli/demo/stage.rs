//! What the demo has started, and where.

use super::people::People;
use crate::mailbox::Mailbox;
use crate::wire::Node;
use scheduler::smtp;
use std::net::SocketAddr;
use url::Url;

/// The mail servers: the usual one, one that takes a letter a second, and one that is away.
pub(super) const USUAL: &str = "default";
pub(super) const GENTLE: &str = "gentle";
pub(super) const AWAY: &str = "away";

/// What the demo has started, and where.
pub(super) struct Stage {
    pub(super) node: Node,
    pub(super) people: People,
    pub(super) mailbox: Mailbox,
    pub(super) mail_from: smtp::Mailbox,
    pub(super) home: Url,
    pub(super) mailbox_page: SocketAddr,
}
