//! What can be done with articles. Whether somebody may write is judged before.

use crate::refusal::input::{self, Problems};
use crate::refusal::{Fault, Problem, Refused};
use crate::who::rights::ArticleWriter;
use crate::{Services, revising, room};
use domain::article::{self, Article, Body, Command, Content, Error};
use domain::{ArticleId, UserId};
use eventstore::{Metadata, Receipt};
use tokio::sync::Semaphore;
use words::quotas::Noun;

/// Each rendering of what was written before articles were rendered when they are written takes a core for a moment.
static RENDERING: Semaphore = Semaphore::const_new(2);

/// What to change; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// The new title, in one line; `None` if it stays.
    pub title: Option<String>,
    /// The new body, in Markdown; `None` if it stays.
    pub body: Option<String>,
    /// The new address of the image, empty for an article without one; `None` if it stays.
    pub image_url: Option<String>,
}

/// Drafts an article. The same key is answered by the same article.
pub async fn create(
    services: &Services,
    author: ArticleWriter,
    key: Option<String>,
    title: &str,
    body: &str,
    image_url: Option<&str>,
    metadata: &Metadata,
) -> Result<(ArticleId, Receipt), Refused> {
    let author = author.id();
    let mut problems = Problems::default();
    let key = problems.take(input::key(key));
    let body = written(services, author, body).await?;
    let content = content(title, body, image_url, &mut problems);
    let (Some(key), Some(content)) = (key, content) else { return Err(problems.into()) };
    let id = input::new_id(author, "article", key.as_deref());
    let receipt = services.store.create::<Article>(id, Command::Draft { author, content }, metadata).await?;
    Ok((id.into(), receipt))
}

/// Revises an article, whoever wrote it.
pub async fn update(
    services: &Services,
    by: ArticleWriter,
    id: &str,
    expected: Option<i64>,
    change: Change,
    metadata: &Metadata,
) -> Result<(ArticleId, Receipt), Refused> {
    let by = by.id();
    let id: ArticleId = input::id(id, &["id"], &Error::NotFound)?;
    let body = match &change.body {
        Some(body) => Some(written(services, by, body).await?),
        None => None,
    };
    let receipt = revising::execute::<Article>(services, id.0, expected, metadata, |article| {
        let Article::Present { content: old, revision, .. } = article else {
            return Err(Problem::of(&Error::NotFound).into());
        };
        let mut problems = Problems::default();
        let title = change.title.as_deref().unwrap_or(old.title());
        let body = body.clone().unwrap_or_else(|| Ok(old.body().clone()));
        let image = change.image_url.as_deref().or(old.image());
        let content = content(title, body, image, &mut problems).ok_or(problems)?;
        let no_more = room::no_more_revisions(services, Noun::RevisionOfArticle, *revision);
        match no_more.filter(|_| content != *old) {
            Some(problem) => Err(problem.into()),
            None => Ok(Command::Revise { content }),
        }
    });
    Ok((id, receipt.await?))
}

/// Lets everybody read an article.
pub async fn publish(
    services: &Services,
    _by: ArticleWriter,
    id: &str,
    expected: Option<i64>,
    metadata: &Metadata,
) -> Result<(ArticleId, Receipt), Refused> {
    tell(services, id, expected, Command::Publish, metadata).await
}

/// Lets nobody but writers read an article any more.
pub async fn unpublish(
    services: &Services,
    _by: ArticleWriter,
    id: &str,
    expected: Option<i64>,
    metadata: &Metadata,
) -> Result<(ArticleId, Receipt), Refused> {
    tell(services, id, expected, Command::Unpublish, metadata).await
}

/// Deletes an article. Its title is free for another one.
pub async fn delete(
    services: &Services,
    _by: ArticleWriter,
    id: &str,
    metadata: &Metadata,
) -> Result<(ArticleId, Receipt), Refused> {
    tell(services, id, None, Command::Delete, metadata).await
}

async fn tell(
    services: &Services,
    id: &str,
    expected: Option<i64>,
    command: Command,
    metadata: &Metadata,
) -> Result<(ArticleId, Receipt), Refused> {
    let id: ArticleId = input::id(id, &["id"], &Error::NotFound)?;
    let receipt = services.store.execute_expecting::<Article>(id.0, expected, command, metadata).await?;
    Ok((id, receipt))
}

/// Reads a body, and sees whether it can be rendered: one at a time of each writer, on a thread where that keeps nobody
/// waiting.
async fn written(services: &Services, by: UserId, body: &str) -> Result<Result<Body, Problem>, Refused> {
    let body = match input::text(body.to_owned(), &["body"]) {
        Ok(body) => body,
        Err(problem) => return Ok(Err(problem)),
    };
    let turn = services.quotas.rendering().take(by).await?;
    let judging = tokio::task::spawn_blocking(move || (Body::parse(&body), turn).0);
    Ok(judging.await.map_err(Fault::from)?.map_err(|error| Problem::of(&error)))
}

/// The HTML that a body would become, for whoever is writing it. Nothing is written.
pub async fn preview(services: &Services, by: ArticleWriter, body: &str) -> Result<String, Refused> {
    let body = written(services, by.id(), body).await??;
    Ok(html(body.as_str()).await?)
}

/// The HTML of an article that is older than its being kept.
pub async fn html(body: &str) -> Result<String, Fault> {
    // The semaphore is never closed.
    let permit = RENDERING.acquire().await;
    let body = Body::from(body.to_owned());
    Ok(tokio::task::spawn_blocking(move || (body.html(), permit).0).await?)
}

/// The addresses of the pictures in a text.
pub async fn pictures(body: &str) -> Result<Vec<String>, Fault> {
    let body = body.to_owned();
    // A long text would keep others waiting.
    Ok(tokio::task::spawn_blocking(move || article::pictures(&body)).await?)
}

/// Reads an article. The domain stops at the first fault, so each part is judged on its own first.
fn content(title: &str, body: Result<Body, Problem>, image: Option<&str>, problems: &mut Problems) -> Option<Content> {
    let right = problems.nothing_in([
        Content::parse(title, "-", None).err().as_ref().map(Problem::of),
        body.as_ref().err().cloned(),
        Content::parse("a", "-", image).err().as_ref().map(Problem::of),
    ]);
    let (true, Ok(body)) = (right, body) else { return None };
    problems.take(Content::new(title, body, image).map_err(|error| Problem::of(&error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_wrong_with_an_article_is_told_at_once() {
        let mut problems = Problems::default();
        let body = Body::parse(" ").map_err(|error| Problem::of(&error));
        assert_eq!(content("!", body, Some("picture.jpg"), &mut problems), None);

        let Refused::Problems(problems) = problems.into() else { panic!("problems") };
        let told: Vec<_> = problems.iter().map(|problem| (problem.field[0].as_str(), problem.code.as_str())).collect();
        assert_eq!(told, [("title", "TITLE_EMPTY"), ("body", "TEXT_EMPTY"), ("imageUrl", "IMAGE_URL_INVALID")]);
    }
}
