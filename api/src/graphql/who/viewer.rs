//! Users, and the one who asks.

use crate::failure::Failure;
use crate::graphql::audit::history::{self, Actor, AuditEvents};
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::scalars::{DateTime, Long, TimeZone, int};
use crate::graphql::who::actions;
use crate::graphql::who::actions::UserAction;
use crate::graphql::who::language::Language;
use crate::graphql::who::role::Role;
use async_graphql::{Context, Description, ID, Object, SimpleObject};
use domain::{StreamKind, UserId};
use projections::audit::Stream;
use projections::users;

/// How much a user has.
#[derive(SimpleObject)]
struct Holdings {
    /// How many clients are in the user's address book.
    clients: Long,
    /// How many mailings the user has, without those that were deleted.
    mailings: Long,
}

/// A user: somebody with an account.
#[derive(Description)]
pub(crate) struct User(pub(crate) users::User);

#[Object(use_type_description)]
impl User {
    /// The id of the user.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The e-mail address with which the user logs in.
    async fn email(&self) -> &str {
        &self.0.email
    }

    /// The name under which the user is shown to others; empty if the user gave none.
    async fn full_name(&self) -> &str {
        &self.0.full_name
    }

    /// The time zone in which the user's new mailings are planned and times are shown.
    async fn time_zone(&self) -> TimeZone {
        TimeZone(self.0.time_zone.clone())
    }

    /// The language in which the service writes to the user.
    async fn language(&self) -> Language {
        self.0.language.into()
    }

    /// Where the user can be reached by post, which stands below the user's letters to many; null if the user has not said it. Only the
    /// user gets it, and managers and administrators; it is null for everybody else.
    async fn postal_address(&self, context: &Context<'_>) -> Result<Option<String>, Failure> {
        let viewer = context.viewer()?;
        if viewer.user().id != self.0.id && !viewer.may_watch() {
            return Ok(None);
        }
        let address = users::postal_address(context.pool(), UserId(self.0.id)).await?;
        Ok(address.map(|address| address.as_str().to_owned()))
    }

    /// The user's roles; empty for an ordinary owner of mailings.
    async fn roles(&self) -> Vec<Role> {
        self.0.roles.iter().copied().map(Role::from).collect()
    }

    /// Whether the e-mail address is proven to be the user's. Without that the user cannot log in.
    async fn email_verified(&self) -> bool {
        self.0.verified
    }

    /// The moment since which the user is blocked; null if the user is not.
    async fn blocked_at(&self) -> Option<DateTime> {
        self.0.blocked_at.map(DateTime::from)
    }

    /// The reason for which the user is blocked, as `userBlock` was given it. Only managers and administrators get it;
    /// it is null for everybody else, also for the user. It is null, too, if the user is not blocked.
    async fn blocked_reason(&self, context: &Context<'_>) -> Result<Option<String>, Failure> {
        if self.0.blocked_at.is_none() || !context.viewer()?.may_watch() {
            return Ok(None);
        }
        Ok(users::blocked_reason(context.pool(), UserId(self.0.id)).await?)
    }

    /// Who blocked the user last. Only managers and administrators get it; it is null for everybody else, and if the user is
    /// not blocked.
    async fn blocked_by(&self, context: &Context<'_>) -> Result<Option<Actor>, Failure> {
        if self.0.blocked_at.is_none() || !context.viewer()?.may_watch() {
            return Ok(None);
        }
        let by = acts::who::users::blocked_by(context.services(), context.watcher()?, UserId(self.0.id)).await?;
        Ok(by.map(Actor))
    }

    /// How many clients and mailings the user has. Only managers and administrators get it; it is null for everybody
    /// else.
    async fn holdings(&self, context: &Context<'_>) -> Result<Option<Holdings>, Failure> {
        if !context.viewer()?.may_watch() {
            return Ok(None);
        }
        let has = acts::who::users::holdings(context.services(), context.watcher()?, UserId(self.0.id)).await?;
        Ok(Some(Holdings { clients: Long(has.clients), mailings: Long(has.mailings) }))
    }

    /// What the viewer may do with this account right now; empty if the viewer is neither a manager nor an
    /// administrator. Null only if it could not be read; then the top-level `errors` say why.
    async fn allowed_actions(&self, context: &Context<'_>) -> Result<Option<Vec<UserAction>>, Failure> {
        actions::actions(context, &self.0).await.map(Some)
    }

    /// The moment when the account was opened.
    async fn registered_at(&self) -> DateTime {
        self.0.registered_at.into()
    }

    /// Everything that happened to the account, oldest first. It is empty for everybody but the user, managers
    /// and administrators. That the account was blocked and unblocked is told to managers and administrators only. Sessions and API tokens
    /// are objects of their own, see `auditLog`. Null only if the list could not be read; then the top-level `errors` say why.
    async fn history(
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
    ) -> Result<Option<AuditEvents>, Failure> {
        let viewer = context.viewer()?;
        if viewer.user().id == self.0.id && !viewer.may_watch() {
            return history::of_own_account(context, viewer.id(), first, after.as_deref()).await;
        }
        // Others may see the account, and not what its holder did.
        let streams = viewer.may_watch().then(|| Stream::new(StreamKind::User, self.0.id)).into_iter().collect();
        history::of_streams(context, streams, first, after.as_deref()).await
    }

    /// The version of the user, counted from 1. It grows by one whenever something happens to the account, such as a
    /// change of the profile, the password or a role. Pass it as `expectedVersion` to `profileUpdate`.
    async fn version(&self) -> i32 {
        int(self.0.version)
    }
}

#[derive(Default)]
pub(crate) struct ViewerQuery;

#[Object]
impl ViewerQuery {
    /// The user who sent this request; null if nobody is signed in, which is no error.
    async fn viewer(&self, context: &Context<'_>) -> Option<User> {
        context.caller().viewer.as_ref().map(|viewer| User(viewer.user().clone()))
    }
}
