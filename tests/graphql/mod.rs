//! The API, over real HTTP.

mod articles;
mod bad_input;
mod delivered;
mod doubts;
mod home;
mod http;
mod outage;
mod partial;
mod reading;
mod repeating;
mod rights;
mod sessions;
mod statistics;
mod strangers;
mod upload;
mod walk;
