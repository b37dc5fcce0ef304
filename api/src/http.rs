//! GraphQL over HTTP, as its specification has it (<https://graphql.github.io/graphql-over-http/draft/>).
//!
//! async-graphql-axum is not used: it runs mutations over GET and from form posts, and answers with the wrong statuses.

mod refusal;

pub(crate) use refusal::Refusal;

use crate::conditional::{self, conditional};
use crate::graphql::failure::{Code, Failure};
use crate::graphql::{Schema, schema, tables::tables};
use crate::guard::{self, Caller};
use crate::{Options, Services, graphiql, health, language, limits, pages, upload};
use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationType};
use async_graphql::{Name, PathSegment, Request, ServerError, Value, Variables};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request as HttpRequest, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{any, get, post};
use domain::{Language, Said};
use futures::StreamExt;
use refusal::{internal, with_code};
use serde::Deserialize;
use serde_json::{Map, json};
use std::sync::Arc;
use url::form_urlencoded;
use uuid::Uuid;

/// What handlers share.
pub(crate) struct App {
    pub(crate) services: Services,
    pub(crate) options: Options,
    schema: Schema,
}

/// Everything that is served: `/graphql`, `/graphiql` (and `/`, which leads there), `/import/clients`, `/account/...`
/// (where links in letters lead), `/healthz`, `/readyz`.
///
/// To know where requests come from, serve it with `into_make_service_with_connect_info::<SocketAddr>()`.
pub fn router(services: Services, options: Options) -> Router {
    let app = Arc::new(App { schema: schema(services.clone(), &options), services, options });
    Router::new()
        .route("/", get(|| async { Redirect::temporary("/graphiql") }))
        .route("/graphql", any(graphql))
        .route("/graphiql", get(graphiql::page))
        .route("/graphiql/{file}", get(graphiql::asset))
        .route("/import/clients", post(upload::clients))
        .merge(pages::routes())
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .layer(from_fn(identify))
        .with_state(app)
}

/// What a token that may only look is told when it is to change something.
pub(crate) const READ_ONLY: Failure = Failure::Forbidden(Said::new(
    "this API token has the scope READ: it may change nothing",
    "у этого токена API область READ: менять он ничего не может",
));

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives every request an id, which its answer tells, and every answer the headers that all have.
async fn identify(mut request: HttpRequest, next: Next) -> Response {
    let id = Uuid::now_v7();
    request.extensions_mut().insert(id);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id.to_string()) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// The id that [`identify`] gave.
pub(crate) fn request_id(parts: &Parts) -> Uuid {
    parts.extensions.get().copied().unwrap_or_default()
}

/// The two ways to write an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Media {
    /// `application/graphql-response+json`: the status tells whether the request was one.
    GraphQl,
    /// `application/json`: 200 for everything that is JSON.
    Json,
}

impl Media {
    /// What the sender likes best of what we can write; JSON if it does not say.
    fn accepted(headers: &HeaderMap) -> Option<Self> {
        let mut accept = headers.get_all(header::ACCEPT).into_iter().peekable();
        if accept.peek().is_none() {
            return Some(Self::Json);
        }
        let ranges = accept.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
        let mut best: Option<(f32, Self)> = None;
        for range in ranges {
            let mut parts = range.split(';').map(str::trim);
            let media = match parts.next().unwrap_or_default().to_ascii_lowercase().as_str() {
                "application/graphql-response+json" => Self::GraphQl,
                "application/json" | "application/*" | "*/*" => Self::Json,
                _ => continue,
            };
            let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Ok(1.0), str::parse).unwrap_or(0.0);
            let better = best.is_none_or(|(most, other)| {
                weight > most || (weight >= most && media == Self::GraphQl && other == Self::Json)
            });
            if weight > 0.0 && better {
                best = Some((weight, media));
            }
        }
        best.map(|(_, media)| media)
    }

    fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::GraphQl => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        })
    }
}

fn written(status: StatusCode, media: Media, body: &serde_json::Value) -> Response {
    let mut response = (status, Body::from(body.to_string())).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, media.content_type());
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// The parameters of a request, in a body or in a URL.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Parameters {
    query: Option<String>,
    operation_name: Option<String>,
    variables: Option<Map<String, serde_json::Value>>,
    extensions: Option<Map<String, serde_json::Value>>,
}

/// The handler.
async fn graphql(State(app): State<Arc<App>>, request: HttpRequest) -> Response {
    let (parts, body) = request.into_parts();
    let (language, id) = (language::accepted(&parts.headers), request_id(&parts));
    let Some(media) = Media::accepted(&parts.headers) else {
        let said = Said::new(
            "answers are application/graphql-response+json or application/json: accept one of them",
            "ответы бывают application/graphql-response+json или application/json: примите один из этих видов",
        );
        return Refusal::new(Code::NotAcceptable, said).in_json(language, id);
    };
    match answer(&app, &parts, body, media).await {
        Ok(response) => response,
        Err(refusal) => refusal.answer(media, language, id),
    }
}

async fn answer(app: &App, parts: &Parts, body: Body, media: Media) -> Result<Response, Refusal> {
    let mut parameters = match parts.method {
        Method::GET => from_url(parts.uri.query().unwrap_or_default())?,
        Method::POST => from_body(&parts.headers, body).await?,
        _ => {
            let said = Said::new("requests come by POST, or by GET", "запросы приходят по POST или по GET");
            return Err(not_allowed(said, "GET, POST"));
        }
    };
    if parts.method == Method::POST && !guard::is_same_origin(&parts.headers, &app.options.public_url) {
        return Err(Refusal::cross_site());
    }
    let Some(query) = parameters.query.take() else {
        return Err(bad(Said::new(
            "the parameter query is missing: it is the text of the GraphQL document",
            "нет параметра query: это текст документа GraphQL",
        )));
    };
    let document = match async_graphql::parser::parse_query(&query) {
        Ok(document) => document,
        Err(error) => {
            let mut error = ServerError::from(error);
            error.message = format!("the document cannot be read: {}", error.message);
            // In English, as everything that is said about documents is: for whoever writes them.
            let language = Language::En;
            return Ok(finished(vec![error], Value::Null, HeaderMap::new(), media, language, request_id(parts)));
        }
    };
    if parts.method == Method::GET && mutates(&document, parameters.operation_name.as_deref()) {
        return Err(not_allowed(Said::new("mutations come by POST only", "мутации приходят только по POST"), "POST"));
    }
    let caller = Caller::of(parts, &app.services, &app.options).await;
    let caller = caller.map_err(|error| Refusal::failed(&error.into(), request_id(parts)))?;
    let language = caller.language;
    let done = execute(app, parts, caller, query, document, parameters, media).await;
    Ok(done.unwrap_or_else(|refusal| refusal.answer(media, language, request_id(parts))))
}

/// Answers somebody whose language is known.
async fn execute(
    app: &App,
    parts: &Parts,
    caller: Caller,
    query: String,
    document: ExecutableDocument,
    parameters: Parameters,
    media: Media,
) -> Result<Response, Refusal> {
    if caller.viewer.as_ref().is_some_and(|viewer| !viewer.may_write())
        && mutates(&document, parameters.operation_name.as_deref())
    {
        return Err(Refusal::failed(&READ_ONLY, request_id(parts)));
    }

    // Whoever shows a token may be somebody, even if the token has ended.
    let public = parts.method == Method::GET && caller.token.is_none() && conditional::is_public(&document);
    let mut request = Request::new(query).variables(variables(parameters.variables));
    request.operation_name = parameters.operation_name;
    request.set_parsed_query(document);
    let language = caller.language;
    let request = request.data(tables(app.services.pool(), caller.viewer.as_ref())).data(caller);
    // A task of its own: a caller who hangs up does not leave half of a mutation undone.
    let schema = app.schema.clone();
    let mut task = tokio::spawn(async move { schema.execute(request).await });
    match tokio::time::timeout(limits::TIME, &mut task).await {
        Ok(Ok(response)) => {
            let public = public && response.errors.is_empty();
            let (errors, data, headers) = (response.errors, response.data, response.http_headers);
            let answer = finished(errors, data, headers, media, language, request_id(parts));
            Ok(if public { conditional(&parts.headers, answer).await } else { answer })
        }
        Ok(Err(error)) => {
            let request_id = request_id(parts);
            tracing::error!(%request_id, %error, "a request failed");
            Err(Refusal::new(Code::Internal, internal(request_id)))
        }
        Err(_) => {
            task.abort();
            let seconds = limits::TIME.as_secs();
            let said = Said::filled(
                format!("no answer within {seconds} s; what it was to change may be done, look before you repeat it"),
                format!("ответа нет уже {seconds} с; изменения могли состояться, проверьте, прежде чем повторять"),
            );
            Err(Refusal::new(Code::Timeout, said))
        }
    }
}

fn bad(said: Said) -> Refusal {
    Refusal::new(Code::BadRequest, said)
}

fn not_allowed(said: Said, methods: &'static str) -> Refusal {
    Refusal::new(Code::MethodNotAllowed, said).with(header::ALLOW, methods)
}

fn from_url(query: &str) -> Result<Parameters, Refusal> {
    let mut parameters = Parameters::default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let map = || {
            serde_json::from_str(&value).map_err(|error| {
                bad(Said::filled(
                    format!("the parameter {name} is no JSON object: {error}"),
                    format!("параметр {name} — не объект JSON: {error}"),
                ))
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

async fn from_body(headers: &HeaderMap, body: Body) -> Result<Parameters, Refusal> {
    if !is_json(headers) {
        let said = Said::new(
            "a request's content type is application/json, in UTF-8",
            "тип содержимого запроса — application/json в UTF-8",
        );
        return Err(Refusal::new(Code::UnsupportedMediaType, said));
    }
    let body = read(body).await?;
    serde_json::from_slice(&body).map_err(|error| {
        bad(Said::filled(
            format!(
                "the body is no JSON object with query, operationName, variables and extensions: {error}; requests come \
                 one by one"
            ),
            format!(
                "тело запроса — не объект JSON с query, operationName, variables и extensions: {error}; запросы приходят \
                 по одному"
            ),
        ))
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let mut parts = content_type.unwrap_or_default().split(';').map(str::trim);
    parts.next().is_some_and(|media| media.eq_ignore_ascii_case("application/json"))
        && parts.all(|part| match part.split_once('=') {
            Some((name, charset)) if name.eq_ignore_ascii_case("charset") => {
                charset.trim_matches('"').eq_ignore_ascii_case("utf-8")
            }
            _ => true,
        })
}

/// The body, if it is not too large. The rest of one that is only a little too large is thrown away, because closing
/// the connection before would take the answer from its sender.
async fn read(body: Body) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    let mut length = 0;
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| {
            bad(Said::filled(format!("the body broke off: {error}"), format!("тело запроса оборвалось: {error}")))
        })?;
        length += chunk.len();
        if length > limits::DISCARD {
            break;
        }
        if length <= limits::BODY {
            bytes.extend_from_slice(&chunk);
        }
    }
    if length > limits::BODY {
        let limit = limits::BODY / 1024;
        let said = Said::filled(
            format!("a request has at most {limit} KiB; files of clients go to POST /import/clients"),
            format!("в запросе не больше {limit} КиБ; файлы с клиентами принимает POST /import/clients"),
        );
        return Err(Refusal::new(Code::PayloadTooLarge, said));
    }
    Ok(bytes)
}

fn mutates(document: &ExecutableDocument, name: Option<&str>) -> bool {
    match &document.operations {
        DocumentOperations::Single(operation) => operation.node.ty == OperationType::Mutation,
        DocumentOperations::Multiple(operations) => operations.iter().any(|(operation_name, operation)| {
            operation.node.ty == OperationType::Mutation && name.is_none_or(|name| name == operation_name.as_str())
        }),
    }
}

fn variables(given: Option<Map<String, serde_json::Value>>) -> Variables {
    Variables::from_json(serde_json::Value::Object(given.unwrap_or_default()))
}

/// The answer to a request that was read. Its status: 200 if there is anything in it but errors; else what the first
/// error says; and with `application/json` 200 also for a document that makes no sense.
fn finished(
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
fn put_null(data: &mut Value, path: &[PathSegment]) {
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
    fn the_answer_is_written_as_its_reader_likes_it() {
        let accepted = |accept: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_str(accept).unwrap());
            Media::accepted(&headers)
        };
        for (accept, media) in [
            ("application/graphql-response+json", Some(Media::GraphQl)),
            ("application/json", Some(Media::Json)),
            ("application/json; charset=utf-8", Some(Media::Json)),
            ("*/*", Some(Media::Json)),
            ("application/graphql-response+json, application/json;q=0.9", Some(Media::GraphQl)),
            ("application/json, application/graphql-response+json", Some(Media::GraphQl)),
            ("application/graphql-response+json;q=0.5, application/json", Some(Media::Json)),
            ("application/json, multipart/mixed", Some(Media::Json)),
            ("text/html, */*;q=0.8", Some(Media::Json)),
            ("text/html", None),
            ("application/json;q=0", None),
        ] {
            assert_eq!(accepted(accept), media, "{accept}");
        }
        assert_eq!(Media::accepted(&HeaderMap::new()), Some(Media::Json));
    }

    #[test]
    fn a_request_is_json_in_utf_8() {
        for (content_type, right) in [
            ("application/json", true),
            ("Application/JSON; charset=UTF-8", true),
            ("application/json; charset=\"utf-8\"", true),
            ("application/json; charset=iso-8859-1", false),
            ("application/x-www-form-urlencoded", false),
            ("text/plain", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(content_type).unwrap());
            assert_eq!(is_json(&headers), right, "{content_type}");
        }
        assert!(!is_json(&HeaderMap::new()));
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
