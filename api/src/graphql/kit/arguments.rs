//! Arguments, as PostgreSQL and the rules take them.

use async_graphql::ID;

/// What PostgreSQL can search for. A NUL is in no text that it keeps, so whatever has one must find nothing: in its place
/// stands a character that is none (The Unicode Standard, section 23.7).
pub(crate) fn searchable(search: Option<String>) -> Option<String> {
    search.map(|text| text.replace('\0', "\u{ffff}"))
}

/// Ids as the rules take them.
pub(crate) fn texts(ids: Vec<ID>) -> Vec<String> {
    ids.into_iter().map(|id| id.0).collect()
}
