//! `skymailing createadmin`: somebody who may grant roles.

use super::output;
use crate::config::Config;
use crate::wire::Node;
use anyhow::Context as _;
use api::accounts::{self, NewUser};
use domain::Role;
use rand::Rng;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use std::io::{IsTerminal, Read};

/// The characters of a password that we make: no two look alike.
const ALPHABET: &[u8] = b"abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// About 116 bits.
const LENGTH: usize = 20;

/// Create an administrator.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// The address to log in with.
    #[arg(long)]
    email: String,
    /// The name shown to others.
    #[arg(long, default_value = "Administrator")]
    name: String,
    /// The administrator's time zone, such as Europe/Berlin.
    #[arg(long, default_value = "UTC")]
    time_zone: String,
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
        let stop = crate::shutdown::token()?;
        let node = Node::start(config, &stop).await?;
        let new = NewUser {
            email: self.email.clone(),
            full_name: self.name,
            time_zone: self.time_zone,
            password: password.clone(),
            roles: vec![Role::Administrator],
        };
        let created = accounts::create_user(&node.services, new, &super::metadata()).await;
        node.close().await?;
        let (id, _) = created?;
        if self.json {
            let password = made.then(|| password.expose_secret());
            output::say_json(&json!({ "id": id, "email": self.email, "password": password }));
        } else {
            output::say(&format!("{} is an administrator now.", self.email));
            if made {
                output::say(&format!("Password: {}", password.expose_secret()));
            }
        }
        Ok(())
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
