//! The API, over real HTTP. The folders are the nouns of the schema.

mod address_book;
mod blog;
mod intake;
mod letters;
mod mailings;
mod requests;
mod senders;
pub(crate) mod who;
