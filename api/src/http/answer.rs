//! What a request is answered.

use super::error_answer::{self, ErrorAnswer, with_code};
use super::media::{Media, written};
use crate::failure::Failure;
use crate::limits;
use async_graphql::indexmap::IndexMap;
use async_graphql::{Name, PathSegment, ServerError, Value};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::{Code, Language};
use serde::{Serialize, Serializer};
use std::io::{self, Write};
use uuid::Uuid;

/// The answer to a request that was read. Its status: 200 if there is anything in it but errors; else what the first
/// error says; and with `application/json` 200 also for a document that makes no sense. It has at most `most` bytes.
pub(super) fn finished(
    errors: Vec<ServerError>,
    mut data: Value,
    headers: HeaderMap,
    media: Media,
    language: Language,
    id: Uuid,
    most: usize,
) -> Result<Response, ErrorAnswer> {
    // What is left out of a list is told beside the rest of it.
    for error in errors.iter().filter(|error| !matches!(error.source::<Failure>(), Some(Failure::LeftOut(_)))) {
        put_null(&mut data, &error.path);
    }
    let nothing = match &data {
        Value::Null => true,
        Value::Object(fields) => fields.values().all(|value| *value == Value::Null),
        _ => false,
    };
    // Field errors are as many as fields; of what is wrong with a document, whoever mends it needs the first few.
    let errors = errors.into_iter().enumerate().filter(|(at, error)| *at < limits::ERRORS || !error.path.is_empty());
    let (codes, errors): (Vec<Code>, Vec<ServerError>) =
        errors.map(|(_, error)| with_code(error, language, id)).unzip();
    let status = match codes.first() {
        Some(code) if nothing => error_answer::status(*code),
        _ => StatusCode::OK,
    };
    let mut body = Capped { bytes: Vec::new(), most };
    let answer = Answer {
        data: Some(Sorted(&data)).filter(|_| status == StatusCode::OK),
        errors: Some(errors).filter(|errors| !errors.is_empty()),
    };
    // Nothing else fails: the answer is JSON.
    serde_json::to_writer(&mut body, &answer).map_err(|_| ErrorAnswer::too_long(most))?;
    let mut response = written(media.status(status), media, body.bytes);
    response.headers_mut().extend(headers);
    Ok(response)
}

#[derive(Serialize)]
struct Answer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Sorted<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Vec<ServerError>>,
}

/// A value whose fields are written by name. They are gathered in the order in which they were found, which differs from
/// time to time; the same answer has to have the same bytes, by which browsers know it again.
struct Sorted<'a>(&'a Value);

impl Serialize for Sorted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(fields) => {
                let mut fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), Sorted(value))).collect();
                fields.sort_unstable_by_key(|(name, _)| *name);
                serializer.collect_map(fields)
            }
            Value::List(items) => serializer.collect_seq(items.iter().map(Sorted)),
            value => value.serialize(serializer),
        }
    }
}

/// Bytes that do not become more than an answer may have.
struct Capped {
    bytes: Vec<u8>,
    most: usize,
}

impl Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > self.most {
            return Err(io::Error::other("the answer is too long"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
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
    use serde_json::json;

    fn answer(errors: Vec<ServerError>, data: serde_json::Value) -> Result<Response, ErrorAnswer> {
        let data = Value::from_json(data).expect("JSON");
        finished(errors, data, HeaderMap::new(), Media::Json, Language::En, Uuid::nil(), MOST)
    }

    /// The longest answer.
    const MOST: usize = 10_000;

    async fn text(response: Response) -> String {
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        String::from_utf8(body.to_vec()).expect("text")
    }

    #[tokio::test]
    async fn an_answer_has_the_same_bytes_whatever_was_found_first() {
        let found = json!({ "b": [{ "y": 1, "x": "\u{1}é" }, null], "a": 1.5 });
        let written = text(answer(Vec::new(), found).expect("an answer")).await;
        assert_eq!(written, r#"{"data":{"a":1.5,"b":[{"x":"\u0001é","y":1},null]}}"#);
    }

    #[tokio::test]
    async fn an_answer_that_is_too_long_is_refused() {
        let of = |length: usize| answer(Vec::new(), json!({ "a": "x".repeat(length) }));
        let around = r#"{"data":{"a":""}}"#.len();
        assert_eq!(text(of(MOST - around).expect("an answer")).await.len(), MOST);
        let refused = of(MOST - around + 1).expect_err("too long").in_json(Language::En, Uuid::nil());
        assert_eq!(refused.status(), StatusCode::OK);
        assert!(text(refused).await.contains("TOO_COMPLEX"));
    }

    #[tokio::test]
    async fn of_what_is_wrong_with_a_document_the_first_few_errors_are_told() {
        let wrong = (0..limits::ERRORS + 5).map(|at| ServerError::new(format!("wrong {at}"), None)).collect();
        let written = text(answer(wrong, json!(null)).expect("an answer")).await;
        assert_eq!(written.matches("BAD_REQUEST").count(), limits::ERRORS);
        assert!(written.contains("wrong 0") && !written.contains("data"), "{written}");
    }

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
