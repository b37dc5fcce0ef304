//! Who somebody is, and what they may do: accounts, sessions, tokens, roles.

mod accounts;
mod administration;
mod allowances;
mod api_tokens;
mod doors;
mod events;
mod links;
mod odd_accounts;
mod own_sessions;
mod passwords;
mod rights;
pub(crate) mod roles;
mod sessions;
mod strangers;
