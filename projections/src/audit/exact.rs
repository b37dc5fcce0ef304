//! What no answer tells, and is looked at event by event: the moment to the microsecond, a text, and what an event followed from.

use super::events::at;
use super::filter::{Filter, Unread};
use super::range::Direction;
use crate::history::AuditEvent;
use crate::sought;
use chrono::{DateTime, Utc};
use domain::Actor;
use sqlx::PgPool;
use uuid::Uuid;

/// What is told by the events alone.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Exact<'a> {
    pub(super) since: Option<DateTime<Utc>>,
    pub(super) until: Option<DateTime<Utc>>,
    pub(super) text: Option<&'a str>,
    pub(super) unread: Option<&'a Unread>,
    pub(super) event_id: Option<Uuid>,
    pub(super) caused_by: Option<Uuid>,
}

impl<'a> Exact<'a> {
    /// What a filter asks for of that.
    pub(super) fn of(filter: &'a Filter) -> Self {
        let text = sought(filter.text.as_deref());
        Self { since: filter.since, until: filter.until, text, unread: Some(&filter.unread), ..Self::default() }
    }
}

impl Exact<'_> {
    pub(super) fn is_nothing(&self) -> bool {
        self.since.is_none()
            && self.until.is_none()
            && self.text.is_none()
            && self.event_id.is_none()
            && self.caused_by.is_none()
    }

    /// Whether nothing but moments is asked for.
    pub(super) fn is_of_moments(&self) -> bool {
        self.text.is_none() && self.event_id.is_none() && self.caused_by.is_none()
    }

    /// In which events the text is not looked for, and who caused those in which it is all the same.
    fn unread(&self) -> (&[String], Option<String>) {
        let Some(unread) = self.unread else { return (&[], None) };
        (unread.events.as_slice(), unread.but_of.map(|user| Actor::User(user).to_string()))
    }

    /// Those of these positions whose events were recorded in the time that is asked for, in their order.
    pub(super) async fn in_time(self, pool: &PgPool, positions: Vec<i64>) -> Result<Vec<i64>, sqlx::Error> {
        let Self { since, until, .. } = self;
        if since.is_none() && until.is_none() {
            return Ok(positions);
        }
        sqlx::query_scalar!(
            r#"select e.position as "position!"
                 from unnest($1::bigint[]) with ordinality as p (position, n)
                cross join lateral (select position, recorded_at from events where position = p.position offset 0) e
                where ($2::timestamptz is null or e.recorded_at >= $2) and ($3::timestamptz is null or e.recorded_at < $3)
                order by p.n"#,
            &positions,
            since,
            until,
        )
        .fetch_all(pool)
        .await
    }

    /// The events at these positions that pass but for their moments, in order.
    pub(super) async fn read(
        self,
        pool: &PgPool,
        positions: &[i64],
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<AuditEvent>, sqlx::Error> {
        let Self { text, event_id, caused_by, .. } = self;
        let (unread, but_of) = self.unread();
        // Those that pass are found before they are read: an event may name all recipients of a batch.
        let passing = sqlx::query_scalar!(
            r#"select e.position as "position!"
                 from unnest($1::bigint[]) with ordinality as p (position, n)
                cross join lateral (select * from events where position = p.position offset 0) e
                where ($2::text is null
                       or strpos(lower(e.payload::text), lower($2)) > 0
                          and (e.aggregate_type || '/' || e.event_type <> all($6::text[]) or e.metadata ->> 'actor' = $7))
                  and ($3::uuid is null or e.event_id = $3)
                  and ($4::text is null or e.metadata ->> 'causation_id' = $4)
                order by p.n limit $5"#,
            positions,
            text,
            event_id,
            caused_by.map(|id| id.to_string()),
            i64::try_from(limit).unwrap_or(i64::MAX),
            unread,
            but_of,
        )
        .fetch_all(pool)
        .await?;
        let mut rows = at(pool, &passing).await?;
        if direction == Direction::Backwards {
            rows.reverse();
        }
        Ok(rows)
    }

    /// How many of these pass but for their moments.
    pub(super) async fn passing(self, pool: &PgPool, positions: &[i64]) -> Result<i64, sqlx::Error> {
        let Self { text, event_id, caused_by, .. } = self;
        let (unread, but_of) = self.unread();
        sqlx::query_scalar!(
            r#"select count(*) as "count!"
                 from unnest($1::bigint[]) as p (position)
                cross join lateral (select * from events where position = p.position offset 0) e
                where ($2::text is null
                       or strpos(lower(e.payload::text), lower($2)) > 0
                          and (e.aggregate_type || '/' || e.event_type <> all($5::text[]) or e.metadata ->> 'actor' = $6))
                  and ($3::uuid is null or e.event_id = $3)
                  and ($4::text is null or e.metadata ->> 'causation_id' = $4)"#,
            positions,
            text,
            event_id,
            caused_by.map(|id| id.to_string()),
            unread,
            but_of,
        )
        .fetch_one(pool)
        .await
    }
}
