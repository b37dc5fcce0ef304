//! One line in the log for each request, with the target `access`: `LOG=info,access=off` leaves them out.
//!
//! Neither what was asked for nor from where is in it: documents and addresses are people's.

use acts::who::Caller;
use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use std::time::Instant;
use uuid::Uuid;

/// How much is told of a path that leads nowhere, in characters.
const PATH: usize = 60;

/// Who sent a request: handlers put it into the answer's extensions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct User(Option<Uuid>);

impl User {
    pub(crate) fn of(caller: &Caller) -> Self {
        Self(caller.viewer.as_ref().map(|viewer| viewer.id().0))
    }
}

/// What stands before the links of somebody's letter.
const LINKS: [&str; 2] = ["/u/", "/subscribe/confirm/"];

/// What is told of a path that leads nowhere. What follows these is the link of somebody's letter, also where a mail program has
/// broken it, and whoever reads the log is not to leave, or to subscribe, in their place.
fn told(path: &str) -> String {
    let begins = |link: &str| path.get(..link.len()).filter(|start| start.eq_ignore_ascii_case(link));
    match LINKS.into_iter().find_map(begins) {
        Some(start) => start.to_owned(),
        None => path.chars().take(PATH).collect(),
    }
}

/// Tells of a request when it is answered.
pub(super) async fn tell(request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    let id = request.extensions().get::<Uuid>().copied().unwrap_or_default();
    let path = match request.extensions().get::<MatchedPath>() {
        Some(route) => route.as_str().to_owned(),
        None => told(request.uri().path()),
    };
    let response = next.run(request).await;
    let status = response.status().as_u16();
    let milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let user = response.extensions().get::<User>().and_then(|user| user.0).map(tracing::field::display);
    // Supervisors ask every few seconds, and what they hear is told elsewhere.
    if path == "/healthz" || path == "/readyz" {
        tracing::debug!(target: "access", %method, path, status, milliseconds, request_id = %id, "answered");
    } else {
        tracing::info!(target: "access", %method, path, status, milliseconds, user, request_id = %id, "answered");
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_leads_nowhere_tells_no_link_of_a_letter() {
        let token = "aeazbrneaaahaaeaaaaaaaaaaaaqaaaabt4cq2x3vhrabauo3a";
        for (path, expected) in [
            (format!("/u/{token}/"), "/u/"),
            (format!("/u/{token}/x"), "/u/"),
            (format!("/U/{token}"), "/U/"),
            (format!("/subscribe/confirm/{token}/x"), "/subscribe/confirm/"),
            ("/subscribe/confirmed".to_owned(), "/subscribe/confirmed"),
            ("/user".to_owned(), "/user"),
            ("/".to_owned(), "/"),
            ("/ж".to_owned(), "/ж"),
        ] {
            assert_eq!(told(&path), expected, "{path}");
        }
        assert_eq!(told(&"/a".repeat(100)).len(), PATH);
    }
}
