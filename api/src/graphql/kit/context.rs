//! What resolvers find in their context.

use crate::failure::Failure;
use crate::graphql::kit::room::{Room, VALUE};
use crate::graphql::kit::tables::Tables;
use acts::Services;
use acts::who::Caller;
use acts::who::sessions::{Key, Viewer};
use async_graphql::Context;
use async_graphql::dataloader::DataLoader;
use domain::{Actor, Language, Said, UserId};
use eventstore::Metadata;
use projections::Access;
use sqlx::PgPool;
use uuid::Uuid;

/// Whose objects a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, async_graphql::Enum)]
pub(crate) enum Scope {
    /// The viewer's own.
    Own,
    /// Everybody's: for managers and administrators.
    All,
}

/// Shorthands for resolvers.
pub(crate) trait Ask {
    fn services(&self) -> &Services;
    fn pool(&self) -> &PgPool;
    /// The request and who sent it.
    fn caller(&self) -> &Caller;
    /// In which language sentences are for people.
    fn language(&self) -> Language;
    /// Rows by their ids, gathered over the whole request.
    fn tables(&self) -> &DataLoader<Tables>;
    /// The room that is left in the answer.
    fn room(&self) -> &Room;
    /// Whether there is room in the answer for so many rows of what is selected here. Lists that are not asked for page by
    /// page ask before they read them.
    fn has_room_for(&self, rows: usize) -> bool;
    /// Who is signed in.
    fn viewer(&self) -> Result<&Viewer, Failure>;
    /// Who is signed in, with the id of their session: a token for programs may not change who gets in.
    fn session(&self) -> Result<(&Viewer, Uuid), Failure>;
    /// Somebody who has clients, messages and mailings of their own.
    fn owner(&self) -> Result<UserId, Failure>;
    /// Somebody who has messages of their own: owners, and managers, whose messages are for everybody.
    fn message_writer(&self) -> Result<UserId, Failure>;
    /// Somebody who watches over everybody's mailings.
    fn watcher(&self) -> Result<&Viewer, Failure>;
    /// Somebody who writes articles.
    fn article_writer(&self) -> Result<UserId, Failure>;
    /// Somebody who looks after the service.
    fn administrator(&self) -> Result<&Viewer, Failure>;
    /// Whose rows a list shows. Left out: one's own, and everybody's for managers, who have none.
    fn scope(&self, scope: Option<Scope>) -> Result<Access, Failure>;
    /// What is kept of this request with every event.
    fn metadata(&self) -> Result<Metadata, Failure>;
}

impl Ask for Context<'_> {
    fn services(&self) -> &Services {
        self.data_unchecked()
    }

    fn pool(&self) -> &PgPool {
        self.services().pool()
    }

    fn caller(&self) -> &Caller {
        self.data_unchecked()
    }

    fn language(&self) -> Language {
        self.caller().language
    }

    fn tables(&self) -> &DataLoader<Tables> {
        self.data_unchecked()
    }

    fn room(&self) -> &Room {
        self.data_unchecked()
    }

    fn has_room_for(&self, rows: usize) -> bool {
        let selected = self.field().selection_set().count().max(1);
        self.room().take(rows.saturating_mul(selected).saturating_mul(VALUE))
    }

    fn viewer(&self) -> Result<&Viewer, Failure> {
        self.caller().viewer.as_ref().ok_or(Failure::Unauthenticated)
    }

    fn session(&self) -> Result<(&Viewer, Uuid), Failure> {
        let viewer = self.viewer()?;
        match viewer.key {
            Key::Session(id) => Ok((viewer, id)),
            Key::Token(_) => Err(Failure::Forbidden(Said::new(
                "this needs a session: log in; API tokens cannot do it",
                "для этого нужен сеанс: войдите; токенам API это недоступно",
            ))),
        }
    }

    fn owner(&self) -> Result<UserId, Failure> {
        let viewer = self.viewer()?;
        if viewer.may_own() {
            Ok(viewer.id())
        } else {
            Err(Failure::Forbidden(Said::new(
                "managers and content managers have no clients, messages and mailings of their own",
                "у менеджеров и контент-менеджеров нет своих клиентов, писем и рассылок",
            )))
        }
    }

    fn message_writer(&self) -> Result<UserId, Failure> {
        if self.viewer()?.may_watch() { Ok(self.viewer()?.id()) } else { self.owner() }
    }

    fn watcher(&self) -> Result<&Viewer, Failure> {
        let viewer = self.viewer()?;
        if viewer.may_watch() {
            Ok(viewer)
        } else {
            Err(Failure::Forbidden(Said::new(
                "this is for managers and administrators",
                "это доступно менеджерам и администраторам",
            )))
        }
    }

    fn article_writer(&self) -> Result<UserId, Failure> {
        let viewer = self.viewer()?;
        if viewer.may_write_articles() {
            Ok(viewer.id())
        } else {
            Err(Failure::Forbidden(Said::new(
                "this is for content managers and administrators",
                "это доступно контент-менеджерам и администраторам",
            )))
        }
    }

    fn administrator(&self) -> Result<&Viewer, Failure> {
        let viewer = self.viewer()?;
        if viewer.may_administer() {
            Ok(viewer)
        } else {
            Err(Failure::Forbidden(Said::new("this is for administrators", "это доступно администраторам")))
        }
    }

    fn scope(&self, scope: Option<Scope>) -> Result<Access, Failure> {
        let viewer = self.viewer()?;
        match scope {
            Some(Scope::All) => self.watcher().map(Viewer::reads),
            None if !viewer.may_own() => Ok(viewer.reads()),
            Some(Scope::Own) | None => Ok(viewer.own()),
        }
    }

    fn metadata(&self) -> Result<Metadata, Failure> {
        Ok(self.caller().metadata(Actor::User(self.viewer()?.id())))
    }
}
