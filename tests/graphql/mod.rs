//! The API, over real HTTP.

mod administration;
mod bad_input;
mod delivered;
mod doubts;
mod http;
mod life;
mod outage;
mod partial;
mod reading;
mod repeating;
mod rights;
mod roles;
mod sessions;
mod strangers;
mod upload;
mod walk;
