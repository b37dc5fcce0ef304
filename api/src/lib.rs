//! The faces over HTTP: GraphQL, uploads of files, reports of providers, and pages.
//!
//! ```text
//! request ── http ──> graphql, web ──> acts ──> events
//!                          └──> read models ──> answer
//! ```
//!
//! * [`router`]: everything that is served over HTTP.
//! * [`look`]: what pages of other parts of the program share with those here.
//! * [`schema`] and [`sdl`]: the GraphQL schema, which is committed as `api/schema.graphql`.
//! * [`Table`]: a table as a workbook.
//!
//! What can be done is in the crate `acts`.

// A dependency that nobody uses is an error of the build (`make check`).
#![cfg_attr(not(test), warn(unused_crate_dependencies))]
// What a request may ask for is one future of many alternatives, and its layout is found through all of them.
#![recursion_limit = "256"]

mod cache;
mod failure;
mod graphql;
mod health;
mod http;
mod limits;
pub mod look;
mod options;
mod places;
mod revisions;
mod table;
mod topics;
mod web;

pub use bounces::webhooks::sendgrid::{NoKey, PublicKey};
pub use bounces::webhooks::ses::{NoTopic, Topic};
pub use bounces::webhooks::{Guessable, Secret};
pub use graphql::{Schema, schema, sdl};
pub use health::probes;
pub use http::{Fetch, Lanes, TrustedProxies, Unfetched, router};
pub use limits::RequestLimits;
pub use options::{Options, ReportsVisibility, Setting, SettingSource, Stopping, Webhooks};
pub use table::{Table, TableError};
