//! Looking into what providers send, whose fields may be missing, or be something else than they should.

use super::Malformed;
use serde_json::Value;

/// The longest text that is kept of a field, in characters.
const LONGEST: usize = 1_000;

/// The event of a body that has one.
pub(super) fn one(body: &[u8]) -> Result<Value, Malformed> {
    let event: Value = serde_json::from_slice(body).map_err(|_| Malformed)?;
    if event.is_object() { Ok(event) } else { Err(Malformed) }
}

/// The events of a body that is a list of them.
pub(super) fn all(body: &[u8]) -> Result<Vec<Value>, Malformed> {
    match serde_json::from_slice(body) {
        Ok(Value::Array(events)) if events.iter().all(Value::is_object) => Ok(events),
        Ok(_) | Err(_) => Err(Malformed),
    }
}

/// What stands in a field, if it is a text that is not empty, or a number.
pub(super) fn text(field: &Value) -> Option<String> {
    let text: String = match field {
        Value::String(text) => text.trim().chars().take(LONGEST).collect(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => String::new(),
    };
    Some(text).filter(|text| !text.is_empty())
}

/// The entries of a field that is a list; none if it is something else.
pub(super) fn list(field: &Value) -> &[Value] {
    field.as_array().map_or(&[], Vec::as_slice)
}

/// What an event is known by, of its parts; none if one of them is missing.
pub(super) fn name<const N: usize>(parts: [Option<String>; N]) -> Option<String> {
    let parts: Option<Vec<String>> = parts.into_iter().collect();
    parts.map(|parts| parts.join(" "))
}
