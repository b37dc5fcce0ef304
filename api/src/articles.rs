//! What can be done with articles. Whether somebody may write is judged before.

use crate::input::{self, Problems};
use crate::refused::{Problem, Refused};
use crate::{Services, revising};
use domain::article::{Article, Command, Content, Error};
use domain::{ArticleId, UserId};
use eventstore::{Metadata, Receipt};

/// What to change; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// One line.
    pub title: Option<String>,
    /// Markdown.
    pub body: Option<String>,
    /// Where the image is; empty for an article without one.
    pub image_url: Option<String>,
}

/// Drafts an article. The same key is answered by the same article.
pub async fn create(
    services: &Services,
    author: UserId,
    key: Option<String>,
    title: &str,
    body: &str,
    image_url: Option<&str>,
    metadata: &Metadata,
) -> Result<(ArticleId, Receipt), Refused> {
    let mut problems = Problems::default();
    let key = problems.take(input::key(key));
    let content = content(title, body, image_url, &mut problems);
    let (Some(key), Some(content)) = (key, content) else { return Err(problems.into()) };
    let id = input::new_id(author, "article", key.as_deref());
    let receipt = services.store.create::<Article>(id, Command::Draft { author, content }, metadata).await?;
    Ok((id.into(), receipt))
}

/// Revises an article, whoever wrote it.
pub async fn update(
    services: &Services,
    id: &str,
    expected: Option<i64>,
    change: Change,
    metadata: &Metadata,
) -> Result<(ArticleId, Receipt), Refused> {
    let id: ArticleId = input::id(id, &["id"], &Error::NotFound)?;
    let receipt = revising::execute::<Article>(services, id.0, expected, metadata, |article| {
        let Article::Present { content: old, .. } = article else {
            return Err(Problem::of(&Error::NotFound).into());
        };
        let mut problems = Problems::default();
        let title = change.title.as_deref().unwrap_or(old.title());
        let body = change.body.as_deref().unwrap_or(old.body());
        let image = change.image_url.as_deref().or(old.image());
        let content = content(title, body, image, &mut problems).ok_or(problems)?;
        Ok(Command::Revise { content })
    });
    Ok((id, receipt.await?))
}

/// Lets everybody read an article.
pub async fn publish(
    services: &Services,
    id: &str,
    expected: Option<i64>,
    metadata: &Metadata,
) -> Result<(ArticleId, Receipt), Refused> {
    tell(services, id, expected, Command::Publish, metadata).await
}

/// Lets nobody but writers read an article any more.
pub async fn unpublish(
    services: &Services,
    id: &str,
    expected: Option<i64>,
    metadata: &Metadata,
) -> Result<(ArticleId, Receipt), Refused> {
    tell(services, id, expected, Command::Unpublish, metadata).await
}

/// Deletes an article. Its title is free for another one.
pub async fn delete(services: &Services, id: &str, metadata: &Metadata) -> Result<(ArticleId, Receipt), Refused> {
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

/// Reads an article. The domain stops at the first fault, so each part is judged on its own first.
fn content(title: &str, body: &str, image: Option<&str>, problems: &mut Problems) -> Option<Content> {
    let right = problems.nothing_in([
        input::text(body.to_owned(), &["body"]).err(),
        Content::parse(title, "-", None).err().as_ref().map(Problem::of),
        Content::parse("a", body, None).err().as_ref().map(Problem::of),
        Content::parse("a", "-", image).err().as_ref().map(Problem::of),
    ]);
    if !right {
        return None;
    }
    problems.take(Content::parse(title, body, image).map_err(|error| Problem::of(&error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_wrong_with_an_article_is_told_at_once() {
        let mut problems = Problems::default();
        assert_eq!(content("!", " \0", Some("picture.jpg"), &mut problems), None);

        let Refused::Problems(problems) = problems.into() else { panic!("problems") };
        let told: Vec<_> = problems.iter().map(|problem| (problem.field[0].as_str(), problem.code)).collect();
        assert_eq!(told, [("body", "TEXT_INVALID"), ("title", "TITLE_EMPTY"), ("imageUrl", "IMAGE_URL_INVALID")]);
    }
}
