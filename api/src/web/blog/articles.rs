//! Articles as those see them who write: the list, and what is done with one.

use crate::web::frame::confirm::Confirm;
use crate::web::frame::list::{self, Pager, Rows};
use crate::web::frame::mark::{Mark, Shape, Tone};
use crate::web::frame::when::When;
use crate::web::frame::{Answer, Deed, Layout, Place, Trouble, Visit, go, page};
use acts::blog::articles as writing;
use askama::Template;
use axum::extract::Path;
use domain::ArticleId;
use projections::Cursor;
use projections::articles::{self as read, Article, Readers};
use words::screens::articles::Articles as Words;

#[derive(Template)]
#[template(path = "blog/articles.html")]
struct List {
    page: Layout,
    w: &'static Words,
    rows: Vec<Row>,
    pager: Pager,
    count: Option<String>,
}

struct Row {
    id: String,
    title: String,
    slug: String,
    published: bool,
    mark: Mark,
    author: String,
    at: When,
    views: String,
}

/// `GET /articles`.
pub(crate) async fn list(visit: Visit) -> Answer {
    visit.article_writer()?;
    let (w, after) = (Words::of(visit.language()), list::place::<Cursor>(&visit)?);
    let rows = read::page(visit.pool(), Readers::Writers, after, list::limit()).await?;
    let count = match after {
        None => Some(w.count.of(read::count(visit.pool(), Readers::Writers).await?.unsigned_abs())),
        Some(_) => None,
    };
    let rows = Rows::of(&visit, rows, |row: &Article| row.cursor(Readers::Writers)).map(|row| Row {
        id: row.id.to_string(),
        mark: mark(&visit, &row),
        at: visit.when(row.published_at.unwrap_or(row.created_at)),
        views: visit.number(row.views),
        title: row.title,
        slug: row.slug,
        published: row.published,
        author: row.author,
    });
    page(&List { page: visit.layout(w.title, Place::Articles), w, rows: rows.rows, pager: rows.pager, count })
}

/// Who may read an article, as a status.
pub(super) fn mark(visit: &Visit, article: &Article) -> Mark {
    let marks = visit.marks();
    match (article.published, article.published_at) {
        (true, _) => Mark::new(Shape::Tick, Tone::Good, marks.published),
        (false, None) => Mark::new(Shape::Ring, Tone::Quiet, marks.draft),
        (false, Some(_)) => Mark::new(Shape::Stop, Tone::Warn, marks.unpublished),
    }
}

/// The article of this id as its writers see it.
pub(super) async fn existing(visit: &Visit, id: &str) -> Result<Article, Trouble> {
    visit.article_writer()?;
    let id: ArticleId = id.parse().map_err(|_| Trouble::Absent)?;
    read::get(visit.pool(), Readers::Writers, id).await?.ok_or(Trouble::Absent)
}

/// What is asked before something is done with an article.
struct Question {
    title: fn(&Words) -> words::screens::Filled,
    said: fn(&Words) -> &'static str,
    button: fn(&Words) -> &'static str,
    is_final: bool,
}

/// The question, about the article as it is now: if somebody changes it before it is answered, it is asked again.
async fn ask(visit: &Visit, id: &str, question: Question) -> Answer {
    let article = existing(visit, id).await?;
    let w = Words::of(visit.language());
    let confirm = Confirm {
        page: visit.layout((question.title)(w).with(&article.title), Place::Articles),
        said: vec![(question.said)(w).to_owned()],
        button: (question.button)(w),
        action: format!("{}?expectedVersion={}", visit.path(), article.version),
        reason: None,
        back: format!("/articles/{}", article.id),
        is_final: question.is_final,
    };
    confirm.ask()
}

/// `GET /articles/ID/publish`.
pub(crate) async fn ask_publish(visit: Visit, Path(id): Path<String>) -> Answer {
    let question =
        Question { title: |w| w.publish_asks, said: |w| w.publish_said, button: |w| w.publish, is_final: false };
    ask(&visit, &id, question).await
}

/// `POST /articles/ID/publish`.
pub(crate) async fn publish(visit: Visit, Path(id): Path<String>) -> Answer {
    let (by, expected) = (visit.article_writer()?, visit.query().version());
    let (id, receipt) = writing::publish(visit.services(), by, &id, expected, &visit.metadata()?).await?;
    go(&visit, receipt, Deed::ArticlePublished, &format!("/articles/{id}")).await
}

/// `GET /articles/ID/withdraw`.
pub(crate) async fn ask_withdraw(visit: Visit, Path(id): Path<String>) -> Answer {
    let question =
        Question { title: |w| w.withdraw_asks, said: |w| w.withdraw_said, button: |w| w.withdraw, is_final: false };
    ask(&visit, &id, question).await
}

/// `POST /articles/ID/withdraw`.
pub(crate) async fn withdraw(visit: Visit, Path(id): Path<String>) -> Answer {
    let (by, expected) = (visit.article_writer()?, visit.query().version());
    let (id, receipt) = writing::unpublish(visit.services(), by, &id, expected, &visit.metadata()?).await?;
    go(&visit, receipt, Deed::ArticleWithdrawn, &format!("/articles/{id}")).await
}

/// `GET /articles/ID/delete`.
pub(crate) async fn ask_delete(visit: Visit, Path(id): Path<String>) -> Answer {
    let question = Question { title: |w| w.delete_asks, said: |w| w.delete_said, button: |w| w.delete, is_final: true };
    ask(&visit, &id, question).await
}

/// `POST /articles/ID/delete`.
pub(crate) async fn delete(visit: Visit, Path(id): Path<String>) -> Answer {
    let by = visit.article_writer()?;
    let (_, receipt) = writing::delete(visit.services(), by, &id, &visit.metadata()?).await?;
    go(&visit, receipt, Deed::ArticleDeleted, "/articles").await
}
