//! What a segment asks of a client.

use crate::failure::Failure;
use crate::graphql::address_book::consent_state::ConsentState;
use crate::graphql::address_book::group::Group;
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::scalars::int;
use crate::graphql::kit::tables::{GroupKey, MailingKey};
use crate::graphql::mailings::mailing::Mailing;
use acts::address_book::conditions::{Asked, FieldTest, Written};
use async_graphql::{Context, Description, Enum, Object};
use domain::segment::{Condition, Join, TextOf, TextTest};

/// How the conditions of a segment belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Join")]
pub(super) enum SegmentJoin {
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
pub(super) enum SegmentTextOf {
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
pub(super) enum SegmentTextTest {
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
pub(super) enum SegmentFieldTest {
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
pub(super) struct SegmentCondition(Written);

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
