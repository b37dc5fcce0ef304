//! Accounts.

use crate::{Event, FoldError, touched};
use chrono::{DateTime, Utc};
use domain::{EmailAddress, Fact, UserId, user};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// An account.
#[derive(Clone, Debug)]
pub struct User {
    /// Its id.
    pub id: Uuid,
    /// The address to log in with.
    pub email: String,
    /// The name shown to others.
    pub full_name: String,
    /// The user's zone.
    pub time_zone: String,
    /// In which the service writes to them, see [`domain::Language`].
    pub language: String,
    /// Whether the address is known to be theirs.
    pub verified: bool,
    /// Names of roles, see [`domain::Role`].
    pub roles: Vec<String>,
    /// Since when they are shut out, if they are.
    pub blocked_at: Option<DateTime<Utc>>,
    /// Since when.
    pub registered_at: DateTime<Utc>,
    /// Of the last event shown.
    pub version: i64,
}

/// The account of that id.
pub async fn get(pool: &PgPool, id: UserId) -> Result<Option<User>, sqlx::Error> {
    sqlx::query_as!(
        User,
        "select id, email, full_name, time_zone, language, verified, roles, blocked_at, registered_at, version from users where id = $1",
        id.0
    )
    .fetch_optional(pool)
    .await
}

/// The account with that address.
pub async fn by_email(pool: &PgPool, email: &EmailAddress) -> Result<Option<User>, sqlx::Error> {
    sqlx::query_as!(
        User,
        "select id, email, full_name, time_zone, language, verified, roles, blocked_at, registered_at, version
           from users where email_key = $1",
        email.key()
    )
    .fetch_optional(pool)
    .await
}

/// Accounts by their ids, in no order.
pub async fn by_ids(pool: &PgPool, ids: &[Uuid]) -> Result<Vec<User>, sqlx::Error> {
    sqlx::query_as!(
        User,
        "select id, email, full_name, time_zone, language, verified, roles, blocked_at, registered_at, version
           from users where id = any($1)",
        ids
    )
    .fetch_all(pool)
    .await
}

pub(crate) async fn fold(connection: &mut PgConnection, events: &[&Event]) -> Result<(), FoldError> {
    for event in events {
        let Fact::User(id, fact) = &event.fact else { continue };
        match fact {
            user::Event::Registered { email, full_name, time_zone, language } => {
                sqlx::query!(
                    "insert into users (id, email, email_key, full_name, time_zone, language, verified, roles,
                                        registered_at, version)
                     values ($1, $2, $3, $4, $5, $6, false, '{}', $7, $8)",
                    id.0,
                    email.as_str(),
                    email.key(),
                    full_name.as_str(),
                    time_zone.name(),
                    language.name(),
                    event.at,
                    event.version,
                )
                .execute(&mut *connection)
                .await?;
            }
            user::Event::EmailVerified => {
                let done =
                    sqlx::query!("update users set verified = true, version = $2 where id = $1", id.0, event.version)
                        .execute(&mut *connection)
                        .await?;
                touched(&done, "users", id.0)?;
            }
            user::Event::ProfileChanged { full_name, time_zone, language } => {
                let done = sqlx::query!(
                    "update users set full_name = $3, time_zone = $4, language = $5, version = $2 where id = $1",
                    id.0,
                    event.version,
                    full_name.as_str(),
                    time_zone.name(),
                    language.name(),
                )
                .execute(&mut *connection)
                .await?;
                touched(&done, "users", id.0)?;
            }
            user::Event::EmailChanged { email } => {
                let done = sqlx::query!(
                    "update users set email = $3, email_key = $4, verified = true, version = $2 where id = $1",
                    id.0,
                    event.version,
                    email.as_str(),
                    email.key(),
                )
                .execute(&mut *connection)
                .await?;
                touched(&done, "users", id.0)?;
            }
            user::Event::Blocked { .. } | user::Event::Unblocked { .. } => {
                let blocked_at = matches!(fact, user::Event::Blocked { .. }).then_some(event.at);
                let done = sqlx::query!(
                    "update users set blocked_at = $3, version = $2 where id = $1",
                    id.0,
                    event.version,
                    blocked_at,
                )
                .execute(&mut *connection)
                .await?;
                touched(&done, "users", id.0)?;
            }
            user::Event::RoleGranted { role } => {
                let done = sqlx::query!(
                    "update users set roles = array_append(roles, $3), version = $2 where id = $1",
                    id.0,
                    event.version,
                    role.name(),
                )
                .execute(&mut *connection)
                .await?;
                touched(&done, "users", id.0)?;
            }
            user::Event::RoleRevoked { role } => {
                let done = sqlx::query!(
                    "update users set roles = array_remove(roles, $3), version = $2 where id = $1",
                    id.0,
                    event.version,
                    role.name(),
                )
                .execute(&mut *connection)
                .await?;
                touched(&done, "users", id.0)?;
            }
            user::Event::PasswordChanged => {
                let done = sqlx::query!("update users set version = $2 where id = $1", id.0, event.version)
                    .execute(&mut *connection)
                    .await?;
                touched(&done, "users", id.0)?;
            }
        }
    }
    Ok(())
}
