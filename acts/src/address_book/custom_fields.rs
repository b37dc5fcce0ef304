//! What can be done with custom fields: the fields of an owner's own that clients have.

use crate::Services;
use crate::refusal::input::{self, Problems};
use crate::refusal::{Problem, Refused};
use crate::who::rights::Owner;
use domain::client::Fields;
use domain::custom_field::{Command, CustomField, Error, Key, Kind, Label, MAX_FIELDS, Value};
use domain::{Code, CustomFieldId, UserId};
use eventstore::{Metadata, Receipt};
use projections::{Access, ReadError, custom_fields};
use std::collections::BTreeMap;

/// A field to define.
#[derive(Clone, Debug)]
pub struct New {
    /// What letters, files and programs call it.
    pub key: String,
    /// What people see.
    pub label: String,
    /// Of which kind its values are.
    pub kind: Kind,
}

/// Values for fields, by the keys of these; `None` where a client is to have none.
pub type Values = BTreeMap<Key, Option<Value>>;

/// Gives the clients of `owner` a field, also one that was removed.
pub async fn define(
    services: &Services,
    owner: Owner,
    new: New,
    metadata: &Metadata,
) -> Result<(CustomFieldId, Receipt), Refused> {
    let owner = owner.id();
    let mut problems = Problems::default();
    let key = problems.take(Key::parse(&new.key).map_err(|error| Problem::of(&error)));
    let label = problems.take(label(&new.label));
    let (Some(key), Some(label)) = (key, label) else { return Err(problems.into()) };
    let there = custom_fields::all(services.pool(), Access::Owner(owner)).await?;
    // Whoever has it already is told that, however many they have.
    if there.len() >= MAX_FIELDS && !there.iter().any(|field| field.key == key.as_str()) {
        let words = words::address_book::Problem::TooManyFields { most: MAX_FIELDS };
        return Err(Problem::new(Code::CustomFieldsTooMany, &[], words).into());
    }
    let id = CustomFieldId::derive(owner, &key);
    let command = Command::Define { owner, key, label, kind: new.kind };
    let receipt = services.store.execute::<CustomField>(id.0, command, metadata).await?;
    Ok((id, receipt))
}

/// Lets people see another name. The key stays.
pub async fn rename(
    services: &Services,
    by: Owner,
    id: &str,
    expected: Option<i64>,
    label: &str,
    metadata: &Metadata,
) -> Result<(CustomFieldId, Receipt), Refused> {
    let mut problems = Problems::default();
    let id = problems.take(field_id(id));
    let label = problems.take(self::label(label));
    let (Some(id), Some(label)) = (id, label) else { return Err(problems.into()) };
    let command = Command::Rename { by: by.id(), label };
    let receipt = services.store.execute_expecting::<CustomField>(id.0, expected, command, metadata).await?;
    Ok((id, receipt))
}

/// Takes a field away. Its values stay with the clients, and are shown nowhere.
pub async fn remove(
    services: &Services,
    by: Owner,
    id: &str,
    metadata: &Metadata,
) -> Result<(CustomFieldId, Receipt), Refused> {
    let id = field_id(id)?;
    let receipt = services.store.execute::<CustomField>(id.0, Command::Remove { by: by.id() }, metadata).await?;
    Ok((id, receipt))
}

/// The values of an input, each read as the kind of `owner`'s field with its key, and a problem for each that is none. `path` leads
/// to the list of them in the input, and is followed by the place there and by `key` or `value`.
pub async fn read_fields(
    services: &Services,
    owner: UserId,
    given: &[(String, Option<String>)],
    path: &[&str],
) -> Result<(Values, Vec<Problem>), ReadError> {
    let (named, most) = (given.len(), MAX_FIELDS);
    if named == 0 {
        return Ok((Values::new(), Vec::new()));
    }
    if named > most {
        let words = words::address_book::Problem::TooManyValues { named, most };
        return Ok((Values::new(), vec![Problem::new(Code::CustomFieldsTooMany, path, words)]));
    }
    let defined = custom_fields::all(services.pool(), Access::Owner(owner)).await?;
    Ok(values(&defined, given, path))
}

/// What a client has in a field, if it is a value of the field's kind: a field may have been removed, and defined anew with another.
#[must_use]
pub fn value_in<'a>(held: &'a Fields, field: &custom_fields::CustomField) -> Option<&'a Value> {
    let value = held.iter().find(|(key, _)| key.as_str() == field.key).map(|(_, value)| value);
    value.filter(|value| value.kind() == field.kind)
}

fn values(
    defined: &[custom_fields::CustomField],
    given: &[(String, Option<String>)],
    path: &[&str],
) -> (Values, Vec<Problem>) {
    let (mut values, mut problems) = (Values::new(), Vec::new());
    for (place, (key, text)) in given.iter().enumerate() {
        let place = place.to_string();
        let at = |problem: Problem, part| problem.at(&[path, &[place.as_str(), part]].concat());
        match key_and_value(defined, key, text.as_deref().unwrap_or_default()) {
            Ok((key, _)) if values.contains_key(&key) => {
                let words = words::address_book::Problem::FieldTwice { key: key.to_string() };
                problems.push(at(Problem::new(Code::CustomFieldTwice, &[], words), "key"));
            }
            Ok((key, value)) => {
                values.insert(key, value);
            }
            Err((error, part)) => problems.push(at(Problem::of(&error), part)),
        }
    }
    (values, problems)
}

/// One value, with its key; or what is wrong, and with which of the two.
fn key_and_value(
    defined: &[custom_fields::CustomField],
    key: &str,
    text: &str,
) -> Result<(Key, Option<Value>), (Error, &'static str)> {
    let key = Key::parse(key).map_err(|_| (Error::NotFound, "key"))?;
    let field = defined.iter().find(|field| field.key == key.as_str()).ok_or((Error::NotFound, "key"))?;
    let value = Value::parse(&key, field.kind, text).map_err(|error| (error, "value"))?;
    Ok((key, value))
}

fn field_id(text: &str) -> Result<CustomFieldId, Problem> {
    input::id(text, &["id"], &Error::NotFound)
}

fn label(text: &str) -> Result<Label, Problem> {
    Label::parse(text).map_err(|error| Problem::of(&error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use uuid::Uuid;

    fn field(key: &str, kind: Kind) -> custom_fields::CustomField {
        custom_fields::CustomField {
            id: Uuid::nil(),
            owner_id: Uuid::nil(),
            key: key.to_owned(),
            label: key.to_owned(),
            kind,
            defined_at: DateTime::UNIX_EPOCH,
            version: 1,
        }
    }

    fn given(pairs: &[(&str, Option<&str>)]) -> Vec<(String, Option<String>)> {
        pairs.iter().map(|(key, text)| ((*key).to_owned(), text.map(str::to_owned))).collect()
    }

    #[test]
    fn values_are_read_as_the_kinds_of_the_fields_and_nothing_is_no_value() {
        let defined = [field("city", Kind::Text), field("age", Kind::Number), field("vip", Kind::YesNo)];
        let (read, problems) =
            values(&defined, &given(&[(" City ", Some(" Oslo ")), ("age", Some("18,50")), ("vip", None)]), &["fields"]);
        assert!(problems.is_empty(), "{problems:?}");
        let read: Vec<_> = read.iter().map(|(key, value)| (key.as_str(), value.as_ref().map(Value::plain))).collect();
        let expected = [("age", Some("18.5".to_owned())), ("city", Some("Oslo".to_owned())), ("vip", None)];
        assert_eq!(read, expected);
        assert_eq!(values(&defined, &given(&[("city", Some(" "))]), &["fields"]).0.into_values().next(), Some(None));
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_its_place() {
        let defined = [field("city", Kind::Text), field("born", Kind::Date)];
        let long = "x".repeat(1_001);
        let wrong = given(&[
            ("town", Some("Oslo")),
            ("born", Some("5/1/2026")),
            ("city", Some(&long)),
            ("", None),
            ("city", Some("Oslo")),
            ("CITY", Some("Rome")),
        ]);
        let (read, problems) = values(&defined, &wrong, &["client", "fields"]);
        assert_eq!(read.len(), 1);
        let told: Vec<_> = problems.iter().map(|problem| (problem.code, problem.field.join("."))).collect();
        let at = |place: &str| format!("client.fields.{place}");
        assert_eq!(
            told,
            [
                (Code::CustomFieldNotFound, at("0.key")),
                (Code::CustomFieldValueInvalid, at("1.value")),
                (Code::CustomFieldTextTooLong, at("2.value")),
                (Code::CustomFieldNotFound, at("3.key")),
                (Code::CustomFieldTwice, at("5.key")),
            ]
        );
    }

    #[test]
    fn what_a_client_has_is_shown_only_where_it_is_of_the_fields_kind() {
        let key = Key::parse("city").expect("a key");
        let held: Fields = [(key, Value::Text("Oslo".to_owned()))].into();
        assert_eq!(value_in(&held, &field("city", Kind::Text)).map(Value::plain).as_deref(), Some("Oslo"));
        assert_eq!(value_in(&held, &field("city", Kind::Number)), None);
        assert_eq!(value_in(&held, &field("town", Kind::Text)), None);
    }
}
