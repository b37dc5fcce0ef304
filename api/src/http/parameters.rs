//! What a request asks for, in its body or in its URL.

use super::error_answer::ErrorAnswer;
use crate::limits;
use async_graphql::Variables;
use domain::Code;
use serde::Deserialize;
use serde_json::Map;
use url::form_urlencoded;
use words::Said;

/// The parameters of a request, in a body or in a URL.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Parameters {
    pub(super) query: Option<String>,
    pub(super) operation_name: Option<String>,
    pub(super) variables: Option<Map<String, serde_json::Value>>,
    pub(super) extensions: Option<Map<String, serde_json::Value>>,
}

pub(super) fn bad(said: impl Into<Said>) -> ErrorAnswer {
    ErrorAnswer::new(Code::BadRequest, said)
}

pub(super) fn from_url(query: &str) -> Result<Parameters, ErrorAnswer> {
    let mut parameters = Parameters::default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let map = || {
            has_few_values(value.as_bytes())?;
            serde_json::from_str(&value).map_err(|error| {
                bad(words::http::Problem::ParameterNotJson { name: name.to_string(), error: error.to_string() })
            })
        };
        match name.as_ref() {
            "query" => parameters.query = Some(value.into_owned()),
            "operationName" => parameters.operation_name = Some(value.into_owned()).filter(|name| !name.is_empty()),
            "variables" => parameters.variables = map()?,
            "extensions" => parameters.extensions = map()?,
            _ => {}
        }
    }
    Ok(parameters)
}

/// The parameters in the bytes of a body.
pub(super) fn from_json(body: &[u8]) -> Result<Parameters, ErrorAnswer> {
    has_few_values(body)?;
    serde_json::from_slice(body).map_err(|error| bad(words::http::Problem::BodyNotJson { error: error.to_string() }))
}

/// Refuses JSON that becomes much more than it is: a value of two bytes takes a hundred when it is read. How deep it nests is
/// bounded by whoever reads it.
fn has_few_values(json: &[u8]) -> Result<(), ErrorAnswer> {
    let (mut values, mut in_text, mut escaped) = (0, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b',' | b':' | b'[' | b'{' if !in_text => values += 1,
            _ => {}
        }
    }
    let most = limits::VALUES;
    if values <= most {
        return Ok(());
    }
    Err(ErrorAnswer::new(Code::TooComplex, words::documents::TooMuch::Values { most }))
}

pub(super) fn variables(given: Option<Map<String, serde_json::Value>>) -> Variables {
    Variables::from_json(serde_json::Value::Object(given.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_and_texts_are_not() {
        let list = |values: usize| format!("[{}1]", "1,".repeat(values - 1));
        for (json, fits) in [
            (String::new(), true),
            (list(limits::VALUES), true),
            (list(limits::VALUES + 1), false),
            ("[".repeat(limits::VALUES + 1), false),
            (format!("[\"\\\"{}\"]", ",".repeat(limits::VALUES)), true),
            (format!("[\"\\\\\"{}]", ",".repeat(limits::VALUES)), false),
        ] {
            assert_eq!(has_few_values(json.as_bytes()).is_ok(), fits, "{} bytes", json.len());
        }
    }

    #[test]
    fn what_nests_too_deep_is_no_json() {
        let deep = |levels: usize| format!("{{\"variables\":{{\"a\":{}{}}}}}", "[".repeat(levels), "]".repeat(levels));
        assert!(serde_json::from_str::<Parameters>(&deep(100)).is_ok());
        assert!(serde_json::from_str::<Parameters>(&deep(200)).is_err());
        assert!(serde_json::from_str::<Parameters>(&deep(500_000)).is_err());
    }
}
