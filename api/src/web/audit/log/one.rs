//! One event: what it is, what it followed from, and what followed from it.

use super::rows::Row;
use crate::web::frame::trouble::in_time;
use crate::web::frame::when::When;
use crate::web::frame::{Answer, Layout, Place, Trouble, Visit, page};
use acts::audit::log;
use askama::Template;
use axum::extract::Path;
use projections::audit;
use projections::history::AuditEvent;
use url::form_urlencoded;
use words::screens::log::Log as Words;

/// How many of the events that followed are shown.
const EFFECTS: usize = 20;

/// How much of an event's data is shown, in characters: what an event says can be a book.
const DATA: usize = 100_000;

#[derive(Template)]
#[template(path = "audit/log/one.html")]
struct Page {
    page: Layout,
    w: &'static Words,
    event: Row,
    at: When,
    name: String,
    /// Where all events of this name are.
    like_it_at: String,
    version: i64,
    event_id: String,
    request: String,
    /// The course of things, and where all of it is; none if it belongs to none.
    course: Option<(String, String)>,
    /// Where all that happened to the same thing is.
    same_at: String,
    cause: Option<Row>,
    effects: Vec<Row>,
    more_effects: bool,
    takes_too_long: bool,
    data: String,
    /// Where the whole of the data is, if this is only its beginning.
    whole_at: Option<String>,
}

/// `GET /log/POSITION`.
pub(crate) async fn show(visit: Visit, Path(position): Path<String>) -> Answer {
    let (access, w) = (visit.viewer()?.reads(), Words::of(visit.language()));
    let position = position.parse::<i64>().ok().filter(|position| *position > 0).ok_or(Trouble::Absent)?;
    let event = audit::get(visit.pool(), access, position).await?.ok_or(Trouble::Absent)?;
    // Both look through the course of things, which may be long.
    let cause = in_time(audit::cause(visit.pool(), access, &event).await)?;
    let effects = in_time(audit::effects(visit.pool(), access, &event, None, EFFECTS + 1).await)?;
    let takes_too_long = cause.is_none() || effects.is_none();
    let (cause, effects) = (cause.flatten(), effects.unwrap_or_default());
    let (has_cause, more_effects) = (cause.is_some(), effects.len() > EFFECTS);
    let all = std::iter::once(event.clone()).chain(cause).chain(effects.into_iter().take(EFFECTS));
    let mut rows = Row::of(&visit, &all.collect::<Vec<AuditEvent>>()).await?.into_iter();
    let row = rows.next().ok_or(Trouble::Absent)?;
    let told = event.told();
    let (data, is_whole) = beginning(format!("{:#}", log::data(visit.viewer()?, &event)));
    let of_object = [("objectId", event.aggregate_id.as_str())];
    let of_name = [("kind", event.aggregate_type.as_str()), ("type", event.event_type.as_str())];
    page(&Page {
        page: visit.layout(w.event_of.with(event.position.to_string()), Place::Log),
        w,
        event: row,
        at: visit.when(event.recorded_at),
        like_it_at: address("/log", &of_name),
        version: event.sequence,
        event_id: event.event_id.to_string(),
        request: told.request_id.to_string(),
        course: event.correlation().map(|id| {
            let id = id.to_string();
            let at = address("/log", &[("correlationId", &id)]);
            (id, at)
        }),
        same_at: address("/log", &of_object),
        cause: if has_cause { rows.next() } else { None },
        effects: rows.collect(),
        more_effects,
        takes_too_long,
        data,
        whole_at: (!is_whole).then(|| address("/log/export.jsonl", &of_object)),
        name: event.event_type,
    })
}

fn address(path: &str, conditions: &[(&str, &str)]) -> String {
    let written = form_urlencoded::Serializer::new(String::new()).extend_pairs(conditions).finish();
    format!("{path}?{written}")
}

/// As much of a text as a page shows, and whether that is all of it.
fn beginning(mut text: String) -> (String, bool) {
    match text.char_indices().nth(DATA).map(|(end, _)| end) {
        Some(end) => {
            text.truncate(end);
            (text, false)
        }
        None => (text, true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_than_the_beginning_of_a_book_is_shown() {
        assert_eq!(beginning("Ё".repeat(DATA)), ("Ё".repeat(DATA), true));
        assert_eq!(beginning("Ё".repeat(DATA + 1)), ("Ё".repeat(DATA), false));
    }
}
