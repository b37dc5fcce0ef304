//! What can be done with segments.

use super::input::{SegmentCreateInput, SegmentDeleteInput, SegmentUpdateInput, written};
use super::{Segment, shown};
use crate::failure::Failure;
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::user_error::{done, payload};
use acts::address_book::conditions;
use acts::address_book::segments as acts_of;
use acts::refusal::Refused;
use async_graphql::{Context, ID, Object};
use domain::SegmentId;
use domain::segment::Join;

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
