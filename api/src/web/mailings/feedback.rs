//! All that came back of letters, report by report, the newest first.

use super::back::{Told, kind};
use super::clients::{client_at, present};
use super::run::{existing, title};
use crate::web::frame::list::{self, Pager, Rows};
use crate::web::frame::{Answer, Fields, Layout, Place, Trouble, Visit, owners, page as shown_page};
use askama::Template;
use domain::{MailingId, RunId};
use projections::columns::Word as _;
use projections::deliveries::{self, Delivery};
use projections::feedback::{self, Filter, Report, What};
use projections::{Access, mailings};
use std::collections::{HashMap, HashSet};
use std::str::FromStr;
use url::form_urlencoded;
use uuid::Uuid;
use words::screens::feedback::Feedback as Words;
use words::screens::reports::Reports;

/// Where the list is.
const PATH: &str = "/feedback";

#[derive(Template)]
#[template(path = "mailings/feedback.html")]
struct Page {
    page: Layout,
    w: &'static Words,
    reports: &'static Reports,
    kinds: Vec<(&'static str, &'static str, bool)>,
    /// The mailing, the run and the owner that were asked for, to ask for them again.
    kept: Vec<(&'static str, String)>,
    only: Option<Only>,
    /// Where reports of all kinds are, if only those of one are shown.
    all_kinds_at: Option<String>,
    rows: Vec<Row>,
    pager: Pager,
    count: Option<String>,
    of_all: bool,
    may_see_all: bool,
    /// Whether the letters of one mailing or run alone are shown.
    is_of_one: bool,
}

/// The one thing whose letters are shown: what it is, how it is called, and where it is.
struct Only {
    said: &'static str,
    name: String,
    href: String,
}

struct Row {
    told: Told,
    email: String,
    name: String,
    /// The page of the client; none if they were deleted.
    client: Option<String>,
    /// Where the letter is among those of its run.
    letter: String,
    mailing: String,
    mailing_id: String,
    /// Where the list has the letters of this mailing alone; none if it has no others.
    only: Option<String>,
    owner: String,
}

/// What the rows name.
struct Named {
    letters: HashMap<(Uuid, i32), Delivery>,
    /// The clients who have a page.
    clients: HashSet<Uuid>,
    mailings: HashMap<Uuid, String>,
    owners: HashMap<Uuid, String>,
}

/// `GET /feedback`.
pub(super) async fn page(visit: Visit) -> Answer {
    let (listed, viewer, query) = (visit.lists()?, visit.viewer()?, visit.query());
    let (w, reports) = (Words::of(visit.language()), Reports::of(visit.language()));
    let filter = Filter {
        owner: None,
        mailing: asked::<MailingId>(&query, "mailing")?,
        run: asked::<RunId>(&query, "run")?,
        what: What::from_word(query.text("kind")),
    };
    let is_of_one = filter.mailing.is_some() || filter.run.is_some();
    // Whoever may see a mailing sees what came back of it, whosever list they would see else.
    let access = if is_of_one { viewer.reads() } else { listed };
    let only = only(&visit, access, &filter).await?;
    let after = list::place::<feedback::Place>(&visit)?;
    let read = feedback::page(visit.pool(), access, &filter, after, list::limit()).await?;
    let rows = Rows::of_read(&visit, read);
    let count = match after {
        None => Some(w.count.of(feedback::count(visit.pool(), access, &filter).await?.unsigned_abs())),
        Some(_) => None,
    };
    let of_all = access == Access::All && !is_of_one;
    let named = Named::of(&visit, access, &rows.rows, of_all).await?;
    let rows = rows.map(|report| Row::of(&visit, &query, report, &named, filter.mailing.is_none()));
    let kinds = What::ALL.iter().map(|what| (what.word(), kind(w, *what), filter.what == Some(*what)));
    let kept = ["mailing", "run", "owner"].into_iter();
    let kept: Vec<(&'static str, String)> =
        kept.filter_map(|name| query.some(name).map(|value| (name, value.to_owned()))).collect();
    shown_page(&Page {
        page: visit.layout(w.title, Place::Reports),
        w,
        reports,
        kinds: kinds.collect(),
        all_kinds_at: filter.what.map(|_| address(&kept)),
        kept,
        only,
        rows: rows.rows,
        pager: rows.pager,
        count,
        of_all,
        may_see_all: viewer.may_watch() && viewer.may_own() && !is_of_one && query.some("owner").is_none(),
        is_of_one,
    })
}

/// What an address asks for by its id. An id that is none leads to no page.
fn asked<I: FromStr>(query: &Fields, name: &str) -> Result<Option<I>, Trouble> {
    query.some(name).map(str::parse::<I>).transpose().map_err(|_| Trouble::Absent)
}

/// The one thing whose letters are shown, if the visitor may see it.
async fn only(visit: &Visit, access: Access, filter: &Filter) -> Result<Option<Only>, Trouble> {
    let w = Words::of(visit.language());
    if let Some(run) = filter.run {
        let run = existing(visit, access, &run.to_string()).await?;
        let href = format!("/runs/{}", run.id);
        return Ok(Some(Only { said: w.only_of_run, name: title(visit, &run), href }));
    }
    let Some(mailing) = filter.mailing else { return Ok(None) };
    let name = names(visit, access, &[mailing.0]).await?.remove(&mailing.0).ok_or(Trouble::Absent)?;
    Ok(Some(Only { said: w.only_of, name, href: format!("/mailings/{mailing}") }))
}

/// The names of these mailings, as far as they may be seen. Deleted ones keep theirs.
async fn names(visit: &Visit, access: Access, ids: &[Uuid]) -> Result<HashMap<Uuid, String>, Trouble> {
    let rows = mailings::by_ids(visit.pool(), access, ids).await?;
    Ok(rows.into_iter().filter_map(|(id, row)| Some((id, list::shown(visit, row)?.name))).collect())
}

impl Named {
    async fn of(visit: &Visit, access: Access, rows: &[Report], with_owners: bool) -> Result<Self, Trouble> {
        let mut places: Vec<(Uuid, i32)> = rows.iter().map(|row| (row.run_id, row.ordinal)).collect();
        places.sort_unstable();
        places.dedup();
        let letters = deliveries::by_places(visit.pool(), access, &places).await?;
        let clients: Vec<Uuid> = rows.iter().map(|row| row.client_id).collect();
        let mut ids: Vec<Uuid> = rows.iter().map(|row| row.mailing_id).collect();
        ids.sort_unstable();
        ids.dedup();
        let owners = if with_owners {
            owners::of(visit, rows.iter().map(|row| row.owner_id).collect()).await?
        } else {
            HashMap::new()
        };
        Ok(Self {
            letters: letters.into_iter().filter_map(|(place, row)| Some((place, list::shown(visit, row)?))).collect(),
            clients: present(visit, access, &clients).await?,
            mailings: names(visit, access, &ids).await?,
            owners,
        })
    }
}

impl Row {
    fn of(visit: &Visit, query: &Fields, report: Report, named: &Named, of_several: bool) -> Self {
        let w = Words::of(visit.language());
        let letter = named.letters.get(&(report.run_id, report.ordinal));
        let email = letter.map(|letter| letter.email.clone()).unwrap_or_default();
        let mailing_id = report.mailing_id.to_string();
        let mut sought = form_urlencoded::Serializer::new(String::new());
        sought.append_pair("search", &email);
        Self {
            name: letter.map(|letter| letter.full_name.clone()).unwrap_or_default(),
            client: named.clients.contains(&report.client_id).then(|| client_at(report.client_id)),
            letter: format!("/runs/{}/recipients?{}", report.run_id, sought.finish()),
            mailing: named.mailings.get(&report.mailing_id).cloned().unwrap_or_else(|| w.no_name.to_owned()),
            only: of_several.then(|| only_at(query, &mailing_id)),
            owner: named.owners.get(&report.owner_id).cloned().unwrap_or_default(),
            mailing_id,
            email,
            told: Told::of(visit, report),
        }
    }
}

/// Where the list is with what the address asks for besides the kind.
fn address(kept: &[(&str, String)]) -> String {
    if kept.is_empty() {
        return PATH.to_owned();
    }
    format!("{PATH}?{}", form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).finish())
}

/// Where the list has the letters of this mailing alone, narrowed by kind as it is.
fn only_at(query: &Fields, mailing: &str) -> String {
    let mut written = form_urlencoded::Serializer::new(String::new());
    written.append_pair("mailing", mailing).extend_pairs(query.some("kind").map(|kind| ("kind", kind)));
    format!("{PATH}?{}", written.finish())
}
