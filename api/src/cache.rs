//! What everybody reads, kept for half a second: the home page and the blog.
//!
//! Nothing is ever thrown out because of a change. Half a second is short enough that every node shows a change within a
//! second, whoever made it and whether or not this node leads the read models, and long enough that a crowd costs
//! PostgreSQL two look-ups a second.

use crate::failure::Failure;
use chrono::{DateTime, Utc};
use domain::ArticleId;
use moka::future::Cache as Kept;
use projections::articles::{self, Readers};
use projections::{Cursor, home};
use sqlx::PgPool;
use std::hash::Hash;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// How old an answer may be.
const AGE: Duration = Duration::from_millis(500);

/// How many articles are kept; names of articles that there are not count, too.
const ARTICLES: u64 = 1_000;

/// How many pages of the list are kept.
const PAGES: u64 = 50;

/// How many articles the home page shows.
const RANDOM: i64 = 3;

/// Longer HTML than this is not kept, in bytes.
const SHORT_HTML: usize = 32 * 1024;

/// An article, and its HTML once somebody has asked for it, if that is short.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) row: articles::Article,
    html: OnceLock<Arc<str>>,
}

impl Shown {
    /// The HTML that is kept.
    pub(crate) fn html(&self) -> Option<Arc<str>> {
        self.html.get().cloned()
    }

    /// Keeps it for those who ask next.
    pub(crate) fn keep_html(&self, html: &Arc<str>) {
        if html.len() <= SHORT_HTML {
            // Somebody else may have been faster with the same.
            let _ = self.html.set(Arc::clone(html));
        }
    }
}

impl From<articles::Article> for Shown {
    fn from(row: articles::Article) -> Self {
        Self { row, html: OnceLock::new() }
    }
}

/// The home page.
#[derive(Debug)]
pub(crate) struct Home {
    pub(crate) numbers: home::Numbers,
    pub(crate) articles: Vec<Arc<Shown>>,
    pub(crate) list_views: i64,
}

/// Which article.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Name {
    Id(ArticleId),
    Slug(String),
}

type Page = Arc<Vec<Arc<Shown>>>;

/// What everybody reads. Clones share what is kept.
#[derive(Clone, Debug)]
pub(crate) struct Cache {
    home: Option<Kept<(), Arc<Home>>>,
    articles: Option<Kept<Name, Option<Arc<Shown>>>>,
    pages: Option<Kept<(Option<Cursor>, i64), Page>>,
    count: Option<Kept<(), i64>>,
}

impl Cache {
    /// One that keeps, or one that asks PostgreSQL every time.
    pub(crate) fn new(enabled: bool) -> Self {
        Self {
            home: kept(enabled, 1),
            articles: kept(enabled, ARTICLES),
            pages: kept(enabled, PAGES),
            count: kept(enabled, 1),
        }
    }

    /// The home page. While it is kept, everybody sees the same three articles.
    pub(crate) async fn home(&self, pool: &PgPool, now: DateTime<Utc>) -> Result<Arc<Home>, Failure> {
        read(self.home.as_ref(), (), async {
            let articles = articles::random(pool, RANDOM).await?;
            Ok(Arc::new(Home {
                numbers: home::numbers(pool, now).await?,
                articles: articles.into_iter().map(|row| Arc::new(row.into())).collect(),
                list_views: articles::list_views(pool).await?,
            }))
        })
        .await
    }

    /// A published article.
    pub(crate) async fn article(&self, pool: &PgPool, name: Name) -> Result<Option<Arc<Shown>>, Failure> {
        read(self.articles.as_ref(), name.clone(), async {
            Ok(article(pool, Readers::Everybody, &name).await?.map(Arc::new))
        })
        .await
    }

    /// A page of the published articles.
    pub(crate) async fn page(&self, pool: &PgPool, after: Option<Cursor>, limit: i64) -> Result<Page, Failure> {
        read(self.pages.as_ref(), (after, limit), async {
            let rows = articles::page(pool, Readers::Everybody, after, limit).await?;
            Ok(Arc::new(rows.into_iter().map(|row| Arc::new(row.into())).collect()))
        })
        .await
    }

    /// How many articles are published.
    pub(crate) async fn count(&self, pool: &PgPool) -> Result<i64, Failure> {
        read(self.count.as_ref(), (), articles::count(pool, Readers::Everybody)).await
    }
}

/// An article as these readers see it now.
pub(crate) async fn article(pool: &PgPool, readers: Readers, name: &Name) -> Result<Option<Shown>, sqlx::Error> {
    let row = match name {
        Name::Id(id) => articles::get(pool, readers, *id).await?,
        Name::Slug(slug) => articles::at(pool, readers, slug).await?,
    };
    Ok(row.map(Shown::from))
}

fn kept<K, V>(enabled: bool, capacity: u64) -> Option<Kept<K, V>>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    enabled.then(|| Kept::builder().max_capacity(capacity).time_to_live(AGE).build())
}

/// What is kept, or what `read` finds. Those who ask for the same at the same time wait for one look-up.
async fn read<K, V>(
    kept: Option<&Kept<K, V>>,
    key: K,
    read: impl Future<Output = Result<V, sqlx::Error>>,
) -> Result<V, Failure>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    let read = async { read.await.map_err(Failure::from) };
    match kept {
        Some(kept) => kept.try_get_with(key, read).await.map_err(|failure| Failure::clone(&failure)),
        None => read.await,
    }
}
