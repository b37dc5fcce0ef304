//! Several commands to one stream, all of them or none, in one append.

use crate::refused::not_appended;
use domain::Decide;
use domain::notice::{self, Notice};
use eventstore::{Append, AppendError, EventStore, ExecuteError, Loaded, Metadata, Receipt, StoreError};
use std::time::Duration;
use uuid::Uuid;

/// How often to decide again after a conflict.
const ATTEMPTS: u32 = 6;

/// What happens when one command after the other meets this state.
pub(crate) fn decide<A: Decide>(mut state: A, commands: Vec<A::Command>) -> Result<Vec<A::Event>, A::Error> {
    let mut events = Vec::new();
    for command in commands {
        for event in state.decide(command)? {
            events.push(event.clone());
            state.evolve(event);
        }
    }
    Ok(events)
}

/// Like [`EventStore::execute_expecting`] for several commands.
pub(crate) async fn execute<A>(
    store: &EventStore,
    id: Uuid,
    expected: Option<i64>,
    commands: Vec<A::Command>,
    metadata: &Metadata,
) -> Result<Receipt, ExecuteError<A::Error>>
where
    A: Decide + Clone + 'static,
    A::Command: Clone + Send + 'static,
    A::Error: Send + 'static,
{
    execute_and_tell(store, id, expected, commands, |_: &A| None, metadata).await
}

/// Like [`execute`], with a letter of the service about it: asked for exactly if something happens. What it says comes from
/// the state before.
pub(crate) async fn execute_and_tell<A>(
    store: &EventStore,
    id: Uuid,
    expected: Option<i64>,
    commands: Vec<A::Command>,
    notice: impl Fn(&A) -> Option<notice::Request>,
    metadata: &Metadata,
) -> Result<Receipt, ExecuteError<A::Error>>
where
    A: Decide + Clone + 'static,
    A::Command: Clone + Send + 'static,
    A::Error: Send + 'static,
{
    for attempt in 1..=ATTEMPTS {
        let Loaded { state, version } = store.load::<A>(id).await?;
        let events = decide(state.clone(), commands.clone()).map_err(ExecuteError::Refused)?;
        if let Some(expected) = expected.filter(|expected| *expected != version) {
            return Err(ExecuteError::StaleVersion { expected, actual: version });
        }
        if events.is_empty() {
            return Ok(Receipt { position: store.last_position::<A>(id).await?, version });
        }
        let mut appends = Vec::new();
        if let Some(request) = notice(&state) {
            appends.push(letter(request)?);
        }
        // The last, as the receipt tells its version.
        appends.push(Append::new(id, state, version, events)?);
        match store.append(&appends, metadata).await {
            Err(AppendError::Conflict) => tokio::time::sleep(Duration::from_millis(1 << attempt)).await,
            // Decided on an old state, it may be this very stream that holds the value by now.
            Err(AppendError::Claimed(_) | AppendError::Needed(_)) if store.load::<A>(id).await?.version != version => {}
            appended => return appended.map_err(not_appended::<A>),
        }
    }
    Err(ExecuteError::Conflict)
}

/// A letter of the service, to be asked for with whatever it is about.
pub(crate) fn letter(request: notice::Request) -> Result<Append, StoreError> {
    Append::begin::<Notice>(Uuid::now_v7(), vec![notice::Event::Requested(request)])
}
