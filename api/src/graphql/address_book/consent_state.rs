//! How a consent stands.

use async_graphql::Enum;
use domain::client::State;

/// How a consent stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "State")]
pub(crate) enum ConsentState {
    /// The client has agreed, and has not confirmed it by a letter.
    Given,
    /// The client has agreed, and confirmed it by the link in a letter.
    Confirmed,
    /// The client agrees no longer.
    Withdrawn,
}
