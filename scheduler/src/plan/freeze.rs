//! A run's audience is frozen into batches: the way of runs that have more than one, or that a planner before has begun with.
//!
//! The audience is resolved in one statement, hence in one snapshot, into a table of its own. Of several clients with one mailbox
//! the first gets the letter, and the others are left out by name. Batches are made from that table in pages, so a planner that
//! dies in the middle is followed by one that makes the same batches: those that exist conflict and are skipped.

use crate::context::Context;
use crate::error::EngineError;
use domain::batch::{self, Batch, LeaveOutReason, MAX_RECIPIENTS, Recipient};
use domain::run::{Command, Run};
use domain::{BatchId, ClientId, Decide, MailingId, RunId, UserId};
use eventstore::{Append, AppendError, Loaded, Metadata};
use projections::{deliveries, runs};

/// How many batches are appended in one go.
const BATCHES: usize = 10;

/// A recipient, and whether another one of the run has the same mailbox and comes first.
pub(super) type Invited = (Recipient, bool);

impl Context {
    /// Freezes the audience of a run. Waits until the read models show it; `false`: they do not, or it was not this engine that
    /// froze it. A run that cannot be planned is left alone for a while.
    pub(super) async fn freeze(&self, run: &runs::Run) -> Result<bool, EngineError> {
        match self.plan(run).await {
            Ok(Some(frozen)) => return Ok(self.shown(frozen).await),
            Ok(None) => {}
            Err(error) if error.stops_all() => return Err(error),
            Err(EngineError::Unreadable(error)) => self.leave_alone(run.id, &error),
            Err(error) => {
                tracing::error!(run = %run.id, %error, "a run cannot be planned");
                self.stuck.add(run.id);
            }
        }
        Ok(false)
    }

    /// Where the run's event landed, if it was this engine that froze it.
    async fn plan(&self, run: &runs::Run) -> Result<Option<i64>, EngineError> {
        let id = RunId(run.id);
        // The read model may be behind: what counts is the stream.
        let Loaded { state, last, .. } = self.store.load::<Run>(id.0).await?;
        if !matches!(state, Run::Started(_)) {
            self.forget_audience(id).await?;
            return Ok(None);
        }
        let metadata = self.metadata().caused_by(last);
        // Whom another run has failed is told by its deliveries, and asked once.
        if let Some(failed) = run.resend_of
            && let Some(error) = deliveries::unreadable(self.pool(), RunId(failed)).await?
        {
            return Err(error.into());
        }
        self.resolve_audience(run).await?;
        // Frozen by another planner in the meantime: what it planned is what counts.
        if !matches!(self.store.load::<Run>(id.0).await?.state, Run::Started(_)) {
            self.forget_audience(id).await?;
            return Ok(None);
        }
        let mut batches: u32 = 0;
        let mut planned: u64 = 0;
        loop {
            let recipients = self.audience_page(id, planned).await?;
            if recipients.is_empty() {
                break;
            }
            planned += recipients.len() as u64;
            let slices: Vec<(u32, Vec<batch::Command>)> = (batches..)
                .zip(recipients.chunks(MAX_RECIPIENTS))
                .map(|(number, slice)| plan(run, number, slice))
                .collect();
            batches += u32::try_from(slices.len()).unwrap_or(u32::MAX);
            self.append_batches(run, slices, &metadata).await?;
        }
        // Another planner that froze it has then forgotten the audience, perhaps between two pages of ours: what was read
        // is complete only if it is still not frozen.
        if !matches!(self.store.load::<Run>(id.0).await?.state, Run::Started(_)) {
            self.forget_audience(id).await?;
            return Ok(None);
        }
        let command =
            Command::FreezeAudience { planned, batches, message_id_domain: self.settings.message_id_domain() };
        let receipt = self.store.execute::<Run>(id.0, command, &metadata).await.map_err(EngineError::from_execute)?;
        self.forget_audience(id).await?;
        tracing::info!(run = %id, planned, batches, "the audience is frozen");
        Ok(Some(receipt.position))
    }

    async fn resolve_audience(&self, run: &runs::Run) -> Result<(), EngineError> {
        let mut transaction = self.store.begin().await?;
        // Two planners at once: the second one finds what the first one wrote.
        sqlx::query!("select pg_advisory_xact_lock(hashtextextended($1, 0))", format!("plan {}", run.id))
            .execute(&mut *transaction)
            .await?;
        sqlx::query!(
            "with wanted as (
                 select client_id from mailing_clients where mailing_id = $3 and $5::uuid is null
                 union
                 select m.client_id
                   from mailing_groups a
                   -- A look-up for each group, whatever the planner believes about their sizes.
                  cross join lateral (
                     select id from groups where id = a.group_id and deleted_at is null offset 0) g
                  cross join lateral (select client_id from group_members where group_id = g.id offset 0) m
                  where a.mailing_id = $3 and $5::uuid is null
                 union
                 -- Those whose letters failed, at the addresses that they have now.
                 select b.clients[d.ordinal % 500 + 1]
                   from deliveries d
                   join batches b on b.run_id = d.run_id and b.number = d.ordinal / 500
                  where d.run_id = $5 and d.outcome in ('rejected', 'expired')
             ),
             found as materialized (
                 select c.id, c.revision, c.email, c.mailbox
                   from wanted w
                  -- One look-up each, by nothing but the key: a planner that believes that the address book is small,
                  -- because it has just grown, would walk all of its owner's clients each time.
                  cross join lateral (
                     select id, revision, owner_id, deleted_at, email, mailbox from clients
                      where id = w.client_id offset 0) c
                  where c.owner_id = $2 and c.deleted_at is null
             ),
             -- Clients from before one mailbox could have several spellings. There are none where nobody has one of these.
             doubles as (
                 select id from (
                     select id, row_number() over (partition by key order by id) as n
                       from (select id, coalesce(mailbox, lower(email)) as key from found) k
                      where key in (select mailbox from found where mailbox is not null)) ranked
                  where n > 1
             )
             insert into run_audience (run_id, ordinal, client_id, revision, is_double)
             select $1, row_number() over (order by c.id) - 1, c.id, c.revision,
                    exists (select from doubles d where d.id = c.id)
               from found c
              where not exists (select from run_audience where run_id = $1)
                -- Another planner may have frozen it, and forgotten its audience, since the stream was read.
                and not exists (select from events e where e.aggregate_type = 'run' and e.aggregate_id = $4
                                   and e.event_type = 'AudienceFrozen')",
            run.id,
            run.owner_id,
            run.mailing_id,
            run.id.to_string(),
            run.resend_of,
        )
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    async fn audience_page(&self, run: RunId, from: u64) -> Result<Vec<Invited>, EngineError> {
        let from = i32::try_from(from).unwrap_or(i32::MAX);
        let count = i32::try_from(BATCHES * MAX_RECIPIENTS).unwrap_or(i32::MAX);
        let rows = sqlx::query!(
            "select client_id, revision, is_double from run_audience where run_id = $1 and ordinal >= $2 and ordinal < $3
              order by ordinal",
            run.0,
            from,
            from.saturating_add(count),
        )
        .fetch_all(self.pool())
        .await?;
        let recipient = |client, revision: i32| Recipient(ClientId(client), u32::try_from(revision).unwrap_or(1));
        Ok(rows.into_iter().map(|row| (recipient(row.client_id, row.revision), row.is_double)).collect())
    }

    async fn append_batches(
        &self,
        run: &runs::Run,
        slices: Vec<(u32, Vec<batch::Command>)>,
        metadata: &Metadata,
    ) -> Result<(), EngineError> {
        let id = RunId(run.id);
        let appends = slices
            .iter()
            .map(|(number, commands)| Ok(Append::begin::<Batch>(BatchId::derive(id, *number).0, planned(commands)?)?))
            .collect::<Result<Vec<_>, EngineError>>()?;
        match self.store.append(&appends, metadata).await {
            Ok(_) => return Ok(()),
            Err(AppendError::Store(error)) => return Err(error.into()),
            // An earlier planner made some of them.
            Err(AppendError::Conflict | AppendError::Claimed(_) | AppendError::Needed(_)) => {}
        }
        for (number, commands) in slices {
            let batch = BatchId::derive(id, number).0;
            let planned = self.store.execute_all::<Batch>(batch, None, commands, |_| Ok(None), metadata).await;
            planned.map_err(EngineError::from_execute)?;
        }
        Ok(())
    }

    pub(super) async fn forget_audience(&self, run: RunId) -> Result<(), EngineError> {
        sqlx::query!("delete from run_audience where run_id = $1", run.0).execute(self.pool()).await?;
        Ok(())
    }
}

/// What plans a batch.
pub(super) fn plan(run: &runs::Run, number: u32, invited: &[Invited]) -> (u32, Vec<batch::Command>) {
    let recipients = invited.iter().map(|(recipient, _)| *recipient).collect();
    let doubles: Vec<u16> = (0..).zip(invited).filter(|(_, (_, double))| *double).map(|(place, _)| place).collect();
    let (run, mailing, owner) = (RunId(run.id), MailingId(run.mailing_id), UserId(run.owner_id));
    let mut commands = vec![batch::Command::Plan { run, mailing, owner, number, recipients }];
    if !doubles.is_empty() {
        commands.push(batch::Command::LeaveOut { recipients: doubles, reason: LeaveOutReason::SameMailbox });
    }
    (number, commands)
}

/// What a batch that nobody has planned does with the commands.
pub(super) fn planned(commands: &[batch::Command]) -> Result<Vec<batch::Event>, EngineError> {
    let (mut batch, mut events) = (Batch::default(), Vec::new());
    for command in commands {
        for event in batch.decide(command.clone()).map_err(|error| EngineError::refused(&error))? {
            batch.evolve(event.clone());
            events.push(event);
        }
    }
    Ok(events)
}
