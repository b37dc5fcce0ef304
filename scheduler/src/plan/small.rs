//! Many small runs are planned at once.
//!
//! The audience of a run that fits into one batch is resolved, divided and frozen in one step: its batch and the end of its
//! planning are appended together, for all these runs with one statement. So there is nothing that a planner could leave half
//! done, and nothing is staged. Who plans a run in pages (`pages.rs`), or stages its audience (`staged.rs`), begins with that under
//! the same lock, and after looking whether it is frozen: of all these ways only one is gone for a run.

use super::freeze::{Invited, plan, planned, why_left_out};
use crate::context::Context;
use crate::error::EngineError;
use domain::batch::{Batch, MAX_RECIPIENTS, Recipient};
use domain::run::{Command, Run};
use domain::suppression::{Reason, Scope};
use domain::{BatchId, ClientId, Decide, EmailAddress, GroupId, MailingId, RunId, UserId};
use eventstore::{Append, AppendError, EventStore, Loaded};
use projections::runs;
use projections::suppressions::guard::{self, Asked};
use sqlx::PgConnection;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// What came of planning small runs.
#[derive(Debug, Default)]
pub(super) struct Planned {
    /// Where the last of the events landed.
    pub(super) position: i64,
    /// The runs that are frozen now.
    pub(super) frozen: HashSet<Uuid>,
    /// Those that another planner has in hand, or has frozen: the read models will show it.
    pub(super) others: HashSet<Uuid>,
}

/// What each run's stream says.
type Streams = HashMap<Uuid, Loaded<Run>>;

impl Context {
    /// Plans those of these runs that are small. The others, and all of them if something is in the way of one, are left for
    /// [`Context::freeze`].
    pub(super) async fn plan_small(&self, all: &[runs::Run]) -> Result<Planned, EngineError> {
        let mut done = Planned::default();
        // Whom another run has failed is told by its deliveries, and asked with care.
        let asked: Vec<Uuid> = all.iter().filter(|run| run.resend_of.is_none()).map(|run| run.id).collect();
        if asked.is_empty() {
            return Ok(done);
        }
        let mut transaction = self.store.begin().await?;
        let mine = lock(&mut transaction, &asked).await?;
        let streams = EventStore::load_within::<Run>(&mut transaction, &mine).await?;
        let mut streams: Streams = mine.iter().copied().zip(streams).collect();
        // The read model may be behind: what counts is the stream.
        streams.retain(|_, stream| matches!(stream.state, Run::Started { .. }));
        done.others = asked.into_iter().filter(|id| !streams.contains_key(id)).collect();
        let runs: Vec<&runs::Run> = all.iter().filter(|run| streams.contains_key(&run.id)).collect();
        let audiences = small_audiences(&mut transaction, &runs).await?;
        let mut appends = Vec::with_capacity(2 * audiences.len());
        let mut told = Vec::with_capacity(audiences.len());
        for run in runs {
            let (Some(audience), Some(stream)) = (audiences.get(&run.id), streams.remove(&run.id)) else { continue };
            appends.extend(self.frozen(run, audience, stream)?);
            told.push((run.id, audience.len()));
        }
        if appends.is_empty() {
            return Ok(done);
        }
        match self.store.append_within(&mut transaction, &appends, &self.metadata()).await {
            Ok(receipt) => {
                transaction.commit().await?;
                self.store.appended(receipt);
                for (run, planned) in told {
                    tracing::info!(%run, planned, "the audience is frozen");
                    done.frozen.insert(run);
                }
                done.position = receipt.position;
            }
            Err(AppendError::Store(error)) if error.blame().may_pass() => return Err(error.into()),
            // A planner that knows no such lock has made one of these batches.
            Err(error) => tracing::debug!(%error, "small runs are planned one by one"),
        }
        Ok(done)
    }

    /// What plans the run's batch, if anybody is in it, and freezes the run.
    fn frozen(&self, run: &runs::Run, audience: &[Invited], stream: Loaded<Run>) -> Result<Vec<Append>, EngineError> {
        let (id, cause) = (RunId(run.id), stream.last);
        let mut appends = Vec::with_capacity(2);
        if !audience.is_empty() {
            let (number, commands) = plan(run, 0, audience);
            let batch = BatchId::derive(id, number).0;
            appends.push(Append::begin::<Batch>(batch, planned(&commands)?)?.caused_by(cause));
        }
        let command = Command::FreezeAudience {
            planned: audience.len() as u64,
            batches: u32::from(!audience.is_empty()),
            message_id_domain: self.settings.message_id_domain(),
        };
        let events = stream.state.decide(command).map_err(|error| EngineError::refused(&error))?;
        appends.push(Append::new(run.id, stream, events)?.caused_by(cause));
        Ok(appends)
    }
}

/// Those of these runs that nobody else plans at this moment; nobody does until the transaction ends.
pub(super) async fn lock(transaction: &mut PgConnection, runs: &[Uuid]) -> Result<Vec<Uuid>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select id as "id!", pg_try_advisory_xact_lock(hashtextextended('plan ' || id, 0)) as "mine!"
             from unnest($1::uuid[]) as t (id)"#,
        runs,
    )
    .fetch_all(transaction)
    .await?;
    Ok(rows.into_iter().filter(|row| row.mine).map(|row| row.id).collect())
}

/// The audiences of those of these runs that fit into one batch, as they are at this moment.
async fn small_audiences(
    transaction: &mut PgConnection,
    asked: &[&runs::Run],
) -> Result<HashMap<Uuid, Vec<Invited>>, sqlx::Error> {
    let ids: Vec<Uuid> = asked.iter().map(|run| run.id).collect();
    let mailings: Vec<Uuid> = asked.iter().map(|run| run.mailing_id).collect();
    let owners: Vec<Uuid> = asked.iter().map(|run| run.owner_id).collect();
    let most = i32::try_from(MAX_RECIPIENTS).unwrap_or(i32::MAX);
    let rows =
        sqlx::query_file!("src/plan/small.sql", &ids, &mailings, &owners, most).fetch_all(&mut *transaction).await?;
    let mut suppressions = {
        let named = rows.iter().map(|row| (row.run, (row.emails.as_slice(), row.topics.as_slice())));
        let named: HashMap<Uuid, Named<'_>> = named.collect();
        suppressions(transaction, asked, &named).await?
    };
    let audiences = rows.into_iter().map(|row| {
        let people = row.clients.into_iter().zip(row.revisions).zip(row.doubles);
        let left_out = suppressions.remove(&row.run).unwrap_or_default().into_iter().chain(std::iter::repeat(None));
        let invited =
            people.zip(left_out).map(|(((client, revision), double), suppression): (Person, Option<Reason>)| {
                let recipient = Recipient(ClientId(client), u32::try_from(revision).unwrap_or(1));
                (recipient, why_left_out(double, suppression))
            });
        (row.run, invited.collect())
    });
    Ok(audiences.collect())
}

/// A client with the revision of their details, and whether they have the mailbox of somebody before.
type Person = ((Uuid, i32), bool);

/// The addresses of a run's recipients, and the groups that its mailing names.
type Named<'r> = (&'r [String], &'r [Uuid]);

/// Why those of these runs' recipients are not written to who are not, in the order of their addresses. Runs in whose scopes nobody is
/// suppressed are left out: nearly all of them, most of the time.
async fn suppressions(
    transaction: &mut PgConnection,
    runs: &[&runs::Run],
    named: &HashMap<Uuid, Named<'_>>,
) -> Result<HashMap<Uuid, Vec<Option<Reason>>>, sqlx::Error> {
    let found: Vec<(&runs::Run, &[String], &[Uuid])> =
        runs.iter().filter_map(|run| named.get(&run.id).map(|(emails, groups)| (*run, *emails, *groups))).collect();
    let questions = found.iter().map(|(run, _, groups)| {
        let (owner, mailing) = (UserId(run.owner_id), MailingId(run.mailing_id));
        let scopes = Scope::ids_of_run(owner, mailing, groups.iter().copied().map(GroupId));
        Asked { scopes, mailing: None, kind: run.kind, mailboxes: Vec::new() }
    });
    let mut questions: Vec<Asked> = questions.collect();
    let mut scopes: Vec<Uuid> = questions.iter().flat_map(|asked| asked.scopes.iter().copied()).collect();
    scopes.sort_unstable();
    scopes.dedup();
    let in_use: HashSet<Uuid> = guard::in_use(&mut *transaction, &scopes).await?.into_iter().collect();
    if in_use.is_empty() {
        return Ok(HashMap::new());
    }
    for (asked, (_, emails, _)) in questions.iter_mut().zip(&found) {
        asked.scopes.retain(|scope| in_use.contains(scope));
        if !asked.scopes.is_empty() {
            asked.mailboxes = emails.iter().map(|email| EmailAddress::taken(email).key()).collect();
        }
    }
    let reasons = guard::reasons_of_each(transaction, &questions).await?;
    Ok(found.into_iter().map(|(run, ..)| run.id).zip(reasons).collect())
}
