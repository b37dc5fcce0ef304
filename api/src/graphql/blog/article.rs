//! The blog.

use crate::cache::{Cache, Name, Shown, article};
use crate::failure::Failure;
use crate::graphql::kit::connection::{List, Page, Total};
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::room::{Roomy, for_text};
use crate::graphql::kit::scalars::{DateTime, Long, int};
use crate::graphql::kit::tables::{BodyOf, HtmlOf};
use crate::graphql::kit::user_error::{done, payload};
use acts::refusal::Refused;
use async_graphql::{Context, Description, Enum, ID, InputObject, Object};
use domain::{ArticleId, Said};
use eventstore::Receipt;
use projections::articles::{self, Readers};
use std::borrow::Cow;
use std::sync::Arc;

/// Which articles a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
enum ArticleScope {
    /// Those that everybody may read, published last first.
    Published,
    /// Drafts and those taken back as well, drafted last first: for content managers and administrators.
    All,
}

/// A blog post.
#[derive(Description)]
pub(crate) struct Article(pub(crate) Arc<Shown>);

#[Object(use_type_description)]
impl Article {
    pub(crate) async fn id(&self) -> ID {
        self.0.row.id.into()
    }

    /// Its name in addresses. It goes with the title until the article is published, and stays then.
    async fn slug(&self) -> &str {
        &self.0.row.slug
    }

    async fn title(&self) -> &str {
        &self.0.row.title
    }

    /// As it was written, in Markdown.
    async fn body(&self, context: &Context<'_>) -> Result<Option<Roomy<Cow<'_, str>>>, Failure> {
        let bytes = usize::try_from(self.0.row.body_bytes).unwrap_or(usize::MAX);
        for_text(context.room(), bytes, markdown(&self.0.row, context)).await.map(Some)
    }

    /// The body as HTML in which nothing runs: safe to put into a page.
    async fn html(&self, context: &Context<'_>) -> Result<Option<Roomy<Arc<str>>>, Failure> {
        let room = context.room();
        if let Some(html) = self.0.html() {
            return for_text(room, html.len(), async { Ok(html) }).await.map(Some);
        }
        // What was written before articles were rendered when they are written becomes about as long as it is.
        let bytes = self.0.row.html_bytes.unwrap_or(self.0.row.body_bytes);
        let html = for_text(room, usize::try_from(bytes).unwrap_or(usize::MAX), async {
            let html: Arc<str> = match context.tables().load_one(HtmlOf(self.0.row.id)).await? {
                Some(html) => html.into(),
                None => acts::blog::articles::html(&markdown(&self.0.row, context).await?)
                    .await
                    .map_err(Failure::from)?
                    .into(),
            };
            self.0.keep_html(&html);
            Ok(html)
        });
        html.await.map(Some)
    }

    /// Where its image is, if it has one.
    async fn image_url(&self) -> Option<&str> {
        self.0.row.image_url.as_deref()
    }

    /// The name of who wrote it first.
    async fn author(&self) -> &str {
        &self.0.row.author
    }

    /// Whether everybody may read it.
    async fn published(&self) -> bool {
        self.0.row.published
    }

    /// When it was published for the first time.
    async fn published_at(&self) -> Option<DateTime> {
        self.0.row.published_at.map(DateTime::from)
    }

    async fn created_at(&self) -> DateTime {
        self.0.row.created_at.into()
    }

    /// When it was last revised.
    async fn updated_at(&self) -> DateTime {
        self.0.row.updated_at.into()
    }

    /// How often it was read with `article` while it was published, as of about a second ago.
    async fn views(&self) -> Long {
        Long(self.0.row.views)
    }

    /// For `expectedVersion`.
    async fn version(&self) -> i32 {
        int(self.0.row.version)
    }
}

/// The body, which a row has with it only if it is short.
async fn markdown<'a>(article: &'a articles::Article, context: &Context<'_>) -> Result<Cow<'a, str>, Failure> {
    if let Some(body) = &article.body {
        return Ok(Cow::Borrowed(body));
    }
    // None if it was deleted this very moment.
    Ok(Cow::Owned(context.tables().load_one(BodyOf(article.id)).await?.unwrap_or_default()))
}

#[derive(Default)]
pub(crate) struct ArticleQuery;

#[Object]
impl ArticleQuery {
    /// An article, by its id or by its slug; null if there is none that you may read. Nobody has to be signed in.
    async fn article(
        &self,
        context: &Context<'_>,
        id: Option<ID>,
        slug: Option<String>,
    ) -> Result<Option<Article>, Failure> {
        let name = match (id, slug) {
            (Some(id), None) => {
                let Ok(id) = id.parse::<ArticleId>() else { return Ok(None) };
                Name::Id(id)
            }
            // PostgreSQL keeps every character but one, so no slug has it.
            (None, Some(slug)) if slug.contains('\0') => return Ok(None),
            (None, Some(slug)) => Name::Slug(slug),
            _ => {
                return Err(Failure::BadRequest(Said::new(
                    "name either the article's id or its slug",
                    "укажите либо id статьи, либо её slug",
                )));
            }
        };
        let found = read(context, name).await?;
        if let Some(article) = found.as_ref().filter(|article| article.0.row.published) {
            context.services().views.of_article(article.0.row.id);
        }
        Ok(found)
    }

    /// Articles. Nobody has to be signed in.
    async fn articles(
        &self,
        context: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        #[graphql(default_with = "ArticleScope::Published")] scope: ArticleScope,
    ) -> Result<Option<List<Article>>, Failure> {
        let page = Page::new(first, after.as_deref())?;
        let pool = context.pool().clone();
        if scope == ArticleScope::All {
            context.article_writer()?;
            let rows = articles::page(&pool, Readers::Writers, page.after, page.limit()).await?;
            let total = Total::new(move || {
                let pool = pool.clone();
                async move { articles::count(&pool, Readers::Writers).await }
            });
            let node = |row: articles::Article| Article(Arc::new(row.into()));
            return Ok(Some(page.of(rows, |row| row.cursor(Readers::Writers), node, total)));
        }
        let cache = context.data_unchecked::<Cache>().clone();
        let rows = cache.page(&pool, page.after, page.limit()).await?;
        context.services().views.of_list();
        let total = Total::new(move || {
            let (pool, cache) = (pool.clone(), cache.clone());
            async move { cache.count(&pool).await }
        });
        let place = |shown: &Arc<Shown>| shown.row.cursor(Readers::Everybody);
        Ok(Some(page.of(rows.to_vec(), place, Article, total)))
    }
}

/// The article of this name. Those who write see it as it is now, also as a draft.
pub(crate) async fn read(context: &Context<'_>, name: Name) -> Result<Option<Article>, Failure> {
    let writes = context.caller().viewer.as_ref().is_some_and(acts::who::Viewer::may_write_articles);
    let shown = if writes {
        article(context.pool(), Readers::Writers, &name).await?.map(Arc::new)
    } else {
        context.data_unchecked::<Cache>().article(context.pool(), name).await?
    };
    Ok(shown.map(Article))
}

#[derive(InputObject)]
struct ArticleCreateInput {
    /// One line. No two articles may have titles that lead to the same slug.
    title: String,
    /// Markdown.
    body: String,
    /// Where an image is, with https or http.
    image_url: Option<String>,
    /// The same key with the same input is answered by the same article: repeat it when an answer got lost.
    idempotency_key: Option<String>,
}

/// What is left out, or null, stays as it is.
#[derive(InputObject)]
struct ArticleUpdateInput {
    id: ID,
    title: Option<String>,
    body: Option<String>,
    /// An empty text removes it.
    image_url: Option<String>,
    /// Refuse if it was changed since this version.
    expected_version: Option<Long>,
}

#[derive(InputObject)]
struct ArticlePublishInput {
    id: ID,
    /// Refuse if it was changed since this version.
    expected_version: Option<Long>,
}

#[derive(InputObject)]
struct ArticleUnpublishInput {
    id: ID,
    /// Refuse if it was changed since this version.
    expected_version: Option<Long>,
}

#[derive(InputObject)]
struct ArticleDeleteInput {
    id: ID,
}

payload! {
    /// The article, or what is wrong.
    ArticleCreatePayload { article: Article }
}
payload! {
    /// The article as it is now, or what is wrong.
    ArticleUpdatePayload { article: Article }
}
payload! {
    /// The article that everybody may read now, or what is wrong.
    ArticlePublishPayload { article: Article }
}
payload! {
    /// The article that only its writers may read now, or what is wrong.
    ArticleUnpublishPayload { article: Article }
}
payload! {
    /// The article is gone, or what is wrong.
    ArticleDeletePayload {
        /// Its id.
        deleted_id: ID
    }
}

#[derive(Default)]
pub(crate) struct ArticleMutation;

#[Object]
impl ArticleMutation {
    /// Drafts an article: for content managers and administrators, like all that changes the blog.
    async fn article_create(
        &self,
        context: &Context<'_>,
        input: ArticleCreateInput,
    ) -> Result<Option<ArticleCreatePayload>, Failure> {
        let author = context.article_writer()?;
        let ArticleCreateInput { title, body, image_url, idempotency_key } = input;
        let (services, metadata) = (context.services(), context.metadata()?);
        let image = image_url.as_deref();
        let outcome =
            acts::blog::articles::create(services, author, idempotency_key, &title, &body, image, &metadata).await;
        let done = done(context, outcome, async |id| shown(context, id).await).await?;
        Ok(done.map(Into::into))
    }

    /// Revises an article, whoever wrote it.
    async fn article_update(
        &self,
        context: &Context<'_>,
        input: ArticleUpdateInput,
    ) -> Result<Option<ArticleUpdatePayload>, Failure> {
        let by = context.article_writer()?;
        let change = acts::blog::articles::Change { title: input.title, body: input.body, image_url: input.image_url };
        let expected = input.expected_version.map(|version| version.0);
        let outcome =
            acts::blog::articles::update(context.services(), by, &input.id, expected, change, &context.metadata()?)
                .await;
        let done = done(context, outcome, async |id| shown(context, id).await).await?;
        Ok(done.map(Into::into))
    }

    /// Lets everybody read an article. Safe to repeat.
    async fn article_publish(
        &self,
        context: &Context<'_>,
        input: ArticlePublishInput,
    ) -> Result<Option<ArticlePublishPayload>, Failure> {
        let by = context.article_writer()?;
        let expected = input.expected_version.map(|version| version.0);
        let outcome =
            acts::blog::articles::publish(context.services(), by, &input.id, expected, &context.metadata()?).await;
        let done = done(context, outcome, async |id| shown(context, id).await).await?;
        Ok(done.map(Into::into))
    }

    /// Takes an article back: only its writers may read it. Safe to repeat.
    async fn article_unpublish(
        &self,
        context: &Context<'_>,
        input: ArticleUnpublishInput,
    ) -> Result<Option<ArticleUnpublishPayload>, Failure> {
        let by = context.article_writer()?;
        let expected = input.expected_version.map(|version| version.0);
        let outcome =
            acts::blog::articles::unpublish(context.services(), by, &input.id, expected, &context.metadata()?).await;
        let done = done(context, outcome, async |id| shown(context, id).await).await?;
        Ok(done.map(Into::into))
    }

    /// Deletes an article. Its title is free for another one.
    async fn article_delete(
        &self,
        context: &Context<'_>,
        input: ArticleDeleteInput,
    ) -> Result<Option<ArticleDeletePayload>, Failure> {
        let by = context.article_writer()?;
        let outcome: Result<(ArticleId, Receipt), Refused> =
            acts::blog::articles::delete(context.services(), by, &input.id, &context.metadata()?).await;
        let done = done(context, outcome, async |id: ArticleId| Ok(Some(ID::from(id.0)))).await?;
        Ok(done.map(Into::into))
    }
}

async fn shown(context: &Context<'_>, id: ArticleId) -> Result<Option<Article>, Failure> {
    let found = article(context.pool(), Readers::Writers, &Name::Id(id)).await?;
    Ok(found.map(|found| Article(Arc::new(found))))
}
