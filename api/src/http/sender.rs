//! Who sends a file that is the whole body of a request, such as a picture or a file of clients.

use super::admission::Admitted;
use super::app::App;
use super::error_answer::ErrorAnswer;
use super::identify::request_id;
use super::{access_log, guard, language};
use crate::failure::Failure;
use acts::who::{Caller, Viewer};
use axum::http::request::Parts;
use axum::response::Response;
use domain::Language;
use uuid::Uuid;
use words::rights::Lacking;

/// Somebody who is signed in, may change something, and was let in.
pub(super) struct Sender {
    pub(super) caller: Caller,
    pub(super) viewer: Viewer,
    pub(super) admitted: Admitted,
    voice: Voice,
}

/// In which language somebody is told what was wrong, and by which id the log knows it.
#[derive(Clone, Copy)]
struct Voice {
    language: Language,
    request_id: Uuid,
}

impl Voice {
    fn refused(self, refusal: ErrorAnswer) -> Response {
        refusal.in_json(self.language, self.request_id)
    }
}

impl Sender {
    /// Lets whoever sends the request in. Nothing of its body is read before.
    pub(super) async fn arrive(app: &App, parts: &Parts) -> Result<Self, Response> {
        let request_id = request_id(parts);
        let stranger = Voice { language: language::accepted(&parts.headers), request_id };
        if !guard::is_same_origin(&parts.headers, &app.options.public_url) {
            return Err(stranger.refused(ErrorAnswer::cross_site()));
        }
        let (caller, admitted) = app.admit(parts).await.map_err(|refusal| stranger.refused(refusal))?;
        let voice = Voice { language: caller.language, request_id };
        let failed = |failure: &Failure| voice.refused(ErrorAnswer::failed(failure, request_id));
        let Some(viewer) = caller.viewer.clone() else { return Err(failed(&Failure::Unauthenticated)) };
        if !viewer.may_write() {
            return Err(failed(&Failure::read_only()));
        }
        Ok(Self { caller, viewer, admitted, voice })
    }

    /// The answer to a request that is refused.
    pub(super) fn refused(&self, refusal: ErrorAnswer) -> Response {
        self.told(self.voice.refused(refusal))
    }

    /// The same for one that failed.
    pub(super) fn failed(&self, failure: &Failure) -> Response {
        self.refused(ErrorAnswer::failed(failure, self.voice.request_id))
    }

    /// The same for one whose sender lacks a right.
    pub(super) fn lacks(&self, lacking: Lacking) -> Response {
        self.failed(&lacking.into())
    }

    /// The answer, of which the log tells who got it.
    pub(super) fn told(&self, mut response: Response) -> Response {
        response.extensions_mut().insert(access_log::User::of(&self.caller));
        response
    }
}
