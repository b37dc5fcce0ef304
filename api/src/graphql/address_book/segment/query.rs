//! Segments as lists and one by one, and who would be in one.

use super::input::{SegmentPreviewInput, written};
use super::{Segment, read};
use crate::failure::Failure;
use crate::graphql::address_book::client::Client;
use crate::graphql::kit::arguments::searchable;
use crate::graphql::kit::connection::{List, Page, Total};
use crate::graphql::kit::context::{Ask, Scope};
use crate::graphql::kit::scalars::int;
use crate::graphql::kit::user_error::{UserError, done_or_told};
use acts::address_book::conditions;
use acts::address_book::segments as acts_of;
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use domain::segment::Join;
use projections::segments;

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
