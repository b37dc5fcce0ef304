//! Deliveries and their attempts.

use crate::failure::Failure;
use crate::graphql::address_book::client::Client;
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::scalars::DateTime;
use crate::graphql::kit::tables::{AttemptsOf, ClientKey, RunKey};
use crate::graphql::kit::user_error::{Done, done, payload};
use crate::graphql::mailings::run::Run;
use acts::mailings::runs::Decision;
use acts::refusal::Refused;
use async_graphql::{Context, Description, Enum, ID, InputObject, Object, SimpleObject};
use domain::{Outcome, RunId};
use eventstore::Receipt;
use projections::{Access, deliveries, runs};
use uuid::Uuid;

/// What became of a delivery so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Outcome")]
pub(crate) enum DeliveryOutcome {
    /// The letter was not tried yet, or is being tried right now.
    Pending,
    /// The mail server took the letter.
    Accepted,
    /// The mail server refused the letter for good.
    Rejected,
    /// The mail server put the letter off; it will be tried again.
    Deferred,
    /// The letter is in doubt: a crash or a lost connection happened after the letter was sent and before the mail
    /// server's reply came, so nobody knows whether it was taken.
    Unknown,
    /// The letter was never tried; the delivery's `suppressedBecause` tells why.
    Suppressed,
    /// The letter was given up: the time for sending it ended, or the mailing was cancelled or deleted after the mail
    /// server had put the letter off.
    Expired,
}

/// Why a letter was never tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
enum SuppressionReason {
    /// The mailing was cancelled or deleted.
    Cancelled,
    /// Another recipient of the run, whose address is written differently but leads to the same mailbox, gets the
    /// letter.
    SameMailbox,
}

/// How an attempt to send a letter ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "deliveries::Ending")]
enum AttemptOutcome {
    /// The mail server took the letter.
    Accepted,
    /// The mail server refused the letter for good.
    Rejected,
    /// The mail server put the letter off.
    Deferred,
    /// Nobody knows whether the mail server took the letter, as a crash or a lost connection happened after the letter
    /// was sent and before the reply came.
    Unknown,
    /// The letter was not sent in this attempt, for a reason that has nothing to do with the recipient, such as a mail
    /// server that could not be reached.
    NotTried,
}

/// An attempt to send a letter: one SMTP transaction (RFC 5321, section 3.3).
#[derive(SimpleObject)]
struct Attempt {
    /// The moment when the attempt ended.
    at: DateTime,
    /// The number of the attempt among those of its delivery, counted from 1.
    number: i32,
    /// How the attempt ended.
    outcome: AttemptOutcome,
    /// The three digits of the mail server's reply (RFC 5321, section 4.2), such as 250; null if there was none.
    code: Option<i32>,
    /// The enhanced status code of the mail server's reply (RFC 3463), such as `5.1.1`; null if it had none.
    enhanced_code: Option<String>,
    /// The text of the mail server's reply, or what went wrong without a reply; null if there is nothing to tell.
    server_reply: Option<String>,
}

impl From<deliveries::Attempt> for Attempt {
    fn from(row: deliveries::Attempt) -> Self {
        Self {
            at: row.at.into(),
            number: row.number,
            outcome: row.outcome.into(),
            code: row.code.map(i32::from),
            enhanced_code: row.enhanced,
            server_reply: row.reply,
        }
    }
}

/// The deliveries that a list shows: those that meet all conditions that are given.
#[derive(InputObject)]
pub(crate) struct DeliveryFilter {
    /// Only deliveries with one of these outcomes; all if it is null, left out or empty.
    outcomes: Option<Vec<DeliveryOutcome>>,
    /// True for only the letters in doubt about which nobody has decided; false, null or left out for all.
    undecided: Option<bool>,
}

impl From<DeliveryFilter> for deliveries::Filter {
    fn from(filter: DeliveryFilter) -> Self {
        Self {
            outcomes: filter.outcomes.unwrap_or_default().into_iter().map(Outcome::from).collect(),
            undecided: filter.undecided.unwrap_or_default(),
        }
    }
}

/// What is to happen to a letter of which nobody knows whether the mail server took it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "deliveries::Doubt")]
enum Doubt {
    /// Nobody has decided yet.
    Open,
    /// The letter will be sent again.
    Again,
    /// The owner has decided not to send the letter again, although nobody knows whether it arrived.
    Accepted,
}

/// A delivery: one letter for one client in one run. In the end it has exactly one outcome.
#[derive(Description)]
pub(crate) struct Delivery {
    row: deliveries::Delivery,
    message_id: Option<String>,
}

impl Delivery {
    pub(crate) fn new(row: deliveries::Delivery, message_id_domain: Option<&str>) -> Self {
        // The scheduler writes it in the same way, from the same parts.
        let message_id = message_id_domain
            .filter(|_| row.attempts > 0)
            .map(|domain| format!("<{}.{}@{domain}>", row.run_id.simple(), row.ordinal));
        Self { row, message_id }
    }
}

/// A delivery's id: its run and its place there.
pub(crate) fn id_of(run: Uuid, ordinal: i32) -> String {
    format!("delivery.{run}.{ordinal}")
}

#[Object(use_type_description)]
impl Delivery {
    /// The id of the delivery.
    pub(crate) async fn id(&self) -> ID {
        ID(id_of(self.row.run_id, self.row.ordinal))
    }

    /// The run that the delivery is part of.
    async fn run(&self, context: &Context<'_>) -> Result<Option<Run>, Failure> {
        Ok(context.tables().load_one(RunKey(self.row.run_id)).await?.transpose()?.map(Run))
    }

    /// The client as they are now, also a deleted one.
    async fn client(&self, context: &Context<'_>) -> Result<Option<Client>, Failure> {
        Ok(context.tables().load_one(ClientKey(self.row.client_id)).await?.map(Client))
    }

    /// The e-mail address that the letter goes to, as it was when the run started.
    async fn client_email(&self) -> &str {
        &self.row.email
    }

    /// The full name of the client, as it was when the run started.
    async fn client_full_name(&self) -> &str {
        &self.row.full_name
    }

    /// What became of the delivery so far.
    async fn outcome(&self) -> DeliveryOutcome {
        self.row.outcome.into()
    }

    /// Why the letter was never tried; null unless the outcome is `SUPPRESSED`.
    async fn suppressed_because(&self) -> Option<SuppressionReason> {
        let suppressed = self.row.outcome == Outcome::Suppressed;
        let reason = if self.row.left_out { SuppressionReason::SameMailbox } else { SuppressionReason::Cancelled };
        suppressed.then_some(reason)
    }

    /// What is to happen to the letter in doubt; null unless the outcome is `UNKNOWN`.
    async fn doubt(&self) -> Option<Doubt> {
        self.row.doubt.map(Doubt::from)
    }

    /// The letter's `Message-ID` (RFC 5322, section 3.6.4), which is the same in all attempts; null before the first
    /// one.
    async fn message_id(&self) -> Option<&str> {
        self.message_id.as_deref()
    }

    /// The attempts to send the letter, oldest first; empty if there was none.
    async fn attempts(&self, context: &Context<'_>) -> Result<Option<Vec<Attempt>>, Failure> {
        if self.row.attempts == 0 {
            return Ok(Some(Vec::new()));
        }
        let attempts = context.tables().load_one(AttemptsOf(self.row.run_id, self.row.ordinal)).await?;
        let read = attempts.into_iter().flatten().filter_map(|attempt| context.shown(attempt));
        Ok(Some(read.map(Attempt::from).collect()))
    }
}

#[derive(Default)]
pub(crate) struct DeliveryQuery;

#[Object]
impl DeliveryQuery {
    /// The delivery of this id; null if there is none that the viewer may see.
    async fn delivery(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The id of the delivery.")] id: ID,
    ) -> Result<Option<Delivery>, Failure> {
        let access = context.viewer()?.reads();
        read(context, access, &id).await
    }
}

/// The letter in doubt that `deliveryResend` sends again.
#[derive(InputObject)]
struct DeliveryResendInput {
    /// The id of the delivery whose letter is sent again.
    id: ID,
}

/// The letter in doubt that `deliveryAcceptUnknown` leaves as it is.
#[derive(InputObject)]
struct DeliveryAcceptUnknownInput {
    /// The id of the delivery whose letter is left as it is.
    id: ID,
}

payload! {
    /// The delivery after the decision, or what is wrong with the input.
    DeliveryResendPayload {
        /// The delivery as it is now; null if there are user errors, or if `behind` is true.
        delivery: Delivery
    }
}
payload! {
    /// The delivery after the decision, or what is wrong with the input.
    DeliveryAcceptUnknownPayload {
        /// The delivery as it is now; null if there are user errors, or if `behind` is true.
        delivery: Delivery
    }
}

#[derive(Default)]
pub(crate) struct DeliveryMutation;

#[Object]
impl DeliveryMutation {
    /// Sends a letter in doubt of one of the viewer's runs again. It may then arrive twice; its `Message-ID` stays the
    /// same. The mailing's window must be open, and the mailing neither paused, disabled nor cancelled. It is safe to
    /// repeat.
    async fn delivery_resend(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The delivery whose letter is sent again.")] input: DeliveryResendInput,
    ) -> Result<Option<DeliveryResendPayload>, Failure> {
        Ok(decide(context, &input.id, Decision::Resend).await?.map(Into::into))
    }

    /// Records that the owner has decided not to send a letter in doubt of one of the viewer's runs again, although
    /// nobody knows whether it arrived. It is safe to repeat.
    async fn delivery_accept_unknown(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The delivery whose letter is left as it is.")] input: DeliveryAcceptUnknownInput,
    ) -> Result<Option<DeliveryAcceptUnknownPayload>, Failure> {
        Ok(decide(context, &input.id, Decision::Accept).await?.map(Into::into))
    }
}

async fn decide(context: &Context<'_>, id: &str, decision: Decision) -> Result<Option<Done<Delivery>>, Failure> {
    let by = context.owner()?;
    let metadata = context.metadata()?;
    let outcome: Result<(RunId, Receipt), Refused> = match acts::mailings::runs::place_of(id) {
        Some((run, ordinal)) => {
            acts::mailings::runs::decide(context.services(), by, run, Some(ordinal), decision, &metadata).await
        }
        None => Err(acts::mailings::runs::no_delivery().into()),
    };
    let read = async |_| read(context, Access::Owner(by.id()), id).await;
    done(context, outcome, read).await
}

/// The delivery of this id, as [`id_of`] writes it.
pub(crate) async fn read(context: &Context<'_>, access: Access, id: &str) -> Result<Option<Delivery>, Failure> {
    let Some((run, ordinal)) = acts::mailings::runs::place_of(id) else { return Ok(None) };
    let Some(row) = deliveries::get(context.pool(), access, run, ordinal).await? else { return Ok(None) };
    let run = runs::get(context.pool(), access, run).await?;
    Ok(Some(Delivery::new(row, run.and_then(|run| run.message_id_domain).as_deref())))
}
