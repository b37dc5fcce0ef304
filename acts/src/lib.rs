//! What can be done with the service, for every face of it: GraphQL, pages, uploads and the command line.
//!
//! ```text
//! a face ── who asks ([`who`]) ──> an act ──> a rule of the domain ──> events
//!                                    └── what is wrong, all at once ([`refusal`]) ──> the face tells it
//! ```
//!
//! Acts read their whole input before anything is written. They know nothing of HTTP, GraphQL and HTML, so that no face can do
//! what another one cannot, and each thing that can be done is written once.
//!
//! * [`who`]: accounts, sessions, tokens, passwords, and who the caller is.
//! * [`address_book`]: clients, groups, who is in which, and imports.
//! * [`letters`]: messages, and test letters.
//! * [`mailings`]: mailings and their runs.
//! * [`suppressions`]: who is not written to any more, and [`leaving`]: how recipients say so themselves.
//! * [`intake`]: what comes back: bounces, complaints, and wishes to leave by mail.
//! * [`subscribing`]: how people ask for letters by themselves, and confirm it.
//! * [`audit`]: who got what, and why not.
//! * [`blog`]: articles, their pictures, and how often they are read.
//! * [`senders`]: who letters are from, the domains whose letters are signed, and what the name service says of them.
//! * [`sheets`]: how files for spreadsheets are written.
//! * [`system`]: the service itself, for those who look after it.

// A dependency that nobody uses is an error of the build (`make check`).
#![cfg_attr(not(test), warn(unused_crate_dependencies))]

mod at_once;
mod health;
mod letterhead;
mod limits;
mod moment;
mod quotas;
mod revising;
mod room;
mod services;
mod together;

pub mod address_book;
pub mod audit;
pub mod blog;
pub mod intake;
pub mod leaving;
pub mod letters;
pub mod mailings;
pub mod refusal;
pub mod senders;
pub mod sheets;
pub mod subscribing;
pub mod suppressions;
pub mod system;
pub mod who;

pub use at_once::{AtOnce, Turn};
pub use health::{Health, Trouble};
pub use quotas::{Bounds, Quotas};
pub use refusal::{Problem, Refused};
pub use services::Services;
