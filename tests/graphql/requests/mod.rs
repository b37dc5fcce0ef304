//! What holds for every request, whatever it asks for.

mod bad_input;
mod documents;
mod http;
mod languages;
pub(super) mod odd_input;
mod outage;
mod partial;
mod proxies;
mod quotas;
mod reading;
mod repeating;
