//! The places of events that have all answers asked for, to which blocks lead.

use super::facet::{BLOCK, Facet, place};
use super::range::{Direction, Range};
use domain::StreamKind;
use sqlx::PgPool;
use std::collections::HashSet;
use uuid::Uuid;

/// So many blocks are read at first, and twice as many each time when they lead to too little.
const BLOCKS: i64 = 32;

/// The most blocks that are read at once.
const MOST_BLOCKS: i64 = 2_048;

/// So many events of one stream are looked at for their answers at a time.
const STREAM: i64 = 10_000;

/// So many blocks of an answer are counted to find the answer that leads to the fewest.
const FEW: i64 = 1_000;

/// What is asked for by answers, and by its stream.
pub(super) struct Places<'a> {
    pub(super) pool: &'a PgPool,
    pub(super) facets: Vec<Facet>,
    pub(super) object: Option<Uuid>,
}

impl Places<'_> {
    /// The next positions with all answers asked for: so many, or fewer at the end.
    pub(super) async fn positions(
        &self,
        range: Range,
        direction: Direction,
        wanted: usize,
    ) -> Result<Vec<i64>, sqlx::Error> {
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
}

/// The same answers, with the one first that leads to the fewest blocks: its blocks are gone through. An owner with a hundred events must
/// not wait for all blocks in which anybody's client changed.
pub(super) async fn by_rarity(pool: &PgPool, mut facets: Vec<Facet>) -> Result<Vec<Facet>, sqlx::Error> {
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

fn in_order(positions: &mut [i64], direction: Direction) {
    match direction {
        Direction::Forwards => positions.sort_unstable(),
        Direction::Backwards => positions.sort_unstable_by(|one, other| other.cmp(one)),
    }
}
