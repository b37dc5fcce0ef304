//! The API, over real HTTP.

mod accounts;
mod accounts_links;
mod accounts_passwords;
mod accounts_sessions;
mod administration;
mod allowances;
mod api_tokens;
mod articles;
mod bad_input;
mod delivered;
mod doubts;
mod home;
mod http;
mod life;
mod outage;
mod partial;
mod reading;
mod repeating;
mod rights;
mod roles;
mod sessions;
mod sharing;
mod statistics;
mod strangers;
mod upload;
mod walk;
