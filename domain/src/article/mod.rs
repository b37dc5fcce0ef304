//! An article: a post in the blog. Everybody reads what is published; content managers and administrators write, also
//! each other's.

mod command;
mod content;
mod error;
mod event;
mod picture;
#[cfg(test)]
mod tests;

pub use command::Command;
pub use content::{Body, Content, MAX_BODY, MAX_IMAGE, MAX_TITLE, Slug};
pub use error::{Error, PictureError};
pub use event::Event;
pub use picture::{MAX_PICTURE, PictureKind, PictureName};

pub use crate::markdown::{MAX_HTML, MAX_NESTING, beginning, pictures};

use crate::aggregate::aggregate;
use crate::{Claim, Decide, UserId};
use serde::{Deserialize, Serialize};

/// Who may read an article.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Its writers; it was never published.
    Draft,
    /// Everybody.
    Published,
    /// Its writers; it was published once, and links to it are in the world.
    Unpublished,
}

/// The state of an article's stream.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Article {
    /// Nothing was written under this id.
    #[default]
    Absent,
    /// There it is.
    Present {
        /// Who wrote it first.
        author: UserId,
        /// Its place in the blog. It goes with the title until the article is published, and stays then.
        slug: Slug,
        /// What it says.
        content: Content,
        /// Which revision that is, counted from 1.
        revision: u32,
        /// Who may read it.
        stage: Stage,
    },
    /// Was there.
    Deleted,
}

aggregate!(Article, "article", Command, Error, Event { Drafted, Revised, Published, Unpublished, Deleted });

impl Decide for Article {
    fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match (self, command) {
            (Self::Absent, Command::Draft { author, content }) => {
                Ok(vec![Event::Drafted { author, slug: content.slug(), content }])
            }
            (_, Command::Draft { .. }) => Err(Error::AlreadyExists),
            (Self::Present { content: old, .. }, Command::Revise { content }) if *old == content => Ok(vec![]),
            (Self::Present { stage: Stage::Draft, .. }, Command::Revise { content }) => {
                Ok(vec![Event::Revised { slug: content.slug(), content }])
            }
            (Self::Present { slug, .. }, Command::Revise { content }) => {
                Ok(vec![Event::Revised { slug: slug.clone(), content }])
            }
            (Self::Present { stage: Stage::Published, .. }, Command::Publish) => Ok(vec![]),
            (Self::Present { .. }, Command::Publish) => Ok(vec![Event::Published]),
            (Self::Present { stage: Stage::Published, .. }, Command::Unpublish) => Ok(vec![Event::Unpublished]),
            (Self::Present { .. }, Command::Unpublish) => Ok(vec![]),
            (Self::Present { .. }, Command::Delete) => Ok(vec![Event::Deleted]),
            (Self::Deleted, Command::Delete) => Ok(vec![]),
            (
                Self::Absent | Self::Deleted,
                Command::Revise { .. } | Command::Publish | Command::Unpublish | Command::Delete,
            ) => Err(Error::NotFound),
        }
    }

    fn evolve(&mut self, event: Event) {
        match (&mut *self, event) {
            (_, Event::Drafted { author, slug, content }) => {
                *self = Self::Present { author, slug, content, revision: 1, stage: Stage::Draft };
            }
            (Self::Present { slug, content, revision, .. }, Event::Revised { slug: place, content: new }) => {
                *slug = place;
                *content = new;
                *revision += 1;
            }
            (Self::Present { stage, .. }, Event::Published) => *stage = Stage::Published,
            (Self::Present { stage, .. }, Event::Unpublished) => *stage = Stage::Unpublished,
            (Self::Present { .. }, Event::Deleted) => *self = Self::Deleted,
            (Self::Absent | Self::Deleted, _) => {}
        }
    }

    fn claims(&self) -> Vec<Claim> {
        match self {
            Self::Present { slug, .. } => {
                let value = slug.as_str().to_owned();
                vec![Claim::new("article-slug", String::new(), value)]
            }
            Self::Absent | Self::Deleted => vec![],
        }
    }

    fn claimed(claim: &Claim) -> Option<Error> {
        Some(Error::TitleTaken { slug: claim.value.clone() })
    }
}
