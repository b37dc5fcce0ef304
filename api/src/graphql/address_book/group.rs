//! Groups.

use crate::failure::Failure;
use crate::graphql::address_book::client::{self, Client, ClientOrder};
use crate::graphql::audit::history::{self, AuditEvents};
use crate::graphql::kit::arguments::searchable;
use crate::graphql::kit::connection::{List, Page, Total};
use crate::graphql::kit::context::{Ask, Scope};
use crate::graphql::kit::scalars::{DateTime, Long, int};
use crate::graphql::kit::tables::SizeOf;
use crate::graphql::kit::user_error::{done, payload};
use crate::topics::subscribe_at;
use async_graphql::{Context, Description, ID, InputObject, Object};
use domain::{GroupId, StreamKind};
use projections::audit::Stream;
use projections::clients::Filter;
use projections::{Access, groups};
use url::Url;
use uuid::Uuid;

/// A group: a named set of one owner's clients.
#[derive(Description)]
pub(crate) struct Group(pub(crate) groups::Group);

#[Object(use_type_description)]
impl Group {
    /// The id of the group.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The name of the group. No two groups of the same owner have the same name, in upper or lower case.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What the group is to people who can subscribe to it by themselves; null if it is its owner's alone.
    async fn topic(&self) -> Option<GroupTopic> {
        let topic = self.0.topic.clone()?;
        Some(GroupTopic { owner: self.0.owner_id, topic })
    }

    /// How many clients belong to the group. Null only if it could not be read; then the top-level `errors` say why.
    async fn size(&self, context: &Context<'_>) -> Result<Option<i32>, Failure> {
        Ok(Some(int(context.tables().load_one(SizeOf(self.0.id)).await?.unwrap_or(0))))
    }

    /// The clients who belong to the group, in the order in which they were added to the address book, unless `orderBy`
    /// says otherwise. Null only if the list could not be read; then the top-level `errors` say why.
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
        let access = context.viewer()?.reads();
        let filter = Filter { group: Some(self.0.id), search: searchable(search), ..Filter::default() };
        client::page(context, access, filter, order_by, Page::new(first, after.as_deref())?).await
    }

    /// The moment when the group was created.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// Everything that happened to the group, oldest first. Null only if the list could not be read; then the
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
        let stream = Stream::new(StreamKind::Group, self.0.id);
        history::of_streams(context, vec![stream], first, after.as_deref()).await
    }

    /// The version of the group, counted from 1. It grows by one whenever the group is renamed, made public, made public
    /// no longer, or deleted, not when clients join or leave it. Pass it as `expectedVersion` to `groupUpdate`.
    async fn version(&self) -> i32 {
        int(self.0.version)
    }
}

/// A topic: what a group is to people who can subscribe to it by themselves.
#[derive(Description)]
pub(crate) struct GroupTopic {
    owner: Uuid,
    topic: groups::Topic,
}

#[Object(use_type_description)]
impl GroupTopic {
    /// What the group is called in public, which may be another name than the owner's own.
    async fn title(&self) -> &str {
        &self.topic.title
    }

    /// What those get who subscribe; empty if nothing is said about it.
    async fn description(&self) -> &str {
        &self.topic.description
    }

    /// The address of the form with which people subscribe to it.
    async fn subscribe_url(&self, context: &Context<'_>) -> String {
        let home: &Url = context.data_unchecked();
        subscribe_at(home, self.owner, self.topic.id)
    }
}

/// The groups that a list shows: those that meet all conditions that are given.
#[derive(InputObject)]
struct GroupFilter {
    /// Only groups whose name contains this text, in upper or lower case; null, left out or empty for all.
    search: Option<String>,
}

#[derive(Default)]
pub(crate) struct GroupQuery;

#[Object]
impl GroupQuery {
    /// The group of this id; null if there is none that the viewer may see, or if it is deleted.
    async fn group(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The id of the group.")] id: ID,
    ) -> Result<Option<Group>, Failure> {
        let access = context.viewer()?.reads();
        read(context, access, &id).await
    }

    /// The viewer's groups, or everybody's if the scope says so, in the order in which they were created, the oldest
    /// first.
    async fn groups(
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
        #[graphql(desc = "The conditions that the groups have to meet; without it the list has all groups.")]
        filter: Option<GroupFilter>,
        #[graphql(
            desc = "Whose objects the list shows; if it is null or left out, the viewer's own, and everybody's for managers."
        )]
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

/// The group that `groupCreate` creates.
#[derive(InputObject)]
struct GroupCreateInput {
    /// The name of the group: one line of 1 to 100 characters (`NAME_EMPTY`, `NAME_TOO_LONG`, `NAME_NOT_A_LINE`). No
    /// other group of yours may have the same name, in upper or lower case (`NAME_TAKEN`).
    name: String,
    /// A key that you choose: one line of 1 to 200 characters, such as a fresh UUID. If your account sends the same key
    /// to the same mutation again, with the same input, nothing new is made, and the answer has the group that was made
    /// first, as it is now. So a request whose answer got lost can be repeated. With another input the user error has
    /// the code `IDEMPOTENCY_KEY_REUSED`. A key never expires, not even when its group is deleted: `group` is then
    /// null. Null or left out: every request makes another group.
    idempotency_key: Option<String>,
}

/// What `groupUpdate` changes of a group. A field that is left out or null stays as it is.
#[derive(InputObject)]
struct GroupUpdateInput {
    /// The id of the group to change.
    id: ID,
    /// The group's new name: one line of 1 to 100 characters (`NAME_EMPTY`, `NAME_TOO_LONG`, `NAME_NOT_A_LINE`). No
    /// other group of yours may have the same name, in upper or lower case (`NAME_TAKEN`).
    name: Option<String>,
    /// The `version` of the group that you have seen. If the present version is a different number, higher or lower,
    /// nothing is changed and the user error has the code `STALE_VERSION`. Null or left out: the group is changed
    /// whatever its version is. A variable for this field must be declared as `Long`, not `Int`.
    expected_version: Option<Long>,
}

/// What `groupPublish` tells people of a group.
#[derive(InputObject)]
struct GroupPublishInput {
    /// The id of the group that people can subscribe to from now on.
    id: ID,
    /// What the group is called in public: one line of 1 to 100 characters (`NAME_EMPTY`, `NAME_TOO_LONG`,
    /// `NAME_NOT_A_LINE`).
    title: String,
    /// What those get who subscribe, of at most 500 characters (`TOPIC_DESCRIPTION_TOO_LONG`); null, left out or empty for
    /// nothing.
    description: Option<String>,
    /// The `version` of the group that you have seen. If the present version is a different number, higher or lower,
    /// nothing is changed and the user error has the code `STALE_VERSION`. Null or left out: the group is changed
    /// whatever its version is. A variable for this field must be declared as `Long`, not `Int`.
    expected_version: Option<Long>,
}

/// The group that `groupUnpublish` makes public no longer.
#[derive(InputObject)]
struct GroupUnpublishInput {
    /// The id of the group that people cannot subscribe to any more.
    id: ID,
}

/// The group that `groupDelete` deletes.
#[derive(InputObject)]
struct GroupDeleteInput {
    /// The id of the group to delete.
    id: ID,
}

payload! {
    /// The new group, or what is wrong with the input.
    created GroupCreatePayload {
        /// The group as it is now; null if there are user errors, or if `behind` is true.
        group: Group
    }
}
payload! {
    /// The group after the change, or what is wrong with the input.
    GroupUpdatePayload {
        /// The group as it is now; null if there are user errors, or if `behind` is true.
        group: Group
    }
}
payload! {
    /// The group that is public now, or what is wrong with the input.
    GroupPublishPayload {
        /// The group as it is now; null if there are user errors, or if `behind` is true.
        group: Group
    }
}
payload! {
    /// The group that is public no longer, or what is wrong with the input.
    GroupUnpublishPayload {
        /// The group as it is now; null if there are user errors, or if `behind` is true.
        group: Group
    }
}
payload! {
    /// The id of the deleted group, or what is wrong with the input.
    deleted GroupDeletePayload {
        /// The id of the group that is deleted now; null if there are user errors, or if `behind` is true.
        deleted_id: ID
    }
}

#[derive(Default)]
pub(crate) struct GroupMutation;

#[Object]
impl GroupMutation {
    /// Creates a group without clients. They join it by `groupClientsAdd`, `clientCreate` and `clientUpdate`.
    ///
    /// The user errors are `NAME_EMPTY`, `NAME_TOO_LONG`, `NAME_NOT_A_LINE`, `NAME_TAKEN`, `QUOTA_REACHED`,
    /// `IDEMPOTENCY_KEY_INVALID` and `IDEMPOTENCY_KEY_REUSED`.
    async fn group_create(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The group to create.")] input: GroupCreateInput,
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

    /// Changes the name of one of the viewer's groups.
    ///
    /// The user errors are `NOT_FOUND`, `NAME_EMPTY`, `NAME_TOO_LONG`, `NAME_NOT_A_LINE`, `NAME_TAKEN` and
    /// `STALE_VERSION`.
    async fn group_update(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The group and its new name.")] input: GroupUpdateInput,
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

    /// Makes one of the viewer's groups public: people can subscribe to it by themselves. If it is public already, it gets
    /// the new title and description. It is safe to repeat.
    ///
    /// The user errors are `NOT_FOUND`, `NAME_EMPTY`, `NAME_TOO_LONG`, `NAME_NOT_A_LINE`, `TOPIC_DESCRIPTION_TOO_LONG` and
    /// `STALE_VERSION`.
    async fn group_publish(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The group, and what people are told of it.")] input: GroupPublishInput,
    ) -> Result<Option<GroupPublishPayload>, Failure> {
        let by = context.owner()?;
        let expected = input.expected_version.map(|version| version.0);
        let (description, metadata) = (input.description.unwrap_or_default(), context.metadata()?);
        let told = (input.title.as_str(), description.as_str());
        let outcome =
            acts::address_book::groups::publish(context.services(), by, &input.id, expected, told, &metadata).await;
        let done = done(context, outcome, async |id| shown(context, id).await).await?;
        Ok(done.map(Into::into))
    }

    /// Makes one of the viewer's groups public no longer. The clients who belong to it stay in it, and what they agreed to
    /// stays as it is. It is safe to repeat. The only user error is `NOT_FOUND`.
    async fn group_unpublish(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The group that is to be public no longer.")] input: GroupUnpublishInput,
    ) -> Result<Option<GroupUnpublishPayload>, Failure> {
        let by = context.owner()?;
        let outcome =
            acts::address_book::groups::unpublish(context.services(), by, &input.id, &context.metadata()?).await;
        let done = done(context, outcome, async |id| shown(context, id).await).await?;
        Ok(done.map(Into::into))
    }

    /// Deletes one of the viewer's groups. The clients who belong to it stay in the address book. It is safe to repeat.
    /// The user errors are `NOT_FOUND`, and `LEFT_OUT_BY_MAILING` while a mailing that can still run leaves out whoever belongs to it.
    async fn group_delete(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The group to delete.")] input: GroupDeleteInput,
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
