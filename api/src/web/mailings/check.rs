//! What a plan comes to before anything is written: who gets it, when, and what may be a mistake.

use super::plan;
use crate::web::frame::fields::sentence;
use crate::web::frame::{Fields, Layout, Place, Trouble, Visit};
use acts::letters::preview::{Asked, Wanted, preview};
use askama::Template;
use domain::mailing::{InDoubt, Plan};
use domain::{Periodicity, Shown};
use projections::mailings::{self, Mailing};
use projections::messages;
use uuid::Uuid;
use words::Sentence as _;
use words::screens::plan::Plan as Words;

/// How many moments ahead are told.
const AHEAD: usize = 5;

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
    warnings: Vec<String>,
    recipients: String,
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
    relay: Option<String>,
    button: String,
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
        let size = mailings::audience_size(visit.pool(), own, &clients, &groups).await?.unsigned_abs();
        let letter = messages::get(visit.pool(), visit.viewer()?.letters(), plan.message).await?;
        let warnings = match &letter {
            Some(letter) => warnings(visit, letter).await?,
            None => Vec::new(),
        };
        let (zone, language) = (plan.time_zone, visit.language());
        // What has run stays done, and what was planned like this already is not begun anew.
        let (after, since) =
            row.map_or((None, now), |row| (row.last_occurrence, row.planned_at.unwrap_or(row.created_at)));
        let upcoming = plan.periodicity.upcoming(&plan.window, zone, after, since, now, AHEAD + 1);
        let count = upcoming.moments.len() + usize::from(upcoming.at_once);
        let minute = |at| words::screens::shown::minute(language, at, zone);
        let title = if row.is_some() { w.check_change_title } else { w.check_title };
        let button = match row {
            Some(_) => w.save.to_owned(),
            None if upcoming.at_once => w.send_to.of(size),
            None => w.plan.to_owned(),
        };
        let mut notes = Vec::new();
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
            warnings,
            recipients: w.people.of(size),
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
            in_doubt: if plan.sending.in_doubt == InDoubt::Resend { w.resend } else { w.hold },
            relay: plan.sending.relay.as_ref().map(|relay| relay.as_str().to_owned()),
            button,
        })
    }
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
    let found = preview(visit.services(), visit.viewer()?, wanted, asked).await?.warnings;
    Ok(found.iter().take(WARNINGS).map(|warning| sentence(&warning.told(visit.language()))).collect())
}
