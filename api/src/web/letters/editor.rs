//! The editor of letters.

use super::readable::{may_edit, own, readable, said};
use super::seen::{View, offered};
use crate::web::frame::answer::mend;
use crate::web::frame::mark::{Mark, Shape, Tone};
use crate::web::frame::trouble::problems;
use crate::web::frame::when::When;
use crate::web::frame::{Answer, Deed, Fields, Layout, Mistakes, Place, Trouble, Visit, go, page, redirect};
use acts::letters::messages::{self, Change, New};
use acts::letters::preview::MADE_UP;
use askama::Template;
use axum::extract::Path;
use domain::Language;
use domain::letter::MergeFields;
use projections::custom_fields::{self, CustomField};
use projections::messages::{Message, Revision};
use uuid::Uuid;
use words::screens::editor::Editor as Words;
use words::screens::messages::Messages as ListWords;
use words::screens::preview::Preview as PreviewWords;

/// How a letter is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Format {
    /// Markdown, of which text and HTML are made.
    #[default]
    Markdown,
    /// A plain text.
    Text,
    /// HTML, and a text beside it.
    Html,
}

impl Format {
    const ALL: [Self; 3] = [Self::Markdown, Self::Text, Self::Html];

    fn name(self) -> &'static str {
        match self {
            Self::Markdown => "markdown",
            Self::Text => "text",
            Self::Html => "html",
        }
    }

    fn of(fields: &Fields) -> Self {
        Self::ALL.into_iter().find(|format| format.name() == fields.text("format")).unwrap_or_default()
    }

    fn label(self, w: &Words) -> &'static str {
        match self {
            Self::Markdown => w.as_markdown,
            Self::Text => w.as_text,
            Self::Html => w.as_html,
        }
    }
}

/// A letter as it was typed, as far as its format takes it.
#[derive(Clone, Debug, Default)]
pub(super) struct Typed {
    pub(super) subject: String,
    pub(super) text: Option<String>,
    pub(super) html: Option<String>,
    pub(super) markdown: Option<String>,
}

impl Typed {
    pub(super) fn of(fields: &Fields) -> Self {
        // Forms have line ends of their own.
        let typed = |name: &str| fields.text(name).replace("\r\n", "\n");
        let subject = typed("subject");
        match Format::of(fields) {
            Format::Markdown => Self { subject, markdown: Some(typed("markdown")), ..Self::default() },
            Format::Text => Self { subject, text: Some(typed("text")), html: Some(String::new()), markdown: None },
            Format::Html => Self { subject, text: Some(typed("text")), html: Some(typed("html")), markdown: None },
        }
    }
}

/// A merge field that is offered.
struct Offered {
    written: String,
    stands_for: String,
    becomes: String,
}

#[derive(Template)]
#[template(path = "letters/editor.html")]
struct Form {
    page: Layout,
    w: &'static Words,
    list: &'static ListWords,
    preview: &'static PreviewWords,
    mistakes: Mistakes,
    fields: Fields,
    format: Format,
    /// The letter that is changed; none for a new one.
    letter: Option<Letter>,
    /// Whether the letter can only be one for everybody.
    shared_only: bool,
    merge_fields: Vec<Offered>,
    clients: Vec<(String, String)>,
    views: [View; 4],
    /// What was said in this revision is in the form, and not what is said now.
    old: Option<String>,
    /// The draft that is done with.
    draft_done: Option<String>,
}

struct Letter {
    id: String,
    shared: Option<Mark>,
    may_unshare: bool,
    revision: String,
    changed: When,
}

impl Form {
    async fn blank(visit: &Visit, fields: Fields, mistakes: Mistakes) -> Result<Self, Trouble> {
        let w = Words::of(visit.language());
        let page = visit.layout(w.new_title, Place::Messages);
        Self::with(visit, page, fields, mistakes).await
    }

    async fn of(visit: &Visit, row: &Message, fields: Fields, mistakes: Mistakes) -> Result<Self, Trouble> {
        let page = visit.layout(row.subject.as_str(), Place::Messages);
        let draft_done = page.was("saved").then(|| format!("message-{}", row.id));
        let letter = Letter {
            id: row.id.to_string(),
            shared: row.shared.then(|| Mark::new(Shape::Ring, Tone::Quiet, visit.marks().shared)),
            may_unshare: visit.viewer()?.may_own(),
            revision: visit.number(row.revision),
            changed: visit.when(row.updated_at),
        };
        let form = Self::with(visit, page, fields, mistakes).await?;
        Ok(Self { letter: Some(letter), draft_done, ..form })
    }

    async fn with(visit: &Visit, page: Layout, fields: Fields, mistakes: Mistakes) -> Result<Self, Trouble> {
        let (w, preview) = (Words::of(visit.language()), PreviewWords::of(visit.language()));
        let viewer = visit.viewer()?;
        let own = if viewer.may_own() { custom_fields::all(visit.pool(), viewer.own()).await? } else { Vec::new() };
        Ok(Self {
            page,
            w,
            list: ListWords::of(visit.language()),
            preview,
            mistakes,
            format: Format::of(&fields),
            fields,
            letter: None,
            shared_only: !viewer.may_own(),
            merge_fields: merge_fields(visit.language(), w, preview, &own),
            clients: offered(visit).await?,
            views: View::ALL,
            old: None,
            draft_done: None,
        })
    }

    fn is_view(&self, view: View) -> bool {
        view == View::of(self.fields.text("preview.view"))
    }

    fn formats(&self) -> [(Format, bool); 3] {
        Format::ALL.map(|format| (format, format == self.format))
    }

    /// What the draft of the form is called.
    fn draft(&self) -> String {
        format!("message-{}", self.letter.as_ref().map_or("new", |letter| letter.id.as_str()))
    }

    /// Where the form is sent.
    fn action(&self) -> String {
        self.letter.as_ref().map_or("/messages".to_owned(), |letter| format!("/messages/{}", letter.id))
    }
}

/// Those of everybody, and the writer's own.
fn merge_fields(language: Language, w: &Words, sample: &PreviewWords, own: &[CustomField]) -> Vec<Offered> {
    let named = |name: &str| match name {
        "full_name" => (w.full_name, sample.sample_full_name),
        "first_name" => (w.first_name, sample.sample_first_name),
        "last_name" => (w.last_name, sample.sample_last_name),
        "email" => (w.email, MADE_UP),
        "unsubscribe_url" => (w.unsubscribe_url, w.unsubscribe_becomes),
        _ => (w.comment, w.nothing),
    };
    let field = |name: &&str| {
        let (stands_for, becomes) = named(name);
        let (stands_for, becomes) = (stands_for.to_owned(), becomes.to_owned());
        Offered { written: format!("{{{{{name}}}}}"), stands_for, becomes }
    };
    let of_the_writer = |field: &CustomField| Offered {
        written: format!("{{{{{}}}}}", field.key),
        stands_for: field.label.clone(),
        becomes: words::custom_fields::sample(field.kind, language).unwrap_or_else(|| w.nothing.to_owned()),
    };
    let fallback = Offered {
        written: w.fallback_field.to_owned(),
        stands_for: w.fallback.to_owned(),
        becomes: w.fallback_becomes.to_owned(),
    };
    let all = MergeFields::NAMES.iter().map(field).chain(own.iter().map(of_the_writer));
    all.chain([fallback]).collect()
}

/// What is saved, as the form has it.
fn saved(row: &Message, revision: &Revision) -> Vec<(String, String)> {
    let format = match (&revision.markdown, &revision.html) {
        (Some(_), _) => Format::Markdown,
        (None, Some(_)) => Format::Html,
        (None, None) => Format::Text,
    };
    [
        ("subject", revision.subject.clone()),
        ("format", format.name().to_owned()),
        ("markdown", revision.markdown.clone().unwrap_or_default()),
        ("text", revision.text.clone()),
        ("html", revision.html.clone().unwrap_or_default()),
        ("expectedVersion", row.version.to_string()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// `GET /messages/new`.
pub(crate) async fn blank(visit: Visit) -> Answer {
    let viewer = visit.viewer()?;
    viewer.message_writer(!viewer.may_own())?;
    let key = ("idempotencyKey".to_owned(), Uuid::new_v4().to_string());
    page(&Form::blank(&visit, Fields::of(vec![key]), Mistakes::default()).await?)
}

/// `POST /messages`.
pub(crate) async fn create(visit: Visit, fields: Fields) -> Answer {
    let shared = fields.ticked("shared");
    let owner = visit.viewer()?.message_writer(shared)?;
    let Typed { subject, text, html, markdown } = Typed::of(&fields);
    let new = New { subject, text: text.unwrap_or_default(), html, markdown, shared };
    let created = messages::create(visit.services(), owner, fields.key(), new, &visit.metadata()?).await;
    match problems(created)? {
        Ok((id, receipt)) => {
            let deed = Deed::LetterAdded.to(fields.text("subject"));
            go(&visit, receipt, deed, &format!("/messages/{id}/preview")).await
        }
        Err(problems) => {
            let mistakes = Mistakes::of(&problems, visit.language());
            mend(&Form::blank(&visit, fields, mistakes).await?)
        }
    }
}

/// `GET /messages/ID`. Whoever cannot edit the letter looks at it.
pub(crate) async fn one(visit: Visit, Path(id): Path<String>) -> Answer {
    let row = readable(&visit, &id).await?;
    if !may_edit(&visit, &row)? {
        return Ok(redirect(&format!("/messages/{}/preview", row.id)));
    }
    let number = match visit.query().some("revision") {
        Some(text) => text.parse().map_err(|_| Trouble::Absent)?,
        None => row.revision,
    };
    let revision = said(&visit, &row, number).await?;
    let form = Form::of(&visit, &row, Fields::of(saved(&row, &revision)), Mistakes::default()).await?;
    let old = (number != row.revision).then(|| form.w.old_revision.with(visit.number(number)));
    page(&Form { old, ..form })
}

/// `POST /messages/ID`.
pub(crate) async fn update(visit: Visit, Path(id): Path<String>, fields: Fields) -> Answer {
    let by = messages::editor(visit.services(), visit.viewer()?, &id).await??;
    let Typed { subject, text, html, markdown } = Typed::of(&fields);
    let change = Change { subject: Some(subject), text, html, markdown };
    let metadata = visit.metadata()?;
    match problems(messages::update(visit.services(), by, &id, fields.version(), change, &metadata).await)? {
        Ok((id, receipt)) => {
            go(&visit, receipt, Deed::LetterSaved.to(fields.text("subject")), &format!("/messages/{id}")).await
        }
        Err(problems) => {
            let row = own(&visit, &id).await?;
            let (fields, mistakes) = visit.overtaken(fields, &problems, row.version);
            mend(&Form::of(&visit, &row, fields, mistakes).await?)
        }
    }
}
