//! Planning a mailing, in two steps: the form, and what it comes to before anything is written.

use super::check::{self, Check};
use super::plan;
use crate::web::frame::answer::mend;
use crate::web::frame::list;
use crate::web::frame::trouble::problems;
use crate::web::frame::{Answer, Deed, Done, Fields, Layout, Mistakes, Place, Trouble, Visit, go, page};
use crate::web::senders::{self, Known};
use acts::mailings as acts_of;
use askama::Template;
use axum::extract::Path;
use chrono::{TimeDelta, Timelike};
use domain::{MailingId, TimeZone};
use projections::mailings::{self, Mailing};
use projections::messages::{self, Readers, Shelf};
use projections::segments::Segment;
use projections::{Access, clients, groups, relays, segments};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;
use words::screens::plan::Plan as Words;

/// The most letters and groups that a form offers.
const OFFERED: i64 = 500;

/// The most clients that a search in the form finds.
const FOUND: i64 = 50;

/// The fields of the form whose values are ids, each of which can be wrong.
const OF_IDS: [&str; 6] = [
    "audience.clientIds",
    "audience.groupIds",
    "audience.segmentIds",
    "audience.less.groupIds",
    "audience.less.segmentIds",
    "audience.less.mailingIds",
];

/// Something that can be chosen.
struct Choice {
    id: String,
    name: String,
    more: String,
    chosen: bool,
}

impl Choice {
    fn of(id: Uuid, name: String, chosen: &[String]) -> Self {
        let id = id.to_string();
        Self { chosen: chosen.contains(&id), id, name, more: String::new() }
    }
}

/// Whom letters can be from.
struct Sender {
    id: String,
    name: String,
    chosen: bool,
    /// Why mailings cannot be from it now; none if they can.
    not_now: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "mailings/form.html")]
struct Form {
    page: Layout,
    w: &'static Words,
    mistakes: Mistakes,
    fields: Fields,
    id: Option<String>,
    letters: Vec<Choice>,
    senders: Vec<Sender>,
    groups: Vec<Choice>,
    segments: Vec<Choice>,
    clients: Vec<Choice>,
    less: Less,
    /// Whether something is named that is not there any more.
    is_gone: bool,
    searched: bool,
    found: bool,
    kinds: Vec<(&'static str, &'static str, bool)>,
    zones: Vec<(&'static str, bool)>,
    relays: Vec<(String, bool)>,
    is_now: bool,
    resends: bool,
    /// Whether owners may say what the letters are: whoever runs the service may want newsletters only.
    may_choose_kind: bool,
    is_transactional: bool,
    /// Whether the mailing says what owners may say no more: it stays so until they change it.
    writes_as_bulk: bool,
    is_bulk: bool,
}

/// Who can be left out.
struct Less {
    groups: Vec<Choice>,
    segments: Vec<Choice>,
    mailings: Vec<Choice>,
}

impl Less {
    async fn of(visit: &Visit, own: Access, fields: &Fields) -> Result<Self, Trouble> {
        Ok(Self {
            groups: groups_of(visit, own, &fields.all("audience.less.groupIds")).await?,
            segments: segments_of(visit, own, &fields.all("audience.less.segmentIds")).await?,
            mailings: mailings_of(visit, own, &fields.all("audience.less.mailingIds")).await?,
        })
    }

    /// Whether there is anything by which somebody could be left out.
    fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.segments.is_empty() && self.mailings.is_empty()
    }

    /// Whether somebody is left out.
    fn is_chosen(&self) -> bool {
        [&self.groups, &self.segments, &self.mailings].into_iter().flatten().any(|choice| choice.chosen)
    }
}

/// Where the form was left, with the mailing that it is about, if that is there already.
impl Form {
    async fn of(visit: &Visit, row: Option<&Mailing>, fields: Fields, mistakes: Mistakes) -> Result<Self, Trouble> {
        let (w, own) = (Words::of(visit.language()), visit.viewer()?.own());
        let title = row.map_or_else(|| w.new_title.to_owned(), |row| w.edit_title.with(&row.name));
        let zone = plan::zone(&fields, visit.zone());
        let kind = fields.some("periodicity.kind").unwrap_or("ONCE");
        let labels = [w.once, w.daily, w.weekly, w.monthly, w.cron];
        let search = fields.some("clientSearch").filter(|_| fields.get("find").is_some());
        let (clients, found) = clients_of(visit, own, &fields.all("audience.clientIds"), search).await?;
        let groups = groups_of(visit, own, &fields.all("audience.groupIds")).await?;
        let segments = segments_of(visit, own, &fields.all("audience.segmentIds")).await?;
        let less = Less::of(visit, own, &fields).await?;
        let parts = [
            ("audience.groupIds", &groups),
            ("audience.segmentIds", &segments),
            ("audience.less.groupIds", &less.groups),
            ("audience.less.segmentIds", &less.segments),
            ("audience.less.mailingIds", &less.mailings),
        ];
        let is_gone = parts.into_iter().any(|(field, there)| !not_among(&fields.all(field), there).is_empty());
        let relay = fields.text("relay");
        let mut names: Vec<String> = relays::all(visit.pool()).await?.into_iter().map(|(name, _)| name).collect();
        if !relay.is_empty() && !names.iter().any(|name| name == relay) {
            names.push(relay.to_owned());
        }
        Ok(Self {
            page: visit.layout(title, Place::Mailings),
            w,
            mistakes: OF_IDS.iter().fold(mistakes, |mistakes, field| mistakes.gathered(field)),
            id: row.map(|row| row.id.to_string()),
            letters: letters_of(visit, own, fields.text("messageId")).await?,
            senders: senders_of(visit, own, fields.text("sender")).await?,
            groups,
            segments,
            clients,
            less,
            is_gone,
            searched: search.is_some(),
            found,
            kinds: plan::KINDS.into_iter().zip(labels).map(|(name, label)| (name, label, name == kind)).collect(),
            zones: TimeZone::all().map(|one| (one.name(), one == zone)).collect(),
            relays: names.into_iter().map(|name| (name.clone(), name == relay)).collect(),
            is_now: plan::is_now(&fields),
            resends: fields.text("inDoubt") == "RESEND",
            may_choose_kind: visit.services().quotas.bounds().transactional,
            is_transactional: fields.text("kind") == "TRANSACTIONAL",
            writes_as_bulk: row.is_some_and(|row| check::writes_as_bulk(visit, row.kind)),
            is_bulk: fields.text("kind") == "BULK",
            fields,
        })
    }
}

async fn letters_of(visit: &Visit, own: Access, chosen: &str) -> Result<Vec<Choice>, Trouble> {
    let filter = messages::Filter { shelf: Shelf::Usable, search: None };
    let mut rows = messages::page(visit.pool(), own, &filter, None, OFFERED).await?;
    if let Ok(id) = chosen.parse()
        && !rows.iter().any(|row| row.id.to_string() == chosen)
    {
        let chosen = messages::get(visit.pool(), Readers::Owner(visit.viewer()?.id()), id).await?;
        rows.extend(chosen.filter(|row| row.deleted_at.is_none()));
    }
    let (w, mine) = (Words::of(visit.language()), visit.viewer()?.id().0);
    let choice = |row: messages::Message| {
        let id = row.id.to_string();
        let more = if row.owner_id == mine { String::new() } else { w.shared.to_owned() };
        Choice { chosen: id == chosen, id, name: row.subject, more }
    };
    Ok(rows.into_iter().map(choice).collect())
}

/// The senders that can be chosen, and the chosen one, also if it is deleted: no letters come from elsewhere without being asked.
async fn senders_of(visit: &Visit, own: Access, chosen: &str) -> Result<Vec<Sender>, Trouble> {
    let mut all = senders::own(visit).await?;
    if let Ok(id) = chosen.parse()
        && !all.iter().any(|known| known.id == chosen)
    {
        all.extend(senders::one(visit, own, id).await?);
    }
    let choice = |Known { id, shown: name, not_now, .. }| Sender { chosen: id == chosen, id, name, not_now };
    Ok(all.into_iter().map(choice).collect())
}

/// What is chosen and not among these.
fn not_among(chosen: &[String], there: &[Choice]) -> Vec<Uuid> {
    let there: HashSet<&str> = there.iter().map(|choice| choice.id.as_str()).collect();
    chosen.iter().filter(|id| !there.contains(id.as_str())).filter_map(|id| id.parse().ok()).collect()
}

/// The first groups, and those that are chosen.
async fn groups_of(visit: &Visit, own: Access, chosen: &[String]) -> Result<Vec<Choice>, Trouble> {
    let mut rows = groups::page(visit.pool(), own, None, None, OFFERED).await?;
    let there: Vec<Choice> = rows.iter().map(|row| Choice::of(row.id, String::new(), chosen)).collect();
    let others = not_among(chosen, &there);
    if !others.is_empty() {
        rows.extend(groups::by_ids(visit.pool(), own, &others).await?);
    }
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let sizes: HashMap<Uuid, i64> = groups::sizes(visit.pool(), &ids).await?.into_iter().collect();
    let w = Words::of(visit.language());
    let choice = |row: groups::Group| {
        let size = sizes.get(&row.id).copied().unwrap_or(0).unsigned_abs();
        Choice { more: w.clients_of_group.of(size), ..Choice::of(row.id, row.name, chosen) }
    };
    Ok(rows.into_iter().map(choice).collect())
}

/// The first segments, and those that are chosen.
async fn segments_of(visit: &Visit, own: Access, chosen: &[String]) -> Result<Vec<Choice>, Trouble> {
    let choice = |row: Segment| Choice::of(row.id, row.name, chosen);
    let rows = segments::page(visit.pool(), own, None, None, OFFERED).await?;
    let rows = rows.into_iter().filter_map(|(_, row)| list::shown(visit, row));
    let mut choices: Vec<Choice> = rows.map(choice).collect();
    let others = not_among(chosen, &choices);
    if !others.is_empty() {
        let rows = segments::by_ids(visit.pool(), own, &others).await?;
        choices.extend(rows.into_iter().filter_map(|(_, row)| list::shown(visit, row)).map(choice));
    }
    Ok(choices)
}

/// The latest mailings, and those that are chosen.
async fn mailings_of(visit: &Visit, own: Access, chosen: &[String]) -> Result<Vec<Choice>, Trouble> {
    let filter = mailings::Filter { now: visit.now(), ..mailings::Filter::default() };
    let choice = |row: Mailing| Choice::of(row.id, row.name, chosen);
    let rows = mailings::page(visit.pool(), own, &filter, None, OFFERED).await?;
    let rows = rows.into_iter().filter_map(|(_, row)| list::shown(visit, row));
    let mut choices: Vec<Choice> = rows.map(choice).collect();
    let others = not_among(chosen, &choices);
    if !others.is_empty() {
        let rows = mailings::by_ids(visit.pool(), own, &others).await?;
        let rows = rows.into_iter().filter_map(|(_, row)| list::shown(visit, row));
        choices.extend(rows.filter(|row| row.deleted_at.is_none()).map(choice));
    }
    Ok(choices)
}

/// The clients that are chosen, then those that are found; and whether any were found.
async fn clients_of(
    visit: &Visit,
    own: Access,
    chosen: &[String],
    search: Option<&str>,
) -> Result<(Vec<Choice>, bool), Trouble> {
    let ids: Vec<Uuid> = chosen.iter().filter_map(|id| id.parse().ok()).collect();
    let mut rows = clients::by_ids(visit.pool(), own, &ids).await?;
    rows.retain(|row| row.deleted_at.is_none());
    rows.sort_by(|one, other| one.email.cmp(&other.email));
    let mut found = false;
    if let Some(search) = search {
        let search = Some(search.replace('\0', "\u{fffd}"));
        let filter = clients::Filter { search, ..clients::Filter::default() };
        for row in clients::page(visit.pool(), own, &filter, None, FOUND).await? {
            found = true;
            if !ids.contains(&row.id) {
                rows.push(row);
            }
        }
    }
    let choice = |row: clients::Client| Choice {
        chosen: ids.contains(&row.id),
        id: row.id.to_string(),
        name: row.email,
        more: row.full_name,
    };
    Ok((rows.into_iter().map(choice).collect(), found))
}

/// `GET /mailings/new`.
pub(crate) async fn blank(visit: Visit) -> Answer {
    visit.owner()?;
    let (now, zone, query) = (visit.now(), visit.zone(), visit.query());
    let tomorrow = zone.local(now).date().succ_opt().and_then(|day| day.and_hms_opt(9, 0, 0));
    let start = tomorrow.map_or(now, |time| zone.moment(time));
    let end = zone.local(now + TimeDelta::days(7));
    let end = end.with_minute(0).map_or(now, |time| zone.moment(time));
    let mut pairs = vec![
        ("idempotencyKey", Uuid::new_v4().to_string()),
        ("when", "now".to_owned()),
        ("startsAt", plan::local(start, zone)),
        ("endsAt", plan::local(end, zone)),
        ("timeZone", zone.name().to_owned()),
        ("periodicity.kind", "ONCE".to_owned()),
        ("inDoubt", "HOLD".to_owned()),
    ];
    for (name, field) in [
        ("message", "messageId"),
        ("sender", "sender"),
        ("group", "audience.groupIds"),
        ("segment", "audience.segmentIds"),
        ("client", "audience.clientIds"),
    ] {
        pairs.extend(query.some(name).map(|id| (field, id.to_owned())));
    }
    let fields = Fields::of(pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect());
    page(&Form::of(&visit, None, fields, Mistakes::default()).await?)
}

/// `POST /mailings/new`: the form once more, to find clients for it or to change something.
pub(crate) async fn again(visit: Visit, fields: Fields) -> Answer {
    visit.owner()?;
    page(&Form::of(&visit, None, fields, Mistakes::default()).await?)
}

/// `POST /mailings/check`: what the form comes to.
pub(crate) async fn check(visit: Visit, fields: Fields) -> Answer {
    let (owner, now) = (visit.owner()?, visit.now());
    let fields = with_now(&fields, &plan::exact(now));
    let new = plan::new(&fields, visit.zone(), now);
    match problems(acts_of::preview(visit.services(), owner, new).await)? {
        Ok(plan) => page(&Check::of(&visit, None, &fields, &plan).await?),
        Err(problems) => {
            let mistakes = Mistakes::of(&problems, visit.language());
            mend(&Form::of(&visit, None, fields, mistakes).await?)
        }
    }
}

/// `POST /mailings`.
pub(crate) async fn create(visit: Visit, fields: Fields) -> Answer {
    let owner = visit.owner()?;
    let new = plan::new(&fields, visit.zone(), visit.now());
    match problems(acts_of::create(visit.services(), owner, fields.key(), new, &visit.metadata()?).await)? {
        Ok((id, receipt)) => go(&visit, receipt, Done::Planned, &format!("/mailings/{id}")).await,
        Err(problems) => {
            let mistakes = Mistakes::of(&problems, visit.language());
            mend(&Form::of(&visit, None, fields, mistakes).await?)
        }
    }
}

async fn own(visit: &Visit, id: &str) -> Result<Mailing, Trouble> {
    visit.owner()?;
    let id: MailingId = id.parse().map_err(|_| Trouble::Absent)?;
    let row = mailings::get(visit.pool(), visit.viewer()?.own(), id).await?;
    row.filter(|row| row.deleted_at.is_none()).ok_or(Trouble::Absent)
}

/// `GET /mailings/ID/edit`.
pub(crate) async fn edit(visit: Visit, Path(id): Path<String>) -> Answer {
    let row = own(&visit, &id).await?;
    let audience = mailings::audience_of(visit.pool(), row.id.into()).await?;
    let zone = row.zone().unwrap_or_else(|| visit.zone());
    let fields = Fields::of(plan::fields(&row, zone, &audience));
    page(&Form::of(&visit, Some(&row), fields, Mistakes::default()).await?)
}

/// `POST /mailings/ID/edit`: the form once more.
pub(crate) async fn edit_again(visit: Visit, Path(id): Path<String>, fields: Fields) -> Answer {
    let row = own(&visit, &id).await?;
    page(&Form::of(&visit, Some(&row), fields, Mistakes::default()).await?)
}

/// `POST /mailings/ID/check`: what the changes come to.
pub(crate) async fn check_change(visit: Visit, Path(id): Path<String>, fields: Fields) -> Answer {
    let (row, now) = (own(&visit, &id).await?, visit.now());
    let fields = with_now(&fields, &plan::exact(now));
    let change = plan::change(&fields, &row, visit.zone(), now);
    match problems(acts_of::preview_change(visit.services(), visit.owner()?, &id, change).await)? {
        Ok(plan) => page(&Check::of(&visit, Some(&row), &fields, &plan).await?),
        Err(problems) => {
            let mistakes = Mistakes::of(&problems, visit.language());
            mend(&Form::of(&visit, Some(&row), fields, mistakes).await?)
        }
    }
}

/// `POST /mailings/ID`.
pub(crate) async fn update(visit: Visit, Path(id): Path<String>, fields: Fields) -> Answer {
    let row = own(&visit, &id).await?;
    let (by, services, metadata) = (visit.owner()?, visit.services(), visit.metadata()?);
    let change = plan::change(&fields, &row, visit.zone(), visit.now());
    match problems(acts_of::update(services, by, &id, fields.version(), change, &metadata).await)? {
        Ok((_, receipt)) => {
            go(&visit, receipt, Deed::PlanSaved.to(fields.text("name")), &format!("/mailings/{id}")).await
        }
        Err(problems) => {
            let (fields, mistakes) = visit.overtaken(fields, &problems, row.version);
            mend(&Form::of(&visit, Some(&row), fields, mistakes).await?)
        }
    }
}

/// The fields with the present moment, for those who begin at once.
fn with_now(fields: &Fields, now: &str) -> Fields {
    let left_out = |name: &str| matches!(name, "now" | "find" | "clientSearch");
    let kept = fields.pairs().iter().filter(|(name, _)| !left_out(name)).cloned();
    Fields::of(kept.chain([("now".to_owned(), now.to_owned())]).collect())
}
