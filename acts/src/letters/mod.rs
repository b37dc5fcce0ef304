//! Letters: messages, and test letters.

pub mod messages;
pub mod test_letters;
