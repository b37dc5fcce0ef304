//! The audit log as a file, with the conditions of the address.

use crate::failure::Failure;
use crate::http::error_answer::ErrorAnswer;
use crate::web::frame::export::{self, CSV, JSON_LINES, Lines};
use crate::web::frame::{Answer, Fields, Visit};
use acts::audit::export::{Export, Form, Reader};
use acts::sheets::Delimiter;
use acts::who::Viewer;
use chrono::{DateTime, Utc};
use domain::{StreamKind, UserId};
use projections::audit::{By, Filter};
use projections::{Access, ReadError};
use uuid::Uuid;
use words::queries::Problem;

impl Lines for Export {
    async fn next(&mut self) -> Result<Option<String>, ReadError> {
        Export::next(self).await
    }

    fn allow(&self, viewer: &Viewer) -> bool {
        // Whoever may read less than at first reads no further.
        self.access() == viewer.reads() || viewer.reads() == Access::All
    }
}

/// `GET /log/export.jsonl`.
pub(super) async fn json_lines(visit: Visit) -> Answer {
    answer(&visit, Form::JsonLines, ("jsonl", JSON_LINES)).await
}

/// `GET /log/export.csv`.
pub(super) async fn csv(visit: Visit) -> Answer {
    answer(&visit, Form::Csv(Delimiter::of(visit.language())), ("csv", CSV)).await
}

async fn answer(visit: &Visit, form: Form, (ending, media): (&str, &'static str)) -> Answer {
    let viewer = visit.viewer()?;
    let (access, filter) = (viewer.reads(), asked(&visit.query())?);
    let reader = (Reader::Viewer(Box::new(viewer.clone())), visit.language());
    let lines = Export::new(visit.services(), access, filter, reader, form);
    let turn = visit.app().exports.take(viewer.id()).await.map_err(ErrorAnswer::of)?;
    let name = format!("log-{}.{ending}", export::today(visit));
    Ok(export::begun_as(visit, (&name, media), lines, turn).await?)
}

/// The conditions of an address, which are called as the filter of the API. What is no id, no kind and no actor is nothing's.
fn asked(query: &Fields) -> Result<Filter, Failure> {
    let id = |name: &str| query.some(name).map(|text| text.trim().parse::<Uuid>().unwrap_or_default());
    let kind = query.some("kind").map(StreamKind::from_name);
    let by = query.some("actor").map(|text| match text {
        "system" => By::System,
        "command_line" => By::CommandLine,
        user => By::User(UserId(user.trim().parse().unwrap_or_default())),
    });
    Ok(Filter {
        owner: id("ownerId").map(UserId),
        actor: by,
        object: if kind == Some(None) { Some(Uuid::nil()) } else { id("objectId") },
        kind: kind.flatten(),
        event_type: query.some("type").map(str::to_owned),
        since: moment(query, "from")?,
        until: moment(query, "to")?,
        correlation: id("correlationId"),
        text: query.some("search").map(|text| text.replace('\0', "\u{ffff}")),
    })
}

fn moment(query: &Fields, name: &str) -> Result<Option<DateTime<Utc>>, Failure> {
    let Some(text) = query.some(name) else { return Ok(None) };
    let bad = |_| Problem::NotAMoment { name: name.to_owned(), text: text.to_owned() };
    let at = DateTime::parse_from_rfc3339(text.trim()).map_err(bad);
    Ok(Some(at.map_err(|problem| Failure::BadRequest(problem.into()))?.to_utc()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_address_asks_for_is_a_filter_and_what_is_nothing_finds_nothing() {
        let of = |query: &str| asked(&Fields::parse(query.as_bytes()));
        let filter = of("kind=client&actor=system&type=Added&from=2026-05-01T10:00:00Z&search=anna").expect("a filter");
        assert_eq!((filter.kind, filter.actor), (Some(StreamKind::Client), Some(By::System)));
        assert_eq!((filter.event_type.as_deref(), filter.text.as_deref()), (Some("Added"), Some("anna")));
        assert!(filter.since.is_some() && filter.until.is_none() && filter.object.is_none());
        for nothing in ["kind=nonsense", "objectId=7"] {
            assert_eq!(of(nothing).expect("a filter").object, Some(Uuid::nil()), "{nothing}");
        }
        assert_eq!(of("actor=somebody").expect("a filter").actor, Some(By::User(UserId(Uuid::nil()))));
        assert!(of("from=yesterday").is_err());
        assert!(of("").expect("a filter").kind.is_none());
    }
}
