//! A file of clients: what would become of it, how far its import is, and what has become of it.

use crate::web::frame::answer::mend;
use crate::web::frame::confirm::Confirm;
use crate::web::frame::fields::sentence;
use crate::web::frame::mark::{Mark, Shape, Tone};
use crate::web::frame::trouble::problems;
use crate::web::frame::{Answer, Fields, Layout, Mistakes, Place, Trouble, Visit, page, redirect};
use acts::address_book::import::{
    Becomes, Field, FileConsent, Mapping, Meaning, OwnField, Previewed, Target, own_fields,
};
use acts::address_book::uploads::{self, BadRow, Column, Look, Stage, Summary, Upload, Wishes};
use acts::address_book::{consent as agreed_to, groups};
use acts::refusal::Problem;
use askama::Template;
use axum::extract::Path;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::custom_field::{Key, Label, MAX_KEY, MAX_LABEL};
use domain::import::Mode;
use domain::{Code, GroupId, Language, group};
use projections::{Access, groups as read, messages};
use std::borrow::Borrow;
use std::collections::BTreeSet;
use std::time::Duration;
use uuid::Uuid;
use words::import::RowError;
pub(super) use words::screens::import::Import as Words;
use words::screens::shown;

/// The most groups that the form offers.
const GROUPS: i64 = 500;

/// How long a form waits for the work that it has begun, so that what is small is shown at once.
const PATIENCE: Duration = Duration::from_millis(2_500);

/// What the form says of a column that is to be a field which there is not yet.
const NEW_FIELD: &str = "new";

/// How far the day of somebody who says when people agreed may be ahead of the service's.
const AHEAD: TimeDelta = TimeDelta::hours(14);

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
    /// The owner's own fields, with those that the import would make.
    own: Vec<OwnField>,
    modes: Vec<Choice>,
    /// Whether clients who are there are changed.
    updates: bool,
    groups: Vec<Choice>,
    new_group: String,
    /// What is said of all people of the file.
    agreed: Agreed,
    /// The group that all have joined.
    group: Option<String>,
    /// What comes after an import, on the way to a mailing: the address and the words for it.
    next: Option<(&'static str, &'static str)>,
    /// Whether the form was sent with other columns than those that the look was made with.
    looked_anew: bool,
}

/// What the form says that all people of a file have agreed to.
struct Agreed {
    is_said: bool,
    wording: String,
    on: String,
    topics: Vec<Choice>,
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
        let own = own_fields(visit.services(), visit.owner()?, &new_fields(&wishes)).await?;
        let columns = look.map(|look| look.columns).unwrap_or_default();
        let columns =
            columns.into_iter().enumerate().map(|(place, column)| chosen(w, place, column, &own, sent)).collect();
        let mode = sent.map_or(wishes.mode, |sent| Mode::from_name(sent.text("mode")).unwrap_or_default());
        let agreed = agreed(visit, wishes.consent.as_ref(), sent, choosing).await?;
        let follows = if matches!(state, State::Imported(_)) {
            let writes = messages::held(visit.pool(), visit.owner()?.id(), 1).await? == 0;
            Some(if writes { ("/messages/new", w.next_letter) } else { ("/mailings/new", w.next_plan) })
        } else {
            None
        };
        let joined = match &state {
            State::Imported(summary) => summary.group.map(|group| group.to_string()),
            _ => None,
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
            own,
            modes: modes(w, mode),
            updates: mode.updates(),
            groups,
            new_group,
            agreed,
            group: upload.wishes.group.or(joined).filter(|_| !choosing),
            next: follows,
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
            Some(name) => match Meaning::of_name(name) {
                Some(Meaning::Usual(field)) => label(self.w, field).to_owned(),
                Some(Meaning::Custom(key)) => self.own(key.as_str()).to_owned(),
                None => name.to_owned(),
            },
            None => self.w.whole_row.to_owned(),
        }
    }

    /// What people see as the name of one of the owner's own fields.
    fn own<'a>(&'a self, key: &'a str) -> &'a str {
        self.own.iter().find(|field| field.key.as_str() == key).map_or(key, |field| field.label.as_str())
    }

    /// What a row has in the owner's own fields.
    fn fields(&self, row: &Previewed) -> String {
        let fields = row.fields.iter().map(|(key, value)| format!("{}: {value}", self.own(key)));
        fields.collect::<Vec<_>>().join("; ")
    }

    /// What would become of a row.
    fn becomes(&self, row: &Previewed) -> Mark {
        match row.becomes {
            Becomes::New => Mark::new(Shape::Ring, Tone::Good, self.w.becomes_new),
            Becomes::Changed => Mark::new(Shape::Tick, Tone::Busy, self.w.becomes_changed),
            Becomes::Unchanged => Mark::new(Shape::Dash, Tone::Quiet, self.w.becomes_same),
            Becomes::NotThere => Mark::new(Shape::Question, Tone::Quiet, self.w.becomes_not_there),
            Becomes::Bad => Mark::new(Shape::Cross, Tone::Bad, self.w.becomes_bad),
        }
    }
}

/// What the form shows of what all people of a file have agreed to.
async fn agreed(
    visit: &Visit,
    consent: Option<&FileConsent>,
    sent: Option<&Fields>,
    choosing: bool,
) -> Result<Agreed, Trouble> {
    let text = |name: &str, kept: String| sent.map_or(kept, |sent| sent.text(name).to_owned());
    let topic = text("topicId", consent.and_then(|consent| consent.topic).map(|id| id.to_string()).unwrap_or_default());
    let on = consent.and_then(|consent| consent.at).map(|at| at.date_naive().to_string());
    Ok(Agreed {
        is_said: sent.map_or(consent.is_some(), |sent| sent.ticked("agreed")),
        wording: text("wording", consent.map(|consent| consent.wording.clone()).unwrap_or_default()),
        on: text("agreedOn", on.unwrap_or_default()),
        topics: if choosing { choices(visit, &topic).await? } else { Vec::new() },
    })
}

fn modes(w: &'static Words, chosen: Mode) -> Vec<Choice> {
    let labels = [(Mode::Add, w.mode_add), (Mode::Update, w.mode_update), (Mode::AddAndUpdate, w.mode_both)];
    let choice = |(mode, label): (Mode, &str)| Choice {
        value: mode.name().to_owned(),
        label: label.to_owned(),
        chosen: mode == chosen,
    };
    labels.map(choice).into()
}

/// The fields that an import with these wishes would make.
fn new_fields(wishes: &Wishes) -> Vec<(Key, Label)> {
    let read = |(key, label): &(String, String)| Some((Key::parse(key).ok()?, Label::parse(label).ok()?));
    wishes.new_fields.iter().filter_map(read).collect()
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

fn chosen(w: &'static Words, place: usize, column: Column, own: &[OwnField], sent: Option<&Fields>) -> Chosen {
    let now = match sent {
        Some(sent) => sent.text(&format!("columns.{place}")).to_owned(),
        None => column.field.unwrap_or_default(),
    };
    let meaning =
        |value: &str, label: &str| Choice { chosen: now == value, value: value.to_owned(), label: label.to_owned() };
    let fields = Field::ALL.into_iter().map(|field| meaning(field.name(), label(w, field)));
    let own = own.iter().map(|field| meaning(&Meaning::Custom(field.key.clone()).name(), &field.label));
    let new = meaning(NEW_FIELD, w.new_field);
    let meanings = std::iter::once(meaning("", w.not_read)).chain(fields).chain(own).chain([new]).collect();
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
        Field::ConsentAt => w.consent_at,
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
            let own = own_fields(services, owner, &new_fields(&look.wishes)).await?;
            match wishes(look, &fields, &own, (language, visit.now())) {
                Ok(wishes) => (wishes, look),
                Err(mistakes) => return mend(&One::of(&visit, upload, Some(&fields), mistakes).await?),
            }
        }
    };
    let imports = fields.text("act") == "import";
    // Without a consent nobody has looked at the moments.
    let moments = look.columns.iter().any(|column| column.field.as_deref() == Some(Field::ConsentAt.name()));
    let unseen = moments && wishes.consent.is_some() && look.wishes.consent.is_none();
    if !imports || unseen || !wishes.read_like(&look.wishes) {
        uploads::look(&into, upload.id, wishes).await?;
        wait(&visit, upload.id).await?;
        return Ok(redirect(&if imports { format!("{here}?anew=1") } else { here }));
    }
    if let Some(name) = &wishes.new_group {
        // It is made with the first of its clients; what stands against it is told before.
        if let Err(problems) = problems(groups::may_create(services, owner, name).await)? {
            let mistakes = Mistakes::of(&problems, language).moved("name", "newGroup");
            return mend(&One::of(&visit, upload, Some(&fields), mistakes).await?);
        }
        wishes.group = None;
    }
    uploads::import(&into, upload.id, wishes).await?;
    wait(&visit, upload.id).await?;
    Ok(redirect(&here))
}

/// What a form wishes, or what is wrong with it.
fn wishes(
    look: &Look,
    fields: &Fields,
    own: &[OwnField],
    (language, now): (Language, DateTime<Utc>),
) -> Result<Wishes, Mistakes> {
    let consent = consent(fields, language, now)?;
    let sent = |place: usize| fields.some(&format!("columns.{place}"));
    let as_read = look.columns.iter().enumerate().all(|(place, column)| column.field.as_deref() == sent(place));
    let (columns, new_fields) = if as_read {
        (look.wishes.columns.clone(), look.wishes.new_fields.clone())
    } else {
        let twice = || Mistakes::at_field("columns", Words::of(language).twice);
        let (mut mapping, mut all, mut new_fields) = (Mapping::default(), Vec::new(), Vec::new());
        let mut taken: BTreeSet<Key> = own.iter().map(|field| field.key.clone()).collect();
        for (place, column) in look.columns.iter().enumerate() {
            let meaning = match sent(place) {
                Some(NEW_FIELD) => {
                    let Some((key, label)) = new_field(place, &column.name, &taken) else { continue };
                    taken.insert(key.clone());
                    new_fields.push((key.to_string(), label));
                    Meaning::Custom(key)
                }
                Some(name) => {
                    let Some(meaning) = Meaning::of_name(name) else { continue };
                    // One that was wished for before, and is not made yet.
                    let before = look
                        .wishes
                        .new_fields
                        .iter()
                        .find(|(key, _)| matches!(&meaning, Meaning::Custom(custom) if custom.as_str() == key));
                    new_fields.extend(before.cloned());
                    meaning
                }
                None => continue,
            };
            mapping.add(meaning.clone(), &column.name).map_err(|_| twice())?;
            all.push((meaning.name().into_owned(), column.name.clone()));
        }
        (Some(all), new_fields)
    };
    Ok(Wishes {
        columns,
        new_fields,
        mode: Mode::from_name(fields.text("mode")).unwrap_or_default(),
        group: fields.some("groupId").map(str::to_owned),
        new_group: fields.some("newGroup").map(str::to_owned),
        consent,
    })
}

/// What a column is called as a field of the owner's: its key, which no other field has, and its name.
fn new_field(place: usize, column: &str, taken: &BTreeSet<Key>) -> Option<(Key, String)> {
    let letters: String = column.chars().map(|sign| if sign.is_alphanumeric() { sign } else { ' ' }).collect();
    let short: String = letters.trim().chars().take(MAX_KEY / 2).collect();
    let number = place + 1;
    let tried = [column.to_owned(), short.clone(), format!("field {short}"), format!("field {number}")];
    let numbered = (2..).map(|again| format!("field {number} {again}"));
    let mut keys = tried.into_iter().chain(numbered).filter_map(|text| Key::parse(&text).ok());
    let label: String = column.chars().filter(|sign| !sign.is_control()).take(MAX_LABEL).collect();
    let label = if label.trim().is_empty() { number.to_string() } else { label };
    keys.find(|key| !taken.contains(key)).map(|key| (key, label))
}

/// What a form says that all people of the file have agreed to; nothing if the box is not ticked.
fn consent(fields: &Fields, language: Language, now: DateTime<Utc>) -> Result<Option<FileConsent>, Mistakes> {
    if !fields.ticked("agreed") {
        return Ok(None);
    }
    let wrong = |problem: Problem, field: &str| Mistakes::of(&[problem.at(&[field])], language);
    let wording = agreed_to::wording(fields.text("wording").to_owned(), &["wording"]);
    let wording = wording.map_err(|problem| wrong(problem, "wording"))?;
    let topic = fields.some("topicId").map(str::parse::<GroupId>).transpose();
    let topic = topic.map_err(|_| wrong(Problem::of(&group::Error::NotFound), "topicId"))?;
    let on = fields.some("agreedOn").map(|text| -> Result<DateTime<Utc>, RowError> {
        let day = text.trim().parse::<NaiveDate>().ok().and_then(|day| day.and_hms_opt(0, 0, 0));
        let invalid = || RowError::MomentInvalid { value: text.chars().take(40).collect() };
        let at = day.map(|at| at.and_utc()).filter(|at| *at - now < AHEAD).ok_or_else(invalid)?;
        Ok(at.min(now))
    });
    let at = on.transpose().map_err(|error| wrong(Problem::of(&error), "agreedOn"))?;
    Ok(Some(FileConsent { wording, topic, at }))
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
