//! Whoever did something, as somebody who reads of it may know them.

/// Whoever did something, as the reader of a sentence may know them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// The reader did it.
    You,
    /// The reader may know this name: a user's own or their address, or that of an account on the machine.
    Called(String),
    /// The reader knows no more than what kind of actor it was.
    Unnamed,
}
