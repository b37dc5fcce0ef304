//! GraphQL over HTTP, as its specification has it (<https://graphql.github.io/graphql-over-http/draft/>).
//!
//! async-graphql-axum is not used: it runs mutations over GET and from form posts, and answers with the wrong statuses.

use super::admission::Admitted;
use super::answer::finished;
use super::app::App;
use super::bodies::Room as BodyRoom;
use super::conditional::{self, Kind, conditional};
use super::document::{self, Unread};
use super::error_answer::{ErrorAnswer, internal};
use super::identify::request_id;
use super::media::Media;
use super::parameters::{Parameters, bad, from_url, variables};
use super::{access_log, body, guard, language};
use crate::RequestLimits;
use crate::failure::Failure;
use crate::graphql::kit::room::{Letters, Room};
use crate::graphql::kit::tables::tables;
use acts::Quotas;
use acts::who::Caller;
use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationType};
use async_graphql::{Request, ServerError, Value, Variables};
use axum::body::Body;
use axum::extract::{Request as HttpRequest, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::response::Response;
use domain::{Code, Language};
use std::sync::Arc;
use words::{Said, Sentence};

/// When somebody may come again who found no room for letters, in seconds.
const COME_AGAIN: u32 = 2;

/// The answer to a GraphQL request.
pub(super) async fn answered(State(app): State<Arc<App>>, request: HttpRequest) -> Response {
    let (parts, body) = request.into_parts();
    let (language, id) = (language::accepted(&parts.headers), request_id(&parts));
    let Some(media) = Media::accepted(&parts.headers) else {
        return ErrorAnswer::new(Code::NotAcceptable, words::http::Problem::NotAcceptable).in_json(language, id);
    };
    match answer(&app, &parts, body, media).await {
        Ok(response) => response,
        Err(refusal) => refusal.answer(media, language, id),
    }
}

async fn answer(app: &App, parts: &Parts, body: Body, media: Media) -> Result<Response, ErrorAnswer> {
    let (parameters, large) = match parts.method {
        Method::GET => (from_url(parts.uri.query().unwrap_or_default())?, None),
        Method::POST => body::parameters(app, parts, body).await?,
        _ => {
            return Err(not_allowed(words::http::Problem::Method, "GET, POST"));
        }
    };
    if parts.method == Method::POST && !guard::is_same_origin(&parts.headers, &app.options.public_url) {
        return Err(ErrorAnswer::cross_site());
    }
    let (by_get, limits) = (parts.method == Method::GET, app.options.limits);
    let read = if large.is_some() {
        // It takes a core for a moment.
        let core = app.bodies.core().await?;
        let read = tokio::task::spawn_blocking(move || (read(parameters, by_get, &limits), core).0).await;
        let failed = |error| {
            tracing::error!(request_id = %request_id(parts), %error, "a request failed");
            Unanswered::Refused(ErrorAnswer::new(Code::Internal, internal(request_id(parts))))
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
            // In English, as everything that the library says about documents is: for whoever writes them.
            let language = Language::En;
            error.message = words::documents::Problem::Syntax { error: error.message }.told(language);
            let (id, most) = (request_id(parts), app.options.limits.answer);
            return finished(vec![error], Value::Null, HeaderMap::new(), media, language, id, most);
        }
    };
    let (caller, admitted, room) = if let Some(large) = large {
        (large.caller, large.admitted, Some(large.room))
    } else {
        let (caller, admitted) = app.admit(parts).await?;
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
    Refused(ErrorAnswer),
    Syntax(Box<async_graphql::parser::Error>),
}

impl From<ErrorAnswer> for Unanswered {
    fn from(refusal: ErrorAnswer) -> Self {
        Self::Refused(refusal)
    }
}

/// The document of a request, if it may be executed.
fn read(mut parameters: Parameters, by_get: bool, limits: &RequestLimits) -> Result<Asked, Unanswered> {
    let Some(query) = parameters.query.take() else {
        return Err(bad(words::documents::Problem::Missing).into());
    };
    let (variables, operation_name) = (variables(parameters.variables.take()), parameters.operation_name);
    let document = match document::parsed(&query, &variables, limits) {
        Ok(document) => document,
        Err(Unread::Syntax(error)) => return Err(Unanswered::Syntax(Box::new(error))),
        Err(unread) => return Err(ErrorAnswer::from(unread).into()),
    };
    if by_get && mutates(&document, operation_name.as_deref()) {
        return Err(not_allowed(words::documents::Problem::MutationsByPost, "POST").into());
    }
    document::affordable(&document, operation_name.as_deref(), &variables, limits).map_err(ErrorAnswer::from)?;
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
    (caller, admitted, large): (Caller, Admitted, Option<BodyRoom>),
    asked: Asked,
    media: Media,
) -> Result<Response, ErrorAnswer> {
    let Asked { query, document, variables, operation_name } = asked;
    if caller.viewer.as_ref().is_some_and(|viewer| !viewer.may_write()) && mutates(&document, operation_name.as_deref())
    {
        return Err(ErrorAnswer::failed(&Failure::read_only(), request_id(parts)));
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
    let letters = Arc::new(Letters::new(&room, limits.answer.min(Quotas::LETTERS), services.quotas.letters()));
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
        Ok(Ok(_)) if room.is_busy() => Err(ErrorAnswer::many_large(COME_AGAIN)),
        Ok(Ok(_)) if room.is_over() => Err(ErrorAnswer::too_long(limits.answer)),
        Ok(Ok(response)) => {
            let public = public && response.errors.is_empty();
            let (mut errors, data, headers) = (response.errors, response.data, response.http_headers);
            if errors.iter().any(met_a_crowd) && health.is_well().await {
                for error in errors.iter_mut().filter(|error| met_a_crowd(error)) {
                    error.source = Some(Arc::new(Failure::InItsOwnWay));
                }
            }
            let answer = finished(errors, data, headers, media, language, request_id(parts), limits.answer)?;
            Ok(if public { conditional(Kind::Query, &parts.headers, answer).await } else { answer })
        }
        Ok(Err(error)) => {
            let request_id = request_id(parts);
            tracing::error!(%request_id, %error, "a request failed");
            Err(ErrorAnswer::new(Code::Internal, internal(request_id)))
        }
        Err(_) => {
            task.abort();
            let seconds = limits.time.as_secs();
            Err(ErrorAnswer::new(Code::Timeout, words::http::Problem::NoAnswer { seconds }))
        }
    }
}

fn met_a_crowd(error: &ServerError) -> bool {
    error.source::<Failure>().is_some_and(Failure::met_a_crowd)
}

fn not_allowed(said: impl Into<Said>, methods: &'static str) -> ErrorAnswer {
    ErrorAnswer::new(Code::MethodNotAllowed, said).with(header::ALLOW, methods)
}

fn mutates(document: &ExecutableDocument, name: Option<&str>) -> bool {
    match &document.operations {
        DocumentOperations::Single(operation) => operation.node.ty == OperationType::Mutation,
        DocumentOperations::Multiple(operations) => operations.iter().any(|(operation_name, operation)| {
            operation.node.ty == OperationType::Mutation && name.is_none_or(|name| name == operation_name.as_str())
        }),
    }
}
