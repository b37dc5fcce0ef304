//! Letters: messages, how they will look, and test letters.

pub mod messages;
pub mod preview;
pub mod test_letters;
