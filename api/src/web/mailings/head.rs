//! What stands above every part of a mailing's page: what it is doing and why, and what may be done with it.

use super::list::{last_runs, of_blocked, rights};
use super::{marks, progress};
use crate::web::frame::fields::sentence;
use crate::web::frame::mark::Mark;
use crate::web::frame::when::unbroken;
use crate::web::frame::{Trouble, Visit, owners};
use askama::Template;
use askama::filters::HtmlSafe;
use domain::MailingId;
use domain::mailing::{Action, Rights};
use projections::Access;
use projections::mailings::{self, Mailing, Standing};
use words::Sentence as _;
use words::mailings::Halt;
use words::screens::mailing::Mailing as Words;
use words::screens::shown;

/// The parts of a mailing's page, each with its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tab {
    Overview,
    Recipients,
    History,
    Report,
}

/// What the viewer may do now.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each of them is a button")]
pub(super) struct May {
    start: bool,
    pause: bool,
    resume: bool,
    update: bool,
    cancel: bool,
    delete: bool,
    disable: bool,
    enable: bool,
}

/// What all parts of a mailing's page have above them.
#[derive(Template)]
#[template(path = "mailings/head.html")]
pub(super) struct Head {
    w: &'static Words,
    id: String,
    /// Whether a run has started, so that sending now is sending again.
    sent: bool,
    name: String,
    mark: Mark,
    blocked: Option<Mark>,
    owner: Option<String>,
    said: String,
    reason: Option<String>,
    obstacle: Option<String>,
    may: May,
    refused: Vec<(&'static str, String)>,
    tabs: Vec<(String, &'static str, bool)>,
}

/// The mailing that an address names, if the visitor may see it.
pub(super) async fn existing(visit: &Visit, access: Access, id: &str) -> Result<Mailing, Trouble> {
    let id: MailingId = id.parse().map_err(|_| Trouble::Absent)?;
    mailings::get(visit.pool(), access, id).await?.ok_or(Trouble::Absent)
}

impl HtmlSafe for Head {}

impl Head {
    /// The head of a page that does not know of itself whether a run is under way.
    pub(super) async fn of(visit: &Visit, row: &Mailing, tab: Tab) -> Result<Self, Trouble> {
        let latest = last_runs(visit, visit.viewer()?.reads(), vec![row.id]).await?.remove(&row.id);
        Self::with(visit, row, tab, latest.is_some_and(|run| progress::is_open(&run))).await
    }

    /// The head of a page that knows whether a run is under way.
    pub(super) async fn with(visit: &Visit, row: &Mailing, tab: Tab, sends: bool) -> Result<Self, Trouble> {
        let (w, now, language) = (Words::of(visit.language()), visit.now(), visit.language());
        let rights = rights(visit, row)?;
        let actions = row.actions(rights, now);
        let owner = if rights.owns { None } else { owners::one(visit, row.owner_id).await? };
        let may = |action| actions.contains(&action);
        let tabs = [
            (Tab::Overview, "", w.tab_overview),
            (Tab::Recipients, "/recipients", w.tab_recipients),
            (Tab::History, "/history", w.tab_history),
            (Tab::Report, "/report", w.tab_report),
        ];
        Ok(Self {
            w,
            id: row.id.to_string(),
            sent: row.sent,
            name: row.name.clone(),
            mark: marks::of_mailing(row.standing(now), language),
            blocked: row.owner_blocked.then(|| of_blocked(visit)),
            said: doing(visit, row, rights, sends),
            owner,
            reason: row.reason.as_deref().map(|reason| Halt::shown(reason, language)),
            obstacle: row.obstacle_at(now).map(|obstacle| sentence(&obstacle.told(language))),
            may: May {
                start: may(Action::Start),
                pause: may(Action::Pause),
                resume: may(Action::Resume),
                update: may(Action::Update),
                cancel: may(Action::Cancel),
                delete: may(Action::Delete),
                disable: may(Action::Disable),
                enable: may(Action::Enable),
            },
            refused: refused(visit, row, rights, &actions),
            tabs: tabs.map(|(one, path, label)| (format!("/mailings/{}{path}", row.id), label, one == tab)).into(),
        })
    }
}

/// What the mailing is doing, and why.
fn doing(visit: &Visit, row: &Mailing, rights: Rights, sends: bool) -> String {
    let (w, now) = (Words::of(visit.language()), visit.now());
    let minute = |at| unbroken(&shown::minute(visit.language(), at, visit.zone()));
    if let Some(at) = row.deleted_at {
        return w.deleted_said.with(minute(at));
    }
    if row.stopped_by_block(now) {
        return w.blocked_said.to_owned();
    }
    match row.standing(now) {
        Standing::Created | Standing::Running => match row.upcoming(now) {
            _ if sends => w.sends_said.to_owned(),
            Some(at) if at <= now => w.begins_said.to_owned(),
            Some(at) => w.next_said.with(minute(at)),
            None if rights.owns => w.rests_said.with(minute(row.ends_at)),
            None => w.rests_of_others_said.with(minute(row.ends_at)),
        },
        Standing::Paused if row.reason.is_some() => w.suspended_said.to_owned(),
        Standing::Paused if rights.owns => w.paused_said.to_owned(),
        Standing::Paused => w.paused_by_owner_said.to_owned(),
        Standing::Disabled => w.disabled_said.to_owned(),
        Standing::Completed => w.completed_said.with(minute(row.ends_at)),
        Standing::Cancelled => w.cancelled_said.to_owned(),
    }
}

/// What cannot be done now, and why.
fn refused(visit: &Visit, row: &Mailing, rights: Rights, actions: &[Action]) -> Vec<(&'static str, String)> {
    let (w, now) = (Words::of(visit.language()), visit.now());
    let Some(window) = row.window().filter(|_| row.deleted_at.is_none()) else { return Vec::new() };
    let of_owner = [(Action::Start, w.send_now), (Action::Update, w.edit), (Action::Cancel, w.cancel)];
    let of_manager = [(Action::Disable, w.disable)];
    let mut asked: Vec<(Action, &'static str)> = Vec::new();
    if rights.owns {
        asked.extend(of_owner);
        if !actions.contains(&Action::Resume) {
            asked.push((Action::Pause, w.pause));
        }
    }
    if rights.watches {
        asked.extend(of_manager);
    }
    let why = |(action, label): (Action, &'static str)| {
        let error = row.status.refuses(action, &window, now).filter(|_| !actions.contains(&action))?;
        Some((label, sentence(&error.told(visit.language()))))
    };
    asked.into_iter().filter_map(why).collect()
}
