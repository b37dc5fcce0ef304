//! Follows the log and keeps the read models.
//!
//! One transaction per page: lock the checkpoints (the lock is also the leader election: whoever does not get
//! them follows), read, fold, move the checkpoints, commit. Rows and checkpoints commit together, so each event
//! counts exactly once. Who leads holds up all others, so PostgreSQL ends a leader that stands still, see [`Pace`].
//!
//! A projection stops at an event that it cannot fold, by itself, and the others go on. Every process that comes to lead tries
//! that event once, so a newer program takes up what an older one stopped at. Which process may lead, see [`Standing`].

use crate::checkpoint::{Checkpoint, Glance, migration};
use crate::folding::{Group, fold_page};
use crate::pace::Pace;
use crate::reading::{Broken, Page, Reader};
use crate::standing::Standing;
use crate::{FoldError, Position, Projection, Reached};
use eventstore::{EventStore, StoreError};
use sqlx::{PgConnection, Postgres, Transaction};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;
use tokio::sync::watch;

/// How often to look although nobody woke us.
const POLL: Duration = Duration::from_millis(250);

/// How often a follower looks how far the leader is.
const FOLLOW: Duration = Duration::from_millis(20);

/// How long to leave PostgreSQL alone after it failed.
const PAUSE: Duration = Duration::from_millis(500);

/// An answer of PostgreSQL that comes later than this is none: whoever was cut off from it would wait for ever on a connection
/// that the other side has forgotten.
const STUCK: Duration = Duration::from_secs(30);

/// Keeps the read models.
#[derive(Debug)]
pub struct Projector {
    store: EventStore,
    reader: Reader,
    reached: watch::Sender<Position>,
    older: watch::Sender<Option<String>>,
    standing: Standing,
    pace: Pace,
    /// Where projections stand that have stopped, as far as this process has tried the event itself.
    tried: HashMap<Projection, i64>,
    /// Whose turn it is of those that are at different places.
    turn: usize,
    /// How things looked when there was last nothing to do. Not what was published: a crash of PostgreSQL may take back what
    /// was folded, and then the checkpoints say so.
    idle_at: Option<Glance>,
    /// Whether PostgreSQL can be told to give up a connection that takes nothing.
    tcp: Option<bool>,
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
        Self::reading(store, Reader::default())
    }

    /// A projector of a program that reads events in its own way.
    #[must_use]
    pub fn reading(store: EventStore, reader: Reader) -> (Self, Reached) {
        let (reached, position) = watch::channel(Position::default());
        let (older, is_older) = watch::channel(None);
        let projector = Self {
            store,
            reader,
            reached,
            older,
            standing: Standing::new(),
            pace: Pace::new(),
            tried: HashMap::new(),
            turn: 0,
            idle_at: None,
            tcp: None,
        };
        (projector, Reached { position, older: is_older })
    }

    /// Follows the log until dropped, and gets over PostgreSQL being away.
    pub async fn run(mut self) {
        let mut woken = self.store.wake().subscribe();
        let mut away = false;
        loop {
            woken.mark_unchanged();
            match self.timely_step().await {
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

    async fn timely_step(&mut self) -> Result<Step, FoldError> {
        if let Ok(stepped) = tokio::time::timeout(STUCK, self.step()).await {
            return stepped;
        }
        self.pace.stumbled();
        Err(StoreError::Silent(STUCK).into())
    }

    async fn step(&mut self) -> Result<Step, FoldError> {
        let glance = Glance::take(self.store.pool()).await?;
        self.publish(&glance.checkpoints, glance.settled);
        if self.idle_at.as_ref() == Some(&glance) {
            return Ok(Step::UpToDate);
        }
        let may_lead = self.standing.may_lead(&glance);
        self.tell();
        if !may_lead {
            return Ok(Step::Following);
        }
        let tcp = self.may_limit_tcp().await?;
        let transaction = self.store.begin_with(self.pace.begin(tcp)).await?;
        let led = self.lead(transaction, &glance).await;
        match &led {
            Ok(_) => self.pace.went_well(),
            Err(error) if error.blame().may_pass() => self.pace.stumbled(),
            Err(_) => {}
        }
        led
    }

    /// Folds a page, if this process leads.
    async fn lead(&mut self, mut transaction: Transaction<'_, Postgres>, glance: &Glance) -> Result<Step, FoldError> {
        let Some(checkpoints) = Checkpoint::lock(&mut transaction).await? else { return Ok(Step::Following) };
        let groups = self.groups(&checkpoints, glance.settled);
        let Some((group, mut page)) = self.next_page(&mut transaction, &groups).await? else {
            self.idle_at = Some(Glance { checkpoints, ..glance.clone() });
            return Ok(Step::UpToDate);
        };
        if let Some((event, whom)) = self.left_to_others(group, &page) {
            if page.before(event.position).0.is_none() {
                self.standing.step_back(event, whom);
                return Ok(Step::Following);
            }
            let position = event.position;
            page.end_before(position);
        }
        let moved = fold_page(&mut transaction, &page, group).await?;
        Checkpoint::save(&moved, &mut transaction).await?;
        // A migration that came meanwhile has either waited for what was written here, or is seen now.
        if !self.standing.is_current(migration(&mut transaction).await?) {
            return Ok(Step::Following);
        }
        transaction.commit().await?;
        let mut now = checkpoints.clone();
        for (checkpoint, _) in moved {
            self.note(&checkpoint);
            if let Some(old) = now.iter_mut().find(|old| old.projection == checkpoint.projection) {
                *old = checkpoint;
            }
        }
        self.publish(&now, glance.settled);
        let more = groups.len() > 1 || page.last().is_some_and(|last| last < glance.settled);
        Ok(if more { Step::More } else { Step::UpToDate })
    }

    /// Those who can go on, by where they are. Who has stopped is tried again by every process once.
    fn groups(&self, checkpoints: &[Checkpoint], settled: i64) -> Vec<Group> {
        let mut by_place: BTreeMap<i64, Vec<Checkpoint>> = BTreeMap::new();
        for checkpoint in checkpoints {
            let tried = self.tried.get(&checkpoint.projection) == Some(&checkpoint.position);
            if checkpoint.error.is_none() || !tried {
                by_place.entry(checkpoint.position).or_default().push(checkpoint.clone());
            }
        }
        let places: Vec<i64> = by_place.keys().copied().skip(1).chain([settled]).collect();
        let groups = by_place.into_iter().zip(places);
        groups.map(|((after, members), up_to)| Group { after, up_to, members }).collect()
    }

    /// The page of the group whose turn it is. One that is far behind must not keep the others waiting until it is there.
    async fn next_page<'g>(
        &mut self,
        transaction: &mut PgConnection,
        groups: &'g [Group],
    ) -> Result<Option<(&'g Group, Page)>, FoldError> {
        self.turn = self.turn.wrapping_add(1);
        for number in 0..groups.len() {
            let Some(group) = groups.get(self.turn.wrapping_add(number) % groups.len()) else { continue };
            let rows = EventStore::page(transaction, group.after, group.up_to, self.pace.events).await?;
            if !rows.is_empty() {
                return Ok(Some((group, Page::read(transaction, rows, &self.reader).await?)));
            }
        }
        Ok(None)
    }

    /// The first event of the page that a newer process might read, and whom it keeps from going on. One of a kind of stream
    /// that nobody here reads proves at least that there is a newer program, so it is not passed over before others had a look.
    fn left_to_others<'p>(&self, group: &Group, page: &'p Page) -> Option<(&'p Broken, Vec<Projection>)> {
        let going = || group.members.iter().filter(|member| member.error.is_none()).map(|member| member.projection);
        page.broken.iter().find_map(|event| {
            let whom: Vec<Projection> =
                going().filter(|projection| event.kind.is_none() || event.concerns(*projection)).collect();
            (!whom.is_empty() && self.standing.leaves_to_others(event)).then_some((event, whom))
        })
    }

    /// Remembers where a projection stopped, or tells that it goes on.
    fn note(&mut self, checkpoint: &Checkpoint) {
        let Checkpoint { projection, position, error } = checkpoint;
        match error {
            Some(error) => {
                tracing::error!(projection = projection.name(), position, error, "the projection stopped at an event");
                self.tried.insert(*projection, *position);
            }
            None => {
                self.tried.remove(projection);
            }
        }
    }

    async fn may_limit_tcp(&mut self) -> Result<bool, FoldError> {
        if let Some(known) = self.tcp {
            return Ok(known);
        }
        // Elsewhere each such setting would put a line into the log of PostgreSQL.
        let linux = sqlx::query_scalar!(r#"select version() ilike '%linux%' as "linux!""#);
        let linux = linux.fetch_one(self.store.pool()).await?;
        self.tcp = Some(linux);
        Ok(linux)
    }

    fn publish(&self, checkpoints: &[Checkpoint], settled: i64) {
        let position = Position::of(checkpoints, settled);
        self.reached.send_if_modified(|reached| {
            let moved = position.raised(reached);
            std::mem::replace(reached, moved) != moved
        });
    }

    /// Tells whether newer processes keep the read models.
    fn tell(&self) {
        let why = self.standing.older();
        self.older.send_if_modified(|told| {
            let changed = *told != why;
            *told = why;
            changed
        });
    }
}
