//! What handlers share.

use super::admission::{Admission, Admitted, TooMany, Whose};
use super::bodies::Bodies;
use super::error_answer::ErrorAnswer;
use super::guard;
use super::identify::request_id;
use super::webhooks::{Certificates, Doubts};
use crate::Options;
use crate::cache::Cache;
use crate::graphql::Schema;
use crate::web::Live;
use acts::AtOnce;
use acts::intake::Ways;
use acts::who::Caller;
use acts::who::allowance::neighbourhood;
use axum::http::request::Parts;
use domain::feedback::Via;
use std::sync::Arc;

/// When somebody who was refused may come again, in seconds.
const COME_AGAIN: u32 = 2;

/// What handlers share.
pub(crate) struct App {
    pub(crate) admission: Arc<Admission>,
    pub(crate) options: Options,
    /// What everybody reads, for all faces.
    pub(crate) cache: Cache,
    pub(crate) live: Arc<Live>,
    pub(super) schema: Schema,
    pub(super) bodies: Bodies,
    /// Whose exports are read.
    pub(crate) exports: AtOnce,
    /// Those that reports of Amazon's were signed with.
    pub(super) certificates: Certificates,
    /// Reports of providers that are not believed, for the log.
    pub(super) doubts: Doubts,
    /// How it is with the ways on which providers report.
    pub(super) ways: Ways,
}

impl App {
    /// Finds out who sends a request, and lets it in.
    pub(crate) async fn admit(&self, parts: &Parts) -> Result<(Caller, Admitted), ErrorAnswer> {
        let address = guard::address(parts, &self.options).map(neighbourhood);
        let at_the_door = match guard::token(&parts.headers, &self.options) {
            Some(_) => Whose::Token(address),
            None => Whose::Address(address),
        };
        let busy = |TooMany| ErrorAnswer::too_many(COME_AGAIN);
        let admitted = self.admission.enter(at_the_door).await.map_err(busy)?;
        let caller = guard::caller(parts, &admitted.services, &self.options).await;
        let caller = caller.map_err(|error| ErrorAnswer::failed(&error.into(), request_id(parts)))?;
        let whose = match (&caller.viewer, at_the_door) {
            (Some(viewer), _) => Whose::Account(viewer.id().0),
            // A token that is nobody's.
            (None, Whose::Token(address)) => Whose::Address(address),
            (None, _) => return Ok((caller, admitted)),
        };
        drop(admitted);
        let admitted = self.admission.enter(whose).await.map_err(busy)?;
        Ok((caller, admitted))
    }

    /// Lets in whoever comes as nobody in particular: no session is looked for.
    pub(crate) async fn admit_stranger(&self, parts: &Parts) -> Result<Admitted, TooMany> {
        self.admission.enter(Whose::Address(guard::address(parts, &self.options).map(neighbourhood))).await
    }

    /// Lets in whoever comes with the link of a letter, which says by itself who they are: no session is looked for.
    pub(crate) async fn admit_holder(&self, parts: &Parts) -> Result<Admitted, TooMany> {
        self.admission.enter(Whose::Holder(guard::address(parts, &self.options).map(neighbourhood))).await
    }

    /// Lets in whoever comes with a report, of which it has to be found out yet whose it is.
    pub(super) async fn admit_reporter(&self, parts: &Parts) -> Result<Admitted, ErrorAnswer> {
        let from = guard::address(parts, &self.options).map(neighbourhood);
        self.admission.enter(Whose::Reporter(from)).await.map_err(|TooMany| ErrorAnswer::too_many(COME_AGAIN))
    }

    /// Lets in a report that is this provider's.
    pub(super) async fn admit_provider(&self, provider: Via) -> Result<Admitted, ErrorAnswer> {
        self.admission.enter(Whose::Provider(provider)).await.map_err(|TooMany| ErrorAnswer::too_many(COME_AGAIN))
    }
}
