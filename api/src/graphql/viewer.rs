//! Users, and the one who asks.

use crate::graphql::context::Ask;
use crate::graphql::scalars::{DateTime, TimeZone, int};
use async_graphql::{Context, Description, Enum, ID, Object};
use projections::users;

/// What a user may do beyond owning mailings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::Role")]
pub(crate) enum Role {
    /// Watches over all mailings and users.
    Manager,
    /// Writes the blog.
    ContentManager,
    /// Grants roles and rebuilds projections.
    Administrator,
}

/// In which the service speaks and writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::Language")]
pub(crate) enum Language {
    /// English.
    En,
    /// Russian.
    Ru,
}

/// Somebody with an account.
#[derive(Description)]
pub(crate) struct User(pub(crate) users::User);

#[Object(use_type_description)]
impl User {
    pub(crate) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The address to log in with.
    async fn email(&self) -> &str {
        &self.0.email
    }

    /// The name shown to others.
    async fn full_name(&self) -> &str {
        &self.0.full_name
    }

    /// The zone in which times are shown and new mailings are planned.
    async fn time_zone(&self) -> TimeZone {
        TimeZone(self.0.time_zone.clone())
    }

    /// In which the service writes to them.
    async fn language(&self) -> Language {
        self.0.language.parse::<domain::Language>().unwrap_or_default().into()
    }

    /// None: an ordinary owner.
    async fn roles(&self) -> Vec<Role> {
        self.0.roles.iter().filter_map(|role| role.parse::<domain::Role>().ok()).map(Role::from).collect()
    }

    async fn registered_at(&self) -> DateTime {
        self.0.registered_at.into()
    }

    async fn version(&self) -> i32 {
        int(self.0.version)
    }
}

#[derive(Default)]
pub(crate) struct ViewerQuery;

#[Object]
impl ViewerQuery {
    /// Who is signed in; null if nobody is.
    async fn viewer(&self, context: &Context<'_>) -> Option<User> {
        context.caller().viewer.as_ref().map(|viewer| User(viewer.user.clone()))
    }
}
