//! Who somebody is: accounts, sessions, tokens and users.

pub(crate) mod account;
pub(crate) mod api_token;
pub(crate) mod session;
pub(crate) mod user;
pub(crate) mod viewer;
