//! The API, over real HTTP. The folders are the nouns of the schema.

mod address_book;
mod blog;
mod letters;
mod mailings;
mod requests;
pub(crate) mod who;
