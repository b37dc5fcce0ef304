//! Who passes a segment.

use super::Error;
use crate::client::State;
use crate::custom_field::{Key, Kind, Value};
use crate::{GroupId, MailingId};
use serde::{Deserialize, Serialize};

/// The most conditions of a filter.
pub const MAX_CONDITIONS: usize = 20;

/// The longest text that a condition looks for, in characters.
pub const MAX_NEEDLE: usize = 200;

/// The most days that a condition counts back: ten years.
pub const MAX_DAYS: u32 = 3_660;

/// Who passes a segment: clients who meet all of its conditions, or any of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// Whether all conditions have to be met, or any.
    pub join: Join,
    /// The conditions, at least one and at most [`MAX_CONDITIONS`].
    pub conditions: Vec<Condition>,
}

/// How the conditions of a filter belong together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Join {
    /// All of them have to be met.
    #[default]
    All,
    /// One of them is enough.
    Any,
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// What is asked of a client.
    pub test: Test,
    /// Whether those meet the condition of whom it is *not* so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not: bool,
}

/// What is asked of a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Test {
    /// The client belongs to the group. Nobody belongs to a group that is deleted.
    InGroup {
        /// The group.
        group: GroupId,
    },
    /// The client's address, or one of their names, or the remark about them, has the text in it. Case does not matter.
    Text {
        /// What is looked at.
        of: TextOf,
        /// Where the text must be.
        test: TextTest,
        /// The text, not empty, at most [`MAX_NEEDLE`] characters.
        text: String,
    },
    /// What the client has in a field of the owner's own. A client who has nothing there meets none of these.
    Field {
        /// The field's key.
        key: Key,
        /// What is asked of its value.
        test: ValueTest,
    },
    /// The client's consent to a topic, or to all that the owner sends, stands in one of these ways.
    Consent {
        /// The topic; `None` for all that the owner sends.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        topic: Option<GroupId>,
        /// How it stands.
        state: State,
    },
    /// A mail server has accepted a letter of this mailing to the client.
    Accepted {
        /// The mailing.
        mailing: MailingId,
    },
    /// A mail server has accepted a letter of any mailing of the owner's to the client within so many days.
    AcceptedWithin {
        /// How many days are counted back, from 1 to [`MAX_DAYS`].
        days: u32,
    },
    /// The client was added within so many days.
    AddedWithin {
        /// How many days are counted back, from 1 to [`MAX_DAYS`].
        days: u32,
    },
}

/// What a condition on text looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextOf {
    /// The client's e-mail address.
    Email,
    /// The client's full name.
    FullName,
    /// The client's first name.
    FirstName,
    /// The client's last name.
    LastName,
    /// The remark about the client.
    Comment,
}

/// Where a condition on text has to find it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextTest {
    /// The whole is the text.
    Is,
    /// The text is anywhere in it.
    Contains,
    /// It begins with the text.
    StartsWith,
    /// It ends with the text.
    EndsWith,
}

/// What is asked of the value that a client has in a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum ValueTest {
    /// There is one.
    Known,
    /// It is this one. Texts are compared in any case.
    Is(Value),
    /// It is a text with this in it, in any case.
    Contains(String),
    /// It is a number or a day, and this one or more.
    AtLeast(Value),
    /// It is a number or a day, and this one or less.
    AtMost(Value),
}

impl TextOf {
    /// All that there are.
    pub const ALL: [Self; 5] = [Self::Email, Self::FullName, Self::FirstName, Self::LastName, Self::Comment];
}

impl TextTest {
    /// All that there are.
    pub const ALL: [Self; 4] = [Self::Is, Self::Contains, Self::StartsWith, Self::EndsWith];
}

impl Filter {
    /// Refuses what is no filter: whatever it names may be gone by the time at which somebody asks, and is the caller's to look for.
    pub fn check(&self) -> Result<(), Error> {
        let count = self.conditions.len();
        if count == 0 {
            return Err(Error::ConditionsMissing);
        }
        if count > MAX_CONDITIONS {
            return Err(Error::ConditionsTooMany { count });
        }
        self.conditions.iter().try_for_each(|condition| condition.test.check())
    }

    /// The groups that it names, topics of consents too.
    pub fn groups(&self) -> impl Iterator<Item = GroupId> {
        self.conditions.iter().filter_map(|condition| match &condition.test {
            Test::InGroup { group } => Some(*group),
            Test::Consent { topic, .. } => *topic,
            _ => None,
        })
    }

    /// The groups whose letters those are that go to whoever passes: its clients are wanted because they belong to them, or have agreed
    /// to them as topics. A group that keeps people out, or a consent that is withdrawn, is none. `topics_of` in migration 0059 tells
    /// the same to PostgreSQL.
    pub fn topics(&self) -> impl Iterator<Item = GroupId> {
        self.conditions.iter().filter(|condition| !condition.not).filter_map(|condition| match &condition.test {
            Test::InGroup { group } => Some(*group),
            Test::Consent { topic, state: State::Given | State::Confirmed } => *topic,
            _ => None,
        })
    }

    /// The mailings that it names.
    pub fn mailings(&self) -> impl Iterator<Item = MailingId> {
        self.conditions.iter().filter_map(|condition| match &condition.test {
            Test::Accepted { mailing } => Some(*mailing),
            _ => None,
        })
    }

    /// The fields that it names.
    pub fn fields(&self) -> impl Iterator<Item = &Key> {
        self.conditions.iter().filter_map(|condition| match &condition.test {
            Test::Field { key, .. } => Some(key),
            _ => None,
        })
    }
}

impl Test {
    fn check(&self) -> Result<(), Error> {
        match self {
            Self::Text { text, .. } | Self::Field { test: ValueTest::Contains(text), .. } => check_needle(text),
            Self::Field { key, test: ValueTest::AtLeast(value) | ValueTest::AtMost(value) } => match value.kind() {
                Kind::Number | Kind::Date => Ok(()),
                Kind::Text | Kind::YesNo => Err(Error::NotComparable { key: key.to_string() }),
            },
            Self::AcceptedWithin { days } | Self::AddedWithin { days } => {
                if (1..=MAX_DAYS).contains(days) {
                    Ok(())
                } else {
                    Err(Error::DaysOutOfRange { days: *days })
                }
            }
            Self::InGroup { .. } | Self::Field { .. } | Self::Consent { .. } | Self::Accepted { .. } => Ok(()),
        }
    }
}

fn check_needle(text: &str) -> Result<(), Error> {
    let length = text.chars().count();
    if text.trim().is_empty() {
        Err(Error::NeedleEmpty)
    } else if length > MAX_NEEDLE {
        Err(Error::NeedleTooLong { length })
    } else {
        Ok(())
    }
}
