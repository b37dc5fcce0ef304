//! The keys that letters are signed with.

use super::finding::{Finding, fine, problem};
use crate::config::Config;
use crate::master_key;
use acts::senders::{Unopened, unopened};
use projections::sealed_keys;
use sqlx::PgPool;
use std::collections::BTreeSet;

/// Whether the keys open that letters are to be signed with: letters of their domains do not go out unsigned.
pub(super) async fn keys(pool: &PgPool, config: &Config) -> Finding {
    let master = match (config.master_key.get(), config.database_url.get()) {
        (Some(key), _) => Ok(Some(key.clone())),
        // Only whoever starts the service makes one.
        (None, None) => master_key::read(&master_key::file(&config.data_dir)),
        (None, Some(_)) => Ok(None),
    };
    let master = match master {
        Ok(master) => master,
        Err(error) => return problem(format!("{error:#}"), "restore the file from a backup, or set MASTER_KEY"),
    };
    let (active, closed) = match (sealed_keys::all_active(pool).await, unopened(pool, master.as_ref()).await) {
        (Ok(active), Ok(closed)) => (active, closed),
        (Err(error), _) | (_, Err(error)) => return problem(error.to_string(), "see the log of PostgreSQL"),
    };
    let domains: BTreeSet<&str> = active.iter().map(|key| key.domain.as_str()).collect();
    let is_broken = |key: &&Unopened| key.is_broken(master.as_ref());
    let broken: BTreeSet<&str> = closed.iter().filter(is_broken).map(|key| key.domain.as_str()).collect();
    let unusable: BTreeSet<&str> = closed.iter().map(|key| key.domain.as_str()).collect();
    let list = |domains: &BTreeSet<&str>| domains.iter().copied().collect::<Vec<_>>().join(", ");
    if !broken.is_empty() {
        return problem(
            format!("the private keys of {} do not open, so letters from there are not sent", list(&broken)),
            "they were damaged: restore them from a backup, or make new ones with `skymailing sender rotate DOMAIN`",
        );
    }
    if !unusable.is_empty() {
        let under: BTreeSet<&str> = closed.iter().filter_map(|key| key.under.as_deref()).collect();
        let named = if under.is_empty() { String::new() } else { format!(" (fingerprint {})", list(&under)) };
        let here = match &master {
            Some(master) => format!("the one here is {}", master.fingerprint()),
            None => "there is none here".to_owned(),
        };
        return problem(
            format!(
                "the private keys of {} do not open with this MASTER_KEY, so letters from there are left to processes with another one: \
                 they are sealed under another master key{named}, and {here}",
                list(&unusable)
            ),
            "set MASTER_KEY to the key under which they are sealed, in all processes, and start them anew; if it is lost, \
             `skymailing sender rotate DOMAIN` makes new keys",
        );
    }
    if domains.is_empty() {
        return fine(
            "no domain has an active key, so letters go out unsigned; `skymailing sender add-domain` makes keys",
        );
    }
    fine(format!("letters from {} are signed", list(&domains)))
}
