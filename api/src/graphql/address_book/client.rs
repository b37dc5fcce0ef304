//! Clients.

use crate::failure::Failure;
use crate::graphql::address_book::group::Group;
use crate::graphql::kit::connection::{List, Page, Total};
use crate::graphql::kit::context::{Ask, Scope};
use crate::graphql::kit::room::LongText;
use crate::graphql::kit::scalars::{DateTime, Long, int};
use crate::graphql::kit::tables::GroupsOf;
use crate::graphql::kit::user_error::{done, payload};
use acts::address_book::clients::{Change, New};
use async_graphql::{Context, Description, Enum, ID, InputObject, Object};
use domain::ClientId;
use projections::Access;
use projections::clients::{self, Filter, Key, Order, Place};

/// A recipient in one user's address book.
#[derive(Description)]
pub(crate) struct Client(pub(crate) clients::Client);

#[Object(use_type_description)]
impl Client {
    pub(crate) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// Where letters go; unique in its owner's address book.
    async fn email(&self) -> &str {
        &self.0.email
    }

    /// Whom they greet.
    async fn full_name(&self) -> &str {
        &self.0.full_name
    }

    /// Their first name, which letters say for `{{first_name}}`; null if it is not known which of the words it is, and letters
    /// say the first word of the full name.
    async fn first_name(&self) -> Option<&str> {
        self.0.first_name.as_deref()
    }

    /// Their last name, which letters say for `{{last_name}}`; null if it is not known.
    async fn last_name(&self) -> Option<&str> {
        self.0.last_name.as_deref()
    }

    async fn comment(&self) -> LongText<&str> {
        LongText(&self.0.comment)
    }

    /// The groups it belongs to.
    async fn groups(&self, context: &Context<'_>) -> Result<Option<Vec<Group>>, Failure> {
        let groups = context.tables().load_one(GroupsOf(self.0.id)).await?;
        let groups = groups.unwrap_or_default();
        if !context.has_room_for(groups.len()) {
            return Ok(None);
        }
        Ok(Some(groups.into_iter().map(Group).collect()))
    }

    /// Counts the changes of its details.
    async fn revision(&self) -> i32 {
        self.0.revision
    }

    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When it was removed from the address book, if it was; past deliveries still show it.
    async fn deleted_at(&self) -> Option<DateTime> {
        self.0.deleted_at.map(DateTime::from)
    }

    /// For `expectedVersion`.
    async fn version(&self) -> i32 {
        int(self.0.version)
    }
}

/// Which clients: those that meet all of these.
#[derive(Default, InputObject)]
pub(crate) struct ClientFilter {
    /// Who belong to this group.
    group_id: Option<ID>,
    /// Who belong to any of these groups.
    group_ids: Option<Vec<ID>>,
    /// Who do not belong to this group.
    not_in_group_id: Option<ID>,
    /// Whose address, name or comment contains this, in any case, with or without accents (`zoe`
    /// finds Zoé, `елка` finds ёлка).
    search: Option<String>,
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
        }
    }
}

/// What a list of clients is ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Key")]
enum ClientOrderKey {
    /// When they were added.
    #[graphql(name = "CREATED_AT")]
    Created,
    /// Their addresses, in any case.
    Email,
    /// Their names, in any case.
    FullName,
}

/// Which end of a list comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
enum Direction {
    Ascending,
    Descending,
}

/// The order of a list of clients. A cursor goes with the order that it was given in, and is refused with another.
#[derive(InputObject)]
pub(crate) struct ClientOrder {
    by: ClientOrderKey,
    /// `ASCENDING` if it is left out.
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

/// What PostgreSQL can search for. A NUL is in no text that it keeps, so whatever has one must find nothing: in its place
/// stands a character that is none (The Unicode Standard, section 23.7).
pub(crate) fn searchable(search: Option<String>) -> Option<String> {
    search.map(|text| text.replace('\0', "\u{ffff}"))
}

#[derive(Default)]
pub(crate) struct ClientQuery;

#[Object]
impl ClientQuery {
    /// A client; null if there is none of this id that you may see.
    async fn client(&self, context: &Context<'_>, id: ID) -> Result<Option<Client>, Failure> {
        let access = context.viewer()?.reads();
        read(context, access, &id).await
    }

    /// Clients, oldest first unless ordered otherwise.
    async fn clients(
        &self,
        context: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        filter: Option<ClientFilter>,
        order_by: Option<ClientOrder>,
        scope: Option<Scope>,
    ) -> Result<Option<List<Client>>, Failure> {
        let access = context.scope(scope)?;
        let wanted = Page::new(first, after.as_deref())?;
        page(context, access, filter.unwrap_or_default().into(), order_by, wanted).await
    }
}

/// The client of this id, as an id is written, unless it is deleted.
pub(crate) async fn read(context: &Context<'_>, access: Access, id: &str) -> Result<Option<Client>, Failure> {
    let Ok(id) = id.parse::<ClientId>() else { return Ok(None) };
    let row = clients::get(context.pool(), access, id).await?;
    Ok(row.filter(|row| row.deleted_at.is_none()).map(Client))
}

#[derive(InputObject)]
struct ClientCreateInput {
    email: String,
    /// If it is left out, the first and the last name together.
    full_name: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    comment: Option<String>,
    /// Groups to join at once.
    group_ids: Option<Vec<ID>>,
    /// The same key with the same input is answered by the same client: repeat it when an answer got lost.
    idempotency_key: Option<String>,
}

/// What is left out, or null, stays as it is.
#[derive(InputObject)]
struct ClientUpdateInput {
    id: ID,
    email: Option<String>,
    full_name: Option<String>,
    /// Empty if it is not known any more.
    first_name: Option<String>,
    /// Empty if it is not known any more.
    last_name: Option<String>,
    comment: Option<String>,
    /// All the groups that it is to belong to; `[]` for none.
    group_ids: Option<Vec<ID>>,
    /// Refuse if it was changed since this version.
    expected_version: Option<Long>,
}

#[derive(InputObject)]
struct ClientDeleteInput {
    id: ID,
}

payload! {
    /// The client, or what is wrong.
    ClientCreatePayload { client: Client }
}
payload! {
    /// The client as it is now, or what is wrong.
    ClientUpdatePayload { client: Client }
}
payload! {
    /// The client that is gone, or what is wrong.
    ClientDeletePayload {
        /// As it was.
        client: Client
    }
}

#[derive(Default)]
pub(crate) struct ClientMutation;

#[Object]
impl ClientMutation {
    /// Adds a client to your address book.
    async fn client_create(
        &self,
        context: &Context<'_>,
        input: ClientCreateInput,
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
        };
        let outcome = acts::address_book::clients::create(
            context.services(),
            owner,
            input.idempotency_key,
            new,
            &context.metadata()?,
        )
        .await;
        let done = done(context, outcome, async |id| shown(context, id).await).await?;
        Ok(done.map(Into::into))
    }

    /// Changes a client.
    async fn client_update(
        &self,
        context: &Context<'_>,
        input: ClientUpdateInput,
    ) -> Result<Option<ClientUpdatePayload>, Failure> {
        let by = context.owner()?;
        let change = Change {
            email: input.email,
            full_name: input.full_name,
            first_name: input.first_name,
            last_name: input.last_name,
            comment: input.comment,
            groups: input.group_ids.map(texts),
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

    /// Removes a client from your address book. Its past deliveries stay.
    async fn client_delete(
        &self,
        context: &Context<'_>,
        input: ClientDeleteInput,
    ) -> Result<Option<ClientDeletePayload>, Failure> {
        let by = context.owner()?;
        let outcome =
            acts::address_book::clients::delete(context.services(), by, &input.id, &context.metadata()?).await;
        let done = done(context, outcome, async |id| shown(context, id).await).await?;
        Ok(done.map(Into::into))
    }
}

/// One's own client, also a deleted one.
async fn shown(context: &Context<'_>, id: ClientId) -> Result<Option<Client>, Failure> {
    let access = context.viewer()?.own();
    Ok(clients::get(context.pool(), access, id).await?.map(Client))
}

/// Ids as the rules take them.
pub(crate) fn texts(ids: Vec<ID>) -> Vec<String> {
    ids.into_iter().map(|id| id.0).collect()
}
