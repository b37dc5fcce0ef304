//! Who somebody is: accounts, sessions, tokens and users.

pub(crate) mod account;
pub(crate) mod actions;
pub(crate) mod api_token;
pub(crate) mod language;
pub(crate) mod role;
pub(crate) mod session;
pub(crate) mod user;
pub(crate) mod viewer;
