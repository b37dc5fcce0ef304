//! Segments: saved filters over an owner's clients, and who passes them.

use crate::failure::Failure;
use crate::graphql::address_book::client::{self, Client, ClientOrder, searchable};
use crate::graphql::address_book::consent::ConsentState;
use crate::graphql::address_book::group::Group;
use crate::graphql::kit::connection::{List, Page, Total};
use crate::graphql::kit::context::{Ask, Scope};
use crate::graphql::kit::scalars::{DateTime, Long, int};
use crate::graphql::kit::tables::{GroupKey, MailingKey};
use crate::graphql::kit::user_error::{UserError, done, done_or_told, payload};
use crate::graphql::mailings::mailing::Mailing;
use acts::address_book::conditions::{self, Asked, FieldTest, Written};
use acts::address_book::segments as acts_of;
use acts::refusal::Refused;
use async_graphql::{Context, Description, Enum, ID, InputObject, Object, OneofObject, SimpleObject};
use domain::client::State;
use domain::segment::{Condition, Join, TextOf, TextTest};
use domain::{SegmentId, UserId};
use projections::clients::Filter;
use projections::segments::{self, filter};
use projections::{Access, ReadError};

/// How the conditions of a segment belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Join")]
enum SegmentJoin {
    /// Whoever is in the segment meets all of its conditions.
    All,
    /// Whoever is in the segment meets at least one of its conditions.
    Any,
}

/// What a condition of a segment asks of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
enum SegmentConditionKind {
    /// The client belongs to the `group`.
    InGroup,
    /// The client's address, one of their names or the comment (`textOf`) has the `text` in it, as `textTest` says.
    Text,
    /// What the client has in the custom field `field` is compared with the `value`, as `fieldTest` says.
    Field,
    /// The client's consent to the `topic`, or to everything that the owner sends, stands as `consent` says.
    Consent,
    /// A mail server has accepted a letter of the `mailing` to the client.
    AcceptedMailing,
    /// A mail server has accepted a letter of any mailing of the owner's to the client within so many `days`.
    AcceptedWithin,
    /// The client was added to the address book within so many `days`.
    AddedWithin,
}

/// What a condition on text looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "TextOf")]
enum SegmentTextOf {
    /// The condition looks at the client's e-mail address.
    Email,
    /// The condition looks at the client's full name.
    FullName,
    /// The condition looks at the client's first name.
    FirstName,
    /// The condition looks at the client's last name.
    LastName,
    /// The condition looks at the owner's remark about the client.
    Comment,
}

/// Where a condition on text has to find it. Upper and lower case do not matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "TextTest")]
enum SegmentTextTest {
    /// The whole is the text.
    Is,
    /// The text is anywhere in it.
    Contains,
    /// It begins with the text.
    StartsWith,
    /// It ends with the text.
    EndsWith,
}

/// What a condition asks of the value that a client has in a custom field. A client without a value in it meets none of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "FieldTest")]
enum SegmentFieldTest {
    /// There is a value, whatever it is.
    Known,
    /// The value is this one; of texts upper and lower case do not matter.
    Is,
    /// The value is a text that has this in it, in upper or lower case.
    Contains,
    /// The value is this number or more, or this day or later.
    AtLeast,
    /// The value is this number or less, or this day or earlier.
    AtMost,
}

/// One condition of a segment. Which of its fields are not null follows from its `kind`.
#[derive(Description)]
struct SegmentCondition(Written);

impl From<&Condition> for SegmentCondition {
    fn from(condition: &Condition) -> Self {
        Self(condition.into())
    }
}

#[Object(use_type_description)]
impl SegmentCondition {
    /// What the condition asks of a client.
    async fn kind(&self) -> SegmentConditionKind {
        match &self.0.test {
            Asked::InGroup(_) => SegmentConditionKind::InGroup,
            Asked::Text { .. } => SegmentConditionKind::Text,
            Asked::Field { .. } => SegmentConditionKind::Field,
            Asked::Consent { .. } => SegmentConditionKind::Consent,
            Asked::AcceptedMailing(_) => SegmentConditionKind::AcceptedMailing,
            Asked::AcceptedWithin(_) => SegmentConditionKind::AcceptedWithin,
            Asked::AddedWithin(_) => SegmentConditionKind::AddedWithin,
        }
    }

    /// Whether those clients meet the condition of whom it is not so.
    async fn not(&self) -> bool {
        self.0.not
    }

    /// The group of a condition of the kind `IN_GROUP`, unless it is deleted; nobody belongs to a deleted one. Null, too, if it could
    /// not be read; then the top-level `errors` say why.
    async fn group(&self, context: &Context<'_>) -> Result<Option<Group>, Failure> {
        match &self.0.test {
            Asked::InGroup(id) => group(context, id).await,
            _ => Ok(None),
        }
    }

    /// What a condition of the kind `TEXT` looks at; null for any other.
    async fn text_of(&self) -> Option<SegmentTextOf> {
        if let Asked::Text { of, .. } = &self.0.test { Some((*of).into()) } else { None }
    }

    /// Where a condition of the kind `TEXT` has to find its text; null for any other.
    async fn text_test(&self) -> Option<SegmentTextTest> {
        if let Asked::Text { test, .. } = &self.0.test { Some((*test).into()) } else { None }
    }

    /// The text that a condition of the kind `TEXT` looks for; null for any other.
    async fn text(&self) -> Option<&str> {
        if let Asked::Text { text, .. } = &self.0.test { Some(text) } else { None }
    }

    /// The key of the custom field that a condition of the kind `FIELD` asks about, which may be removed by now; null for any other.
    async fn field(&self) -> Option<&str> {
        if let Asked::Field { key, .. } = &self.0.test { Some(key) } else { None }
    }

    /// What a condition of the kind `FIELD` asks of the value; null for any other.
    async fn field_test(&self) -> Option<SegmentFieldTest> {
        if let Asked::Field { test, .. } = &self.0.test { Some((*test).into()) } else { None }
    }

    /// What a condition of the kind `FIELD` compares the value with, as a text: the text itself, a number such as `12.5`, a day such as
    /// `2026-05-01`, or `true` or `false`. Null for any other, and with the test `KNOWN`.
    async fn value(&self) -> Option<&str> {
        match &self.0.test {
            Asked::Field { test, value, .. } if *test != FieldTest::Known => Some(value),
            _ => None,
        }
    }

    /// The topic of a condition of the kind `CONSENT`: the group that clients have agreed to get the letters of. Null if it is about
    /// everything that the owner sends (`consentToAll`), or if the topic is deleted. Null, too, if it could not be read; then the
    /// top-level `errors` say why.
    async fn topic(&self, context: &Context<'_>) -> Result<Option<Group>, Failure> {
        match &self.0.test {
            Asked::Consent { topic: Some(id), .. } => group(context, id).await,
            _ => Ok(None),
        }
    }

    /// Whether a condition of the kind `CONSENT` is about everything that the owner sends, and not about a topic; null for any other.
    async fn consent_to_all(&self) -> Option<bool> {
        if let Asked::Consent { topic, .. } = &self.0.test { Some(topic.is_none()) } else { None }
    }

    /// How the consent has to stand for a condition of the kind `CONSENT`; null for any other.
    async fn consent(&self) -> Option<ConsentState> {
        if let Asked::Consent { state, .. } = &self.0.test { Some((*state).into()) } else { None }
    }

    /// The mailing of a condition of the kind `ACCEPTED_MAILING`, also a deleted one; null for any other. Null, too, if it could not be
    /// read; then the top-level `errors` say why.
    async fn mailing(&self, context: &Context<'_>) -> Result<Option<Mailing>, Failure> {
        let Asked::AcceptedMailing(id) = &self.0.test else { return Ok(None) };
        let Ok(id) = id.parse() else { return Ok(None) };
        Ok(context.tables().load_one(MailingKey(id)).await?.transpose()?.map(Mailing))
    }

    /// How many days a condition of the kind `ACCEPTED_WITHIN` or `ADDED_WITHIN` counts back; null for any other.
    async fn days(&self) -> Option<i32> {
        match &self.0.test {
            Asked::AcceptedWithin(days) | Asked::AddedWithin(days) => Some(int(*days)),
            _ => None,
        }
    }
}

async fn group(context: &Context<'_>, id: &str) -> Result<Option<Group>, Failure> {
    let Ok(id) = id.parse() else { return Ok(None) };
    Ok(context.tables().load_one(GroupKey(id)).await?.map(Group))
}

/// A segment: a saved filter over one owner's clients. Who is in it is found out whenever somebody asks, and when a mailing to it starts.
#[derive(Description)]
pub(crate) struct Segment(pub(crate) segments::Segment);

impl Segment {
    /// Whose clients it is over: whoever sees the segment sees these.
    fn access(&self) -> Access {
        Access::Owner(UserId(self.0.owner_id))
    }
}

#[Object(use_type_description)]
impl Segment {
    /// The id of the segment.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The name of the segment. No two segments of the same owner have the same name, in upper or lower case.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Whether a client has to meet all of the conditions, or any.
    async fn join(&self) -> SegmentJoin {
        self.0.filter.join.into()
    }

    /// The conditions of the segment, 1 to 20 of them.
    async fn conditions(&self) -> Vec<SegmentCondition> {
        self.0.filter.conditions.iter().map(SegmentCondition::from).collect()
    }

    /// How many clients are in the segment now. Counting takes time that grows with the address book: ask for it only if you need it.
    /// Null only if they could not be counted; then the top-level `errors` say why.
    async fn client_count(&self, context: &Context<'_>) -> Result<Option<i32>, Failure> {
        let now = context.services().now();
        Ok(Some(int(filter::count(context.pool(), self.access(), &self.0.filter, now).await?)))
    }

    /// The clients who are in the segment now, in the order in which they were added to the address book, unless `orderBy` says
    /// otherwise. Null only if the list could not be read; then the top-level `errors` say why.
    async fn clients(
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
        #[graphql(
            desc = "Only clients whose address, name or comment contains this text; null, left out or empty for all."
        )]
        search: Option<String>,
        #[graphql(
            desc = "The order of the list; if it is null or left out, clients are in the order in which they were added."
        )]
        order_by: Option<ClientOrder>,
    ) -> Result<Option<List<Client>>, Failure> {
        let segment = Some(self.0.filter.clone());
        let filter = Filter { segment, search: searchable(search), ..Filter::default() };
        client::page(context, self.access(), filter, order_by, Page::new(first, after.as_deref())?).await
    }

    /// The moment when the segment was made.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// The version of the segment, counted from 1. It grows by one whenever the segment is changed or deleted, not when clients come
    /// into it or leave it. Pass it as `expectedVersion` to `segmentUpdate`.
    async fn version(&self) -> i32 {
        int(self.0.version)
    }
}

/// The segments that a list shows: those that meet all conditions that are given.
#[derive(InputObject)]
struct SegmentFilter {
    /// Only segments whose name contains this text, in upper or lower case; null, left out or empty for all.
    search: Option<String>,
}

/// Who would be in a segment with these conditions, or what is wrong with them.
#[derive(SimpleObject)]
struct SegmentPreviewPayload {
    /// How many clients meet the conditions now; null if there are user errors.
    client_count: Option<i32>,
    /// The first of these clients by the time at which they were added, 10 at the most; empty if there are user errors.
    clients: Vec<Client>,
    /// Why the clients were not looked for; empty if they were. The description of the query names the codes.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub(crate) struct SegmentQuery;

#[Object]
impl SegmentQuery {
    /// The segment of this id; null if there is none that the viewer may see, or if it is deleted.
    async fn segment(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The id of the segment.")] id: ID,
    ) -> Result<Option<Segment>, Failure> {
        let access = context.viewer()?.reads();
        read(context, access, &id).await
    }

    /// The viewer's segments, or everybody's if the scope says so, in the order in which they were made, the oldest first.
    async fn segments(
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
        #[graphql(desc = "The conditions that the segments have to meet; without it the list has all segments.")]
        filter: Option<SegmentFilter>,
        #[graphql(
            desc = "Whose objects the list shows; if it is null or left out, the viewer's own, and everybody's for managers."
        )]
        scope: Option<Scope>,
    ) -> Result<Option<List<Segment>>, Failure> {
        let access = context.scope(scope)?;
        let page = Page::new(first, after.as_deref())?;
        let pool = context.pool().clone();
        let search = filter.and_then(|filter| searchable(filter.search));
        let rows = segments::page(&pool, access, search.as_deref(), page.after, page.limit()).await?;
        let total = Total::new(move || {
            let (pool, search) = (pool.clone(), search.clone());
            async move { segments::count(&pool, access, search.as_deref()).await }
        });
        Ok(Some(page.of_read(context, rows, Segment, total)))
    }

    /// Who would be in a segment of the viewer's with these conditions: how many, and the first of them. Nothing is written.
    ///
    /// The user errors are those that `segmentCreate` has for its conditions: `SEGMENT_CONDITIONS_MISSING`,
    /// `SEGMENT_CONDITIONS_TOO_MANY`, `SEGMENT_TEXT_EMPTY`, `SEGMENT_TEXT_TOO_LONG`, `SEGMENT_DAYS_OUT_OF_RANGE`,
    /// `SEGMENT_NOT_COMPARABLE`, `NOT_FOUND`, `CUSTOM_FIELD_NOT_FOUND`, `CUSTOM_FIELD_VALUE_INVALID`, `CUSTOM_FIELD_TEXT_TOO_LONG` and
    /// `TEXT_INVALID`; and `SEGMENT_TOO_SLOW`.
    async fn segment_preview(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The conditions to look at.")] input: SegmentPreviewInput,
    ) -> Result<Option<SegmentPreviewPayload>, Failure> {
        let owner = context.owner()?;
        let written = written(input.conditions);
        let join = input.join.map(Join::from).unwrap_or_default();
        let seen = async {
            let filter = conditions::filter(context.services(), owner, None, join, &written).await?;
            acts_of::preview(context.services(), owner, &filter).await
        };
        let seen = seen.await.map_err(|refused| conditions::as_written(refused, &written));
        let (seen, user_errors) = done_or_told(seen.map(Some))?;
        let (client_count, clients) = match seen {
            Some(seen) => (Some(int(seen.count)), seen.clients.into_iter().map(Client).collect()),
            None => (None, Vec::new()),
        };
        Ok(Some(SegmentPreviewPayload { client_count, clients, user_errors }))
    }
}

/// The segment of this id, as an id is written.
pub(crate) async fn read(context: &Context<'_>, access: Access, id: &str) -> Result<Option<Segment>, Failure> {
    let Ok(id) = id.parse::<SegmentId>() else { return Ok(None) };
    Ok(segments::get(context.pool(), access, id).await?.map(Segment))
}

/// The segments of these ids that are there and may be read, the oldest first; null if the answer has no room for them.
pub(crate) async fn all(
    context: &Context<'_>,
    access: Access,
    ids: Vec<SegmentId>,
) -> Result<Option<Vec<Segment>>, Failure> {
    if !context.has_room_for(ids.len()) {
        return Ok(None);
    }
    let ids: Vec<_> = ids.into_iter().map(|id| id.0).collect();
    let rows = segments::by_ids(context.pool(), access, &ids).await?;
    let mut rows: Vec<segments::Segment> = rows.into_iter().filter_map(|(_, row)| context.shown(row)).collect();
    rows.sort_by_key(|row| (row.created_at, row.id));
    Ok(Some(rows.into_iter().map(Segment).collect()))
}

/// A condition on the address, a name or the comment of a client.
#[derive(InputObject)]
struct SegmentTextInput {
    /// What the condition looks at.
    of: SegmentTextOf,
    /// Where the text has to be.
    test: SegmentTextTest,
    /// The text to look for, in upper or lower case: 1 to 200 characters (`SEGMENT_TEXT_EMPTY`, `SEGMENT_TEXT_TOO_LONG`).
    text: String,
}

/// A condition on what a client has in one of your custom fields.
#[derive(InputObject)]
struct SegmentFieldInput {
    /// The key of the field (`CUSTOM_FIELD_NOT_FOUND`).
    key: String,
    /// What is asked of the value. More and less can be asked of numbers and days only (`SEGMENT_NOT_COMPARABLE`).
    test: SegmentFieldTest,
    /// What the value is compared with, as a text of the field's kind, as in `ClientFieldInput.value` (`CUSTOM_FIELD_VALUE_INVALID`,
    /// `CUSTOM_FIELD_TEXT_TOO_LONG`, `SEGMENT_TEXT_EMPTY`). Null or left out with the test `KNOWN`, which does not look at it.
    value: Option<String>,
}

/// A condition on what a client has agreed to.
#[derive(InputObject)]
struct SegmentConsentInput {
    /// The id of the topic, which is a group of yours (`NOT_FOUND`); null or left out for everything that you send.
    topic_id: Option<ID>,
    /// How the consent has to stand.
    state: ConsentState,
}

/// What a condition of a segment asks of a client: exactly one of these.
#[derive(OneofObject)]
enum SegmentTestInput {
    /// The client belongs to the group of this id, one of yours (`NOT_FOUND`).
    InGroup(ID),
    /// The client's address, one of their names or your comment has a text in it.
    Text(SegmentTextInput),
    /// What the client has in one of your custom fields is compared with something.
    Field(SegmentFieldInput),
    /// The client's consent stands in a certain way.
    Consent(SegmentConsentInput),
    /// A mail server has accepted a letter of the mailing of this id, one of yours (`NOT_FOUND`), to the client.
    AcceptedMailing(ID),
    /// A mail server has accepted a letter of any mailing of yours to the client within so many days: 1 to 3,660
    /// (`SEGMENT_DAYS_OUT_OF_RANGE`).
    AcceptedWithin(i32),
    /// The client was added to your address book within so many days: 1 to 3,660 (`SEGMENT_DAYS_OUT_OF_RANGE`).
    AddedWithin(i32),
}

/// A condition of a segment.
#[derive(InputObject)]
struct SegmentConditionInput {
    /// What the condition asks of a client.
    test: SegmentTestInput,
    /// Whether those clients meet the condition of whom it is not so; false if it is null or left out.
    not: Option<bool>,
}

impl From<SegmentConditionInput> for Written {
    fn from(input: SegmentConditionInput) -> Self {
        let test = match input.test {
            SegmentTestInput::InGroup(id) => Asked::InGroup(id.0),
            SegmentTestInput::Text(SegmentTextInput { of, test, text }) => {
                Asked::Text { of: of.into(), test: test.into(), text }
            }
            SegmentTestInput::Field(SegmentFieldInput { key, test, value }) => {
                Asked::Field { key, test: test.into(), value: value.unwrap_or_default() }
            }
            SegmentTestInput::Consent(SegmentConsentInput { topic_id, state }) => {
                Asked::Consent { topic: topic_id.map(|id| id.0), state: State::from(state) }
            }
            SegmentTestInput::AcceptedMailing(id) => Asked::AcceptedMailing(id.0),
            SegmentTestInput::AcceptedWithin(days) => Asked::AcceptedWithin(days.into()),
            SegmentTestInput::AddedWithin(days) => Asked::AddedWithin(days.into()),
        };
        Self { test, not: input.not.unwrap_or_default() }
    }
}

fn written(conditions: Vec<SegmentConditionInput>) -> Vec<Written> {
    conditions.into_iter().map(Written::from).collect()
}

/// The conditions that `segmentPreview` looks at.
#[derive(InputObject)]
struct SegmentPreviewInput {
    /// Whether a client has to meet all of the conditions, or any; `ALL` if it is null or left out.
    join: Option<SegmentJoin>,
    /// The conditions, 1 to 20 of them (`SEGMENT_CONDITIONS_MISSING`, `SEGMENT_CONDITIONS_TOO_MANY`).
    conditions: Vec<SegmentConditionInput>,
}

/// The segment that `segmentCreate` makes.
#[derive(InputObject)]
struct SegmentCreateInput {
    /// The name of the segment: one line of 1 to 100 characters (`NAME_EMPTY`, `NAME_TOO_LONG`, `NAME_NOT_A_LINE`). No other segment of
    /// yours may have the same name, in upper or lower case (`NAME_TAKEN`).
    name: String,
    /// Whether a client has to meet all of the conditions, or any; `ALL` if it is null or left out.
    join: Option<SegmentJoin>,
    /// The conditions, 1 to 20 of them (`SEGMENT_CONDITIONS_MISSING`, `SEGMENT_CONDITIONS_TOO_MANY`).
    conditions: Vec<SegmentConditionInput>,
    /// A key that you choose: one line of 1 to 200 characters, such as a fresh UUID. If your account sends the same key
    /// to the same mutation again, with the same input, nothing new is made, and the answer has the segment that was made
    /// first, as it is now. So a request whose answer got lost can be repeated. With another input the user error has
    /// the code `IDEMPOTENCY_KEY_REUSED`. A key never expires, not even when its segment is deleted: `segment` is then
    /// null. Null or left out: every request makes another segment.
    idempotency_key: Option<String>,
}

/// What `segmentUpdate` changes of a segment. A field that is left out or null stays as it is.
#[derive(InputObject)]
struct SegmentUpdateInput {
    /// The id of the segment to change.
    id: ID,
    /// The segment's new name: one line of 1 to 100 characters (`NAME_EMPTY`, `NAME_TOO_LONG`, `NAME_NOT_A_LINE`). No other segment of
    /// yours may have the same name, in upper or lower case (`NAME_TAKEN`).
    name: Option<String>,
    /// Whether a client has to meet all of the conditions from now on, or any.
    join: Option<SegmentJoin>,
    /// All conditions from now on, 1 to 20 of them, in place of the old ones (`SEGMENT_CONDITIONS_MISSING`,
    /// `SEGMENT_CONDITIONS_TOO_MANY`).
    conditions: Option<Vec<SegmentConditionInput>>,
    /// The `version` of the segment that you have seen. If the present version is a different number, higher or lower, nothing is
    /// changed and the user error has the code `STALE_VERSION`. Null or left out: the segment is changed whatever its version is. A
    /// variable for this field must be declared as `Long`, not `Int`.
    expected_version: Option<Long>,
}

/// The segment that `segmentDelete` deletes.
#[derive(InputObject)]
struct SegmentDeleteInput {
    /// The id of the segment to delete.
    id: ID,
}

payload! {
    /// The new segment, or what is wrong with the input.
    created SegmentCreatePayload {
        /// The segment as it is now; null if there are user errors, or if `behind` is true.
        segment: Segment
    }
}
payload! {
    /// The segment after the change, or what is wrong with the input.
    SegmentUpdatePayload {
        /// The segment as it is now; null if there are user errors, or if `behind` is true.
        segment: Segment
    }
}
payload! {
    /// The id of the deleted segment, or what is wrong with the input.
    deleted SegmentDeletePayload {
        /// The id of the segment that is deleted now; null if there are user errors, or if `behind` is true.
        deleted_id: ID
    }
}

#[derive(Default)]
pub(crate) struct SegmentMutation;

#[Object]
impl SegmentMutation {
    /// Makes a segment of the viewer's clients. This is for users without roles and for administrators.
    ///
    /// The user errors are, for the name, `NAME_EMPTY`, `NAME_TOO_LONG`, `NAME_NOT_A_LINE` and `NAME_TAKEN`; for the conditions
    /// `SEGMENT_CONDITIONS_MISSING`, `SEGMENT_CONDITIONS_TOO_MANY`, `SEGMENT_TEXT_EMPTY`, `SEGMENT_TEXT_TOO_LONG`,
    /// `SEGMENT_DAYS_OUT_OF_RANGE`, `SEGMENT_NOT_COMPARABLE`, `NOT_FOUND` for a group, a topic or a mailing, `CUSTOM_FIELD_NOT_FOUND`,
    /// `CUSTOM_FIELD_VALUE_INVALID` and `CUSTOM_FIELD_TEXT_TOO_LONG`; for the rest `QUOTA_REACHED`, `IDEMPOTENCY_KEY_INVALID` and
    /// `IDEMPOTENCY_KEY_REUSED`.
    async fn segment_create(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The segment to make.")] input: SegmentCreateInput,
    ) -> Result<Option<SegmentCreatePayload>, Failure> {
        let owner = context.owner()?;
        let metadata = context.metadata()?;
        let SegmentCreateInput { name, join, conditions, idempotency_key } = input;
        let (join, written) = (join.map(Join::from).unwrap_or_default(), written(conditions));
        let created = async {
            let filter = conditions::filter(context.services(), owner, Some(&name), join, &written).await?;
            let new = acts_of::New { name: name.clone(), filter };
            acts_of::create(context.services(), owner, idempotency_key, new, &metadata).await
        };
        let outcome = created.await.map_err(|refused| conditions::as_written(refused, &written));
        let done = done(context, outcome, async |id| shown(context, id).await).await?;
        Ok(done.map(Into::into))
    }

    /// Changes one of the viewer's segments. Runs that have started keep their recipients; whoever is in the segment when the next run
    /// of a mailing to it starts gets that.
    ///
    /// The user errors are `SEGMENT_NOT_FOUND` and `STALE_VERSION` for the segment; for the name `NAME_EMPTY`, `NAME_TOO_LONG`,
    /// `NAME_NOT_A_LINE` and `NAME_TAKEN`; for the conditions `SEGMENT_CONDITIONS_MISSING`, `SEGMENT_CONDITIONS_TOO_MANY`,
    /// `SEGMENT_TEXT_EMPTY`, `SEGMENT_TEXT_TOO_LONG`, `SEGMENT_DAYS_OUT_OF_RANGE`, `SEGMENT_NOT_COMPARABLE`, `NOT_FOUND` for a group, a
    /// topic or a mailing, `CUSTOM_FIELD_NOT_FOUND`, `CUSTOM_FIELD_VALUE_INVALID` and `CUSTOM_FIELD_TEXT_TOO_LONG`.
    async fn segment_update(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The segment and the changes.")] input: SegmentUpdateInput,
    ) -> Result<Option<SegmentUpdatePayload>, Failure> {
        let by = context.owner()?;
        let metadata = context.metadata()?;
        let SegmentUpdateInput { id, name, join, conditions, expected_version } = input;
        let written = conditions.map(written);
        let expected = expected_version.map(|version| version.0);
        let changed = async {
            let filter = match (join.map(Join::from), &written) {
                (None, None) => None,
                // What is not said of the two stays as the segment has it.
                (join, None) => {
                    let now = conditions::of_segment(context.services(), by, &id, &["id"]).await?;
                    Some(domain::segment::Filter { join: join.unwrap_or(now.join), ..now })
                }
                (Some(join), Some(written)) => {
                    Some(conditions::filter(context.services(), by, name.as_deref(), join, written).await?)
                }
                (None, Some(written)) => {
                    let now = conditions::of_segment(context.services(), by, &id, &["id"]).await?;
                    Some(conditions::filter(context.services(), by, name.as_deref(), now.join, written).await?)
                }
            };
            let change = acts_of::Change { name: name.clone(), filter };
            acts_of::update(context.services(), by, &id, expected, change, &metadata).await
        };
        let outcome: Result<_, Refused> = changed.await;
        let outcome =
            outcome.map_err(|refused| conditions::as_written(refused, written.as_deref().unwrap_or_default()));
        let done = done(context, outcome, async |id| shown(context, id).await).await?;
        Ok(done.map(Into::into))
    }

    /// Deletes one of the viewer's segments. Nothing happens to the clients who are in it; a mailing that writes to it does not start any
    /// more until its audience is changed. It is safe to repeat. The user errors are `SEGMENT_NOT_FOUND` and `LEFT_OUT_BY_MAILING`.
    async fn segment_delete(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The segment to delete.")] input: SegmentDeleteInput,
    ) -> Result<Option<SegmentDeletePayload>, Failure> {
        let by = context.owner()?;
        let outcome = acts_of::delete(context.services(), by, &input.id, &context.metadata()?).await;
        let done = done(context, outcome, async |id: SegmentId| Ok(Some(ID::from(id.0)))).await?;
        Ok(done.map(Into::into))
    }
}

async fn shown(context: &Context<'_>, id: SegmentId) -> Result<Option<Segment>, Failure> {
    let access = context.viewer()?.own();
    Ok(segments::get(context.pool(), access, id).await?.map(Segment))
}

/// The filter of a list for those alone who are in the segment of this id, and whose clients that are.
pub(crate) async fn narrowed(
    context: &Context<'_>,
    access: Access,
    filter: Filter,
    segment: Option<&str>,
) -> Result<(Access, Filter), ReadError> {
    match segment {
        Some(id) => acts::address_book::clients::of_segment(context.services(), access, filter, id).await,
        None => Ok((access, filter)),
    }
}
