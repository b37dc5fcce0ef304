//! Domains whose letters are signed, for administrators.

mod input;
mod key;
mod mutation;
mod query;

pub(crate) use mutation::SenderDomainMutation;
pub(crate) use query::SenderDomainQuery;
