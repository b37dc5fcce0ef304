//! Sessions: who asks. A session's token is known to its holder only; the database has its SHA-256.

use crate::Services;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use domain::{Role, UserId};
use projections::Access;
use projections::users::User;
use rand::TryRngCore;
use rand::rngs::OsRng;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// How long a session lasts.
pub(crate) const LIFETIME: TimeDelta = TimeDelta::days(30);

/// A fresh session. The token is told this once.
#[derive(Clone)]
pub struct Session {
    /// For `Authorization: Bearer`, or the cookie.
    pub token: String,
    /// Until when.
    pub expires_at: DateTime<Utc>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// A signed-in user.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// The account.
    pub user: User,
    /// What it may do beyond owning mailings.
    pub roles: BTreeSet<Role>,
}

impl Viewer {
    fn new(user: User) -> Self {
        let roles = user.roles.iter().filter_map(|role| role.parse().ok()).collect();
        Self { user, roles }
    }

    /// Who.
    #[must_use]
    pub fn id(&self) -> UserId {
        UserId(self.user.id)
    }

    /// Whether they have clients, groups, messages and mailings of their own.
    #[must_use]
    pub fn may_own(&self) -> bool {
        self.roles.is_empty() || self.roles.contains(&Role::Administrator)
    }

    /// Whether they watch over everybody's mailings.
    #[must_use]
    pub fn may_watch(&self) -> bool {
        self.roles.contains(&Role::Manager) || self.roles.contains(&Role::Administrator)
    }

    /// Whether they look after the service itself.
    #[must_use]
    pub fn may_administer(&self) -> bool {
        self.roles.contains(&Role::Administrator)
    }

    /// Whether they write articles.
    #[must_use]
    pub fn may_write(&self) -> bool {
        self.roles.contains(&Role::ContentManager) || self.roles.contains(&Role::Administrator)
    }

    /// Whose clients, groups, mailings, runs and reports they may read.
    #[must_use]
    pub fn reads(&self) -> Access {
        if self.may_watch() { Access::All } else { self.own() }
    }

    /// Their own only: what they may change, and messages.
    #[must_use]
    pub fn own(&self) -> Access {
        Access::Owner(self.id())
    }
}

/// Begins a session.
pub(crate) async fn begin(services: &Services, user: UserId) -> Result<Session, sqlx::Error> {
    let mut secret = [0_u8; 32];
    // The operating system's randomness does not fail once it works; if it does, no session may begin.
    OsRng.try_fill_bytes(&mut secret).map_err(|error| sqlx::Error::Io(std::io::Error::other(error)))?;
    let session = Session { token: URL_SAFE_NO_PAD.encode(secret), expires_at: services.now() + LIFETIME };
    sqlx::query!(
        "with expired as (delete from sessions where user_id = $2 and expires_at <= $3)
         insert into sessions (token_hash, user_id, created_at, expires_at) values ($1, $2, $3, $4)",
        &hash(&session.token),
        user.0,
        services.now(),
        session.expires_at,
    )
    .execute(services.pool())
    .await?;
    Ok(session)
}

/// Whose session it is, if it has not ended.
pub(crate) async fn holder(services: &Services, token: &str) -> Result<Option<Viewer>, sqlx::Error> {
    let user = sqlx::query_as!(
        User,
        "select u.id, u.email, u.full_name, u.time_zone, u.verified, u.roles, u.blocked_at, u.registered_at,
                u.version
           from sessions s join users u on u.id = s.user_id
          where s.token_hash = $1 and s.expires_at > $2 and u.blocked_at is null",
        &hash(token),
        services.now(),
    )
    .fetch_optional(services.pool())
    .await?;
    Ok(user.map(Viewer::new))
}

/// Ends a session.
pub(crate) async fn end(services: &Services, token: &str) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from sessions where token_hash = $1", &hash(token)).execute(services.pool()).await?;
    Ok(())
}

/// Ends all sessions of a user.
pub(crate) async fn end_all(services: &Services, user: UserId) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from sessions where user_id = $1", user.0).execute(services.pool()).await?;
    Ok(())
}

fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token).to_vec()
}
