//! Segments: saved filters over an owner's clients, and who passes them.

mod condition;
mod input;
mod mutation;
mod narrowed;
mod query;

pub(crate) use mutation::SegmentMutation;
pub(crate) use narrowed::narrowed;
pub(crate) use query::SegmentQuery;

use crate::failure::Failure;
use crate::graphql::address_book::client::{self, Client, ClientOrder};
use crate::graphql::kit::arguments::searchable;
use crate::graphql::kit::connection::{List, Page};
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::scalars::{DateTime, int};
use async_graphql::{Context, Description, ID, Object};
use condition::{SegmentCondition, SegmentJoin};
use domain::{SegmentId, UserId};
use projections::Access;
use projections::clients::Filter;
use projections::segments::{self, filter};

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

async fn shown(context: &Context<'_>, id: SegmentId) -> Result<Option<Segment>, Failure> {
    let access = context.viewer()?.own();
    Ok(segments::get(context.pool(), access, id).await?.map(Segment))
}
