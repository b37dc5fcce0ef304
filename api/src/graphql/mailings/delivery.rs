//! Deliveries and their attempts.

use crate::failure::Failure;
use crate::graphql::address_book::client::Client;
use crate::graphql::address_book::consent::{self, SubscriptionStanding};
use crate::graphql::audit::history::{AuditEvent, AuditEvents};
use crate::graphql::kit::connection::{Page, Total};
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::room::LongText;
use crate::graphql::kit::scalars::DateTime;
use crate::graphql::kit::tables::{AttemptsOf, ClientKey, DeliveryKey, ReportsOf, RunKey, WithheldFrom};
use crate::graphql::kit::user_error::{Done, done, failed, payload};
use crate::graphql::mailings::came_back::{Bounce, Complaint};
use crate::graphql::mailings::outcome::{DeliveryOutcome, SuppressionCause};
use crate::graphql::mailings::run::Run;
use acts::audit::letter;
use acts::mailings::recipients;
use acts::mailings::runs::Decision;
use acts::refusal::Refused;
use async_graphql::{Context, Description, Enum, ID, InputObject, Object, SimpleObject};
use domain::{EmailAddress, Outcome, RunId};
use eventstore::Receipt;
use projections::deliveries::Suppressed;
use projections::{Access, deliveries, runs};
use uuid::Uuid;

/// How an attempt to send a letter ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "deliveries::Ending")]
enum AttemptOutcome {
    /// The mail server took the letter.
    Accepted,
    /// The mail server refused the letter for good.
    Rejected,
    /// The mail server refused the letter for the moment; it is tried again later.
    Deferred,
    /// Nobody knows whether the mail server took the letter: it was sent, but the service did not get the mail server's
    /// reply, because the connection broke, because no reply came in time, or because the service itself stopped at
    /// that moment.
    Unknown,
    /// The letter was not sent in this attempt after all, for a reason that has nothing to do with the recipient, such
    /// as a mail server that could not be reached, or a mailing that was stopped just then. The attempt changes
    /// nothing: the delivery's `outcome` tells whether the letter is still to be sent, or was given up later.
    NotTried,
}

/// An attempt to send a letter that has ended. It is one SMTP transaction (RFC 5321, section 3.3); if its outcome is
/// `NOT_TRIED`, there was none, or it was broken off before the letter was sent.
#[derive(SimpleObject)]
struct Attempt {
    /// The moment when the attempt ended.
    at: DateTime,
    /// The number of the attempt among those of its delivery, counted from 1. Those with the outcome `NOT_TRIED` are
    /// counted, too.
    number: i32,
    /// How the attempt ended.
    outcome: AttemptOutcome,
    /// The three digits of the mail server's reply (RFC 5321, section 4.2), such as 250; null if there was none.
    code: Option<i32>,
    /// The enhanced status code of the mail server's reply (RFC 3463), such as `5.1.1`; null if it had none.
    enhanced_code: Option<String>,
    /// The text of the mail server's reply, in the mail server's own words, or what went wrong without a reply, as an
    /// English text; null if there is nothing to tell.
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

/// What is to happen to a letter in doubt, whose outcome is `UNKNOWN`: nobody knows whether the mail server took it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "deliveries::Doubt")]
enum Doubt {
    /// Nobody has decided yet, and nothing happens to the letter until somebody does.
    Open,
    /// The letter waits to be sent again, because its owner has decided so, or because the mailing's `inDoubt` is
    /// `RESEND`.
    Again,
    /// The owner has decided not to send the letter again, although nobody knows whether it arrived. It is not to be
    /// confused with the outcome `ACCEPTED`, with which the mail server took the letter. `deliveryResend` can still
    /// change the decision.
    Accepted,
}

/// A header field of a letter.
#[derive(SimpleObject)]
struct LetterHeader {
    /// The name of the field, such as `Message-ID`.
    name: String,
    /// The value of the field as it went over the wire, in one line.
    value: String,
}

/// A letter as it was sent.
#[derive(Description)]
struct SentLetter(letter::SentLetter);

#[Object(use_type_description)]
impl SentLetter {
    /// The subject, as people read it.
    async fn subject(&self) -> LongText<&str> {
        LongText(&self.0.subject)
    }

    /// The plain text of the letter.
    async fn text(&self) -> LongText<&str> {
        LongText(&self.0.text)
    }

    /// The HTML of the letter; null if it had none. Show it in a sandbox only: values are escaped in it, but everything else is as its
    /// author wrote it.
    async fn html(&self) -> Option<LongText<&str>> {
        self.0.html.as_deref().map(LongText)
    }

    /// The header fields of the letter, in their order.
    async fn headers(&self) -> Vec<LetterHeader> {
        let fields = self.0.headers.iter().cloned();
        fields.map(|(name, value)| LetterHeader { name, value }).collect()
    }
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

#[Object(use_type_description)]
impl Delivery {
    /// The id of the delivery.
    pub(crate) async fn id(&self) -> ID {
        ID(acts::mailings::runs::id_of(self.row.run_id, self.row.ordinal))
    }

    /// The run that the delivery is part of. Null only if it could not be read; then the top-level `errors` say why.
    async fn run(&self, context: &Context<'_>) -> Result<Option<Run>, Failure> {
        Ok(context.tables().load_one(RunKey(self.row.run_id)).await?.transpose()?.map(Run))
    }

    /// The client as they are now, also a deleted one. Null only if the client could not be read; then the top-level
    /// `errors` say why.
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

    /// Why the letter was not sent; null unless the outcome is `SUPPRESSED`.
    async fn suppression(&self) -> Option<SuppressionCause> {
        let suppressed = self.row.suppression.filter(|_| self.row.outcome == Outcome::Suppressed);
        suppressed.map(SuppressionCause::from)
    }

    /// Why a letter that is still to be sent will not be sent when its turn comes, as things stand at this moment: the recipient has left
    /// meanwhile, for example. The `outcome` becomes `SUPPRESSED` only then, and another one if the suppression is lifted or ends
    /// before. Null if nothing keeps the letter from being sent, or if it waits no more.
    async fn will_be_suppressed(&self, context: &Context<'_>) -> Result<Option<SuppressionCause>, Failure> {
        if !recipients::waits(&self.row) {
            return Ok(None);
        }
        let mailbox = EmailAddress::taken(&self.row.email).key();
        let reason = context.tables().load_one(WithheldFrom(self.row.run_id, mailbox)).await?;
        Ok(reason.map(|reason| Suppressed::Reason(reason).into()))
    }

    /// The same as `suppression`, by its former name.
    #[graphql(deprecation = "Ask for `suppression`.")]
    async fn suppressed_because(&self) -> Option<SuppressionCause> {
        let suppressed = self.row.suppression.filter(|_| self.row.outcome == Outcome::Suppressed);
        suppressed.map(SuppressionCause::from)
    }

    /// What is to happen to the letter in doubt; null unless the outcome is `UNKNOWN`.
    async fn doubt(&self) -> Option<Doubt> {
        self.row.doubt.map(Doubt::from)
    }

    /// The letter's `Message-ID` (RFC 5322, section 3.6.4), which is the same in all attempts; null as long as no
    /// attempt has ended.
    async fn message_id(&self) -> Option<&str> {
        self.message_id.as_deref()
    }

    /// Whether the client was to get this letter when it was written down that it is about to go out, or, if it never was, when the
    /// run's recipients were written down; with what shows it, as it was known then. Null only if it could not be read; then the
    /// top-level `errors` say why.
    async fn subscription(&self, context: &Context<'_>) -> Result<Option<SubscriptionStanding>, Failure> {
        let Ok(ordinal) = u32::try_from(self.row.ordinal) else { return Ok(None) };
        let run = RunId(self.row.run_id);
        let at = acts::address_book::consent::intended_at(context.services(), run, ordinal).await?;
        let Some(at) = at else { return Ok(None) };
        consent::standing_of_letter(context, context.viewer()?.reads(), self.row.client_id, run, at).await
    }

    /// The letter as it was sent, written once more from the revisions of message, sender and client that the run has pinned. The link to
    /// leave is that of a sample, as whoever has a recipient's own can leave in their name, and the signature is not shown. The service's own
    /// sender and its address are those of now. Null if nothing has been sent; null, too, if the letter could not be written; then the
    /// top-level `errors` say why.
    async fn letter(&self, context: &Context<'_>) -> Result<Option<SentLetter>, Failure> {
        let (run, ordinal) = (RunId(self.row.run_id), self.row.ordinal);
        let access = context.viewer()?.reads();
        let sent = acts::audit::letter::sent(context.services(), access, run, ordinal).await;
        Ok(sent.map_err(failed)?.map(SentLetter))
    }

    /// All attempts to send the letter that have ended, oldest first, however many there are, also those with the
    /// outcome `NOT_TRIED`. The one that is under way is not among them. The list is empty if none has ended. Null only
    /// if it could not be read; then the top-level `errors` say why.
    async fn attempts(&self, context: &Context<'_>) -> Result<Option<Vec<Attempt>>, Failure> {
        if self.row.attempts == 0 {
            return Ok(Some(Vec::new()));
        }
        let attempts = context.tables().load_one(AttemptsOf(self.row.run_id, self.row.ordinal)).await?;
        let read = attempts.into_iter().flatten().filter_map(|attempt| context.shown(attempt));
        Ok(Some(read.map(Attempt::from).collect()))
    }

    /// All reports that the letter came back, or is late, after a mail server had taken it, oldest first; about 10 are kept at the most. The
    /// list is empty if there is none. Null only if it could not be read; then the top-level `errors` say why.
    async fn bounces(&self, context: &Context<'_>) -> Result<Option<Vec<Bounce>>, Failure> {
        let reports = context.tables().load_one(ReportsOf(self.row.run_id, self.row.ordinal)).await?;
        let read = reports.into_iter().flatten().filter_map(|report| context.shown(report));
        Ok(Some(read.filter_map(|report| Bounce::of(&report)).collect()))
    }

    /// The report that the recipient complained of the letter: the first one, if there were several. Null if nobody has reported that they
    /// did; null, too, if it could not be read; then the top-level `errors` say why.
    async fn complaint(&self, context: &Context<'_>) -> Result<Option<Complaint>, Failure> {
        let reports = context.tables().load_one(ReportsOf(self.row.run_id, self.row.ordinal)).await?;
        let mut read = reports.into_iter().flatten().filter_map(|report| context.shown(report));
        Ok(read.find_map(|report| Complaint::of(&report)))
    }

    /// The events of the run's part that the delivery is in, as far as they concern it, oldest first. Null only if the list could not be read; then the
    /// top-level `errors` say why.
    async fn history(
        &self,
        context: &Context<'_>,
        #[graphql(
            desc = "How many items the page has at most: 1 to 100, by default 20. Any other number gets the error `BAD_REQUEST`."
        )]
        first: Option<i32>,
        #[graphql(
            desc = "The cursor after which the page begins, an `endCursor` of this list; null for the first page. A text that can be none gets the error `BAD_REQUEST`."
        )]
        after: Option<String>,
    ) -> Result<Option<AuditEvents>, Failure> {
        let page = Page::<i64>::new(first, after.as_deref())?;
        let run = RunId(self.row.run_id);
        let mut rows = acts::audit::log::of_delivery(context.services(), run, self.row.ordinal).await?;
        let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        let limit = usize::try_from(page.limit()).unwrap_or(usize::MAX);
        rows.retain(|row| page.after.is_none_or(|after| row.position > after));
        rows.truncate(limit);
        let total = Total::new(move || async move { Ok::<i64, Failure>(count) });
        Ok(Some(page.of(rows, |row| row.position, AuditEvent, total)))
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
        /// The delivery as it is now. As a rule its outcome is still `UNKNOWN` and its `doubt` is `AGAIN`, because the
        /// letter has yet to be sent. Null if there are user errors, or if `behind` is true.
        delivery: Delivery
    }
}
payload! {
    /// The delivery after the decision, or what is wrong with the input.
    DeliveryAcceptUnknownPayload {
        /// The delivery as it is now. Its outcome is still `UNKNOWN`; its `doubt` is `ACCEPTED`, or `AGAIN` if the
        /// letter waited to be sent again already. Null if there are user errors, or if `behind` is true.
        delivery: Delivery
    }
}

#[derive(Default)]
pub(crate) struct DeliveryMutation;

#[Object]
impl DeliveryMutation {
    /// Sends a letter in doubt of one of the viewer's runs again, also one that the owner had decided to leave as it
    /// is. The letter may then arrive twice; its `Message-ID` stays the same. The mailing's window must be open, and
    /// the mailing neither paused, disabled nor cancelled. A finished run goes on: its status is `SENDING` again, and
    /// it has no `finishedAt` and no report until it is finished once more. It is safe to repeat.
    ///
    /// The user errors are `NOT_FOUND`, `NOT_IN_DOUBT`, `MAILING_PAUSED`, `MAILING_DISABLED`, `MAILING_CANCELLED`,
    /// `WINDOW_NOT_OPEN` and `WINDOW_ENDED`.
    async fn delivery_resend(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The delivery whose letter is sent again.")] input: DeliveryResendInput,
    ) -> Result<Option<DeliveryResendPayload>, Failure> {
        Ok(decide(context, &input.id, Decision::Resend).await?.map(Into::into))
    }

    /// Records that the owner has decided not to send a letter in doubt of one of the viewer's runs again, although
    /// nobody knows whether it arrived. Its outcome stays `UNKNOWN`. If the letter waits to be sent again already,
    /// nothing changes. The decision can be changed with `deliveryResend`. It is safe to repeat.
    ///
    /// The user errors are `NOT_FOUND` and `NOT_IN_DOUBT`.
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

/// The delivery of this id, as `acts` writes it.
pub(crate) async fn read(context: &Context<'_>, access: Access, id: &str) -> Result<Option<Delivery>, Failure> {
    let Some((run, ordinal)) = acts::mailings::runs::place_of(id) else { return Ok(None) };
    let Some(row) = deliveries::get(context.pool(), access, run, ordinal).await? else { return Ok(None) };
    let run = runs::get(context.pool(), access, run).await?;
    Ok(Some(Delivery::new(row, run.and_then(|run| run.message_id_domain).as_deref())))
}

/// The delivery at a place of a run, gathered with others of the request; none if there is none that the viewer may see.
pub(crate) async fn at(context: &Context<'_>, run: Uuid, ordinal: i32) -> Result<Option<Delivery>, Failure> {
    let Some(row) = context.tables().load_one(DeliveryKey(run, ordinal)).await?.transpose()? else { return Ok(None) };
    let run = context.tables().load_one(RunKey(run)).await?.transpose()?;
    Ok(Some(Delivery::new(row, run.and_then(|run| run.message_id_domain).as_deref())))
}
