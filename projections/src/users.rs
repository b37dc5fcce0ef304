//! Accounts.

use crate::columns::row;
use crate::{Cursor, Event, FoldError, Listed, ReadError, sought_of_people, split, touched};
use chrono::{DateTime, Utc};
use domain::{EmailAddress, Fact, Language, PostalAddress, Role, UserId, user};
use sqlx::postgres::PgQueryResult;
use sqlx::{PgConnection, PgExecutor, PgPool};
use uuid::Uuid;

row! {
    /// An account as lists show it.
    pub struct User from Stored {
        words {
            /// The language in which the service writes to them.
            pub language: Language = "users"(id),
            /// The user's roles, in the order in which they were granted.
            pub roles: Vec<Role> = "users"(id),
        }
        /// The user's id.
        pub id: Uuid,
        /// The address to log in with.
        pub email: String,
        /// The name shown to others.
        pub full_name: String,
        /// The name of the user's time zone.
        pub time_zone: String,
        /// Whether the address is known to be theirs.
        pub verified: bool,
        /// The moment since which the user is blocked; `None` if the user is not.
        pub blocked_at: Option<DateTime<Utc>>,
        /// The moment when the account was opened.
        pub registered_at: DateTime<Utc>,
        /// The user's version: the place in its stream of the last event that is shown.
        pub version: i64,
    }
}

impl Stored {
    /// Its place in [`page`].
    fn cursor(&self) -> Cursor {
        Cursor { at: self.registered_at, id: self.id }
    }
}

/// The accounts that a list shows: those that meet all conditions.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only users whose address or name contains this, in any case.
    pub search: Option<String>,
    /// Only users who have this role.
    pub role: Option<Role>,
    /// Only users who are blocked, or only those who are not; `None` for both.
    pub blocked: Option<bool>,
}

/// The accounts after a place, newest first.
pub async fn page(
    pool: &PgPool,
    filter: &Filter,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Listed<Cursor, User>, sqlx::Error> {
    let (at, id) = split(after);
    let rows = sqlx::query_as!(
        Stored,
        "select id, email, full_name, time_zone, language, verified, roles, blocked_at, registered_at, version
           from users
          where ($1::text[] is null or strpos(folded(email || chr(10) || full_name), (select folded(($1::text[])[1]))) > 0
                 or email_key = ($1::text[])[2])
            and ($2::text is null or $2 = any(roles))
            and ($3::boolean is null or (blocked_at is not null) = $3)
            and ($4::timestamptz is null or (registered_at, id) < ($4, $5))
          order by registered_at desc, id desc limit $6",
        sought_of_people(filter.search.as_deref()) as Option<Vec<Option<String>>>,
        filter.role.map(Role::name),
        filter.blocked,
        at,
        id,
        limit,
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.cursor(), row.read())).collect())
}

/// How many accounts pass the filter.
pub async fn count(pool: &PgPool, filter: &Filter) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from users
          where ($1::text[] is null or strpos(folded(email || chr(10) || full_name), (select folded(($1::text[])[1]))) > 0
                 or email_key = ($1::text[])[2])
            and ($2::text is null or $2 = any(roles))
            and ($3::boolean is null or (blocked_at is not null) = $3)"#,
        sought_of_people(filter.search.as_deref()) as Option<Vec<Option<String>>>,
        filter.role.map(Role::name),
        filter.blocked,
    )
    .fetch_one(pool)
    .await
}

/// Why somebody is shut out, if they are. Apart from the account, because hardly anybody asks.
pub async fn blocked_reason(pool: &PgPool, id: UserId) -> Result<Option<String>, sqlx::Error> {
    let reason = sqlx::query_scalar!("select blocked_reason from users where id = $1 and blocked_at is not null", id.0);
    Ok(reason.fetch_optional(pool).await?.flatten())
}

/// Where somebody can be reached by post, if they have said so. Apart from the account, because hardly anybody asks.
pub async fn postal_address(executor: impl PgExecutor<'_>, id: UserId) -> Result<Option<PostalAddress>, sqlx::Error> {
    let address = sqlx::query_scalar!("select postal_address from users where id = $1", id.0);
    Ok(address.fetch_optional(executor).await?.flatten().as_deref().map(PostalAddress::taken))
}

/// The account of that id.
pub async fn get(pool: &PgPool, id: UserId) -> Result<Option<User>, ReadError> {
    let row = sqlx::query_as!(
        Stored,
        "select id, email, full_name, time_zone, language, verified, roles, blocked_at, registered_at, version from users where id = $1",
        id.0
    )
    .fetch_optional(pool)
    .await?;
    Ok(row.map(Stored::read).transpose()?)
}

/// The account with that address. Of two from before that are one mailbox by now, the one that spells it like this.
pub async fn by_email(pool: &PgPool, email: &EmailAddress) -> Result<Option<User>, ReadError> {
    let row = sqlx::query_as!(
        Stored,
        "select id, email, full_name, time_zone, language, verified, roles, blocked_at, registered_at, version
           from users where email_key = $1 order by lower(email) = $2 desc, registered_at limit 1",
        email.key(),
        email.former_key(),
    )
    .fetch_optional(pool)
    .await?;
    Ok(row.map(Stored::read).transpose()?)
}

/// Accounts by their ids, in no order.
pub async fn by_ids(pool: &PgPool, ids: &[Uuid]) -> Result<Listed<Uuid, User>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Stored,
        "select id, email, full_name, time_zone, language, verified, roles, blocked_at, registered_at, version
           from users where id = any($1)",
        ids
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.read())).collect())
}

async fn write_from(
    connection: &mut PgConnection,
    id: UserId,
    postal_address: Option<&PostalAddress>,
    version: i64,
) -> Result<PgQueryResult, sqlx::Error> {
    sqlx::query!(
        "update users set postal_address = $3, version = $2 where id = $1",
        id.0,
        version,
        postal_address.map(PostalAddress::as_str),
    )
    .execute(connection)
    .await
}

pub(crate) async fn fold(connection: &mut PgConnection, events: &[&Event]) -> Result<(), FoldError> {
    for event in events {
        let Fact::User(id, fact) = &event.fact else { continue };
        let done = match fact {
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
                .await?
            }
            user::Event::EmailVerified => {
                sqlx::query!("update users set verified = true, version = $2 where id = $1", id.0, event.version)
                    .execute(&mut *connection)
                    .await?
            }
            user::Event::ProfileChanged { full_name, time_zone, language } => {
                sqlx::query!(
                    "update users set full_name = $3, time_zone = $4, language = $5, version = $2 where id = $1",
                    id.0,
                    event.version,
                    full_name.as_str(),
                    time_zone.name(),
                    language.name(),
                )
                .execute(&mut *connection)
                .await?
            }
            user::Event::PostalAddressChanged { postal_address } => {
                write_from(connection, *id, postal_address.as_ref(), event.version).await?
            }
            user::Event::EmailChanged { email } => {
                sqlx::query!(
                    "update users set email = $3, email_key = $4, verified = true, version = $2 where id = $1",
                    id.0,
                    event.version,
                    email.as_str(),
                    email.key(),
                )
                .execute(&mut *connection)
                .await?
            }
            user::Event::Blocked { .. } | user::Event::Unblocked { .. } => {
                let blocked = match fact {
                    user::Event::Blocked { reason } => Some((event.at, reason.as_str())),
                    _ => None,
                };
                sqlx::query!(
                    "update users set blocked_at = $3, blocked_reason = $4, version = $2 where id = $1",
                    id.0,
                    event.version,
                    blocked.map(|(at, _)| at),
                    blocked.map(|(_, reason)| reason),
                )
                .execute(&mut *connection)
                .await?
            }
            user::Event::RoleGranted { role } => {
                sqlx::query!(
                    "update users set roles = array_append(roles, $3), version = $2 where id = $1",
                    id.0,
                    event.version,
                    role.name(),
                )
                .execute(&mut *connection)
                .await?
            }
            user::Event::RoleRevoked { role } => {
                sqlx::query!(
                    "update users set roles = array_remove(roles, $3), version = $2 where id = $1",
                    id.0,
                    event.version,
                    role.name(),
                )
                .execute(&mut *connection)
                .await?
            }
            user::Event::PasswordChanged => {
                sqlx::query!("update users set version = $2 where id = $1", id.0, event.version)
                    .execute(&mut *connection)
                    .await?
            }
        };
        touched(&done, "users", id.0)?;
    }
    Ok(())
}
