//! Clients.

use crate::failure::Failure;
use crate::graphql::address_book::consent::{self, ClientSource, Consent, ConsentInput, SubscriptionStanding};
use crate::graphql::address_book::custom_field::{ClientField, ClientFieldInput, CustomField, given};
use crate::graphql::address_book::group::Group;
use crate::graphql::address_book::segment::narrowed;
use crate::graphql::audit::history::{self, AuditEvents};
use crate::graphql::kit::arguments::{searchable, texts};
use crate::graphql::kit::connection::{List, Page, Total};
use crate::graphql::kit::context::{Ask, Scope};
use crate::graphql::kit::room::LongText;
use crate::graphql::kit::scalars::{DateTime, Long, int};
use crate::graphql::kit::tables::{ConsentsOf, FieldsOf, GroupsOf, SourceOf};
use crate::graphql::kit::user_error::{done, payload};
use acts::address_book::clients::{Change, New};
use acts::address_book::custom_fields::value_in;
use async_graphql::{Context, Description, Enum, ID, InputObject, Object};
use domain::client::Source;
use domain::{ClientId, UserId};
use projections::Access;
use projections::clients::{self, Filter, Key, Order, Place};
use uuid::Uuid;

/// A client: somebody in one owner's address book, who can get letters.
#[derive(Description)]
pub(crate) struct Client(pub(crate) clients::Client);

#[Object(use_type_description)]
impl Client {
    /// The id of the client.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The e-mail address to which the client's letters go, as it was written: at most 254 bytes in UTF-8. No two
    /// clients of the same owner have the same, whatever its upper and lower case, and in whichever of its spellings
    /// the domain is written (IDNA 2008, RFC 5890).
    async fn email(&self) -> &str {
        &self.0.email
    }

    /// The client's full name, with which letters fill `{{full_name}}`; empty if it is not known.
    async fn full_name(&self) -> &str {
        &self.0.full_name
    }

    /// The client's first name, with which letters fill `{{first_name}}`. Null if it is not known; letters then take
    /// the first word of the full name.
    async fn first_name(&self) -> Option<&str> {
        self.0.first_name.as_deref()
    }

    /// The client's last name, with which letters fill `{{last_name}}`. Null if it is not known; letters then have the
    /// fallback of the merge field there, or nothing.
    async fn last_name(&self) -> Option<&str> {
        self.0.last_name.as_deref()
    }

    /// The owner's remark about the client, with which letters fill `{{comment}}`; empty if there is none.
    async fn comment(&self) -> LongText<&str> {
        LongText(&self.0.comment)
    }

    /// The groups that the client belongs to. Null only if they could not be read; then the top-level `errors` say why.
    async fn groups(&self, context: &Context<'_>) -> Result<Option<Vec<Group>>, Failure> {
        let groups = context.tables().load_one(GroupsOf(self.0.id)).await?;
        let groups = groups.unwrap_or_default();
        if !context.has_room_for(groups.len()) {
            return Ok(None);
        }
        Ok(Some(groups.into_iter().map(Group).collect()))
    }

    /// What the client has in the custom fields of the owner, as these are defined now, in the order in which they were defined; a field
    /// in which the client has no value is left out. Null only if the fields could not be read; then the top-level `errors` say why.
    async fn fields(&self, context: &Context<'_>) -> Result<Option<Vec<ClientField>>, Failure> {
        if self.0.fields.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let defined = context.tables().load_one(FieldsOf(self.0.owner_id)).await?.unwrap_or_default();
        let held = defined.into_iter().filter_map(|field| {
            let value = value_in(&self.0.fields, &field)?.clone();
            Some(ClientField { field: CustomField(field), value })
        });
        let held: Vec<ClientField> = held.collect();
        if !context.has_room_for(held.len()) {
            return Ok(None);
        }
        Ok(Some(held))
    }

    /// What the client has agreed to, one for each topic: the consent that was given last, also one that was withdrawn; in the order in
    /// which it was written down. The list is empty if nobody wrote down that they agreed. Null only if it could not be read; then the
    /// top-level `errors` say why.
    async fn consents(&self, context: &Context<'_>) -> Result<Option<Vec<Consent>>, Failure> {
        let consents = context.tables().load_one(ConsentsOf(self.0.id)).await?.unwrap_or_default();
        if !context.has_room_for(consents.len()) {
            return Ok(None);
        }
        Ok(Some(consents.into_iter().map(Consent).collect()))
    }

    /// What the client has agreed to last of one topic, also if it was withdrawn; null if they never agreed to it. Null, too, if it could
    /// not be read; then the top-level `errors` say why.
    async fn consent(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The id of the group that it is about; null or left out for all that the owner sends.")]
        topic_id: Option<ID>,
    ) -> Result<Option<Consent>, Failure> {
        consent::one(context, self.0.id, topic_id.as_ref().map(|id| id.as_str())).await
    }

    /// How the client came into the address book; null if that was before it was written down. Null, too, if it could not be read;
    /// then the top-level `errors` say why.
    async fn source(&self, context: &Context<'_>) -> Result<Option<ClientSource>, Failure> {
        Ok(context.tables().load_one(SourceOf(self.0.id)).await?.transpose()?.map(ClientSource))
    }

    /// Whether the client was to get letters at a moment, with what shows it, as it was known then. Null only if it could not be
    /// read, or if `at` is no moment, which gets the error `BAD_REQUEST`; the top-level `errors` say which.
    async fn subscribed_at(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The moment at which it is asked.")] at: DateTime,
    ) -> Result<Option<SubscriptionStanding>, Failure> {
        let at = at.0.map_err(|text| {
            let problem = words::queries::Problem::NotAMoment { name: "at".to_owned(), text };
            Failure::BadRequest(problem.into())
        })?;
        consent::standing(context, context.viewer()?.reads(), self.0.id, at).await
    }

    /// The number of the client's present details, counted from 1. It grows when the address, a name, the comment or a
    /// custom field changes; a run keeps the revision that was current when it started.
    async fn revision(&self) -> i32 {
        self.0.revision
    }

    /// The moment when the client was added to the address book.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// The moment when the client was removed from the address book; null if the client has not been removed. Past
    /// deliveries still show removed clients.
    async fn deleted_at(&self) -> Option<DateTime> {
        self.0.deleted_at.map(DateTime::from)
    }

    /// Everything that happened to the client, and what was reported of letters that went to them, oldest first. Null only if the list
    /// could not be read; then the top-level `errors` say why.
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
        history::of_client(context, ClientId(self.0.id), first, after.as_deref()).await
    }

    /// The version of the client, counted from 1. It grows by one whenever the client is changed, joins a group, leaves
    /// one, agrees to something, confirms or withdraws that, or is deleted. Pass it as `expectedVersion` to `clientUpdate`.
    async fn version(&self) -> i32 {
        int(self.0.version)
    }
}

/// The clients that a list shows or a change is about: those that meet all conditions that are given. A condition that
/// is null or left out does not limit the list.
#[derive(Default, InputObject)]
pub(crate) struct ClientFilter {
    /// Only clients who belong to the group of this id. Nobody belongs to a group that does not exist, is deleted, or
    /// may not be seen by the viewer, so the list of such an id is empty. A mutation that is given such an id is
    /// refused (`NOT_FOUND`).
    group_id: Option<ID>,
    /// Only clients who belong to at least one of the groups of these ids; an empty list finds nobody. An id of no
    /// group, or of one that is deleted or that the viewer may not see, adds nobody; a mutation that is given one is
    /// refused (`NOT_FOUND`), and so is one that is given more than 5,000 (`TOO_MANY_GROUPS`).
    group_ids: Option<Vec<ID>>,
    /// Only clients who do not belong to the group of this id. If there is no such group, or it is deleted or may not
    /// be seen by the viewer, the list is empty, and a mutation is refused (`NOT_FOUND`).
    not_in_group_id: Option<ID>,
    /// Only clients who are in the segment of this id at this moment. Nobody is in a segment that does not exist, is deleted, or may not
    /// be seen by the viewer, so the list of such an id is empty; a mutation that is given one is refused (`SEGMENT_NOT_FOUND`).
    segment_id: Option<ID>,
    /// Only clients of the user of this id. Whoever may not see everybody's clients finds none but their own, and a change is about
    /// one's own clients only.
    owner_id: Option<ID>,
    /// Only clients whose address, name or comment contains this text, in upper or lower case, with or without accents
    /// (`zoe` finds Zoé, `елка` finds ёлка). An empty text does not limit the list.
    search: Option<String>,
}

impl ClientFilter {
    /// Whose clients alone it lets through. What is no id is nobody's.
    pub(crate) fn owner(&self) -> Option<UserId> {
        self.owner_id.as_ref().map(|id| id.parse().unwrap_or(UserId(Uuid::nil())))
    }

    /// The id of the segment whose clients alone it lets through. What the segment asks is not in it.
    pub(crate) fn segment(&self) -> Option<String> {
        self.segment_id.as_ref().map(|id| id.0.clone())
    }
}

impl From<ClientFilter> for Filter {
    fn from(filter: ClientFilter) -> Self {
        // What is no id is no group's: nobody belongs to it.
        let group = |id: ID| id.parse().unwrap_or_default();
        Self {
            group: filter.group_id.map(group),
            any_group: filter.group_ids.map(|ids| ids.into_iter().map(group).collect()),
            without_group: filter.not_in_group_id.map(group),
            search: searchable(filter.search),
            segment: None,
        }
    }
}

/// What a list of clients is ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Key")]
enum ClientOrderKey {
    /// The list is ordered by the moments when the clients were added.
    #[graphql(name = "CREATED_AT")]
    Created,
    /// The list is ordered by the clients' addresses, without regard to upper and lower case.
    Email,
    /// The list is ordered by the clients' full names, without regard to upper and lower case.
    FullName,
}

/// Which end of an order comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
enum Direction {
    /// The list goes from the oldest to the newest, from A to Z.
    Ascending,
    /// The list goes from the newest to the oldest, from Z to A.
    Descending,
}

/// The order of a list of clients. A cursor is valid only in the order in which it was given; with another order the
/// list gets the error `BAD_REQUEST`.
#[derive(InputObject)]
pub(crate) struct ClientOrder {
    /// What the clients are ordered by.
    by: ClientOrderKey,
    /// Which end of the order comes first; `ASCENDING` if it is null or left out.
    direction: Option<Direction>,
}

impl From<ClientOrder> for Order {
    fn from(order: ClientOrder) -> Self {
        Self { key: order.by.into(), descending: order.direction == Some(Direction::Descending) }
    }
}

/// The clients of a list.
pub(crate) fn page(
    context: &Context<'_>,
    access: Access,
    filter: Filter,
    order: Option<ClientOrder>,
    page: Page<Place>,
) -> impl Future<Output = Result<Option<List<Client>>, Failure>> {
    let pool = context.pool().clone();
    async move {
        let order = order.map(Order::from).unwrap_or_default();
        let page = page.only_if(|place| place.order() == order)?;
        let rows = clients::ordered(&pool, access, &filter, order, page.after.as_ref(), page.limit()).await?;
        let total = Total::new(move || {
            let (pool, filter) = (pool.clone(), filter.clone());
            async move { clients::count(&pool, access, &filter).await }
        });
        Ok(Some(page.of(rows, |row| clients::Client::place(row, order), Client, total)))
    }
}

#[derive(Default)]
pub(crate) struct ClientQuery;

#[Object]
impl ClientQuery {
    /// The client of this id; null if there is none that the viewer may see, or if it is deleted.
    async fn client(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The id of the client.")] id: ID,
    ) -> Result<Option<Client>, Failure> {
        let access = context.viewer()?.reads();
        read(context, access, &id).await
    }

    /// The viewer's clients, or everybody's if the scope says so, in the order in which they were added, unless
    /// `orderBy` says otherwise.
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
        #[graphql(desc = "The conditions that the clients have to meet; without it the list has all clients.")]
        filter: Option<ClientFilter>,
        #[graphql(
            desc = "The order of the list; if it is null or left out, clients are in the order in which they were added."
        )]
        order_by: Option<ClientOrder>,
        #[graphql(
            desc = "Whose objects the list shows; if it is null or left out, the viewer's own, and everybody's for managers."
        )]
        scope: Option<Scope>,
    ) -> Result<Option<List<Client>>, Failure> {
        let filter = filter.unwrap_or_default();
        let access = context.scope(scope)?.of_owner(filter.owner());
        let wanted = Page::new(first, after.as_deref())?;
        let segment = filter.segment();
        let filter = acts::address_book::clients::seen(context.services(), access, filter.into()).await?;
        let (access, filter) = narrowed(context, access, filter, segment.as_deref()).await?;
        page(context, access, filter, order_by, wanted).await
    }
}

/// The client of this id, as an id is written, unless it is deleted.
pub(crate) async fn read(context: &Context<'_>, access: Access, id: &str) -> Result<Option<Client>, Failure> {
    let Ok(id) = id.parse::<ClientId>() else { return Ok(None) };
    let row = clients::get(context.pool(), access, id).await?;
    Ok(row.filter(|row| row.deleted_at.is_none()).map(Client))
}

/// The client that `clientCreate` adds.
#[derive(InputObject)]
struct ClientCreateInput {
    /// The client's e-mail address: at most 254 bytes in UTF-8 (`EMAIL_MISSING`, `EMAIL_INVALID`, `EMAIL_TOO_LONG`);
    /// blanks around it are dropped. No other client of yours may have the same, whatever its upper and lower case
    /// (`EMAIL_TAKEN`).
    email: String,
    /// The client's full name: one line of at most 200 characters (`FULL_NAME_NOT_A_LINE`, `FULL_NAME_TOO_LONG`). If it
    /// is null, left out or empty, it is the first and the last name together.
    full_name: Option<String>,
    /// The client's first name: one line of at most 200 characters (`FULL_NAME_NOT_A_LINE`, `FULL_NAME_TOO_LONG`);
    /// null, left out or empty if it is not known.
    first_name: Option<String>,
    /// The client's last name: one line of at most 200 characters (`FULL_NAME_NOT_A_LINE`, `FULL_NAME_TOO_LONG`); null,
    /// left out or empty if it is not known.
    last_name: Option<String>,
    /// Your remark about the client, of at most 2,000 characters (`COMMENT_TOO_LONG`); null or left out for none.
    comment: Option<String>,
    /// The ids of the groups of yours that the client joins at once: at most 5,000 (`TOO_MANY_GROUPS`). If an id is not
    /// that of a group of yours, the whole request is refused (`NOT_FOUND`). Null or left out for none.
    group_ids: Option<Vec<ID>>,
    /// What the client has in your custom fields: at most 50 values (`CUSTOM_FIELDS_TOO_MANY`). Null or left out for none.
    fields: Option<Vec<ClientFieldInput>>,
    /// What the client has agreed to, which is written down with them; null or left out for nothing. If the same
    /// `idempotencyKey` came before, what was written down then stays.
    consent: Option<ConsentInput>,
    /// A key that you choose: one line of 1 to 200 characters, such as a fresh UUID. If your account sends the same key
    /// to the same mutation again, with the same input, nothing new is made, and the answer has the client that was
    /// made first, as it is now. So a request whose answer got lost can be repeated. With another input the user error
    /// has the code `IDEMPOTENCY_KEY_REUSED`. A key never expires, not even when its client is deleted: the answer then
    /// has the client with `deletedAt`. Null or left out: every request makes another client.
    idempotency_key: Option<String>,
}

/// What `clientUpdate` changes of a client. A field that is left out or null stays as it is.
#[derive(InputObject)]
struct ClientUpdateInput {
    /// The id of the client to change.
    id: ID,
    /// The client's new e-mail address: at most 254 bytes in UTF-8 (`EMAIL_MISSING`, `EMAIL_INVALID`,
    /// `EMAIL_TOO_LONG`). No other client of yours may have the same, whatever its upper and lower case
    /// (`EMAIL_TAKEN`).
    email: Option<String>,
    /// The client's new full name: one line of at most 200 characters (`FULL_NAME_NOT_A_LINE`, `FULL_NAME_TOO_LONG`).
    full_name: Option<String>,
    /// The client's new first name: one line of at most 200 characters (`FULL_NAME_NOT_A_LINE`, `FULL_NAME_TOO_LONG`);
    /// an empty text if it is no longer known. `fullName` does not change with it.
    first_name: Option<String>,
    /// The client's new last name: one line of at most 200 characters (`FULL_NAME_NOT_A_LINE`, `FULL_NAME_TOO_LONG`);
    /// an empty text if it is no longer known. `fullName` does not change with it.
    last_name: Option<String>,
    /// Your new remark about the client, of at most 2,000 characters (`COMMENT_TOO_LONG`); an empty text for none.
    comment: Option<String>,
    /// The ids of all groups that the client belongs to from now on, at most 5,000 (`TOO_MANY_GROUPS`): it leaves the
    /// others. If an id is not that of a group of yours, the whole request is refused (`NOT_FOUND`). An empty list
    /// stands for none.
    group_ids: Option<Vec<ID>>,
    /// What the client has in your custom fields from now on: at most 50 values (`CUSTOM_FIELDS_TOO_MANY`). Fields that are
    /// not named stay as they are; null or a blank text as the `value` of one leaves the client without a value in it.
    fields: Option<Vec<ClientFieldInput>>,
    /// The `version` of the client that you have seen. If the present version is a different number, higher or lower,
    /// nothing is changed and the user error has the code `STALE_VERSION`. Null or left out: the client is changed
    /// whatever its version is. A variable for this field must be declared as `Long`, not `Int`.
    expected_version: Option<Long>,
}

/// The client that `clientDelete` deletes.
#[derive(InputObject)]
struct ClientDeleteInput {
    /// The id of the client to delete.
    id: ID,
}

payload! {
    /// The new client, or what is wrong with the input.
    created ClientCreatePayload {
        /// The client as it is now; null if there are user errors, or if `behind` is true.
        client: Client
    }
}
payload! {
    /// The client after the change, or what is wrong with the input.
    ClientUpdatePayload {
        /// The client as it is now; null if there are user errors, or if `behind` is true.
        client: Client
    }
}
payload! {
    /// The deleted client, or what is wrong with the input.
    deleted ClientDeletePayload {
        /// The client as it was, with `deletedAt`; null if there are user errors, or if `behind` is true.
        client: Client
    }
}

#[derive(Default)]
pub(crate) struct ClientMutation;

#[Object]
impl ClientMutation {
    /// Adds a client to the viewer's address book. This is for users without roles and for administrators.
    ///
    /// The user errors are `EMAIL_MISSING`, `EMAIL_INVALID`, `EMAIL_TOO_LONG`, `EMAIL_TAKEN`, `FULL_NAME_NOT_A_LINE`,
    /// `FULL_NAME_TOO_LONG`, `COMMENT_TOO_LONG`, `NOT_FOUND` for a group or a topic, `TOO_MANY_GROUPS`,
    /// `CUSTOM_FIELD_NOT_FOUND`, `CUSTOM_FIELD_VALUE_INVALID`, `CUSTOM_FIELD_TEXT_TOO_LONG`, `CUSTOM_FIELD_TWICE`,
    /// `CUSTOM_FIELDS_TOO_MANY`, `CONSENT_WORDING_EMPTY`, `CONSENT_WORDING_TOO_LONG`, `DATE_TIME_INVALID`,
    /// `CONSENT_IN_FUTURE`, `CONSENT_ADDRESS_INVALID`, `QUOTA_REACHED`, `IDEMPOTENCY_KEY_INVALID` and
    /// `IDEMPOTENCY_KEY_REUSED`.
    async fn client_create(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The client to add.")] input: ClientCreateInput,
    ) -> Result<Option<ClientCreatePayload>, Failure> {
        let owner = context.owner()?;
        let groups = texts(input.group_ids.unwrap_or_default());
        let new = New {
            email: input.email,
            full_name: input.full_name.unwrap_or_default(),
            first_name: input.first_name.unwrap_or_default(),
            last_name: input.last_name.unwrap_or_default(),
            comment: input.comment.unwrap_or_default(),
            groups,
            fields: given(input.fields),
            consent: input.consent.map(Into::into),
        };
        let outcome = acts::address_book::clients::create(
            context.services(),
            owner,
            Source::Program,
            input.idempotency_key,
            new,
            &context.metadata()?,
        )
        .await;
        let done = done(context, outcome, async |id| shown(context, id).await).await?;
        Ok(done.map(Into::into))
    }

    /// Changes a client in the viewer's address book. Runs that have started keep the client's details as they were.
    ///
    /// The user errors are `NOT_FOUND`, for the client or for a group, `EMAIL_MISSING`, `EMAIL_INVALID`,
    /// `EMAIL_TOO_LONG`, `EMAIL_TAKEN`, `FULL_NAME_NOT_A_LINE`, `FULL_NAME_TOO_LONG`, `COMMENT_TOO_LONG`,
    /// `TOO_MANY_GROUPS`, `CUSTOM_FIELD_NOT_FOUND`, `CUSTOM_FIELD_VALUE_INVALID`, `CUSTOM_FIELD_TEXT_TOO_LONG`,
    /// `CUSTOM_FIELD_TWICE`, `CUSTOM_FIELDS_TOO_MANY` and `STALE_VERSION`.
    async fn client_update(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The client and the changes.")] input: ClientUpdateInput,
    ) -> Result<Option<ClientUpdatePayload>, Failure> {
        let by = context.owner()?;
        let change = Change {
            email: input.email,
            full_name: input.full_name,
            first_name: input.first_name,
            last_name: input.last_name,
            comment: input.comment,
            groups: input.group_ids.map(texts),
            fields: given(input.fields),
        };
        let expected = input.expected_version.map(|version| version.0);
        let outcome = acts::address_book::clients::update(
            context.services(),
            by,
            &input.id,
            expected,
            change,
            &context.metadata()?,
        )
        .await;
        let done = done(context, outcome, async |id| shown(context, id).await).await?;
        Ok(done.map(Into::into))
    }

    /// Removes a client from the viewer's address book. The client's past deliveries stay. It is safe to repeat. The
    /// only user error is `NOT_FOUND`.
    async fn client_delete(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The client to remove.")] input: ClientDeleteInput,
    ) -> Result<Option<ClientDeletePayload>, Failure> {
        let by = context.owner()?;
        let outcome =
            acts::address_book::clients::delete(context.services(), by, &input.id, &context.metadata()?).await;
        let done = done(context, outcome, async |id| shown(context, id).await).await?;
        Ok(done.map(Into::into))
    }
}

/// One's own client, also a deleted one.
pub(crate) async fn shown(context: &Context<'_>, id: ClientId) -> Result<Option<Client>, Failure> {
    let access = context.viewer()?.own();
    Ok(clients::get(context.pool(), access, id).await?.map(Client))
}
