//! Who letters are from: the senders of owners, and the domains whose letters are signed.

pub(crate) mod sender;
pub(crate) mod sender_domain;
