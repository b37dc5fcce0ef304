//! Senders as lists, and one of them as a run keeps it.

use super::Sender;
use crate::{Access, Cursor, sought, split};
use domain::run::PinnedSender;
use domain::{EmailAddress, FullName, SenderId, UserId};
use sqlx::{PgExecutor, PgPool};
use std::collections::HashSet;
use uuid::Uuid;

/// A query of senders: what comes after the columns that are selected of `s`. It is checked when it is compiled.
macro_rules! senders {
    ($from:literal $(, $value:expr)* $(,)?) => {
        sqlx::query_as!(
            Sender,
            r#"select s.id, s.owner_id, s.name, s.address, s.domain, s.reply_to, s.verified_at, s.revoked_at, s.revoked_why,
                      s.created_at, s.deleted_at,
                      s.revision, s.version,
                      exists (select from sender_domains d join sender_domain_grants g on g.domain_id = d.id
                               where d.domain = s.domain and d.removed_at is null and g.owner_id = s.owner_id)
                        as "granted!" "#
                + $from,
            $($value,)*
        )
    };
}

/// The sender of this id, also a deleted one; `None` if there is none that may be read.
pub async fn get(pool: &PgPool, access: Access, id: SenderId) -> Result<Option<Sender>, sqlx::Error> {
    Ok(by_ids(pool, access, &[id.0]).await?.pop())
}

/// Senders by their ids, also deleted ones, in no order.
pub async fn by_ids(executor: impl PgExecutor<'_>, access: Access, ids: &[Uuid]) -> Result<Vec<Sender>, sqlx::Error> {
    senders!("from senders s where s.id = any($1) and ($2::uuid is null or s.owner_id = $2)", ids, access.owner())
        .fetch_all(executor)
        .await
}

/// Which senders a list has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Those that hold their address: they are there, or deleted and revoked.
    Holding,
    /// These, and deleted ones that an administrator may have to revoke: letters of runs under way are from them.
    ToJudge,
}

/// The senders whose name or address contains this, in any case, after a place, oldest first.
pub async fn page(
    pool: &PgPool,
    access: Access,
    which: Which,
    search: Option<&str>,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Vec<Sender>, sqlx::Error> {
    let (at, id) = split(after);
    senders!(
        "from senders s
          where (s.deleted_at is null or s.revoked_at is not null
                 or $6 and s.id in (select sender_id from runs where status in ('planning', 'sending')))
            and ($1::uuid is null or s.owner_id = $1)
            and ($2::text is null or strpos(folded(s.address || chr(10) || s.name), (select folded($2))) > 0)
            and ($3::timestamptz is null or (s.created_at, s.id) > ($3, $4))
          order by s.created_at, s.id limit $5",
        access.owner(),
        sought(search),
        at,
        id,
        limit,
        which == Which::ToJudge,
    )
    .fetch_all(pool)
    .await
}

/// How many senders have a name or an address that contains this.
pub async fn count(pool: &PgPool, access: Access, which: Which, search: Option<&str>) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from senders
            where (deleted_at is null or revoked_at is not null
                   or $3 and id in (select sender_id from runs where status in ('planning', 'sending')))
              and ($1::uuid is null or owner_id = $1)
              and ($2::text is null or strpos(folded(address || chr(10) || name), (select folded($2))) > 0)"#,
        access.owner(),
        sought(search),
        which == Which::ToJudge,
    )
    .fetch_one(pool)
    .await
}

/// How many senders an owner has, with those that hold their address although they are deleted; counted up to `most`, so that it takes no
/// longer however many there are.
pub async fn held(pool: &PgPool, owner: UserId, most: i64) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "held!" from
               (select from senders
                 where owner_id = $1 and (deleted_at is null or revoked_at is not null) limit $2) as counted"#,
        owner.0,
        most,
    )
    .fetch_one(pool)
    .await
}

/// Those of these senders that letters of their owners can be from. What is not there is not among them.
pub async fn usable(executor: impl PgExecutor<'_>, ids: &[Uuid]) -> Result<HashSet<Uuid>, sqlx::Error> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let senders = by_ids(executor, Access::All, ids).await?;
    Ok(senders.into_iter().filter(Sender::is_usable).map(|sender| sender.id).collect())
}

/// A sender as it was in one of its revisions: what letters of a run have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// The name that recipients see; it may be empty.
    pub name: FullName,
    /// The address that letters are from, and that bounces go to.
    pub address: EmailAddress,
    /// The domain of the address, as the name service knows it; empty if it has no such form.
    pub domain: String,
    /// The address that replies go to, if it is another one.
    pub reply_to: Option<EmailAddress>,
}

/// The sender that a run has pinned, whatever became of it later; `None` if the read model does not show it.
pub async fn form(executor: impl PgExecutor<'_>, pinned: PinnedSender) -> Result<Option<Form>, sqlx::Error> {
    let row = sqlx::query!(
        "select r.name, r.reply_to, s.address, s.domain
           from sender_revisions r join senders s on s.id = r.sender_id
          where r.sender_id = $1 and r.revision = $2",
        pinned.sender.0,
        i32::try_from(pinned.revision).unwrap_or(i32::MAX),
    )
    .fetch_optional(executor)
    .await?;
    Ok(row.map(|row| Form {
        // What was accepted once is not judged again.
        name: FullName::parse(&row.name).unwrap_or_default(),
        address: EmailAddress::taken(&row.address),
        domain: row.domain,
        reply_to: row.reply_to.as_deref().map(EmailAddress::taken),
    }))
}
