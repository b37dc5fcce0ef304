//! Sessions, and tokens for programs: who asks.

use crate::Services;
use crate::refusal::Refused;
use crate::together::commit;
use crate::who::passwords::Shown;
use crate::who::rights::{InPerson, SignedIn};
use crate::who::viewer::{Key, Viewer};
use crate::who::{Caller, SessionTimes, secret, tokens};
use chrono::{DateTime, TimeDelta, Utc};
use domain::session::{self, Command, End};
use domain::{Actor, Decide, Right, Role, SessionId, UserId};
use eventstore::{Append, Blame, Cause, EventStore, ExecuteError, Metadata};
use projections::users::User;
use projections::{ReadError, columns};
use sqlx::PgConnection;
use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use uuid::Uuid;

/// How old what is told about a session's last use may be: not every request writes.
const SEEN: TimeDelta = TimeDelta::minutes(1);

/// How often a log-in is begun that comes to no end because the machine has too much to do.
const TRIES: usize = 5;

/// The most sessions that a list shows.
const LISTED: i64 = 100;

/// A fresh session. The token is told this once.
#[derive(Clone)]
pub struct Session {
    /// The text that proves the session, for `Authorization: Bearer` or the cookie.
    pub token: String,
    /// The moment until which the session lasts, if it is not left unused for long before.
    pub expires_at: DateTime<Utc>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// An open session, for its holder's list.
#[derive(Clone, Debug)]
pub struct Open {
    /// The session's id, which is no secret.
    pub id: Uuid,
    /// The moment of the log-in.
    pub created_at: DateTime<Utc>,
    /// The moment at which it ends, if nobody uses it before.
    pub expires_at: DateTime<Utc>,
    /// The moment of the last request, as of about a minute.
    pub last_seen_at: Option<DateTime<Utc>>,
    /// The address that the last request came from.
    pub address: Option<String>,
    /// What the program of the last request calls itself.
    pub user_agent: Option<String>,
}

/// Begins a session for whoever has `shown` the user's password; none if it was changed since, or if the door is shut.
/// Who does either ends all sessions, so they and this one wait for each other. Of too many open sessions those end that were
/// used longest ago: whoever knows the password is let in. The events of it all are in the same transaction.
///
/// Where the machine has so much else to do that PostgreSQL takes us for gone in the middle of it, it is begun anew.
pub(crate) async fn begin(
    services: &Services,
    user: UserId,
    shown: &Shown,
    caller: &Caller,
) -> Result<Option<Session>, Refused> {
    let mut begun = try_begin(services, user, shown, caller).await;
    for _ in 1..TRIES {
        match &begun {
            Err(Refused::Store(error)) if error.blame() == Blame::Idle => {}
            _ => break,
        }
        begun = try_begin(services, user, shown, caller).await;
    }
    begun
}

async fn try_begin(
    services: &Services,
    user: UserId,
    shown: &Shown,
    caller: &Caller,
) -> Result<Option<Session>, Refused> {
    let session = Session { token: secret::fresh()?, expires_at: services.now() + caller.session_times.lifetime };
    let id = SessionId(Uuid::now_v7());
    let mut transaction = services.store.begin_steps().await?;
    // In a statement of its own: who changes the password takes the same first, and what follows sees what they did.
    let let_in = sqlx::query_scalar!(
        r#"select d.user_id from credentials c join doors d on d.user_id = c.user_id
            where c.user_id = $1 and c.password_hash = $2 and d.verified and not d.blocked for share"#,
        user.0,
        shown.hash(),
    );
    if let_in.fetch_optional(&mut *transaction).await?.is_none() {
        return Ok(None);
    }
    let surplus = sqlx::query_scalar!(
        // Those that have ended are swept out on the way, anybody's, a few at a time.
        "with expired as (
                  delete from sessions where token_hash in (
                      select token_hash from sessions where expires_at <= $3
                       order by expires_at limit 10 for update skip locked)),
              begun as (
                  insert into sessions (id, token_hash, user_id, created_at, last_seen_at, expires_at, address, user_agent)
                  values ($7, $1, $2, $3, $3, $4, $5, $6))
         delete from sessions where token_hash in (
              select token_hash from sessions s where s.user_id = $2 and s.expires_at > $3
               order by coalesce(s.last_seen_at, s.created_at) desc, s.id offset $8) returning id",
        &secret::hash(&session.token),
        user.0,
        services.now(),
        session.expires_at,
        caller.address.map(|address| address.to_string()),
        caller.user_agent,
        id.0,
        // The new one comes to these.
        i64::from(services.quotas.bounds().sessions) - 1,
    )
    .fetch_all(&mut *transaction)
    .await?;
    let metadata = caller.metadata(Actor::User(user));
    let command = Command::Begin { user, expires_at: session.expires_at };
    let events = session::Session::default().decide(command).map_err(ExecuteError::Refused)?;
    let begun = Append::begin::<session::Session>(id.0, events)?;
    let cause = begun.ends_in(&metadata);
    let mut appends = vec![begun];
    appends.extend(ends(&mut transaction, user, &surplus, End::Surplus, cause).await?);
    commit(services, transaction, &appends, &metadata).await?;
    Ok(Some(session))
}

/// What ends these sessions, which are gone from the table, because of another event if one is named.
async fn ends(
    connection: &mut PgConnection,
    user: UserId,
    ids: &[Uuid],
    how: End,
    cause: Option<Cause>,
) -> Result<Vec<Append>, Refused> {
    let mut appends = Vec::with_capacity(ids.len());
    for (id, loaded) in ids.iter().zip(EventStore::load_within::<session::Session>(connection, ids).await?) {
        let command = Command::End { user, how };
        let events = loaded.state.decide(command).map_err(ExecuteError::Refused)?;
        if !events.is_empty() {
            appends.push(Append::new(*id, loaded, events)?.caused_by(cause));
        }
    }
    Ok(appends)
}

/// The user who shows this token; `None` if there is no such session, or if it has ended. Where a role stands that is none,
/// nobody knows what its holder may do: to leave it out would not only take rights, as roles do not only add.
pub async fn holder(
    services: &Services,
    token: &str,
    address: Option<IpAddr>,
    user_agent: Option<&str>,
    times: SessionTimes,
) -> Result<Option<Viewer>, ReadError> {
    if tokens::is_one(token) {
        return tokens::holder(services, token).await;
    }
    let (hash, now) = (secret::hash(token), services.now());
    let found = sqlx::query!(
        r#"select u.id, u.email, u.full_name, u.time_zone, u.language, d.verified, d.roles,
                  u.registered_at, u.version, s.id as session, s.last_seen_at
             from sessions s join doors d on d.user_id = s.user_id join users u on u.id = s.user_id
            where s.token_hash = $1 and s.expires_at > $2 and s.last_seen_at > $3 and d.verified and not d.blocked"#,
        &hash,
        now,
        now - times.idle,
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
    let roles: Vec<Role> = columns::read("doors", "roles", row.id, row.roles)?;
    let rights = Right::of(&roles.iter().copied().collect());
    let user = User {
        id: row.id,
        email: row.email,
        full_name: row.full_name,
        time_zone: row.time_zone,
        language: columns::read("users", "language", row.id, row.language)?,
        verified: row.verified,
        roles,
        blocked_at: None,
        registered_at: row.registered_at,
        version: row.version,
    };
    Ok(Some(Viewer { user, key: Key::Session(row.session), rights }))
}

impl Caller {
    /// Who it is by now, for what takes longer than a request: `None` if what they showed lets nobody in any more.
    pub async fn again(&self, services: &Services) -> Result<Option<Viewer>, ReadError> {
        let Some(token) = &self.token else { return Ok(None) };
        holder(services, token, self.address, self.user_agent.as_deref(), self.session_times).await
    }
}

/// Those of these sessions that still let their holders in, with what these may do now: one look for all who wait for something.
/// Whoever has a role that does not read is let in nowhere, as [`holder`] does.
pub async fn still_open(
    services: &Services,
    ids: &[Uuid],
    times: SessionTimes,
) -> Result<HashMap<Uuid, BTreeSet<Right>>, sqlx::Error> {
    let now = services.now();
    let rows = sqlx::query!(
        "select s.id, d.user_id, d.roles from sessions s join doors d on d.user_id = s.user_id
          where s.id = any($1) and s.expires_at > $2 and s.last_seen_at > $3 and d.verified and not d.blocked",
        ids,
        now,
        now - times.idle,
    )
    .fetch_all(services.pool())
    .await?;
    let open = rows.into_iter().filter_map(|row| {
        let roles: Vec<Role> = columns::read("doors", "roles", row.user_id, row.roles).ok()?;
        Some((row.id, Right::of(&roles.into_iter().collect())))
    });
    Ok(open.collect())
}

/// A user's open sessions, the last one used first.
pub async fn list(
    services: &Services,
    by: &InPerson<SignedIn<'_>>,
    times: SessionTimes,
) -> Result<Vec<Open>, sqlx::Error> {
    let user = by.right().id();
    let now = services.now();
    let mut open = sqlx::query_as!(
        Open,
        "select id, created_at, expires_at, last_seen_at, address, user_agent from sessions
          where user_id = $1 and expires_at > $2 and last_seen_at > $3 order by last_seen_at desc, id limit $4",
        user.0,
        now,
        now - times.idle,
        LISTED,
    )
    .fetch_all(services.pool())
    .await?;
    for session in &mut open {
        let unused = session.last_seen_at.map(|seen| seen + times.idle);
        session.expires_at = unused.map_or(session.expires_at, |end| end.min(session.expires_at));
    }
    Ok(open)
}

/// Ends the session that has this token.
pub async fn end(services: &Services, token: &str, caller: &Caller) -> Result<(), Refused> {
    let mut transaction = services.store.begin_steps().await?;
    let ended = sqlx::query!("delete from sessions where token_hash = $1 returning id, user_id", &secret::hash(token))
        .fetch_optional(&mut *transaction)
        .await?;
    let Some(ended) = ended else { return Ok(()) };
    let user = UserId(ended.user_id);
    let appends = ends(&mut transaction, user, &[ended.id], End::LoggedOut, None).await?;
    commit(services, transaction, &appends, &caller.metadata(Actor::User(user))).await?;
    Ok(())
}

/// Ends one of the user's sessions; `false` if they have none of this id.
pub async fn end_one(
    services: &Services,
    by: &InPerson<SignedIn<'_>>,
    id: Uuid,
    metadata: &Metadata,
) -> Result<bool, Refused> {
    let user = by.right().id();
    let mut transaction = services.store.begin_steps().await?;
    let ended = sqlx::query!("delete from sessions where user_id = $1 and id = $2", user.0, id)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
    if ended == 0 {
        return Ok(false);
    }
    let appends = ends(&mut transaction, user, &[id], End::EndedByUser, None).await?;
    commit(services, transaction, &appends, metadata).await?;
    Ok(true)
}

/// Ends all sessions of somebody, this one too, and says how many.
pub async fn end_everywhere(
    services: &Services,
    by: &InPerson<SignedIn<'_>>,
    metadata: &Metadata,
) -> Result<u64, Refused> {
    let user = by.right().id();
    let mut transaction = services.store.begin_steps().await?;
    let ended = sqlx::query_scalar!("delete from sessions where user_id = $1 returning id", user.0)
        .fetch_all(&mut *transaction)
        .await?;
    let appends = ends(&mut transaction, user, &ended, End::EndedByUser, None).await?;
    commit(services, transaction, &appends, metadata).await?;
    Ok(ended.len() as u64)
}

/// Ends everything that lets somebody in as this user by a password that is no longer theirs: sessions, all or all but one, and
/// tokens for programs. What it returns is to be appended in the same transaction.
pub(crate) async fn end_with_the_password(
    transaction: &mut PgConnection,
    user: UserId,
    kept: Option<Uuid>,
    cause: Option<Cause>,
) -> Result<Vec<Append>, Refused> {
    let ended = sqlx::query_scalar!(
        "delete from sessions where user_id = $1 and id is distinct from $2 returning id",
        user.0,
        kept
    )
    .fetch_all(&mut *transaction)
    .await?;
    let mut appends = ends(transaction, user, &ended, End::PasswordChanged, cause).await?;
    appends.extend(tokens::revoke_all(transaction, user, cause).await?);
    Ok(appends)
}
