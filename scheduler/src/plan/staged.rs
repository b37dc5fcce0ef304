//! The audience of a run that sends again what failed, that has segments or somebody to leave out, or that a planner of the program of
//! before has begun with, is staged.
//!
//! It is resolved in one statement, hence in one snapshot, into a table of its own. Of several clients with one mailbox the first
//! gets the letter, and the others are left out by name. Batches are made from that table in pages, so a planner that dies in the
//! middle is followed by one that makes the same batches: those that exist conflict and are skipped.

use super::filtered;
use super::freeze::{BATCHES, Invited, plan, planned, why_left_out};
use super::staging::staging;
use crate::context::Context;
use crate::error::EngineError;
use domain::batch::{self, Batch, MAX_RECIPIENTS, Recipient};
use domain::run::{Command, Run};
use domain::suppression::Scope;
use domain::{BatchId, ClientId, EmailAddress, MailingId, RunId, UserId};
use eventstore::{Append, AppendError, Metadata, PATIENCE, limited};
use projections::mailings::Whom;
use projections::suppressions::sieve::Sifting;
use projections::{deliveries, mailings, runs};
use sqlx::PgConnection;
use uuid::Uuid;

impl Context {
    /// Whether a planner has staged the run's audience.
    pub(super) async fn is_staged(&self, run: RunId) -> Result<bool, EngineError> {
        let staged =
            sqlx::query_scalar!(r#"select exists (select from run_audience where run_id = $1) as "staged!""#, run.0);
        Ok(staged.fetch_one(self.pool()).await?)
    }

    /// Where the run's event landed, if it was this engine that froze it.
    pub(super) async fn plan_staged(&self, run: &runs::Run, metadata: &Metadata) -> Result<Option<i64>, EngineError> {
        let id = RunId(run.id);
        // Whom another run has failed is told by its deliveries, and asked once.
        if let Some(failed) = run.resend_of
            && let Some(error) = deliveries::unreadable(self.pool(), RunId(failed)).await?
        {
            return Err(error.into());
        }
        let whom = if run.resend_of.is_none() && !self.is_staged(id).await? {
            let Some(whom) = self.whom(run).await? else { return Ok(None) };
            Some(whom)
        } else {
            None
        };
        let turn = self.pages.take(run.owner_id).await;
        self.resolve_audience(run, whom.as_ref()).await?;
        drop(turn);
        // Frozen by another planner in the meantime: what it planned is what counts.
        if self.is_frozen(id).await? {
            return Ok(None);
        }
        let (owner, mailing) = (UserId(run.owner_id), MailingId(run.mailing_id));
        let groups = mailings::named_groups(self.pool(), mailing).await?;
        let mut sifting = self.sieve.of(Scope::ids_of_run(owner, mailing, groups));
        let mut batches: u32 = 0;
        let mut planned: u64 = 0;
        loop {
            // Page by page, as those who ask for theirs: nobody's next letters wait for all of these.
            let _turn = self.pages.take(run.owner_id).await;
            let recipients = self.audience_page(run, planned, &mut sifting).await?;
            if recipients.is_empty() {
                break;
            }
            planned += recipients.len() as u64;
            let slices: Vec<(u32, Vec<batch::Command>)> = (batches..)
                .zip(recipients.chunks(MAX_RECIPIENTS))
                .map(|(number, slice)| plan(run, number, slice))
                .collect();
            batches += u32::try_from(slices.len()).unwrap_or(u32::MAX);
            if let Err(error) = self.append_batches(run, &slices, metadata).await {
                // Of an audience that is not there any more PostgreSQL refuses what is planned (migration 0059), and whoever has frozen it
                // has thrown it away.
                return if self.is_frozen(id).await? { Ok(None) } else { Err(error) };
            }
        }
        // Another planner that froze it has then forgotten the audience, perhaps between two pages of ours: what was read
        // is complete only if it is still not frozen.
        if self.is_frozen(id).await? {
            return Ok(None);
        }
        let command =
            Command::FreezeAudience { planned, batches, message_id_domain: self.settings.message_id_domain() };
        let receipt = self.store.execute::<Run>(id.0, command, metadata).await.map_err(EngineError::from_execute)?;
        tracing::info!(run = %id, planned, batches, "the audience is frozen");
        Ok(Some(receipt.position))
    }

    /// Whether another planner has frozen the run. Then its audience is thrown away, if it is not yet.
    async fn is_frozen(&self, run: RunId) -> Result<bool, EngineError> {
        if matches!(self.store.load::<Run>(run.0).await?.state, Run::Started { .. }) {
            return Ok(false);
        }
        self.forget_audience(run).await?;
        Ok(true)
    }

    async fn resolve_audience(&self, run: &runs::Run, whom: Option<&Whom>) -> Result<(), EngineError> {
        // How this is best done depends on how many there are of whom, which is looked at each time.
        let begin = format!("{}; set local plan_cache_mode = auto; set local enable_seqscan = on", limited(PATIENCE));
        let mut transaction = self.store.begin_with(begin).await?;
        // Two planners at once: the second one finds what the first one wrote.
        sqlx::query!("select pg_advisory_xact_lock(hashtextextended($1, 0))", format!("plan {}", run.id))
            .execute(&mut *transaction)
            .await?;
        match whom {
            Some(whom) => filtered::stage(&mut transaction, run.id, whom).await?,
            None => stage(&mut transaction, run).await?,
        }
        // It is resolved, also if nobody was found. There is no such place in a run, so nobody takes it for a recipient.
        sqlx::query!(
            "insert into run_audience (run_id, ordinal, client_id, revision)
             select $1::uuid, -1, $2::uuid, 0
              where not exists (select from events e where e.aggregate_type = 'run' and e.aggregate_id = $3
                                   and e.event_type = 'AudienceFrozen')
                 on conflict do nothing",
            run.id,
            Uuid::nil(),
            run.id.to_string(),
        )
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The next of the audience, each with why they get no letter, if they do not: by the address that the letter would go to.
    async fn audience_page(
        &self,
        run: &runs::Run,
        from: u64,
        sifting: &mut Sifting,
    ) -> Result<Vec<Invited>, EngineError> {
        let from = i32::try_from(from).unwrap_or(i32::MAX);
        let count = i32::try_from(BATCHES * MAX_RECIPIENTS).unwrap_or(i32::MAX);
        let rows = sqlx::query!(
            r#"select a.client_id, a.revision, a.is_double, coalesce(v.email, c.email) as "email?"
                 from run_audience a
                -- One look-up each, as above.
                 left join lateral (select email from clients where id = a.client_id offset 0) c on true
                 left join lateral (select email from client_revisions
                                     where client_id = a.client_id and revision = a.revision offset 0) v on true
                where a.run_id = $1 and a.ordinal >= $2 and a.ordinal < $3
                order by a.ordinal"#,
            run.id,
            from,
            from.saturating_add(count),
        )
        .fetch_all(self.pool())
        .await?;
        let mailbox = |email: Option<&str>| email.map(|email| EmailAddress::taken(email).key()).unwrap_or_default();
        let mailboxes: Vec<String> = rows.iter().map(|row| mailbox(row.email.as_deref())).collect();
        let mailboxes: Vec<&str> = mailboxes.iter().map(String::as_str).collect();
        let reasons = sifting.reasons(&self.store, run.kind, &mailboxes).await?;
        let recipient = |client, revision: i32| Recipient(ClientId(client), u32::try_from(revision).unwrap_or(1));
        let invited = rows.into_iter().zip(reasons).map(|(row, suppression)| {
            (recipient(row.client_id, row.revision), why_left_out(row.is_double, suppression))
        });
        Ok(invited.collect())
    }

    async fn append_batches(
        &self,
        run: &runs::Run,
        slices: &[(u32, Vec<batch::Command>)],
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
        // What is there stays as it is, also if somebody is not written to since then: a worker may have it.
        for append in appends {
            match self.store.append(std::slice::from_ref(&append), metadata).await {
                Err(AppendError::Store(error)) => return Err(error.into()),
                Ok(_) | Err(AppendError::Conflict | AppendError::Claimed(_) | AppendError::Needed(_)) => {}
            }
        }
        Ok(())
    }
}

/// A statement that is checked when it is compiled: how it ends, how it begins, and what its parameters are.
macro_rules! checked {
    ($end:literal $beginning:literal $(, $value:expr)* $(,)?) => {
        sqlx::query!($beginning + $end $(, $value)*)
    };
}

/// Writes down whom the audience comes to of a run that sends again what failed, or that a planner of before has begun with, unless
/// another planner has done that, or has frozen the run.
async fn stage(transaction: &mut PgConnection, run: &runs::Run) -> Result<(), sqlx::Error> {
    let staged = staging!(
        checked
        "with asked as (select $1::uuid as run_id),
         wanted as (
             select client_id from mailing_clients where mailing_id = $3 and $4::uuid is null
             union
             select m.client_id
               from mailing_groups a
               -- A look-up for each group, whatever the planner believes about their sizes.
              cross join lateral (
                 select id from groups where id = a.group_id and deleted_at is null offset 0) g
              cross join lateral (select client_id from group_members where group_id = g.id offset 0) m
              where a.mailing_id = $3 and $4::uuid is null
             union
             -- Those whose letters failed, at the addresses that they have now.
             select b.clients[d.ordinal % 500 + 1]
               from deliveries d
               join batches b on b.run_id = d.run_id and b.number = d.ordinal / 500
              where d.run_id = $4 and d.outcome in ('rejected', 'expired')
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
         ), ",
        run.id,
        run.owner_id,
        run.mailing_id,
        run.resend_of,
    );
    staged.execute(transaction).await?;
    Ok(())
}
