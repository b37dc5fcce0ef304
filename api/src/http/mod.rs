//! The way in over HTTP: from a request's bytes to whoever answers it, and back.
//!
//! * [`router`]: what is served where, and [`app`]: what handlers share.
//! * [`identify`], [`guard`], [`admission`]: which request it is, who sends it, and whether it is answered now.
//! * [`graphql`]: GraphQL over HTTP; `upload`: files of clients.

mod access_log;
mod admission;
mod answer;
mod app;
mod bodies;
mod body;
mod conditional;
pub(crate) mod cookies;
mod document;
pub(crate) mod error_answer;
mod graphiql;
mod graphql;
mod guard;
mod identify;
pub(crate) mod language;
mod media;
mod parameters;
mod proxies;
mod router;
mod upload;

pub use admission::Lanes;
pub use proxies::TrustedProxies;
pub use router::router;

pub(crate) use app::App;
#[cfg(test)]
pub(crate) use error_answer::status;
