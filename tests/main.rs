//! The stories: the whole of the service against a real PostgreSQL and a real SMTP server. One file per story.

mod architecture;
mod behaviours;
mod cli;
mod dependencies;
mod documents;
mod event_store;
mod graphql;
mod halting;
mod hostile;
mod import;
mod mailboxes;
mod marks;
mod notices;
mod odd_letters;
mod pages;
mod private_postgres;
mod projections;
mod relays;
mod rubbish;
mod sending;
mod sharing;
mod smtp;
mod stress;
mod support;
mod telling_time;
mod time_zones;
