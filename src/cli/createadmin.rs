//! `skymailing createadmin`: somebody who may grant roles.

use super::output;
use crate::config::Config;
use crate::wire::Node;
use acts::who::Operator;
use acts::who::accounts::{self, NewUser};
use anyhow::Context as _;
use domain::{EmailAddress, Language, Role, UserId};
use projections::users;
use rand::Rng;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use std::io::{IsTerminal, Read};
use tokio_util::sync::CancellationToken;

/// The characters of a password that we make: no two look alike.
const ALPHABET: &[u8] = b"abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// About 116 bits.
const LENGTH: usize = 20;

/// Create an administrator, or give an account a new password and the role.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// The address to log in with.
    #[arg(long)]
    email: String,
    /// The name shown to others; an account that exists keeps its own.
    #[arg(long, default_value = "Administrator")]
    name: String,
    /// The administrator's time zone, such as Europe/Berlin; an account that exists keeps its own.
    #[arg(long, default_value = "UTC")]
    time_zone: String,
    /// The language of the letters to the administrator, en or ru; an account that exists keeps its own.
    #[arg(long, default_value_t)]
    language: Language,
    /// Read the password from standard input; without this, one is made and printed.
    #[arg(long)]
    password_stdin: bool,
    /// Print the answer as JSON.
    #[arg(long)]
    json: bool,
}

impl Options {
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<()> {
        let (password, made) = if self.password_stdin { (read_password()?, false) } else { (make_password(), true) };
        let stop = crate::shutdown::token(config.shutdown_timeout)?;
        let node = Node::start(config, &stop).await?;
        let ready = self.make(&node, password.clone(), &stop).await;
        node.close().await?;
        let (id, new) = ready?;
        let password = made.then(|| password.expose_secret());
        if self.json {
            output::say_json(&json!({ "id": id, "email": self.email, "new": new, "password": password }));
        } else {
            let email = &self.email;
            output::say(&if new {
                format!("{email} is an administrator now.")
            } else {
                format!(
                    "{email} had an account already. It is an administrator's now and has a new password; \
                     whoever was logged in with it is logged out."
                )
            });
            if let Some(password) = password {
                output::say(&format!("Password: {password}"));
            }
        }
        Ok(())
    }

    /// The administrator's id, and whether the account is new. Returns when they can log in.
    async fn make(
        &self,
        node: &Node,
        password: SecretString,
        stop: &CancellationToken,
    ) -> anyhow::Result<(UserId, bool)> {
        let services = &node.services;
        let metadata = super::metadata();
        node.caught_up(stop).await?;
        let known = match EmailAddress::parse(&self.email) {
            Ok(email) => users::by_email(services.pool(), &email).await?,
            // Told below, with everything else that is wrong.
            Err(_) => None,
        };
        let (id, receipt) = if let Some(user) = &known {
            anyhow::ensure!(
                user.blocked_at.is_none(),
                "{email} is blocked; let them in again first: skymailing user unblock {email} --reason WHY",
                email = user.email
            );
            let id = UserId(user.id);
            accounts::set_password(services, Operator::of_this_host(), id, password, &metadata).await?;
            (id, accounts::grant(services, Operator::of_this_host(), id, Role::Administrator, &metadata).await?)
        } else {
            let new = NewUser {
                email: self.email.clone(),
                full_name: self.name.clone(),
                time_zone: self.time_zone.clone(),
                language: self.language,
                password,
                roles: vec![Role::Administrator],
            };
            accounts::create_user(services, Operator::of_this_host(), new, &metadata).await?
        };
        services.shown(receipt.position).await;
        Ok((id, known.is_none()))
    }
}

/// A password that nobody has to invent.
pub(super) fn make_password() -> SecretString {
    let mut random = rand::rng();
    let password: String = (0..LENGTH).map(|_| char::from(ALPHABET[random.random_range(0..ALPHABET.len())])).collect();
    password.into()
}

fn read_password() -> anyhow::Result<SecretString> {
    let mut text = String::new();
    let mut input = std::io::stdin();
    if input.is_terminal() {
        output::complain("Type the password and end with Ctrl+D; it is shown as you type.");
    }
    input.read_to_string(&mut text).context("the password cannot be read from standard input")?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned().into())
}
