//! The blog.

use crate::cache::{Cache, Name, Shown, article};
use crate::failure::{Failure, problems_or_failure};
use crate::graphql::kit::connection::{List, Page, Total};
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::room::{LongText, Roomy, for_text};
use crate::graphql::kit::scalars::{DateTime, Long, int};
use crate::graphql::kit::tables::{BodyOf, HtmlOf};
use crate::graphql::kit::user_error::{UserError, done, payload};
use acts::refusal::Refused;
use async_graphql::{Context, Description, Enum, ID, InputObject, Object};
use domain::ArticleId;
use eventstore::Receipt;
use projections::articles::{self, Readers};
use std::borrow::Cow;
use std::sync::Arc;

/// Which articles a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
enum ArticleScope {
    /// The list shows the published articles, in the order in which they were published for the first time, the latest
    /// first. Nobody has to be signed in for it.
    Published,
    /// The list shows all articles, also drafts and those taken back, in the order in which they were drafted, the
    /// latest first. This is for content managers and administrators; other viewers get the error `FORBIDDEN`, and
    /// without a viewer the error is `UNAUTHENTICATED`.
    All,
}

/// An article of the blog.
#[derive(Description)]
pub(crate) struct Article(pub(crate) Arc<Shown>);

#[Object(use_type_description)]
impl Article {
    /// The id of the article.
    pub(crate) async fn id(&self) -> ID {
        self.0.row.id.into()
    }

    /// The article's name in web addresses: the letters and digits of the title in lower case, with a hyphen between
    /// two words. It changes with the title until the article is published for the first time, and never after that.
    async fn slug(&self) -> &str {
        &self.0.row.slug
    }

    /// The title of the article: plain text in one line of at most 200 characters. It is neither Markdown nor HTML, so
    /// escape it when you put it into a page.
    async fn title(&self) -> &str {
        &self.0.row.title
    }

    /// The text of the article as it was written, in Markdown (CommonMark). Null only if it could not be read; then the
    /// top-level `errors` say why.
    async fn body(&self, context: &Context<'_>) -> Result<Option<Roomy<Cow<'_, str>>>, Failure> {
        let bytes = usize::try_from(self.0.row.body_bytes).unwrap_or(usize::MAX);
        for_text(context.room(), bytes, markdown(&self.0.row, context)).await.map(Some)
    }

    /// The text of the article as HTML in which nothing can run, so that it is safe to put into a page. Null only if it
    /// could not be read; then the top-level `errors` say why.
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

    /// The address of the article's image: one with `https` or `http`, or a path of this service, `/pictures/` and a
    /// name, as `POST /pictures` gives it (`ArticleCreateInput.imageUrl` describes how); null if the article has none.
    async fn image_url(&self) -> Option<&str> {
        self.0.row.image_url.as_deref()
    }

    /// The full name of the user who drafted the article, as that user is called now; empty if the user gave no name.
    /// It stays the same when others change the article.
    async fn author(&self) -> &str {
        &self.0.row.author
    }

    /// Whether everybody may read the article. If not, it is a draft, which content managers and administrators see.
    async fn published(&self) -> bool {
        self.0.row.published
    }

    /// The moment when the article was published for the first time; null if it never was. It stays when the article is
    /// taken back.
    async fn published_at(&self) -> Option<DateTime> {
        self.0.row.published_at.map(DateTime::from)
    }

    /// The moment when the article was drafted.
    async fn created_at(&self) -> DateTime {
        self.0.row.created_at.into()
    }

    /// The moment when the title, the text or the image last changed; the moment when the article was drafted, if they
    /// never did. Publishing an article and taking it back do not count.
    async fn updated_at(&self) -> DateTime {
        self.0.row.updated_at.into()
    }

    /// How often the article was read with the query `article` while it was published. Reads are counted about once a
    /// second, so the latest ones may be missing.
    async fn views(&self) -> Long {
        Long(self.0.row.views)
    }

    /// The version of the article, counted from 1. It grows by one whenever the article is changed, published or taken
    /// back. Pass it as `expectedVersion` to `articleUpdate`, `articlePublish` or `articleUnpublish`.
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

/// The text that `articlePreview` shows.
#[derive(InputObject)]
struct ArticlePreviewInput {
    /// The text of the article in Markdown (CommonMark): not empty (`TEXT_EMPTY`), and up to 1 MiB (1,048,576 bytes in
    /// UTF-8; `BODY_TOO_LONG`). The HTML that it becomes has at most 8 MiB (8,388,608 bytes; `HTML_TOO_LARGE`), with
    /// elements nested at most 100 deep (`NESTING_TOO_DEEP`).
    body: String,
}

/// The text of an article as HTML, or what is wrong with it.
#[derive(Default, Description)]
struct ArticlePreviewPayload {
    html: Option<String>,
    user_errors: Vec<UserError>,
}

#[Object(use_type_description)]
impl ArticlePreviewPayload {
    /// The HTML that the text becomes, in which nothing can run; null if there are user errors.
    async fn html(&self) -> Option<LongText<&str>> {
        self.html.as_deref().map(LongText)
    }

    /// Why there is no HTML to show; empty if there is some. The description of the query names the codes.
    async fn user_errors(&self) -> &[UserError] {
        &self.user_errors
    }
}

#[derive(Default)]
pub(crate) struct ArticleQuery;

#[Object]
impl ArticleQuery {
    /// The article of this id or of this slug; null if there is none that the viewer may read. Name exactly one of the
    /// two, or the field gets the error `BAD_REQUEST`. Nobody has to be signed in.
    async fn article(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The id of the article; left out if the slug is named.")] id: Option<ID>,
        #[graphql(desc = "The slug of the article; left out if the id is named.")] slug: Option<String>,
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
                return Err(Failure::BadRequest(words::queries::Problem::ArticleByIdOrSlug.into()));
            }
        };
        let found = read(context, name).await?;
        if let Some(article) = found.as_ref().filter(|article| article.0.row.published) {
            context.services().views.of_article(article.0.row.id);
        }
        Ok(found)
    }

    /// The HTML that a text would become in an article. Nothing is written. This is for content managers and
    /// administrators.
    ///
    /// The user errors are `TEXT_EMPTY`, `BODY_TOO_LONG`, `HTML_TOO_LARGE`, `NESTING_TOO_DEEP`, `TEXT_INVALID` for a
    /// NUL character, and `RATE_LIMITED`: one account can have as many texts rendered at the same time as whoever runs
    /// the service has set, two unless they did.
    async fn article_preview(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The text to show.")] input: ArticlePreviewInput,
    ) -> Result<Option<ArticlePreviewPayload>, Failure> {
        let by = context.article_writer()?;
        Ok(Some(match acts::blog::articles::preview(context.services(), by, &input.body).await {
            Ok(html) => ArticlePreviewPayload { html: Some(html), ..ArticlePreviewPayload::default() },
            Err(refused) => {
                let user_errors = problems_or_failure(refused)?.into_iter().map(UserError::from).collect();
                ArticlePreviewPayload { user_errors, ..ArticlePreviewPayload::default() }
            }
        }))
    }

    /// Articles of the blog, in the order that the `scope` describes. Nobody has to be signed in for the published
    /// ones. A cursor belongs to the scope in which it was given; in the other one it stands for another place.
    async fn articles(
        &self,
        context: &Context<'_>,
        #[graphql(
            desc = "How many items the page has at most: 1 to 100, by default 20. Any other number gets the error `BAD_REQUEST`."
        )]
        first: Option<i32>,
        #[graphql(
            desc = "The cursor after which the page begins, an `endCursor` of this list; null for the first page. A text that can be none gets the error `BAD_REQUEST`."
        )]
        after: Option<String>,
        #[graphql(desc = "Which articles the list shows.", default_with = "ArticleScope::Published")]
        scope: ArticleScope,
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

/// The article that `articleCreate` drafts.
#[derive(InputObject)]
struct ArticleCreateInput {
    /// The title of the article: plain text in one line of 1 to 200 characters (`TITLE_TOO_LONG`, `TITLE_NOT_A_LINE`),
    /// at least one of them a letter or a digit (`TITLE_EMPTY`). Blanks around it are dropped. The slug that is made of
    /// it must not be another article's (`TITLE_TAKEN`).
    title: String,
    /// The text of the article in Markdown (CommonMark): not empty (`TEXT_EMPTY`), and up to 1 MiB (1,048,576 bytes in
    /// UTF-8; `BODY_TOO_LONG`). The HTML that it becomes has at most 8 MiB (`HTML_TOO_LARGE`), with elements nested at
    /// most 100 deep (`NESTING_TOO_DEEP`).
    body: String,
    /// The address of an image with `https` or `http`, of at most 2,000 characters, or one that `POST /pictures` gave
    /// (`IMAGE_URL_INVALID`, `IMAGE_URL_TOO_LONG`); null or left out for none. The request `POST /pictures`, beside
    /// this endpoint and with the same session or API token, has a picture as its body (PNG, JPEG, GIF or WebP, up to 2
    /// MiB), and its answer is `{"address": "/pictures/..."}`; an error is answered as the top-level `errors` are, with
    /// `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE` or `QUOTA_REACHED`.
    image_url: Option<String>,
    /// A key that you choose: one line of 1 to 200 characters, such as a fresh UUID. If your account sends the same key
    /// to the same mutation again, with the same input, nothing new is made, and the answer has the article that was
    /// made first, as it is now. So a request whose answer got lost can be repeated. With another input the user error
    /// has the code `IDEMPOTENCY_KEY_REUSED`. A key never expires, not even when its article is deleted: `article` is
    /// then null. Null or left out: every request makes another article.
    idempotency_key: Option<String>,
}

/// What `articleUpdate` changes of an article. A field that is left out or null stays as it is.
#[derive(InputObject)]
struct ArticleUpdateInput {
    /// The id of the article to change.
    id: ID,
    /// The new title of the article: plain text in one line of 1 to 200 characters (`TITLE_TOO_LONG`,
    /// `TITLE_NOT_A_LINE`), at least one of them a letter or a digit (`TITLE_EMPTY`). Until the article is published
    /// for the first time, the slug is made anew of it, and must not be another article's (`TITLE_TAKEN`). After that
    /// the slug stays, and the title may be that of another article.
    title: Option<String>,
    /// The new text of the article in Markdown (CommonMark): not empty (`TEXT_EMPTY`), and up to 1 MiB (1,048,576 bytes
    /// in UTF-8; `BODY_TOO_LONG`). The HTML that it becomes has at most 8 MiB (`HTML_TOO_LARGE`), with elements nested
    /// at most 100 deep (`NESTING_TOO_DEEP`).
    body: Option<String>,
    /// The new address of the image, with `https` or `http` and of at most 2,000 characters, or one that `POST
    /// /pictures` gave (`IMAGE_URL_INVALID`, `IMAGE_URL_TOO_LONG`); an empty text takes the image away.
    image_url: Option<String>,
    /// The `version` of the article that you have seen. If the present version is a different number, higher or lower,
    /// nothing is changed and the user error has the code `STALE_VERSION`. Null or left out: the article is changed
    /// whatever its version is. A variable for this field must be declared as `Long`, not `Int`.
    expected_version: Option<Long>,
}

/// The article that `articlePublish` publishes.
#[derive(InputObject)]
struct ArticlePublishInput {
    /// The id of the article to publish.
    id: ID,
    /// The `version` of the article that you have seen. If the present version is a different number, higher or lower,
    /// nothing is changed and the user error has the code `STALE_VERSION`. Null or left out: the article is changed
    /// whatever its version is. A variable for this field must be declared as `Long`, not `Int`.
    expected_version: Option<Long>,
}

/// The article that `articleUnpublish` takes back.
#[derive(InputObject)]
struct ArticleUnpublishInput {
    /// The id of the article to take back.
    id: ID,
    /// The `version` of the article that you have seen. If the present version is a different number, higher or lower,
    /// nothing is changed and the user error has the code `STALE_VERSION`. Null or left out: the article is changed
    /// whatever its version is. A variable for this field must be declared as `Long`, not `Int`.
    expected_version: Option<Long>,
}

/// The article that `articleDelete` deletes.
#[derive(InputObject)]
struct ArticleDeleteInput {
    /// The id of the article to delete.
    id: ID,
}

payload! {
    /// The new article, or what is wrong with the input.
    created ArticleCreatePayload {
        /// The article as it is now; null if there are user errors, or if `behind` is true.
        article: Article
    }
}
payload! {
    /// The article after the change, or what is wrong with the input.
    ArticleUpdatePayload {
        /// The article as it is now; null if there are user errors, or if `behind` is true.
        article: Article
    }
}
payload! {
    /// The published article, or what is wrong with the input.
    ArticlePublishPayload {
        /// The article as it is now; null if there are user errors, or if `behind` is true.
        article: Article
    }
}
payload! {
    /// The article that was taken back, or what is wrong with the input.
    ArticleUnpublishPayload {
        /// The article as it is now; null if there are user errors, or if `behind` is true.
        article: Article
    }
}
payload! {
    /// The id of the deleted article, or what is wrong with the input.
    deleted ArticleDeletePayload {
        /// The id of the article that is deleted now; null if there are user errors, or if `behind` is true.
        deleted_id: ID
    }
}

#[derive(Default)]
pub(crate) struct ArticleMutation;

#[Object]
impl ArticleMutation {
    /// Drafts an article. This is for content managers and administrators.
    ///
    /// The user errors are `TITLE_EMPTY`, `TITLE_NOT_A_LINE`, `TITLE_TOO_LONG`, `TITLE_TAKEN`, `TEXT_EMPTY`,
    /// `BODY_TOO_LONG`, `HTML_TOO_LARGE`, `NESTING_TOO_DEEP`, `IMAGE_URL_INVALID`, `IMAGE_URL_TOO_LONG`,
    /// `IDEMPOTENCY_KEY_INVALID`, `IDEMPOTENCY_KEY_REUSED`, and, if too many texts of the account are being rendered,
    /// `RATE_LIMITED`.
    async fn article_create(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The article to draft.")] input: ArticleCreateInput,
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

    /// Changes an article, whoever drafted it. This is for content managers and administrators.
    ///
    /// The user errors are `NOT_FOUND`, `TITLE_EMPTY`, `TITLE_NOT_A_LINE`, `TITLE_TOO_LONG`, `TITLE_TAKEN`,
    /// `TEXT_EMPTY`, `BODY_TOO_LONG`, `HTML_TOO_LARGE`, `NESTING_TOO_DEEP`, `IMAGE_URL_INVALID`, `IMAGE_URL_TOO_LONG`,
    /// `STALE_VERSION`, `QUOTA_REACHED` if the article has as many revisions as it may have, and, if too many texts of
    /// the account are being rendered, `RATE_LIMITED`.
    async fn article_update(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The article and the changes.")] input: ArticleUpdateInput,
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

    /// Publishes an article, so that everybody may read it. This is for content managers and administrators. It is safe
    /// to repeat without `expectedVersion`; with it, a repeated request gets `STALE_VERSION`. The only other user error
    /// is `NOT_FOUND`.
    async fn article_publish(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The article to publish.")] input: ArticlePublishInput,
    ) -> Result<Option<ArticlePublishPayload>, Failure> {
        let by = context.article_writer()?;
        let expected = input.expected_version.map(|version| version.0);
        let outcome =
            acts::blog::articles::publish(context.services(), by, &input.id, expected, &context.metadata()?).await;
        let done = done(context, outcome, async |id| shown(context, id).await).await?;
        Ok(done.map(Into::into))
    }

    /// Takes a published article back, so that only content managers and administrators may read it. This is for
    /// content managers and administrators. It is safe to repeat without `expectedVersion`; with it, a repeated request
    /// gets `STALE_VERSION`. The only other user error is `NOT_FOUND`.
    async fn article_unpublish(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The article to take back.")] input: ArticleUnpublishInput,
    ) -> Result<Option<ArticleUnpublishPayload>, Failure> {
        let by = context.article_writer()?;
        let expected = input.expected_version.map(|version| version.0);
        let outcome =
            acts::blog::articles::unpublish(context.services(), by, &input.id, expected, &context.metadata()?).await;
        let done = done(context, outcome, async |id| shown(context, id).await).await?;
        Ok(done.map(Into::into))
    }

    /// Deletes an article. Another article may then have its title and its slug. This is for content managers and
    /// administrators. It is safe to repeat. The only user error is `NOT_FOUND`.
    async fn article_delete(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The article to delete.")] input: ArticleDeleteInput,
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
