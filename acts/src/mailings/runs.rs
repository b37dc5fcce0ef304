//! What can be done with runs: decide about letters in doubt, and try again those that failed.

use crate::Services;
use crate::mailings::about_the_mailing;
use crate::refusal::{Problem, Refused};
use crate::who::rights::Owner;
use domain::batch::{self, Batch};
use domain::mailing::{self, Mailing};
use domain::run::{self, Run, Trigger};
use domain::{BatchId, Code, MailingId, Outcome, RunId, UserId};
use eventstore::{Append, AppendError, Metadata, Receipt};
use projections::runs::{self, Status};
use projections::{Access, deliveries};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// How many batches are decided about in one append.
const BATCHES: usize = 20;

/// How often to decide again after a conflict: a worker may be at the same batch.
const ATTEMPTS: u32 = 10;

/// What somebody decides about letters of which nobody knows whether they arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The letters are sent again, perhaps a second time.
    Resend,
    /// The letters are left as they are.
    Accept,
}

/// Decides about one letter in doubt, or about all of a run that nobody has decided about. Asking again changes nothing.
pub async fn decide(
    services: &Services,
    by: Owner,
    id: RunId,
    delivery: Option<i32>,
    decision: Decision,
    metadata: &Metadata,
) -> Result<(RunId, Receipt), Refused> {
    let by = by.id();
    let run = own(services, by, id).await?;
    if decision == Decision::Resend {
        let command = mailing::Command::CheckSendable { by, now: services.now() };
        let may = services.store.execute::<Mailing>(run.mailing_id, command, metadata).await;
        may.map_err(|error| about_the_mailing(error.into()))?;
    }
    let places = match delivery {
        Some(ordinal) => {
            let (number, place) = deliveries::place(ordinal);
            BTreeMap::from([(number, Some(vec![place]))])
        }
        None => undecided(services, id).await?.into_iter().map(|number| (number, None)).collect(),
    };
    // A client that hangs up does not cut this in half.
    let (services, metadata) = (services.clone(), metadata.clone());
    let deciding = tokio::spawn(async move {
        let mut receipt =
            services.store.last_position::<Run>(id.0).await.map(|position| Receipt { position, version: 0 })?;
        for some in places.into_iter().collect::<Vec<_>>().chunks(BATCHES) {
            if let Some(decided) = decide_some(&services, id, some, decision, &metadata).await? {
                receipt = decided;
            }
        }
        Ok::<_, Refused>((id, receipt))
    });
    deciding.await.map_err(|error| Refused::Fault(error.into()))?
}

/// The batches of a run that have letters about which nobody has decided.
async fn undecided(services: &Services, id: RunId) -> Result<Vec<u32>, Refused> {
    let filter = deliveries::Filter { undecided: true, ..deliveries::Filter::with(&[Outcome::Unknown]) };
    let mut numbers = Vec::new();
    let mut after = None;
    loop {
        let Some((next, _)) = deliveries::page(services.pool(), Access::All, id, &filter, after, 1).await?.pop() else {
            return Ok(numbers);
        };
        let (number, _) = deliveries::place(next);
        numbers.push(number);
        after = Some(deliveries::ordinal(number + 1, 0) - 1);
    }
}

/// The batches and, if letters are sent again, the run, in one append: a run that is finished at the same moment conflicts,
/// and is then found open.
async fn decide_some(
    services: &Services,
    id: RunId,
    places: &[(u32, Option<Vec<u16>>)],
    decision: Decision,
    metadata: &Metadata,
) -> Result<Option<Receipt>, Refused> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        let mut appends = Vec::with_capacity(places.len() + 1);
        let mut count = 0;
        for (number, recipients) in places {
            let batch = BatchId::derive(id, *number);
            let loaded = services.store.load::<Batch>(batch.0).await?;
            let recipients = recipients.clone();
            let command = match decision {
                Decision::Resend => batch::Command::Resend { recipients },
                Decision::Accept => batch::Command::AcceptDoubt { recipients },
            };
            let events = domain::Decide::decide(&loaded.state, command).map_err(|error| match error {
                batch::Error::NoSuchRecipient { .. } | batch::Error::NotPlanned => Refused::from(no_delivery()),
                error => Problem::of(&error).at(&["id"]).into(),
            })?;
            if let [batch::Event::ResendOrdered { recipients } | batch::Event::DoubtAccepted { recipients }] =
                &events[..]
            {
                count += recipients.len() as u64;
                appends.push(Append::new(batch.0, loaded, events)?);
            }
        }
        if appends.is_empty() {
            return Ok(None);
        }
        if decision == Decision::Resend {
            let loaded = services.store.load::<Run>(id.0).await?;
            let command = run::Command::Resend { deliveries: count, at: services.now() };
            let events = domain::Decide::decide(&loaded.state, command).map_err(|error| Problem::of(&error))?;
            appends.push(Append::new(id.0, loaded, events)?);
        }
        match services.store.append(&appends, metadata).await {
            Ok(receipt) => {
                if decision == Decision::Resend {
                    take_up(services, id, places).await?;
                }
                return Ok(Some(receipt));
            }
            Err(AppendError::Conflict) if attempt < ATTEMPTS => {}
            Err(error) => return Err(error.refused::<Run>().into()),
        }
    }
}

/// Batches that wait for the end of a retry pause are looked at again at once.
async fn take_up(services: &Services, id: RunId, places: &[(u32, Option<Vec<u16>>)]) -> Result<(), sqlx::Error> {
    let batches: Vec<Uuid> = places.iter().map(|(number, _)| BatchId::derive(id, *number).0).collect();
    sqlx::query!("delete from batch_leases where batch_id = any($1) and worker is null", &batches)
        .execute(services.pool())
        .await?;
    Ok(())
}

/// Starts a run for those whose letters failed in this one: rejected or given up. They get the mailing's letter as it is
/// now, at the addresses that they have now. One run is tried again once; what fails there is tried again from there.
pub async fn resend_failed(
    services: &Services,
    by: Owner,
    id: RunId,
    metadata: &Metadata,
) -> Result<(RunId, Receipt), Refused> {
    let by = by.id();
    let run = own(services, by, id).await?;
    let mailing = MailingId(run.mailing_id);
    let trigger = Trigger::ResendFailed(id);
    let again = trigger.run_of(mailing);
    if let Some(receipt) = crate::mailings::started_before(services, by, again).await? {
        return Ok((again, receipt));
    }
    check_failed(&run)?;
    // A run is tried again once, so whom it goes to has to be known.
    if let Some(error) = deliveries::unreadable(services.pool(), id).await? {
        return Err(error.into());
    }
    let now = services.now();
    let may = services.store.execute::<Mailing>(mailing.0, mailing::Command::CheckSendable { by, now }, metadata).await;
    may.map_err(|error| about_the_mailing(error.into()))?;
    let origin = crate::mailings::letter(services, by, mailing).await?;
    let command =
        run::Command::Start { origin, trigger, at: now, message_id_domain: services.message_id_domain.clone() };
    let metadata = metadata.clone().caused_by(services.store.last_of::<Run>(id.0).await?);
    let receipt = services.store.execute::<Run>(again.0, command, &metadata).await?;
    Ok((again, receipt))
}

/// Whether a run has letters that failed, and all of its letters their outcome.
pub fn check_failed(run: &runs::Run) -> Result<(), Problem> {
    if run.status != Status::Finished {
        return Err(Problem::new(Code::RunNotFinished, &["id"], words::mailings::Problem::RunNotFinished));
    }
    if run.rejected + run.expired == 0 {
        return Err(Problem::new(Code::NothingFailed, &["id"], words::mailings::Problem::NothingFailed));
    }
    Ok(())
}

/// The runs that have tried again those whose letters failed in one of these, which are named with their mailings; by that one's
/// id.
pub async fn tried_again(
    services: &Services,
    access: Access,
    of: &[(RunId, MailingId)],
) -> Result<HashMap<Uuid, Uuid>, sqlx::Error> {
    let again = |(run, mailing): &(RunId, MailingId)| (Trigger::ResendFailed(*run).run_of(*mailing).0, run.0);
    let again: HashMap<Uuid, Uuid> = of.iter().map(again).collect();
    let ids: Vec<Uuid> = again.keys().copied().collect();
    let there = runs::by_ids(services.pool(), access, &ids).await?;
    Ok(there.into_iter().filter_map(|(id, _)| Some((*again.get(&id)?, id))).collect())
}

/// What somebody is told who wants to decide where there is nothing to decide about.
#[must_use]
pub fn nothing_in_doubt() -> Problem {
    Problem::new(Code::NotInDoubt, &["id"], words::mailings::Problem::NothingInDoubt)
}

/// A delivery's id: its run and its place there.
#[must_use]
pub fn id_of(run: Uuid, ordinal: i32) -> String {
    format!("delivery.{run}.{ordinal}")
}

/// The run and the place of a delivery, from their parts as an id has them.
#[must_use]
pub fn place_of(id: &str) -> Option<(RunId, i32)> {
    let (run, ordinal) = id.strip_prefix("delivery.")?.split_once('.')?;
    Some((run.parse().ok()?, ordinal.parse().ok().filter(|ordinal| *ordinal >= 0)?))
}

/// The id of a run, as an input has it.
pub fn run_id(text: &str) -> Result<RunId, Problem> {
    text.parse().map_err(|_| no_run())
}

/// What somebody is told who names a delivery that they have not.
#[must_use]
pub fn no_delivery() -> Problem {
    Problem::new(Code::NotFound, &["id"], words::mailings::Problem::NoDelivery)
}

fn no_run() -> Problem {
    Problem::new(Code::NotFound, &["id"], words::mailings::Problem::NoRun)
}

async fn own(services: &Services, by: UserId, id: RunId) -> Result<runs::Run, Refused> {
    let run = runs::get(services.pool(), Access::Owner(by), id).await?;
    run.filter(|run| run.status != Status::Missed).ok_or_else(|| no_run().into())
}
