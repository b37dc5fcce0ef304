//! The languages in which people are spoken to.

use async_graphql::Enum;

/// A language in which the service speaks to people and writes to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::Language")]
pub(crate) enum Language {
    /// The language is English.
    En,
    /// The language is Russian.
    Ru,
}
