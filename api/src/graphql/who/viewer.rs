//! Users, and the one who asks.

use crate::failure::Failure;
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::scalars::{DateTime, TimeZone, int};
use crate::graphql::who::user::{self, UserAction};
use async_graphql::{Context, Description, Enum, ID, Object};
use domain::UserId;
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

    /// Whether the address is known to be theirs; without that they cannot log in.
    async fn email_verified(&self) -> bool {
        self.0.verified
    }

    /// Since when they are shut out; null if they are not.
    async fn blocked_at(&self) -> Option<DateTime> {
        self.0.blocked_at.map(DateTime::from)
    }

    /// Why they are shut out. For managers and administrators; null for everybody else.
    async fn blocked_reason(&self, context: &Context<'_>) -> Result<Option<String>, Failure> {
        if self.0.blocked_at.is_none() || !context.viewer()?.may_watch() {
            return Ok(None);
        }
        Ok(users::blocked_reason(context.pool(), UserId(self.0.id)).await?)
    }

    /// What you may do with this account right now.
    async fn allowed_actions(&self, context: &Context<'_>) -> Result<Option<Vec<UserAction>>, Failure> {
        user::actions(context, &self.0).await.map(Some)
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
