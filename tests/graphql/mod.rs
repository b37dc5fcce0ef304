//! The API, over real HTTP.

mod bad_input;
mod delivered;
mod doubts;
mod http;
mod outage;
mod partial;
mod reading;
mod repeating;
mod rights;
mod sessions;
mod sharing;
mod strangers;
mod upload;
mod walk;
