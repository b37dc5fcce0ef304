//! The audience of a run is asked for in pages, as it was when the run started, and each page is appended as batches.
//!
//! The audience follows from the position of the run's `Started` alone, see [`PastAudience`], and all batches but the last one are
//! full. So whoever plans comes to the same batches: a planner goes on after those that the read models show, and where it meets
//! one that is there already, another planner is, or was, further than they show; then it looks again later. The last page is
//! appended together with `AudienceFrozen`.

use super::freeze::{BATCHES, Invited, plan, planned, why_left_out};
use super::overtaken::LEFT_ALONE;
use super::small::lock;
use super::turns::Turn;
use crate::context::Context;
use crate::error::EngineError;
use domain::batch::{Batch, MAX_RECIPIENTS, Recipient};
use domain::run::{Command, Run};
use domain::{BatchId, Decide, MailingId, RunId, UserId};
use eventstore::{Append, AppendError, EventStore, Metadata, Receipt};
use projections::mailings::{self, PastAudience};
use projections::runs;
use sqlx::PgConnection;
use uuid::Uuid;

/// How many batches the first page has: few, as the first letter waits for it.
const FIRST: usize = 2;

/// Batches of a run, one after the other.
struct Page {
    number: u32,
    invited: Vec<Invited>,
    /// How many recipients all batches up to these have.
    planned: u64,
}

impl Page {
    /// How many batches there are with these.
    fn batches(&self) -> u32 {
        let these = self.invited.len().div_ceil(MAX_RECIPIENTS);
        self.number.saturating_add(u32::try_from(these).unwrap_or(u32::MAX))
    }
}

impl Context {
    /// Where the run's event landed, if it was this engine that froze it.
    pub(super) async fn plan_in_pages(&self, run: &runs::Run, metadata: &Metadata) -> Result<Option<i64>, EngineError> {
        let last = runs::last_planned(self.pool(), RunId(run.id)).await?.map(|batch| batch.number);
        if self.overtaken.goes_on(run.id, last) {
            self.stuck.leave_alone(run.id, LEFT_ALONE);
            return Ok(None);
        }
        let turn = self.turn(run, last.map_or(0, |last| last + 1)).await;
        let frozen = self.append_pages(run, turn, metadata).await?;
        if frozen.is_none() {
            self.overtaken.add(run.id, last);
        }
        Ok(frozen)
    }

    /// Appends what is missing, page by page.
    async fn append_pages(
        &self,
        run: &runs::Run,
        mut turn: Option<Turn>,
        metadata: &Metadata,
    ) -> Result<Option<i64>, EngineError> {
        let id = RunId(run.id);
        let started = self.store.first_position::<Run>(id.0).await?;
        let before = runs::last_planned(self.pool(), id).await?;
        let (mailing, after) = ((MailingId(run.mailing_id), UserId(run.owner_id)), before.map(|batch| batch.last));
        let audience = PastAudience::open(&self.store, mailing, started, after).await?;
        let mut audience = audience.of_kind(run.kind).through(&self.sieve);
        let mut number = before.map_or(0, |batch| batch.number + 1);
        let mut planned = before.map_or(0, |batch| batch.planned);
        let mut asked = if number == 0 { FIRST } else { BATCHES } * MAX_RECIPIENTS;
        let mut next = audience.next(asked).await?;
        loop {
            let Some(invited) = next else {
                tracing::debug!(run = %id, "clients are not shown as they were when the run started");
                return Ok(None);
            };
            let is_last = invited.len() < asked;
            planned += invited.len() as u64;
            let page = Page { number, invited: invited.iter().map(invited_of).collect(), planned };
            number = page.batches();
            if is_last {
                let frozen = self.append_page(run, &page, true, metadata).await?;
                if frozen.is_some() {
                    tracing::info!(run = %id, planned, batches = number, "the audience is frozen");
                }
                return Ok(frozen.map(|receipt| receipt.position));
            }
            asked = BATCHES * MAX_RECIPIENTS;
            if page.number == 0 {
                // Nobody's first letters wait for more than the first letters of others.
                if self.append_page(run, &page, false, metadata).await?.is_none() {
                    return Ok(None);
                }
                drop(turn);
                turn = self.turn(run, number).await;
                next = audience.next(asked).await?;
                continue;
            }
            // While one is appended, the next one is asked for.
            let (appended, following) = tokio::try_join!(self.append_page(run, &page, false, metadata), async {
                Ok(audience.next(asked).await?)
            })?;
            if appended.is_none() {
                return Ok(None);
            }
            drop(turn);
            turn = self.turn(run, number).await;
            next = following;
        }
    }

    /// The turn of whoever plans the page that begins with this batch: those whose first letters are on their way take turns, page by
    /// page, and keep nobody waiting whose are not.
    async fn turn(&self, run: &runs::Run, number: u32) -> Option<Turn> {
        let turns = if number == 0 { &self.first_pages } else { &self.pages };
        turns.take(run.owner_id).await
    }

    /// Appends a page, and with the last one what freezes the audience. None: another planner has been here.
    async fn append_page(
        &self,
        run: &runs::Run,
        page: &Page,
        is_last: bool,
        metadata: &Metadata,
    ) -> Result<Option<Receipt>, EngineError> {
        let id = RunId(run.id);
        let mut appends = (page.number..)
            .zip(page.invited.chunks(MAX_RECIPIENTS))
            .map(|(number, slice)| {
                let (number, commands) = plan(run, number, slice);
                Ok(Append::begin::<Batch>(BatchId::derive(id, number).0, planned(&commands)?)?)
            })
            .collect::<Result<Vec<_>, EngineError>>()?;
        if is_last {
            let stream = self.store.load::<Run>(run.id).await?;
            if !matches!(stream.state, Run::Started { .. }) {
                return Ok(None);
            }
            let command = Command::FreezeAudience {
                planned: page.planned,
                batches: page.batches(),
                message_id_domain: self.settings.message_id_domain(),
            };
            let events = stream.state.decide(command).map_err(|error| EngineError::refused(&error))?;
            appends.push(Append::new(run.id, stream, events)?);
        }
        let appended = if page.number == 0 {
            self.append_first(run, &appends, is_last, metadata).await
        } else {
            self.store.append(&appends, metadata).await.map(Some)
        };
        match appended {
            Ok(receipt) => Ok(receipt),
            Err(AppendError::Store(error)) => Err(error.into()),
            Err(AppendError::Conflict | AppendError::Claimed(_) | AppendError::Needed(_)) => Ok(None),
        }
    }

    /// Appends the first page, unless another planner has the run in hand, or has gone another way with it.
    async fn append_first(
        &self,
        run: &runs::Run,
        appends: &[Append],
        is_last: bool,
        metadata: &Metadata,
    ) -> Result<Option<Receipt>, AppendError> {
        let mut transaction = self.store.begin().await?;
        if lock(&mut transaction, &[run.id]).await?.is_empty() {
            return Ok(None);
        }
        let streams = EventStore::load_within::<Run>(&mut transaction, &[run.id]).await?;
        if !streams.iter().all(|stream| matches!(stream.state, Run::Started { .. })) {
            return Ok(None);
        }
        let is_begun = if is_last {
            is_free(&mut transaction, run.id).await?
        } else {
            begin_pages(&mut transaction, run.id).await?
        };
        if !is_begun {
            return Ok(None);
        }
        let receipt = self.store.append_within(&mut transaction, appends, metadata).await?;
        transaction.commit().await?;
        self.store.appended(receipt);
        Ok(Some(receipt))
    }
}

/// Whether no planner has begun with a run in any way.
async fn is_free(transaction: &mut PgConnection, run: Uuid) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select not exists (select from run_audience where run_id = $1)
                  and not exists (select from runs_in_pages where run_id = $1) as "free!""#,
        run,
    )
    .fetch_one(transaction)
    .await
}

/// Writes down that the run is planned in pages, if no planner has begun with it in any way.
async fn begin_pages(transaction: &mut PgConnection, run: Uuid) -> Result<bool, sqlx::Error> {
    let begun = sqlx::query!(
        "insert into runs_in_pages (run_id)
         select $1 where not exists (select from run_audience where run_id = $1)
             on conflict do nothing",
        run,
    );
    Ok(begun.execute(transaction).await?.rows_affected() > 0)
}

fn invited_of(invited: &mailings::Invited) -> Invited {
    (Recipient(invited.client, invited.revision), why_left_out(invited.is_double, invited.suppression))
}
