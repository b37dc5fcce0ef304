//! The way in: GraphQL, sessions and imports.
//!
//! ```text
//! request ── http ──> who asks (guard) ──> graphql ──> mailings, clients, ... ──> events
//!                                             └──────> read models ──> answer
//! ```
//!
//! * [`router`]: everything that is served over HTTP.
//! * [`schema`] and [`sdl`]: the GraphQL schema, which is committed as `api/schema.graphql`.
//! * [`accounts`], [`users`], [`clients`], [`groups`], [`membership`], [`messages`], [`mailings`], [`runs`], [`articles`],
//!   [`import`]: what can be done, for resolvers and for the command line alike. They read their whole input before anything
//!   is written, and tell everything that is wrong with it at once ([`Refused`]).

mod admission;
mod allowance;
mod at_once;
mod cache;
mod conditional;
mod doors;
mod graphiql;
mod graphql;
mod guard;
mod health;
mod http;
mod input;
mod known_addresses;
mod language;
mod limits;
mod options;
mod pages;
mod proxies;
mod quotas;
mod refused;
mod revising;
mod secret;
mod services;
mod sessions;
mod test_letters;
mod tokens;
mod upload;
mod views;

pub mod accounts;
pub mod articles;
pub mod clients;
pub mod groups;
pub mod import;
pub mod mailings;
pub mod membership;
pub mod messages;
pub mod passwords;
pub mod runs;
pub mod users;

pub use admission::Lanes;
pub use allowance::neighbourhood;
pub use graphql::{Schema, schema, sdl};
pub use health::{Health, probes};
pub use http::router;
pub use limits::RequestLimits;
pub use options::{Options, ReportsVisibility};
pub use passwords::Hashing;
pub use proxies::TrustedProxies;
pub use quotas::{Bounds, Quotas};
pub use refused::{Problem, Refused};
pub use services::Services;
pub use sessions::{Key, Session, SessionTimes, Viewer};
pub use tokens::Scope as TokenScope;
pub use views::Views;
