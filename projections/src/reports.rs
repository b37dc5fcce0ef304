//! The report log: finished runs. A run whose doubtful letters are sent again has no report until it is finished again.

use crate::columns::row;
use crate::feedback::Counts;
use crate::{Access, Cursor, Event, FoldError, Listed, ReadError, split};
use chrono::{DateTime, Utc};
use domain::{Fact, Language, RunId, TimeZone, Totals, run};
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

row! {
    /// The report of a finished run.
    pub struct Report from Stored {
        words {
            /// How many deliveries have which outcome.
            pub totals: Json<Totals> = "reports"(run_id),
            /// The language of the owner.
            pub language: Language = "users"(owner_id),
        }
        /// The run that the report is about.
        pub run_id: Uuid,
        /// The mailing that the run is of.
        pub mailing_id: Uuid,
        /// The owner of the mailing.
        pub owner_id: Uuid,
        /// The moment when the run started.
        pub started_at: DateTime<Utc>,
        /// The moment when the run's last delivery had its outcome.
        pub finished_at: DateTime<Utc>,
        /// How many of the suppressed ones have the same mailbox as another recipient, who got the letter.
        pub left_out: i64,
        /// How many of the suppressed ones have an address that is not written to any more.
        pub not_written_to: i64,
        /// The moment when the last attempt ended; `None` if there was none.
        pub last_attempt_at: Option<DateTime<Utc>>,
        /// What the mail server said last; `None` if it said nothing.
        pub last_reply: Option<String>,
        /// The name of the owner's time zone.
        pub time_zone: String,
        /// How many letters of the run have come back for good by now, after a mail server had taken them: most do within minutes, and
        /// some after days.
        pub bounced: i64,
        /// How many letters of the run came back for the moment after a mail server had taken them, of which nobody has reported that they
        /// came back for good.
        pub soft_bounced: i64,
        /// How many letters of the run recipients have complained of by now.
        pub complained: i64,
    }
}

impl Stored {
    /// Its place in [`page`].
    fn cursor(&self) -> Cursor {
        Cursor { at: self.finished_at, id: self.run_id }
    }
}

impl Report {
    /// How long the run took from start to finish, in seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        let took = self.finished_at - self.started_at;
        took.as_seconds_f64().max(0.0)
    }

    /// Letters that reached an outcome per second.
    #[must_use]
    pub fn per_second(&self) -> f64 {
        let letters = self.totals.planned - self.totals.pending;
        #[expect(clippy::cast_precision_loss, reason = "a rate for people; runs have fewer than 2^52 letters")]
        let letters = letters as f64;
        if self.seconds() > 0.0 { letters / self.seconds() } else { letters }
    }

    /// The moment when the run's last letter was decided.
    #[must_use]
    pub fn attempted_at(&self) -> DateTime<Utc> {
        self.last_attempt_at.unwrap_or(self.finished_at)
    }

    /// How many of the suppressed ones have the same mailbox as another recipient, who got the letter.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        u64::try_from(self.left_out).unwrap_or(0)
    }

    /// How many of the suppressed ones have an address that is not written to any more.
    #[must_use]
    pub fn not_written_to(&self) -> u64 {
        u64::try_from(self.not_written_to).unwrap_or(0)
    }

    /// What has come back of the run's letters by now.
    #[must_use]
    pub fn came_back(&self) -> Counts {
        Counts { bounced: self.bounced, soft_bounced: self.soft_bounced, complained: self.complained }
    }

    /// Whether the mail server took every single letter that was to be sent. What came back after that changes nothing of it.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.totals.accepted + self.left_out() + self.not_written_to() == self.totals.planned
    }

    /// The zone of its owner. What was one once may no longer be; its owner is not to blame.
    #[must_use]
    pub fn zone(&self) -> TimeZone {
        TimeZone::parse(&self.time_zone).unwrap_or(TimeZone::UTC)
    }
}

/// The report of a run, once it is finished.
pub async fn get(pool: &PgPool, access: Access, run: RunId) -> Result<Option<Report>, ReadError> {
    let row = sqlx::query_as!(
        Stored,
        r#"select p.run_id, p.mailing_id, p.owner_id, p.started_at, p.finished_at as "finished_at!",
                  p.totals as "totals!", coalesce(r.left_out, 0) as "left_out!",
                  coalesce((select sum(c.deliveries) from suppression_counts c
                             where c.run_id = p.run_id and c.reason not in ('same_mailbox', 'cancelled')), 0)::bigint
                    as "not_written_to!",
                  r.last_attempt_at as "last_attempt_at?", r.last_reply,
                  coalesce(u.language, 'en') as "language!", coalesce(u.time_zone, 'UTC') as "time_zone!",
                  coalesce(f.bounced, 0) as "bounced!", coalesce(f.delayed, 0) as "soft_bounced!",
                  coalesce(f.complained, 0) as "complained!"
             from reports p
             left join runs r on r.id = p.run_id
             left join users u on u.id = p.owner_id
             left join feedback_counts f on f.run_id = p.run_id
            where p.run_id = $1 and p.finished_at is not null and ($2::uuid is null or p.owner_id = $2)"#,
        run.0,
        access.owner(),
    )
    .fetch_optional(pool)
    .await?;
    Ok(row.map(Stored::read).transpose()?)
}

/// The reports after a place, newest first.
pub async fn page(
    pool: &PgPool,
    access: Access,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Listed<Cursor, Report>, sqlx::Error> {
    let (at, id) = split(after);
    let rows = sqlx::query_as!(
        Stored,
        r#"select p.run_id, p.mailing_id, p.owner_id, p.started_at, p.finished_at as "finished_at!",
                  p.totals as "totals!", coalesce(r.left_out, 0) as "left_out!",
                  coalesce((select sum(c.deliveries) from suppression_counts c
                             where c.run_id = p.run_id and c.reason not in ('same_mailbox', 'cancelled')), 0)::bigint
                    as "not_written_to!",
                  r.last_attempt_at as "last_attempt_at?", r.last_reply,
                  coalesce(u.language, 'en') as "language!", coalesce(u.time_zone, 'UTC') as "time_zone!",
                  coalesce(f.bounced, 0) as "bounced!", coalesce(f.delayed, 0) as "soft_bounced!",
                  coalesce(f.complained, 0) as "complained!"
             from reports p
             left join runs r on r.id = p.run_id
             left join users u on u.id = p.owner_id
             left join feedback_counts f on f.run_id = p.run_id
            where p.finished_at is not null and ($1::uuid is null or p.owner_id = $1)
              and ($2::timestamptz is null or (p.finished_at, p.run_id) < ($2, $3))
            order by p.finished_at desc, p.run_id desc limit $4"#,
        access.owner(),
        at,
        id,
        limit,
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.cursor(), row.read())).collect())
}

/// How many reports there are.
pub async fn count(pool: &PgPool, access: Access) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from reports
            where finished_at is not null and ($1::uuid is null or owner_id = $1)"#,
        access.owner(),
    )
    .fetch_one(pool)
    .await
}

pub(crate) async fn fold(connection: &mut PgConnection, events: &[&Event]) -> Result<(), FoldError> {
    // Many runs start and end at the same time: reports are begun and written together. A report is begun before it is written,
    // and whoever finds one that is begun anew has written what came before.
    let (mut started, mut finished) = (Vec::new(), Vec::new());
    for event in events {
        match &event.fact {
            Fact::Run(id, run::Event::Started { origin, at, .. }) => started.push((*id, origin, *at)),
            // Until it is finished again.
            Fact::Run(id, run::Event::ResendOrdered { .. }) => {
                begin(connection, &std::mem::take(&mut started)).await?;
                write(connection, &std::mem::take(&mut finished)).await?;
                sqlx::query!("update reports set finished_at = null, totals = null where run_id = $1", id.0)
                    .execute(&mut *connection)
                    .await?;
            }
            Fact::Run(id, run::Event::Finished { totals, at }) => finished.push((*id, *totals, *at)),
            _ => {}
        }
    }
    begin(connection, &started).await?;
    write(connection, &finished).await
}

async fn begin(
    connection: &mut PgConnection,
    started: &[(RunId, &run::Origin, DateTime<Utc>)],
) -> Result<(), FoldError> {
    if started.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into reports (run_id, mailing_id, owner_id, started_at)
         select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[])",
        &started.iter().map(|(run, ..)| run.0).collect::<Vec<_>>(),
        &started.iter().map(|(_, origin, _)| origin.mailing.0).collect::<Vec<_>>(),
        &started.iter().map(|(_, origin, _)| origin.owner.0).collect::<Vec<_>>(),
        &started.iter().map(|(.., at)| *at).collect::<Vec<_>>(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn write(connection: &mut PgConnection, finished: &[(RunId, Totals, DateTime<Utc>)]) -> Result<(), FoldError> {
    if finished.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "update reports r set finished_at = t.at, totals = t.totals
           from unnest($1::uuid[], $2::timestamptz[], $3::jsonb[]) as t (run_id, at, totals)
          where r.run_id = t.run_id",
        &finished.iter().map(|(run, ..)| run.0).collect::<Vec<_>>(),
        &finished.iter().map(|(.., at)| *at).collect::<Vec<_>>(),
        &finished.iter().map(|(_, totals, _)| Json(*totals)).collect::<Vec<_>>() as &[Json<Totals>],
    )
    .execute(connection)
    .await?;
    Ok(())
}
