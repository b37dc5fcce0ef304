//! Plans, and when they are due.

mod list;
mod next_runs;

pub use list::{Filter, Standing, count, page};
pub use next_runs::reckon_next_runs;

use crate::columns::{Word, only, row};
use crate::{Access, Cursor, Event, FoldError, Listed, ReadError, touched};
use chrono::{DateTime, Utc};
use domain::mailing::{Action, InDoubt, Obstacle, Plan, Rights, Status};
use domain::{
    Due, Fact, MailingId, MessageId, Periodicity, RelayName, TimeZone, Upcoming, UserId, Window, WindowPhase, mailing,
    run,
};
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};
use std::collections::HashMap;
use uuid::Uuid;

row! {
    /// A mailing as lists show it.
    pub struct Mailing from Stored {
        words {
            /// What is done with letters in doubt.
            pub in_doubt: InDoubt = "mailings"(id),
            /// The mailing's status, which says what may happen next to it.
            pub status: Status = "mailings"(id),
            /// How often a run starts.
            pub periodicity: Json<Periodicity> = "mailings"(id),
        }
        /// The mailing's id.
        pub id: Uuid,
        /// The owner of the mailing.
        pub owner_id: Uuid,
        /// The mailing's name, for people.
        pub name: String,
        /// The id of the message that is sent.
        pub message_id: Uuid,
        /// The moment when the window opens.
        pub starts_at: DateTime<Utc>,
        /// The moment when the window ends.
        pub ends_at: DateTime<Utc>,
        /// The name of the time zone in which the periodicity counts.
        pub time_zone: String,
        /// The relay that its letters go through; any that works if none is named.
        pub relay: Option<String>,
        /// Why the mailing was disabled or suspended; `None` if it is neither.
        pub reason: Option<String>,
        /// The last occurrence that was run or missed.
        pub last_occurrence: Option<DateTime<Utc>>,
        /// The moment when a run will start by itself, as far as the plan goes; `None` if none will.
        pub next_run_at: Option<DateTime<Utc>>,
        /// Whether any run has started.
        pub sent: bool,
        /// The moment when the mailing was planned first.
        pub created_at: DateTime<Utc>,
        /// The moment when the mailing was deleted, as its history stays; `None` if it is there.
        pub deleted_at: Option<DateTime<Utc>>,
        /// The mailing's version: the place in its stream of the last event that is shown.
        pub version: i64,
        /// When it was planned to run at the moments at which it does, if that is known.
        pub planned_at: Option<DateTime<Utc>>,
        /// Whether the owner's account is blocked, which stops the mailing whatever its status is. It is asked of the doors,
        /// which are written with the events; whoever folds or starts mailings does not go by it.
        pub owner_blocked: bool,
    }
}

impl Stored {
    /// Its place in [`page`].
    fn cursor(&self) -> Cursor {
        Cursor { at: self.created_at, id: self.id }
    }

    /// The word of the status that follows the present one. What does not read stays as it is: a guess would be taken for the
    /// truth from then on, and a projection that stops here stops for everybody.
    fn followed_by(&self, next: impl FnOnce(Status) -> Status) -> String {
        let status = Status::from_word(&self.status).map(|status| next(status).word().to_owned());
        status.unwrap_or_else(|| self.status.clone())
    }
}

impl Mailing {
    /// What the mailing is doing now, as people see it. Whatever of its window does not read is as good as over.
    #[must_use]
    pub fn standing(&self, now: DateTime<Utc>) -> Standing {
        match self.status.in_phase(self.phase(now)) {
            Status::Active if self.owner_blocked => Standing::Paused,
            Status::Active if self.sent => Standing::Running,
            Status::Active => Standing::Created,
            Status::Paused => Standing::Paused,
            Status::Disabled { .. } => Standing::Disabled,
            Status::Completed { .. } => Standing::Completed,
            Status::Cancelled => Standing::Cancelled,
        }
    }

    /// Where the window stands now; over if it does not read.
    #[must_use]
    pub fn phase(&self, now: DateTime<Utc>) -> WindowPhase {
        self.window().map_or(WindowPhase::Ended, |window| window.phase(now))
    }

    /// Whether nothing but the owner's blocked account stops the mailing now.
    #[must_use]
    pub fn stopped_by_block(&self, now: DateTime<Utc>) -> bool {
        self.owner_blocked && self.status.in_phase(self.phase(now)) == Status::Active
    }

    /// The moment when the next run will start by itself; `None` if none will unless something is changed.
    #[must_use]
    pub fn upcoming(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let starts = matches!(self.standing(now), Standing::Created | Standing::Running) && self.deleted_at.is_none();
        self.next_run_at.filter(|_| starts && self.obstacle().is_none())
    }

    /// The window in which letters may go out; `None` if the row does not hold one.
    #[must_use]
    pub fn window(&self) -> Option<Window> {
        Window::new(self.starts_at, self.ends_at).ok()
    }

    /// The time zone in which the periodicity counts; `None` if this program does not know it.
    #[must_use]
    pub fn zone(&self) -> Option<TimeZone> {
        TimeZone::parse(&self.time_zone).ok()
    }

    /// What keeps it from starting by itself although nobody has stopped it.
    #[must_use]
    pub fn obstacle(&self) -> Option<Obstacle> {
        self.zone().is_none().then(|| Obstacle::TimeZoneUnknown { zone: self.time_zone.clone() })
    }

    /// What somebody with these rights may do with it.
    #[must_use]
    pub fn actions(&self, rights: Rights, now: DateTime<Utc>) -> Vec<Action> {
        if self.deleted_at.is_some() {
            return Vec::new();
        }
        self.status.allows(self.phase(now), rights)
    }

    /// What keeps it from starting by itself although nobody has stopped it and it is not over.
    #[must_use]
    pub fn obstacle_at(&self, now: DateTime<Utc>) -> Option<Obstacle> {
        let over = matches!(self.standing(now), Standing::Completed | Standing::Cancelled) || self.deleted_at.is_some();
        self.obstacle().filter(|_| !over)
    }

    /// The runs that will start by themselves, `most` of them at the most.
    #[must_use]
    pub fn runs_ahead(&self, now: DateTime<Utc>, most: usize) -> Upcoming {
        let (Some(window), Some(zone)) = (self.window(), self.zone()) else { return Upcoming::default() };
        if !matches!(self.standing(now), Standing::Created | Standing::Running) || self.deleted_at.is_some() {
            return Upcoming::default();
        }
        let since = self.planned_at.unwrap_or(self.created_at);
        self.periodicity.upcoming(&window, zone, self.last_occurrence, since, now, most)
    }

    /// What is due of it at `now`. `None`: its window or time zone does not read.
    #[must_use]
    pub fn due_at(&self, now: DateTime<Utc>) -> Option<Due> {
        let since = self.planned_at.unwrap_or(self.created_at);
        Some(self.periodicity.due(&self.window()?, self.zone()?, self.last_occurrence, since, now))
    }

    fn next_after(&self, after: Option<DateTime<Utc>>) -> Result<Option<DateTime<Utc>>, FoldError> {
        let Some(window) = self.window() else {
            return Err(FoldError::Inconsistent(format!("the window of mailing {} does not read", self.id)));
        };
        // A zone that only another process knows stops no read model. Whoever starts the mailing asks for its rules.
        Ok(self.periodicity.next(&window, TimeZone::recorded(&self.time_zone), after))
    }
}

/// Mailings by their ids, also deleted ones, in no order.
pub async fn by_ids(pool: &PgPool, access: Access, ids: &[Uuid]) -> Result<Listed<Uuid, Mailing>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Stored,
        r#"select id, owner_id, name, message_id, starts_at, ends_at, periodicity,
                  time_zone, in_doubt, relay, status, reason, last_occurrence, next_run_at, sent, created_at,
                  deleted_at, version, planned_at,
                  exists (select from doors where user_id = owner_id and blocked) as "owner_blocked!"
             from mailings where id = any($1) and ($2::uuid is null or owner_id = $2)"#,
        ids,
        access.owner(),
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.read())).collect())
}

/// A mailing, also a deleted one.
pub async fn get(pool: &PgPool, access: Access, id: MailingId) -> Result<Option<Mailing>, ReadError> {
    only(by_ids(pool, access, &[id.0]).await?)
}

/// The single clients that a mailing names, without deleted ones.
pub async fn audience_clients(pool: &PgPool, id: MailingId) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "select client_id from mailing_clients m join clients c on c.id = m.client_id
          where mailing_id = $1 and c.deleted_at is null order by client_id",
        id.0
    )
    .fetch_all(pool)
    .await
}

/// The groups that a mailing names, without deleted ones.
pub async fn audience_groups(pool: &PgPool, id: MailingId) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "select group_id from mailing_groups m join groups g on g.id = m.group_id
          where mailing_id = $1 and g.deleted_at is null order by group_id",
        id.0
    )
    .fetch_all(pool)
    .await
}

/// How many clients these clients and groups come to, each counted once: the size of a run that would start now.
pub async fn audience_size(
    pool: &PgPool,
    access: Access,
    clients: &[Uuid],
    groups: &[Uuid],
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from clients c
            where c.deleted_at is null and ($1::uuid is null or c.owner_id = $1)
              and (c.id = any($2) or exists
                    (select from group_members m join groups g on g.id = m.group_id
                      where m.client_id = c.id and m.group_id = any($3) and g.deleted_at is null))"#,
        access.owner(),
        clients,
        groups,
    )
    .fetch_one(pool)
    .await
}

/// What a run of the mailing would start with now: its message in its current revision. Nothing if the mailing or
/// its message is deleted, or if the message is somebody else's who does not share it any more: what the mailing's owner
/// cannot read is not sent in their name.
pub async fn origin(pool: &PgPool, id: MailingId) -> Result<Option<run::Origin>, sqlx::Error> {
    Ok(origins(pool, &[id.0]).await?.remove(&id.0))
}

/// The same of many mailings, by their ids.
pub async fn origins(pool: &PgPool, ids: &[Uuid]) -> Result<HashMap<Uuid, run::Origin>, sqlx::Error> {
    let rows = sqlx::query!(
        "select m.id, m.owner_id, m.message_id, t.revision from mailings m join messages t on t.id = m.message_id
          where m.id = any($1) and m.deleted_at is null and t.deleted_at is null
            and (t.owner_id = m.owner_id or t.shared)",
        ids,
    )
    .fetch_all(pool)
    .await?;
    let origin = |mailing, owner, message, revision: i32| run::Origin {
        mailing: MailingId(mailing),
        owner: UserId(owner),
        message: MessageId(message),
        revision: u32::try_from(revision).unwrap_or(1),
    };
    Ok(rows.into_iter().map(|row| (row.id, origin(row.id, row.owner_id, row.message_id, row.revision))).collect())
}

/// The mailings whose next occurrence has come while their window is open, without those in `except`. Owners take turns:
/// first the one of each that is overdue for longest. Those of people who are shut out wait until they are let in again.
pub async fn due(
    pool: &PgPool,
    now: DateTime<Utc>,
    except: &[Uuid],
    limit: i64,
) -> Result<Listed<Uuid, Mailing>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Stored,
        r#"select m.id, owner_id, name, message_id, starts_at, ends_at, periodicity,
                  time_zone, in_doubt, relay, status, reason, last_occurrence, next_run_at, sent, created_at,
                  deleted_at, version, planned_at, false as "owner_blocked!"
             from mailings m
             join (select id, row_number() over (partition by owner_id order by next_run_at, id) as turn
                     from mailings
                    where next_run_at <= $1 and may_send(status, deleted_at, ends_at, $1)
                      and id <> all($3)
                      and not exists (select from doors where user_id = owner_id and blocked)) d
               on d.id = m.id
            order by d.turn, next_run_at, m.id limit $2"#,
        now,
        limit,
        except,
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.read())).collect())
}

/// When the next mailing will be due, or the next window will end, after `now`.
pub async fn next_moment(pool: &PgPool, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
    sqlx::query_scalar!(
        "select least(
           (select min(next_run_at) from mailings where status = 'active' and deleted_at is null and next_run_at > $1),
           (select min(ends_at) from mailings
             where status in ('active', 'paused', 'disabled', 'disabled_paused') and deleted_at is null
               and ends_at > $1))",
        now,
    )
    .fetch_one(pool)
    .await
}

/// The mailings whose window has ended and that are not completed yet, without those in `except`.
pub async fn ended(
    pool: &PgPool,
    now: DateTime<Utc>,
    except: &[Uuid],
    limit: i64,
) -> Result<Vec<MailingId>, sqlx::Error> {
    let ids = sqlx::query_scalar!(
        "select id from mailings
          where status in ('active', 'paused', 'disabled', 'disabled_paused') and deleted_at is null and ends_at <= $1
            and id <> all($3)
          order by ends_at limit $2",
        now,
        limit,
        except,
    )
    .fetch_all(pool)
    .await?;
    Ok(ids.into_iter().map(MailingId).collect())
}

/// The time zones of mailings that are not over, and how many of these go by each.
pub async fn time_zones(pool: &PgPool) -> Result<Vec<(String, i64)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select time_zone, count(*) as "mailings!" from mailings
            where status in ('active', 'paused', 'disabled', 'disabled_paused') and deleted_at is null
            group by time_zone order by time_zone"#
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.time_zone, row.mailings)).collect())
}

/// How many mailings an owner has; counted up to `most`, so that it takes no longer however many there are.
pub async fn held(pool: &PgPool, owner: UserId, most: i64) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "held!" from
               (select from mailings where owner_id = $1 and deleted_at is null limit $2) as counted"#,
        owner.0,
        most,
    )
    .fetch_one(pool)
    .await
}

pub(crate) async fn fold(connection: &mut PgConnection, events: &[&Event]) -> Result<(), FoldError> {
    // What runs mean for mailings is gathered: many start at the same time.
    let mut begun: HashMap<Uuid, Begun> = HashMap::new();
    for event in events {
        match &event.fact {
            Fact::Mailing(id, fact) => {
                begin(connection, std::mem::take(&mut begun)).await?;
                fold_mailing(connection, *id, fact, event).await?;
            }
            Fact::Run(_, run::Event::Started { origin, trigger, .. }) => {
                let mailing = begun.entry(origin.mailing.0).or_default();
                mailing.sent = true;
                if let run::Trigger::Occurrence(at) = trigger {
                    mailing.last = mailing.last.max(Some(*at));
                }
            }
            Fact::Run(_, run::Event::OccurrencesMissed { mailing, missed, .. }) => {
                let mailing = begun.entry(mailing.0).or_default();
                mailing.last = mailing.last.max(Some(missed.last));
            }
            _ => {}
        }
    }
    begin(connection, begun).await
}

/// What the runs of a mailing that began mean for it.
#[derive(Default)]
struct Begun {
    sent: bool,
    /// The last of their occurrences: the next one follows it.
    last: Option<DateTime<Utc>>,
}

async fn begin(connection: &mut PgConnection, begun: HashMap<Uuid, Begun>) -> Result<(), FoldError> {
    if begun.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = begun.keys().copied().collect();
    let mut rows: HashMap<Uuid, Stored> =
        load_each(connection, &ids).await?.into_iter().map(|row| (row.id, row)).collect();
    let (mut ids, mut sent, mut lasts, mut nexts) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (id, begun) in begun {
        let Some(row) = rows.remove(&id) else {
            // Only who goes by its plan needs one.
            if begun.last.is_some() {
                return Err(FoldError::Inconsistent(format!("there is no mailing {id}")));
            }
            continue;
        };
        let last = row.last_occurrence.max(begun.last);
        // Whoever reads the row finds that it does not read, and nobody goes by the moment that stays.
        let next = match (row.next_run_at, begun.last) {
            (next, None) => next,
            (next, Some(_)) => match row.read() {
                Ok(mailing) => mailing.next_after(last)?,
                Err(_) => next,
            },
        };
        ids.push(id);
        sent.push(begun.sent);
        lasts.push(last);
        nexts.push(next);
    }
    sqlx::query!(
        "update mailings m set sent = m.sent or t.sent, last_occurrence = t.last, next_run_at = t.next
           from unnest($1::uuid[], $2::boolean[], $3::timestamptz[], $4::timestamptz[]) as t (id, sent, last, next)
          where m.id = t.id",
        &ids,
        &sent,
        &lasts as &[Option<DateTime<Utc>>],
        &nexts as &[Option<DateTime<Utc>>],
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn fold_mailing(
    connection: &mut PgConnection,
    id: MailingId,
    fact: &mailing::Event,
    event: &Event,
) -> Result<(), FoldError> {
    match fact {
        mailing::Event::Created { owner, plan, since } => {
            sqlx::query!(
                "insert into mailings (id, owner_id, name, message_id, starts_at, ends_at, periodicity, time_zone,
                                       status, next_run_at, sent, created_at, version, in_doubt, relay, planned_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, 'active', $9, false, $10, $11, $12, $13, $14)",
                id.0,
                owner.0,
                plan.name.as_str(),
                plan.message.0,
                plan.window.start(),
                plan.window.end(),
                Json(&plan.periodicity) as _,
                plan.time_zone.name(),
                plan.periodicity.next(&plan.window, plan.time_zone, None),
                event.at,
                event.version,
                plan.sending.in_doubt.name(),
                plan.sending.relay.as_ref().map(RelayName::as_str),
                *since,
            )
            .execute(&mut *connection)
            .await?;
            keep_audience(connection, id, plan).await?;
        }
        mailing::Event::Changed { plan, since } => {
            let row = load(connection, id).await?;
            let status = row.followed_by(Status::prolonged);
            let done = sqlx::query!(
                "update mailings set name = $2, message_id = $3, starts_at = $4, ends_at = $5, periodicity = $6,
                        time_zone = $7, status = $8, next_run_at = $9, version = $10, in_doubt = $11, relay = $12,
                        planned_at = coalesce($13, planned_at)
                  where id = $1",
                id.0,
                plan.name.as_str(),
                plan.message.0,
                plan.window.start(),
                plan.window.end(),
                Json(&plan.periodicity) as _,
                plan.time_zone.name(),
                status,
                plan.periodicity.next(&plan.window, plan.time_zone, row.last_occurrence),
                event.version,
                plan.sending.in_doubt.name(),
                plan.sending.relay.as_ref().map(RelayName::as_str),
                *since,
            )
            .execute(&mut *connection)
            .await?;
            touched(&done, "mailings", id.0)?;
            sqlx::query!("delete from mailing_clients where mailing_id = $1", id.0).execute(&mut *connection).await?;
            sqlx::query!("delete from mailing_groups where mailing_id = $1", id.0).execute(&mut *connection).await?;
            keep_audience(connection, id, plan).await?;
        }
        mailing::Event::Deleted => {
            let done = sqlx::query!(
                "update mailings set deleted_at = $2, version = $3 where id = $1",
                id.0,
                event.at,
                event.version,
            )
            .execute(&mut *connection)
            .await?;
            touched(&done, "mailings", id.0)?;
        }
        mailing::Event::Paused
        | mailing::Event::Suspended { .. }
        | mailing::Event::Resumed
        | mailing::Event::Disabled { .. }
        | mailing::Event::Enabled { .. }
        | mailing::Event::Cancelled
        | mailing::Event::Completed => {
            let status = load(connection, id).await?.followed_by(|status| status.after(fact));
            let reason = match fact {
                mailing::Event::Disabled { reason } | mailing::Event::Suspended { reason } => Some(reason.as_str()),
                _ => None,
            };
            // The window's end undoes neither pause nor disabling, so their reason stays.
            let keeps_reason = matches!(fact, mailing::Event::Completed);
            let done = sqlx::query!(
                "update mailings set status = $2, reason = case when $5 then reason else $3 end, version = $4 where id = $1",
                id.0,
                status,
                reason,
                event.version,
                keeps_reason,
            )
            .execute(&mut *connection)
            .await?;
            touched(&done, "mailings", id.0)?;
        }
    }
    Ok(())
}

async fn keep_audience(connection: &mut PgConnection, id: MailingId, plan: &Plan) -> Result<(), FoldError> {
    let clients: Vec<Uuid> = plan.audience.clients.iter().map(|client| client.0).collect();
    let groups: Vec<Uuid> = plan.audience.groups.iter().map(|group| group.0).collect();
    sqlx::query!(
        "insert into mailing_clients (mailing_id, client_id) select $1, * from unnest($2::uuid[])",
        id.0,
        &clients,
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "insert into mailing_groups (mailing_id, group_id) select $1, * from unnest($2::uuid[])",
        id.0,
        &groups,
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn load(connection: &mut PgConnection, id: MailingId) -> Result<Stored, FoldError> {
    let row = load_each(connection, &[id.0]).await?.pop();
    row.ok_or_else(|| FoldError::Inconsistent(format!("there is no mailing {id}")))
}

async fn load_each(connection: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Stored>, sqlx::Error> {
    sqlx::query_as!(
        Stored,
        r#"select id, owner_id, name, message_id, starts_at, ends_at, periodicity,
                  time_zone, in_doubt, relay, status, reason, last_occurrence, next_run_at, sent, created_at,
                  deleted_at, version, planned_at, false as "owner_blocked!"
             from mailings where id = any($1)"#,
        ids,
    )
    .fetch_all(connection)
    .await
}
