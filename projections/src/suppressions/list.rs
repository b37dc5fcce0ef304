//! Suppressions as lists: filtered, page by page, newest first.

use super::{ScopeKind, Stored, Suppression};
use crate::columns::{Word as _, only};
use crate::{Access, Cursor, Listed, ReadError, sought, split};
use chrono::{DateTime, Utc};
use domain::suppression::Reason;
use domain::{EmailAddress, SuppressionId, UserId};
use sqlx::PgPool;
use uuid::Uuid;

/// The suppressions that a list shows: those that meet all conditions.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only those of this owner's mailings.
    pub owner: Option<UserId>,
    /// Only those whose address contains this, in any case, or is the same mailbox in another spelling.
    pub search: Option<String>,
    /// Only those for this reason.
    pub reason: Option<Reason>,
    /// Only those of this kind of scope.
    pub scope: Option<ScopeKind>,
    /// Only those that are in force at this moment, or only those that are over: that were lifted, or have come to their end. `None`
    /// for both.
    pub in_force: Option<(bool, DateTime<Utc>)>,
}

impl Filter {
    /// The mailbox that is looked for, if the text is a whole address.
    fn mailbox(&self) -> Option<String> {
        sought(self.search.as_deref()).and_then(|text| EmailAddress::parse(text).ok()).map(|address| address.key())
    }
}

/// A query of the suppressions that pass a filter: what it selects, and what comes after the filter. Both are checked when they
/// are compiled. Whoever may read one owner's reads none of the installation's.
macro_rules! passing {
    ($query:ident, ($($row:ident)?), $access:expr, $filter:expr, $select:literal, $rest:literal $(, $more:expr)*) => {
        sqlx::$query!(
            $($row,)?
            $select
                + " from suppressions
            where ($1::uuid is null or owner_id = $1) and ($2::uuid is null or owner_id = $2)
              and ($3::text is null or strpos(folded(email), (select folded($3))) > 0 or mailbox = $4)
              and ($5::text is null or reason = $5) and ($6::text is null or scope = $6)
              and ($7::boolean is null or (lifted_at is null and coalesce(until > $8::timestamptz, true)) = $7) "
                + $rest,
            $access.owner(),
            $filter.owner.map(|owner| owner.0),
            sought($filter.search.as_deref()),
            $filter.mailbox(),
            $filter.reason.map(Reason::name),
            $filter.scope.map(ScopeKind::word),
            $filter.in_force.map(|(in_force, _)| in_force),
            $filter.in_force.map(|(_, now)| now),
            $($more,)*
        )
    };
}

/// The suppressions that pass the filter after a place, newest first.
pub async fn page(
    pool: &PgPool,
    access: Access,
    filter: &Filter,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Listed<Cursor, Suppression>, sqlx::Error> {
    let (at, id) = split(after);
    let rows = passing!(
        query_as,
        (Stored),
        access,
        filter,
        "select id, scope, scope_id, owner_id, mailing_id, group_id, email, mailbox, reason, source, source_kind, note,
                suppressed_at, until, lifted_at, lifted_by, lifted_why, version",
        "and ($9::timestamptz is null or (suppressed_at, id) < ($9, $10)) order by suppressed_at desc, id desc limit $11",
        at,
        id,
        limit
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.cursor(), row.read())).collect())
}

/// How many suppressions pass the filter.
pub async fn count(pool: &PgPool, access: Access, filter: &Filter) -> Result<i64, sqlx::Error> {
    let count = passing!(query_scalar, (), access, filter, r#"select count(*) as "count!""#, "");
    count.fetch_one(pool).await
}

/// Suppressions by their ids, in no order.
pub async fn by_ids(pool: &PgPool, access: Access, ids: &[Uuid]) -> Result<Listed<Uuid, Suppression>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Stored,
        "select id, scope, scope_id, owner_id, mailing_id, group_id, email, mailbox, reason, source, source_kind, note,
                suppressed_at, until, lifted_at, lifted_by, lifted_why, version
           from suppressions where id = any($1) and ($2::uuid is null or owner_id = $2)",
        ids,
        access.owner(),
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.read())).collect())
}

/// The suppression of this id, also one that was lifted; `None` if there is none that may be read.
pub async fn get(pool: &PgPool, access: Access, id: SuppressionId) -> Result<Option<Suppression>, ReadError> {
    only(by_ids(pool, access, &[id.0]).await?)
}

/// What keeps an owner's mailings from writing to these mailboxes, each with its mailbox: the owner's own suppressions, those of single
/// mailings and topics, and those of the installation, without what was lifted. Some of them may have come to their end.
pub async fn of_mailboxes(
    pool: &PgPool,
    owner: UserId,
    mailboxes: &[String],
) -> Result<Listed<String, Suppression>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Stored,
        "select s.id, s.scope, s.scope_id, s.owner_id, s.mailing_id, s.group_id, s.email, s.mailbox, s.reason, s.source,
                s.source_kind, s.note, s.suppressed_at, s.until, s.lifted_at, s.lifted_by, s.lifted_why, s.version
           from unnest($1::text[]) as asked (mailbox)
          cross join lateral (select * from suppressions where mailbox = asked.mailbox offset 0) s
          where s.lifted_at is null and (s.owner_id = $2 or s.owner_id is null)
          order by s.mailbox, s.suppressed_at desc, s.id",
        mailboxes,
        owner.0,
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.mailbox.clone(), row.read())).collect())
}

/// How many suppressions of an owner are in force at this moment; counted up to `most`, so that it takes no longer however many there
/// are.
pub async fn held(pool: &PgPool, owner: UserId, now: DateTime<Utc>, most: i64) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "held!" from
               (select from suppressions
                 where owner_id = $1 and lifted_at is null and (until is null or until > $2) limit $3) as counted"#,
        owner.0,
        now,
        most,
    )
    .fetch_one(pool)
    .await
}
