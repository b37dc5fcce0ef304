//! What resolvers find in their context.

use crate::failure::Failure;
use crate::graphql::kit::room::{Room, VALUE};
use crate::graphql::kit::tables::Tables;
use acts::Services;
use acts::who::rights::{Administrator, ArticleWriter, InPerson, Owner, Watcher};
use acts::who::{Caller, Viewer};
use async_graphql::dataloader::DataLoader;
use async_graphql::{Context, Error};
use domain::{Actor, Language};
use eventstore::Metadata;
use projections::{Access, Read};
use sqlx::PgPool;

/// Whose objects a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, async_graphql::Enum)]
pub(crate) enum Scope {
    /// The list shows the viewer's own objects.
    Own,
    /// The list shows everybody's objects. This is for managers and administrators; others get the error `FORBIDDEN`,
    /// unless a field says otherwise.
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
    /// A row of the list that is answered here; none if it does not read, which then is an error beside the others.
    fn shown<T>(&self, row: Read<T>) -> Option<T>;
    /// Who is signed in.
    fn viewer(&self) -> Result<&Viewer, Failure>;
    /// A right of the viewer's, used with a session: a token for programs may not change who gets in.
    fn in_person<R>(&self, right: R) -> Result<InPerson<R>, Failure>;
    /// Somebody who has clients, messages and mailings of their own.
    fn owner(&self) -> Result<Owner, Failure>;
    /// Somebody who watches over everybody's mailings.
    fn watcher(&self) -> Result<Watcher, Failure>;
    /// Somebody who writes articles.
    fn article_writer(&self) -> Result<ArticleWriter, Failure>;
    /// Somebody who looks after the service.
    fn administrator(&self) -> Result<Administrator, Failure>;
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

    fn shown<T>(&self, row: Read<T>) -> Option<T> {
        row.map_err(|error| {
            let error = Error::new_with_source(Failure::LeftOut(error)).into_server_error(self.item.pos);
            self.add_error(self.set_error_path(error));
        })
        .ok()
    }

    fn viewer(&self) -> Result<&Viewer, Failure> {
        self.caller().viewer.as_ref().ok_or(Failure::Unauthenticated)
    }

    fn in_person<R>(&self, right: R) -> Result<InPerson<R>, Failure> {
        self.viewer()?.in_person(right).map_err(Failure::from)
    }

    fn owner(&self) -> Result<Owner, Failure> {
        self.viewer()?.owner().map_err(Failure::from)
    }

    fn watcher(&self) -> Result<Watcher, Failure> {
        self.viewer()?.watcher().map_err(Failure::from)
    }

    fn article_writer(&self) -> Result<ArticleWriter, Failure> {
        self.viewer()?.article_writer().map_err(Failure::from)
    }

    fn administrator(&self) -> Result<Administrator, Failure> {
        self.viewer()?.administrator().map_err(Failure::from)
    }

    fn scope(&self, scope: Option<Scope>) -> Result<Access, Failure> {
        let viewer = self.viewer()?;
        match scope {
            Some(Scope::All) => self.watcher().map(|_| viewer.reads()),
            None if !viewer.may_own() => Ok(viewer.reads()),
            Some(Scope::Own) | None => Ok(viewer.own()),
        }
    }

    fn metadata(&self) -> Result<Metadata, Failure> {
        Ok(self.caller().metadata(Actor::User(self.viewer()?.id())))
    }
}
