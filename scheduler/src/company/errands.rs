//! What small batches ask together.

use super::{Company, Errand};
use crate::send::letters::{Letters, RunLetter};
use crate::send::marks::{self, Blank};
use crate::send::release::release;
use domain::batch::{self, Batch};
use domain::letter::Recipient;
use domain::suppression::Reason;
use domain::{BatchId, RunId};
use eventstore::{Append, AppendError, EventStore, Loaded, Metadata, Receipt, StoreError};
use projections::suppressions::guard::{self, Asked};
use sqlx::PgPool;
use std::sync::Arc;
use uuid::Uuid;

/// The questions that there are.
#[derive(Debug)]
pub(crate) struct Errands {
    /// What a batch's stream says.
    pub(crate) streams: Company<Streams>,
    /// To append to a stream.
    pub(crate) appends: Company<Appends>,
    /// A run's letter.
    pub(crate) letters: Company<LettersOfRuns>,
    /// Who the recipients of a batch are.
    pub(crate) people: Company<People>,
    /// Who of those to whom letters were promised is not written to.
    pub(crate) suppressions: Company<Suppressions>,
    /// To lay a sheet of marks with nothing on it.
    pub(crate) blanks: Company<Blanks>,
    /// To clear a sheet of marks away.
    pub(crate) clearing: Company<Clearing>,
    /// To give a batch back.
    pub(crate) releases: Company<Releases>,
}

impl Errands {
    pub(crate) fn new(store: &EventStore, letters: &Arc<Letters>, worker: Uuid) -> Self {
        Self {
            streams: Company::new(Streams(store.clone())),
            appends: Company::new(Appends(store.clone())),
            letters: Company::new(LettersOfRuns(Arc::clone(letters))),
            people: Company::new(People(Arc::clone(letters))),
            suppressions: Company::new(Suppressions(store.pool().clone())),
            blanks: Company::new(Blanks(store.pool().clone())),
            clearing: Company::new(Clearing(store.pool().clone())),
            releases: Company::new(Releases { pool: store.pool().clone(), worker }),
        }
    }
}

/// None, and a line in the log for whoever looks for the reason: each asks for itself, and then its own error is told.
fn alone<T>(what: &'static str, result: Result<T, impl std::fmt::Display>) -> Option<T> {
    result.inspect_err(|error| tracing::debug!(what, %error, "each asks for itself")).ok()
}

pub(crate) struct Streams(EventStore);

impl Errand for Streams {
    type Question = Uuid;
    type Answer = Loaded<Batch>;

    async fn run(&self, ids: Vec<Uuid>) -> Option<Vec<Loaded<Batch>>> {
        alone("streams", self.0.load_many::<Batch>(&ids).await)
    }
}

/// What became of events that were appended together with others.
#[derive(Clone, Debug)]
pub(crate) enum Appended {
    Written(Receipt),
    /// Nothing is written: one of the streams, perhaps another one, has gone on, or something does not fit.
    Not,
    /// Nobody knows: PostgreSQL failed, perhaps around the commit.
    InDoubt(Arc<StoreError>),
}

pub(crate) struct Appends(EventStore);

impl Errand for Appends {
    /// All that are appended by one engine have the same metadata but for the request, which stands for one append.
    type Question = (Append, Metadata);
    type Answer = Appended;

    async fn run(&self, questions: Vec<(Append, Metadata)>) -> Option<Vec<Appended>> {
        let (appends, metadata): (Vec<Append>, Vec<Metadata>) = questions.into_iter().unzip();
        let appended = match self.0.append(&appends, metadata.first()?).await {
            Ok(receipt) => Appended::Written(receipt),
            Err(AppendError::Conflict | AppendError::Claimed(_) | AppendError::Needed(_)) => Appended::Not,
            Err(AppendError::Store(error)) => Appended::InDoubt(Arc::new(error)),
        };
        Some(vec![appended; appends.len()])
    }
}

pub(crate) struct LettersOfRuns(Arc<Letters>);

impl Errand for LettersOfRuns {
    type Question = RunId;
    type Answer = Arc<RunLetter>;

    async fn run(&self, runs: Vec<RunId>) -> Option<Vec<Arc<RunLetter>>> {
        alone("letters", self.0.of_each(&runs).await)
    }
}

pub(crate) struct People(Arc<Letters>);

impl Errand for People {
    /// Clients, each in a revision.
    type Question = Vec<batch::Recipient>;
    type Answer = Vec<Option<Recipient>>;

    async fn run(&self, batches: Vec<Self::Question>) -> Option<Vec<Self::Answer>> {
        let sizes: Vec<usize> = batches.iter().map(Vec::len).collect();
        let mut people = alone("people", self.0.people(&batches.concat()).await)?.into_iter();
        Some(sizes.into_iter().map(|size| people.by_ref().take(size).collect()).collect())
    }
}

pub(crate) struct Suppressions(PgPool);

impl Errand for Suppressions {
    type Question = Asked;
    type Answer = Vec<Option<Reason>>;

    async fn run(&self, asked: Vec<Asked>) -> Option<Vec<Self::Answer>> {
        alone("suppressions", guard::reasons_of_each(&self.0, &asked).await)
    }
}

pub(crate) struct Blanks(PgPool);

impl Errand for Blanks {
    type Question = Blank;
    type Answer = ();

    async fn run(&self, blanks: Vec<Blank>) -> Option<Vec<()>> {
        alone("sheets", marks::lay(&self.0, &blanks).await).map(|()| vec![(); blanks.len()])
    }
}

pub(crate) struct Clearing(PgPool);

impl Errand for Clearing {
    type Question = Blank;
    type Answer = ();

    async fn run(&self, sheets: Vec<Blank>) -> Option<Vec<()>> {
        alone("sheets", marks::clear(&self.0, &sheets).await).map(|()| vec![(); sheets.len()])
    }
}

pub(crate) struct Releases {
    pool: PgPool,
    worker: Uuid,
}

impl Errand for Releases {
    type Question = BatchId;
    type Answer = ();

    async fn run(&self, batches: Vec<BatchId>) -> Option<Vec<()>> {
        alone("leases", release(&self.pool, self.worker, &batches).await).map(|()| vec![(); batches.len()])
    }
}
