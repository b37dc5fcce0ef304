//! Tokens for programs: shown once, limited in what they may do and in how long, revocable.
//!
//! What a token may do never grows: it keeps at most the rights that its owner had when it was made, and of these those that
//! its owner still has. Whatever ends all sessions, a new password or a block, ends tokens too.

use crate::refusal::input::Problems;
use crate::refusal::{Problem, Refused};
use crate::who::rights::{InPerson, SignedIn};
use crate::who::secret;
use crate::who::viewer::{Key, Scope, Viewer};
use crate::{Services, together};
use chrono::{DateTime, TimeDelta, Utc};
use domain::token::{self, Command, Revocation};
use domain::{Code, Decide, Right, Role, UserId};
use eventstore::{Append, Cause, EventStore, ExecuteError, Metadata};
use projections::columns::{self, Word};
use projections::users::User;
use projections::{Listed, ReadError};
use sqlx::PgConnection;
use std::collections::BTreeSet;
use uuid::Uuid;

/// What tells a token from a session's, for their readers and for programs that look for leaked secrets.
const PREFIX: &str = "sky_";

/// The longest name, in characters.
const MAX_NAME: usize = 100;

/// The longest life.
const MAX_LIFE: TimeDelta = TimeDelta::days(366);

/// The most tokens that one user has.
const MAX_TOKENS: i64 = 50;

/// A token, without its text.
#[derive(Clone, Debug)]
pub struct Token {
    /// The token's id, which is no secret.
    pub id: Uuid,
    /// The name by which its owner knows the token again.
    pub name: String,
    /// What it lets its holder do.
    pub scope: Scope,
    /// The moment at which it was made.
    pub created_at: DateTime<Utc>,
    /// The moment at which it ends.
    pub expires_at: DateTime<Utc>,
    /// The moment of its last use, as of about a minute; none if it was never used.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// A token as it is stored.
struct Row {
    id: Uuid,
    name: String,
    scope: String,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    last_used_at: Option<DateTime<Utc>>,
}

/// Whether it looks like one.
pub(crate) fn is_one(text: &str) -> bool {
    text.starts_with(PREFIX)
}

/// Makes a token, and its text, which is told this once.
pub async fn create(
    services: &Services,
    by: &InPerson<SignedIn<'_>>,
    name: &str,
    scope: Scope,
    expires_at: Result<DateTime<Utc>, String>,
    metadata: &Metadata,
) -> Result<(Token, String), Refused> {
    let user = by.right().id();
    let now = services.now();
    let mut problems = Problems::default();
    let name = problems.take(named(name));
    let expires_at = problems.take(expiry(expires_at, now));
    let (Some(name), Some(expires_at)) = (name, expires_at) else { return Err(problems.into()) };
    let text = format!("{PREFIX}{}", secret::fresh()?);
    let token = Token { id: Uuid::now_v7(), name, scope, created_at: now, expires_at, last_used_at: None };
    let mut transaction = services.store.begin_steps().await?;
    // The session that asks is held: whoever ends it because of a new password waits, and then sees the token, which ends too.
    let held = sqlx::query_scalar!("select id from sessions where id = $1 for key share", by.session());
    if by.session().is_some() && held.fetch_optional(&mut *transaction).await?.is_none() {
        return Err(Refused::Forbidden(words::rights::Lacking::Session.into()));
    }
    let made = sqlx::query!(
        "with expired as (delete from api_tokens where user_id = $3 and expires_at <= $6),
              door as (select user_id, roles from doors where user_id = $3 and verified and not blocked for share)
         insert into api_tokens (id, token_hash, user_id, name, scope, created_at, expires_at, roles)
         select $1, $2, user_id, $4, $5, $6, $7, roles from door
          where (select count(*) from api_tokens where user_id = $3 and expires_at > $6) < $8",
        token.id,
        &secret::hash(&text),
        user.0,
        token.name,
        token.scope.word(),
        now,
        expires_at,
        MAX_TOKENS,
    )
    .execute(&mut *transaction)
    .await?;
    if made.rows_affected() == 0 {
        return Err(
            Problem::new(Code::ApiTokensTooMany, &[], words::tokens::Problem::TooMany { most: MAX_TOKENS }).into()
        );
    }
    let command = Command::Create { owner: user, name: token.name.clone(), scope, expires_at };
    let events = token::Token::default().decide(command).map_err(ExecuteError::Refused)?;
    let append = Append::begin::<token::Token>(token.id, events)?;
    together::commit(services, transaction, &[append], metadata).await?;
    Ok((token, text))
}

fn named(name: &str) -> Result<String, Problem> {
    let name = name.trim();
    if name.is_empty() {
        return Err(Problem::new(Code::NameEmpty, &["name"], words::tokens::Problem::NameEmpty));
    }
    if name.chars().any(char::is_control) {
        return Err(Problem::new(Code::NameNotALine, &["name"], words::tokens::Problem::NameNotALine));
    }
    let length = name.chars().count();
    if length > MAX_NAME {
        return Err(Problem::new(
            Code::NameTooLong,
            &["name"],
            words::tokens::Problem::NameTooLong { length, most: MAX_NAME },
        ));
    }
    Ok(name.to_owned())
}

fn expiry(written: Result<DateTime<Utc>, String>, now: DateTime<Utc>) -> Result<DateTime<Utc>, Problem> {
    let field = ["expiresAt"];
    let at = written
        .map_err(|text| Problem::new(Code::DateTimeInvalid, &field, words::requests::Problem::NoMoment { text }))?;
    if at <= now || at > now + MAX_LIFE {
        let days = MAX_LIFE.num_days();
        return Err(Problem::new(Code::ExpiryOutOfRange, &field, words::tokens::Problem::Expiry { days }));
    }
    Ok(at)
}

/// Who shows this token, if it is neither expired nor revoked and its owner is not blocked.
pub(crate) async fn holder(services: &Services, text: &str) -> Result<Option<Viewer>, ReadError> {
    let (hash, now) = (secret::hash(text), services.now());
    let found = sqlx::query!(
        r#"select t.id as token, u.id, u.email, u.full_name, u.time_zone, u.language, d.verified, d.roles, u.registered_at, u.version,
                  t.roles as roles_then, t.scope, t.last_used_at
             from api_tokens t join doors d on d.user_id = t.user_id join users u on u.id = t.user_id
            where t.token_hash = $1 and t.expires_at > $2 and d.verified and not d.blocked"#,
        &hash,
        now,
    )
    .fetch_optional(services.pool())
    .await?;
    let Some(row) = found else { return Ok(None) };
    // Not every request writes.
    if row.last_used_at.is_none_or(|used| used <= now - TimeDelta::minutes(1)) {
        sqlx::query!("update api_tokens set last_used_at = $2 where token_hash = $1", &hash, now)
            .execute(services.pool())
            .await?;
    }
    let then: BTreeSet<Role> = columns::read("api_tokens", "roles", row.token, row.roles_then)?;
    let roles: Vec<Role> = columns::read("doors", "roles", row.id, row.roles)?;
    let scope: Scope = columns::read("api_tokens", "scope", row.token, row.scope)?;
    let rights = Right::kept(&then, &roles.iter().copied().collect());
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
    Ok(Some(Viewer { user, key: Key::Token(scope), rights }))
}

/// A user's tokens that have not expired, the newest first.
pub async fn list(services: &Services, by: &InPerson<SignedIn<'_>>) -> Result<Listed<Uuid, Token>, sqlx::Error> {
    let user = by.right().id();
    let rows = sqlx::query_as!(
        Row,
        "select id, name, scope, created_at, expires_at, last_used_at from api_tokens
          where user_id = $1 and expires_at > $2 order by id desc",
        user.0,
        services.now(),
    )
    .fetch_all(services.pool())
    .await?;
    let token = |row: Row| {
        let Row { id, name, scope, created_at, expires_at, last_used_at } = row;
        let scope = columns::read("api_tokens", "scope", id, scope);
        (id, scope.map(|scope| Token { id, name, scope, created_at, expires_at, last_used_at }))
    };
    Ok(rows.into_iter().map(token).collect())
}

/// Revokes one of the user's tokens; `false` if they have none of this id.
pub async fn revoke(
    services: &Services,
    by: &InPerson<SignedIn<'_>>,
    id: Uuid,
    metadata: &Metadata,
) -> Result<bool, Refused> {
    let user = by.right().id();
    let mut transaction = services.store.begin_steps().await?;
    let revoked = sqlx::query!("delete from api_tokens where user_id = $1 and id = $2", user.0, id)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
    if revoked == 0 {
        return Ok(false);
    }
    let appends = ends(&mut transaction, user, &[id], Revocation::ByOwner, None).await?;
    together::commit(services, transaction, &appends, metadata).await?;
    Ok(true)
}

/// Revokes all of the user's tokens, whose password was changed. What it returns is to be appended in the same transaction.
pub(crate) async fn revoke_all(
    transaction: &mut PgConnection,
    user: UserId,
    cause: Option<Cause>,
) -> Result<Vec<Append>, Refused> {
    let revoked = sqlx::query_scalar!("delete from api_tokens where user_id = $1 returning id", user.0)
        .fetch_all(&mut *transaction)
        .await?;
    ends(transaction, user, &revoked, Revocation::PasswordChanged, cause).await
}

/// What revokes these tokens, which are gone from the table.
async fn ends(
    connection: &mut PgConnection,
    owner: UserId,
    ids: &[Uuid],
    why: Revocation,
    cause: Option<Cause>,
) -> Result<Vec<Append>, Refused> {
    let mut appends = Vec::with_capacity(ids.len());
    for (id, loaded) in ids.iter().zip(EventStore::load_within::<token::Token>(connection, ids).await?) {
        let events = loaded.state.decide(Command::Revoke { owner, why }).map_err(ExecuteError::Refused)?;
        if !events.is_empty() {
            appends.push(Append::new(*id, loaded, events)?.caused_by(cause));
        }
    }
    Ok(appends)
}
