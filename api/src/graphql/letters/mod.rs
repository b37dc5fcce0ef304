//! Letters: messages, their revisions and previews, and test letters.

pub(crate) mod message;
pub(crate) mod preview;
pub(crate) mod revision;
pub(crate) mod test_letter;
pub(crate) mod warning;
