//! Claims: what may exist only once.

/// A value that only one aggregate may hold, such as a client's address within its owner's address book.
///
/// Claims are a pure function of an aggregate's state, hence of its events: folding the whole log gives exactly the
/// claims that the event store holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Claim {
    /// What kind of value, for example `client-email`.
    pub kind: &'static str,
    /// Within what it is unique: an owner's id, or empty for the whole service.
    pub scope: String,
    /// The value in the form in which it is compared.
    pub value: String,
}
