//! The audit log as a list, in both directions.
//!
//! Blocks lead to the places that have all answers asked for; what no answer tells (a moment to the microsecond, a text) is looked at event
//! by event. A text is looked for in only so many of the events that meet all else, moments in all of them: about where they are is known, and
//! what lies between there and them counts for nothing. Nobody is told of events that this read model does not show yet: later ones may become visible
//! before earlier ones, and whoever pages would miss these.

use super::facet::{BLOCK, Facet, place};
use crate::history::AuditEvent;
use crate::{Access, sought};
use chrono::{DateTime, TimeDelta, Utc};
use domain::{Actor, StreamKind, UserId};
use sqlx::PgPool;
use std::collections::HashSet;
use uuid::Uuid;

/// So many events are looked at for what only they themselves tell, before a list ends; those of other moments than are asked for do not
/// count.
pub const LOOKED_THROUGH: usize = 50_000;

/// So many of them at a time.
const CHUNK: usize = 1_000;

/// So many blocks are read at first, and twice as many each time when they lead to too little.
const BLOCKS: i64 = 32;

/// The most blocks that are read at once.
const MOST_BLOCKS: i64 = 2_048;

/// How far the moments of events can be from the order of their positions, which are drawn before.
const SLACK: TimeDelta = TimeDelta::hours(1);

/// So many events of one stream are looked at for their answers at a time.
const STREAM: i64 = 10_000;

/// So many blocks of an answer are counted to find the answer that leads to the fewest.
const FEW: i64 = 1_000;

/// Who caused events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// This user did.
    User(UserId),
    /// A part of the service did by itself.
    System,
    /// Somebody with the command line did.
    CommandLine,
}

impl By {
    fn actor(self) -> Actor {
        match self {
            Self::User(user) => Actor::User(user),
            Self::System => Actor::System(String::new()),
            Self::CommandLine => Actor::CommandLine(String::new()),
        }
    }
}

/// The events that a list shows: those that meet all conditions.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only those whose owner is this one.
    pub owner: Option<UserId>,
    /// Only those that this one caused.
    pub actor: Option<By>,
    /// Only those of the stream of this id.
    pub object: Option<Uuid>,
    /// Only those of such streams.
    pub kind: Option<StreamKind>,
    /// Only those of this name.
    pub event_type: Option<String>,
    /// Only those that were recorded at this moment or later.
    pub since: Option<DateTime<Utc>>,
    /// Only those that were recorded before this moment.
    pub until: Option<DateTime<Utc>>,
    /// Only those of this course of things.
    pub correlation: Option<Uuid>,
    /// Only those whose data has this text in it, in any case.
    pub text: Option<String>,
    /// The events in which the text is not looked for.
    pub unread: Unread,
}

/// Events whose words whoever asks may not read, and that they do not find by them.
#[derive(Clone, Debug, Default)]
pub struct Unread {
    /// What these events are: the kind of their stream and their name, with a slash between them.
    pub events: Vec<String>,
    /// The user who reads those all the same that they caused; `None` if nobody does.
    pub but_of: Option<UserId>,
}

impl Filter {
    /// What is asked for by answers. What as a rule has the fewest events comes first.
    fn facets(&self, access: Access) -> Vec<Facet> {
        let asked = [
            self.correlation.map(Facet::correlation),
            self.actor.map(|actor| Facet::actor(&actor.actor())),
            self.event_type.as_deref().map(Facet::event_type),
            self.kind.map(Facet::kind),
            access.of_owner(self.owner).owner().map(Facet::owner),
        ];
        asked.into_iter().flatten().collect()
    }
}

/// What is told by the events alone.
#[derive(Clone, Copy, Debug, Default)]
struct Exact<'a> {
    since: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
    text: Option<&'a str>,
    unread: Option<&'a Unread>,
    event_id: Option<Uuid>,
    caused_by: Option<Uuid>,
}

impl Exact<'_> {
    fn is_nothing(&self) -> bool {
        self.since.is_none()
            && self.until.is_none()
            && self.text.is_none()
            && self.event_id.is_none()
            && self.caused_by.is_none()
    }

    /// Whether nothing but moments is asked for.
    fn is_of_moments(&self) -> bool {
        self.text.is_none() && self.event_id.is_none() && self.caused_by.is_none()
    }

    /// In which events the text is not looked for, and who caused those in which it is all the same.
    fn unread(&self) -> (&[String], Option<String>) {
        let Some(unread) = self.unread else { return (&[], None) };
        (unread.events.as_slice(), unread.but_of.map(|user| Actor::User(user).to_string()))
    }
}

/// In which direction a list is gone through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The oldest events come first.
    Forwards,
    /// The newest events come first.
    Backwards,
}

/// Which part of a list is read.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// Only events behind this position.
    pub after: Option<i64>,
    /// Only events before this position.
    pub before: Option<i64>,
    /// From which end it is read.
    pub direction: Direction,
    /// How many events at most.
    pub limit: usize,
}

/// A stretch of the log, both ends in it; empty if they are the wrong way round.
#[derive(Clone, Copy, Debug)]
struct Range {
    from: i64,
    to: i64,
}

impl Range {
    fn is_empty(self) -> bool {
        self.from > self.to
    }

    /// What is left of it behind a position, in this direction.
    fn beyond(self, position: i64, direction: Direction) -> Self {
        match direction {
            Direction::Forwards => Self { from: self.from.max(position.saturating_add(1)), ..self },
            Direction::Backwards => Self { to: self.to.min(position.saturating_sub(1)), ..self },
        }
    }
}

/// The events that pass the filter, in the direction of the window.
pub async fn page(
    pool: &PgPool,
    access: Access,
    filter: &Filter,
    window: Window,
) -> Result<Vec<AuditEvent>, sqlx::Error> {
    let mut range = range(pool, filter).await?;
    if let Some(after) = window.after {
        range = range.beyond(after, Direction::Forwards);
    }
    if let Some(before) = window.before {
        range = range.beyond(before, Direction::Backwards);
    }
    let facets = by_rarity(pool, filter.facets(access)).await?;
    let search = Search { pool, facets, object: filter.object, exact: exact(filter), most: LOOKED_THROUGH };
    search.gather(range, window.direction, window.limit).await
}

/// How many events there are, as far as they were counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// How many they are.
    pub events: i64,
    /// Whether that is all of them.
    pub is_whole: bool,
}

impl Counted {
    fn whole(events: i64) -> Self {
        Self { events, is_whole: true }
    }
}

/// How many events pass the filter. Where only the events themselves tell, no more than [`LOOKED_THROUGH`] of the newest are looked at.
pub async fn count(pool: &PgPool, access: Access, filter: &Filter) -> Result<i64, sqlx::Error> {
    Ok(counted(pool, access, filter).await?.events)
}

/// How many events pass the filter, as far as [`count`] counts them, and whether that is all of them.
pub async fn counted(pool: &PgPool, access: Access, filter: &Filter) -> Result<Counted, sqlx::Error> {
    let (facets, exact) = (filter.facets(access), exact(filter));
    if facets.is_empty() && filter.object.is_none() && exact.is_nothing() {
        let folded = sqlx::query_scalar!(r#"select folded as "folded!" from projections where name = 'audit'"#);
        return Ok(Counted::whole(folded.fetch_one(pool).await?));
    }
    if let ([facet], None, true) = (&facets[..], filter.object, exact.is_nothing()) {
        let places = sqlx::query_scalar!(
            r#"select coalesce(sum(cardinality(places)), 0)::bigint as "count!" from audit where facet = $1 and key = $2"#,
            facet.question,
            facet.key,
        );
        return Ok(Counted::whole(places.fetch_one(pool).await?));
    }
    let range = range(pool, filter).await?;
    let facets = by_rarity(pool, facets).await?;
    Search { pool, facets, object: filter.object, exact, most: LOOKED_THROUGH }.count(range, Direction::Backwards).await
}

/// The event at this position; `None` if there is none that may be read.
pub async fn get(pool: &PgPool, access: Access, position: i64) -> Result<Option<AuditEvent>, sqlx::Error> {
    let (after, before) = (position.saturating_sub(1), position.saturating_add(1));
    let window = Window { after: Some(after), before: Some(before), direction: Direction::Forwards, limit: 1 };
    Ok(page(pool, access, &Filter::default(), window).await?.pop())
}

/// The event that another one followed from; `None` if it followed from none, or from one that may not be read. It is looked for among the
/// latest before it of the same course of things, to which causes belong.
pub async fn cause(pool: &PgPool, access: Access, event: &AuditEvent) -> Result<Option<AuditEvent>, sqlx::Error> {
    let Some(cause) = event.caused_by() else { return Ok(None) };
    let filter = Filter { correlation: event.correlation(), ..Filter::default() };
    let exact = Exact { event_id: Some(cause), ..Exact::default() };
    let range = range(pool, &filter).await?.beyond(event.position, Direction::Backwards);
    let search = Search { pool, facets: filter.facets(access), object: None, exact, most: LOOKED_THROUGH };
    Ok(search.gather(range, Direction::Backwards, 1).await?.pop())
}

/// The events that followed from one, oldest first, after a position: those of the same course of things, of which the next are looked at.
pub async fn effects(
    pool: &PgPool,
    access: Access,
    event: &AuditEvent,
    after: Option<i64>,
    limit: usize,
) -> Result<Vec<AuditEvent>, sqlx::Error> {
    let filter = Filter { correlation: event.correlation(), ..Filter::default() };
    let exact = Exact { caused_by: Some(event.event_id), ..Exact::default() };
    let after = after.map_or(event.position, |after| after.max(event.position));
    let range = range(pool, &filter).await?.beyond(after, Direction::Forwards);
    let search = Search { pool, facets: filter.facets(access), object: None, exact, most: LOOKED_THROUGH };
    search.gather(range, Direction::Forwards, limit).await
}

/// How many events followed from one, among those that are looked at for it.
pub async fn count_effects(pool: &PgPool, access: Access, event: &AuditEvent) -> Result<i64, sqlx::Error> {
    let filter = Filter { correlation: event.correlation(), ..Filter::default() };
    let exact = Exact { caused_by: Some(event.event_id), ..Exact::default() };
    let range = range(pool, &filter).await?.beyond(event.position, Direction::Forwards);
    let search = Search { pool, facets: filter.facets(access), object: None, exact, most: LOOKED_THROUGH };
    Ok(search.count(range, Direction::Forwards).await?.events)
}

/// The same answers, with the one first that leads to the fewest blocks: its blocks are gone through. An owner with a hundred events must
/// not wait for all blocks in which anybody's client changed.
async fn by_rarity(pool: &PgPool, mut facets: Vec<Facet>) -> Result<Vec<Facet>, sqlx::Error> {
    if facets.len() < 2 {
        return Ok(facets);
    }
    let (questions, keys) = questions(&facets);
    let rarest = sqlx::query_scalar!(
        r#"select f.n as "n!"
             from unnest($1::smallint[], $2::uuid[]) with ordinality as f (facet, key, n)
            cross join lateral (
                select count(*) as blocks
                  from (select from audit where facet = f.facet and key = f.key limit $3) b) c
            order by c.blocks, f.n limit 1"#,
        &questions,
        &keys,
        FEW,
    )
    .fetch_one(pool)
    .await?;
    let place = usize::try_from(rarest - 1).unwrap_or(0).min(facets.len() - 1);
    facets[..=place].rotate_right(1);
    Ok(facets)
}

/// The questions and the keys of answers, as PostgreSQL takes them.
fn questions(facets: &[Facet]) -> (Vec<i16>, Vec<Uuid>) {
    facets.iter().map(|facet| (facet.question, facet.key)).unzip()
}

fn exact(filter: &Filter) -> Exact<'_> {
    let text = sought(filter.text.as_deref());
    Exact { since: filter.since, until: filter.until, text, unread: Some(&filter.unread), ..Exact::default() }
}

/// The part of the log that the read model shows, as far as moments bound it.
async fn range(pool: &PgPool, filter: &Filter) -> Result<Range, sqlx::Error> {
    let shown = sqlx::query_scalar!(r#"select position as "position!" from projections where name = 'audit'"#);
    let shown = shown.fetch_one(pool).await?;
    let mut range = Range { from: 1, to: shown };
    if let Some(since) = filter.since {
        range.from = first_since(pool, since.checked_sub_signed(SLACK).unwrap_or(since), shown).await?;
    }
    if let Some(until) = filter.until {
        range.to = first_since(pool, until.checked_add_signed(SLACK).unwrap_or(until), shown).await?.min(shown);
    }
    Ok(range)
}

/// About the first position up to `last` whose event was recorded at a moment or later, found by halving: no index knows moments, but
/// positions grow with them. The one behind the last, if all are older.
async fn first_since(pool: &PgPool, moment: DateTime<Utc>, last: i64) -> Result<i64, sqlx::Error> {
    let (mut low, mut high) = (1, last.saturating_add(1));
    while low < high {
        let middle = low + (high - low) / 2;
        let next = sqlx::query!(
            "select position, recorded_at from events where position >= $1 and position <= $2 order by position limit 1",
            middle,
            last,
        )
        .fetch_optional(pool)
        .await?;
        match next {
            // There are gaps: where nothing is, the next one stands for it.
            Some(row) if row.recorded_at < moment => low = row.position + 1,
            _ => high = middle,
        }
    }
    Ok(low)
}

/// The log from one end to the other, for files: as long as it is, and without what comes after it has begun.
#[derive(Debug)]
pub struct Walk {
    filter: Filter,
    facets: Vec<Facet>,
    /// What is left of it.
    range: Range,
}

impl Walk {
    /// The events that pass the filter, of which none is read yet.
    pub async fn open(pool: &PgPool, access: Access, filter: Filter) -> Result<Self, sqlx::Error> {
        let range = range(pool, &filter).await?;
        let facets = by_rarity(pool, filter.facets(access)).await?;
        Ok(Self { filter, facets, range })
    }

    /// The next of them, oldest first: so many, or fewer at the end.
    pub async fn next(&mut self, pool: &PgPool, limit: usize) -> Result<Vec<AuditEvent>, sqlx::Error> {
        let (facets, exact) = (self.facets.clone(), exact(&self.filter));
        let search = Search { pool, facets, object: self.filter.object, exact, most: usize::MAX };
        let found = search.gather(self.range, Direction::Forwards, limit).await?;
        self.range = match found.last() {
            Some(last) => self.range.beyond(last.position, Direction::Forwards),
            None => Range { from: 1, to: 0 },
        };
        Ok(found)
    }
}

/// What is looked for, and by what.
struct Search<'a> {
    pool: &'a PgPool,
    facets: Vec<Facet>,
    object: Option<Uuid>,
    exact: Exact<'a>,
    /// How many events are looked at for what only they tell.
    most: usize,
}

impl Search<'_> {
    async fn gather(
        &self,
        mut range: Range,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<AuditEvent>, sqlx::Error> {
        let mut found: Vec<AuditEvent> = Vec::new();
        let mut looked = 0;
        while found.len() < limit && looked < self.most && !range.is_empty() {
            let missing = limit - found.len();
            let wanted = if self.exact.is_nothing() { missing } else { CHUNK };
            let positions = self.positions(range, direction, wanted).await?;
            let Some(last) = positions.last().copied() else { break };
            range = range.beyond(last, direction);
            let positions = self.in_time(positions).await?;
            looked += positions.len();
            let mut rows = self.read(&positions, direction, missing).await?;
            rows.truncate(missing);
            found.extend(rows);
        }
        Ok(found)
    }

    async fn count(&self, mut range: Range, direction: Direction) -> Result<Counted, sqlx::Error> {
        let (mut events, mut looked) = (0, 0);
        let is_bounded = !self.exact.is_nothing();
        while !range.is_empty() {
            if is_bounded && looked >= self.most {
                return Ok(Counted { events, is_whole: false });
            }
            let positions = self.positions(range, direction, CHUNK * 10).await?;
            let Some(last) = positions.last().copied() else { break };
            range = range.beyond(last, direction);
            let positions = self.in_time(positions).await?;
            looked += positions.len();
            events += if self.exact.is_of_moments() {
                i64::try_from(positions.len()).unwrap_or(i64::MAX)
            } else {
                self.passing(&positions).await?
            };
        }
        Ok(Counted::whole(events))
    }

    /// Those of these positions whose events were recorded in the time that is asked for, in their order.
    async fn in_time(&self, positions: Vec<i64>) -> Result<Vec<i64>, sqlx::Error> {
        let Exact { since, until, .. } = self.exact;
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
        .fetch_all(self.pool)
        .await
    }

    /// The next positions with all answers asked for: so many, or fewer at the end.
    async fn positions(&self, range: Range, direction: Direction, wanted: usize) -> Result<Vec<i64>, sqlx::Error> {
        let limit = i64::try_from(wanted).unwrap_or(i64::MAX);
        let mut positions = match (self.object, self.facets.first()) {
            (Some(object), _) => self.of_object(object, range, direction, wanted).await?,
            (None, None) => return self.of_all(range, direction, limit).await,
            (None, Some(rarest)) => self.of_blocks(*rarest, range, direction, wanted).await?,
        };
        in_order(&mut positions, direction);
        positions.truncate(wanted);
        Ok(positions)
    }

    async fn of_all(&self, range: Range, direction: Direction, limit: i64) -> Result<Vec<i64>, sqlx::Error> {
        match direction {
            Direction::Forwards => {
                sqlx::query_scalar!(
                    "select position from events where position >= $1 and position <= $2 order by position limit $3",
                    range.from,
                    range.to,
                    limit,
                )
                .fetch_all(self.pool)
                .await
            }
            Direction::Backwards => sqlx::query_scalar!(
                "select position from events where position >= $1 and position <= $2 order by position desc limit $3",
                range.from,
                range.to,
                limit,
            )
            .fetch_all(self.pool)
            .await,
        }
    }

    /// The positions of a stream that have all answers asked for, stretch by stretch until there are enough, in no order.
    async fn of_object(
        &self,
        object: Uuid,
        mut range: Range,
        direction: Direction,
        wanted: usize,
    ) -> Result<Vec<i64>, sqlx::Error> {
        let mut found = Vec::new();
        while found.len() < wanted && !range.is_empty() {
            let stretch = self.stretch(object, range, direction).await?;
            let Some(last) = stretch.last().copied() else { break };
            range = range.beyond(last, direction);
            if self.facets.is_empty() {
                found.extend(stretch);
                continue;
            }
            let mut blocks: Vec<i32> = stretch.iter().map(|position| place(*position).0).collect();
            blocks.dedup();
            let of_stretch: HashSet<i64> = stretch.into_iter().collect();
            let passing = self.within(&blocks).await?;
            found.extend(passing.into_iter().filter(|position| of_stretch.contains(position)));
        }
        Ok(found)
    }

    /// The next positions of a stream, in order. They grow with its sequence.
    async fn stretch(&self, object: Uuid, range: Range, direction: Direction) -> Result<Vec<i64>, sqlx::Error> {
        let kinds: Vec<&str> = StreamKind::ALL.into_iter().map(StreamKind::name).collect();
        match direction {
            Direction::Forwards => {
                sqlx::query_scalar!(
                    r#"select e.position as "position!"
                         from unnest($1::text[]) as k (kind)
                        cross join lateral (
                            select position from events
                             where aggregate_type = k.kind and aggregate_id = $2 and position >= $3 and position <= $4
                             order by aggregate_type, aggregate_id, sequence limit $5) e
                        order by 1 limit $5"#,
                    &kinds as &[&str],
                    object.to_string(),
                    range.from,
                    range.to,
                    STREAM,
                )
                .fetch_all(self.pool)
                .await
            }
            Direction::Backwards => {
                sqlx::query_scalar!(
                    r#"select e.position as "position!"
                         from unnest($1::text[]) as k (kind)
                        cross join lateral (
                            select position from events
                             where aggregate_type = k.kind and aggregate_id = $2 and position >= $3 and position <= $4
                             order by aggregate_type desc, aggregate_id desc, sequence desc limit $5) e
                        order by 1 desc limit $5"#,
                    &kinds as &[&str],
                    object.to_string(),
                    range.from,
                    range.to,
                    STREAM,
                )
                .fetch_all(self.pool)
                .await
            }
        }
    }

    /// The positions that have all answers asked for, block by block until there are enough, in no order.
    async fn of_blocks(
        &self,
        rarest: Facet,
        mut range: Range,
        direction: Direction,
        wanted: usize,
    ) -> Result<Vec<i64>, sqlx::Error> {
        let (mut found, mut at_once) = (Vec::new(), BLOCKS);
        while found.len() < wanted && !range.is_empty() {
            let blocks = self.blocks(rarest, range, direction, at_once).await?;
            let Some(last) = blocks.last().copied() else { break };
            let positions = self.within(&blocks).await?;
            found.extend(positions.into_iter().filter(|position| (range.from..=range.to).contains(position)));
            // What comes next is in another block.
            let edge = match direction {
                Direction::Forwards => i64::from(last) * BLOCK + BLOCK - 1,
                Direction::Backwards => i64::from(last) * BLOCK,
            };
            range = range.beyond(edge, direction);
            at_once = (at_once * 2).min(MOST_BLOCKS);
        }
        Ok(found)
    }

    /// The next blocks with this answer.
    async fn blocks(
        &self,
        facet: Facet,
        range: Range,
        direction: Direction,
        limit: i64,
    ) -> Result<Vec<i32>, sqlx::Error> {
        let (from, to) = (place(range.from).0, place(range.to).0);
        match direction {
            Direction::Forwards => {
                sqlx::query_scalar!(
                    "select block from audit where facet = $1 and key = $2 and block >= $3 and block <= $4
                      order by block limit $5",
                    facet.question,
                    facet.key,
                    from,
                    to,
                    limit,
                )
                .fetch_all(self.pool)
                .await
            }
            Direction::Backwards => {
                sqlx::query_scalar!(
                    "select block from audit where facet = $1 and key = $2 and block >= $3 and block <= $4
                      order by block desc limit $5",
                    facet.question,
                    facet.key,
                    from,
                    to,
                    limit,
                )
                .fetch_all(self.pool)
                .await
            }
        }
    }

    /// The positions in these blocks that have all answers asked for, in no order.
    async fn within(&self, blocks: &[i32]) -> Result<Vec<i64>, sqlx::Error> {
        let (questions, keys) = questions(&self.facets);
        let all = i64::try_from(self.facets.len()).unwrap_or(i64::MAX);
        // One look-up for each answer in each block, by nothing but the key.
        sqlx::query_scalar!(
            r#"select w.block::bigint * 256 + t.place as "position!"
                 from unnest($1::integer[]) as w (block)
                cross join lateral (
                    select place
                      from unnest($2::smallint[], $3::uuid[]) as f (facet, key)
                     cross join lateral (select places from audit
                                          where facet = f.facet and key = f.key and block = w.block offset 0) a
                     cross join lateral unnest(a.places) as u (place)
                     group by place having count(*) = $4) t"#,
            blocks,
            &questions,
            &keys,
            all,
        )
        .fetch_all(self.pool)
        .await
    }

    /// The events at these positions that pass but for their moments, in order.
    async fn read(
        &self,
        positions: &[i64],
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<AuditEvent>, sqlx::Error> {
        let Exact { text, event_id, caused_by, .. } = self.exact;
        let (unread, but_of) = self.exact.unread();
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
        .fetch_all(self.pool)
        .await?;
        let mut rows = at(self.pool, &passing).await?;
        if direction == Direction::Backwards {
            rows.reverse();
        }
        Ok(rows)
    }

    /// How many of these pass but for their moments.
    async fn passing(&self, positions: &[i64]) -> Result<i64, sqlx::Error> {
        let Exact { text, event_id, caused_by, .. } = self.exact;
        let (unread, but_of) = self.exact.unread();
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
        .fetch_one(self.pool)
        .await
    }
}

/// The events at these positions, oldest first.
pub(super) async fn at(pool: &PgPool, positions: &[i64]) -> Result<Vec<AuditEvent>, sqlx::Error> {
    sqlx::query_as!(
        AuditEvent,
        r#"select e.position as "position!", e.event_id as "event_id!", e.aggregate_type as "aggregate_type!",
                  e.aggregate_id as "aggregate_id!", e.sequence as "sequence!", e.event_type as "event_type!",
                  e.event_version as "event_version!", e.recorded_at as "recorded_at!", e.metadata as "metadata!",
                  e.payload as "payload!"
             from unnest($1::bigint[]) as p (position)
            cross join lateral (select * from events where position = p.position offset 0) e
            order by e.position"#,
        positions,
    )
    .fetch_all(pool)
    .await
}

fn in_order(positions: &mut [i64], direction: Direction) {
    match direction {
        Direction::Forwards => positions.sort_unstable(),
        Direction::Backwards => positions.sort_unstable_by(|one, other| other.cmp(one)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beyond_a_position_gets_smaller_and_ends() {
        let range = Range { from: 10, to: 20 };
        let ahead = range.beyond(12, Direction::Forwards);
        assert_eq!((ahead.from, ahead.to), (13, 20));
        let back = range.beyond(12, Direction::Backwards);
        assert_eq!((back.from, back.to), (10, 11));
        assert!(range.beyond(20, Direction::Forwards).is_empty());
        assert!(range.beyond(10, Direction::Backwards).is_empty());
        assert_eq!(range.beyond(3, Direction::Forwards).from, 10, "it does not grow");
        // Positions come from outside, too.
        assert!(range.beyond(i64::MAX, Direction::Forwards).is_empty());
        assert!(range.beyond(i64::MIN, Direction::Backwards).is_empty());
    }

    #[test]
    fn whoever_may_read_only_their_own_asks_for_their_own_whatever_else_they_ask_for() {
        let (ann, bob) = (UserId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
        let of = |owner| Filter { owner, ..Filter::default() };
        assert_eq!(of(None).facets(Access::Owner(ann)), [Facet::owner(ann.0)]);
        assert_eq!(of(Some(bob)).facets(Access::Owner(ann)), [Facet::owner(Uuid::nil())], "nobody has this id");
        assert_eq!(of(Some(bob)).facets(Access::All), [Facet::owner(bob.0)]);
        assert_eq!(of(None).facets(Access::All), []);
    }
}
