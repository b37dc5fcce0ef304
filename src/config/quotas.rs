//! The settings of how much one account may have, and do at once.

use super::parse::{self, checked};
use clap::Args;

/// One account's bounds, as a group of arguments.
#[derive(Debug, Clone, Args)]
pub struct Quotas {
    /// Clients in the address book of one account
    #[arg(long, env, global = true, hide_env_values = true, value_name = "NUMBER", default_value = "2000000")]
    #[arg(value_parser = checked("2000000", parse::number::<1, 10_000_000>))]
    pub quota_clients: u32,

    /// Groups of clients that one account may have
    #[arg(long, env, global = true, hide_env_values = true, value_name = "NUMBER", default_value = "5000")]
    #[arg(value_parser = checked("5000", parse::number::<1, 1_000_000>))]
    pub quota_groups: u32,

    /// Segments of clients that one account may have
    #[arg(long, env, global = true, hide_env_values = true, value_name = "NUMBER", default_value = "200")]
    #[arg(value_parser = checked("200", parse::number::<1, 10_000>))]
    pub quota_segments: u32,

    /// Addresses in the list of those that one account does not write to
    #[arg(long, env, global = true, hide_env_values = true, value_name = "NUMBER", default_value = "2000000")]
    #[arg(value_parser = checked("2000000", parse::number::<1, 10_000_000>))]
    pub quota_suppressions: u32,

    /// People who may ask for the letters of one account in a day, with its public form
    #[arg(long, env, global = true, hide_env_values = true, value_name = "NUMBER", default_value = "1000")]
    #[arg(value_parser = checked("1000", parse::number::<1, 1_000_000>))]
    pub quota_subscriptions: u32,

    /// Messages that one account may have
    #[arg(long, env, global = true, hide_env_values = true, value_name = "NUMBER", default_value = "5000")]
    #[arg(value_parser = checked("5000", parse::number::<1, 1_000_000>))]
    pub quota_messages: u32,

    /// Revisions that one message, or one article, may have
    #[arg(long, env, global = true, hide_env_values = true, value_name = "NUMBER", default_value = "1000")]
    #[arg(value_parser = checked("1000", parse::number::<1, 1_000_000>))]
    pub quota_revisions: u32,

    /// Mailings that one account may have
    #[arg(long, env, global = true, hide_env_values = true, value_name = "NUMBER", default_value = "5000")]
    #[arg(value_parser = checked("5000", parse::number::<1, 1_000_000>))]
    pub quota_mailings: u32,

    /// Senders that one account may have
    #[arg(long, env, global = true, hide_env_values = true, value_name = "NUMBER", default_value = "50")]
    #[arg(value_parser = checked("50", parse::number::<1, 10_000>))]
    pub quota_senders: u32,

    /// Pictures of articles that one account may have added
    #[arg(long, env, global = true, hide_env_values = true, value_name = "NUMBER", default_value = "1000")]
    #[arg(value_parser = checked("1000", parse::number::<1, 1_000_000>))]
    pub quota_pictures: u32,

    /// Sessions that one account may have open; one more ends the one that was used longest ago
    #[arg(long, env, global = true, hide_env_values = true, value_name = "NUMBER", default_value = "100")]
    #[arg(value_parser = checked("100", parse::number::<1, 10_000>))]
    pub quota_sessions: u32,

    /// Imports that one account may make at the same time, in each process
    #[arg(long, env, global = true, hide_env_values = true, value_name = "NUMBER", default_value = "2")]
    #[arg(value_parser = checked("2", parse::number::<1, 100>))]
    pub quota_imports: u32,

    /// Previews that one account may ask for at the same time, in each process
    #[arg(long, env, global = true, hide_env_values = true, value_name = "NUMBER", default_value = "2")]
    #[arg(value_parser = checked("2", parse::number::<1, 100>))]
    pub quota_previews: u32,

    /// Imports at the same time of all accounts, in each process
    #[arg(long, env, global = true, hide_env_values = true, value_name = "NUMBER", default_value = "4")]
    #[arg(value_parser = checked("4", parse::number::<1, 100>))]
    pub imports_at_once: u32,

    /// Previews at the same time of all accounts, in each process; each takes a core
    #[arg(long, env, global = true, hide_env_values = true, value_name = "NUMBER", default_value = "2")]
    #[arg(value_parser = checked("2", parse::number::<1, 100>))]
    pub previews_at_once: u32,

    /// Largest file of clients
    #[arg(long, env, global = true, hide_env_values = true, value_name = "SIZE", default_value = "100MiB")]
    #[arg(value_parser = checked("100MiB", parse::mebibytes::<1, 10_240>))]
    pub import_file: usize,
}

impl Quotas {
    /// The bounds as the API keeps them, but for what is no number.
    #[must_use]
    pub fn bounds(&self) -> acts::Bounds {
        acts::Bounds {
            clients: self.quota_clients,
            groups: self.quota_groups,
            segments: self.quota_segments,
            suppressions: self.quota_suppressions,
            subscriptions: self.quota_subscriptions,
            messages: self.quota_messages,
            revisions: self.quota_revisions,
            mailings: self.quota_mailings,
            senders: self.quota_senders,
            pictures: self.quota_pictures,
            sessions: self.quota_sessions,
            imports: self.quota_imports,
            previews: self.quota_previews,
            imports_of_all: self.imports_at_once,
            previews_of_all: self.previews_at_once,
            file: self.import_file,
            ..acts::Bounds::default()
        }
    }
}
