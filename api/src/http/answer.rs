//! What a request is answered.

use super::media::{Media, written};
use super::refusal::with_code;
use crate::graphql::failure::Code;
use async_graphql::indexmap::IndexMap;
use async_graphql::{Name, PathSegment, ServerError, Value};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::Language;
use serde_json::{Map, json};
use uuid::Uuid;

/// The answer to a request that was read. Its status: 200 if there is anything in it but errors; else what the first
/// error says; and with `application/json` 200 also for a document that makes no sense.
pub(super) fn finished(
    errors: Vec<ServerError>,
    mut data: Value,
    headers: HeaderMap,
    media: Media,
    language: Language,
    id: Uuid,
) -> Response {
    for error in &errors {
        put_null(&mut data, &error.path);
    }
    let nothing = match &data {
        Value::Null => true,
        Value::Object(fields) => fields.values().all(|value| *value == Value::Null),
        _ => false,
    };
    let (codes, errors): (Vec<Code>, Vec<ServerError>) =
        errors.into_iter().map(|error| with_code(error, language, id)).unzip();
    let status = match codes.first() {
        Some(code) if nothing => code.status(),
        _ => StatusCode::OK,
    };
    let mut body = Map::new();
    if !errors.is_empty() {
        body.insert("errors".to_owned(), json!(errors));
    }
    if status == StatusCode::OK {
        body.insert("data".to_owned(), json!(data));
    }
    let status = if media == Media::Json && status == StatusCode::BAD_REQUEST { StatusCode::OK } else { status };
    let mut response = written(status, media, &serde_json::Value::Object(body));
    response.headers_mut().extend(headers);
    response
}

/// Puts null where an error says that a field failed: async-graphql 7.2.1 leaves the field out, and an object without
/// any field is null.
pub(super) fn put_null(data: &mut Value, path: &[PathSegment]) {
    match path {
        [] => {}
        [PathSegment::Field(name), rest @ ..] => {
            if *data == Value::Null {
                *data = Value::Object(IndexMap::new());
            }
            if let Value::Object(fields) = data {
                put_null(fields.entry(Name::new(name)).or_insert(Value::Null), rest);
            }
        }
        [PathSegment::Index(index), rest @ ..] => {
            if let Value::List(items) = data
                && let Some(item) = items.get_mut(*index)
            {
                put_null(item, rest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_that_failed_is_null_and_not_missing() {
        let field = |name: &str| PathSegment::Field(name.to_owned());
        let mut data = Value::from_json(json!({ "a": { "list": [null, { "x": 1 }] } })).unwrap();
        put_null(&mut data, &[field("a"), field("list"), PathSegment::Index(0), field("y")]);
        put_null(&mut data, &[field("a"), field("list"), PathSegment::Index(1), field("y")]);
        put_null(&mut data, &[field("b")]);
        put_null(&mut data, &[]);
        let expected = json!({ "a": { "list": [{ "y": null }, { "x": 1, "y": null }] }, "b": null });
        assert_eq!(data.into_json().unwrap(), expected);
    }
}
