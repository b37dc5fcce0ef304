//! What went wrong, as a page.

use super::answer::Answer;
use super::fields::sentence;
use super::trouble::Trouble;
use super::{Fields, Layout, Place, Visit};
use crate::failure::Failure;
use crate::http::error_answer::ErrorAnswer;
use acts::Problem;
use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use domain::Code;
use uuid::Uuid;

#[derive(Template)]
#[template(path = "frame/trouble.html")]
struct Page {
    page: Layout,
    title: String,
    sentences: Vec<String>,
    request: Option<Uuid>,
    back: String,
}

/// The page for a visitor who is known.
pub(super) fn page(visit: &Visit, trouble: &Trouble, fields: &Fields) -> Response {
    if matches!(trouble, Trouble::LogIn) {
        return crate::web::who::log_in::first(visit, fields);
    }
    let layout = |title: &str| visit.layout(title, Place::None);
    told(trouble, visit.caller().request_id, layout, visit.address(), visit.looks())
}

/// The page for somebody of whom nothing is known but their language.
pub(super) fn page_for_strangers(layout: impl FnOnce(&str) -> Layout, trouble: &Trouble, request: Uuid) -> Response {
    told(trouble, request, layout, "/", true)
}

fn told(trouble: &Trouble, request: Uuid, layout: impl FnOnce(&str) -> Layout, address: &str, looks: bool) -> Response {
    let page = layout("");
    let (frame, language) = (page.w, page.language);
    let (status, title, sentences, retry_after, ours) = match trouble {
        Trouble::LogIn => (StatusCode::UNAUTHORIZED, frame.error_log_in_title, vec![], None, false),
        Trouble::AnotherAccount => {
            (StatusCode::FORBIDDEN, frame.error_other_title, vec![frame.error_other.to_owned()], None, false)
        }
        Trouble::Absent => {
            (StatusCode::NOT_FOUND, frame.error_absent_title, vec![frame.error_absent.to_owned()], None, false)
        }
        Trouble::Problems(problems) => {
            let absent = |problem: &Problem| matches!(problem.code, Code::NotFound | Code::SegmentNotFound);
            let absent = problems.iter().any(absent);
            let status = if absent { StatusCode::NOT_FOUND } else { StatusCode::UNPROCESSABLE_ENTITY };
            let said = problems.iter().map(|problem| sentence(problem.said.to(language))).collect();
            let wait = problems.iter().find_map(|problem| problem.retry_after);
            (status, frame.error_problem_title, said, wait, false)
        }
        Trouble::Failed(failure) => {
            let answer = ErrorAnswer::failed(failure, request);
            let lacking = matches!(failure, Failure::Forbidden(_));
            let title = if lacking { frame.error_lacking_title } else { frame.error_failed_title };
            let mut said = vec![sentence(answer.said().to(language))];
            if !lacking {
                said.push(frame.error_failed.to_owned());
            }
            (answer.status(), title, said, answer.retry_after(), !lacking)
        }
        Trouble::Refused(answer) => {
            let title = match answer.status() {
                StatusCode::TOO_MANY_REQUESTS => frame.error_busy_title,
                StatusCode::PAYLOAD_TOO_LARGE => frame.error_large_title,
                _ => frame.error_failed_title,
            };
            (answer.status(), title, vec![sentence(answer.said().to(language))], answer.retry_after(), false)
        }
        Trouble::Template(error) => {
            tracing::error!(%request, %error, "a page did not render");
            let said = vec![frame.error_failed.to_owned()];
            (StatusCode::INTERNAL_SERVER_ERROR, frame.error_failed_title, said, None, true)
        }
    };
    let back = if looks { "/".to_owned() } else { address.to_owned() };
    let page =
        Page { page: page.titled(title), title: title.to_owned(), sentences, request: ours.then_some(request), back };
    let mut response = match page.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%request, %error, "the page of an error did not render");
            (StatusCode::INTERNAL_SERVER_ERROR, frame.error_failed).into_response()
        }
    };
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// For addresses that lead nowhere.
pub(crate) async fn absent() -> Answer {
    Err(Trouble::Absent)
}
