//! The API, over real HTTP.

mod bad_input;
mod http;
mod partial;
mod repeating;
mod reading;
mod rights;
mod sessions;
mod strangers;
mod upload;
mod walk;
