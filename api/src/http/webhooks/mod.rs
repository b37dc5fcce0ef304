//! What providers report of letters: `POST /webhooks/ses`, `/sendgrid`, `/mailgun`, `/postmark`, `/brevo`.
//!
//! ```text
//! room for its address ── bytes ── is it the provider's? ── room for the provider ── every report taken ──> 200
//! ```
//!
//! A provider comes again if it is answered with an error, so it is told that all is well only when everything is written, and the same
//! report counts once. What becomes of those who come is noted (`acts::intake::Ways`), so that administrators are told if nothing is taken any
//! more. Nobody is signed in here: there is no session, so there is nothing that a page of somebody else's could use.

mod certificates;
mod doubts;
mod fetch;

pub(super) use certificates::Certificates;
pub(super) use doubts::Doubts;
pub use fetch::{Fetch, Unfetched};

use super::app::App;
use super::body;
use super::error_answer::ErrorAnswer;
use super::identify::request_id;
use super::language;
use crate::failure::{Failure, problems_or_failure};
use crate::{PublicKey, Secret, Topic, Webhooks};
use acts::intake::{self, Ways};
use acts::{Problem, Refused};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bounces::Reading;
use bounces::webhooks::ses::{Envelope, Kind};
use bounces::webhooks::{Forged, Malformed, brevo, mailgun, postmark, sendgrid};
use chrono::{DateTime, Utc};
use domain::feedback::Via;
use std::sync::Arc;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/webhooks/ses", post(from_ses))
        .route("/webhooks/sendgrid", post(from_sendgrid))
        .route("/webhooks/mailgun", post(from_mailgun))
        .route("/webhooks/postmark", post(from_postmark))
        .route("/webhooks/brevo", post(from_brevo))
}

/// Notes the providers who can report here.
pub(super) fn open(ways: &Ways, webhooks: &Webhooks) {
    let Webhooks { ses, sendgrid, mailgun, postmark, brevo, fetch: _ } = webhooks;
    for (via, is_open) in [
        (Via::Ses, ses.is_some()),
        (Via::Sendgrid, sendgrid.is_some()),
        (Via::Mailgun, mailgun.is_some()),
        (Via::Postmark, postmark.is_some()),
        (Via::Brevo, brevo.is_some()),
    ] {
        if is_open {
            ways.opens(via);
        }
    }
}

/// A provider, and what proves that a report is its own.
enum Provider {
    Ses(Topic),
    Sendgrid(PublicKey),
    Mailgun(Secret),
    Postmark(Secret),
    Brevo(Secret),
}

/// Why a report is not taken.
enum Refusal {
    /// There is nothing at this address.
    Absent,
    /// It is not the provider's.
    Forged(Forged),
    /// It is none.
    Malformed,
    /// What it takes to know whether it is the provider's, or to confirm a subscription, could not be got now.
    Unfetched(Unfetched),
    /// It could not be written now, as others write of the same letters.
    Later(Vec<Problem>),
    /// There is no room for it, or it could not be written.
    Answer(Box<ErrorAnswer>),
}

impl From<Forged> for Refusal {
    fn from(forged: Forged) -> Self {
        Self::Forged(forged)
    }
}

impl From<Malformed> for Refusal {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

impl From<Unfetched> for Refusal {
    fn from(error: Unfetched) -> Self {
        Self::Unfetched(error)
    }
}

impl From<ErrorAnswer> for Refusal {
    fn from(answer: ErrorAnswer) -> Self {
        Self::Answer(Box::new(answer))
    }
}

async fn from_ses(State(app): State<Arc<App>>, request: Request) -> Response {
    let provider = app.options.webhooks.ses.clone().map(Provider::Ses);
    answered(&app, Via::Ses, provider, request).await
}

async fn from_sendgrid(State(app): State<Arc<App>>, request: Request) -> Response {
    let provider = app.options.webhooks.sendgrid.clone().map(Provider::Sendgrid);
    answered(&app, Via::Sendgrid, provider, request).await
}

async fn from_mailgun(State(app): State<Arc<App>>, request: Request) -> Response {
    let provider = app.options.webhooks.mailgun.clone().map(Provider::Mailgun);
    answered(&app, Via::Mailgun, provider, request).await
}

async fn from_postmark(State(app): State<Arc<App>>, request: Request) -> Response {
    let provider = app.options.webhooks.postmark.clone().map(Provider::Postmark);
    answered(&app, Via::Postmark, provider, request).await
}

async fn from_brevo(State(app): State<Arc<App>>, request: Request) -> Response {
    let provider = app.options.webhooks.brevo.clone().map(Provider::Brevo);
    answered(&app, Via::Brevo, provider, request).await
}

async fn answered(app: &App, via: Via, provider: Option<Provider>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let done = match provider {
        Some(provider) => taken(app, via, &provider, &parts, body).await,
        None => Err(Refusal::Absent),
    };
    match done {
        Ok(()) => {
            app.ways.takes(via);
            StatusCode::OK.into_response()
        }
        Err(refusal) => {
            if let Some((sort, why)) = refusal.obstacle() {
                app.ways.refuses(via, sort, &why);
            }
            refusal.answer(app, via, &parts)
        }
    }
}

/// Takes everything that a request reports. It has room of its address from before its bytes come until it is answered.
async fn taken(app: &App, via: Via, provider: &Provider, parts: &Parts, body: Body) -> Result<(), Refusal> {
    let here = app.admit_reporter(parts).await?;
    provider.shows(&parts.headers)?;
    let (bytes, _room) = body::report(app, parts, body).await?;
    let readings = provider.read(app, &parts.headers, &bytes, here.services.now()).await?;
    drop(bytes);
    if readings.is_empty() { Ok(()) } else { tell(app, via, readings, parts).await }
}

impl Provider {
    /// Looks at what proves a report and is no part of its body, so that nothing of the body is read for whoever lacks it.
    fn shows(&self, headers: &HeaderMap) -> Result<(), Forged> {
        let authorization = text(headers, "authorization");
        match self {
            Self::Ses(_) | Self::Mailgun(_) => Ok(()),
            Self::Sendgrid(_) if headers.contains_key(sendgrid::SIGNATURE) => Ok(()),
            Self::Sendgrid(_) => Err(Forged::Unsigned),
            Self::Postmark(password) => postmark::verify(password, authorization),
            Self::Brevo(token) => brevo::verify(token, authorization),
        }
    }

    /// What a body reports that is the provider's.
    async fn read(
        &self,
        app: &App,
        headers: &HeaderMap,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Vec<Reading>, Refusal> {
        Ok(match self {
            Self::Ses(topic) => from_sns(app, topic, body, now).await?,
            Self::Sendgrid(key) => {
                let (signature, timestamp) = (text(headers, sendgrid::SIGNATURE), text(headers, sendgrid::TIMESTAMP));
                sendgrid::verify(key, signature, timestamp, body, now)?;
                sendgrid::read(body)?
            }
            Self::Mailgun(key) => {
                mailgun::verify(key, body, now)?;
                mailgun::read(body)?
            }
            Self::Postmark(_) => postmark::read(body)?,
            Self::Brevo(_) => brevo::read(body)?,
        })
    }
}

/// A header as text; none if it is missing, or no text.
fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// What a message of SNS reports, if it is one of the topic. Whoever subscribes the service to the topic is confirmed by it.
async fn from_sns(app: &App, topic: &Topic, body: &[u8], now: DateTime<Utc>) -> Result<Vec<Reading>, Refusal> {
    let (envelope, fetch) = (Envelope::read(body)?, &app.options.webhooks.fetch);
    let address = envelope.certificate(topic)?;
    if let Some(certificate) = app.certificates.known(address) {
        envelope.verify(topic, &certificate, now)?;
    } else {
        let certificate = app.certificates.ask(fetch, address).await?;
        envelope.verify(topic, &certificate, now)?;
        app.certificates.keep(address, certificate);
    }
    match envelope.kind() {
        Kind::Notification => {}
        Kind::SubscriptionConfirmation => {
            fetch.get(envelope.confirmation(topic)?).await?;
            tracing::info!(%topic, "the service is subscribed to what Amazon SES reports");
        }
        Kind::UnsubscribeConfirmation => {
            tracing::warn!(%topic, "the service is not subscribed any more to what Amazon SES reports");
        }
    }
    Ok(envelope.readings())
}

/// Takes one report after the other, each of which is written before the next one.
async fn tell(app: &App, via: Via, readings: Vec<Reading>, parts: &Parts) -> Result<(), Refusal> {
    let admitted = app.admit_provider(via).await?;
    // A task of its own: a provider who hangs up does not leave off in the middle of them, and finds less to do when it comes again.
    let task = tokio::spawn(async move {
        for reading in readings {
            intake::tell(&admitted.services, via, reading).await?;
        }
        Ok::<(), Refused>(())
    });
    let failed = |failure: &Failure| ErrorAnswer::failed(failure, request_id(parts));
    let refused = match task.await {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(refused)) => refused,
        Err(error) => return Err(failed(&error.into()).into()),
    };
    match problems_or_failure(refused) {
        // Whoever is answered so comes again, which they need not do after what stands for any other problem.
        Ok(problems) => Err(Refusal::Later(problems)),
        Err(failure) => Err(failed(&failure).into()),
    }
}

impl Refusal {
    /// What it says of our side if all reports are refused so, and why; none if that is nothing: something else was sent, or too much, or
    /// something without any proof, which comes from whoever likes, and not from a provider with another key than ours.
    fn obstacle(&self) -> Option<(intake::Refusal, String)> {
        match self {
            Self::Absent | Self::Malformed | Self::Forged(Forged::Unsigned) => None,
            Self::Forged(forged) => Some((intake::Refusal::Forged, format!("a report is not believed: {forged}"))),
            Self::Unfetched(error) => Some((intake::Refusal::PutOff, format!("Amazon does not answer: {error}"))),
            Self::Later(_) => Some((intake::Refusal::PutOff, "a report could not be written".to_owned())),
            Self::Answer(answer) if answer.status().is_server_error() => {
                Some((intake::Refusal::PutOff, "a report could not be written; the log says why".to_owned()))
            }
            Self::Answer(_) => None,
        }
    }

    /// The answer, and a line in the log that says nothing of what was reported.
    fn answer(self, app: &App, via: Via, parts: &Parts) -> Response {
        let (provider, request_id) = (via.name(), request_id(parts));
        match self {
            Self::Absent => StatusCode::NOT_FOUND.into_response(),
            Self::Forged(forged) => {
                app.doubts.note(via, forged, request_id);
                forged_answer(via, forged)
            }
            Self::Malformed => {
                tracing::warn!(%request_id, provider, "a report cannot be read");
                (StatusCode::BAD_REQUEST, "The body is not what the provider sends.\n").into_response()
            }
            Self::Unfetched(error) => {
                tracing::warn!(%request_id, provider, %error, "what Amazon has for a report cannot be got");
                StatusCode::SERVICE_UNAVAILABLE.into_response()
            }
            Self::Later(problems) => {
                tracing::warn!(%request_id, provider, codes = ?codes(&problems), "a report could not be written now");
                StatusCode::SERVICE_UNAVAILABLE.into_response()
            }
            Self::Answer(answer) => answer.in_json(language::accepted(&parts.headers), request_id),
        }
    }
}

fn codes(problems: &[Problem]) -> Vec<&'static str> {
    problems.iter().map(|problem| problem.code.as_str()).collect()
}

/// Whoever shows a password that is wrong is asked for another one; a signature is not asked for.
fn forged_answer(via: Via, forged: Forged) -> Response {
    let said = format!("The report is not believed: {forged}.\n");
    match via {
        Via::Postmark | Via::Brevo => {
            let asked = (header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"webhooks\""));
            (StatusCode::UNAUTHORIZED, [asked], said).into_response()
        }
        Via::Ses | Via::Sendgrid | Via::Mailgun | Via::Smtp | Via::Imap | Via::Pipe => {
            (StatusCode::FORBIDDEN, said).into_response()
        }
    }
}
