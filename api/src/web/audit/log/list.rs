//! The newest events, with conditions, and the way to older ones and back.

use super::asked::{self, COMMAND_LINE, ME, SYSTEM};
use super::rows::Row;
use crate::web::frame::answer::mend;
use crate::web::frame::list::ROWS;
use crate::web::frame::trouble::in_time;
use crate::web::frame::{Answer, Fields, Layout, Mistakes, Place, Trouble, Visit, owners, page};
use askama::Template;
use domain::{StreamKind, UserId};
use projections::audit::{self, Direction, Filter, Window};
use url::form_urlencoded;
use words::screens::log::Log as Words;

/// Where the list is.
const PATH: &str = "/log";

/// What an address may ask for, besides the place in the list.
const CONDITIONS: [&str; 10] =
    ["search", "kind", "actor", "user", "ownerId", "type", "from", "to", "objectId", "correlationId"];

#[derive(Template)]
#[template(path = "audit/log/list.html")]
struct List {
    page: Layout,
    w: &'static Words,
    form: Form,
    mistakes: Mistakes,
    may_ask_why: bool,
    zone: String,
    rows: Vec<Row>,
    count: Option<String>,
    /// Whether a text was looked for, and the list has come to its end.
    searched_through: bool,
    ways: Ways,
    /// Where what the list shows is as a file.
    csv_at: String,
    json_at: String,
}

/// The conditions, as a form has them.
struct Form {
    search: String,
    kinds: Vec<(&'static str, &'static str, bool)>,
    actors: [(&'static str, &'static str, bool); 4],
    event_type: String,
    from: String,
    to: String,
    /// The addresses of who did it, and of whose it is; only for those who see everybody's accounts.
    people: Option<(String, String)>,
    /// What is asked for besides, to ask for it again.
    kept: Vec<(&'static str, String)>,
    is_of_one: bool,
    is_of_course: bool,
    /// Whether any of the conditions is given that are asked for seldom.
    asks_more: bool,
    narrowed: bool,
}

/// Where the list goes on, in either direction.
struct Ways {
    newest: Option<String>,
    newer: Option<String>,
    older: Option<String>,
}

/// `GET /log`.
pub(crate) async fn show(visit: Visit) -> Answer {
    let (viewer, query, w) = (visit.viewer()?, visit.query(), Words::of(visit.language()));
    let place = At::of(&query)?;
    let asked = asked::filter(&visit, &query).await?;
    let mistakes = asked.as_ref().map_or_else(|wrong| wrong.mistakes(w), |_| Mistakes::default());
    let empty = List {
        page: visit.layout(w.title, Place::Log),
        w,
        form: Form::of(&visit, &query).await?,
        mistakes,
        may_ask_why: viewer.may_own() || viewer.may_watch(),
        zone: visit.frame().times_in.with(visit.zone().name()),
        rows: Vec::new(),
        count: None,
        searched_through: false,
        ways: Ways { newest: None, newer: None, older: None },
        csv_at: address(&query, "/log/export.csv", None),
        json_at: address(&query, "/log/export.jsonl", None),
    };
    match asked {
        Ok(filter) => page(&empty.with(&visit, &query, &filter, place).await?),
        Err(_) => mend(&empty),
    }
}

/// The place in the list where a page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Newest,
    /// With the newest event before this one.
    Before(i64),
    /// With the oldest event after this one.
    After(i64),
}

impl At {
    /// The place that an address asks for. One that is none leads to no page.
    fn of(query: &Fields) -> Result<Self, Trouble> {
        let position = |text: &str| text.parse::<i64>().ok().filter(|position| *position > 0).ok_or(Trouble::Absent);
        match (query.some("before"), query.some("after")) {
            (None, None) => Ok(Self::Newest),
            (Some(before), None) => Ok(Self::Before(position(before)?)),
            (None, Some(after)) => Ok(Self::After(position(after)?)),
            (Some(_), Some(_)) => Err(Trouble::Absent),
        }
    }

    /// One event more than a page has, which tells whether there are more.
    fn window(self) -> Window {
        let (after, before, direction) = match self {
            Self::Newest => (None, None, Direction::Backwards),
            Self::Before(before) => (None, Some(before), Direction::Backwards),
            Self::After(after) => (Some(after), None, Direction::Forwards),
        };
        Window { after, before, direction, limit: ROWS + 1 }
    }
}

impl List {
    /// The same with the events that pass the filter, from a place on.
    async fn with(self, visit: &Visit, query: &Fields, filter: &Filter, place: At) -> Result<Self, Trouble> {
        let access = visit.viewer()?.reads();
        let mut events = audit::page(visit.pool(), access, filter, place.window()).await?;
        let more = events.len() > ROWS;
        events.truncate(ROWS);
        if matches!(place, At::After(_)) {
            events.reverse();
        }
        let ends = events.first().zip(events.last()).map(|(first, last)| (first.position, last.position));
        let searches = filter.text.is_some();
        let count = match place {
            // To count what only the events themselves tell takes as long as to find it.
            At::Newest if !searches => in_time(audit::counted(visit.pool(), access, filter).await)?,
            At::Newest | At::Before(_) | At::After(_) => None,
        };
        Ok(Self {
            rows: Row::of(visit, &events).await?,
            // Half of a number is told to nobody.
            count: count.filter(|it| it.is_whole).map(|it| self.w.count.of(it.events.unsigned_abs())),
            searched_through: searches && !more,
            ways: Ways::of(query, place, ends, more),
            ..self
        })
    }
}

impl Ways {
    /// The ways from a page with these first and last events; whether there are more in the direction in which it was read.
    fn of(query: &Fields, place: At, ends: Option<(i64, i64)>, more: bool) -> Self {
        // Whoever comes from one side goes back to it.
        let (has_newer, has_older) = match place {
            At::Newest => (false, more),
            At::Before(_) => (true, more),
            At::After(_) => (more, true),
        };
        let to = |name, position: i64| address(query, PATH, Some((name, position)));
        Self {
            newest: (place != At::Newest).then(|| address(query, PATH, None)),
            newer: ends.filter(|_| has_newer).map(|(first, _)| to("after", first)),
            older: ends.filter(|_| has_older).map(|(_, last)| to("before", last)),
        }
    }
}

/// An address with the same conditions.
fn address(query: &Fields, path: &str, place: Option<(&str, i64)>) -> String {
    let mut written = form_urlencoded::Serializer::new(String::new());
    let asked = query.pairs().iter().filter(|(name, value)| CONDITIONS.contains(&name.as_str()) && !value.is_empty());
    written.extend_pairs(asked);
    written.extend_pairs(place.map(|(name, position)| (name, position.to_string())));
    let written = written.finish();
    if written.is_empty() { path.to_owned() } else { format!("{path}?{written}") }
}

impl Form {
    async fn of(visit: &Visit, query: &Fields) -> Result<Self, Trouble> {
        let (w, watches) = (Words::of(visit.language()), visit.viewer()?.may_watch());
        let kinds = StreamKind::ALL.into_iter().filter(|kind| watches || is_owned(*kind));
        let kind = |kind: StreamKind| (kind.name(), w.of_kind(kind), query.text("kind") == kind.name());
        let actors = [("", w.anybody), (ME, w.me), (SYSTEM, w.service), (COMMAND_LINE, w.command_line)];
        let actor = query.text("actor");
        let people = if watches {
            let typed =
                query.some("user").or_else(|| Some(actor).filter(|name| !actors.iter().any(|it| it.0 == *name)));
            Some((called(visit, typed).await?, called(visit, query.some("ownerId")).await?))
        } else {
            None
        };
        let kept = ["objectId", "correlationId"].into_iter();
        Ok(Self {
            search: query.text("search").to_owned(),
            kinds: kinds.map(kind).collect(),
            actors: actors.map(|(name, label)| (name, label, name == actor)),
            event_type: query.text("type").to_owned(),
            from: query.text("from").to_owned(),
            to: query.text("to").to_owned(),
            kept: kept.filter_map(|name| Some((name, query.some(name)?.to_owned()))).collect(),
            is_of_one: query.some("objectId").is_some(),
            is_of_course: query.some("correlationId").is_some(),
            asks_more: query.some("type").is_some()
                || people.as_ref().is_some_and(|(user, owner)| !user.is_empty() || !owner.is_empty()),
            narrowed: CONDITIONS.iter().any(|name| query.some(name).is_some()),
            people,
        })
    }
}

/// Whether anybody owns such things, so that owners find events of them.
fn is_owned(kind: StreamKind) -> bool {
    match kind {
        StreamKind::User
        | StreamKind::Client
        | StreamKind::Group
        | StreamKind::Message
        | StreamKind::Mailing
        | StreamKind::Run
        | StreamKind::Batch
        | StreamKind::Session
        | StreamKind::Token
        | StreamKind::Suppression
        | StreamKind::Sender
        | StreamKind::CustomField
        | StreamKind::Segment
        | StreamKind::Import
        | StreamKind::Feedback => true,
        StreamKind::Notice
        | StreamKind::Article
        | StreamKind::Rebuild
        | StreamKind::SenderDomain
        | StreamKind::Subscription => false,
    }
}

/// Somebody as a form has them: the address of an account that is named by its id, and anything else as it was typed.
async fn called(visit: &Visit, typed: Option<&str>) -> Result<String, Trouble> {
    let Some(typed) = typed else { return Ok(String::new()) };
    let known = match typed.parse::<UserId>() {
        Ok(id) => owners::one(visit, id.0).await?,
        Err(_) => None,
    };
    Ok(known.unwrap_or_else(|| typed.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_lead_to_their_neighbours_with_the_same_conditions() {
        let query = Fields::parse(b"kind=client&search=%3Cb%3E&before=7&of=all&type=");
        let at = |ways: Ways| (ways.newest.is_some(), ways.newer, ways.older);
        let kept = "/log?kind=client&search=%3Cb%3E";
        let (newer, older) = (Some(format!("{kept}&after=9")), Some(format!("{kept}&before=5")));
        for (place, more, expected) in [
            (At::Newest, false, (false, None, None)),
            (At::Newest, true, (false, None, older.clone())),
            (At::Before(10), false, (true, newer.clone(), None)),
            (At::Before(10), true, (true, newer.clone(), older.clone())),
            (At::After(4), false, (true, None, older.clone())),
            (At::After(4), true, (true, newer, older)),
        ] {
            assert_eq!(at(Ways::of(&query, place, Some((9, 5)), more)), expected, "{place:?} {more}");
        }
        let nothing = at(Ways::of(&query, At::Before(3), None, false));
        assert_eq!(nothing, (true, None, None), "whoever is beyond the end goes back to the newest");
    }

    #[test]
    fn a_place_that_is_none_leads_nowhere() {
        let of = |query: &str| At::of(&Fields::parse(query.as_bytes())).ok();
        assert_eq!(
            (of(""), of("before=7"), of("after=7")),
            (Some(At::Newest), Some(At::Before(7)), Some(At::After(7)))
        );
        for query in ["before=0", "before=-1", "before=x", "after=9223372036854775808", "before=7&after=3"] {
            assert_eq!(of(query), None, "{query}");
        }
    }
}
