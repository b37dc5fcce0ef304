//! How often articles are read. A view is no event: it is counted in memory and added to the table every second and when
//! the process ends, so that reading writes nothing.

use projections::articles;
use sqlx::PgPool;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use uuid::Uuid;

/// How often what was counted is written; a process that is killed loses no more than this.
const FLUSH: Duration = Duration::from_secs(1);

/// What was read and is not written yet, by article. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct Views(Arc<Mutex<BTreeMap<Uuid, i64>>>);

impl Views {
    /// Somebody reads an article.
    pub fn of_article(&self, article: Uuid) {
        self.add(article, 1);
    }

    /// Somebody reads the list.
    pub fn of_list(&self) {
        self.add(Uuid::nil(), 1);
    }

    fn add(&self, article: Uuid, views: i64) {
        *self.counts().entry(article).or_default() += views;
    }

    fn counts(&self) -> std::sync::MutexGuard<'_, BTreeMap<Uuid, i64>> {
        // Counts are right even if somebody panicked beside them.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what was counted, again and again, until dropped.
    pub async fn keep(self, pool: PgPool) {
        loop {
            tokio::time::sleep(FLUSH).await;
            if let Err(error) = self.flush(&pool).await {
                tracing::debug!(%error, "views of articles cannot be written for now");
            }
        }
    }

    /// Writes what was counted. What cannot be written stays counted for the next time.
    pub async fn flush(&self, pool: &PgPool) -> Result<(), sqlx::Error> {
        let counted = std::mem::take(&mut *self.counts());
        if counted.is_empty() {
            return Ok(());
        }
        let mut unwritten = Unwritten { views: self, counted };
        let (articles, views): (Vec<Uuid>, Vec<i64>) =
            unwritten.counted.iter().map(|(id, views)| (*id, *views)).unzip();
        articles::add_views(pool, &articles, &views).await?;
        unwritten.counted.clear();
        Ok(())
    }
}

/// Goes back to the counts when writing fails, or is cut off.
struct Unwritten<'a> {
    views: &'a Views,
    counted: BTreeMap<Uuid, i64>,
}

impl Drop for Unwritten<'_> {
    fn drop(&mut self) {
        for (article, views) in std::mem::take(&mut self.counted) {
            self.views.add(article, views);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_cannot_be_written_stays_counted() {
        let views = Views::default();
        let article = Uuid::from_u128(1);
        views.of_article(article);
        views.of_article(article);
        views.of_list();
        let nowhere = PgPool::connect_lazy("postgres://nobody@127.0.0.1:1/nothing").unwrap();

        nowhere.close().await;
        views.flush(&nowhere).await.unwrap_err();

        views.of_article(article);
        assert_eq!(*views.counts(), BTreeMap::from([(article, 3), (Uuid::nil(), 1)]));
    }
}
