//! Writing an article: a new one, or one that is there.

use super::articles::{existing, mark};
use super::shown::{markdown, not_loaded, picture, under_a_title};
use crate::failure::Failure;
use crate::web::frame::answer::{go_at_once, mend};
use crate::web::frame::mark::Mark;
use crate::web::frame::trouble::problems;
use crate::web::frame::when::When;
use crate::web::frame::{Answer, Deed, Done, Fields, Layout, Mistakes, Place, Trouble, Visit, go, page, redirect};
use acts::blog::articles::{self as writing, Change};
use askama::Template;
use axum::extract::Path;
use projections::articles::Article;
use uuid::Uuid;
use words::screens::articles::Articles as Words;

/// In the place of an id: an article that is not there yet.
const NEW: &str = "new";

/// The most pictures of a text that are told of.
const PICTURES: usize = 10;

/// The form with all that belongs to it.
#[derive(Template)]
#[template(path = "blog/editor.html")]
pub(super) struct Form {
    page: Layout,
    w: &'static Words,
    mistakes: Mistakes,
    /// What was sent, or what is saved.
    fields: Fields,
    /// The id of the article; `new` for one that is not there yet.
    id: String,
    /// What is known of an article that is there.
    present: Option<Present>,
    /// The picture that the article would have.
    picture: Option<String>,
    /// Its address, if pages do not load what lies there.
    not_loaded: Option<String>,
    /// The text as HTML, if it was asked for.
    preview: Option<String>,
    /// The addresses of pictures in the text that pages do not load, as far as the text was looked at.
    not_in_text: Vec<String>,
    /// Whether the form has what is saved nowhere.
    is_fresh: bool,
    /// Whether the article was made just now, so that the draft of the blank form has done its work.
    was_created: bool,
}

struct Present {
    mark: Mark,
    published: bool,
    slug: String,
    author: String,
    drafted: When,
    changed: When,
    views: String,
}

impl Form {
    /// The form for an article, or for a new one.
    pub(super) fn new(visit: &Visit, article: Option<&Article>, fields: Fields, mistakes: Mistakes) -> Self {
        let w = Words::of(visit.language());
        let present = article.map(|article| Present {
            mark: mark(visit, article),
            published: article.published,
            slug: article.slug.clone(),
            author: article.author.clone(),
            drafted: visit.when(article.created_at).dated(),
            changed: visit.when(article.updated_at).dated(),
            views: visit.number(article.views),
        });
        Self {
            page: visit.layout(article.map_or(w.new_title, |article| &article.title), Place::Articles),
            w,
            mistakes,
            picture: picture(fields.get("imageUrl")),
            not_loaded: fields.some("imageUrl").and_then(not_loaded),
            fields,
            id: article.map_or_else(|| NEW.to_owned(), |article| article.id.to_string()),
            present,
            preview: None,
            not_in_text: Vec::new(),
            is_fresh: false,
            was_created: visit.query().ticked("created"),
        }
    }

    /// The same with something in it that is saved nowhere.
    pub(super) fn fresh(self) -> Self {
        Self { is_fresh: true, ..self }
    }
}

/// The article that is written at an address; none for a new one.
pub(super) async fn written(visit: &Visit, id: &str) -> Result<Option<Article>, Trouble> {
    visit.article_writer()?;
    if id == NEW { Ok(None) } else { existing(visit, id).await.map(Some) }
}

/// The text as it was typed: browsers send line breaks as no editor writes them.
pub(super) fn body(fields: &Fields) -> String {
    fields.text("body").replace("\r\n", "\n")
}

/// `GET /articles/new`.
pub(crate) async fn blank(visit: Visit) -> Answer {
    visit.article_writer()?;
    let key = ("idempotencyKey".to_owned(), Uuid::new_v4().to_string());
    page(&Form::new(&visit, None, Fields::of(vec![key]), Mistakes::default()))
}

/// `POST /articles`.
pub(crate) async fn create(visit: Visit, fields: Fields) -> Answer {
    let (by, image) = (visit.article_writer()?, fields.some("imageUrl"));
    let (services, metadata, text) = (visit.services(), visit.metadata()?, body(&fields));
    let created = writing::create(services, by, fields.key(), fields.text("title"), &text, image, &metadata);
    match problems(created.await)? {
        Ok((id, receipt)) if services.shown(receipt.position).await => {
            let deed = Deed::ArticleDrafted.to(fields.text("title"));
            Ok(go_at_once(deed, &format!("/articles/{id}?created=1")))
        }
        // The page of the article would not find it.
        Ok(_) => Ok(go_at_once(Done::Behind, "/articles")),
        Err(problems) => {
            let mistakes = Mistakes::of(&problems, visit.language());
            mend(&Form::new(&visit, None, fields, mistakes))
        }
    }
}

/// `GET /articles/ID`.
pub(crate) async fn one(visit: Visit, Path(id): Path<String>) -> Answer {
    let article = existing(&visit, &id).await?;
    let fields = [
        ("title", article.title.clone()),
        ("body", markdown(&visit, &article).await?),
        ("imageUrl", article.image_url.clone().unwrap_or_default()),
        ("expectedVersion", article.version.to_string()),
    ];
    let fields = Fields::of(fields.map(|(name, value)| (name.to_owned(), value)).into());
    page(&Form::new(&visit, Some(&article), fields, Mistakes::default()))
}

/// `POST /articles/ID`.
pub(crate) async fn update(visit: Visit, Path(id): Path<String>, fields: Fields) -> Answer {
    let by = visit.article_writer()?;
    let text = |name: &str| Some(fields.text(name).to_owned());
    let change = Change { title: text("title"), body: Some(body(&fields)), image_url: text("imageUrl") };
    let metadata = visit.metadata()?;
    match problems(writing::update(visit.services(), by, &id, fields.version(), change, &metadata).await)? {
        Ok((_, receipt)) => {
            go(&visit, receipt, Deed::ArticleSaved.to(fields.text("title")), &format!("/articles/{id}")).await
        }
        Err(problems) => {
            let article = existing(&visit, &id).await?;
            let (fields, mistakes) = visit.overtaken(fields, &problems, article.version);
            mend(&Form::new(&visit, Some(&article), fields, mistakes))
        }
    }
}

/// `POST /articles/ID/preview`: the same form, with what its text becomes under it. Nothing is saved.
pub(crate) async fn preview(visit: Visit, Path(id): Path<String>, fields: Fields) -> Answer {
    let by = visit.article_writer()?;
    let article = written(&visit, &id).await?;
    match problems(writing::preview(visit.services(), by, &body(&fields)).await)? {
        Ok(html) => {
            let pictures = writing::pictures(&body(&fields)).await.map_err(Failure::from)?;
            let not_in_text = pictures.iter().filter_map(|address| not_loaded(address)).take(PICTURES).collect();
            let form = Form::new(&visit, article.as_ref(), fields, Mistakes::default()).fresh();
            page(&Form { preview: Some(under_a_title(&html)), not_in_text, ..form })
        }
        Err(problems) => {
            let mistakes = Mistakes::of(&problems, visit.language());
            mend(&Form::new(&visit, article.as_ref(), fields, mistakes))
        }
    }
}

/// `GET` of an address to which only forms are sent: somebody has chosen another language on the page that answered one.
pub(crate) async fn back(visit: Visit, Path(id): Path<String>) -> Answer {
    let article = written(&visit, &id).await?;
    Ok(redirect(&format!("/articles/{}", article.map_or_else(|| NEW.to_owned(), |article| article.id.to_string()))))
}
