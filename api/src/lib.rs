//! The way in: GraphQL, sessions and imports.

mod services;

pub mod import;

pub use services::Services;
