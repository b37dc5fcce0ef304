//! What a plan comes to before anything is written: who gets it, when, and what may be a mistake.

use super::{audience, plan};
use crate::web::frame::fields::sentence;
use crate::web::frame::when::unbroken;
use crate::web::frame::{Fields, Layout, Place, Trouble, Visit};
use crate::web::senders;
use acts::letters::preview::{Asked, Wanted, preview};
use askama::Template;
use domain::mailing::{Audience, InDoubt, Kind, Less, Plan};
use domain::{Periodicity, Shown};
use projections::mailings::Mailing;
use projections::{Access, clients, groups, messages};
use std::collections::HashMap;
use uuid::Uuid;
use words::Sentence as _;
use words::screens::plan::Plan as Words;

/// How many moments ahead are told.
const AHEAD: usize = 5;

/// The most single clients whose addresses are told.
const NAMED: usize = 5;

/// The most warnings about a letter that are told.
const WARNINGS: usize = 10;

/// What a plan comes to, with the button that does it.
#[derive(Template)]
#[template(path = "mailings/check.html")]
pub(super) struct Check {
    page: Layout,
    w: &'static Words,
    fields: Fields,
    id: Option<String>,
    name: String,
    letter: String,
    letter_id: String,
    /// Who the letters are from; the service itself if nobody is named.
    sender: String,
    /// Where replies go, if that is elsewhere.
    replies: Option<String>,
    warnings: Vec<String>,
    /// What other mail servers would hold against who the letters are from; none if that is nothing, or if nobody can tell.
    not_aligned: Option<String>,
    /// How many are named and how many of these are left out, if somebody is, and how many that leaves, each with what it means.
    numbers: Vec<(String, String)>,
    /// The groups, each with how many clients are in it now.
    groups: Vec<(String, String)>,
    segments: Vec<String>,
    /// What leaves somebody out: what sort of thing it is, and the names.
    less: Vec<(&'static str, Vec<String>)>,
    singles: Option<Singles>,
    at_once: bool,
    moments: Vec<String>,
    more: bool,
    notes: Vec<String>,
    zone: String,
    other_zone: bool,
    start: String,
    end: String,
    every: String,
    in_doubt: &'static str,
    /// What that means for a letter.
    in_doubt_said: &'static str,
    relay: Option<String>,
    /// What the letters are to those who get them, and what that means.
    kind: (&'static str, &'static str),
    button: String,
}

/// The clients who are named one by one.
struct Singles {
    count: String,
    /// Their addresses, if they are few.
    emails: Vec<String>,
}

impl Check {
    /// What the plan that these fields make comes to; with the mailing that they change, if they change one.
    pub(super) async fn of(
        visit: &Visit,
        row: Option<&Mailing>,
        fields: &Fields,
        plan: &Plan,
    ) -> Result<Self, Trouble> {
        let (w, own, now) = (Words::of(visit.language()), visit.viewer()?.own(), visit.now());
        let clients: Vec<Uuid> = plan.audience.clients.iter().map(|id| id.0).collect();
        let groups: Vec<Uuid> = plan.audience.groups.iter().map(|id| id.0).collect();
        let size = audience::counted(visit, own, &plan.audience).await?;
        let letter = messages::get(visit.pool(), visit.viewer()?.letters(), plan.message).await?;
        let sender = match plan.sender {
            Some(id) => senders::one(visit, own, id).await?,
            None => None,
        };
        let warnings = match &letter {
            Some(letter) => warnings(visit, letter).await?,
            None => Vec::new(),
        };
        let (zone, language) = (plan.time_zone, visit.language());
        let not_aligned = acts::senders::not_aligned(visit.services(), own, plan.sender).await?;
        // What has run stays done, and what was planned like this already is not begun anew.
        let (after, since) =
            row.map_or((None, now), |row| (row.last_occurrence, row.planned_at.unwrap_or(row.created_at)));
        let upcoming = plan.periodicity.upcoming(&plan.window, zone, after, since, now, AHEAD + 1);
        let count = upcoming.moments.len() + usize::from(upcoming.at_once);
        let minute = |at| unbroken(&words::screens::shown::minute(language, at, zone));
        let title = if row.is_some() { w.check_change_title } else { w.check_title };
        let button = match row {
            Some(_) => w.save.to_owned(),
            None if upcoming.at_once => size.map_or_else(|| w.send_to_all.to_owned(), |size| w.send_to.of(size)),
            None => w.plan.to_owned(),
        };
        let resends = plan.sending.in_doubt == InDoubt::Resend;
        let mut notes = Vec::new();
        if size == Some(0) {
            notes.push(w.nobody_now.to_owned());
        }
        for (field, skipped, twice) in
            [("startsAt", w.start_skipped, w.start_twice), ("endsAt", w.end_skipped, w.end_twice)]
        {
            if field == "startsAt" && plan::is_now(fields) {
                continue;
            }
            let at = if field == "startsAt" { plan.window.start() } else { plan.window.end() };
            match plan::shown(fields.text(field), zone) {
                Shown::Once => {}
                Shown::Never => notes.push(skipped.with(minute(at))),
                Shown::Twice => notes.push(twice.with(minute(at))),
            }
        }
        Ok(Self {
            page: visit.layout(title, Place::Mailings),
            w,
            fields: fields.clone(),
            id: row.map(|row| row.id.to_string()),
            name: plan.name.as_str().to_owned(),
            letter: letter.as_ref().map(|letter| letter.subject.clone()).unwrap_or_default(),
            letter_id: plan.message.to_string(),
            replies: sender.as_ref().and_then(|sender| sender.reply_to.as_ref()).map(|to| w.replies_to.with(to)),
            sender: sender.map_or_else(|| w.own_sender.to_owned(), |sender| sender.shown),
            warnings,
            not_aligned: not_aligned.map(|found| sentence(&found.told(language))),
            numbers: numbers(visit, own, &plan.audience, size).await?,
            groups: named_groups(visit, own, &groups).await?,
            segments: audience::segments_of(visit, own, plan.audience.segments.iter().map(|id| id.0)).await?.names(),
            less: audience::less_of(visit, own, &plan.audience.less).await?.named(w),
            singles: singles(visit, own, &clients).await?,
            at_once: upcoming.at_once,
            moments: upcoming
                .moments
                .iter()
                .take(AHEAD - usize::from(upcoming.at_once))
                .map(|at| minute(*at))
                .collect(),
            more: count > AHEAD,
            notes,
            zone: zone.name().to_owned(),
            other_zone: zone != visit.zone(),
            start: minute(plan.window.start()),
            end: minute(plan.window.end()),
            every: every(w, &plan.periodicity),
            in_doubt: if resends { w.resend } else { w.hold },
            in_doubt_said: if resends { w.resend_said } else { w.hold_said },
            relay: plan.sending.relay.as_ref().map(|relay| relay.as_str().to_owned()),
            kind: of_kind(visit, w, plan.kind),
            button,
        })
    }
}

/// How many are named, how many of these are left out, and how many that leaves, each with what it means.
async fn numbers(
    visit: &Visit,
    own: Access,
    audience: &Audience,
    size: Option<u64>,
) -> Result<Vec<(String, String)>, Trouble> {
    let w = Words::of(visit.language());
    let Some(size) = size else { return Ok(vec![(w.uncounted.to_owned(), w.uncounted_said.to_owned())]) };
    let mut numbers = Vec::new();
    if audience.less != Less::default() {
        let all = Audience { less: Less::default(), ..audience.clone() };
        if let Some(all) = audience::counted(visit, own, &all).await? {
            let left = all.saturating_sub(size);
            numbers.push((w.people.of(all), w.named_said.of(all)));
            numbers.push((w.people.of(left), w.left_out_said.of(left)));
        }
    }
    numbers.push((w.people.of(size), w.recipients_help.of(size)));
    Ok(numbers)
}

/// The names of these groups, with how many clients are in each of them now.
async fn named_groups(visit: &Visit, own: Access, ids: &[Uuid]) -> Result<Vec<(String, String)>, Trouble> {
    let w = Words::of(visit.language());
    let mut rows = groups::by_ids(visit.pool(), own, ids).await?;
    rows.sort_by(|one, other| one.name.cmp(&other.name));
    let sizes: HashMap<Uuid, i64> = groups::sizes(visit.pool(), ids).await?.into_iter().collect();
    let size = |id: &Uuid| w.clients_of_group.of(sizes.get(id).copied().unwrap_or(0).unsigned_abs());
    Ok(rows.into_iter().map(|row| (row.name, size(&row.id))).collect())
}

/// How many clients these are, and who if they are few; none if there are none.
async fn singles(visit: &Visit, own: Access, ids: &[Uuid]) -> Result<Option<Singles>, Trouble> {
    if ids.is_empty() {
        return Ok(None);
    }
    let rows = if ids.len() > NAMED { Vec::new() } else { clients::by_ids(visit.pool(), own, ids).await? };
    let mut emails: Vec<String> = rows.into_iter().map(|row| row.email).collect();
    emails.sort();
    Ok(Some(Singles { count: Words::of(visit.language()).clients_of_group.of(ids.len() as u64), emails }))
}

/// What a mailing's letters are to those who get them, and what that means.
pub(super) fn of_kind(visit: &Visit, w: &'static Words, kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Bulk => (w.bulk, w.bulk_said),
        Kind::Transactional if writes_as_bulk(visit, kind) => (w.transactional, w.writes_as_bulk),
        Kind::Transactional => (w.transactional, w.transactional_said),
    }
}

/// Whether a mailing says what no owner may say here any more, so that its letters are those of any other.
pub(super) fn writes_as_bulk(visit: &Visit, kind: Kind) -> bool {
    kind == Kind::Transactional && !visit.services().quotas.bounds().transactional
}

/// How often a mailing runs, in words.
pub(super) fn every(w: &'static Words, periodicity: &Periodicity) -> String {
    match periodicity {
        Periodicity::Once => w.once.to_owned(),
        Periodicity::Daily => w.daily.to_owned(),
        Periodicity::Weekly => w.weekly.to_owned(),
        Periodicity::Monthly => w.monthly.to_owned(),
        Periodicity::Cron(expression) => w.by_cron.with(expression.as_str()),
    }
}

/// What looks like a mistake in a letter, and may be none: also what is empty for some of the owner's clients.
async fn warnings(visit: &Visit, letter: &messages::Message) -> Result<Vec<String>, Trouble> {
    let wanted = Wanted { message: Some(letter.id.to_string()), ..Wanted::default() };
    let asked = Asked { parts: [false; 3], counts: true };
    let home = visit.app().options.public_url.as_str();
    let found = preview(visit.services(), visit.viewer()?, wanted, asked, home).await?.warnings;
    Ok(found.iter().take(WARNINGS).map(|warning| sentence(&warning.told(visit.language()))).collect())
}
