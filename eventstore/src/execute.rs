//! Commands: load, decide, append.

use crate::error::{AppendError, ExecuteError, StoreError};
use crate::{Append, EventStore, Metadata, Receipt};
use domain::Decide;
use std::time::Duration;
use uuid::Uuid;

/// How often a command is decided again after a conflict, before its caller hears of it.
const ATTEMPTS: u32 = 10;

impl EventStore {
    /// Runs a command, and again when somebody else appended to the stream in the meantime.
    ///
    /// It runs in a task of its own: a caller that hangs up does not cut it in half.
    pub async fn execute<A>(
        &self,
        id: Uuid,
        command: A::Command,
        metadata: &Metadata,
    ) -> Result<Receipt, ExecuteError<A::Error>>
    where
        A: Decide + Clone + 'static,
        A::Command: Clone + Send + 'static,
        A::Error: Send + 'static,
    {
        self.execute_expecting::<A>(id, None, command, metadata).await
    }

    /// Like [`Self::execute`], but only if the stream is still at `expected`, the version that the caller decided on.
    pub async fn execute_expecting<A>(
        &self,
        id: Uuid,
        expected: Option<i64>,
        command: A::Command,
        metadata: &Metadata,
    ) -> Result<Receipt, ExecuteError<A::Error>>
    where
        A: Decide + Clone + 'static,
        A::Command: Clone + Send + 'static,
        A::Error: Send + 'static,
    {
        self.execute_all::<A>(id, expected, vec![command], |_| Ok(None), metadata).await
    }

    /// Like [`Self::execute_expecting`] for several commands, all of them or none, in one append. What is appended `beside`
    /// them, to another stream, is made of the state before, follows from them, and is appended exactly if something happens.
    pub async fn execute_all<A>(
        &self,
        id: Uuid,
        expected: Option<i64>,
        commands: Vec<A::Command>,
        beside: impl Fn(&A) -> Result<Option<Append>, StoreError> + Send + 'static,
        metadata: &Metadata,
    ) -> Result<Receipt, ExecuteError<A::Error>>
    where
        A: Decide + Clone + 'static,
        A::Command: Clone + Send + 'static,
        A::Error: Send + 'static,
    {
        let (store, metadata) = (self.clone(), metadata.clone());
        let task = tokio::spawn(async move { store.try_execute::<A>(id, expected, commands, beside, &metadata).await });
        task.await.map_err(StoreError::from)?
    }

    /// Begins a stream. Asked again with the same content it answers as the first time; the same id
    /// with other content is [`ExecuteError::KeyReused`].
    pub async fn create<A>(
        &self,
        id: Uuid,
        command: A::Command,
        metadata: &Metadata,
    ) -> Result<Receipt, ExecuteError<A::Error>>
    where
        A: Decide + 'static,
        A::Command: Clone + Send + 'static,
        A::Error: Send + 'static,
    {
        self.create_all::<A>(id, command, Vec::new(), metadata).await
    }

    /// Begins a stream, and goes on at once with what else is asked of it, in one append. Asked again it answers as the first time if
    /// the same command began the stream; what else was asked of it then is not compared, and not done again.
    pub async fn create_all<A>(
        &self,
        id: Uuid,
        command: A::Command,
        more: Vec<A::Command>,
        metadata: &Metadata,
    ) -> Result<Receipt, ExecuteError<A::Error>>
    where
        A: Decide + 'static,
        A::Command: Clone + Send + 'static,
        A::Error: Send + 'static,
    {
        let (store, metadata) = (self.clone(), metadata.clone());
        let task = tokio::spawn(async move { store.try_create::<A>(id, command, more, &metadata).await });
        task.await.map_err(StoreError::from)?
    }

    async fn try_execute<A>(
        &self,
        id: Uuid,
        expected: Option<i64>,
        commands: Vec<A::Command>,
        beside: impl Fn(&A) -> Result<Option<Append>, StoreError>,
        metadata: &Metadata,
    ) -> Result<Receipt, ExecuteError<A::Error>>
    where
        A: Decide + Clone,
        A::Command: Clone,
    {
        for attempt in 1..=ATTEMPTS {
            let loaded = self.load::<A>(id).await?;
            let version = loaded.version;
            // Deciding comes first: somebody else's object is "not found", whatever version is named.
            let events = loaded.state.decide_all(commands.clone()).map_err(ExecuteError::Refused)?;
            if let Some(expected) = expected.filter(|expected| *expected != version) {
                return Err(ExecuteError::StaleVersion { expected, actual: version });
            }
            if events.is_empty() {
                return Ok(Receipt { position: self.last_position::<A>(id).await?, version });
            }
            let beside = beside(&loaded.state)?;
            let append = Append::new(id, loaded, events)?;
            let (decided, last) = (append.version(), append.ends_in(metadata));
            let mut appends = vec![append];
            appends.extend(beside.map(|beside| beside.caused_by(last)));
            match self.append(&appends, metadata).await {
                Ok(receipt) => return Ok(Receipt { version: decided, ..receipt }),
                Err(AppendError::Conflict) => tokio::time::sleep(pause(attempt, metadata.request_id)).await,
                // Decided on an old state, it may be this very stream that holds the value by now.
                Err(AppendError::Claimed(_) | AppendError::Needed(_))
                    if self.load::<A>(id).await?.version != version => {}
                Err(error) => return Err(error.refused::<A>()),
            }
        }
        Err(ExecuteError::Conflict)
    }

    async fn try_create<A: Decide>(
        &self,
        id: Uuid,
        command: A::Command,
        more: Vec<A::Command>,
        metadata: &Metadata,
    ) -> Result<Receipt, ExecuteError<A::Error>>
    where
        A::Command: Clone,
    {
        // A key that is used for the first time needs no look at what exists: what is there already is a conflict.
        let mut looks = A::default().decide(command.clone()).is_err();
        for attempt in 1..=ATTEMPTS {
            let looked = std::mem::replace(&mut looks, true);
            if looked {
                // What exists comes before the rules: what was right then may be refused by now (a window that has ended), and
                // still deserves the first answer.
                let existing = self.events_of::<A>(id).await?;
                if !existing.is_empty() {
                    let repeated = A::was_begun_by(&existing, &command);
                    return self.answer_again::<A>(id, existing.len(), repeated).await;
                }
            }
            let (mut state, mut events) = (A::default(), Vec::new());
            for command in std::iter::once(&command).chain(&more) {
                for event in state.decide(command.clone()).map_err(ExecuteError::Refused)? {
                    events.push(event.clone());
                    state.evolve(event);
                }
            }
            let append = Append::begin::<A>(id, events)?;
            match self.append(&[append], metadata).await {
                Ok(receipt) => return Ok(receipt),
                Err(AppendError::Conflict) if !looked => {}
                Err(AppendError::Conflict) => tokio::time::sleep(pause(attempt, metadata.request_id)).await,
                // The same request at the same time may have taken it.
                Err(AppendError::Claimed(_)) if !self.events_of::<A>(id).await?.is_empty() => {}
                Err(error) => return Err(error.refused::<A>()),
            }
        }
        Err(ExecuteError::Conflict)
    }

    async fn answer_again<A: Decide>(
        &self,
        id: Uuid,
        events: usize,
        repeated: bool,
    ) -> Result<Receipt, ExecuteError<A::Error>> {
        if !repeated {
            return Err(ExecuteError::KeyReused);
        }
        let version = i64::try_from(events).unwrap_or(i64::MAX);
        Ok(Receipt { position: self.last_position::<A>(id).await?, version })
    }
}

/// A few milliseconds, growing, and different for each request and attempt, so that those who collided do not collide
/// again.
fn pause(attempt: u32, request: Uuid) -> Duration {
    let spread = u128::from(4 * attempt * attempt);
    let jitter = (request.as_u128() >> attempt) % spread;
    Duration::from_millis(1 + u64::try_from(jitter).unwrap_or(0))
}
