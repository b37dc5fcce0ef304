//! The way in: GraphQL, sessions and imports.
//!
//! ```text
//! request ── http ──> who asks (guard) ──> graphql ──> acts ──> events
//!                                             └──────> read models ──> answer
//! ```
//!
//! * [`router`]: everything that is served over HTTP.
//! * [`schema`] and [`sdl`]: the GraphQL schema, which is committed as `api/schema.graphql`.
//!
//! What can be done is in the crate `acts`.

mod admission;
mod cache;
mod conditional;
mod graphiql;
mod graphql;
mod guard;
mod health;
mod http;
mod language;
mod limits;
mod options;
mod pages;
mod proxies;
mod upload;

pub use admission::Lanes;
pub use graphql::{Schema, schema, sdl};
pub use health::probes;
pub use http::router;
pub use limits::RequestLimits;
pub use options::{Options, ReportsVisibility};
pub use proxies::TrustedProxies;
