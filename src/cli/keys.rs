//! `skymailing keys`: the master key, under which private keys are sealed.

use super::output;
use crate::config::Config;
use crate::master_key;
use crate::wire::Node;
use acts::senders::{Rewrapped, rewrap};
use acts::who::Operator;
use anyhow::Context as _;
use dkim::MasterKey;
use projections::sealed_keys;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use std::path::PathBuf;

/// The master key, under which private keys are sealed.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, clap::Subcommand)]
enum Act {
    /// Seal all private keys under another master key, all of them or none. Every other process is to be started anew with it.
    Rotate(Rotating),
}

#[derive(Debug, clap::Args)]
struct Rotating {
    /// The new key: what openssl rand -base64 32 prints; without it one is made, and kept in a file of `DATA_DIR`.
    #[arg(long, env, hide_env_values = true, value_name = "KEY")]
    new_master_key: Option<SecretString>,
    /// Print the answer as JSON.
    #[arg(long)]
    json: bool,
}

/// Where the new key is when all is done.
enum Kept {
    /// In the file of the old one, which is where processes on the private PostgreSQL look.
    InUse,
    /// In a file from which its operator takes it.
    InFile(PathBuf),
    /// Its operator has it.
    ByOperator,
}

impl Options {
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<()> {
        match self.act {
            Act::Rotate(rotating) => rotating.run(config).await,
        }
    }
}

impl Rotating {
    async fn run(self, config: &Config) -> anyhow::Result<()> {
        let given = self.new_master_key.as_ref().map(|key| key.expose_secret().trim()).filter(|key| !key.is_empty());
        // Before a database is waited for. What is wrong with it is told, and never what it is.
        let given = given.map(MasterKey::parse).transpose().context("NEW_MASTER_KEY is wrong")?;
        let stop = crate::shutdown::token(config.shutdown_timeout)?;
        let node = Node::start(config, &stop).await?;
        let done = rotate(config, &node, given).await;
        node.close().await?;
        let (Rewrapped { sealed, already }, fingerprint, kept) = done?;
        if self.json {
            let file = if let Kept::InFile(file) = &kept { Some(file.display().to_string()) } else { None };
            let answer = json!({ "sealed": sealed, "already": already, "fingerprint": fingerprint, "file": file });
            output::say_json(&answer);
            return Ok(());
        }
        output::say(&format!("{sealed} keys are sealed under the new master key, whose fingerprint is {fingerprint}."));
        if already > 0 {
            output::say(&format!("{already} keys were sealed under it already."));
        }
        output::say(&match kept {
            Kept::InUse => format!("It is in {} now.", master_key::file(&config.data_dir).display()),
            Kept::InFile(file) => {
                let file = file.display();
                format!(
                    "It is in {file}: set MASTER_KEY to what stands there, keep it where you keep passwords, and remove the file."
                )
            }
            Kept::ByOperator => "Set MASTER_KEY to it.".to_owned(),
        });
        output::say(
            "Start all other processes anew with it: those with the old one leave letters that are signed to others.",
        );
        Ok(())
    }
}

/// Seals everything under another master key, which is kept before anything is sealed under it.
async fn rotate(config: &Config, node: &Node, given: Option<MasterKey>) -> anyhow::Result<(Rewrapped, String, Kept)> {
    let services = &node.services;
    let old = services.master_key.as_ref().context("there is no MASTER_KEY, so nothing is sealed under one")?;
    // The private PostgreSQL has its key in a file, unless somebody names one.
    let is_in_file = config.master_key.get().is_none();
    let (new, is_given) = match given {
        Some(new) => (new, true),
        None => (next(config, node, old).await?, false),
    };
    anyhow::ensure!(new.fingerprint() != old.fingerprint(), "the new master key is the one that there is");
    let keep = || {
        if is_in_file || !is_given {
            master_key::keep_next(&config.data_dir, &new).map_err(|error| format!("{error:#}"))
        } else {
            Ok(())
        }
    };
    let by = Operator::of_this_host().administrator().right();
    let rewrapped = rewrap(services, by, old, &new, keep).await?;
    let kept = if is_in_file {
        master_key::put_next_in_use(&config.data_dir, &new)?;
        Kept::InUse
    } else if is_given {
        Kept::ByOperator
    } else {
        Kept::InFile(master_key::next_file(&config.data_dir))
    };
    tracing::info!(
        sealed = rewrapped.sealed,
        fingerprint = new.fingerprint(),
        "private keys are sealed under a new master key"
    );
    Ok((rewrapped, new.fingerprint(), kept))
}

/// The key that somebody has made who was stopped after something was sealed under it; else a new one. What is left of somebody who was
/// stopped before may have been seen by anybody since, and nothing needs it.
async fn next(config: &Config, node: &Node, old: &MasterKey) -> anyhow::Result<MasterKey> {
    let sealed = sealed_keys::fingerprints(node.services.pool()).await?;
    let begun = master_key::read(&master_key::next_file(&config.data_dir))?;
    let is_in_use = |key: &MasterKey| key.fingerprint() != old.fingerprint() && sealed.contains(&key.fingerprint());
    match begun.filter(is_in_use) {
        Some(begun) => Ok(begun),
        None => Ok(MasterKey::generate()?),
    }
}
