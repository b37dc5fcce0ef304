//! The blog.

use crate::{Cursor, Event, FoldError, split, touched};
use chrono::{DateTime, Utc};
use domain::{ArticleId, Fact, article};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// Whoever reads articles, and may therefore see some of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Everybody else sees what is published.
    Everybody,
    /// Those who write articles see all of them.
    Writers,
}

impl Readers {
    /// Whether they see what is not published, for `$n or published`.
    fn see_drafts(self) -> bool {
        self == Self::Writers
    }
}

/// An article as the blog shows it.
#[derive(Clone, Debug)]
pub struct Article {
    /// The article's id.
    pub id: Uuid,
    /// The article's place in the blog.
    pub slug: String,
    /// The title, in one line.
    pub title: String,
    /// Markdown. None if it is longer than 16 KiB: whoever wants it asks for it with [`bodies`], so that a list of articles that
    /// nobody reads takes no memory.
    pub body: Option<String>,
    /// How long the body is, in bytes.
    pub body_bytes: i32,
    /// How long its [HTML](html) is, in bytes, if it was rendered when it was written.
    pub html_bytes: Option<i32>,
    /// The address of the article's image; `None` if it has none.
    pub image_url: Option<String>,
    /// The name of who wrote it first.
    pub author: String,
    /// Whether everybody may read it.
    pub published: bool,
    /// The moment when the article was published for the first time; `None` if it never was.
    pub published_at: Option<DateTime<Utc>>,
    /// The moment when the article was drafted.
    pub created_at: DateTime<Utc>,
    /// The moment when the article was last revised.
    pub updated_at: DateTime<Utc>,
    /// How often the article was read while it was published.
    pub views: i64,
    /// The article's version: the place in its stream of the last event that is shown.
    pub version: i64,
}

impl Article {
    /// Its place in the [`page`] of these readers.
    #[must_use]
    pub fn cursor(&self, readers: Readers) -> Cursor {
        let at = match readers {
            Readers::Everybody => self.published_at.unwrap_or(self.created_at),
            Readers::Writers => self.created_at,
        };
        Cursor { at, id: self.id }
    }
}

/// The article of this id or slug; `None` if there is none that these readers may see.
pub async fn get(pool: &PgPool, readers: Readers, id: ArticleId) -> Result<Option<Article>, sqlx::Error> {
    sqlx::query_as!(
        Article,
        r#"select a.id, a.slug, a.title, case when octet_length(a.body) <= 16384 then a.body end as body,
                  octet_length(a.body) as "body_bytes!",
                  case when a.html_at = a.updated_at then octet_length(a.html) end as html_bytes, a.image_url, coalesce(u.full_name, '') as "author!", a.published,
                  a.published_at, a.created_at, a.updated_at, coalesce(v.views, 0) as "views!", a.version
             from articles a
             left join users u on u.id = a.author_id
             left join article_views v on v.article_id = a.id
            where a.id = $1 and a.deleted_at is null and ($2 or a.published)"#,
        id.0,
        readers.see_drafts(),
    )
    .fetch_optional(pool)
    .await
}

/// The article at a place in the blog.
pub async fn at(pool: &PgPool, readers: Readers, slug: &str) -> Result<Option<Article>, sqlx::Error> {
    sqlx::query_as!(
        Article,
        r#"select a.id, a.slug, a.title, case when octet_length(a.body) <= 16384 then a.body end as body,
                  octet_length(a.body) as "body_bytes!",
                  case when a.html_at = a.updated_at then octet_length(a.html) end as html_bytes, a.image_url, coalesce(u.full_name, '') as "author!", a.published,
                  a.published_at, a.created_at, a.updated_at, coalesce(v.views, 0) as "views!", a.version
             from articles a
             left join users u on u.id = a.author_id
             left join article_views v on v.article_id = a.id
            where a.slug = $1 and a.deleted_at is null and ($2 or a.published)"#,
        slug,
        readers.see_drafts(),
    )
    .fetch_optional(pool)
    .await
}

/// The bodies of articles. Whoever asks has been allowed to see the articles.
pub async fn bodies(pool: &PgPool, articles: &[Uuid]) -> Result<Vec<(Uuid, String)>, sqlx::Error> {
    let rows = sqlx::query!("select id, body from articles where id = any($1)", articles).fetch_all(pool).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.body)).collect())
}

/// The bodies of articles as HTML, as far as they were rendered when they were written. Whoever asks has been allowed to see
/// the articles.
pub async fn html(pool: &PgPool, articles: &[Uuid]) -> Result<Vec<(Uuid, String)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select id, html as "html!" from articles where id = any($1) and html is not null and html_at = updated_at"#,
        articles,
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.html)).collect())
}

/// The articles after a place: for everybody those published last first, for writers those drafted last.
pub async fn page(
    pool: &PgPool,
    readers: Readers,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Vec<Article>, sqlx::Error> {
    let (at, id) = split(after);
    match readers {
        Readers::Everybody => sqlx::query_as!(
            Article,
            r#"select a.id, a.slug, a.title, case when octet_length(a.body) <= 16384 then a.body end as body,
                  octet_length(a.body) as "body_bytes!",
                  case when a.html_at = a.updated_at then octet_length(a.html) end as html_bytes, a.image_url, coalesce(u.full_name, '') as "author!", a.published,
                          a.published_at, a.created_at, a.updated_at, coalesce(v.views, 0) as "views!", a.version
                     from articles a
                     left join users u on u.id = a.author_id
                     left join article_views v on v.article_id = a.id
                    where a.published and a.deleted_at is null
                      and ($1::timestamptz is null or (a.published_at, a.id) < ($1, $2))
                    order by a.published_at desc, a.id desc limit $3"#,
            at,
            id,
            limit,
        )
        .fetch_all(pool)
        .await,
        Readers::Writers => sqlx::query_as!(
            Article,
            r#"select a.id, a.slug, a.title, case when octet_length(a.body) <= 16384 then a.body end as body,
                  octet_length(a.body) as "body_bytes!",
                  case when a.html_at = a.updated_at then octet_length(a.html) end as html_bytes, a.image_url, coalesce(u.full_name, '') as "author!", a.published,
                          a.published_at, a.created_at, a.updated_at, coalesce(v.views, 0) as "views!", a.version
                     from articles a
                     left join users u on u.id = a.author_id
                     left join article_views v on v.article_id = a.id
                    where a.deleted_at is null and ($1::timestamptz is null or (a.created_at, a.id) < ($1, $2))
                    order by a.created_at desc, a.id desc limit $3"#,
            at,
            id,
            limit,
        )
        .fetch_all(pool)
        .await,
    }
}

/// How many articles there are.
pub async fn count(pool: &PgPool, readers: Readers) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from articles where deleted_at is null and ($1 or published)"#,
        readers.see_drafts(),
    )
    .fetch_one(pool)
    .await
}

/// Published articles, drawn by lot.
pub async fn random(pool: &PgPool, limit: i64) -> Result<Vec<Article>, sqlx::Error> {
    sqlx::query_as!(
        Article,
        r#"select a.id, a.slug, a.title, case when octet_length(a.body) <= 16384 then a.body end as body,
                  octet_length(a.body) as "body_bytes!",
                  case when a.html_at = a.updated_at then octet_length(a.html) end as html_bytes, a.image_url, coalesce(u.full_name, '') as "author!", a.published,
                  a.published_at, a.created_at, a.updated_at, coalesce(v.views, 0) as "views!", a.version
             from articles a
             left join users u on u.id = a.author_id
             left join article_views v on v.article_id = a.id
            where a.id in (select id from articles where published and deleted_at is null order by random() limit $1)
            order by random()"#,
        limit,
    )
    .fetch_all(pool)
    .await
}

/// How often the list of articles was read.
pub async fn list_views(pool: &PgPool) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select coalesce((select views from article_views where article_id = $1), 0) as "views!""#,
        Uuid::nil(),
    )
    .fetch_one(pool)
    .await
}

/// Adds what was read to what was counted. No part of the projection; the nil UUID stands for the list.
pub async fn add_views(pool: &PgPool, articles: &[Uuid], views: &[i64]) -> Result<(), sqlx::Error> {
    sqlx::query!(
        // In order, so that two processes that add at the same time wait for each other in one direction only.
        "insert into article_views (article_id, views)
         select * from unnest($1::uuid[], $2::bigint[]) as t (article_id, views) order by article_id
             on conflict (article_id) do update set views = article_views.views + excluded.views",
        articles,
        views,
    )
    .execute(pool)
    .await?;
    Ok(())
}

pub(crate) async fn fold(connection: &mut PgConnection, events: &[&Event]) -> Result<(), FoldError> {
    for event in events {
        let Fact::Article(id, fact) = &event.fact else { continue };
        let done = match fact {
            article::Event::Drafted { author, slug, content } => {
                sqlx::query!(
                "insert into articles (id, author_id, slug, title, body, image_url, published, created_at, updated_at,
                                           version, html, html_at)
                     values ($1, $2, $3, $4, $5, $6, false, $7, $7, $8, $9, $7)",
                id.0,
                author.0,
                slug.as_str(),
                content.title(),
                content.body().as_str(),
                content.image(),
                event.at,
                event.version,
                rendered(content).await,
            )
                .execute(&mut *connection)
                .await?
            }
            article::Event::Revised { slug, content } => {
                sqlx::query!(
                "update articles set slug = $2, title = $3, body = $4, image_url = $5, updated_at = $6, version = $7,
                            html = $8, html_at = $6
                      where id = $1",
                id.0,
                slug.as_str(),
                content.title(),
                content.body().as_str(),
                content.image(),
                event.at,
                event.version,
                rendered(content).await,
            )
                .execute(&mut *connection)
                .await?
            }
            article::Event::Published => {
                sqlx::query!(
                    "update articles set published = true, published_at = coalesce(published_at, $2), version = $3
                      where id = $1",
                    id.0,
                    event.at,
                    event.version,
                )
                .execute(&mut *connection)
                .await?
            }
            article::Event::Unpublished => {
                sqlx::query!("update articles set published = false, version = $2 where id = $1", id.0, event.version)
                    .execute(&mut *connection)
                    .await?
            }
            article::Event::Deleted => {
                sqlx::query!(
                    "update articles set deleted_at = $2, version = $3 where id = $1",
                    id.0,
                    event.at,
                    event.version,
                )
                .execute(&mut *connection)
                .await?
            }
        };
        touched(&done, "articles", id.0)?;
    }
    Ok(())
}

/// The body as HTML, made on a thread where it keeps nobody waiting. None if that fails: whoever reads the article tries
/// again, and the blog goes on.
async fn rendered(content: &article::Content) -> Option<String> {
    let body = content.body().clone();
    tokio::task::spawn_blocking(move || body.html()).await.ok()
}
