//! Whose letters are looked at, and where they come back.

use super::name::{Domain, MAX_SELECTORS, Selector};
use crate::sender_domain::DomainName;

/// Whose letters are looked at.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sender {
    /// The domain of the address that letters are from.
    pub domain: Domain,
    /// The domain that bounces go to (the Return-Path).
    pub return_path: Domain,
    /// The mail server that takes what comes back, as others know it; none if nobody said.
    pub exchange: Option<Domain>,
    /// Under which names the domain's DKIM keys are published; none if nobody said.
    pub selectors: Vec<Selector>,
}

/// Where letters come back that do not come back to their senders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Returns {
    domain: Domain,
    exchange: Option<Domain>,
}

impl Returns {
    /// They come back to this domain, and `exchange` is the mail server that takes them, if anybody knows its name. Of a domain that
    /// nobody else may know it is found that it is not there, as everybody else finds.
    #[must_use]
    pub fn to(domain: &DomainName, exchange: Option<Domain>) -> Self {
        Self { domain: Domain::own(domain), exchange }
    }
}

impl Sender {
    /// A sender whose bounces come back to the domain that its letters are from.
    #[must_use]
    pub fn new(domain: Domain, selectors: Vec<Selector>) -> Self {
        Self { return_path: domain.clone(), domain, exchange: None, selectors }
    }

    /// The same, whose bounces come back there, if that is anywhere else.
    #[must_use]
    pub fn returning(self, returns: Option<&Returns>) -> Self {
        match returns.cloned() {
            Some(Returns { domain, exchange }) => Self { return_path: domain, exchange, ..self },
            None => self,
        }
    }

    /// Whether bounces go to another domain than the one that letters are from, so that SPF is asked of that one.
    #[must_use]
    pub fn returns_elsewhere(&self) -> bool {
        self.return_path != self.domain
    }

    /// A sender whose letters are signed with the keys of these names.
    #[must_use]
    pub fn signed<T: AsRef<str>>(domain: Domain, selectors: &[T]) -> Self {
        Self::new(domain, Vec::new()).signed_with(selectors)
    }

    /// The same, whose letters are signed with the keys of these names: with [`MAX_SELECTORS`] of them if there are more, and without
    /// what can be no name.
    #[must_use]
    pub fn signed_with<T: AsRef<str>>(self, selectors: &[T]) -> Self {
        let selectors = selectors.iter().filter_map(|selector| Selector::parse(selector.as_ref()).ok());
        Self { selectors: selectors.take(MAX_SELECTORS).collect(), ..self }
    }
}
