//! The service itself, for administrators: whether it is well, what waits, what comes in, its read models, mail servers, sender and
//! settings.

pub(super) mod intake;
pub(super) mod read_models;
pub(in crate::web) mod sender;
mod servers;

use crate::options::{Setting, SettingSource};
use crate::web::frame::fields::sentence;
use crate::web::frame::mark::{Mark, Shape, Tone};
use crate::web::frame::{Answer, Layout, Place, Visit, page};
use acts::system::{self, Check, Subject};
use askama::Template;
use read_models::ReadModels;
use sender::Sender;
use servers::Server;
use words::Sentence;
use words::screens::Counted;
use words::screens::system::System as Words;

#[derive(Template)]
#[template(path = "audit/system/system.html")]
struct Overview {
    page: Layout,
    w: &'static Words,
    checks: Vec<Checked>,
    /// What waits: how much, and of what.
    queues: [(String, String); 4],
    models: ReadModels,
    servers: Vec<Server>,
    /// Whether letters wait for one of them.
    waits: bool,
    intake: intake::Part,
    sender: Sender,
    settings: Vec<Set>,
}

/// What was found about one part of the service.
struct Checked {
    subject: &'static str,
    mark: Mark,
    said: String,
}

/// A setting as it is shown.
struct Set {
    name: String,
    value: String,
    source: &'static str,
}

/// `GET /system`.
pub(crate) async fn show(visit: Visit) -> Answer {
    let (by, w) = (visit.administrator()?, Words::of(visit.language()));
    let checks = system::look(visit.services(), by).await?;
    let queues = system::queues(visit.services(), by).await?;
    let queue = |number: i64, noun: Counted| (visit.number(number), noun.of(number.unsigned_abs()));
    let servers = servers::all(&visit).await?;
    page(&Overview {
        page: visit.layout(w.title, Place::System),
        w,
        checks: checks.iter().map(|check| checked(&visit, w, check)).collect(),
        queues: [
            queue(queues.notices, w.notices),
            queue(queues.runs, w.runs),
            queue(queues.batches, w.batches),
            queue(queues.unknown, w.doubts),
        ],
        models: read_models::all(&visit).await?,
        waits: servers.iter().any(|server| !server.what.is_empty()),
        servers,
        intake: intake::part(&visit).await?,
        sender: sender::of(&visit).await?,
        settings: visit.app().options.settings.iter().map(|setting| set(w, setting)).collect(),
    })
}

fn checked(visit: &Visit, w: &'static Words, check: &Check) -> Checked {
    let marks = visit.marks();
    let subject = match check.subject {
        Subject::Database => w.subject_database,
        Subject::Clock => w.subject_clock,
        Subject::Program => w.subject_process,
        Subject::ReadModels => w.subject_read_models,
        Subject::Administrators => w.subject_administrators,
        Subject::TimeZones => w.subject_time_zones,
        Subject::Mailings => w.subject_mailings,
        Subject::Search => w.subject_search,
        Subject::MailServers => w.subject_mail_servers,
    };
    let mark = if check.finding.is_well() {
        Mark::new(Shape::Tick, Tone::Good, marks.well)
    } else {
        Mark::new(Shape::Cross, Tone::Bad, marks.trouble)
    };
    Checked { subject, mark, said: sentence(&check.finding.told(visit.language())) }
}

fn set(w: &'static Words, setting: &Setting) -> Set {
    let source = match setting.source {
        SettingSource::Default => w.from_default,
        SettingSource::Environment => w.from_environment,
        SettingSource::Flag => w.from_flag,
    };
    Set { name: setting.name.clone(), value: setting.value.clone(), source }
}
