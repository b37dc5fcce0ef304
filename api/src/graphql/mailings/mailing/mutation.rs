//! What can be done with a mailing.

use super::plan::{AudienceInput, PeriodicityInput};
use super::{InDoubt, Mailing, MailingKind};
use crate::failure::Failure;
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::scalars::{DateTime, Long, TimeZone};
use crate::graphql::kit::user_error::{Done, UserError, done, payload};
use crate::graphql::letters::warning;
use crate::graphql::mailings::run::Run;
use acts::mailings::{Every, New, Recipients, Replan};
use acts::refusal::{Refused, input};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use domain::mailing::{Error, InDoubt as Policy, Kind};
use domain::{MailingId, RunId};
use eventstore::Receipt;
use projections::{Access, mailings, runs};

/// The mailing that `mailingCreate` plans.
#[derive(InputObject)]
struct MailingCreateInput {
    /// The name of the mailing, for people: one line of 1 to 200 characters (`NAME_EMPTY`, `NAME_TOO_LONG`,
    /// `NAME_NOT_A_LINE`).
    name: String,
    /// The id of the message to send: one of your own, or a shared one (`NOT_FOUND`).
    message_id: ID,
    /// The clients, groups and segments who get the mailing's letters. Clients and groups without segments must have at least one client
    /// together (`AUDIENCE_EMPTY`); who is in a segment, and whom other mailings have written to, is asked when a run starts.
    audience: AudienceInput,
    /// The moment when the window opens, at most 366 days ago (`START_TOO_OLD`). Unless the kind of the periodicity is
    /// `CRON`, it also fixes the local time, the weekday and the day of the month at which the mailing runs. If it has
    /// passed, one run starts at once, for the latest occurrence that has passed; earlier occurrences are neither run
    /// nor recorded as missed. With the kind `CRON` that is so only if the expression has named a moment since
    /// `startsAt`; otherwise the first run starts at the next moment that it names. A text that is no moment gets
    /// `DATE_TIME_INVALID`, and a year before 1970 or after 9999 `WINDOW_YEAR_OUT_OF_RANGE`.
    starts_at: DateTime,
    /// The moment when the window ends, which is after `startsAt` (`WINDOW_REVERSED`, `WINDOW_EMPTY`) and in the future
    /// (`WINDOW_ENDED`). Nothing is sent from then on. A text that is no moment gets `DATE_TIME_INVALID`, and a year
    /// after 9999 `WINDOW_YEAR_OUT_OF_RANGE`.
    ends_at: DateTime,
    /// How often the mailing runs inside its window. If no moment of it lies there, the mailing is refused
    /// (`NEVER_DUE`).
    periodicity: PeriodicityInput,
    /// The time zone by whose days and hours the periodicity goes (`TIME_ZONE_UNKNOWN`); your own if it is null or left
    /// out.
    time_zone: Option<TimeZone>,
    /// What to do with a letter in doubt, of which nobody knows whether the mail server took it; `HOLD` if it is null
    /// or left out.
    in_doubt: Option<InDoubt>,
    /// The name of the relay that the letters go through: 1 to 32 small letters, digits and hyphens
    /// (`RELAY_NAME_INVALID`), as `relays` tells it. A name that is not among these is no error: the letters wait until
    /// a worker (a process that sends letters) has a relay of this name, and `Run.waiting` says so. Any that works if
    /// it is null, left out or empty.
    relay: Option<String>,
    /// What the mailing's letters are to those who get them; `BULK` if it is null or left out. Whoever runs the service may let
    /// nobody say `TRANSACTIONAL` (`TRANSACTIONAL_NOT_ALLOWED`).
    kind: Option<MailingKind>,
    /// The id of the sender that the letters are from: one of your own (`SENDER_NOT_FOUND`) that can be used (`SENDER_NOT_VERIFIED`, `SENDER_REVOKED`). The
    /// service itself if it is null, left out or empty. Whoever runs the service may want that nothing bad is found of the records of the
    /// domain that the letters are from (`SENDER_NOT_ALIGNED`).
    sender: Option<ID>,
    /// A key that you choose: one line of 1 to 200 characters, such as a fresh UUID. If your account sends the same key
    /// to the same mutation again, with the same input, nothing new is made, and the answer has the mailing that was
    /// made first, as it is now. So a request whose answer got lost can be repeated. With another input the user error
    /// has the code `IDEMPOTENCY_KEY_REUSED`. A key never expires, not even when its mailing is deleted: the answer
    /// then has the mailing with `deletedAt`. Null or left out: every request makes another mailing.
    idempotency_key: Option<String>,
}

/// What `mailingUpdate` changes of a mailing. A field that is left out or null stays as it is.
#[derive(InputObject)]
struct MailingUpdateInput {
    /// The id of the mailing to change.
    id: ID,
    /// The new name of the mailing: one line of 1 to 200 characters (`NAME_EMPTY`, `NAME_TOO_LONG`, `NAME_NOT_A_LINE`).
    name: Option<String>,
    /// The id of the message to send from now on: one of your own, or a shared one (`NOT_FOUND`).
    message_id: Option<ID>,
    /// The whole new audience, in place of the old one. Clients and groups without segments must have at least one client together
    /// (`AUDIENCE_EMPTY`).
    audience: Option<AudienceInput>,
    /// The new moment when the window opens, at most 366 days ago (`START_TOO_OLD`). Unless the kind of the periodicity
    /// is `CRON`, it also fixes the local time, the weekday and the day of the month at which the mailing runs. If by
    /// the new start an occurrence has passed that is later than the last one that the mailing ran or missed, one run
    /// starts at once, for the latest such occurrence; others are neither run nor recorded as missed. A run that has
    /// started goes on, also if by the new start the window has not opened yet. A start that stays as it is may have
    /// become older than 366 days. The codes for a moment are those of `MailingCreateInput.startsAt`.
    starts_at: Option<DateTime>,
    /// The new moment when the window ends, which is after `startsAt` (`WINDOW_REVERSED`, `WINDOW_EMPTY`) and in the
    /// future (`WINDOW_ENDED`). A text that is no moment gets `DATE_TIME_INVALID`, and a year after 9999
    /// `WINDOW_YEAR_OUT_OF_RANGE`.
    ends_at: Option<DateTime>,
    /// How often the mailing runs inside its window from now on. If no moment of it lies there, the change is refused
    /// (`NEVER_DUE`).
    periodicity: Option<PeriodicityInput>,
    /// The time zone by whose days and hours the periodicity goes from now on (`TIME_ZONE_UNKNOWN`).
    time_zone: Option<TimeZone>,
    /// What to do from now on with a letter in doubt, of which nobody knows whether the mail server took it.
    in_doubt: Option<InDoubt>,
    /// The name of the relay that the letters go through from now on: 1 to 32 small letters, digits and hyphens
    /// (`RELAY_NAME_INVALID`), as `relays` tells it. A name that is not among these is no error: the letters wait until
    /// a worker (a process that sends letters) has a relay of this name, and `Run.waiting` says so. An empty text for
    /// any that works.
    relay: Option<String>,
    /// What the mailing's letters are from the next run on to those who get them. Whoever runs the service may let nobody say
    /// `TRANSACTIONAL` (`TRANSACTIONAL_NOT_ALLOWED`).
    kind: Option<MailingKind>,
    /// The id of the sender that the letters are from, from the next run on: one of your own (`SENDER_NOT_FOUND`) that can be used
    /// (`SENDER_NOT_VERIFIED`, `SENDER_REVOKED`). An empty text for the service itself.
    sender: Option<ID>,
    /// The `version` of the mailing that you have seen. If the present version is a different number, higher or lower,
    /// nothing is changed and the user error has the code `STALE_VERSION`. Null or left out: the mailing is changed
    /// whatever its version is. A variable for this field must be declared as `Long`, not `Int`.
    expected_version: Option<Long>,
}

/// The mailing that `mailingDelete` deletes.
#[derive(InputObject)]
struct MailingDeleteInput {
    /// The id of the mailing to delete.
    id: ID,
}

/// The mailing that `mailingStart` sends now.
#[derive(InputObject)]
struct MailingStartInput {
    /// The id of the mailing to send.
    id: ID,
    /// A key that you choose: one line of 1 to 200 characters, such as a fresh UUID. A key that is new for this mailing
    /// starts a new run, also beside one that is under way. A key that was used for it before is answered by the run
    /// that it started then, even if that run is finished. Without a key (null or left out) the answer is the run that
    /// is under way; if there is none, the run of the occurrence that is due now; and if there is none of that either,
    /// a new run.
    idempotency_key: Option<String>,
}

/// The mailing that `mailingPause` stops.
#[derive(InputObject)]
struct MailingPauseInput {
    /// The id of the mailing to pause.
    id: ID,
}

/// The mailing that `mailingResume` goes on with.
#[derive(InputObject)]
struct MailingResumeInput {
    /// The id of the mailing to resume.
    id: ID,
}

/// The mailing that `mailingCancel` gives up.
#[derive(InputObject)]
struct MailingCancelInput {
    /// The id of the mailing to give up.
    id: ID,
}

/// The mailing that `mailingDisable` stops, and why.
#[derive(InputObject)]
struct MailingDisableInput {
    /// The id of the mailing to disable.
    id: ID,
    /// The reason, which the mailing's owner gets to read in the mailing's `reason` and `history`: 1 to 500 characters
    /// (`REASON_MISSING`, `REASON_TOO_LONG`). If the mailing is disabled already, the reason that was given first
    /// stays.
    reason: String,
}

/// The mailing that `mailingEnable` allows again, and why.
#[derive(InputObject)]
struct MailingEnableInput {
    /// The id of the mailing to enable.
    id: ID,
    /// The reason, which the mailing's owner gets to read in the mailing's `history`: 1 to 500 characters
    /// (`REASON_MISSING`, `REASON_TOO_LONG`).
    reason: String,
}

payload! {
    /// The new mailing, or what is wrong with the input.
    created MailingCreatePayload {
        /// The mailing as it is now; null if there are user errors, or if `behind` is true.
        mailing: Mailing, warnings
    }
}
payload! {
    /// The mailing after the change, or what is wrong with the input.
    MailingUpdatePayload {
        /// The mailing as it is now; null if there are user errors, or if `behind` is true.
        mailing: Mailing, warnings
    }
}
payload! {
    /// The deleted mailing, or what is wrong with the input.
    MailingDeletePayload {
        /// The mailing as it was, with `deletedAt`; null if there are user errors, or if `behind` is true.
        mailing: Mailing
    }
}
payload! {
    /// The mailing after the action, or what is wrong with the input.
    MailingPausePayload {
        /// The mailing as it is now; null if there are user errors, or if `behind` is true.
        mailing: Mailing
    }
}
payload! {
    /// The mailing after the action, or what is wrong with the input.
    MailingResumePayload {
        /// The mailing as it is now; null if there are user errors, or if `behind` is true.
        mailing: Mailing
    }
}
payload! {
    /// The mailing after the action, or what is wrong with the input.
    MailingCancelPayload {
        /// The mailing as it is now; null if there are user errors, or if `behind` is true.
        mailing: Mailing
    }
}
payload! {
    /// The mailing after the action, or what is wrong with the input.
    MailingDisablePayload {
        /// The mailing as it is now; null if there are user errors, or if `behind` is true.
        mailing: Mailing
    }
}
payload! {
    /// The mailing after the action, or what is wrong with the input.
    MailingEnablePayload {
        /// The mailing as it is now; null if there are user errors, or if `behind` is true.
        mailing: Mailing
    }
}

/// The run that was started or found, and its mailing, or what is wrong with the input.
#[derive(SimpleObject)]
struct MailingStartPayload {
    /// The run that was started, or the one that was found as `idempotencyKey` describes; null if there are user
    /// errors, or if `behind` is true.
    run: Option<Run>,
    /// The mailing as it is now; null if there are user errors, or if `behind` is true.
    mailing: Option<Mailing>,
    /// Why the request was refused; empty if it was not. A refused request writes nothing. The description of the
    /// mutation names the codes.
    user_errors: Vec<UserError>,
    /// The position in the log of the last event of the run. Administrators can compare it with the `position` of a
    /// read model in `projections`; everybody else needs only `behind`. Null if there are user errors.
    position: Option<Long>,
    /// True if the run was started or found, but the tables that answers are read from (the read models) did not show
    /// it within 5 seconds. `run` and `mailing` are then null in this answer: repeat the request, with the same
    /// `idempotencyKey` if it has one, after about a second. False if there are user errors.
    behind: bool,
}

#[derive(Default)]
pub(crate) struct MailingMutation;

#[Object]
impl MailingMutation {
    /// Plans a mailing. This is for users without roles and for administrators. The first run starts by itself when the
    /// window opens; with the kind `CRON` it starts at the first moment in the window that the expression names. If
    /// that moment has passed, the run starts at once. What looks like a mistake in the letter is told by `warnings`; so is what is bad of
    /// the records of the domain that it is from, for which the name service is waited for 2 seconds at most.
    ///
    /// The user errors are, for the name, `NAME_EMPTY`, `NAME_TOO_LONG` and `NAME_NOT_A_LINE`; for the message
    /// `NOT_FOUND`, and, if it is older than a rule that it breaks, `LETTER_TOO_LARGE`, `MERGE_FIELD_UNKNOWN`,
    /// `MERGE_FIELD_UNCLOSED`, `MERGE_FIELD_IN_PROGRAM` and `MERGE_FILTER_UNKNOWN`; for the audience `NOT_FOUND`,
    /// `SEGMENT_NOT_FOUND`, `TOO_MANY_CLIENTS`, `TOO_MANY_GROUPS`, `TOO_MANY_SEGMENTS`, `TOO_MANY_MAILINGS` and `AUDIENCE_EMPTY`; for the
    /// window `DATE_TIME_INVALID`,
    /// `WINDOW_YEAR_OUT_OF_RANGE`, `WINDOW_REVERSED`, `WINDOW_EMPTY`, `WINDOW_ENDED` and `START_TOO_OLD`; for the
    /// periodicity `CRON_INVALID`, `CRON_TOO_LONG`, `CRON_NEVER_FIRES`, `CRON_UNEXPECTED` and `NEVER_DUE`; for the rest
    /// `TIME_ZONE_UNKNOWN`, `RELAY_NAME_INVALID`, `TRANSACTIONAL_NOT_ALLOWED`, `SENDER_NOT_FOUND`, `SENDER_NOT_VERIFIED`,
    /// `SENDER_REVOKED`, `SENDER_NOT_ALIGNED`, `QUOTA_REACHED`, `IDEMPOTENCY_KEY_INVALID` and `IDEMPOTENCY_KEY_REUSED`.
    async fn mailing_create(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The mailing to plan.")] input: MailingCreateInput,
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
            kind: input.kind.map(Kind::from).unwrap_or_default(),
            sender: input.sender.map(|id| id.0),
        };
        let outcome =
            acts::mailings::create(context.services(), owner, input.idempotency_key, new, &context.metadata()?).await;
        answer(context, outcome).await
    }

    /// Changes one of the viewer's mailings. Runs that have already started keep their message, its revision and their
    /// recipients; a new end of the window, another relay and another `inDoubt` apply to them, too. A mailing whose
    /// window has ended gets the status again that it had before, if the change has an end in the future. What looks
    /// like a mistake in the letter, or is bad of the records of the domain that it is from, is told by `warnings`.
    ///
    /// The user errors are `NOT_FOUND`, `STALE_VERSION` and `MAILING_CANCELLED` for the mailing; for the name,
    /// `NAME_EMPTY`, `NAME_TOO_LONG` and `NAME_NOT_A_LINE`; for the message `NOT_FOUND`, and, if it is older than a
    /// rule that it breaks, `LETTER_TOO_LARGE`, `MERGE_FIELD_UNKNOWN`, `MERGE_FIELD_UNCLOSED`, `MERGE_FIELD_IN_PROGRAM`
    /// and `MERGE_FILTER_UNKNOWN`; for the audience `NOT_FOUND`, `SEGMENT_NOT_FOUND`, `TOO_MANY_CLIENTS`,
    /// `TOO_MANY_GROUPS`, `TOO_MANY_SEGMENTS`, `TOO_MANY_MAILINGS` and `AUDIENCE_EMPTY`; for the window `DATE_TIME_INVALID`, `WINDOW_YEAR_OUT_OF_RANGE`, `WINDOW_REVERSED`,
    /// `WINDOW_EMPTY`, `WINDOW_ENDED` and `START_TOO_OLD`; for the periodicity `CRON_INVALID`, `CRON_TOO_LONG`,
    /// `CRON_NEVER_FIRES`, `CRON_UNEXPECTED` and `NEVER_DUE`; for the rest `TIME_ZONE_UNKNOWN`, `RELAY_NAME_INVALID`,
    /// `TRANSACTIONAL_NOT_ALLOWED`, `SENDER_NOT_FOUND`, `SENDER_NOT_VERIFIED`, `SENDER_REVOKED` and, if the change names a sender, `SENDER_NOT_ALIGNED`.
    /// `WINDOW_ENDED` is told, too, if the window has ended and the change has no later end.
    async fn mailing_update(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The mailing and the changes.")] input: MailingUpdateInput,
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
            kind: input.kind.map(Kind::from),
            sender: input.sender.map(|id| id.0),
        };
        let expected = input.expected_version.map(|version| version.0);
        let outcome =
            acts::mailings::update(context.services(), by, &input.id, expected, replan, &context.metadata()?).await;
        answer(context, outcome).await
    }

    /// Deletes one of the viewer's mailings: it is stopped and no longer in the lists. Its history stays. It is safe to
    /// repeat. The only user error is `NOT_FOUND`.
    async fn mailing_delete(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The mailing to delete.")] input: MailingDeleteInput,
    ) -> Result<Option<MailingDeletePayload>, Failure> {
        let by = context.owner()?;
        let outcome = acts::mailings::delete(context.services(), by, &input.id, &context.metadata()?).await;
        answer(context, outcome).await
    }

    /// Sends one of the viewer's mailings now, if its window is open. It is safe to repeat, as `idempotencyKey`
    /// describes.
    ///
    /// The user errors are `NOT_FOUND`, `IDEMPOTENCY_KEY_INVALID`, `MAILING_PAUSED`, `MAILING_DISABLED`,
    /// `MAILING_CANCELLED`, `WINDOW_NOT_OPEN`, `WINDOW_ENDED`, `MESSAGE_DELETED`, `AUDIENCE_EMPTY`, `AUDIENCE_PART_DELETED`, `SENDER_NOT_FOUND`,
    /// `SENDER_NOT_VERIFIED`, `SENDER_REVOKED`, `SENDER_NOT_ALIGNED` and `OCCURRENCE_MISSED`, and, if the message is older than a rule that it breaks,
    /// `LETTER_TOO_LARGE`, `MERGE_FIELD_UNKNOWN`, `MERGE_FIELD_UNCLOSED`, `MERGE_FIELD_IN_PROGRAM` and `MERGE_FILTER_UNKNOWN`.
    async fn mailing_start(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The mailing to send.")] input: MailingStartInput,
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

    /// Pauses one of the viewer's mailings: nothing is sent until it is resumed. What becomes of letters that are just
    /// being sent is still recorded. It is safe to repeat. The user errors are `NOT_FOUND`, `MAILING_DISABLED`,
    /// `MAILING_COMPLETED` and `MAILING_CANCELLED`.
    async fn mailing_pause(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The mailing to pause.")] input: MailingPauseInput,
    ) -> Result<Option<MailingPausePayload>, Failure> {
        let by = context.owner()?;
        let outcome = acts::mailings::pause(context.services(), by, &input.id, &context.metadata()?).await;
        answer(context, outcome).await
    }

    /// Resumes one of the viewer's mailings that is paused. It is safe to repeat. The user errors are `NOT_FOUND`,
    /// `MAILING_DISABLED`, `MAILING_COMPLETED` and `MAILING_CANCELLED`.
    async fn mailing_resume(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The mailing to resume.")] input: MailingResumeInput,
    ) -> Result<Option<MailingResumePayload>, Failure> {
        let by = context.owner()?;
        let outcome = acts::mailings::resume(context.services(), by, &input.id, &context.metadata()?).await;
        answer(context, outcome).await
    }

    /// Gives one of the viewer's mailings up, for good: nothing of it is sent any more. It is safe to repeat. The user
    /// errors are `NOT_FOUND` and `MAILING_COMPLETED`.
    async fn mailing_cancel(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The mailing to give up.")] input: MailingCancelInput,
    ) -> Result<Option<MailingCancelPayload>, Failure> {
        let by = context.owner()?;
        let outcome = acts::mailings::cancel(context.services(), by, &input.id, &context.metadata()?).await;
        answer(context, outcome).await
    }

    /// Disables anybody's mailing: nothing of it is sent until a manager or an administrator enables it again. This is
    /// for managers and administrators. It is safe to repeat. The user errors are `NOT_FOUND`, `REASON_MISSING`,
    /// `REASON_TOO_LONG`, `MAILING_COMPLETED` and `MAILING_CANCELLED`.
    async fn mailing_disable(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The mailing to disable, and why.")] input: MailingDisableInput,
    ) -> Result<Option<MailingDisablePayload>, Failure> {
        let by = context.watcher()?;
        let outcome =
            acts::mailings::disable(context.services(), by, &input.id, input.reason, &context.metadata()?).await;
        answer(context, outcome).await
    }

    /// Enables a disabled mailing again. This is for managers and administrators. It is safe to repeat. The user errors
    /// are `NOT_FOUND`, `REASON_MISSING` and `REASON_TOO_LONG`.
    async fn mailing_enable(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The mailing to enable, and why.")] input: MailingEnableInput,
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
    // Only payloads of plans have the field: what the letter says, and whether it will be believed, is seen before it goes out.
    if let Some(Mailing(row)) = &done.noun
        && context.look_ahead().field("warnings").exists()
    {
        done.warnings = warning::of_id(context, row.message_id).await?;
        done.warnings.extend(warning::of_sender(context, row.sender_id).await?);
    }
    Ok(Some(done.into()))
}
