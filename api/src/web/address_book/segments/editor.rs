//! The editor of segments: conditions are added and removed by buttons that keep what was typed, and who would be in the segment is
//! shown before anything is written.

use super::existing::existing;
use super::rows::{Known, Part, Row, Sort};
use super::typed::Typed;
use crate::web::frame::answer::mend;
use crate::web::frame::trouble::problems;
use crate::web::frame::{Answer, Deed, Fields, Layout, Mistakes, Place, Trouble, Visit, go, page};
use acts::address_book::conditions::{self, Written};
use acts::address_book::segments::{self, Change, New, Preview};
use acts::refusal::Refused;
use acts::who::rights::Owner;
use askama::Template;
use axum::extract::Path;
use domain::segment::{Filter, Join, MAX_CONDITIONS};
use projections::segments::Segment;
use uuid::Uuid;
use words::screens::segments::Segments as Words;

#[derive(Template)]
#[template(path = "address_book/segments/editor.html")]
struct Editor {
    page: Layout,
    w: &'static Words,
    mistakes: Mistakes,
    fields: Fields,
    /// The segment that is changed, by its id and its name; none for a new one.
    of: Option<(String, String)>,
    rows: Vec<Row>,
    sorts: Vec<Sort>,
    /// Who would be in the segment, if that was asked.
    seen: Option<Seen>,
}

/// Who would be in a segment.
struct Seen {
    said: String,
    first: Option<String>,
    clients: Vec<(String, String)>,
}

impl Seen {
    fn of(visit: &Visit, preview: Preview) -> Self {
        let w = Words::of(visit.language());
        let shown = preview.clients.len() as u64;
        let count = preview.count.unsigned_abs();
        Self {
            said: w.would_pass.of(count),
            first: (shown < count).then(|| w.first_of_them.of(shown)),
            clients: preview.clients.into_iter().map(|row| (row.email, row.full_name)).collect(),
        }
    }
}

impl Editor {
    async fn of(
        visit: &Visit,
        row: Option<&Segment>,
        fields: Fields,
        mistakes: Mistakes,
        seen: Option<Seen>,
    ) -> Result<Self, Trouble> {
        let w = Words::of(visit.language());
        let typed = Typed::all(&fields);
        let known = Known::of(visit, &typed).await?;
        let rows = known.rows(&typed);
        let mistakes = rows.iter().fold(mistakes, |mistakes, row| mistakes.gathered(&row.field));
        let title = row.map_or_else(|| w.new_title.to_owned(), |row| w.edit_title.with(&row.name));
        Ok(Self {
            page: visit.layout(title, Place::Clients),
            w,
            mistakes,
            fields,
            of: row.map(|row| (row.id.to_string(), row.name.clone())),
            sorts: known.sorts(),
            rows,
            seen,
        })
    }

    /// Where the form is sent to be kept.
    fn action(&self) -> String {
        self.of.as_ref().map_or_else(|| "/segments".to_owned(), |(id, _)| format!("/segments/{id}"))
    }

    /// Where it is sent to be shown once more.
    fn again(&self) -> String {
        self.of.as_ref().map_or_else(|| "/segments/new".to_owned(), |(id, _)| format!("/segments/{id}/edit"))
    }

    fn meets_any(&self) -> bool {
        join(&self.fields) == Join::Any
    }

    fn is_full(&self) -> bool {
        self.rows.len() >= MAX_CONDITIONS
    }
}

/// How the conditions of a form belong together.
fn join(fields: &Fields) -> Join {
    if fields.text("join") == "ANY" { Join::Any } else { Join::All }
}

/// The conditions of a form as they are written.
fn written(fields: &Fields) -> Vec<Written> {
    Typed::all(fields).iter().map(Written::from).collect()
}

/// The filter of a form, or everything that is wrong with it, and with the name if there is one.
async fn filter(visit: &Visit, owner: Owner, fields: &Fields, name: Option<&str>) -> Result<Filter, Refused> {
    conditions::filter(visit.services(), owner, name, join(fields), &written(fields)).await
}

/// Who would be in the segment of a form.
async fn looked_at(visit: &Visit, owner: Owner, fields: &Fields) -> Result<Preview, Refused> {
    let filter = filter(visit, owner, fields, None).await?;
    segments::preview(visit.services(), owner, &filter).await
}

/// The form with a condition more or less, if one of its buttons for that was pressed.
fn changed(fields: &Fields) -> Fields {
    let mut typed = Typed::all(fields);
    if let Ok(place) = fields.text("remove").parse::<usize>()
        && place < typed.len()
    {
        typed.remove(place);
    }
    if fields.get("add").is_some() && typed.len() < MAX_CONDITIONS {
        typed.extend(Typed::new(fields.text("newKind")));
    }
    let is_button = |name: &str| matches!(name, "add" | "remove" | "count" | "newKind");
    let others = fields.pairs().iter().filter(|(name, _)| !name.starts_with("conditions.") && !is_button(name));
    Fields::of(others.cloned().chain(Typed::fields(&typed)).collect())
}

/// `GET /segments/new`.
pub(crate) async fn blank(visit: Visit) -> Answer {
    visit.owner()?;
    let key = ("idempotencyKey".to_owned(), Uuid::new_v4().to_string());
    page(&Editor::of(&visit, None, Fields::of(vec![key]), Mistakes::default(), None).await?)
}

/// `POST /segments/new`: the form once more, with a condition more or less, or with who would be in the segment.
pub(crate) async fn again(visit: Visit, fields: Fields) -> Answer {
    once_more(&visit, None, &fields).await
}

async fn once_more(visit: &Visit, row: Option<&Segment>, fields: &Fields) -> Answer {
    let (owner, form) = (visit.owner()?, changed(fields));
    if fields.get("count").is_none() {
        return page(&Editor::of(visit, row, form, Mistakes::default(), None).await?);
    }
    match problems(looked_at(visit, owner, &form).await)? {
        Ok(seen) => {
            let seen = Some(Seen::of(visit, seen));
            page(&Editor::of(visit, row, form, Mistakes::default(), seen).await?)
        }
        Err(problems) => {
            let mistakes = Mistakes::of(&problems, visit.language());
            mend(&Editor::of(visit, row, form, mistakes, None).await?)
        }
    }
}

/// `POST /segments`.
pub(crate) async fn create(visit: Visit, fields: Fields) -> Answer {
    let (owner, metadata) = (visit.owner()?, visit.metadata()?);
    let name = fields.text("name").to_owned();
    let created = async {
        let new = New { filter: filter(&visit, owner, &fields, Some(&name)).await?, name: name.clone() };
        segments::create(visit.services(), owner, fields.key(), new, &metadata).await
    };
    match problems(created.await)? {
        Ok((id, receipt)) => go(&visit, receipt, Deed::SegmentAdded.to(name), &format!("/segments/{id}")).await,
        Err(problems) => {
            let mistakes = Mistakes::of(&problems, visit.language());
            mend(&Editor::of(&visit, None, fields, mistakes, None).await?)
        }
    }
}

/// The visitor's own segment of this id.
async fn own(visit: &Visit, id: &str) -> Result<Segment, Trouble> {
    visit.owner()?;
    existing(visit, visit.viewer()?.own(), id).await
}

/// `GET /segments/ID/edit`.
pub(crate) async fn edit(visit: Visit, Path(id): Path<String>) -> Answer {
    let row = own(&visit, &id).await?;
    let join = match row.filter.join {
        Join::All => "ALL",
        Join::Any => "ANY",
    };
    let pairs = [("name", row.name.clone()), ("join", join.to_owned()), ("expectedVersion", row.version.to_string())];
    let typed: Vec<Typed> =
        row.filter.conditions.iter().map(|condition| Typed::from(&Written::from(condition))).collect();
    let pairs = pairs.map(|(name, value)| (name.to_owned(), value)).into_iter().chain(Typed::fields(&typed));
    page(&Editor::of(&visit, Some(&row), Fields::of(pairs.collect()), Mistakes::default(), None).await?)
}

/// `POST /segments/ID/edit`: the form once more.
pub(crate) async fn edit_again(visit: Visit, Path(id): Path<String>, fields: Fields) -> Answer {
    let row = own(&visit, &id).await?;
    once_more(&visit, Some(&row), &fields).await
}

/// `POST /segments/ID`.
pub(crate) async fn update(visit: Visit, Path(id): Path<String>, fields: Fields) -> Answer {
    let (by, metadata) = (visit.owner()?, visit.metadata()?);
    let row = own(&visit, &id).await?;
    let name = fields.text("name").to_owned();
    let changed = async {
        let filter = Some(filter(&visit, by, &fields, Some(&name)).await?);
        let change = Change { name: Some(name.clone()), filter };
        segments::update(visit.services(), by, &id, fields.version(), change, &metadata).await
    };
    match problems(changed.await)? {
        Ok((id, receipt)) => go(&visit, receipt, Deed::SegmentSaved.to(name), &format!("/segments/{id}")).await,
        Err(problems) => {
            let (fields, mistakes) = visit.overtaken(fields, &problems, row.version);
            mend(&Editor::of(&visit, Some(&row), fields, mistakes, None).await?)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        Fields::of(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    fn texts(form: &Fields) -> Vec<(String, String)> {
        form.pairs()
            .iter()
            .filter(|(name, _)| name.strip_suffix(".text").is_some() || name == "name")
            .cloned()
            .collect()
    }

    fn two(button: (&'static str, &'static str)) -> Fields {
        fields(&[
            ("name", "Friends"),
            ("conditions.0.kind", "TEXT"),
            ("conditions.0.text", "first"),
            ("conditions.1.kind", "TEXT"),
            ("conditions.1.text", "second"),
            ("newKind", "ADDED_WITHIN"),
            button,
        ])
    }

    #[test]
    fn a_condition_is_added_and_what_was_typed_stays() {
        let form = changed(&two(("add", "1")));
        assert_eq!(form.text("conditions.2.kind"), "ADDED_WITHIN");
        let kept = [("name", "Friends"), ("conditions.0.text", "first"), ("conditions.1.text", "second")];
        assert_eq!(texts(&form), kept.map(|(name, text)| (name.to_owned(), text.to_owned())));
        assert_eq!((form.get("add"), form.get("newKind")), (None, None));
    }

    #[test]
    fn a_condition_is_removed_and_the_others_move_up() {
        let form = changed(&two(("remove", "0")));
        let kept = [("name", "Friends"), ("conditions.0.text", "second")];
        assert_eq!(texts(&form), kept.map(|(name, text)| (name.to_owned(), text.to_owned())));
        for nothing in ["2", "-1", "rubbish", ""] {
            assert_eq!(texts(&changed(&fields(&[("name", "x"), ("remove", nothing)]))).len(), 1, "{nothing}");
        }
    }

    #[test]
    fn there_are_no_more_conditions_than_there_may_be() {
        let mut form = fields(&[("add", "1"), ("newKind", "IN_GROUP")]);
        for _ in 0..MAX_CONDITIONS + 3 {
            let pairs = changed(&form).pairs().to_vec();
            let button =
                [("add", "1"), ("newKind", "IN_GROUP")].map(|(name, value)| (name.to_owned(), value.to_owned()));
            form = Fields::of(pairs.into_iter().chain(button).collect());
        }
        assert_eq!(Typed::all(&form).len(), MAX_CONDITIONS);
    }
}
