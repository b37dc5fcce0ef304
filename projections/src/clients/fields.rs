//! What a client has in the owner's own fields, as a column holds it.

use domain::client::Fields;
use serde_json::Value;
use sqlx::error::BoxDynError;
use sqlx::postgres::PgValueRef;
use sqlx::types::Json;
use sqlx::{Decode, Postgres};

/// What a column of `jsonb` says that a client has in the owner's own fields. A value that does not read is left out, as if the client
/// had none there: nobody is kept from the client because of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredFields(Fields);

impl StoredFields {
    fn of(json: Value) -> Self {
        let Value::Object(fields) = json else { return Self::default() };
        let read = |(key, value): (String, Value)| {
            Some((serde_json::from_value(Value::String(key)).ok()?, serde_json::from_value(value).ok()?))
        };
        Self(fields.into_iter().filter_map(read).collect())
    }
}

impl From<StoredFields> for Fields {
    fn from(stored: StoredFields) -> Self {
        stored.0
    }
}

impl<'r> Decode<'r, Postgres> for StoredFields {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        let Json(json) = <Json<Value> as Decode<'r, Postgres>>::decode(value)?;
        Ok(Self::of(json))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::custom_field::{Key, Value as FieldValue};
    use serde_json::json;

    #[test]
    fn what_reads_is_there_and_what_does_not_is_left_out() {
        let city = Key::parse("city").expect("a key");
        let oslo: Fields = [(city, FieldValue::Text("Oslo".to_owned()))].into();
        let written = serde_json::to_value(&oslo).expect("json");
        assert_eq!(written, json!({ "city": { "text": "Oslo" } }));
        assert_eq!(Fields::from(StoredFields::of(written)), oslo);
        let some =
            json!({ "city": { "text": "Oslo" }, "age": { "number": 7 }, "born": { "date": "soon" }, "vip": null });
        assert_eq!(Fields::from(StoredFields::of(some)), oslo);
        for rubbish in [json!({}), json!([]), json!("rubbish"), json!(null)] {
            assert_eq!(StoredFields::of(rubbish), StoredFields::default());
        }
    }
}
