//! Groups.

use crate::failure::Failure;
use crate::graphql::address_book::client::{self, Client, ClientOrder, searchable};
use crate::graphql::kit::connection::{List, Page, Total};
use crate::graphql::kit::context::{Ask, Scope};
use crate::graphql::kit::scalars::{DateTime, Long, int};
use crate::graphql::kit::tables::SizeOf;
use crate::graphql::kit::user_error::{done, payload};
use async_graphql::{Context, Description, ID, InputObject, Object};
use domain::GroupId;
use projections::clients::Filter;
use projections::{Access, groups};

/// A named set of one user's clients.
#[derive(Description)]
pub(crate) struct Group(pub(crate) groups::Group);

#[Object(use_type_description)]
impl Group {
    pub(crate) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// Unique among its owner's groups.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// How many clients belong to it.
    async fn size(&self, context: &Context<'_>) -> Result<Option<i32>, Failure> {
        Ok(Some(int(context.tables().load_one(SizeOf(self.0.id)).await?.unwrap_or(0))))
    }

    /// Who belong to it, oldest first unless ordered otherwise.
    async fn clients(
        &self,
        context: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        search: Option<String>,
        order_by: Option<ClientOrder>,
    ) -> Result<Option<List<Client>>, Failure> {
        let access = context.viewer()?.reads();
        let filter = Filter { group: Some(self.0.id), search: searchable(search), ..Filter::default() };
        client::page(context, access, filter, order_by, Page::new(first, after.as_deref())?).await
    }

    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// For `expectedVersion`.
    async fn version(&self) -> i32 {
        int(self.0.version)
    }
}

/// Which groups.
#[derive(InputObject)]
struct GroupFilter {
    /// Whose name contains this, in any case.
    search: Option<String>,
}

#[derive(Default)]
pub(crate) struct GroupQuery;

#[Object]
impl GroupQuery {
    /// A group; null if there is none of this id that you may see.
    async fn group(&self, context: &Context<'_>, id: ID) -> Result<Option<Group>, Failure> {
        let access = context.viewer()?.reads();
        read(context, access, &id).await
    }

    /// Groups, oldest first.
    async fn groups(
        &self,
        context: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        filter: Option<GroupFilter>,
        scope: Option<Scope>,
    ) -> Result<Option<List<Group>>, Failure> {
        let access = context.scope(scope)?;
        let page = Page::new(first, after.as_deref())?;
        let pool = context.pool().clone();
        let search = filter.and_then(|filter| searchable(filter.search));
        let rows = groups::page(&pool, access, search.as_deref(), page.after, page.limit()).await?;
        let total = Total::new(move || {
            let (pool, search) = (pool.clone(), search.clone());
            async move { groups::count(&pool, access, search.as_deref()).await }
        });
        Ok(Some(page.of(rows, groups::Group::cursor, Group, total)))
    }
}

/// The group of this id, as an id is written.
pub(crate) async fn read(context: &Context<'_>, access: Access, id: &str) -> Result<Option<Group>, Failure> {
    let Ok(id) = id.parse::<GroupId>() else { return Ok(None) };
    Ok(groups::get(context.pool(), access, id).await?.map(Group))
}

#[derive(InputObject)]
struct GroupCreateInput {
    name: String,
    /// The same key with the same input is answered by the same group: repeat it when an answer got lost.
    idempotency_key: Option<String>,
}

/// What is left out, or null, stays as it is.
#[derive(InputObject)]
struct GroupUpdateInput {
    id: ID,
    name: Option<String>,
    /// Refuse if it was changed since this version.
    expected_version: Option<Long>,
}

#[derive(InputObject)]
struct GroupDeleteInput {
    id: ID,
}

payload! {
    /// The group, or what is wrong.
    GroupCreatePayload { group: Group }
}
payload! {
    /// The group as it is now, or what is wrong.
    GroupUpdatePayload { group: Group }
}
payload! {
    /// The group is gone, or what is wrong.
    GroupDeletePayload {
        /// Its id.
        deleted_id: ID
    }
}

#[derive(Default)]
pub(crate) struct GroupMutation;

#[Object]
impl GroupMutation {
    /// Creates a group. Clients join it with `groupClientsAdd`, `clientCreate` and `clientUpdate`.
    async fn group_create(
        &self,
        context: &Context<'_>,
        input: GroupCreateInput,
    ) -> Result<Option<GroupCreatePayload>, Failure> {
        let owner = context.owner()?;
        let metadata = context.metadata()?;
        let outcome = acts::address_book::groups::create(
            context.services(),
            owner,
            input.idempotency_key,
            &input.name,
            &metadata,
        )
        .await;
        let done = done(context, outcome, async |id| shown(context, id).await).await?;
        Ok(done.map(Into::into))
    }

    /// Changes a group's name.
    async fn group_update(
        &self,
        context: &Context<'_>,
        input: GroupUpdateInput,
    ) -> Result<Option<GroupUpdatePayload>, Failure> {
        let by = context.owner()?;
        let expected = input.expected_version.map(|version| version.0);
        let metadata = context.metadata()?;
        let outcome =
            acts::address_book::groups::update(context.services(), by, &input.id, expected, input.name, &metadata)
                .await;
        let done = done(context, outcome, async |id| shown(context, id).await).await?;
        Ok(done.map(Into::into))
    }

    /// Deletes a group. Its clients stay in the address book.
    async fn group_delete(
        &self,
        context: &Context<'_>,
        input: GroupDeleteInput,
    ) -> Result<Option<GroupDeletePayload>, Failure> {
        let by = context.owner()?;
        let outcome = acts::address_book::groups::delete(context.services(), by, &input.id, &context.metadata()?).await;
        let done = done(context, outcome, async |id: GroupId| Ok(Some(ID::from(id.0)))).await?;
        Ok(done.map(Into::into))
    }
}

async fn shown(context: &Context<'_>, id: GroupId) -> Result<Option<Group>, Failure> {
    let access = context.viewer()?.own();
    Ok(groups::get(context.pool(), access, id).await?.map(Group))
}
