//! Conditions of segments as people and programs write them: ids, keys and values are texts, of which nobody knows yet what they are.
//!
//! A value is read by the kind of the field that it is compared with. Whether what a condition names is the owner's is found out by
//! whoever keeps it ([`super::segments`]).

use crate::Services;
use crate::refusal::input::{self, Problems};
use crate::refusal::{Problem, Refused};
use crate::who::rights::Owner;
use domain::client::State;
use domain::custom_field::{self, Key, Kind, Value};
use domain::segment::{Condition, Error, Filter, Join, MAX_CONDITIONS, Test, TextOf, TextTest, ValueTest};
use domain::{Code, GroupId, MailingId, group, mailing};
use projections::{Access, ReadError, custom_fields, groups, mailings, segments};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use words::conditions::Names;

/// A condition as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    /// What is asked of a client.
    pub test: Asked,
    /// Whether those meet the condition of whom it is not so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not: bool,
}

/// What is asked of a client, as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Asked {
    /// The client belongs to the group of this id.
    InGroup(String),
    /// The client's address, one of their names or the remark about them has the text in it.
    Text {
        /// What is looked at.
        of: TextOf,
        /// Where the text must be.
        test: TextTest,
        /// The text.
        text: String,
    },
    /// What the client has in a field of the owner's own.
    Field {
        /// The field's key.
        key: String,
        /// What is asked of its value.
        test: FieldTest,
        /// What the value is compared with, as people write it; empty where nothing is.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        value: String,
    },
    /// How the client's consent stands.
    Consent {
        /// The id of the topic; `None` for all that the owner sends.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        topic: Option<String>,
        /// How it stands.
        state: State,
    },
    /// A mail server has accepted a letter of the mailing of this id to the client.
    AcceptedMailing(String),
    /// A mail server has accepted a letter of any mailing of the owner's to the client within so many days.
    AcceptedWithin(i64),
    /// The client was added within so many days.
    AddedWithin(i64),
}

/// What is asked of the value that a client has in a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldTest {
    /// There is one.
    Known,
    /// It is this one.
    Is,
    /// It is a text with this in it.
    Contains,
    /// It is a number or a day, and this one or more.
    AtLeast,
    /// It is a number or a day, and this one or less.
    AtMost,
}

impl FieldTest {
    /// All that there are.
    pub const ALL: [Self; 5] = [Self::Known, Self::Is, Self::Contains, Self::AtLeast, Self::AtMost];

    /// Those that can be asked of values of a kind.
    #[must_use]
    pub fn of(kind: Kind) -> &'static [Self] {
        match kind {
            Kind::Text => &[Self::Is, Self::Contains, Self::Known],
            Kind::Number | Kind::Date => &[Self::Is, Self::AtLeast, Self::AtMost, Self::Known],
            Kind::YesNo => &[Self::Is, Self::Known],
        }
    }
}

/// The filter that is written; or everything that is wrong with it, and with the name that it is to have. Each problem names the place
/// of its condition.
pub async fn filter(
    services: &Services,
    owner: Owner,
    name: Option<&str>,
    join: Join,
    written: &[Written],
) -> Result<Filter, Refused> {
    let mut problems = Problems::default();
    if let Some(name) = name {
        problems.take(super::segments::name(name));
    }
    if written.len() > MAX_CONDITIONS {
        problems.extend([Problem::of(&Error::ConditionsTooMany { count: written.len() })]);
        return Err(problems.into());
    }
    let asks_of_fields = written.iter().any(|condition| matches!(condition.test, Asked::Field { .. }));
    let fields = if asks_of_fields { fields(services, owner).await? } else { Vec::new() };
    let mut conditions = Vec::with_capacity(written.len());
    for (place, condition) in written.iter().enumerate() {
        let read = condition.read(&fields);
        conditions.extend(problems.take(read.map_err(|problem| condition.blamed(problem, &place.to_string()))));
    }
    let filter = Filter { join, conditions };
    if filter.conditions.len() == written.len() {
        problems.take(filter.check().map_err(|error| Problem::of(&error)));
    }
    if problems.is_empty() { Ok(filter) } else { Err(problems.into()) }
}

/// The filter of the segment of this id, if it is the owner's; `field` is where the id stands.
pub async fn of_segment(services: &Services, owner: Owner, id: &str, field: &[&str]) -> Result<Filter, Refused> {
    let absent = || Problem::of(&Error::NotFound).at(field);
    let id = input::id(id, field, &Error::NotFound)?;
    let found = segments::get(services.pool(), Access::Owner(owner.id()), id).await?;
    Ok(found.ok_or_else(absent)?.filter)
}

/// The keys of the owner's fields, each with the kind of its values.
async fn fields(services: &Services, owner: Owner) -> Result<Vec<(String, Kind)>, Refused> {
    let rows = custom_fields::all(services.pool(), Access::Owner(owner.id())).await?;
    Ok(rows.into_iter().map(|row| (row.key, row.kind)).collect())
}

/// How that is called which these filters name, for whoever may read it.
pub async fn names(services: &Services, access: Access, filters: &[&Filter]) -> Result<Names, ReadError> {
    let pool = services.pool();
    let mut names = Names::default();
    let asked: Vec<Uuid> = filters.iter().flat_map(|filter| filter.groups()).map(|group| group.0).collect();
    if !asked.is_empty() {
        let rows = groups::by_ids(pool, access, &asked).await?;
        names.groups = rows.into_iter().map(|row| (row.id, row.name)).collect();
    }
    let asked: Vec<Uuid> = filters.iter().flat_map(|filter| filter.mailings()).map(|mailing| mailing.0).collect();
    if !asked.is_empty() {
        let rows = mailings::by_ids(pool, access, &asked).await?;
        let there =
            rows.into_iter().filter_map(|(id, row)| Some((id, row.ok().filter(|row| row.deleted_at.is_none())?)));
        names.mailings = there.map(|(id, row)| (id, row.name)).collect();
    }
    if filters.iter().any(|filter| filter.fields().next().is_some()) {
        let rows = custom_fields::all(pool, access).await?;
        names.fields = rows.into_iter().map(|row| (row.key, row.label)).collect();
    }
    Ok(names)
}

/// The same refusal of a filter that was written so, with what is said of a condition said of the part of it as it is written.
#[must_use]
pub fn as_written(refused: Refused, written: &[Written]) -> Refused {
    let blamed = |problem: Problem| {
        let place = problem.field.get(1).cloned().unwrap_or_default();
        let condition = match problem.field.as_slice() {
            [list, place, _] if list == "conditions" => {
                place.parse::<usize>().ok().and_then(|place| written.get(place))
            }
            _ => None,
        };
        match condition {
            Some(condition) => condition.blamed(problem, &place),
            None => problem,
        }
    };
    match refused {
        Refused::Problems(problems) => Refused::Problems(problems.into_iter().map(blamed).collect()),
        other => other,
    }
}

impl Written {
    /// The condition that is written, for an owner who has these fields.
    fn read(&self, fields: &[(String, Kind)]) -> Result<Condition, Problem> {
        let condition = Condition { test: self.test.read(fields)?, not: self.not };
        let alone = Filter { join: Join::All, conditions: vec![condition.clone()] };
        alone.check().map_err(|error| Problem::of(&error))?;
        Ok(condition)
    }

    /// A problem with the condition, which stands at this place of the list, said of the part of it that has to change.
    fn blamed(&self, problem: Problem, place: &str) -> Problem {
        let part: &[&str] = match &self.test {
            Asked::InGroup(_) => &["inGroup"],
            Asked::Text { .. } => &["text", "text"],
            Asked::Field { .. } if problem.code == Code::CustomFieldNotFound => &["field", "key"],
            Asked::Field { .. } if problem.code == Code::SegmentNotComparable => &["field", "test"],
            Asked::Field { .. } => &["field", "value"],
            Asked::Consent { .. } => &["consent", "topicId"],
            Asked::AcceptedMailing(_) => &["acceptedMailing"],
            Asked::AcceptedWithin(_) => &["acceptedWithin"],
            Asked::AddedWithin(_) => &["addedWithin"],
        };
        problem.at(&[&["conditions", place, "test"], part].concat())
    }
}

impl Asked {
    fn read(&self, fields: &[(String, Kind)]) -> Result<Test, Problem> {
        let group = |id: &str| input::id::<GroupId>(id, &[], &group::Error::NotFound);
        Ok(match self {
            Self::InGroup(id) => Test::InGroup { group: group(id)? },
            Self::Text { of, test, text } => {
                let text = input::text(text.trim().to_owned(), &[])?;
                Test::Text { of: *of, test: *test, text }
            }
            Self::Field { key, test, value } => {
                let found = Key::parse(key).ok().and_then(|key| {
                    let (_, kind) = fields.iter().find(|(known, _)| *known == key.as_str())?;
                    Some((key, *kind))
                });
                let (key, kind) = found.ok_or_else(|| Problem::of(&custom_field::Error::NotFound))?;
                let test = test.read(&key, kind, value)?;
                Test::Field { key, test }
            }
            Self::Consent { topic, state } => {
                let topic = topic.as_deref().map(group).transpose()?;
                Test::Consent { topic, state: *state }
            }
            Self::AcceptedMailing(id) => {
                Test::Accepted { mailing: input::id::<MailingId>(id, &[], &mailing::Error::NotFound)? }
            }
            Self::AcceptedWithin(days) => Test::AcceptedWithin { days: counted(*days) },
            Self::AddedWithin(days) => Test::AddedWithin { days: counted(*days) },
        })
    }
}

/// How many days are counted back. Less than none are none, and no number is larger than what is refused anyway.
fn counted(days: i64) -> u32 {
    u32::try_from(days.max(0)).unwrap_or(u32::MAX)
}

impl FieldTest {
    fn read(self, key: &Key, kind: Kind, value: &str) -> Result<ValueTest, Problem> {
        let compared = || {
            let value = input::text(value.to_owned(), &[])?;
            let read = Value::parse(key, kind, &value).map_err(|error| Problem::of(&error))?;
            read.ok_or_else(|| Problem::of(&Error::NeedleEmpty))
        };
        Ok(match self {
            Self::Known => ValueTest::Known,
            Self::Is => ValueTest::Is(compared()?),
            Self::Contains => ValueTest::Contains(input::text(value.trim().to_owned(), &[])?),
            Self::AtLeast => ValueTest::AtLeast(compared()?),
            Self::AtMost => ValueTest::AtMost(compared()?),
        })
    }
}

/// The condition as somebody could have written it.
impl From<&Condition> for Written {
    fn from(condition: &Condition) -> Self {
        let test = match &condition.test {
            Test::InGroup { group } => Asked::InGroup(group.to_string()),
            Test::Text { of, test, text } => Asked::Text { of: *of, test: *test, text: text.clone() },
            Test::Field { key, test } => {
                let (test, value) = match test {
                    ValueTest::Known => (FieldTest::Known, String::new()),
                    ValueTest::Is(value) => (FieldTest::Is, value.plain()),
                    ValueTest::Contains(text) => (FieldTest::Contains, text.clone()),
                    ValueTest::AtLeast(value) => (FieldTest::AtLeast, value.plain()),
                    ValueTest::AtMost(value) => (FieldTest::AtMost, value.plain()),
                };
                Asked::Field { key: key.to_string(), test, value }
            }
            Test::Consent { topic, state } => {
                Asked::Consent { topic: topic.as_ref().map(ToString::to_string), state: *state }
            }
            Test::Accepted { mailing } => Asked::AcceptedMailing(mailing.to_string()),
            Test::AcceptedWithin { days } => Asked::AcceptedWithin((*days).into()),
            Test::AddedWithin { days } => Asked::AddedWithin((*days).into()),
        };
        Self { test, not: condition.not }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields() -> Vec<(String, Kind)> {
        let all = [("city", Kind::Text), ("age", Kind::Number), ("born", Kind::Date), ("vip", Kind::YesNo)];
        all.map(|(key, kind)| (key.to_owned(), kind)).into()
    }

    fn written(test: Asked) -> Written {
        Written { test, not: false }
    }

    fn field(key: &str, test: FieldTest, value: &str) -> Asked {
        Asked::Field { key: key.to_owned(), test, value: value.to_owned() }
    }

    fn text(text: &str) -> Asked {
        Asked::Text { of: TextOf::Email, test: TextTest::EndsWith, text: text.to_owned() }
    }

    #[test]
    fn what_is_written_is_read_and_told_again() {
        let id = "0198c2a8-0000-7000-8000-000000000001";
        for test in [
            Asked::InGroup(id.to_owned()),
            text("@example.org"),
            field("city", FieldTest::Contains, "Os"),
            field("city", FieldTest::Known, ""),
            field("age", FieldTest::AtLeast, "18.5"),
            field("born", FieldTest::AtMost, "2001-02-03"),
            field("vip", FieldTest::Is, "true"),
            Asked::Consent { topic: None, state: State::Confirmed },
            Asked::Consent { topic: Some(id.to_owned()), state: State::Withdrawn },
            Asked::AcceptedMailing(id.to_owned()),
            Asked::AcceptedWithin(90),
            Asked::AddedWithin(1),
        ] {
            for not in [false, true] {
                let condition = Written { test: test.clone(), not };
                let read = condition.read(&fields()).expect("it can be read");
                assert_eq!(Written::from(&read), condition);
            }
        }
    }

    #[test]
    fn a_value_is_read_by_the_kind_of_its_field() {
        let read = |test| written(test).read(&fields()).map(|condition| Written::from(&condition).test);
        assert_eq!(read(field("AGE", FieldTest::Is, " 18,50 ")), Ok(field("age", FieldTest::Is, "18.5")));
        assert_eq!(
            read(field("born", FieldTest::AtMost, "3.2.2001")),
            Ok(field("born", FieldTest::AtMost, "2001-02-03"))
        );
        assert_eq!(read(field("vip", FieldTest::Is, "no")), Ok(field("vip", FieldTest::Is, "false")));
        assert_eq!(read(text(" @example.org ")), Ok(text("@example.org")));
    }

    #[test]
    fn what_is_wrong_is_said_of_the_part_of_the_condition_that_has_to_change() {
        for (test, code, part) in [
            (Asked::InGroup("friends".to_owned()), Code::NotFound, "inGroup"),
            (text("  "), Code::SegmentTextEmpty, "text.text"),
            (text("a\0b"), Code::TextInvalid, "text.text"),
            (text(&"x".repeat(201)), Code::SegmentTextTooLong, "text.text"),
            (field("town", FieldTest::Known, ""), Code::CustomFieldNotFound, "field.key"),
            (field("1st", FieldTest::Known, ""), Code::CustomFieldNotFound, "field.key"),
            (field("age", FieldTest::Is, "old"), Code::CustomFieldValueInvalid, "field.value"),
            (field("age", FieldTest::Is, " "), Code::SegmentTextEmpty, "field.value"),
            (field("city", FieldTest::AtLeast, "Oslo"), Code::SegmentNotComparable, "field.test"),
            (Asked::Consent { topic: Some("x".to_owned()), state: State::Given }, Code::NotFound, "consent.topicId"),
            (Asked::AcceptedMailing(String::new()), Code::NotFound, "acceptedMailing"),
            (Asked::AcceptedWithin(-1), Code::SegmentDaysOutOfRange, "acceptedWithin"),
            (Asked::AddedWithin(0), Code::SegmentDaysOutOfRange, "addedWithin"),
            (Asked::AddedWithin(i64::MAX), Code::SegmentDaysOutOfRange, "addedWithin"),
        ] {
            let condition = written(test);
            let problem = condition.read(&fields()).expect_err("it is wrong");
            let problem = condition.blamed(problem, "3");
            assert_eq!(
                (problem.code, problem.field.join(".")),
                (code, format!("conditions.3.test.{part}")),
                "{condition:?}"
            );
        }
    }

    #[test]
    fn what_is_refused_later_is_said_of_the_same_parts() {
        let all = [written(Asked::AddedWithin(1)), written(field("city", FieldTest::Is, "Oslo"))];
        let problem = |path: &[&str]| Problem::of(&custom_field::Error::NotFound).at(path);
        let problems =
            vec![problem(&["conditions", "1", "field"]), problem(&["name"]), problem(&["conditions", "7", "field"])];
        let Refused::Problems(problems) = as_written(Refused::Problems(problems), &all) else {
            panic!("it was one of these")
        };
        let paths: Vec<String> = problems.iter().map(|problem| problem.field.join(".")).collect();
        assert_eq!(paths, ["conditions.1.test.field.key", "name", "conditions.7.field"]);
    }

    #[test]
    fn only_what_can_be_asked_of_a_kind_is_offered() {
        for (key, kind) in fields() {
            let key = Key::parse(&key).expect("a key");
            let value = match kind {
                Kind::Text => "Oslo",
                Kind::Number => "18",
                Kind::Date => "2001-02-03",
                Kind::YesNo => "true",
            };
            for test in FieldTest::of(kind) {
                let asked = written(field(key.as_str(), *test, value));
                assert!(asked.read(&fields()).is_ok(), "{asked:?}");
            }
        }
    }
}
