//! Accounts, for those who look after the service.

use crate::failure::Failure;
use crate::graphql::kit::arguments::searchable;
use crate::graphql::kit::connection::{List, Page, Total};
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::user_error::{Done, done, payload};
use crate::graphql::who::role::Role;
use crate::graphql::who::viewer::User;
use acts::refusal::Refused;
use acts::who::Viewer;
use async_graphql::{Context, ID, InputObject, Object};
use domain::UserId;
use eventstore::Receipt;
use projections::users::{self, Filter};

/// The users that a list shows: those that meet all conditions that are given. A condition that is null or left out
/// does not limit the list.
#[derive(Default, InputObject)]
struct UserFilter {
    /// Only users whose e-mail address or name contains this text, in upper or lower case; an empty text does not limit
    /// the list.
    search: Option<String>,
    /// Only users who have this role.
    role: Option<Role>,
    /// True for only the users who are blocked, false for only those who are not; null or left out for both.
    blocked: Option<bool>,
}

#[derive(Default)]
pub(crate) struct UserQuery;

#[Object]
impl UserQuery {
    /// The user of this id; null if there is none that the viewer may see. Managers and administrators see everybody,
    /// others themselves.
    async fn user(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The id of the user.")] id: ID,
    ) -> Result<Option<User>, Failure> {
        let viewer = context.viewer()?;
        read(context, viewer, &id).await
    }

    /// All users, in the order in which their accounts were opened, the latest first. This is for managers and
    /// administrators.
    async fn users(
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
        #[graphql(desc = "The conditions that the users have to meet; without it the list has all users.")]
        filter: Option<UserFilter>,
    ) -> Result<Option<List<User>>, Failure> {
        context.watcher()?;
        let page = Page::new(first, after.as_deref())?;
        let UserFilter { search, role, blocked } = filter.unwrap_or_default();
        let filter = Filter { search: searchable(search), role: role.map(domain::Role::from), blocked };
        let pool = context.pool().clone();
        let rows = users::page(&pool, &filter, page.after, page.limit()).await?;
        let total = Total::new(move || {
            let (pool, filter) = (pool.clone(), filter.clone());
            async move { users::count(&pool, &filter).await }
        });
        Ok(Some(page.of_read(context, rows, User, total)))
    }
}

/// The account of this id, as an id is written.
pub(crate) async fn read(context: &Context<'_>, viewer: &Viewer, id: &str) -> Result<Option<User>, Failure> {
    let Ok(id) = id.parse::<UserId>() else { return Ok(None) };
    if id == viewer.id() {
        return Ok(Some(User(viewer.user().clone())));
    }
    if !viewer.may_watch() {
        return Ok(None);
    }
    Ok(users::get(context.pool(), id).await?.map(User))
}

/// The user whom `userBlock` shuts out, and why.
#[derive(InputObject)]
struct UserBlockInput {
    /// The id of the user to block.
    id: ID,
    /// The reason: a text of 1 to 500 characters, of one line or several, but not of blanks only (`REASON_MISSING`,
    /// `REASON_TOO_LONG`). Managers and administrators read it as the user's `blockedReason`. The user is shown it
    /// nowhere, nor does the `reason` of a mailing tell it. If the user is blocked already, the reason that was given
    /// first stays.
    reason: String,
}

/// The user whose block `userUnblock` lifts, and why.
#[derive(InputObject)]
struct UserUnblockInput {
    /// The id of the user whose block is lifted.
    id: ID,
    /// The reason: a text of 1 to 500 characters, of one line or several, but not of blanks only (`REASON_MISSING`,
    /// `REASON_TOO_LONG`). It is kept in the log of events, where managers and administrators read it. The user is shown it nowhere.
    reason: String,
}

/// The user to whom `roleGrant` gives a role, and the role.
#[derive(InputObject)]
struct RoleGrantInput {
    /// The id of the user who gets the role.
    id: ID,
    /// The role that the user gets.
    role: Role,
}

/// The user from whom `roleRevoke` takes a role, and the role.
#[derive(InputObject)]
struct RoleRevokeInput {
    /// The id of the user who loses the role.
    id: ID,
    /// The role that the user loses.
    role: Role,
}

payload! {
    /// The blocked user, or what is wrong with the input.
    UserBlockPayload {
        /// The user as they are now; null if there are user errors, or if `behind` is true.
        user: User
    }
}
payload! {
    /// The user whose block was lifted, or what is wrong with the input.
    UserUnblockPayload {
        /// The user as they are now; null if there are user errors, or if `behind` is true.
        user: User
    }
}
payload! {
    /// The user who got the role, or what is wrong with the input.
    RoleGrantPayload {
        /// The user as they are now; null if there are user errors, or if `behind` is true.
        user: User
    }
}
payload! {
    /// The user who lost the role, or what is wrong with the input.
    RoleRevokePayload {
        /// The user as they are now; null if there are user errors, or if `behind` is true.
        user: User
    }
}

#[derive(Default)]
pub(crate) struct UserMutation;

#[Object]
impl UserMutation {
    /// Blocks a user: all sessions and API tokens of the user end at once, and no letter of the user's mailings is
    /// sent. This is for managers and administrators, and only administrators may block an administrator: a manager
    /// gets the error `FORBIDDEN`. This can be done with a session only: an API token gets the error `FORBIDDEN`. It is
    /// safe to repeat: a user who is blocked stays blocked, for the reason that was given first.
    ///
    /// The user errors are `NOT_FOUND`, `REASON_MISSING`, `REASON_TOO_LONG` and `LAST_ADMINISTRATOR`.
    async fn user_block(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The user to block, and why.")] input: UserBlockInput,
    ) -> Result<Option<UserBlockPayload>, Failure> {
        let by = context.in_person(context.watcher()?)?;
        let outcome =
            acts::who::users::block(context.services(), &by, &input.id, input.reason, &context.metadata()?).await;
        answer(context, outcome).await
    }

    /// Lifts the block of a user, who may log in again; sessions and API tokens that ended stay ended, and mailings go
    /// on. This is for managers and administrators, and only administrators may do so to an administrator: a manager
    /// gets the error `FORBIDDEN`. This can be done with a session only: an API token gets the error `FORBIDDEN`. It is
    /// safe to repeat.
    ///
    /// The user errors are `NOT_FOUND`, `REASON_MISSING` and `REASON_TOO_LONG`.
    async fn user_unblock(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The user whose block is lifted, and why.")] input: UserUnblockInput,
    ) -> Result<Option<UserUnblockPayload>, Failure> {
        let by = context.in_person(context.watcher()?)?;
        let outcome =
            acts::who::users::unblock(context.services(), &by, &input.id, input.reason, &context.metadata()?).await;
        answer(context, outcome).await
    }

    /// Gives a user a role, and takes the e-mail address of the user for proven. This is for administrators. This can
    /// be done with a session only: an API token gets the error `FORBIDDEN`. It is safe to repeat. The only user error
    /// is `NOT_FOUND`.
    async fn role_grant(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The user and the role.")] input: RoleGrantInput,
    ) -> Result<Option<RoleGrantPayload>, Failure> {
        let by = context.in_person(context.administrator()?)?;
        let outcome =
            acts::who::users::grant(context.services(), &by, &input.id, input.role.into(), &context.metadata()?).await;
        answer(context, outcome).await
    }

    /// Takes a role away from a user. The last administrator who can log in keeps theirs. This is for administrators.
    /// This can be done with a session only: an API token gets the error `FORBIDDEN`. It is safe to repeat. The user
    /// errors are `NOT_FOUND` and `LAST_ADMINISTRATOR`.
    async fn role_revoke(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The user and the role.")] input: RoleRevokeInput,
    ) -> Result<Option<RoleRevokePayload>, Failure> {
        let by = context.in_person(context.administrator()?)?;
        let outcome =
            acts::who::users::revoke(context.services(), &by, &input.id, input.role.into(), &context.metadata()?).await;
        answer(context, outcome).await
    }
}

/// The payload with the user as they are now.
async fn answer<P: From<Done<User>>>(
    context: &Context<'_>,
    outcome: Result<(UserId, Receipt), Refused>,
) -> Result<Option<P>, Failure> {
    let read = async |id| Ok(users::get(context.pool(), id).await?.map(User));
    Ok(done(context, outcome, read).await?.map(P::from))
}
