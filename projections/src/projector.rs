//! Follows the log and keeps the read models.
//!
//! One transaction per page: lock the checkpoints (the lock is also the leader election: whoever does not get
//! them follows), read, fold, move the checkpoints, commit. Rows and checkpoints commit together, so each event
//! counts exactly once. `synchronous_commit = off` is safe, because a lost transaction is simply projected again.

use crate::{Event, FoldError, Projection};
use eventstore::{EventStore, Recorded};
use sqlx::{Connection, PgConnection};
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::watch;

/// How many events make a page: enough to fold in sets, few enough to be read from memory.
const PAGE: i64 = 1_000;

/// How often to look although nobody woke us.
const POLL: Duration = Duration::from_millis(250);

/// How often a follower looks how far the leader is.
const FOLLOW: Duration = Duration::from_millis(20);

/// How long to leave PostgreSQL alone after it failed.
const PAUSE: Duration = Duration::from_millis(500);

/// How far the read models are, for those who want to read what they wrote.
#[derive(Clone, Debug)]
pub struct Reached(watch::Receiver<Position>);

/// How far the read models are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// All of them show the log up to here.
    pub shown: i64,
    /// Those that go on do. Less than this is shown only while one has stopped at an event.
    pub moving: i64,
}

impl Reached {
    /// Waits until the read models show `position`. `false`: they are behind for longer than `limit`, or one has stopped
    /// before it, which waiting does not mend.
    pub async fn wait_for(&self, position: i64, limit: Duration) -> bool {
        let mut reached = self.0.clone();
        let reached = reached.wait_for(|reached| reached.moving >= position);
        matches!(tokio::time::timeout(limit, reached).await, Ok(Ok(reached)) if reached.shown >= position)
    }

    /// The last event that all read models show.
    #[must_use]
    pub fn position(&self) -> i64 {
        self.0.borrow().shown
    }

    /// Changes when the read models move.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<Position> {
        self.0.clone()
    }
}

/// Keeps the read models.
#[derive(Debug)]
pub struct Projector {
    store: EventStore,
    reached: watch::Sender<Position>,
    /// How far all was settled and folded when there was last nothing to do. Not what was published: a crash of PostgreSQL
    /// may take back what was folded, and then the checkpoints say so.
    idle_at: Option<(i64, Vec<i64>)>,
}

enum Step {
    /// There may be more.
    More,
    /// All that is settled has been folded.
    UpToDate,
    /// Another process leads.
    Following,
}

impl Projector {
    /// A projector, and how far it is.
    #[must_use]
    pub fn new(store: EventStore) -> (Self, Reached) {
        let (reached, receiver) = watch::channel(Position::default());
        (Self { store, reached, idle_at: None }, Reached(receiver))
    }

    /// Follows the log until dropped, and gets over PostgreSQL being away.
    pub async fn run(mut self) {
        let mut woken = self.store.wake().subscribe();
        let mut away = false;
        loop {
            woken.mark_unchanged();
            match self.step().await {
                Ok(Step::More) => {}
                Ok(Step::UpToDate) => {
                    if std::mem::take(&mut away) {
                        tracing::info!("the read models follow the log again");
                    }
                    // A wake-up that came during the step is still marked as a change.
                    let _ = tokio::time::timeout(POLL, woken.changed()).await;
                }
                Ok(Step::Following) => tokio::time::sleep(FOLLOW).await,
                Err(error) => {
                    if !std::mem::replace(&mut away, true) {
                        tracing::warn!(%error, "the read models cannot follow the log for now");
                    }
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// Folds everything that is settled now. For commands that run without a service.
    pub async fn catch_up(&mut self) -> Result<(), FoldError> {
        loop {
            match self.step().await? {
                Step::More => {}
                Step::UpToDate => return Ok(()),
                Step::Following => tokio::time::sleep(FOLLOW).await,
            }
        }
    }

    async fn step(&mut self) -> Result<Step, FoldError> {
        let mut connection = self.store.pool().acquire().await?;
        let settled = EventStore::settled(&mut connection).await?;
        let positions: Vec<i64> =
            sqlx::query_scalar!("select position from projections order by name").fetch_all(&mut *connection).await?;
        drop(connection);
        let now = Some((settled, positions));
        if now == self.idle_at {
            return Ok(Step::UpToDate);
        }
        let mut transaction = self.store.begin().await?;
        let names = Projection::ALL.map(|projection| projection.name().to_owned());
        let checkpoints = sqlx::query!(
            "select name, position, error from projections where name = any($1) for update skip locked",
            &names,
        )
        .fetch_all(&mut *transaction)
        .await?;
        if checkpoints.len() < names.len() {
            drop(transaction);
            return self.follow().await;
        }
        let mut healthy: HashMap<Projection, i64> = checkpoints
            .iter()
            .filter(|checkpoint| checkpoint.error.is_none())
            .filter_map(|checkpoint| Some((Projection::from_name(&checkpoint.name)?, checkpoint.position)))
            .collect();
        let Some(from) = healthy.values().min().copied() else { return Ok(Step::UpToDate) };
        sqlx::query!("set local synchronous_commit = off").execute(&mut *transaction).await?;
        let page = EventStore::page(&mut transaction, from, settled, PAGE).await?;
        let Some(last) = page.last().map(|recorded| recorded.position) else {
            self.idle_at = now;
            let shown = checkpoints.iter().map(|checkpoint| checkpoint.position).min().unwrap_or(from);
            self.publish(Position { shown, moving: from });
            return Ok(Step::UpToDate);
        };
        let stopped = fold_page(&mut transaction, &page, &mut healthy).await?;
        let from_of = |projection: Projection| {
            checkpoints.iter().find(|checkpoint| checkpoint.name == projection.name()).map_or(from, |it| it.position)
        };
        // What has stopped, before or just now, shows no more than it has folded.
        let stopped_at = stopped.iter().map(|(_, position, _)| *position);
        let halted = checkpoints.iter().filter(|checkpoint| checkpoint.error.is_some());
        let shown = halted.map(|checkpoint| checkpoint.position).chain(stopped_at).min().unwrap_or(last).min(last);
        let new_between = |from: i64, to: i64| {
            let new = page.iter().filter(|recorded| recorded.position > from && recorded.position <= to);
            i64::try_from(new.count()).unwrap_or(i64::MAX)
        };
        for (projection, position, error) in &stopped {
            tracing::error!(projection = projection.name(), position, error, "the projection stopped at an event");
            sqlx::query!(
                "update projections set error = $2, position = $3, folded = folded + $4, updated_at = now() where name = $1",
                projection.name(),
                error,
                position,
                new_between(from_of(*projection), *position),
            )
            .execute(&mut *transaction)
            .await?;
        }
        // Pages are read from the smallest checkpoint on, so a projection that is ahead has folded some already.
        let (moved, counts): (Vec<String>, Vec<i64>) = healthy
            .iter()
            .filter(|(_, position)| **position < last)
            .map(|(projection, from)| (projection.name().to_owned(), new_between(*from, last)))
            .unzip();
        sqlx::query!(
            "update projections p set position = $3, folded = folded + moved.count, updated_at = now()
               from unnest($1::text[], $2::bigint[]) as moved (name, count) where p.name = moved.name",
            &moved,
            &counts,
            last,
        )
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        self.publish(Position { shown, moving: last });
        Ok(if last < settled { Step::More } else { Step::UpToDate })
    }

    async fn follow(&self) -> Result<Step, FoldError> {
        let positions = sqlx::query!(
            r#"select min(position) as "shown!", coalesce(min(position) filter (where error is null), 0) as "moving!"
                 from projections where name not like 'rebuild:%'"#
        )
        .fetch_one(self.store.pool())
        .await?;
        self.publish(Position { shown: positions.shown, moving: positions.moving });
        Ok(Step::Following)
    }

    fn publish(&self, position: Position) {
        self.reached.send_if_modified(|reached| {
            let shown = position.shown.max(reached.shown);
            let moved = Position { shown, moving: position.moving.max(reached.moving).max(shown) };
            std::mem::replace(reached, moved) != moved
        });
    }
}

type Stopped = Vec<(Projection, i64, String)>;

/// Folds a page into all healthy projections. Those that fail at an event leave `healthy` and are returned with the
/// position before it and the reason.
async fn fold_page(
    connection: &mut PgConnection,
    page: &[Recorded],
    healthy: &mut HashMap<Projection, i64>,
) -> Result<Stopped, FoldError> {
    let mut stopped = Stopped::new();
    let (events, broken) = read_page(connection, page).await?;
    for projection in Projection::ALL {
        let Some(from) = healthy.get(&projection).copied() else { continue };
        let concerning: Vec<&Event> =
            events.iter().filter(|event| event.position > from && projection.concerns(&event.fact)).collect();
        let failure = if concerning.is_empty() {
            None
        } else {
            fold_or_find(connection, projection, &concerning).await?.map(|(at, error)| (at, error.to_string()))
        };
        // An event that cannot be read at all might concern anyone, so all stop before it.
        let failure = failure.or_else(|| broken.as_ref().map(|(at, error)| (*at, error.to_string())));
        if let Some((at, error)) = failure {
            let recorded = page.iter().find(|recorded| recorded.position == at);
            let event = recorded.map_or_else(String::new, |recorded| {
                format!("{} of {} {}", recorded.event_type, recorded.aggregate_type, recorded.aggregate_id)
            });
            let before = page.iter().map(|recorded| recorded.position).take_while(|position| *position < at).last();
            healthy.remove(&projection);
            stopped.push((projection, before.unwrap_or(from).max(from), format!("position {at}, {event}: {error}")));
        }
    }
    Ok(stopped)
}

/// Folds the events in one go; if that fails, one by one up to the one that fails, whose position and reason
/// are returned.
pub(crate) async fn fold_or_find(
    connection: &mut PgConnection,
    projection: Projection,
    events: &[&Event],
) -> Result<Option<(i64, FoldError)>, FoldError> {
    let mut savepoint = connection.begin().await?;
    match projection.fold(&mut savepoint, events).await {
        Ok(()) => {
            savepoint.commit().await?;
            return Ok(None);
        }
        Err(error) if error.is_unavailable() => return Err(error),
        Err(_) => savepoint.rollback().await?,
    }
    for event in events {
        let mut savepoint = connection.begin().await?;
        match projection.fold(&mut savepoint, &[event]).await {
            Ok(()) => savepoint.commit().await?,
            Err(error) if error.is_unavailable() => return Err(error),
            Err(error) => {
                savepoint.rollback().await?;
                return Ok(Some((event.position, error)));
            }
        }
    }
    Ok(None)
}

/// Reads the events of a page up to the first that cannot be read, which is returned with the reason.
pub(crate) async fn read_page(
    connection: &mut PgConnection,
    page: &[Recorded],
) -> Result<(Vec<Event>, Option<(i64, FoldError)>), FoldError> {
    let gap = find_gap(connection, page).await?;
    let mut events = Vec::with_capacity(page.len());
    for recorded in page {
        if let Some((position, _)) = &gap
            && *position == recorded.position
        {
            break;
        }
        match Event::read(recorded) {
            Ok(event) => events.push(event),
            Err(error) => return Ok((events, Some((recorded.position, error.into())))),
        }
    }
    Ok((events, gap))
}

/// Every stream's sequence must be its previous plus one: a reader that lost an event, or an append that skipped one,
/// shows here and nowhere else.
async fn find_gap(connection: &mut PgConnection, page: &[Recorded]) -> Result<Option<(i64, FoldError)>, FoldError> {
    let mut last: HashMap<(&str, &str), i64> = HashMap::new();
    let mut going_on: Vec<&Recorded> = Vec::new();
    for recorded in page {
        let stream = (recorded.aggregate_type.as_str(), recorded.aggregate_id.as_str());
        let expected = match last.insert(stream, recorded.sequence) {
            Some(previous) => previous + 1,
            None if recorded.sequence == 1 => 1,
            None => {
                going_on.push(recorded);
                recorded.sequence
            }
        };
        if recorded.sequence != expected {
            return Ok(Some((recorded.position, gap(recorded, expected))));
        }
    }
    if going_on.is_empty() {
        return Ok(None);
    }
    let column = |value: fn(&Recorded) -> &str| going_on.iter().map(|recorded| value(recorded).to_owned()).collect();
    let (types, ids): (Vec<String>, Vec<String>) =
        (column(|recorded| &recorded.aggregate_type), column(|recorded| &recorded.aggregate_id));
    let sequences: Vec<i64> = going_on.iter().map(|recorded| recorded.sequence).collect();
    let positions: Vec<i64> = going_on.iter().map(|recorded| recorded.position).collect();
    let missing = sqlx::query_scalar!(
        r#"select t.position as "position!"
             from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[]) as t (type, id, sequence, position)
            where not exists (select from events e
                               where e.aggregate_type = t.type and e.aggregate_id = t.id
                                 and e.sequence = t.sequence - 1 and e.position < t.position)
            order by 1 limit 1"#,
        &types,
        &ids,
        &sequences,
        &positions,
    )
    .fetch_optional(connection)
    .await?;
    Ok(missing.and_then(|position| {
        let recorded = going_on.iter().find(|recorded| recorded.position == position)?;
        Some((position, gap(recorded, recorded.sequence - 1)))
    }))
}

fn gap(recorded: &Recorded, expected: i64) -> FoldError {
    FoldError::Gap {
        stream: format!("{} {}", recorded.aggregate_type, recorded.aggregate_id),
        expected,
        found: recorded.sequence,
    }
}
