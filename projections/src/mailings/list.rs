//! Mailings as lists: filtered, page by page.

use super::standing::Standing;
use super::{Mailing, Stored};
use crate::{Access, Cursor, Listed, sought, split};
use chrono::{DateTime, Utc};
use sqlx::PgPool;
use uuid::Uuid;

/// The mailings that a list shows: those that meet all conditions.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only mailings that are doing one of these.
    pub standings: Option<Vec<Standing>>,
    /// The moment at which that counts: a window that has ended by then completes its mailing, written down or not.
    pub now: DateTime<Utc>,
    /// Only mailings whose name contains this, in any case.
    pub search: Option<String>,
    /// Only mailings that send this message.
    pub message: Option<Uuid>,
    /// Only mailings whose window is open at this moment or ends later.
    pub from: Option<DateTime<Utc>>,
    /// Only mailings whose window opens before this moment.
    pub to: Option<DateTime<Utc>>,
}

impl Filter {
    fn names(&self) -> Option<Vec<String>> {
        let names = |standings: &Vec<Standing>| standings.iter().map(|one| one.name().to_owned()).collect();
        self.standings.as_ref().map(names)
    }
}

/// A query of the mailings that pass a filter: what it selects, and what comes after the filter. Both are checked when they
/// are compiled.
macro_rules! passing {
    ($query:ident, ($($row:ident)?), $access:expr, $filter:expr, $standings:expr, $select:literal, $rest:literal $(, $more:expr)*) => {
        sqlx::$query!(
            $($row,)?
            $select
                + " from mailings
            where deleted_at is null and ($1::uuid is null or owner_id = $1)
              and ($2::text[] is null or case when status = 'cancelled' then 'cancelled'
                        when status in ('completed', 'completed_paused', 'completed_disabled', 'completed_disabled_paused')
                          or ends_at <= $3 and status in ('active', 'paused', 'disabled', 'disabled_paused') then 'completed'
                        when status = 'active' and exists (select from doors where user_id = owner_id and blocked) then 'paused'
                        when status = 'active' then case when sent then 'running' else 'created' end
                        when status = 'paused' then 'paused'
                        when status in ('disabled', 'disabled_paused') then 'disabled' end = any($2))
              and ($4::text is null or strpos(folded(name), (select folded($4))) > 0)
              and ($5::uuid is null or message_id = $5)
              and ($6::timestamptz is null or ends_at > $6)
              and ($7::timestamptz is null or starts_at < $7) "
                + $rest,
            $access.owner(),
            $standings.as_deref(),
            $filter.now,
            sought($filter.search.as_deref()),
            $filter.message,
            $filter.from,
            $filter.to,
            $($more,)*
        )
    };
}

/// The mailings that pass the filter after a place, newest first.
pub async fn page(
    pool: &PgPool,
    access: Access,
    filter: &Filter,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Listed<Cursor, Mailing>, sqlx::Error> {
    let ((at, id), standings) = (split(after), filter.names());
    let rows = passing!(
        query_as,
        (Stored),
        access,
        filter,
        standings,
        r#"select id, owner_id, name, message_id, starts_at, ends_at, periodicity,
                  time_zone, in_doubt, kind, relay, sender_id, status, reason, last_occurrence, next_run_at, sent, created_at,
                  deleted_at, version, planned_at,
                  exists (select from doors where user_id = owner_id and blocked) as "owner_blocked!""#,
        "and ($8::timestamptz is null or (created_at, id) < ($8, $9)) order by created_at desc, id desc limit $10",
        at,
        id,
        limit
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.cursor(), row.read())).collect())
}

/// How many mailings pass the filter.
pub async fn count(pool: &PgPool, access: Access, filter: &Filter) -> Result<i64, sqlx::Error> {
    let standings = filter.names();
    let count = passing!(query_scalar, (), access, filter, standings, r#"select count(*) as "count!""#, "");
    count.fetch_one(pool).await
}
