//! What a template consists of.

use super::field::Name;
use super::way::Way;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Segment {
    Text(String),
    /// The fallback is as it is written there.
    Field {
        name: Name,
        fallback: String,
        way: Way,
    },
}
