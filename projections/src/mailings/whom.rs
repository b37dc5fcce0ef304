//! Whom an audience comes to that has segments, or leaves somebody out: what it names, with the filters that its segments had.
//!
//! The plan and the filters follow from a position of the log; who meets them is found out once, in one statement, by whoever resolves
//! the audience of a run that started there, or asks how many they would be.

use super::Left;
use crate::columns::Word as _;
use crate::runs::Run;
use crate::segments::{also_deleted, filter};
use crate::{Access, ReadError, groups};
use chrono::{DateTime, Utc};
use domain::group::{self, Group};
use domain::mailing::{Audience, Mailing, Plan};
use domain::segment::{self, Filter, Segment};
use domain::{Decide, MailingId, UserId};
use eventstore::{EventStore, StoreError};
use sqlx::{PgPool, Postgres, QueryBuilder};
use std::collections::HashSet;
use uuid::Uuid;

/// What makes an audience, with everything that can be told before anybody is looked for.
#[derive(Clone, Debug)]
pub struct Whom {
    /// Whose clients they are; `None` for those of whoever's they are.
    owner: Option<UserId>,
    /// The moment at which filters count back.
    at: DateTime<Utc>,
    /// The clients who are named one by one.
    clients: Vec<Uuid>,
    /// The groups that are there.
    groups: Vec<Uuid>,
    /// The filters of the segments that are there.
    filters: Vec<Filter>,
    less: Less,
    /// Whether filters that ask about a group are met by whoever belongs to it also after it was deleted. A run does not start where
    /// that is so (`gone`); once it has, those whom such a filter keeps out stay out, whatever is deleted until they are looked for.
    also_deleted: bool,
}

/// Who is left out. What is deleted since is not forgotten: rather too few get a letter than somebody who was to get none.
#[derive(Clone, Debug, Default)]
struct Less {
    groups: Vec<Uuid>,
    filters: Vec<Filter>,
    mailings: Vec<Uuid>,
}

impl Whom {
    /// The audience that the owner's mailing had at a position of the log, with the filters that its segments had there.
    pub async fn at_position(
        store: &EventStore,
        (mailing, owner): (MailingId, UserId),
        position: i64,
        at: DateTime<Utc>,
    ) -> Result<Self, StoreError> {
        let audience = plan_at(store, mailing, position).await?.map(|plan| plan.audience).unwrap_or_default();
        let named: Vec<Uuid> = audience.segments.iter().map(|segment| segment.0).collect();
        let left: Vec<Uuid> = audience.less.segments.iter().map(|segment| segment.0).collect();
        let filters = filters_at(store, &named, position).await?;
        let without = filters_at(store, &left, position).await?;
        Ok(Self {
            owner: Some(owner),
            at,
            clients: audience.clients.iter().map(|client| client.0).collect(),
            groups: groups_at(store, audience.groups.iter().map(|group| group.0).collect(), position).await?,
            filters: filters.into_iter().filter_map(|(filter, is_there)| is_there.then_some(filter)).collect(),
            less: Less {
                groups: audience.less.groups.iter().map(|group| group.0).collect(),
                filters: without.into_iter().map(|(filter, _)| filter).collect(),
                mailings: audience.less.mailings.iter().map(|mailing| mailing.0).collect(),
            },
            also_deleted: true,
        })
    }

    /// The same for an audience at this moment, as the read models show its groups and segments.
    pub async fn at_present(
        pool: &PgPool,
        access: Access,
        audience: &Audience,
        at: DateTime<Utc>,
    ) -> Result<Self, ReadError> {
        let named: Vec<Uuid> = audience.segments.iter().map(|segment| segment.0).collect();
        let left: Vec<Uuid> = audience.less.segments.iter().map(|segment| segment.0).collect();
        let both: Vec<Uuid> = named.iter().chain(&left).copied().collect();
        let (mut filters, mut without) = (Vec::new(), Vec::new());
        for (id, segment) in also_deleted(pool, access, &both).await? {
            let segment = segment?;
            if left.contains(&id) {
                without.push(segment.filter.clone());
            }
            if named.contains(&id) && segment.deleted_at.is_none() {
                filters.push(segment.filter);
            }
        }
        let asked: Vec<Uuid> = audience.groups.iter().map(|group| group.0).collect();
        let there = groups::by_ids(pool, access, &asked).await?;
        Ok(Self {
            owner: access.owner().map(UserId),
            at,
            clients: audience.clients.iter().map(|client| client.0).collect(),
            groups: there.into_iter().map(|group| group.id).collect(),
            filters,
            less: Less {
                groups: audience.less.groups.iter().map(|group| group.0).collect(),
                filters: without,
                mailings: audience.less.mailings.iter().map(|mailing| mailing.0).collect(),
            },
            also_deleted: false,
        })
    }

    /// Whether whoever resolves the audience of a run that started at this position can do that now. The read models have to show who
    /// belonged to what by then, and which letters there were; and a run of a mailing whose recipients are left out, which started
    /// before, must have all of them.
    pub async fn is_shown(&self, pool: &PgPool, run: &Run, position: i64) -> Result<bool, sqlx::Error> {
        // Of two that leave each other's recipients out only the later one waits.
        sqlx::query_scalar!(
            r#"select (select min(position) from projections where name in ('clients', 'groups', 'runs')) >= $1
                      and not exists (select from runs
                                       where mailing_id = any($2) and status = 'planning'
                                         and (started_at, id) < ($3, $4)) as "shown!""#,
            position,
            &self.less.mailings,
            run.started_at,
            run.id,
        )
        .fetch_one(pool)
        .await
    }

    /// Appends `from ... where ...`, by which `c` is each client of the audience once, as a row of `clients`.
    ///
    /// All parts are look-ups by key, or sets that are hashed, see [`filter`]: right after an import PostgreSQL believes that there is
    /// nobody.
    pub fn push(&self, query: &mut QueryBuilder<'_, Postgres>) {
        if self.filters.is_empty() {
            query
                .push("from (select unnest(")
                .push_bind(self.clients.clone())
                .push("::uuid[]) as client_id union select m.client_id from unnest(")
                .push_bind(self.groups.clone())
                .push(
                    "::uuid[]) as a (group_id)
                     cross join lateral (select client_id from group_members where group_id = a.group_id offset 0) m) w
                     cross join lateral (select * from clients where id = w.client_id offset 0) c
                     where c.deleted_at is null",
                );
        } else {
            query
                .push("from clients c where c.deleted_at is null and ((c.id in (select distinct u.id from unnest(")
                .push_bind(self.clients.clone())
                .push(
                    "::uuid[]) as u (id))) is true
                     or exists (select from group_members m where m.client_id = c.id and m.group_id = any(",
                )
                .push_bind(self.groups.clone())
                .push(") offset 0)");
            for one in &self.filters {
                query.push(" or ");
                filter::push_asked(query, one, self.asked());
            }
            query.push(")");
        }
        if let Some(owner) = self.owner {
            query.push(" and c.owner_id = ").push_bind(owner.0);
        }
        self.push_less(query);
    }

    fn push_less(&self, query: &mut QueryBuilder<'_, Postgres>) {
        if !self.less.groups.is_empty() {
            query
                .push(" and not exists (select from group_members m where m.client_id = c.id and m.group_id = any(")
                .push_bind(self.less.groups.clone())
                .push(") offset 0)");
        }
        for one in &self.less.filters {
            query.push(" and not ");
            filter::push_asked(query, one, self.asked());
        }
        if !self.less.mailings.is_empty() {
            // Who waits has no row yet.
            query
                .push(
                    " and (c.id in (
                        select distinct u.client_id
                          from runs r
                         cross join lateral (select number, clients from batches where run_id = r.id offset 0) b
                         cross join lateral unnest(b.clients) with ordinality as u (client_id, place)
                         where not exists (
                                   select from deliveries d
                                    where d.run_id = r.id and d.ordinal = (b.number * 500 + u.place - 1)::integer
                                      and d.outcome in ('rejected', 'expired', 'suppressed') offset 0)
                           and r.mailing_id = any(",
                )
                .push_bind(self.less.mailings.clone())
                .push("))) is not true");
        }
    }

    fn asked(&self) -> filter::Asked {
        let owner = self.owner.map_or_else(Uuid::nil, |owner| owner.0);
        filter::Asked { owner, now: self.at, also_deleted: self.also_deleted }
    }
}

/// The plan that a mailing had at a position of the log. One that was deleted before has the last one, with which a run may have
/// started just before; it is then given up.
pub(super) async fn plan_at(store: &EventStore, id: MailingId, position: i64) -> Result<Option<Plan>, StoreError> {
    let (mut state, mut last) = (Mailing::default(), None);
    for event in EventStore::events_until::<Mailing>(store.pool(), &[id.0], position).await?.remove(0) {
        state.evolve(event);
        if let Mailing::Planned { plan, .. } = &state {
            last = Some(plan.clone());
        }
    }
    Ok(last)
}

/// Those of these groups that were there at a position.
pub(super) async fn groups_at(store: &EventStore, asked: Vec<Uuid>, position: i64) -> Result<Vec<Uuid>, StoreError> {
    let told = EventStore::events_until::<Group>(store.pool(), &asked, position).await?;
    let was_there = |events: Vec<group::Event>| {
        let mut group = Group::default();
        for event in events {
            group.evolve(event);
        }
        matches!(group, Group::Present { .. })
    };
    Ok(asked.into_iter().zip(told).filter_map(|(id, events)| was_there(events).then_some(id)).collect())
}

/// The filters that these segments had at a position, each with whether the segment was there: of a deleted one the last.
async fn filters_at(store: &EventStore, ids: &[Uuid], position: i64) -> Result<Vec<(Filter, bool)>, StoreError> {
    let told = EventStore::events_until::<Segment>(store.pool(), ids, position).await?;
    let last = |events: Vec<segment::Event>| {
        let (mut state, mut last) = (Segment::default(), None);
        for event in events {
            state.evolve(event);
            if let Segment::Present { filter, .. } = &state {
                last = Some(filter.clone());
            }
        }
        last.map(|filter| (filter, matches!(state, Segment::Present { .. })))
    };
    Ok(told.into_iter().filter_map(last).collect())
}

/// The mailings of this owner's that can still run, and that leave out whoever belongs to a group or passes a segment: their names.
pub async fn left_out_by(
    pool: &PgPool,
    owner: UserId,
    (kind, id): (Left, Uuid),
    limit: i64,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        "select m.name from mailing_less l join mailings m on m.id = l.mailing_id
          where l.id = $2 and l.kind = $3 and m.owner_id = $1 and m.deleted_at is null
            and m.status in ('active', 'paused', 'disabled', 'disabled_paused')
          order by m.created_at, m.id limit $4",
        owner.0,
        id,
        kind.word(),
        limit,
    )
    .fetch_all(pool)
    .await
}

/// Why a mailing does not start: something that makes its audience is gone, so that it would go to others than were meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    /// A segment is deleted that it writes to, or leaves out.
    Segment,
    /// A group is deleted that it leaves out.
    LeftOutGroup,
    /// One of its segments asks about a group that is deleted.
    GroupOfSegment,
}

/// Those of these mailings of whose audience something is gone, each with what. One that names nothing but clients and groups is none
/// of them: nobody belongs to a deleted group, which makes an audience smaller.
pub async fn gone(pool: &PgPool, mailings: &[Uuid]) -> Result<Vec<(Uuid, Gone)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"with named as (
               select mailing_id, segment_id from mailing_segments where mailing_id = any($1)
                union
               select mailing_id, id from mailing_less where mailing_id = any($1) and kind = 'segment'
           ), segment as (
               select n.mailing_id, s.deleted_at, s.filter from named n join segments s on s.id = n.segment_id
           )
           select mailing_id as "mailing!", 1 as "what!" from segment where deleted_at is not null
            union all
           select l.mailing_id, 2 from mailing_less l join groups g on g.id = l.id
            where l.mailing_id = any($1) and l.kind = 'group' and g.deleted_at is not null
            union all
           select s.mailing_id, 3
             from segment s
            cross join lateral jsonb_path_query(s.filter, '$.conditions[*].test.group') as asked (id)
             join groups g on g.id = door_of(asked.id #>> '{}')
            where s.deleted_at is null and g.deleted_at is not null"#,
        mailings,
    )
    .fetch_all(pool)
    .await?;
    let mut seen = HashSet::new();
    let gone = rows.into_iter().map(|row| {
        let what = match row.what {
            1 => Gone::Segment,
            2 => Gone::LeftOutGroup,
            _ => Gone::GroupOfSegment,
        };
        (row.mailing, what)
    });
    Ok(gone.filter(|(mailing, _)| seen.insert(*mailing)).collect())
}
