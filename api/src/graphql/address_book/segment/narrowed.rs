//! Lists of those alone who are in a segment.

use crate::graphql::kit::context::Ask;
use async_graphql::Context;
use projections::clients::Filter;
use projections::{Access, ReadError};

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
