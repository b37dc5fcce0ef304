//! GraphQL over HTTP, as its specification has it (<https://graphql.github.io/graphql-over-http/draft/>).
//!
//! async-graphql-axum is not used: it runs mutations over GET and from form posts, and answers with the wrong statuses.

mod access_log;
mod answer;
mod body;
mod document;
mod media;
mod parameters;
mod refusal;

pub(crate) use refusal::Refusal;

use crate::admission::{Admission, Admitted, admit};
use crate::conditional::{self, conditional};
use crate::graphql::failure::{Code, Failure};
use crate::graphql::room::{Letters, Room};
use crate::graphql::tables::tables;
use crate::graphql::{Schema, schema};
use crate::{Lanes, Options, RequestLimits, graphiql, guard, health, language, pages, upload};
use acts::who::Caller;
use answer::finished;
use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationType};
use async_graphql::{Request, ServerError, Value, Variables};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request as HttpRequest, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::{Next, from_fn};
use axum::response::{Redirect, Response};
use axum::routing::{any, get, post};
use body::Bodies;
use document::Unread;
use domain::{Language, Said};
use media::Media;
use parameters::{Parameters, bad, from_url, variables};
use refusal::internal;
use std::sync::Arc;
use uuid::Uuid;

/// What handlers share.
pub(crate) struct App {
    pub(crate) admission: Arc<Admission>,
    pub(crate) options: Options,
    schema: Schema,
    bodies: Bodies,
}

/// Everything that is served: `/graphql`, `/graphiql` (and `/`, which leads there), `/import/clients`, `/account/...`
/// (where links in letters lead), `/healthz`, `/readyz`.
///
/// Requests are answered over the lanes; services that are given for them are one. Each request makes a line in the log,
/// with the target `access`.
///
/// To know where requests come from, serve it with `into_make_service_with_connect_info::<SocketAddr>()`.
pub fn router(lanes: impl Into<Lanes>, options: Options) -> Router {
    routes(lanes.into(), options)
}

/// Not generic, so that all that follows is compiled once and here.
fn routes(lanes: Lanes, options: Options) -> Router {
    let services = lanes.first().clone();
    let probes = health::probes(services.health.clone());
    let (schema, admission) = (schema(services, &options), Admission::new(lanes, &options));
    let bodies = Bodies::new(&options.limits);
    let app = Arc::new(App { admission, options, schema, bodies });
    Router::new()
        .route("/", get(|| async { Redirect::temporary("/graphiql") }))
        .route("/graphql", any(graphql))
        .route("/graphiql", get(graphiql::page))
        .route("/graphiql/{file}", get(graphiql::asset))
        .route("/import/clients", post(upload::clients))
        .merge(pages::routes())
        .with_state(app)
        .merge(probes)
        .layer(from_fn(access_log::tell))
        .layer(from_fn(identify))
}

/// What a token that may only look is told when it is to change something.
pub(crate) const READ_ONLY: Failure = Failure::Forbidden(Said::new(
    "this API token has the scope READ: it may change nothing",
    "у этого токена API область READ: менять он ничего не может",
));

/// When somebody may come again who found no room for letters, in seconds.
const COME_AGAIN: u32 = 2;

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
    let (parameters, large) = match parts.method {
        Method::GET => (from_url(parts.uri.query().unwrap_or_default())?, None),
        Method::POST => body::parameters(app, parts, body).await?,
        _ => {
            let said = Said::new("requests come by POST, or by GET", "запросы приходят по POST или по GET");
            return Err(not_allowed(said, "GET, POST"));
        }
    };
    if parts.method == Method::POST && !guard::is_same_origin(&parts.headers, &app.options.public_url) {
        return Err(Refusal::cross_site());
    }
    let (by_get, limits) = (parts.method == Method::GET, app.options.limits);
    let read = if large.is_some() {
        // It takes a core for a moment.
        let core = app.bodies.core().await?;
        let read = tokio::task::spawn_blocking(move || (read(parameters, by_get, &limits), core).0).await;
        let failed = |error| {
            tracing::error!(request_id = %request_id(parts), %error, "a request failed");
            Unanswered::Refused(Refusal::new(Code::Internal, internal(request_id(parts))))
        };
        read.map_err(failed).flatten()
    } else {
        read(parameters, by_get, &limits)
    };
    let asked = match read {
        Ok(asked) => asked,
        Err(Unanswered::Refused(refusal)) => return Err(refusal),
        Err(Unanswered::Syntax(error)) => {
            let mut error = ServerError::from(*error);
            error.message = format!("the document cannot be read: {}", error.message);
            // In English, as everything that the library says about documents is: for whoever writes them.
            let language = Language::En;
            let (id, most) = (request_id(parts), app.options.limits.answer);
            return finished(vec![error], Value::Null, HeaderMap::new(), media, language, id, most);
        }
    };
    let (caller, admitted, room) = if let Some(large) = large {
        (large.caller, large.admitted, Some(large.room))
    } else {
        let (caller, admitted) = admit(app, parts).await?;
        (caller, admitted, None)
    };
    let (language, user) = (caller.language, access_log::User::of(&caller));
    let done = execute(app, parts, (caller, admitted, room), asked, media).await;
    let mut response = done.unwrap_or_else(|refusal| refusal.answer(media, language, request_id(parts)));
    response.extensions_mut().insert(user);
    Ok(response)
}

/// Why a request is not executed.
enum Unanswered {
    Refused(Refusal),
    Syntax(Box<async_graphql::parser::Error>),
}

impl From<Refusal> for Unanswered {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// The document of a request, if it may be executed.
fn read(mut parameters: Parameters, by_get: bool, limits: &RequestLimits) -> Result<Asked, Unanswered> {
    let Some(query) = parameters.query.take() else {
        let said = Said::new(
            "the parameter query is missing: it is the text of the GraphQL document",
            "нет параметра query: это текст документа GraphQL",
        );
        return Err(bad(said).into());
    };
    let (variables, operation_name) = (variables(parameters.variables.take()), parameters.operation_name);
    let document = match document::parsed(&query, &variables, limits) {
        Ok(document) => document,
        Err(Unread::Syntax(error)) => return Err(Unanswered::Syntax(Box::new(error))),
        Err(unread) => return Err(Refusal::from(unread).into()),
    };
    if by_get && mutates(&document, operation_name.as_deref()) {
        let said = Said::new("mutations come by POST only", "мутации приходят только по POST");
        return Err(not_allowed(said, "POST").into());
    }
    document::affordable(&document, operation_name.as_deref(), &variables, limits).map_err(Refusal::from)?;
    Ok(Asked { query, document, variables, operation_name })
}

/// A request that may be executed.
struct Asked {
    query: String,
    document: ExecutableDocument,
    variables: Variables,
    operation_name: Option<String>,
}

/// Answers somebody whose language is known.
async fn execute(
    app: &App,
    parts: &Parts,
    (caller, admitted, large): (Caller, Admitted, Option<body::Room>),
    asked: Asked,
    media: Media,
) -> Result<Response, Refusal> {
    let Asked { query, document, variables, operation_name } = asked;
    if caller.viewer.as_ref().is_some_and(|viewer| !viewer.may_write()) && mutates(&document, operation_name.as_deref())
    {
        return Err(Refusal::failed(&READ_ONLY, request_id(parts)));
    }

    // Whoever shows a token may be somebody, even if the token has ended.
    let public = parts.method == Method::GET && caller.token.is_none() && conditional::is_public(&document);
    let mut request = Request::new(query).variables(variables);
    request.operation_name = operation_name;
    request.set_parsed_query(document);
    let language = caller.language;
    let (limits, services) = (app.options.limits, admitted.services.clone());
    let room = Room::new(limits.answer);
    let health = services.health.clone();
    // Until the answer has been written.
    let letters = Arc::new(Letters::new(&room, limits.answer, services.quotas.letters()));
    let request = request
        .data(tables(services.pool(), caller.viewer.as_ref(), &letters))
        .data(services)
        .data(caller)
        .data(room.clone());
    // A task of its own: a caller who hangs up does not leave half of a mutation undone.
    let schema = app.schema.clone();
    let mut task = tokio::spawn(async move {
        let _inside = (admitted, large);
        schema.execute(request).await
    });
    match tokio::time::timeout(limits.time, &mut task).await {
        Ok(Ok(_)) if room.is_busy() => Err(Refusal::many_large(COME_AGAIN)),
        Ok(Ok(_)) if room.is_over() => Err(Refusal::too_long(limits.answer)),
        Ok(Ok(response)) => {
            let public = public && response.errors.is_empty();
            let (mut errors, data, headers) = (response.errors, response.data, response.http_headers);
            if errors.iter().any(waited_in_vain) && health.is_well().await {
                for error in errors.iter_mut().filter(|error| waited_in_vain(error)) {
                    error.source = Some(Arc::new(Failure::InItsOwnWay));
                }
            }
            let answer = finished(errors, data, headers, media, language, request_id(parts), limits.answer)?;
            Ok(if public { conditional(&parts.headers, answer).await } else { answer })
        }
        Ok(Err(error)) => {
            let request_id = request_id(parts);
            tracing::error!(%request_id, %error, "a request failed");
            Err(Refusal::new(Code::Internal, internal(request_id)))
        }
        Err(_) => {
            task.abort();
            let seconds = limits.time.as_secs();
            let said = Said::filled(
                format!("no answer within {seconds} s; what it was to change may be done, look before you repeat it"),
                format!("ответа нет уже {seconds} с; изменения могли состояться, проверьте, прежде чем повторять"),
            );
            Err(Refusal::new(Code::Timeout, said))
        }
    }
}

fn waited_in_vain(error: &ServerError) -> bool {
    error.source::<Failure>().is_some_and(Failure::waited_in_vain)
}

fn not_allowed(said: Said, methods: &'static str) -> Refusal {
    Refusal::new(Code::MethodNotAllowed, said).with(header::ALLOW, methods)
}

fn mutates(document: &ExecutableDocument, name: Option<&str>) -> bool {
    match &document.operations {
        DocumentOperations::Single(operation) => operation.node.ty == OperationType::Mutation,
        DocumentOperations::Multiple(operations) => operations.iter().any(|(operation_name, operation)| {
            operation.node.ty == OperationType::Mutation && name.is_none_or(|name| name == operation_name.as_str())
        }),
    }
}
