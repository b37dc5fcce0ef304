//! Sessions, and tokens for programs: who asks.

use crate::guard::Caller;
use crate::passwords::Shown;
use crate::{Services, secret, tokens};
use chrono::{DateTime, TimeDelta, Utc};
use domain::{Role, UserId};
use projections::Access;
use projections::users::User;
use sqlx::PgExecutor;
use std::collections::BTreeSet;
use std::net::IpAddr;
use uuid::Uuid;

/// How long a session lasts.
pub(crate) const LIFETIME: TimeDelta = TimeDelta::days(30);

/// How old what is told about a session's last use may be: not every request writes.
const SEEN: TimeDelta = TimeDelta::minutes(1);

/// The most sessions that a list shows.
const LISTED: i64 = 100;

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

/// What a request shows to prove who sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// A session of this id.
    Session(Uuid),
    /// A token for programs.
    Token(tokens::Scope),
}

/// A signed-in user.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// The account.
    pub user: User,
    /// How they showed who they are.
    pub key: Key,
    /// What it may do beyond owning mailings.
    pub roles: BTreeSet<Role>,
}

impl Viewer {
    pub(crate) fn new(user: User, key: Key) -> Self {
        let roles = user.roles.iter().filter_map(|role| role.parse().ok()).collect();
        Self { user, key, roles }
    }

    /// Whether they may change anything with what they have shown.
    #[must_use]
    pub fn may_write(&self) -> bool {
        self.key != Key::Token(tokens::Scope::Read)
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
    pub fn may_write_articles(&self) -> bool {
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

/// An open session, for its holder's list.
#[derive(Clone, Debug)]
pub(crate) struct Open {
    pub(crate) id: Uuid,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) expires_at: DateTime<Utc>,
    pub(crate) last_seen_at: Option<DateTime<Utc>>,
    pub(crate) address: Option<String>,
    pub(crate) user_agent: Option<String>,
}

/// Begins a session for whoever has `shown` the user's password; none if it was changed since. Who changes it ends all
/// sessions, so either waits for the other. Of too many open sessions those end that were used longest ago: whoever knows
/// the password is let in.
pub(crate) async fn begin(
    services: &Services,
    user: UserId,
    shown: &Shown,
    caller: &Caller,
) -> Result<Option<Session>, sqlx::Error> {
    let session = Session { token: secret::fresh()?, expires_at: services.now() + LIFETIME };
    let begun = sqlx::query!(
        "with expired as (delete from sessions where user_id = $2 and expires_at <= $3),
              surplus as (delete from sessions where token_hash in (
                  select token_hash from sessions s join credentials c using (user_id)
                   where s.user_id = $2 and s.expires_at > $3 and c.password_hash = $8
                   order by coalesce(s.last_seen_at, s.created_at) desc, s.id offset $9)),
              shown as (select user_id from credentials where user_id = $2 and password_hash = $8 for share)
         insert into sessions (id, token_hash, user_id, created_at, last_seen_at, expires_at, address, user_agent)
         select $7, $1, user_id, $3, $3, $4, $5, $6 from shown",
        &secret::hash(&session.token),
        user.0,
        services.now(),
        session.expires_at,
        caller.address.map(|address| address.to_string()),
        caller.user_agent,
        Uuid::now_v7(),
        shown.hash(),
        // The new one comes to these.
        i64::from(services.quotas.bounds().sessions) - 1,
    )
    .execute(services.pool())
    .await?;
    Ok((begun.rows_affected() > 0).then_some(session))
}

/// Who shows this token, if its session has not ended.
pub(crate) async fn holder(
    services: &Services,
    token: &str,
    address: Option<IpAddr>,
    user_agent: Option<&str>,
) -> Result<Option<Viewer>, sqlx::Error> {
    if tokens::is_one(token) {
        return tokens::holder(services, token).await;
    }
    let (hash, now) = (secret::hash(token), services.now());
    let found = sqlx::query!(
        r#"select u.id, u.email, u.full_name, u.time_zone, u.language, u.verified, u.roles, u.blocked_at,
                  u.registered_at, u.version, s.id as session, s.last_seen_at
             from sessions s join users u on u.id = s.user_id
            where s.token_hash = $1 and s.expires_at > $2 and u.blocked_at is null"#,
        &hash,
        now,
    )
    .fetch_optional(services.pool())
    .await?;
    let Some(row) = found else { return Ok(None) };
    if row.last_seen_at.is_none_or(|seen| seen <= now - SEEN) {
        sqlx::query!(
            "update sessions set last_seen_at = $2, address = $3, user_agent = $4 where token_hash = $1",
            &hash,
            now,
            address.map(|address| address.to_string()),
            user_agent,
        )
        .execute(services.pool())
        .await?;
    }
    let user = User {
        id: row.id,
        email: row.email,
        full_name: row.full_name,
        time_zone: row.time_zone,
        language: row.language,
        verified: row.verified,
        roles: row.roles,
        blocked_at: row.blocked_at,
        registered_at: row.registered_at,
        version: row.version,
    };
    Ok(Some(Viewer::new(user, Key::Session(row.session))))
}

/// A user's open sessions, the last one used first.
pub(crate) async fn list(services: &Services, user: UserId) -> Result<Vec<Open>, sqlx::Error> {
    sqlx::query_as!(
        Open,
        "select id, created_at, expires_at, last_seen_at, address, user_agent from sessions
          where user_id = $1 and expires_at > $2 order by last_seen_at desc nulls last, id limit $3",
        user.0,
        services.now(),
        LISTED,
    )
    .fetch_all(services.pool())
    .await
}

/// Ends the session that has this token.
pub(crate) async fn end(services: &Services, token: &str) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from sessions where token_hash = $1", &secret::hash(token)).execute(services.pool()).await?;
    Ok(())
}

/// Ends one of the user's sessions; `false` if they have none of this id.
pub(crate) async fn end_one(services: &Services, user: UserId, id: Uuid) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!("delete from sessions where user_id = $1 and id = $2", user.0, id);
    Ok(done.execute(services.pool()).await?.rows_affected() > 0)
}

/// Ends the user's sessions, all or all but one, and says how many.
pub(crate) async fn end_but(
    executor: impl PgExecutor<'_>,
    user: UserId,
    kept: Option<Uuid>,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!("delete from sessions where user_id = $1 and id is distinct from $2", user.0, kept);
    Ok(done.execute(executor).await?.rows_affected())
}

/// Ends everything that lets somebody in as this user without a password: sessions and tokens for programs.
pub(crate) async fn end_all(executor: impl PgExecutor<'_>, user: UserId) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "with revoked as (delete from api_tokens where user_id = $1) delete from sessions where user_id = $1",
        user.0
    )
    .execute(executor)
    .await?;
    Ok(())
}
