//! Custom fields: the list, a new one, one renamed or removed, and what a client's form has for them.

use crate::web::frame::answer::mend;
use crate::web::frame::confirm::Confirm;
use crate::web::frame::trouble::problems;
use crate::web::frame::{Answer, Deed, Fields, Layout, Mistakes, Place, Trouble, Visit, go, page};
use acts::Problem;
use acts::address_book::custom_fields::{self, New, value_in};
use askama::Template;
use axum::extract::Path;
use domain::custom_field::{Kind, Value};
use domain::{CustomFieldId, Language, client};
use projections::Access;
use projections::custom_fields::{self as read, CustomField};
use words::screens::custom_fields::CustomFields as Words;

/// What the names of a client's fields in a form begin with, before the keys.
const PREFIX: &str = "fields.";

/// A kind as people call it.
fn called(w: &Words, kind: Kind) -> &'static str {
    match kind {
        Kind::Text => w.text,
        Kind::Number => w.number,
        Kind::Date => w.date,
        Kind::YesNo => w.yes_no,
    }
}

#[derive(Template)]
#[template(path = "address_book/custom_fields.html")]
struct List {
    page: Layout,
    w: &'static Words,
    count: String,
    rows: Vec<Row>,
}

struct Row {
    id: String,
    label: String,
    key: String,
    kind: &'static str,
    /// How letters name it.
    written: String,
}

/// `GET /fields`.
pub(super) async fn list(visit: Visit) -> Answer {
    visit.owner()?;
    let w = Words::of(visit.language());
    let rows = read::all(visit.pool(), visit.viewer()?.own()).await?;
    let row = |row: CustomField| Row {
        id: row.id.to_string(),
        kind: called(w, row.kind),
        written: format!("{{{{{}}}}}", row.key),
        label: row.label,
        key: row.key,
    };
    let rows: Vec<Row> = rows.into_iter().map(row).collect();
    page(&List { page: visit.layout(w.title, Place::Clients), w, count: w.count.of(rows.len() as u64), rows })
}

#[derive(Template)]
#[template(path = "address_book/custom_field_new.html")]
struct Blank {
    page: Layout,
    w: &'static Words,
    mistakes: Mistakes,
    fields: Fields,
    /// The kinds, with their names in the form.
    kinds: Vec<(&'static str, &'static str, bool)>,
}

impl Blank {
    fn of(visit: &Visit, fields: Fields, mistakes: Mistakes) -> Self {
        let w = Words::of(visit.language());
        let chosen = Kind::from_name(fields.text("kind")).unwrap_or(Kind::Text);
        let kinds = Kind::ALL.map(|kind| (kind.name(), called(w, kind), kind == chosen)).into();
        Self { page: visit.layout(w.new_title, Place::Clients), w, mistakes, fields, kinds }
    }
}

/// `GET /fields/new`.
pub(super) async fn blank(visit: Visit) -> Answer {
    visit.owner()?;
    page(&Blank::of(&visit, Fields::default(), Mistakes::default()))
}

/// `POST /fields`.
pub(super) async fn define(visit: Visit, fields: Fields) -> Answer {
    let owner = visit.owner()?;
    let Some(kind) = Kind::from_name(fields.text("kind")) else {
        let mistakes = Mistakes::at_field("kind", Words::of(visit.language()).choose_kind);
        return mend(&Blank::of(&visit, fields, mistakes));
    };
    let text = |name: &str| fields.text(name).to_owned();
    let new = New { key: text("key"), label: text("label"), kind };
    match problems(custom_fields::define(visit.services(), owner, new, &visit.metadata()?).await)? {
        Ok((_, receipt)) => go(&visit, receipt, Deed::FieldAdded.to(fields.text("label")), "/fields").await,
        Err(problems) => {
            let mistakes = Mistakes::of(&problems, visit.language());
            mend(&Blank::of(&visit, fields, mistakes))
        }
    }
}

#[derive(Template)]
#[template(path = "address_book/custom_field.html")]
struct One {
    page: Layout,
    w: &'static Words,
    mistakes: Mistakes,
    fields: Fields,
    id: String,
    key: String,
    kind: &'static str,
    /// How letters name it.
    written: String,
}

impl One {
    fn of(visit: &Visit, row: CustomField, fields: Fields, mistakes: Mistakes) -> Self {
        let w = Words::of(visit.language());
        Self {
            page: visit.layout(row.label, Place::Clients),
            w,
            mistakes,
            fields,
            id: row.id.to_string(),
            kind: called(w, row.kind),
            written: format!("{{{{{}}}}}", row.key),
            key: row.key,
        }
    }
}

/// The visitor's own field that an address names.
async fn existing(visit: &Visit, id: &str) -> Result<CustomField, Trouble> {
    visit.owner()?;
    let id: CustomFieldId = id.parse().map_err(|_| Trouble::Absent)?;
    read::by_ids(visit.pool(), visit.viewer()?.own(), &[id.0]).await?.pop().ok_or(Trouble::Absent)
}

/// `GET /fields/ID`.
pub(super) async fn one(visit: Visit, Path(id): Path<String>) -> Answer {
    let row = existing(&visit, &id).await?;
    let saved = [("label", row.label.clone()), ("expectedVersion", row.version.to_string())];
    let fields = Fields::of(saved.map(|(name, value)| (name.to_owned(), value)).into());
    page(&One::of(&visit, row, fields, Mistakes::default()))
}

/// `POST /fields/ID`.
pub(super) async fn rename(visit: Visit, Path(id): Path<String>, fields: Fields) -> Answer {
    let row = existing(&visit, &id).await?;
    let (by, metadata, label) = (visit.owner()?, visit.metadata()?, fields.text("label"));
    let renamed = custom_fields::rename(visit.services(), by, &id, fields.version(), label, &metadata).await;
    match problems(renamed)? {
        Ok((_, receipt)) => go(&visit, receipt, Deed::FieldSaved.to(label), &format!("/fields/{}", row.id)).await,
        Err(problems) => {
            let (fields, mistakes) = visit.overtaken(fields, &problems, row.version);
            mend(&One::of(&visit, row, fields, mistakes))
        }
    }
}

/// `GET /fields/ID/remove`.
pub(super) async fn ask_remove(visit: Visit, Path(id): Path<String>) -> Answer {
    let (row, w) = (existing(&visit, &id).await?, Words::of(visit.language()));
    let confirm = Confirm {
        page: visit.layout(w.remove_asks.with(&row.label), Place::Clients),
        said: vec![w.remove_said.to_owned(), w.remove_comes_back.to_owned()],
        button: w.remove,
        action: visit.path().to_owned(),
        reason: None,
        back: format!("/fields/{}", row.id),
        is_final: false,
    };
    confirm.ask()
}

/// `POST /fields/ID/remove`.
pub(super) async fn remove(visit: Visit, Path(id): Path<String>) -> Answer {
    existing(&visit, &id).await?;
    let (_, receipt) = custom_fields::remove(visit.services(), visit.owner()?, &id, &visit.metadata()?).await?;
    go(&visit, receipt, Deed::FieldRemoved, "/fields").await
}

/// A field as the form of a client has it, or as their page shows it to somebody who may not change it.
pub(super) struct Own {
    /// The name in the form: `fields.` with the key.
    pub(super) name: String,
    pub(super) label: String,
    pub(super) help: &'static str,
    /// What was typed, or what is saved.
    pub(super) value: String,
    /// What is saved, for people; empty if nothing is.
    pub(super) said: String,
    kind: Kind,
}

impl Own {
    /// Whether a line is too short for it.
    pub(super) fn is_long(&self) -> bool {
        self.kind == Kind::Text && self.value.contains('\n')
    }

    pub(super) fn is_yes_or_no(&self) -> bool {
        self.kind == Kind::YesNo
    }

    /// Whether the choice between yes and no stands at this.
    pub(super) fn stands_at(&self, value: &str) -> bool {
        self.value == value
    }

    /// The attributes of its line in the form. A browser's own field for numbers would throw away what it takes for none.
    pub(super) fn attributes(&self) -> &'static str {
        match self.kind {
            Kind::Text | Kind::YesNo => "autocomplete=off maxlength=1000",
            Kind::Number => "inputmode=decimal autocomplete=off maxlength=60",
            Kind::Date => "type=date min=1000-01-01 max=9999-12-31",
        }
    }
}

/// The fields of the owner's own for the form of a client, with what was typed or is saved in them.
pub(super) async fn of_form(
    visit: &Visit,
    access: Access,
    fields: &Fields,
    held: &client::Fields,
) -> Result<Vec<Own>, Trouble> {
    let rows = read::all(visit.pool(), access).await?;
    Ok(rows.into_iter().map(|row| own(row, fields, held, visit.language())).collect())
}

fn own(row: CustomField, fields: &Fields, held: &client::Fields, language: Language) -> Own {
    let name = format!("{PREFIX}{}", row.key);
    let saved = value_in(held, &row);
    Own {
        value: fields.get(&name).map_or_else(|| saved.map(Value::plain).unwrap_or_default(), str::to_owned),
        said: saved.map(|value| words::custom_fields::shown(value, language)).unwrap_or_default(),
        name,
        label: row.label,
        help: "",
        kind: row.kind,
    }
}

/// What a client's form sent for fields of the owner's own, as the rules take it. Browsers write line breaks as `\r\n`.
pub(super) fn sent(fields: &Fields) -> Vec<(String, Option<String>)> {
    let pairs = fields.pairs().iter().filter_map(|(name, value)| Some((name.strip_prefix(PREFIX)?, value)));
    pairs.map(|(key, value)| (key.to_owned(), Some(value.replace("\r\n", "\n")))).collect()
}

/// What is wrong with a client's form, each where the form has it: the rules tell the places of values in the list that was [`sent`], and
/// a form has them by their keys. What is wrong with a field that the form has no longer is said of the whole.
pub(super) fn placed(problems: &[Problem], sent: &[(String, Option<String>)], shown: &[Own]) -> Vec<Problem> {
    let place = |problem: &Problem| match problem.field.as_slice() {
        [list, place, _] if list == "fields" => {
            let key = place.parse().ok().and_then(|place: usize| sent.get(place)).map(|(key, _)| key);
            let name = key.map(|key| format!("{PREFIX}{key}"));
            name.filter(|name| shown.iter().any(|own| own.name == *name)).into_iter().collect()
        }
        [list] if list == "fields" => Vec::new(),
        other => other.to_vec(),
    };
    problems.iter().map(|problem| Problem { field: place(problem), ..problem.clone() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Code;
    use words::requests;

    fn row(key: &str, kind: Kind) -> CustomField {
        CustomField {
            id: uuid::Uuid::nil(),
            owner_id: uuid::Uuid::nil(),
            key: key.to_owned(),
            label: "Label".to_owned(),
            kind,
            defined_at: chrono::DateTime::UNIX_EPOCH,
            version: 1,
        }
    }

    #[test]
    fn a_form_has_what_was_typed_and_else_what_is_saved() {
        let key = domain::custom_field::Key::parse("city").expect("a key");
        let held: client::Fields = [(key, Value::Text("Oslo".to_owned()))].into();
        let typed = Fields::of(vec![("fields.city".to_owned(), "Rome".to_owned())]);
        for (fields, kind, value) in [
            (&Fields::default(), Kind::Text, "Oslo"),
            (&typed, Kind::Text, "Rome"),
            (&Fields::default(), Kind::Number, ""),
        ] {
            assert_eq!(own(row("city", kind), fields, &held, Language::En).value, value);
        }
        let sent = sent(&Fields::of(vec![
            ("email".to_owned(), "a@example.org".to_owned()),
            ("fields.city".to_owned(), "two\r\nlines".to_owned()),
        ]));
        assert_eq!(sent, [("city".to_owned(), Some("two\nlines".to_owned()))]);
    }

    #[test]
    fn a_mistake_stands_at_its_field_and_at_the_whole_where_the_form_has_none() {
        let problem = |field: &[&str]| Problem::new(Code::TextInvalid, field, requests::Problem::TextInvalid);
        let sent = [("gone".to_owned(), None), ("born".to_owned(), Some("x".to_owned()))];
        let shown = [own(row("born", Kind::Date), &Fields::default(), &client::Fields::new(), Language::En)];
        for (field, expected) in [
            (&["fields", "1", "value"][..], "fields.born"),
            (&["fields", "0", "key"], ""),
            (&["fields", "7", "key"], ""),
            (&["fields"], ""),
            (&["email"], "email"),
        ] {
            let told = Mistakes::of(&placed(&[problem(field)], &sent, &shown), Language::En);
            assert!(told.is_at(expected) && told.count() == 1, "{field:?}: {told:?}");
        }
    }
}
