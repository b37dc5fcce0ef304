//! The settings of what one request may have.
//!
//! Their least values leave room for what the API promises: a page of a hundred events of a history, standard introspection twice
//! over, the longest letter in an answer, a file of clients of 1 MiB in a request, and waiting for the read models.

use super::parse::{self, checked};
use clap::Args;
use std::time::Duration;

/// A request's limits, as a group of arguments.
#[derive(Debug, Clone, Args)]
pub struct Requests {
    /// Longest that answering a GraphQL request may take
    #[arg(long, env, global = true, hide_env_values = true, value_name = "TIME", default_value = "10s")]
    #[arg(value_parser = checked("10s", parse::time::<6, 600>))]
    pub request_timeout: Duration,

    /// Largest GraphQL request of somebody who is signed in; a letter of the greatest length needs nearly all of the default
    #[arg(long, env, global = true, hide_env_values = true, value_name = "SIZE", default_value = "16MiB")]
    #[arg(value_parser = checked("16MiB", parse::mebibytes::<2, 1_024>))]
    pub request_body: usize,

    /// Large requests that are held in memory at the same time, all together; reading them takes up to four times as much
    #[arg(long, env, global = true, hide_env_values = true, value_name = "SIZE", default_value = "24MiB")]
    #[arg(value_parser = checked("24MiB", parse::mebibytes::<1, 65_536>))]
    pub request_bodies: usize,

    /// Longest answer to a GraphQL request
    #[arg(long, env, global = true, hide_env_values = true, value_name = "SIZE", default_value = "16MiB")]
    #[arg(value_parser = checked("16MiB", parse::mebibytes::<4, 1_024>))]
    pub request_answer: usize,

    /// How deep fields of a GraphQL request may stand below each other
    #[arg(long, env, global = true, hide_env_values = true, value_name = "NUMBER", default_value = "15")]
    #[arg(value_parser = checked("15", parse::number::<15, 30>))]
    pub request_depth: u32,

    /// Fields that an answer may have, with every list as long as it was asked for
    #[arg(long, env, global = true, hide_env_values = true, value_name = "NUMBER", default_value = "60000")]
    #[arg(value_parser = checked("60000", parse::number::<20_000, 10_000_000>))]
    pub request_fields: u32,

    /// What PostgreSQL may have to do for a GraphQL request, in tenths of reading a row by its key; a search costs 1000
    #[arg(long, env, global = true, hide_env_values = true, value_name = "NUMBER", default_value = "20000")]
    #[arg(value_parser = checked("20000", parse::number::<12_000, 10_000_000>))]
    pub request_work: u32,
}

impl Requests {
    /// The limits as the API keeps them.
    #[must_use]
    pub fn limits(&self) -> api::RequestLimits {
        api::RequestLimits {
            time: self.request_timeout,
            body: self.request_body,
            bodies: self.request_bodies,
            answer: self.request_answer,
            depth: self.request_depth as usize,
            fields: self.request_fields.into(),
            work: self.request_work.into(),
        }
    }
}
