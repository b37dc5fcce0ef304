//! A stream that this engine goes on with: decide, append, and find out whether it was written.
//!
//! Its version is the fence: an engine whose lease went to another one conflicts when it appends, and stops.

use crate::company::Appended;
use crate::context::Context;
use crate::error::EngineError;
use domain::Decide;
use eventstore::{Append, AppendError, Cause, Loaded, Metadata, StoreError};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How long to leave PostgreSQL alone after it failed.
const PAUSE: Duration = Duration::from_millis(250);

/// How long a process that is asked to end waits for PostgreSQL to take what is in hand.
const FAREWELL: Duration = Duration::from_secs(30);

/// How a commit, or a worker's hold on a batch, ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Done: of a batch, that every delivery has its outcome, or that somebody asked to stop, and it may be given back.
    Done,
    /// Another worker has it.
    Fenced,
}

/// What became of an append together with others.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Together {
    /// It landed here.
    Written(i64),
    /// It was not written.
    Not,
    /// Nobody knows.
    InDoubt,
}

/// A stream in a worker's hands.
pub(crate) struct Stream<'a, A> {
    pub(crate) id: Uuid,
    pub(crate) state: A,
    pub(crate) version: i64,
    /// The stream's last event, from which the next one follows.
    pub(crate) last: Option<Cause>,
    /// Where the last commit landed; 0 if there was none.
    pub(crate) position: i64,
    /// It is appended to together with others.
    in_company: bool,
    context: &'a Arc<Context>,
    stop: &'a CancellationToken,
}

impl<'a, A: Decide + Clone> Stream<'a, A>
where
    A::Command: Clone,
{
    /// Reads it. `stop` is when the process is to end.
    pub(crate) async fn open(
        context: &'a Arc<Context>,
        id: Uuid,
        stop: &'a CancellationToken,
    ) -> Result<Self, EngineError> {
        let loaded = context.store.load::<A>(id).await?;
        Ok(Self::of(context, id, loaded, stop))
    }

    fn of(context: &'a Arc<Context>, id: Uuid, loaded: Loaded<A>, stop: &'a CancellationToken) -> Self {
        let Loaded { state, version, last } = loaded;
        Self { id, state, version, last, position: 0, in_company: false, context, stop }
    }

    /// The same of a stream that was read together with others, and is appended to together with others.
    pub(crate) fn in_company(
        context: &'a Arc<Context>,
        id: Uuid,
        loaded: Loaded<A>,
        stop: &'a CancellationToken,
    ) -> Self {
        Self { in_company: true, ..Self::of(context, id, loaded, stop) }
    }

    /// Decides and appends. Waits for PostgreSQL as long as it is away: what is in hand is known nowhere else.
    pub(crate) async fn commit(&mut self, command: A::Command) -> Result<End, EngineError>
    where
        A::Error: domain::Refusal,
    {
        let events = self.state.decide(command).map_err(|error| EngineError::refused(&error))?;
        if events.is_empty() {
            return Ok(End::Done);
        }
        let metadata = self.context.metadata();
        let seen = Loaded { state: self.state.clone(), version: self.version, last: self.last };
        let append = Append::new(self.id, seen, events.clone())?;
        let began = Instant::now();
        let together = if self.in_company { self.append_together(&append, &metadata).await } else { Together::Not };
        let mut in_doubt = together == Together::InDoubt;
        loop {
            if let Together::Written(position) = together {
                (self.version, self.position) = (append.version(), position);
                break;
            }
            match self.context.store.append(std::slice::from_ref(&append), &metadata).await {
                Ok(receipt) => {
                    (self.version, self.position) = (receipt.version, receipt.position);
                    break;
                }
                // The connection was lost around the commit, so the conflict may be with ourselves.
                Err(AppendError::Conflict) if in_doubt => match self.is_written(&append, &metadata).await {
                    Ok(true) => {
                        // Where it landed is asked for when it matters.
                        (self.version, self.position) = (append.version(), 0);
                        break;
                    }
                    Ok(false) => return Ok(End::Fenced),
                    Err(error) => self.wait_for_database(error, began).await?,
                },
                Err(AppendError::Conflict | AppendError::Claimed(_) | AppendError::Needed(_)) => {
                    return Ok(End::Fenced);
                }
                Err(AppendError::Store(error)) => {
                    in_doubt = true;
                    self.wait_for_database(error, began).await?;
                }
            }
        }
        self.last = append.ends_in(&metadata);
        for event in events {
            self.state.evolve(event);
        }
        Ok(End::Done)
    }

    /// Appends together with whoever else has something to append. Nothing of it is repeated: whoever finds that it was not
    /// written, or does not know, goes alone.
    async fn append_together(&self, append: &Append, metadata: &Metadata) -> Together {
        match self.context.errands.appends.ask((append.clone(), metadata.clone())).await {
            Some(Appended::Written(receipt)) => Together::Written(receipt.position),
            Some(Appended::Not) => Together::Not,
            Some(Appended::InDoubt(error)) => {
                if error.blame().may_pass() {
                    self.pause(&error).await;
                }
                Together::InDoubt
            }
            // Who asked for all of them went away in the middle.
            None => Together::InDoubt,
        }
    }

    /// Whether this append is the stream's end. Not whether the stream looks as if: another worker that has taken over begins
    /// with the same intent, and both would send.
    async fn is_written(&self, append: &Append, metadata: &Metadata) -> Result<bool, StoreError> {
        let (written, last) = (append.ends_in(metadata), self.context.store.last_of::<A>(self.id).await?);
        Ok(written.map(|cause| cause.event_id) == last.map(|cause| cause.event_id))
    }

    /// A pause, if waiting may help. A process that has been asked to end does not wait for ever.
    async fn wait_for_database(&self, error: StoreError, since: Instant) -> Result<(), EngineError> {
        let tired = self.stop.is_cancelled() && since.elapsed() > FAREWELL;
        if tired || !error.blame().may_pass() {
            return Err(error.into());
        }
        self.pause(&error).await;
        Ok(())
    }

    async fn pause(&self, error: &StoreError) {
        tracing::warn!(stream = A::TYPE, id = %self.id, %error, "outcomes wait for the database");
        tokio::time::sleep(PAUSE).await;
    }
}
