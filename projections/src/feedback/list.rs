//! Reports as lists, and the numbers of runs and mailings.

use super::{CameBack, Counts, Report, Stored, What};
use crate::columns::Word as _;
use crate::{Access, Listed};
use chrono::{DateTime, Utc};
use domain::{MailingId, RunId, UserId};
use sqlx::PgPool;
use uuid::Uuid;

/// The reports that a list shows: those that meet all conditions.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only reports of letters of this owner's mailings.
    pub owner: Option<UserId>,
    /// Only reports of letters of this mailing.
    pub mailing: Option<MailingId>,
    /// Only reports of letters of this run.
    pub run: Option<RunId>,
    /// Only reports that say this.
    pub what: Option<What>,
}

/// A place in a list of reports, the newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The moment when the last report seen was taken in.
    pub at: DateTime<Utc>,
    /// The run of its letter.
    pub run: Uuid,
    /// The letter's place in the run.
    pub ordinal: i32,
    /// The place of the report's event in its stream.
    pub version: i64,
}

impl Stored {
    /// Its place in [`page`].
    fn place(&self) -> Place {
        Place { at: self.reported_at, run: self.run_id, ordinal: self.ordinal, version: self.version }
    }
}

/// A query of reports: what comes after the columns. It is checked when it is compiled.
macro_rules! reports {
    ($from:literal $(, $value:expr)* $(,)?) => {
        sqlx::query_as!(
            Stored,
            "select run_id, ordinal, version, report_id, mailing_id, owner_id, client_id, what, dead, code, words, via,
                    reported_by, reported_at "
                + $from,
            $($value,)*
        )
    };
}

/// The reports of some letters of a run, in the order in which they were recorded, each with the place of its letter.
pub async fn of_deliveries(pool: &PgPool, run: RunId, ordinals: &[i32]) -> Result<Listed<i32, Report>, sqlx::Error> {
    let rows =
        reports!("from feedback where run_id = $1 and ordinal = any($2) order by ordinal, version", run.0, ordinals,)
            .fetch_all(pool)
            .await?;
    Ok(rows.into_iter().map(|row| (row.ordinal, row.read())).collect())
}

/// The reports after a place, newest first.
pub async fn page(
    pool: &PgPool,
    access: Access,
    filter: &Filter,
    after: Option<Place>,
    limit: i64,
) -> Result<Listed<Place, Report>, sqlx::Error> {
    let rows = reports!(
        "from feedback
          where ($1::uuid is null or owner_id = $1) and ($2::uuid is null or mailing_id = $2)
            and ($3::uuid is null or run_id = $3) and ($4::text is null or what = $4)
            and ($5::timestamptz is null or (reported_at, run_id, ordinal, version) < ($5, $6, $7, $8))
          order by reported_at desc, run_id desc, ordinal desc, version desc limit $9",
        access.of_owner(filter.owner).owner(),
        filter.mailing.map(|mailing| mailing.0),
        filter.run.map(|run| run.0),
        filter.what.map(What::word),
        after.map(|place| place.at),
        after.map(|place| place.run),
        after.map(|place| place.ordinal),
        after.map(|place| place.version),
        limit,
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.place(), row.read())).collect())
}

/// How many reports pass the filter. A letter has as many as there are of it.
pub async fn count(pool: &PgPool, access: Access, filter: &Filter) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from feedback
            where ($1::uuid is null or owner_id = $1) and ($2::uuid is null or mailing_id = $2)
              and ($3::uuid is null or run_id = $3) and ($4::text is null or what = $4)"#,
        access.of_owner(filter.owner).owner(),
        filter.mailing.map(|mailing| mailing.0),
        filter.run.map(|run| run.0),
        filter.what.map(What::word),
    )
    .fetch_one(pool)
    .await
}

/// How many letters of each of these runs came back; runs without any are left out.
pub async fn counts(pool: &PgPool, runs: &[Uuid]) -> Result<Vec<(Uuid, Counts)>, sqlx::Error> {
    let rows =
        sqlx::query!("select run_id, bounced, delayed, complained from feedback_counts where run_id = any($1)", runs)
            .fetch_all(pool)
            .await?;
    let of = |bounced, soft_bounced, complained| Counts { bounced, soft_bounced, complained };
    Ok(rows.into_iter().map(|row| (row.run_id, of(row.bounced, row.delayed, row.complained))).collect())
}

/// How many letters of a run that may be read came back so.
pub(crate) async fn count_of_run(
    pool: &PgPool,
    access: Access,
    run: RunId,
    came_back: CameBack,
) -> Result<i64, sqlx::Error> {
    let row = sqlx::query!(
        "select bounced, delayed, complained from feedback_counts where run_id = $1 and ($2::uuid is null or owner_id = $2)",
        run.0,
        access.owner(),
    )
    .fetch_optional(pool)
    .await?;
    let of = |bounced, soft_bounced, complained| Counts { bounced, soft_bounced, complained };
    Ok(row.map_or(0, |row| of(row.bounced, row.delayed, row.complained).of(came_back)))
}

/// How many letters of all runs of each of these mailings came back; mailings without any are left out.
pub async fn counts_of_mailings(pool: &PgPool, mailings: &[Uuid]) -> Result<Vec<(Uuid, Counts)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select mailing_id, sum(bounced)::bigint as "bounced!", sum(delayed)::bigint as "delayed!",
                  sum(complained)::bigint as "complained!"
             from feedback_counts where mailing_id = any($1) group by mailing_id"#,
        mailings,
    )
    .fetch_all(pool)
    .await?;
    let of = |bounced, soft_bounced, complained| Counts { bounced, soft_bounced, complained };
    Ok(rows.into_iter().map(|row| (row.mailing_id, of(row.bounced, row.delayed, row.complained))).collect())
}
