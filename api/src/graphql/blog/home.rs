//! The home page.

use crate::cache::{Cache, Home};
use crate::failure::Failure;
use crate::graphql::blog::article::Article;
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::scalars::{Long, int};
use async_graphql::{Context, Description, Object};
use std::sync::Arc;

/// The numbers that the home page shows: of the whole service, so that they name nobody.
#[derive(Description)]
pub(crate) struct HomeStats(Arc<Home>);

#[Object(use_type_description)]
impl HomeStats {
    /// How many mailings there are, of all owners and with any status, without the deleted ones.
    async fn mailings(&self) -> i32 {
        int(self.0.numbers.mailings)
    }

    /// How many mailings have the status `RUNNING` now.
    async fn running_mailings(&self) -> i32 {
        int(self.0.numbers.running)
    }

    /// How many different e-mail addresses the clients of all owners have, without regard to upper and lower case.
    async fn unique_recipients(&self) -> i32 {
        int(self.0.numbers.recipients)
    }

    /// Three published articles, chosen at random; fewer if there are not as many.
    async fn random_articles(&self) -> Vec<Article> {
        self.0.articles.iter().cloned().map(Article).collect()
    }

    /// How often the list of published articles was read. Reads are counted about once a second, so the latest ones may
    /// be missing.
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
