//! Claims: what may exist only once.

use crate::EmailAddress;

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
    /// The form in which it was compared by earlier rules, if that is another one: a holder of that time may hold it still.
    pub former: Option<String>,
}

impl Claim {
    /// A value that was always compared like this.
    #[must_use]
    pub fn new(kind: &'static str, scope: String, value: String) -> Self {
        Self { kind, scope, value, former: None }
    }

    /// The claim on an e-mail address.
    #[must_use]
    pub fn of_address(kind: &'static str, scope: String, address: &EmailAddress) -> Self {
        let value = address.key();
        let former = Some(address.former_key()).filter(|former| *former != value);
        Self { kind, scope, value, former }
    }

    /// The claim, and with it the spellings under which it may have been held before.
    pub fn spellings(&self) -> impl Iterator<Item = Self> + use<> {
        let former = self.former.clone().map(|value| Self { value, former: None, ..self.clone() });
        [self.clone()].into_iter().chain(former)
    }
}
