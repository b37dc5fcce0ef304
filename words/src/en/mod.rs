//! English.

use std::fmt;

mod accounts;
mod address_book;
mod alignment;
mod article;
mod batch;
mod checks;
mod client;
pub(crate) mod conditions;
mod custom_field;
pub(crate) mod custom_fields;
mod documents;
mod email_address;
mod feedback;
pub(crate) mod footer;
mod full_name;
mod group;
pub(crate) mod history;
mod http;
mod import;
mod letter;
pub(crate) mod links;
mod mailing;
mod mailings;
mod message;
mod notice;
pub(crate) mod notices;
mod passwords;
mod periodicity;
mod postal_address;
mod queries;
mod quotas;
mod rebuild;
mod relay_name;
pub(crate) mod reports;
mod requests;
mod rights;
mod run;
pub(crate) mod screens;
mod segment;
mod sender;
mod sender_domain;
mod senders;
mod session;
pub(crate) mod subscribing;
mod subscription;
mod suppression;
mod suppressions;
mod time_zone;
mod token;
mod tokens;
mod user;
mod why;
mod window;

/// Something that can be said in English.
pub(crate) trait English {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

/// A part of another sentence.
pub(crate) struct En<'a, T: ?Sized>(pub(crate) &'a T);

impl<T: English + ?Sized> fmt::Display for En<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.english(f)
    }
}
