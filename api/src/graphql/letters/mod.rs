//! Letters: messages, their revisions and previews, test letters, and whom letters are from.

pub(crate) mod message;
pub(crate) mod preview;
pub(crate) mod revision;
pub(crate) mod sender;
pub(crate) mod test_letter;
pub(crate) mod warning;
