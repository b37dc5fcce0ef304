//! From where somebody has logged in: guesses by others do not keep them from doing so again from there.
//!
//! It is kept for a while after the last log-in, and forgotten when a forgotten password is replaced: perhaps somebody else
//! knew the old one.

use crate::Services;
use crate::who::allowance::neighbourhood;
use chrono::TimeDelta;
use domain::UserId;
use sha2::{Digest, Sha256};
use sqlx::PgExecutor;
use std::net::IpAddr;

/// How long an address stays known after the last log-in.
const KEPT: TimeDelta = TimeDelta::days(90);

/// How old what is kept of the last log-in may be: not every one writes.
const SEEN: TimeDelta = TimeDelta::days(1);

/// What is kept of it. The migration `0019_known_addresses` writes it in the same way.
fn hash(user: UserId, address: IpAddr) -> Vec<u8> {
    Sha256::digest(format!("known {user} {}", neighbourhood(address))).to_vec()
}

/// Whether the user has logged in from there. Takes as long for nobody as for somebody.
pub(crate) async fn has(services: &Services, user: UserId, address: Option<IpAddr>) -> Result<bool, sqlx::Error> {
    let Some(address) = address else { return Ok(false) };
    let known = sqlx::query_scalar!(
        "select user_id from known_addresses where user_id = $1 and address_hash = $2 and seen_at > $3",
        user.0,
        hash(user, address),
        services.now() - KEPT,
    );
    Ok(known.fetch_optional(services.pool()).await?.is_some())
}

/// The user has shown who they are, from there.
pub(crate) async fn remember(services: &Services, user: UserId, address: Option<IpAddr>) -> Result<(), sqlx::Error> {
    let Some(address) = address else { return Ok(()) };
    let now = services.now();
    sqlx::query!(
        // Old ones are swept out on the way, a few at a time.
        "with old as (
             delete from known_addresses where (user_id, address_hash) in (
                 select user_id, address_hash from known_addresses where seen_at <= $4
                  order by seen_at limit 10 for update skip locked)
             and (user_id, address_hash) <> ($1, $2))
         insert into known_addresses as held (user_id, address_hash, seen_at) values ($1, $2, $3)
         on conflict (user_id, address_hash) do update set seen_at = excluded.seen_at where held.seen_at <= $5",
        user.0,
        hash(user, address),
        now,
        now - KEPT,
        now - SEEN,
    )
    .execute(services.pool())
    .await?;
    Ok(())
}

/// Forgets all of the user's.
pub(crate) async fn forget(executor: impl PgExecutor<'_>, user: UserId) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from known_addresses where user_id = $1", user.0).execute(executor).await?;
    Ok(())
}
