//! The way in over HTTP: from a request's bytes to whoever answers it, and back.
//!
//! * [`router`]: what is served where, and [`app`]: what handlers share.
//! * [`identify`], [`guard`], [`admission`]: which request it is, who sends it, and whether it is answered now.
//! * [`graphql`]: GraphQL over HTTP; `upload`: files of clients; `pictures`: what articles show; `sender`: who sends
//!   either. `webhooks`: what providers report of letters.

pub(crate) mod access_log;
pub(crate) mod admission;
mod answer;
mod app;
pub(crate) mod bodies;
pub(crate) mod body;
pub(crate) mod conditional;
pub(crate) mod cookies;
mod document;
pub(crate) mod error_answer;
mod graphiql;
mod graphql;
pub(crate) mod guard;
pub(crate) mod identify;
pub(crate) mod language;
mod media;
mod parameters;
mod pictures;
mod proxies;
mod router;
mod sender;
mod upload;
mod webhooks;

pub use admission::Lanes;
pub use proxies::TrustedProxies;
pub use router::router;
pub use webhooks::{Fetch, Unfetched};

pub(crate) use app::App;
#[cfg(test)]
pub(crate) use error_answer::status;
