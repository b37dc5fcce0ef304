//! Plans, and when they are due.

mod audience;
pub(crate) mod fold;
mod left;
mod list;
mod naming;
mod next_runs;
mod past_audience;
mod standing;
mod whom;

pub use audience::{
    audience_clients, audience_groups, audience_less, audience_of, audience_segments, audience_size, is_audience_empty,
    named_groups,
};
pub use left::Left;
pub use list::{Filter, count, page};
pub use naming::naming_segment;
pub use next_runs::reckon_next_runs;
pub use past_audience::{Invited, PastAudience};
pub use standing::Standing;
pub use whom::{Gone, Whom, gone, left_out_by};

use crate::columns::{Word, only, row};
use crate::{Access, Cursor, FoldError, Listed, ReadError};
use chrono::{DateTime, Utc};
use domain::mailing::{Action, InDoubt, Kind, Obstacle, Rights, Status};
use domain::{Due, MailingId, MessageId, Periodicity, SenderId, TimeZone, Upcoming, UserId, Window, WindowPhase, run};
use sqlx::PgPool;
use sqlx::types::Json;
use std::collections::HashMap;
use uuid::Uuid;

row! {
    /// A mailing as lists show it.
    pub struct Mailing from Stored {
        words {
            /// What is done with letters in doubt.
            pub in_doubt: InDoubt = "mailings"(id),
            /// What its letters are to those who get them.
            pub kind: Kind = "mailings"(id),
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
        /// Who its letters are from; `None` for the service itself.
        pub sender_id: Option<Uuid>,
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
                  time_zone, in_doubt, kind, relay, sender_id, status, reason, last_occurrence, next_run_at, sent, created_at,
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

/// What a run of the mailing would start with now: its message in its current revision. Nothing if the mailing or
/// its message is deleted, or if the message is somebody else's who does not share it any more: what the mailing's owner
/// cannot read is not sent in their name.
pub async fn origin(pool: &PgPool, id: MailingId) -> Result<Option<run::Origin>, sqlx::Error> {
    Ok(origins(pool, &[id.0]).await?.remove(&id.0))
}

/// The same of many mailings, by their ids.
pub async fn origins(pool: &PgPool, ids: &[Uuid]) -> Result<HashMap<Uuid, run::Origin>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select m.id, m.owner_id, m.message_id, m.kind, t.revision, m.sender_id, s.revision as "sender_revision?"
             from mailings m
             join messages t on t.id = m.message_id
             left join senders s on s.id = m.sender_id
            where m.id = any($1) and m.deleted_at is null and t.deleted_at is null
              and (t.owner_id = m.owner_id or t.shared)"#,
        ids,
    )
    .fetch_all(pool)
    .await?;
    let origins = rows.into_iter().map(|row| {
        let origin = run::Origin {
            mailing: MailingId(row.id),
            owner: UserId(row.owner_id),
            message: MessageId(row.message_id),
            revision: u32::try_from(row.revision).unwrap_or(1),
            // Whoever starts it has read its row, or is told that it does not read. The usual kind stops more than the other.
            kind: Kind::from_word(&row.kind).unwrap_or_default(),
            // Whoever starts it has asked whether letters can be from it, which they cannot from one that is not there.
            sender: row.sender_id.map(|id| run::PinnedSender {
                sender: SenderId(id),
                revision: row.sender_revision.and_then(|revision| u32::try_from(revision).ok()).unwrap_or(1),
            }),
        };
        (row.id, origin)
    });
    Ok(origins.collect())
}

/// The mailings of an owner that may send and whose letters are from one of these senders, or those of one of their runs that is under way;
/// each with whether it is such a run's.
pub async fn sending_from(
    pool: &PgPool,
    owner: UserId,
    senders: &[SenderId],
) -> Result<Vec<(MailingId, bool)>, sqlx::Error> {
    let senders: Vec<Uuid> = senders.iter().map(|sender| sender.0).collect();
    let rows = sqlx::query!(
        r#"select m.id, u.under_way as "under_way!"
             from mailings m
            cross join lateral (
               select exists (select from runs r where r.mailing_id = m.id and r.sender_id = any($2)
                                                   and r.status in ('planning', 'sending')) as under_way) u
            where m.owner_id = $1 and m.status = 'active' and m.deleted_at is null
              and (m.sender_id = any($2) or u.under_way)
            order by m.id"#,
        owner.0,
        &senders,
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (MailingId(row.id), row.under_way)).collect())
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
                  time_zone, in_doubt, kind, relay, sender_id, status, reason, last_occurrence, next_run_at, sent, created_at,
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
