//! Everything that `SkyMailing` says to people, in every language that it speaks.
//!
//! A sentence is data: a variant of an enum, with what is filled in. What went wrong in the domain is said as it is, by the
//! error itself; for everything else there is an enum here, in the file of its noun. Each language has a folder with a file per
//! noun (`en`, `ru`), where one exhaustive `match` makes the text: what is not said in some language does not compile.
//!
//! Whoever shows a sentence asks for it in the language of whom it is for ([`Sentence::told`]), or hands it on in all of them
//! ([`Said`]).
//!
//! # How a sentence is written
//!
//! It says what is wrong and what to do, with the values that matter, and begins with a small letter and ends without a full
//! stop, so that it can follow a colon. All of that, and that numbers and names are the same in every language, is tested with
//! an example of every variant.

// A dependency that nobody uses is an error of the build (`make check`).
#![cfg_attr(not(test), warn(unused_crate_dependencies))]

pub mod accounts;
pub mod address_book;
pub mod checks;
pub mod conditions;
pub mod custom_fields;
pub mod documents;
mod en;
pub mod footer;
pub mod history;
pub mod http;
pub mod import;
pub mod links;
pub mod mailings;
mod names;
pub mod notices;
pub mod passwords;
pub mod queries;
pub mod quotas;
pub mod reports;
pub mod requests;
pub mod rights;
mod ru;
mod said;
pub mod screens;
pub mod senders;
mod sentence;
mod shapes;
mod shown;
pub mod subscribing;
pub mod suppressions;
pub mod tokens;
mod told;
mod what;
mod who;

#[cfg(test)]
mod laws;

pub use said::Said;
pub use told::{Sentence, Told};
