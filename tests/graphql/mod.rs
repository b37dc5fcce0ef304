//! The API, over real HTTP.

mod bad_input;
mod delivered;
mod doubts;
mod http;
mod lists;
mod memberships;
mod odd_input;
mod outage;
mod partial;
mod previews;
mod reading;
mod repeating;
mod rights;
mod sessions;
mod sharing;
mod strangers;
mod upload;
mod walk;
