//! What resolvers of all nouns share: their context, lists, tables, scalars and errors.

pub(crate) mod arguments;
pub(crate) mod codes;
pub(crate) mod connection;
pub(crate) mod context;
#[cfg(test)]
pub(crate) mod error_codes;
pub(crate) mod node;
pub(crate) mod room;
pub(crate) mod scalars;
pub(crate) mod tables;
pub(crate) mod user_error;
