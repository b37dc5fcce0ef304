//! The blog as everybody reads it: its list, and one article.

use super::shown::{self, Card};
use crate::cache::{self, Name, Shown};
use crate::web::frame::answer::for_everybody;
use crate::web::frame::list::{self, Pager, Rows};
use crate::web::frame::when::When;
use crate::web::frame::{Answer, Layout, Place, Trouble, Visit, page};
use acts::who::Viewer;
use askama::Template;
use axum::extract::Path;
use projections::Cursor;
use projections::articles::Readers;
use std::sync::Arc;
use words::screens::blog::Blog as Words;

#[derive(Template)]
#[template(path = "blog/posts.html")]
struct List {
    page: Layout,
    w: &'static Words,
    cards: Vec<Card>,
    pager: Pager,
    writes: bool,
}

/// `GET /blog`.
pub(crate) async fn list(visit: Visit) -> Answer {
    let answer = listed(&visit).await;
    for_everybody(&visit, answer).await
}

async fn listed(visit: &Visit) -> Answer {
    let (w, after) = (Words::of(visit.language()), list::place::<Cursor>(visit)?);
    let rows = visit.app().cache.page(visit.pool(), after, list::limit()).await?;
    visit.services().views.of_list();
    let place = |shown: &Arc<Shown>| shown.row.cursor(Readers::Everybody);
    let rows = Rows::of(visit, rows.to_vec(), place).map(|shown| Card::of(visit, &shown.row));
    page(&List {
        page: visit.layout(w.title, Place::Blog),
        w,
        cards: rows.rows,
        pager: rows.pager,
        writes: writes(visit),
    })
}

fn writes(visit: &Visit) -> bool {
    visit.caller().viewer.as_ref().is_some_and(Viewer::may_write_articles)
}

#[derive(Template)]
#[template(path = "blog/post.html")]
struct Post {
    page: Layout,
    w: &'static Words,
    id: String,
    text: String,
    picture: Option<String>,
    html: String,
    published: Option<When>,
    author: String,
    views: String,
    is_public: bool,
    writes: bool,
}

/// `GET /blog/SLUG`. Those who write see it as it is now, also as a draft.
pub(crate) async fn one(visit: Visit, Path(slug): Path<String>) -> Answer {
    let answer = read(&visit, slug).await;
    for_everybody(&visit, answer).await
}

async fn read(visit: &Visit, slug: String) -> Answer {
    // PostgreSQL keeps every character but one, so no slug has it.
    if slug.contains('\0') {
        return Err(Trouble::Absent);
    }
    let (w, writes, name) = (Words::of(visit.language()), writes(visit), Name::Slug(slug));
    let found = if writes {
        cache::article(visit.pool(), Readers::Writers, &name).await?.map(Arc::new)
    } else {
        visit.app().cache.article(visit.pool(), name).await?
    };
    let found = found.ok_or(Trouble::Absent)?;
    let article = &found.row;
    if article.published {
        visit.services().views.of_article(article.id);
    }
    page(&Post {
        page: visit.layout(&article.title, Place::Blog),
        w,
        id: article.id.to_string(),
        text: shown::beginning(article),
        picture: shown::picture(article.image_url.as_deref()),
        html: shown::under_a_title(&shown::html(visit, &found).await?),
        published: article.published_at.map(|at| shown::published(visit, at).dated()),
        author: article.author.clone(),
        views: w.views.of(article.views.unsigned_abs()),
        is_public: article.published,
        writes,
    })
}
