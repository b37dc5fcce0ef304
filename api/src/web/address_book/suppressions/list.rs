//! The list itself.

use super::chosen::{INSTALLATION, PATH, State, address, chosen, rows_of};
use crate::web::frame::list::{self, Rows};
use crate::web::frame::mark::{Mark, Shape, Tone};
use crate::web::frame::when::When;
use crate::web::frame::{Answer, Fields, Layout, Listing, Place, Trouble, Visit, page};
use acts::suppressions::List;
use askama::Template;
use domain::suppression::{Reason, Source, Way};
use projections::suppressions::{self as read, Filter, ScopeKind, Suppression};
use projections::{Access, Cursor, groups, mailings};
use std::collections::HashMap;
use url::form_urlencoded;
use uuid::Uuid;
use words::screens::suppressions::Suppressions as Words;

#[derive(Template)]
#[template(path = "address_book/suppressions/list.html")]
struct Page {
    page: Layout,
    w: &'static Words,
    list: Listing,
    rows: Vec<Row>,
    /// The lists that the visitor may see, each with its address; none if it is one.
    choices: Vec<(&'static str, String, bool)>,
    /// Whether it is the installation's.
    of_installation: bool,
    lead: &'static str,
    empty: &'static str,
    reasons: Vec<(&'static str, &'static str, bool)>,
    states: Vec<(&'static str, &'static str, bool)>,
    has_actions: bool,
    new_at: String,
    import_at: String,
    csv_at: String,
    xlsx_at: String,
}

struct Row {
    id: String,
    email: String,
    reason: &'static str,
    source: String,
    /// Where the letter is that it began with, and how that is called.
    letter: Option<(String, &'static str)>,
    place: &'static str,
    /// The one mailing or topic that it is about: where that is, and its name.
    about: Option<(String, String)>,
    note: String,
    since: When,
    until: Option<When>,
    mark: Mark,
    lifted: Option<Lifted>,
    may_lift: bool,
}

/// That it was lifted.
struct Lifted {
    at: When,
    by: &'static str,
    why: String,
}

/// `GET /suppressions`.
pub(super) async fn list(visit: Visit) -> Answer {
    let (which, query, w) = (chosen(&visit)?, visit.query(), Words::of(visit.language()));
    let (access, filter) = rows_of(which, &query, visit.now());
    let after = list::place::<Cursor>(&visit)?;
    let read = read::page(visit.pool(), access, &filter, after, list::limit()).await?;
    let rows = Rows::of_read(&visit, read);
    let count = match after {
        None => Some(w.count.of(read::count(visit.pool(), access, &filter).await?.unsigned_abs())),
        Some(_) => None,
    };
    let names = names(&visit, &rows.rows).await?;
    let state = State::of(&query);
    let asked = filter.search.is_some() || filter.reason.is_some() || state != State::InForce;
    // What is over is found by whoever has nothing else in the list, too.
    let narrowed = asked || (rows.rows.is_empty() && has_any(&visit, access, filter).await?);
    let rows = rows.map(|row| Row::of(&visit, row, &names));
    let list = Listing::plain(&visit, address(which, ""), &query, narrowed);
    let (rows, list) = Listing { may_add: true, ..list }.with(rows, count);
    let of_installation = matches!(which, List::Installation(_));
    let (lead, empty) = if of_installation { (w.installation_lead, w.installation_empty) } else { (w.lead, w.empty) };
    page(&Page {
        page: visit.layout(w.title, Place::Suppressions),
        w,
        has_actions: rows.iter().any(|row| row.may_lift),
        list,
        rows,
        choices: choices(&visit, w, of_installation)?,
        of_installation,
        lead,
        empty,
        reasons: Reason::ALL
            .map(|reason| (reason.name(), w.of_reason(reason), query.text("reason") == reason.name()))
            .into(),
        states: State::ALL.map(|one| (one.name(), label(w, one), one == state)).into(),
        new_at: address(which, "/new"),
        import_at: address(which, "/import"),
        csv_at: file_at(&query, "csv"),
        xlsx_at: file_at(&query, "xlsx"),
    })
}

/// The lists among which the visitor may choose.
fn choices(
    visit: &Visit,
    w: &'static Words,
    of_installation: bool,
) -> Result<Vec<(&'static str, String, bool)>, Trouble> {
    let viewer = visit.viewer()?;
    if !viewer.may_administer() || !viewer.may_own() {
        return Ok(Vec::new());
    }
    let installation = format!("{PATH}?list={INSTALLATION}");
    Ok(vec![(w.own_list, PATH.to_owned(), !of_installation), (w.installation_list, installation, of_installation)])
}

fn label(w: &'static Words, state: State) -> &'static str {
    match state {
        State::InForce => w.in_force,
        State::Over => w.over,
        State::All => w.all_states,
    }
}

/// Whether there is anything in a list, also of what is over.
async fn has_any(visit: &Visit, access: Access, filter: Filter) -> Result<bool, Trouble> {
    let all = Filter { in_force: None, ..filter };
    Ok(!read::page(visit.pool(), access, &all, None, 1).await?.is_empty())
}

/// Where what the list shows is as a file.
fn file_at(query: &Fields, ending: &str) -> String {
    let kept = |name: &str| ["list", "search", "reason", "state"].contains(&name);
    let pairs = query.pairs().iter().filter(|(name, value)| kept(name) && !value.is_empty());
    let written = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let path = format!("{PATH}/export.{ending}");
    if written.is_empty() { path } else { format!("{path}?{written}") }
}

/// The names of the mailings and topics that some of the rows are about.
async fn names(visit: &Visit, rows: &[Suppression]) -> Result<HashMap<Uuid, String>, Trouble> {
    let own = visit.viewer()?.own();
    let mut names = HashMap::new();
    let of_mailings = each_once(rows.iter().filter_map(|row| row.mailing_id));
    if !of_mailings.is_empty() {
        let found = mailings::by_ids(visit.pool(), own, &of_mailings).await?;
        names.extend(found.into_iter().filter_map(|(id, row)| Some((id, list::shown(visit, row)?.name))));
    }
    let of_topics = each_once(rows.iter().filter_map(|row| row.group_id));
    if !of_topics.is_empty() {
        let found = groups::by_ids(visit.pool(), own, &of_topics).await?;
        names.extend(found.into_iter().map(|group| (group.id, group.name)));
    }
    Ok(names)
}

fn each_once(ids: impl Iterator<Item = Uuid>) -> Vec<Uuid> {
    let mut ids: Vec<Uuid> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

impl Row {
    fn of(visit: &Visit, row: Suppression, names: &HashMap<Uuid, String>) -> Self {
        let w = Words::of(visit.language());
        let (in_force, is_lifted) = (row.is_in_force(visit.now()), row.lifted_at.is_some());
        let mark = match (in_force, is_lifted) {
            (true, _) => Mark::new(Shape::Stop, Tone::Bad, w.active),
            (false, true) => Mark::new(Shape::Dash, Tone::Quiet, w.lifted_short),
            (false, false) => Mark::new(Shape::Clock, Tone::Quiet, w.ended),
        };
        let administers = visit.caller().viewer.as_ref().is_some_and(acts::who::Viewer::may_administer);
        Self {
            id: row.id.to_string(),
            reason: w.of_reason(row.reason),
            source: source(w, &row.source.0),
            letter: letter(w, &row.source.0, &row.email),
            place: match row.scope {
                ScopeKind::Installation => w.in_nobodys,
                ScopeKind::Owner => w.in_yours,
                ScopeKind::Mailing => w.in_one,
                ScopeKind::Topic => w.in_topic,
            },
            about: about(&row, names),
            note: row.note.unwrap_or_default(),
            since: visit.when(row.suppressed_at),
            until: row.until.map(|at| visit.when(at).dated()),
            mark,
            lifted: row.lifted_at.map(|at| Lifted {
                at: visit.when(at),
                by: row.lifted_by.map(|by| w.lifted_by(by)).unwrap_or_default(),
                why: row.lifted_why.unwrap_or_default(),
            }),
            may_lift: in_force && (administers || row.reason != Reason::Complained),
            email: row.email,
        }
    }
}

/// The one mailing or topic that a row is about, if it is there: where, and its name.
fn about(row: &Suppression, names: &HashMap<Uuid, String>) -> Option<(String, String)> {
    let (folder, id) = match (row.mailing_id, row.group_id) {
        (Some(mailing), _) => ("mailings", mailing),
        (None, Some(group)) => ("groups", group),
        (None, None) => return None,
    };
    Some((format!("/{folder}/{id}"), names.get(&id)?.clone()))
}

/// Whence it is known, in words.
pub(super) fn source(w: &'static Words, source: &Source) -> String {
    match source {
        Source::Recipient { way: Way::OneClick, .. } => w.by_one_click.to_owned(),
        Source::Recipient { way: Way::Page, .. } => w.by_page.to_owned(),
        Source::Recipient { way: Way::Mail, .. } => w.by_mail.to_owned(),
        Source::MailServer { .. } => w.by_mail_server.to_owned(),
        Source::Report { .. } => w.by_report.to_owned(),
        Source::Person => w.by_person.to_owned(),
        Source::File { file, .. } => w.from_file.with(file),
    }
}

/// Where the letter is that it began with, if it began with one, and how that is called.
fn letter(w: &'static Words, source: &Source, email: &str) -> Option<(String, &'static str)> {
    match source {
        Source::Recipient { run, .. } | Source::MailServer { run, .. } => Some((format!("/runs/{run}"), w.the_run)),
        // What was reported of it stands beside it.
        Source::Report { run, .. } => {
            let mut sought = form_urlencoded::Serializer::new(String::new());
            sought.append_pair("search", email);
            Some((format!("/runs/{run}/recipients?{}", sought.finish()), w.the_letter))
        }
        Source::Person | Source::File { .. } => None,
    }
}
