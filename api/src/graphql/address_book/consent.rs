//! What clients have agreed to, and whether they were to get letters at a moment.

use crate::failure::Failure;
use crate::graphql::address_book::client::{Client, shown};
use crate::graphql::address_book::consent_state::ConsentState;
use crate::graphql::address_book::group::Group;
use crate::graphql::address_book::suppressed::{SuppressionReason, SuppressionScope};
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::room::LongText;
use crate::graphql::kit::scalars::{DateTime, int};
use crate::graphql::kit::tables::{GroupKey, RunKey};
use crate::graphql::kit::user_error::{done, payload};
use crate::graphql::mailings::run::Run;
use acts::address_book::consent::{self, AsOf, New};
use async_graphql::{Context, Description, Enum, ID, InputObject, Object};
use chrono::Utc;
use domain::client::{Source, Subscribed};
use domain::suppression::Entry;
use domain::{ClientId, GroupId, RunId};
use projections::Access;
use projections::clients::{self, ConsentRow};
use projections::columns::Word as _;
use projections::suppressions::ScopeKind;
use uuid::Uuid;
use words::Sentence as _;

/// Whence something about a client is known. New values may be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
enum ClientSourceKind {
    /// The owner wrote it down on a page, or on the command line.
    Person,
    /// A program wrote it down, over the API.
    Program,
    /// It was a row of a file that was imported.
    File,
    /// The client did it, with the public form.
    Form,
    /// The client did it, by the link of a letter.
    Letter,
}

impl From<&Source> for ClientSourceKind {
    fn from(source: &Source) -> Self {
        match source {
            Source::Person => Self::Person,
            Source::Program => Self::Program,
            Source::File { .. } => Self::File,
            Source::Form { .. } => Self::Form,
            Source::Letter { .. } => Self::Letter,
        }
    }
}

/// Whence something about a client is known: how they came into the address book, that they have agreed to get letters, or that they
/// agree no longer.
#[derive(Description)]
pub(crate) struct ClientSource(pub(crate) Source);

#[Object(use_type_description)]
impl ClientSource {
    /// The kind of the source.
    async fn kind(&self) -> ClientSourceKind {
        (&self.0).into()
    }

    /// The name of the file; null unless the kind is `FILE`.
    async fn file(&self) -> Option<&str> {
        if let Source::File { file, .. } = &self.0 { Some(file) } else { None }
    }

    /// The row of the file, counted from 1 with the first line; null unless the kind is `FILE`.
    async fn row(&self) -> Option<i32> {
        if let Source::File { row, .. } = &self.0 { Some(int(*row)) } else { None }
    }

    /// The id of the import that brought the row; null unless the kind is `FILE`.
    async fn import_id(&self) -> Option<ID> {
        if let Source::File { import, .. } = &self.0 { Some(import.0.into()) } else { None }
    }

    /// The run of the letter whose link the client followed; null unless the kind is `LETTER`. Null, too, if the run could not be read;
    /// then the top-level `errors` say why.
    async fn run(&self, context: &Context<'_>) -> Result<Option<Run>, Failure> {
        let Source::Letter { run, .. } = &self.0 else { return Ok(None) };
        Ok(context.tables().load_one(RunKey(run.0)).await?.transpose()?.map(Run))
    }
}

/// A consent: that a client has agreed to get letters, with what shows it. There is one for each topic, the one that was given last.
#[derive(Description)]
pub(crate) struct Consent(pub(crate) ConsentRow);

#[Object(use_type_description)]
impl Consent {
    /// The group that the client has agreed to get letters of. Null if they agreed to all that the owner sends, and if the group was
    /// deleted since: `topicId` tells which of the two it is. Null, too, if the group could not be read; then the top-level `errors`
    /// say why.
    async fn topic(&self, context: &Context<'_>) -> Result<Option<Group>, Failure> {
        let Some(topic) = self.0.topic_id else { return Ok(None) };
        Ok(context.tables().load_one(GroupKey(topic)).await?.map(Group))
    }

    /// The id of the group, also of one that was deleted since; null if the client agreed to all that the owner sends.
    async fn topic_id(&self) -> Option<ID> {
        self.0.topic_id.map(ID::from)
    }

    /// The words that the client agreed to.
    async fn wording(&self) -> LongText<&str> {
        LongText(&self.0.wording)
    }

    /// The moment when the client agreed, which may be long before it was written down.
    async fn given_at(&self) -> DateTime {
        self.0.given_at.into()
    }

    /// The moment when it was written down.
    async fn recorded_at(&self) -> DateTime {
        self.0.recorded_at.into()
    }

    /// Whence it is known. Null only if it could not be read; then the top-level `errors` say why.
    #[expect(clippy::unused_async, reason = "resolvers are asynchronous")]
    async fn source(&self) -> Result<Option<ClientSource>, Failure> {
        Ok(Some(ClientSource(self.0.source.clone()?)))
    }

    /// The network address that the client agreed from; null if it is not known.
    async fn address(&self) -> Option<&str> {
        self.0.address.as_deref()
    }

    /// The moment when the client confirmed it by the link in a letter; null if they never did.
    async fn confirmed_at(&self) -> Option<DateTime> {
        self.0.confirmed_at.map(DateTime::from)
    }

    /// The network address from which the client followed that link; null if it is not known.
    async fn confirmed_address(&self) -> Option<&str> {
        self.0.confirmed_address.as_deref()
    }

    /// The moment since which the client agrees no longer; null if they still do.
    async fn withdrawn_at(&self) -> Option<DateTime> {
        self.0.withdrawn_at.map(DateTime::from)
    }

    /// Whence it is known that the client agrees no longer; null if they still do. Null, too, if it could not be read; then the
    /// top-level `errors` say why.
    #[expect(clippy::unused_async, reason = "resolvers are asynchronous")]
    async fn withdrawn_source(&self) -> Result<Option<ClientSource>, Failure> {
        Ok(self.0.withdrawn_source.clone().transpose()?.map(ClientSource))
    }

    /// How the consent stands.
    async fn state(&self) -> ConsentState {
        self.0.state().into()
    }
}

/// Whether a client was to get an owner's letters at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Subscribed")]
enum SubscriptionAnswer {
    /// The client was not in the address book.
    Absent,
    /// The client's address was not to be written to, whatever they had agreed to.
    Suppressed,
    /// The client had agreed before, and agreed to nothing any more.
    Withdrawn,
    /// The client had agreed, and had not confirmed it by a letter.
    Given,
    /// The client had agreed, and confirmed it by the link in a letter.
    Confirmed,
    /// The client was in the address book, and nobody had written down that they ever agreed.
    Unsaid,
}

/// What kept letters from an address at a moment.
#[derive(Description)]
struct SuppressionThen(Entry);

#[Object(use_type_description)]
impl SuppressionThen {
    /// Why the address was not written to.
    async fn reason(&self) -> SuppressionReason {
        self.0.reason.into()
    }

    /// Where the address was not written to. Null only if this program does not know the scope.
    async fn scope(&self) -> Option<SuppressionScope> {
        ScopeKind::from_word(self.0.scope.name()).map(SuppressionScope::from)
    }

    /// The moment since which it was not written to.
    async fn suppressed_at(&self) -> DateTime {
        self.0.since.into()
    }

    /// The moment from which it might be written to again; null if only lifting ended the suppression.
    async fn until(&self) -> Option<DateTime> {
        self.0.until.map(DateTime::from)
    }
}

/// What was known of a client at a moment, as the log tells it: whether they were to get letters then, and what shows it. What was
/// written down later does not change it.
#[derive(Description)]
pub(crate) struct SubscriptionStanding(AsOf);

#[Object(use_type_description)]
impl SubscriptionStanding {
    /// The moment at which it was asked.
    async fn at(&self) -> DateTime {
        self.0.at.into()
    }

    /// Whether the client was to get letters. Of several consents the one counts that says most; where it is asked of a letter, of those
    /// to the groups that its mailing named when the run started, and to all that the owner sends.
    async fn answer(&self) -> SubscriptionAnswer {
        self.0.answer.into()
    }

    /// The same as a sentence in the viewer's language.
    async fn sentence(&self, context: &Context<'_>) -> String {
        self.0.answer.told(context.language())
    }

    /// Whether the client was in the address book.
    async fn in_address_book(&self) -> bool {
        self.0.card.is_some()
    }

    /// The address to which letters went then; null if the client was not in the address book.
    async fn email(&self) -> Option<&str> {
        self.0.card.as_ref().map(|card| card.email.as_str())
    }

    /// What the client had agreed to, as it stood then, in the order in which it was written down. Null only if the answer has no room
    /// for it; then the request is refused.
    async fn consents(&self, context: &Context<'_>) -> Option<Vec<Consent>> {
        let consents = &self.0.consents;
        context.has_room_for(consents.len()).then(|| consents.iter().cloned().map(Consent).collect())
    }

    /// The groups that the client belonged to then, as they are now, without those that were deleted since. Null only if they could
    /// not be read; then the top-level `errors` say why.
    async fn groups(&self, context: &Context<'_>) -> Result<Option<Vec<Group>>, Failure> {
        let groups: Vec<GroupKey> = self.0.card.iter().flat_map(|card| &card.groups).map(|id| GroupKey(id.0)).collect();
        if !context.has_room_for(groups.len()) {
            return Ok(None);
        }
        let mut rows = context.tables().load_many(groups.clone()).await?;
        Ok(Some(groups.iter().filter_map(|key| rows.remove(key)).map(Group).collect()))
    }

    /// What kept letters from the client's address then: in the owner's mailings, or in everybody's; where it is asked of a letter, also
    /// in those of the groups that its mailing named. What is about one mailing alone is not among it.
    async fn suppressions(&self) -> Vec<SuppressionThen> {
        self.0.suppressions.iter().cloned().map(SuppressionThen).collect()
    }
}

/// What was known of a client at a moment; none if there is no such client that may be read.
pub(crate) async fn standing(
    context: &Context<'_>,
    access: Access,
    client: Uuid,
    at: chrono::DateTime<Utc>,
) -> Result<Option<SubscriptionStanding>, Failure> {
    let found = consent::was_subscribed(context.services(), access, ClientId(client), at).await?;
    Ok(found.map(SubscriptionStanding))
}

/// The same of a letter of this run.
pub(crate) async fn standing_of_letter(
    context: &Context<'_>,
    access: Access,
    client: Uuid,
    run: RunId,
    at: chrono::DateTime<Utc>,
) -> Result<Option<SubscriptionStanding>, Failure> {
    let found = consent::was_subscribed_to_run(context.services(), access, ClientId(client), run, at).await?;
    Ok(found.map(SubscriptionStanding))
}

/// What a client has agreed to, of one topic; `None`: to all that the owner sends.
pub(crate) async fn one(context: &Context<'_>, client: Uuid, topic: Option<&str>) -> Result<Option<Consent>, Failure> {
    let Ok(topic) = topic.map(str::parse::<GroupId>).transpose() else { return Ok(None) };
    let rows = clients::consents(context.pool(), context.viewer()?.reads(), &[client]).await?;
    Ok(rows.into_iter().find(|row| row.topic_id == topic.map(Uuid::from)).map(Consent))
}

/// What a client has agreed to, as `clientCreate` and `consentGive` write it down.
#[derive(InputObject)]
pub(crate) struct ConsentInput {
    /// The id of the group of yours that the client has agreed to get letters of (`NOT_FOUND`); null or left out if they agreed to all
    /// that you send.
    topic_id: Option<ID>,
    /// The words that the client agreed to: 1 to 2,000 characters (`CONSENT_WORDING_EMPTY`, `CONSENT_WORDING_TOO_LONG`).
    wording: String,
    /// The moment when the client agreed, which is not in the future (`DATE_TIME_INVALID`, `CONSENT_IN_FUTURE`); null or left out for
    /// now.
    at: Option<DateTime>,
    /// The network address that the client agreed from, such as `192.0.2.1` (`CONSENT_ADDRESS_INVALID`); null or left out if it is not
    /// known.
    address: Option<String>,
}

impl From<ConsentInput> for New {
    fn from(input: ConsentInput) -> Self {
        let ConsentInput { topic_id, wording, at, address } = input;
        Self { topic: topic_id.map(|id| id.0), wording, at: at.map(|at| at.0), address }
    }
}

/// The consent that `consentGive` writes down.
#[derive(InputObject)]
struct ConsentGiveInput {
    /// The id of the client who has agreed.
    id: ID,
    /// The id of the group of yours that the client has agreed to get letters of (`NOT_FOUND`); null or left out if they agreed to all
    /// that you send.
    topic_id: Option<ID>,
    /// The words that the client agreed to: 1 to 2,000 characters (`CONSENT_WORDING_EMPTY`, `CONSENT_WORDING_TOO_LONG`).
    wording: String,
    /// The moment when the client agreed, which is not in the future (`DATE_TIME_INVALID`, `CONSENT_IN_FUTURE`); null or left out for
    /// now.
    at: Option<DateTime>,
    /// The network address that the client agreed from, such as `192.0.2.1` (`CONSENT_ADDRESS_INVALID`); null or left out if it is not
    /// known.
    address: Option<String>,
}

/// The consent that `consentWithdraw` ends.
#[derive(InputObject)]
struct ConsentWithdrawInput {
    /// The id of the client who agrees no longer.
    id: ID,
    /// The id of the group that the client agrees to no longer, also of one that was deleted (`NOT_FOUND`); null or left out for all
    /// that you send.
    topic_id: Option<ID>,
}

payload! {
    /// The client who has agreed, or what is wrong with the input.
    ConsentGivePayload {
        /// The client as they are now; null if there are user errors, or if `behind` is true.
        client: Client
    }
}
payload! {
    /// The client who agrees no longer, or what is wrong with the input.
    ConsentWithdrawPayload {
        /// The client as they are now; null if there are user errors, or if `behind` is true.
        client: Client
    }
}

#[derive(Default)]
pub(crate) struct ConsentMutation;

#[Object]
impl ConsentMutation {
    /// Writes down that one of the viewer's clients has agreed to get letters. It takes the place of what the client agreed to before
    /// of the same topic; the history keeps both. The same consent again, with the same `at`, changes nothing.
    ///
    /// The user errors are `NOT_FOUND`, for the client or for the topic, `CONSENT_WORDING_EMPTY`, `CONSENT_WORDING_TOO_LONG`,
    /// `DATE_TIME_INVALID`, `CONSENT_IN_FUTURE` and `CONSENT_ADDRESS_INVALID`.
    async fn consent_give(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The client, and what they agreed to.")] input: ConsentGiveInput,
    ) -> Result<Option<ConsentGivePayload>, Failure> {
        let by = context.owner()?;
        let ConsentGiveInput { id, topic_id, wording, at, address } = input;
        let new = ConsentInput { topic_id, wording, at, address }.into();
        let metadata = context.metadata()?;
        let outcome = consent::give(context.services(), by, &id, new, Source::Program, &metadata).await;
        let done = done(context, outcome, async |id| shown(context, id).await).await?;
        Ok(done.map(Into::into))
    }

    /// Writes down that one of the viewer's clients agrees no longer. It neither takes the client out of groups nor keeps letters from
    /// them: `suppressionAdd` does that. It is safe to repeat, and changes nothing where no consent is in force.
    ///
    /// The only user error is `NOT_FOUND`, for the client or for the topic.
    async fn consent_withdraw(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The client, and what they agree to no longer.")] input: ConsentWithdrawInput,
    ) -> Result<Option<ConsentWithdrawPayload>, Failure> {
        let by = context.owner()?;
        let (topic, metadata) = (input.topic_id.as_ref().map(|id| id.as_str()), context.metadata()?);
        let outcome = consent::withdraw(context.services(), by, &input.id, topic, Source::Program, &metadata).await;
        let done = done(context, outcome, async |id| shown(context, id).await).await?;
        Ok(done.map(Into::into))
    }
}
