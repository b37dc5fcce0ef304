//! A file of clients: what would become of it, how far its import is, and what has become of it.

use crate::web::frame::answer::mend;
use crate::web::frame::confirm::Confirm;
use crate::web::frame::fields::sentence;
use crate::web::frame::trouble::problems;
use crate::web::frame::{Answer, Fields, Layout, Mistakes, Place, Trouble, Visit, page, redirect};
use acts::address_book::groups;
use acts::address_book::import::{Field, Mapping, Target};
use acts::address_book::uploads::{self, BadRow, Column, Look, Stage, Summary, Upload, Wishes};
use askama::Template;
use axum::extract::Path;
use domain::Code;
use projections::{Access, groups as read, messages};
use std::borrow::Borrow;
use std::time::Duration;
use uuid::Uuid;
pub(super) use words::screens::import::Import as Words;
use words::screens::shown;

/// The most groups that the form offers.
const GROUPS: i64 = 500;

/// How long a form waits for the work that it has begun, so that what is small is shown at once.
const PATIENCE: Duration = Duration::from_millis(2_500);

/// How often it looks whether the work is done.
const PAUSE: Duration = Duration::from_millis(100);

/// One of several that can be chosen.
struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

/// A column with what it can be.
struct Chosen {
    place: usize,
    name: String,
    example: String,
    meanings: Vec<Choice>,
}

#[derive(Template)]
#[template(path = "address_book/upload.html")]
struct One {
    page: Layout,
    w: &'static Words,
    mistakes: Mistakes,
    id: String,
    name: String,
    size: String,
    kept_until: String,
    state: State,
    rows: u64,
    bad: u64,
    /// How much of the file has been read, in percent and as a part of 100.
    share: String,
    hundredths: u64,
    /// What was told when the work ended early.
    said: Option<String>,
    columns: Vec<Chosen>,
    update: bool,
    groups: Vec<Choice>,
    new_group: String,
    /// The group that all have joined.
    group: Option<String>,
    /// What comes after an import, on the way to a mailing: the address and the words for it.
    next: Option<(&'static str, &'static str)>,
    /// Whether the form was sent with other columns than those that the look was made with.
    looked_anew: bool,
}

/// What the page shows.
enum State {
    Looking,
    LookBrokeOff,
    /// With what an import would do, if it would do anything.
    Looked(Option<Summary>),
    Importing,
    BrokeOff,
    Imported(Summary),
}

impl One {
    async fn of(visit: &Visit, upload: Upload, sent: Option<&Fields>, mistakes: Mistakes) -> Result<Self, Trouble> {
        let w = Words::of(visit.language());
        let mut mistakes = mistakes;
        let (look, state) = match upload.stage {
            Stage::Looking => (None, State::Looking),
            Stage::LookBrokeOff => (None, State::LookBrokeOff),
            Stage::Importing => (None, State::Importing),
            Stage::BrokeOff => (None, State::BrokeOff),
            Stage::Imported(summary) => (None, State::Imported(summary)),
            Stage::Looked(look) => {
                let summary = look.summary.clone();
                (Some(look), State::Looked(summary))
            }
        };
        if let Some((code, said)) = look.as_ref().and_then(|look| look.refused.as_ref()) {
            let missing = code == Code::FileEmailColumnMissing.as_str();
            let said = if missing { w.choose_email.to_owned() } else { sentence(said) };
            if mistakes.count() == 0 {
                // A file that cannot be read at all has no columns that the sentence could lead to.
                let has_columns = look.as_ref().is_some_and(|look| !look.columns.is_empty());
                let field = match (has_columns, code == Code::NotFound.as_str()) {
                    (true, true) => "groupId",
                    (true, false) => "columns",
                    (false, _) => "",
                };
                mistakes = Mistakes::at_field(field, &said);
            }
        }
        let wishes = look.as_ref().map_or(&upload.wishes, |look| &look.wishes).clone();
        let text = |name: &str, kept: Option<&str>| match sent {
            Some(sent) => sent.text(name).to_owned(),
            None => kept.unwrap_or_default().to_owned(),
        };
        let group = text("groupId", upload.wishes.group.as_deref().or(wishes.group.as_deref()));
        let new_group = text("newGroup", upload.wishes.new_group.as_deref());
        let choosing = matches!(state, State::Looked(_));
        let groups = if choosing { choices(visit, &group).await? } else { Vec::new() };
        let columns = look.map(|look| look.columns).unwrap_or_default();
        let columns = columns.into_iter().enumerate().map(|(place, column)| chosen(w, place, column, sent)).collect();
        let next = if matches!(state, State::Imported(_)) {
            let writes = messages::held(visit.pool(), visit.owner()?.id(), 1).await? == 0;
            Some(if writes { ("/messages/new", w.next_letter) } else { ("/mailings/new", w.next_plan) })
        } else {
            None
        };
        let (bytes, size) = (upload.progress.bytes.min(upload.size), upload.size);
        Ok(Self {
            page: visit.layout(w.title, Place::Clients),
            w,
            mistakes,
            id: upload.id.to_string(),
            name: upload.name,
            size: shown::size(visit.language(), size),
            kept_until: w.kept_until.with(visit.when(upload.expires_at).dated().minute),
            state,
            rows: upload.progress.rows,
            bad: upload.progress.bad,
            share: shown::percent(visit.language(), bytes, size),
            hundredths: (bytes * 100).checked_div(size).unwrap_or(0),
            said: upload.said.map(|said| sentence(&said)),
            columns,
            update: sent.map_or(wishes.update, |sent| sent.ticked("update")),
            groups,
            new_group,
            group: upload.wishes.group.filter(|_| !choosing),
            next,
            looked_anew: visit.query().ticked("anew"),
        })
    }

    /// Whether the page changes by itself.
    fn is_live(&self) -> bool {
        matches!(self.state, State::Looking | State::Importing)
    }

    fn shown(&self, number: impl Borrow<u64>) -> String {
        shown::number(self.page.language, *number.borrow())
    }

    fn has_bad(&self) -> bool {
        self.bad > 0
    }

    /// How many rows cannot be imported beside those that are shown, if there are more.
    fn more(&self, summary: &Summary) -> Option<String> {
        let more = summary.bad.saturating_sub(summary.bad_rows.len() as u64);
        (more > 0).then(|| self.w.more_problems.of(more))
    }

    fn field(&self, row: &BadRow) -> String {
        match row.field.as_deref() {
            Some(name) => Field::of_name(name).map_or(name, |field| label(self.w, field)).to_owned(),
            None => self.w.whole_row.to_owned(),
        }
    }
}

async fn choices(visit: &Visit, chosen: &str) -> Result<Vec<Choice>, Trouble> {
    let access = Access::Owner(visit.owner()?.id());
    let rows = read::page(visit.pool(), access, None, None, GROUPS).await?;
    let choice = |row: read::Group| {
        let value = row.id.to_string();
        Choice { chosen: value == chosen, value, label: row.name }
    };
    Ok(rows.into_iter().map(choice).collect())
}

fn chosen(w: &'static Words, place: usize, column: Column, sent: Option<&Fields>) -> Chosen {
    let now = match sent {
        Some(sent) => sent.text(&format!("columns.{place}")).to_owned(),
        None => column.field.unwrap_or_default(),
    };
    let meaning =
        |value: &str, label: &str| Choice { chosen: now == value, value: value.to_owned(), label: label.to_owned() };
    let fields = Field::ALL.into_iter().map(|field| meaning(field.name(), label(w, field)));
    let meanings = std::iter::once(meaning("", w.not_read)).chain(fields).collect();
    Chosen { place, name: column.name, example: column.example, meanings }
}

fn label(w: &'static Words, field: Field) -> &'static str {
    match field {
        Field::Email => w.email,
        Field::FullName => w.full_name,
        Field::FirstName => w.first_name,
        Field::MiddleName => w.middle_name,
        Field::LastName => w.last_name,
        Field::Comment => w.comment,
        Field::Groups => w.groups,
    }
}

async fn existing(visit: &Visit, id: &str) -> Result<Upload, Trouble> {
    let owner = visit.owner()?;
    let id: Uuid = id.parse().map_err(|_| Trouble::Absent)?;
    uploads::get(visit.services(), owner, id).await?.ok_or(Trouble::Absent)
}

/// Waits a moment for work that may be done at once.
pub(super) async fn wait(visit: &Visit, id: Uuid) -> Result<(), Trouble> {
    let owner = visit.owner()?;
    let done = async {
        loop {
            tokio::time::sleep(PAUSE).await;
            let upload = uploads::get(visit.services(), owner, id).await?;
            if !upload.is_some_and(|upload| matches!(upload.stage, Stage::Looking | Stage::Importing)) {
                return Ok::<(), sqlx::Error>(());
            }
        }
    };
    match tokio::time::timeout(PATIENCE, done).await {
        Ok(done) => Ok(done?),
        Err(_) => Ok(()),
    }
}

/// `GET /clients/import/ID`.
pub(crate) async fn one(visit: Visit, Path(id): Path<String>) -> Answer {
    let upload = existing(&visit, &id).await?;
    page(&One::of(&visit, upload, None, Mistakes::default()).await?)
}

/// `POST /clients/import/ID`: has the file read again, or imported, as the form says.
pub(crate) async fn send(visit: Visit, Path(id): Path<String>, fields: Fields) -> Answer {
    let owner = visit.owner()?;
    let metadata = visit.metadata()?;
    let upload = existing(&visit, &id).await?;
    let here = format!("/clients/import/{}", upload.id);
    let (services, language) = (visit.services(), visit.language());
    let into = Target { services, owner, metadata: &metadata, language };
    let (mut wishes, look) = match &upload.stage {
        // A form of before: what goes on, or is done, is shown.
        Stage::Looking | Stage::Importing | Stage::Imported(_) => return Ok(redirect(&here)),
        Stage::LookBrokeOff => {
            uploads::look(&into, upload.id, upload.wishes.clone()).await?;
            wait(&visit, upload.id).await?;
            return Ok(redirect(&here));
        }
        Stage::BrokeOff => {
            uploads::import(&into, upload.id, upload.wishes.clone()).await?;
            wait(&visit, upload.id).await?;
            return Ok(redirect(&here));
        }
        Stage::Looked(look) => {
            if let Ok(wishes) = wishes(look, &fields) {
                (wishes, look)
            } else {
                let mistakes = Mistakes::at_field("columns", Words::of(language).twice);
                return mend(&One::of(&visit, upload, Some(&fields), mistakes).await?);
            }
        }
    };
    let imports = fields.text("act") == "import";
    if !imports || !wishes.read_like(&look.wishes) {
        uploads::look(&into, upload.id, wishes).await?;
        wait(&visit, upload.id).await?;
        return Ok(redirect(&if imports { format!("{here}?anew=1") } else { here }));
    }
    if let Some(name) = &wishes.new_group {
        // However often the form is sent, the group is made once.
        let made = groups::create(services, owner, Some(upload.id.to_string()), name, &metadata).await;
        match problems(made)? {
            Ok((group, receipt)) => {
                // Who joins it has to find it there.
                services.shown(receipt.position).await;
                wishes.group = Some(group.to_string());
                wishes.new_group = None;
            }
            Err(problems) => {
                let mistakes = Mistakes::of(&problems, language).moved("name", "newGroup");
                return mend(&One::of(&visit, upload, Some(&fields), mistakes).await?);
            }
        }
    }
    uploads::import(&into, upload.id, wishes).await?;
    wait(&visit, upload.id).await?;
    Ok(redirect(&here))
}

/// What a form wishes. `Err` if two columns are to be the same.
fn wishes(look: &Look, fields: &Fields) -> Result<Wishes, ()> {
    let sent = |place: usize| fields.some(&format!("columns.{place}"));
    let as_read = look.columns.iter().enumerate().all(|(place, column)| column.field.as_deref() == sent(place));
    let columns = if as_read {
        look.wishes.columns.clone()
    } else {
        let mut mapping = Mapping::default();
        let mut all = Vec::new();
        for (place, column) in look.columns.iter().enumerate() {
            let Some(field) = sent(place).and_then(Field::of_name) else { continue };
            mapping.add(field, &column.name).map_err(|_| ())?;
            all.push((field.name().to_owned(), column.name.clone()));
        }
        Some(all)
    };
    Ok(Wishes {
        columns,
        update: fields.ticked("update"),
        group: fields.some("groupId").map(str::to_owned),
        new_group: fields.some("newGroup").map(str::to_owned),
    })
}

/// `GET /clients/import/ID/discard`.
pub(crate) async fn ask_discard(visit: Visit, Path(id): Path<String>) -> Answer {
    let upload = existing(&visit, &id).await?;
    let w = Words::of(visit.language());
    let stops = matches!(upload.stage, Stage::Importing | Stage::BrokeOff);
    let (asks, said, button) =
        if stops { (w.stop_asks, w.stop_said, w.stop) } else { (w.discard_asks, w.discard_said, w.discard) };
    let confirm = Confirm {
        page: visit.layout(asks.with(&upload.name), Place::Clients),
        said: vec![said.to_owned()],
        button,
        action: visit.path().to_owned(),
        reason: None,
        back: format!("/clients/import/{}", upload.id),
        is_final: true,
    };
    confirm.ask()
}

/// `POST /clients/import/ID/discard`.
pub(crate) async fn discard(visit: Visit, Path(id): Path<String>) -> Answer {
    let owner = visit.owner()?;
    let upload = existing(&visit, &id).await?;
    uploads::discard(visit.services(), owner, upload.id).await?;
    Ok(redirect("/clients/import"))
}
