//! Who got what, and why not: what became of a mailing's letters to one address, run by run.

use super::back::Told;
use super::clients::{client_at, present};
use super::recipients::Try;
use super::run::title;
use super::{letter, marks};
use crate::web::frame::answer::mend;
use crate::web::frame::fields::sentence;
use crate::web::frame::list::{self, Pager, Rows};
use crate::web::frame::mark::{Mark, Shape, Tone};
use crate::web::frame::when::When;
use crate::web::frame::{Answer, Layout, Mistakes, Place, Trouble, Visit, owners, page as shown};
use acts::audit::why::{self, Asked, Finding};
use askama::Template;
use domain::suppression::Entry;
use domain::{EmailAddress, MailingId, RunId, Why};
use projections::deliveries::{self, Attempt};
use projections::mailings::{self, Filter, Mailing};
use projections::runs::Run;
use projections::{Access, Cursor, Listed, groups, segments};
use std::collections::{HashMap, HashSet};
use url::form_urlencoded;
use uuid::Uuid;
use words::Sentence as _;
use words::screens::feedback::Feedback;
use words::screens::log::Log;
use words::screens::suppressions::Suppressions;
use words::screens::why::Why as Words;

/// How many mailings the form offers, the newest.
const OFFERED: i64 = 200;

#[derive(Template)]
#[template(path = "mailings/why.html")]
struct Page {
    page: Layout,
    w: &'static Words,
    log: &'static Log,
    mistakes: Mistakes,
    email: String,
    mailings: Vec<(String, String, bool)>,
    /// What is told, if an address was asked about.
    answered: Option<Answered>,
}

/// What became of the letters, run by run.
struct Answered {
    rows: Vec<Row>,
    pager: Pager,
    count: Option<String>,
}

struct Row {
    mailing: String,
    mailing_at: String,
    /// The run: where it is, and what it is called.
    run: Option<(String, String)>,
    owner: Option<String>,
    mark: Mark,
    said: String,
    since: Option<When>,
    kept_away: Vec<KeptAway>,
    /// Through what the client was in the audience, and where that is.
    through: Vec<(String, Option<String>)>,
    /// With which revisions the letter is written.
    written_with: Vec<String>,
    tries: Vec<Try>,
    back: Vec<Told>,
    client_at: Option<String>,
    recipients_at: Option<String>,
    letter_at: Option<String>,
}

/// What kept letters from the address.
struct KeptAway {
    reason: &'static str,
    place: &'static str,
    since: When,
    until: Option<When>,
}

/// The page that tells what became of letters to an address.
pub(in crate::web) fn path(email: &str) -> String {
    let mut written = form_urlencoded::Serializer::new(String::new());
    format!("/why?{}", written.append_pair("email", email).finish())
}

/// `GET /why`.
pub(crate) async fn page(visit: Visit) -> Answer {
    let (viewer, query, w) = (visit.viewer()?, visit.query(), Words::of(visit.language()));
    if !viewer.may_watch() {
        visit.owner()?;
    }
    let access = viewer.reads();
    let mailing = match query.some("mailing") {
        None => None,
        Some(id) => {
            let id: MailingId = id.parse().map_err(|_| Trouble::Absent)?;
            Some(mailings::get(visit.pool(), access, id).await?.ok_or(Trouble::Absent)?)
        }
    };
    let asked = query.some("email").map(EmailAddress::parse);
    let mut mistakes = Mistakes::default();
    let answered = match asked {
        None => None,
        Some(Err(error)) => {
            mistakes = Mistakes::at_field("email", &sentence(&error.told(visit.language())));
            None
        }
        Some(Ok(email)) => {
            let mailing = mailing.as_ref().map(|mailing| MailingId(mailing.id));
            Some(Answered::of(&visit, access, &Asked { email, mailing }).await?)
        }
    };
    let is_wrong = mistakes.count() > 0;
    let answer = Page {
        page: visit.layout(w.title, Place::Log),
        w,
        log: Log::of(visit.language()),
        mistakes,
        email: query.text("email").to_owned(),
        mailings: offered(&visit, access, mailing.as_ref()).await?,
        answered,
    };
    if is_wrong { mend(&answer) } else { shown(&answer) }
}

/// The newest mailings with their names, and the one that is chosen.
async fn offered(
    visit: &Visit,
    access: Access,
    chosen: Option<&Mailing>,
) -> Result<Vec<(String, String, bool)>, Trouble> {
    let read = mailings::page(visit.pool(), access, &Filter::default(), None, OFFERED).await?;
    let is_chosen = |mailing: &Mailing| chosen.is_some_and(|chosen| chosen.id == mailing.id);
    let newest: Vec<Mailing> = read.into_iter().filter_map(|(_, row)| list::shown(visit, row)).collect();
    let older = chosen.into_iter().filter(|chosen| !newest.iter().any(|mailing| mailing.id == chosen.id));
    let all = newest.iter().chain(older);
    Ok(all.map(|mailing| (mailing.id.to_string(), mailing.name.clone(), is_chosen(mailing))).collect())
}

impl Answered {
    async fn of(visit: &Visit, access: Access, asked: &Asked) -> Result<Self, Trouble> {
        let (services, w) = (visit.services(), Words::of(visit.language()));
        let after = list::place::<Cursor>(visit)?;
        let listed: Option<Listed<Cursor, Finding>> = why::why(services, access, asked, after, list::limit()).await?;
        let found = Rows::of_read(visit, listed.ok_or(Trouble::Absent)?);
        let count = match after {
            // Of a mailing without any run it is told that none has begun.
            None if found.rows.iter().any(|finding| finding.run.is_some()) => {
                Some(w.count.of(why::count(services, access, asked).await?.unsigned_abs()))
            }
            None | Some(_) => None,
        };
        let named = Named::of(visit, access, &found.rows).await?;
        let mut rows = Vec::with_capacity(found.rows.len());
        for finding in found.rows {
            rows.push(Row::of(visit, finding, &named).await?);
        }
        Ok(Self { rows, pager: found.pager, count })
    }
}

/// What the findings name.
struct Named {
    mailings: HashMap<Uuid, String>,
    groups: HashMap<Uuid, String>,
    segments: HashMap<Uuid, String>,
    /// The clients who have a page.
    clients: HashSet<Uuid>,
    /// Whose the runs are, for those who see everybody's.
    owners: HashMap<Uuid, String>,
}

impl Named {
    async fn of(visit: &Visit, access: Access, findings: &[Finding]) -> Result<Self, Trouble> {
        let pool = visit.pool();
        let of_mailings = each_once(findings.iter().map(|finding| finding.mailing));
        let of_groups = each_once(findings.iter().flat_map(|finding| &finding.through.groups).map(|group| group.0));
        let of_segments =
            each_once(findings.iter().flat_map(|finding| &finding.through.segments).map(|segment| segment.0));
        let clients = each_once(findings.iter().filter_map(|finding| finding.client));
        let mailings = mailings::by_ids(pool, access, &of_mailings).await?.into_iter();
        let groups = groups::by_ids(pool, access, &of_groups).await?.into_iter();
        let segments = segments::by_ids(pool, access, &of_segments).await?.into_iter();
        let runs = findings.iter().filter_map(|finding| finding.run.as_ref());
        let owners = match access {
            Access::All => owners::of(visit, runs.map(|run| run.owner_id).collect()).await?,
            Access::Owner(_) => HashMap::new(),
        };
        Ok(Self {
            mailings: mailings.filter_map(|(id, row)| Some((id, list::shown(visit, row)?.name))).collect(),
            groups: groups.map(|group| (group.id, group.name)).collect(),
            segments: segments.filter_map(|(id, row)| Some((id, list::shown(visit, row)?.name))).collect(),
            clients: present(visit, access, &clients).await?,
            owners,
        })
    }
}

fn each_once(ids: impl Iterator<Item = Uuid>) -> Vec<Uuid> {
    let mut ids: Vec<Uuid> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

impl Row {
    async fn of(visit: &Visit, finding: Finding, named: &Named) -> Result<Self, Trouble> {
        let (w, language) = (Words::of(visit.language()), visit.language());
        let delivery = finding.delivery.as_ref();
        let attempts = match delivery {
            Some(one) if one.attempts > 0 => {
                deliveries::attempts(visit.pool(), RunId(one.run_id), &[one.ordinal]).await?
            }
            Some(_) | None => Vec::new(),
        };
        let attempts: Vec<Attempt> =
            attempts.into_iter().filter_map(|(_, attempt)| list::shown(visit, attempt)).collect();
        let no_name = Feedback::of(language).no_name;
        Ok(Self {
            mailing: named.mailings.get(&finding.mailing).cloned().unwrap_or_else(|| no_name.to_owned()),
            mailing_at: format!("/mailings/{}", finding.mailing),
            run: finding.run.as_ref().map(|run| (format!("/runs/{}", run.id), title(visit, run))),
            owner: finding.run.as_ref().and_then(|run| named.owners.get(&run.owner_id)).cloned(),
            mark: mark(visit, w, &finding),
            said: sentence(&finding.why.told(language)),
            since: finding.since.map(|at| visit.when(at).dated()),
            kept_away: finding.suppressions.iter().map(|entry| KeptAway::of(visit, entry)).collect(),
            through: through(w, &finding, named),
            written_with: written_with(visit, w, &finding),
            tries: attempts.iter().map(|attempt| Try::of(visit, attempt)).collect(),
            client_at: finding.client.filter(|client| named.clients.contains(client)).map(client_at),
            recipients_at: delivery.map(|one| recipients_at(one.run_id, &one.email)),
            letter_at: delivery.and_then(|delivery| letter::path(delivery, &attempts)),
            back: finding.feedback.into_iter().map(|report| Told::of(visit, report)).collect(),
        })
    }

    /// Whether more is known than what became of the letter.
    fn has_facts(&self) -> bool {
        let are_empty = [
            self.kept_away.is_empty(),
            self.through.is_empty(),
            self.written_with.is_empty(),
            self.tries.is_empty(),
            self.back.is_empty(),
        ];
        self.since.is_some() || self.owner.is_some() || are_empty.contains(&false)
    }

    /// Whether there are pages that tell more.
    fn leads_on(&self) -> bool {
        self.letter_at.is_some() || self.recipients_at.is_some() || self.client_at.is_some()
    }
}

/// What became of the letter, or that there is none.
fn mark(visit: &Visit, w: &'static Words, finding: &Finding) -> Mark {
    match &finding.delivery {
        Some(delivery) => marks::of_outcome(delivery.outcome, visit.language()),
        None if matches!(finding.why, Why::NotStarted | Why::BeingPlanned) => {
            Mark::new(Shape::Clock, Tone::Quiet, w.not_yet)
        }
        None => Mark::new(Shape::Dash, Tone::Quiet, w.no_letter),
    }
}

/// Through what the client was in the audience, each with where it is as long as it is there.
fn through(w: &'static Words, finding: &Finding, named: &Named) -> Vec<(String, Option<String>)> {
    let by_name = finding.through.by_name.then(|| (w.by_name.to_owned(), None));
    let groups = finding.through.groups.iter().map(|group| match named.groups.get(&group.0) {
        Some(name) => (w.in_group.with(name), Some(format!("/groups/{group}"))),
        None => (w.deleted_group.to_owned(), None),
    });
    let segments = finding.through.segments.iter().map(|segment| match named.segments.get(&segment.0) {
        Some(name) => (w.in_segment.with(name), Some(format!("/segments/{segment}"))),
        None => (w.deleted_segment.to_owned(), None),
    });
    by_name.into_iter().chain(groups).chain(segments).collect()
}

/// With which revisions the letter is written, if there is one.
fn written_with(visit: &Visit, w: &'static Words, finding: &Finding) -> Vec<String> {
    let Some(client) = finding.client_revision else { return Vec::new() };
    let of_letter = finding.run.as_ref().and_then(|run: &Run| run.message_revision);
    let of_letter = of_letter.map(|revision| w.of_letter.with(visit.number(revision)));
    std::iter::once(w.of_client.with(visit.number(client))).chain(of_letter).collect()
}

/// The letter among those of its run.
fn recipients_at(run: Uuid, email: &str) -> String {
    let mut written = form_urlencoded::Serializer::new(String::new());
    format!("/runs/{run}/recipients?{}", written.append_pair("search", email).finish())
}

impl KeptAway {
    fn of(visit: &Visit, entry: &Entry) -> Self {
        let language = visit.language();
        Self {
            reason: Suppressions::of(language).of_reason(entry.reason),
            place: Words::of(language).of_scope(&entry.scope),
            since: visit.when(entry.since).dated(),
            until: entry.until.map(|at| visit.when(at).dated()),
        }
    }
}
