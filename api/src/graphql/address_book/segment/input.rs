//! What is asked of segments, and the conditions that somebody writes.

use super::condition::{SegmentFieldTest, SegmentJoin, SegmentTextOf, SegmentTextTest};
use crate::graphql::address_book::consent_state::ConsentState;
use crate::graphql::kit::scalars::Long;
use acts::address_book::conditions::{Asked, Written};
use async_graphql::{ID, InputObject, OneofObject};
use domain::client::State;

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
pub(super) struct SegmentConditionInput {
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

pub(super) fn written(conditions: Vec<SegmentConditionInput>) -> Vec<Written> {
    conditions.into_iter().map(Written::from).collect()
}

/// The conditions that `segmentPreview` looks at.
#[derive(InputObject)]
pub(super) struct SegmentPreviewInput {
    /// Whether a client has to meet all of the conditions, or any; `ALL` if it is null or left out.
    pub(super) join: Option<SegmentJoin>,
    /// The conditions, 1 to 20 of them (`SEGMENT_CONDITIONS_MISSING`, `SEGMENT_CONDITIONS_TOO_MANY`).
    pub(super) conditions: Vec<SegmentConditionInput>,
}

/// The segment that `segmentCreate` makes.
#[derive(InputObject)]
pub(super) struct SegmentCreateInput {
    /// The name of the segment: one line of 1 to 100 characters (`NAME_EMPTY`, `NAME_TOO_LONG`, `NAME_NOT_A_LINE`). No other segment of
    /// yours may have the same name, in upper or lower case (`NAME_TAKEN`).
    pub(super) name: String,
    /// Whether a client has to meet all of the conditions, or any; `ALL` if it is null or left out.
    pub(super) join: Option<SegmentJoin>,
    /// The conditions, 1 to 20 of them (`SEGMENT_CONDITIONS_MISSING`, `SEGMENT_CONDITIONS_TOO_MANY`).
    pub(super) conditions: Vec<SegmentConditionInput>,
    /// A key that you choose: one line of 1 to 200 characters, such as a fresh UUID. If your account sends the same key
    /// to the same mutation again, with the same input, nothing new is made, and the answer has the segment that was made
    /// first, as it is now. So a request whose answer got lost can be repeated. With another input the user error has
    /// the code `IDEMPOTENCY_KEY_REUSED`. A key never expires, not even when its segment is deleted: `segment` is then
    /// null. Null or left out: every request makes another segment.
    pub(super) idempotency_key: Option<String>,
}

/// What `segmentUpdate` changes of a segment. A field that is left out or null stays as it is.
#[derive(InputObject)]
pub(super) struct SegmentUpdateInput {
    /// The id of the segment to change.
    pub(super) id: ID,
    /// The segment's new name: one line of 1 to 100 characters (`NAME_EMPTY`, `NAME_TOO_LONG`, `NAME_NOT_A_LINE`). No other segment of
    /// yours may have the same name, in upper or lower case (`NAME_TAKEN`).
    pub(super) name: Option<String>,
    /// Whether a client has to meet all of the conditions from now on, or any.
    pub(super) join: Option<SegmentJoin>,
    /// All conditions from now on, 1 to 20 of them, in place of the old ones (`SEGMENT_CONDITIONS_MISSING`,
    /// `SEGMENT_CONDITIONS_TOO_MANY`).
    pub(super) conditions: Option<Vec<SegmentConditionInput>>,
    /// The `version` of the segment that you have seen. If the present version is a different number, higher or lower, nothing is
    /// changed and the user error has the code `STALE_VERSION`. Null or left out: the segment is changed whatever its version is. A
    /// variable for this field must be declared as `Long`, not `Int`.
    pub(super) expected_version: Option<Long>,
}

/// The segment that `segmentDelete` deletes.
#[derive(InputObject)]
pub(super) struct SegmentDeleteInput {
    /// The id of the segment to delete.
    pub(super) id: ID,
}
