//! Pages for people.

pub(crate) mod links;
