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
    /// Not tried yet, or being tried right now.
    Pending,
    /// The mail server took the letter.
    Accepted,
    /// The mail server said no for good.
    Rejected,
    /// The mail server said not now; it will be tried again.
    Deferred,
    /// A crash or a lost connection fell between the send and the answer.
    Unknown,
    /// Never tried; `suppressedBecause` tells why.
    Suppressed,
    /// Given up at the window's end.
    Expired,
}

/// Why a letter was never tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
enum SuppressionReason {
    /// The mailing was cancelled, or deleted.
    Cancelled,
    /// Another recipient of the run has the same mailbox, and gets the letter.
    SameMailbox,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
enum AttemptOutcome {
    /// The mail server took the letter.
    Accepted,
    /// The mail server said no for good.
    Rejected,
    /// The mail server said not now.
    Deferred,
    /// Nobody knows whether the mail server took it.
    Unknown,
    /// Not sent after all, through no fault of the recipient's.
    NotTried,
}

/// One SMTP transaction.
#[derive(SimpleObject)]
struct Attempt {
    /// When it ended.
    at: DateTime,
    /// Counted from 1.
    number: i32,
    outcome: AttemptOutcome,
    /// The reply's three digits.
    code: Option<i32>,
    /// The reply's enhanced code, such as `5.1.1`.
    enhanced_code: Option<String>,
    /// The reply's text, or what went wrong without one.
    server_reply: Option<String>,
}

impl From<deliveries::Attempt> for Attempt {
    fn from(row: deliveries::Attempt) -> Self {
        Self {
            at: row.at.into(),
            number: row.number,
            outcome: match row.outcome.as_str() {
                "accepted" => AttemptOutcome::Accepted,
                "rejected" => AttemptOutcome::Rejected,
                "deferred" => AttemptOutcome::Deferred,
                "not_tried" => AttemptOutcome::NotTried,
                _ => AttemptOutcome::Unknown,
            },
            code: row.code.map(i32::from),
            enhanced_code: row.enhanced,
            server_reply: row.reply,
        }
    }
}

/// Which deliveries.
#[derive(InputObject)]
pub(crate) struct DeliveryFilter {
    /// With one of these outcomes; all if it is left out or empty.
    outcomes: Option<Vec<DeliveryOutcome>>,
    /// Only letters in doubt about which nobody has decided.
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

/// What happens about a letter of which nobody knows whether it arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
enum Doubt {
    /// Nobody has decided yet.
    Open,
    /// It will be sent again.
    Again,
    /// Somebody leaves it as it is.
    Accepted,
}

/// One client in one run: exactly one outcome in the end.
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
    pub(crate) async fn id(&self) -> ID {
        ID(id_of(self.row.run_id, self.row.ordinal))
    }

    async fn run(&self, context: &Context<'_>) -> Result<Option<Run>, Failure> {
        Ok(context.tables().load_one(RunKey(self.row.run_id)).await?.map(Run))
    }

    /// The client as it is now, also a deleted one.
    async fn client(&self, context: &Context<'_>) -> Result<Option<Client>, Failure> {
        Ok(context.tables().load_one(ClientKey(self.row.client_id)).await?.map(Client))
    }

    /// The address that the letter goes to, as it was when the run started.
    async fn client_email(&self) -> &str {
        &self.row.email
    }

    /// The name as it was when the run started.
    async fn client_full_name(&self) -> &str {
        &self.row.full_name
    }

    async fn outcome(&self) -> DeliveryOutcome {
        Outcome::from_name(&self.row.outcome).unwrap_or(Outcome::Unknown).into()
    }

    /// Why it was never tried, if its outcome is `SUPPRESSED`; null for all other outcomes.
    async fn suppressed_because(&self) -> Option<SuppressionReason> {
        let suppressed = self.row.outcome == Outcome::Suppressed.name();
        let reason = if self.row.left_out { SuppressionReason::SameMailbox } else { SuppressionReason::Cancelled };
        suppressed.then_some(reason)
    }

    /// What happens about it while its outcome is `UNKNOWN`; null for all other outcomes.
    async fn doubt(&self) -> Option<Doubt> {
        match self.row.doubt.as_deref()? {
            "again" => Some(Doubt::Again),
            "accepted" => Some(Doubt::Accepted),
            _ => Some(Doubt::Open),
        }
    }

    /// The letter's `Message-ID`, the same over all attempts; null before the first.
    async fn message_id(&self) -> Option<&str> {
        self.message_id.as_deref()
    }

    /// Every attempt, in order.
    async fn attempts(&self, context: &Context<'_>) -> Result<Option<Vec<Attempt>>, Failure> {
        if self.row.attempts == 0 {
            return Ok(Some(Vec::new()));
        }
        let attempts = context.tables().load_one(AttemptsOf(self.row.run_id, self.row.ordinal)).await?;
        Ok(Some(attempts.unwrap_or_default().into_iter().map(Attempt::from).collect()))
    }
}

#[derive(Default)]
pub(crate) struct DeliveryQuery;

#[Object]
impl DeliveryQuery {
    /// A delivery; null if there is none of this id that you may see.
    async fn delivery(&self, context: &Context<'_>, id: ID) -> Result<Option<Delivery>, Failure> {
        let access = context.viewer()?.reads();
        read(context, access, &id).await
    }
}

#[derive(InputObject)]
struct DeliveryResendInput {
    id: ID,
}

#[derive(InputObject)]
struct DeliveryAcceptUnknownInput {
    id: ID,
}

payload! {
    /// The delivery as it is now, or what is wrong.
    DeliveryResendPayload { delivery: Delivery }
}
payload! {
    /// The delivery as it is now, or what is wrong.
    DeliveryAcceptUnknownPayload { delivery: Delivery }
}

#[derive(Default)]
pub(crate) struct DeliveryMutation;

#[Object]
impl DeliveryMutation {
    /// Sends a letter in doubt again. It may then arrive twice; its `Message-ID` stays the same. Safe to repeat.
    async fn delivery_resend(
        &self,
        context: &Context<'_>,
        input: DeliveryResendInput,
    ) -> Result<Option<DeliveryResendPayload>, Failure> {
        Ok(decide(context, &input.id, Decision::Resend).await?.map(Into::into))
    }

    /// Leaves a letter in doubt as it is: seen, and not sent again.
    async fn delivery_accept_unknown(
        &self,
        context: &Context<'_>,
        input: DeliveryAcceptUnknownInput,
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
