//! The home page.

use crate::cache::{Cache, Home};
use crate::failure::Failure;
use crate::graphql::blog::article::Article;
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::scalars::{Long, int};
use async_graphql::{Context, Description, Object};
use std::sync::Arc;

/// The home page: numbers of the whole service, which name nobody.
#[derive(Description)]
pub(crate) struct HomeStats(Arc<Home>);

#[Object(use_type_description)]
impl HomeStats {
    /// Mailings of all owners, however far they are.
    async fn mailings(&self) -> i32 {
        int(self.0.numbers.mailings)
    }

    /// Those whose status is `RUNNING`.
    async fn running_mailings(&self) -> i32 {
        int(self.0.numbers.running)
    }

    /// Different addresses among the clients of all owners, upper and lower case being the same.
    async fn unique_recipients(&self) -> i32 {
        int(self.0.numbers.recipients)
    }

    /// Three published articles, drawn by lot.
    async fn random_articles(&self) -> Vec<Article> {
        self.0.articles.iter().cloned().map(Article).collect()
    }

    /// How often the list of articles was read, as of about a second ago.
    async fn article_list_views(&self) -> Long {
        Long(self.0.list_views)
    }
}

#[derive(Default)]
pub(crate) struct HomeQuery;

#[Object]
impl HomeQuery {
    /// The numbers of the home page. Nobody has to be signed in.
    async fn home_stats(&self, context: &Context<'_>) -> Result<Option<HomeStats>, Failure> {
        let home = context.data_unchecked::<Cache>().home(context.pool(), context.services().now()).await?;
        Ok(Some(HomeStats(home)))
    }
}
