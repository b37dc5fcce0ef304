//! What can be done with a mailing.

use super::plan::{AudienceInput, PeriodicityInput};
use super::{InDoubt, Mailing};
use crate::failure::Failure;
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::scalars::{DateTime, Long, TimeZone};
use crate::graphql::kit::user_error::{Done, UserError, done, payload};
use crate::graphql::letters::warning;
use crate::graphql::mailings::run::Run;
use acts::mailings::{Every, New, Recipients, Replan};
use acts::refusal::{Refused, input};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use domain::mailing::{Error, InDoubt as Policy};
use domain::{MailingId, RunId};
use eventstore::Receipt;
use projections::{Access, mailings, runs};

#[derive(InputObject)]
struct MailingCreateInput {
    name: String,
    message_id: ID,
    audience: AudienceInput,
    /// When the window opens. If it is open already, a run starts at once.
    starts_at: DateTime,
    /// When the window ends. Nothing is sent after that.
    ends_at: DateTime,
    periodicity: PeriodicityInput,
    /// In which zone the periodicity counts; yours if it is left out.
    time_zone: Option<TimeZone>,
    /// What to do with letters in doubt; `HOLD` if it is left out.
    in_doubt: Option<InDoubt>,
    /// The relay that its letters go through; any that works if it is left out.
    relay: Option<String>,
    /// The same key with the same input is answered by the same mailing: repeat it when an answer got lost.
    idempotency_key: Option<String>,
}

/// What is left out, or null, stays as it is.
#[derive(InputObject)]
struct MailingUpdateInput {
    id: ID,
    name: Option<String>,
    message_id: Option<ID>,
    /// The whole new audience.
    audience: Option<AudienceInput>,
    starts_at: Option<DateTime>,
    ends_at: Option<DateTime>,
    periodicity: Option<PeriodicityInput>,
    time_zone: Option<TimeZone>,
    in_doubt: Option<InDoubt>,
    /// An empty name: any that works.
    relay: Option<String>,
    /// Refuse if it was changed since this version.
    expected_version: Option<Long>,
}

#[derive(InputObject)]
struct MailingDeleteInput {
    id: ID,
}

#[derive(InputObject)]
struct MailingStartInput {
    id: ID,
    /// The same key is the same press: it is answered by the run that it started first. Without a key a run that is
    /// under way is the answer, else a fresh one.
    idempotency_key: Option<String>,
}

#[derive(InputObject)]
struct MailingPauseInput {
    id: ID,
}

#[derive(InputObject)]
struct MailingResumeInput {
    id: ID,
}

#[derive(InputObject)]
struct MailingCancelInput {
    id: ID,
}

#[derive(InputObject)]
struct MailingDisableInput {
    id: ID,
    /// For the owner to read; at most 500 characters.
    reason: String,
}

#[derive(InputObject)]
struct MailingEnableInput {
    id: ID,
    /// For the owner to read; at most 500 characters.
    reason: String,
}

payload! {
    /// The mailing, or what is wrong.
    MailingCreatePayload { mailing: Mailing, warnings }
}
payload! {
    /// The mailing as it is now, or what is wrong.
    MailingUpdatePayload { mailing: Mailing, warnings }
}
payload! {
    /// The mailing that is gone from the lists, or what is wrong.
    MailingDeletePayload {
        /// As it was.
        mailing: Mailing
    }
}
payload! {
    /// The mailing as it is now, or what is wrong.
    MailingPausePayload { mailing: Mailing }
}
payload! {
    /// The mailing as it is now, or what is wrong.
    MailingResumePayload { mailing: Mailing }
}
payload! {
    /// The mailing as it is now, or what is wrong.
    MailingCancelPayload { mailing: Mailing }
}
payload! {
    /// The mailing as it is now, or what is wrong.
    MailingDisablePayload { mailing: Mailing }
}
payload! {
    /// The mailing as it is now, or what is wrong.
    MailingEnablePayload { mailing: Mailing }
}

/// The run that was started, now or by the same request before, or what is wrong.
#[derive(SimpleObject)]
struct MailingStartPayload {
    run: Option<Run>,
    mailing: Option<Mailing>,
    /// What is wrong with the input; then nothing was written.
    user_errors: Vec<UserError>,
    /// Of the last event written; a read model that has reached it shows them all.
    position: Option<Long>,
    /// It was written, but the read models are late and cannot show it yet: ask again for what `position` stands for.
    behind: bool,
}

#[derive(Default)]
pub(crate) struct MailingMutation;

#[Object]
impl MailingMutation {
    /// Plans a mailing. It starts by itself when its window opens; if that is open, at once.
    async fn mailing_create(
        &self,
        context: &Context<'_>,
        input: MailingCreateInput,
    ) -> Result<Option<MailingCreatePayload>, Failure> {
        let owner = context.owner()?;
        let new = New {
            name: input.name,
            message: input.message_id.0,
            recipients: input.audience.into(),
            starts_at: input.starts_at.0,
            ends_at: input.ends_at.0,
            every: input.periodicity.into(),
            time_zone: input.time_zone.map(|zone| zone.0),
            in_doubt: input.in_doubt.map(Policy::from).unwrap_or_default(),
            relay: input.relay,
        };
        let outcome =
            acts::mailings::create(context.services(), owner, input.idempotency_key, new, &context.metadata()?).await;
        answer(context, outcome).await
    }

    /// Plans a mailing otherwise. Runs that have started keep what they started with.
    async fn mailing_update(
        &self,
        context: &Context<'_>,
        input: MailingUpdateInput,
    ) -> Result<Option<MailingUpdatePayload>, Failure> {
        let by = context.owner()?;
        let replan = Replan {
            name: input.name,
            message: input.message_id.map(|id| id.0),
            recipients: input.audience.map(Recipients::from),
            starts_at: input.starts_at.map(|at| at.0),
            ends_at: input.ends_at.map(|at| at.0),
            every: input.periodicity.map(Every::from),
            time_zone: input.time_zone.map(|zone| zone.0),
            in_doubt: input.in_doubt.map(Policy::from),
            relay: input.relay,
        };
        let expected = input.expected_version.map(|version| version.0);
        let outcome =
            acts::mailings::update(context.services(), by, &input.id, expected, replan, &context.metadata()?).await;
        answer(context, outcome).await
    }

    /// Removes a mailing from the lists and stops it. Its history stays.
    async fn mailing_delete(
        &self,
        context: &Context<'_>,
        input: MailingDeleteInput,
    ) -> Result<Option<MailingDeletePayload>, Failure> {
        let by = context.owner()?;
        let outcome = acts::mailings::delete(context.services(), by, &input.id, &context.metadata()?).await;
        answer(context, outcome).await
    }

    /// Sends now. Safe to repeat: see `idempotencyKey`.
    async fn mailing_start(
        &self,
        context: &Context<'_>,
        input: MailingStartInput,
    ) -> Result<Option<MailingStartPayload>, Failure> {
        let by = context.owner()?;
        let metadata = context.metadata()?;
        let outcome = match input::id::<MailingId>(&input.id, &["id"], &Error::NotFound) {
            Ok(id) => acts::mailings::send_now(context.services(), by, id, input.idempotency_key, &metadata).await,
            Err(problem) => Err(problem.into()),
        };
        let read = async |run: RunId| {
            let access = Access::Owner(by.id());
            let Some(run) = runs::get(context.pool(), access, run).await? else { return Ok(None) };
            let mailing = mailings::get(context.pool(), access, MailingId(run.mailing_id)).await?;
            Ok(Some((run, mailing)))
        };
        let Some(Done { noun, user_errors, position, behind, .. }) = done(context, outcome, read).await? else {
            return Ok(None);
        };
        let (run, mailing) = noun.unzip();
        let mailing = mailing.flatten().map(Mailing);
        Ok(Some(MailingStartPayload { run: run.map(Run), mailing, user_errors, position, behind }))
    }

    /// Stops sending until it is resumed. What is in flight is still recorded.
    async fn mailing_pause(
        &self,
        context: &Context<'_>,
        input: MailingPauseInput,
    ) -> Result<Option<MailingPausePayload>, Failure> {
        let by = context.owner()?;
        let outcome = acts::mailings::pause(context.services(), by, &input.id, &context.metadata()?).await;
        answer(context, outcome).await
    }

    /// Goes on with a paused mailing.
    async fn mailing_resume(
        &self,
        context: &Context<'_>,
        input: MailingResumeInput,
    ) -> Result<Option<MailingResumePayload>, Failure> {
        let by = context.owner()?;
        let outcome = acts::mailings::resume(context.services(), by, &input.id, &context.metadata()?).await;
        answer(context, outcome).await
    }

    /// Gives a mailing up, for good.
    async fn mailing_cancel(
        &self,
        context: &Context<'_>,
        input: MailingCancelInput,
    ) -> Result<Option<MailingCancelPayload>, Failure> {
        let by = context.owner()?;
        let outcome = acts::mailings::cancel(context.services(), by, &input.id, &context.metadata()?).await;
        answer(context, outcome).await
    }

    /// Stops anybody's mailing: for managers and administrators.
    async fn mailing_disable(
        &self,
        context: &Context<'_>,
        input: MailingDisableInput,
    ) -> Result<Option<MailingDisablePayload>, Failure> {
        let by = context.watcher()?;
        let outcome =
            acts::mailings::disable(context.services(), by, &input.id, input.reason, &context.metadata()?).await;
        answer(context, outcome).await
    }

    /// Allows a disabled mailing again: for managers and administrators.
    async fn mailing_enable(
        &self,
        context: &Context<'_>,
        input: MailingEnableInput,
    ) -> Result<Option<MailingEnablePayload>, Failure> {
        let by = context.watcher()?;
        let outcome =
            acts::mailings::enable(context.services(), by, &input.id, input.reason, &context.metadata()?).await;
        answer(context, outcome).await
    }
}

/// The payload with the mailing as it is now.
async fn answer<P: From<Done<Mailing>>>(
    context: &Context<'_>,
    outcome: Result<(MailingId, Receipt), Refused>,
) -> Result<Option<P>, Failure> {
    let access = context.viewer()?.reads();
    let read = async |id| Ok(mailings::get(context.pool(), access, id).await?.map(Mailing));
    let Some(mut done) = done(context, outcome, read).await? else { return Ok(None) };
    // Only payloads of plans have the field: what the letter says is seen before it goes out.
    if let Some(Mailing(row)) = &done.noun
        && context.look_ahead().field("warnings").exists()
    {
        done.warnings = warning::of_id(context, row.message_id).await?;
    }
    Ok(Some(done.into()))
}
