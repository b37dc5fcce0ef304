//! Accounts, for those who look after the service.

use crate::failure::Failure;
use crate::graphql::address_book::client::searchable;
use crate::graphql::kit::connection::{List, Page, Total};
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::user_error::{Done, done, payload};
use crate::graphql::who::viewer::{Role, User};
use acts::refusal::Refused;
use acts::who::Viewer;
use async_graphql::{Context, Enum, ID, InputObject, Object};
use domain::UserId;
use eventstore::Receipt;
use projections::users::{self, Filter};

/// What can be done with an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum UserAction {
    Block,
    Unblock,
    /// Give a role that it does not have.
    GrantRole,
    /// Take one of its roles away.
    RevokeRole,
}

/// What the viewer may do with `user` right now.
pub(crate) async fn actions(context: &Context<'_>, user: &users::User) -> Result<Vec<UserAction>, Failure> {
    let viewer = context.viewer()?;
    let administrator = domain::Role::Administrator.name();
    let (is_administrator, blocked) = (user.roles.iter().any(|role| role == administrator), user.blocked_at.is_some());
    let mut actions = Vec::new();
    if !viewer.may_watch() || (is_administrator && !viewer.may_administer()) {
        return Ok(actions);
    }
    // Nobody may take the last one away, not even from themselves.
    let last = is_administrator && !blocked && acts::who::users::administrators(context.services()).await? <= 1;
    if blocked {
        actions.push(UserAction::Unblock);
    } else if !last {
        actions.push(UserAction::Block);
    }
    if viewer.may_administer() {
        if user.roles.len() < domain::Role::ALL.len() {
            actions.push(UserAction::GrantRole);
        }
        if user.roles.len() > usize::from(last) {
            actions.push(UserAction::RevokeRole);
        }
    }
    Ok(actions)
}

/// Which accounts.
#[derive(Default, InputObject)]
struct UserFilter {
    /// Whose address or name contains this, in any case.
    search: Option<String>,
    /// Who have this role.
    role: Option<Role>,
    /// Who are shut out, or who are not.
    blocked: Option<bool>,
}

#[derive(Default)]
pub(crate) struct UserQuery;

#[Object]
impl UserQuery {
    /// An account; null if there is none of this id that you may see. Managers and administrators see everybody, others
    /// themselves.
    async fn user(&self, context: &Context<'_>, id: ID) -> Result<Option<User>, Failure> {
        let viewer = context.viewer()?;
        read(context, viewer, &id).await
    }

    /// Accounts, newest first: for managers and administrators.
    async fn users(
        &self,
        context: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
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
        Ok(Some(page.of(rows, users::User::cursor, User, total)))
    }
}

/// The account of this id, as an id is written.
pub(crate) async fn read(context: &Context<'_>, viewer: &Viewer, id: &str) -> Result<Option<User>, Failure> {
    let Ok(id) = id.parse::<UserId>() else { return Ok(None) };
    if id == viewer.id() {
        return Ok(Some(User(viewer.user.clone())));
    }
    if !viewer.may_watch() {
        return Ok(None);
    }
    Ok(users::get(context.pool(), id).await?.map(User))
}

#[derive(InputObject)]
struct UserBlockInput {
    id: ID,
    /// For the user to read; at most 500 characters.
    reason: String,
}

#[derive(InputObject)]
struct UserUnblockInput {
    id: ID,
    /// For the user to read; at most 500 characters.
    reason: String,
}

#[derive(InputObject)]
struct RoleGrantInput {
    /// Whom.
    id: ID,
    role: Role,
}

#[derive(InputObject)]
struct RoleRevokeInput {
    /// From whom.
    id: ID,
    role: Role,
}

payload! {
    /// The user as they are now, or what is wrong.
    UserBlockPayload { user: User }
}
payload! {
    /// The user as they are now, or what is wrong.
    UserUnblockPayload { user: User }
}
payload! {
    /// The user as they are now, or what is wrong.
    RoleGrantPayload { user: User }
}
payload! {
    /// The user as they are now, or what is wrong.
    RoleRevokePayload { user: User }
}

#[derive(Default)]
pub(crate) struct UserMutation;

#[Object]
impl UserMutation {
    /// Shuts a user out: all their sessions and API tokens end at once, and nothing of theirs is sent. For managers and
    /// administrators; only the latter may do so to administrators. For sessions only, not for API tokens.
    async fn user_block(
        &self,
        context: &Context<'_>,
        input: UserBlockInput,
    ) -> Result<Option<UserBlockPayload>, Failure> {
        let by = context.in_person(context.watcher()?)?;
        let outcome =
            acts::who::users::block(context.services(), &by, &input.id, input.reason, &context.metadata()?).await;
        answer(context, outcome).await
    }

    /// Lets a user in again. Sessions and API tokens stay ended. For managers and administrators; only the latter may do so
    /// to administrators. For sessions only, not for API tokens.
    async fn user_unblock(
        &self,
        context: &Context<'_>,
        input: UserUnblockInput,
    ) -> Result<Option<UserUnblockPayload>, Failure> {
        let by = context.in_person(context.watcher()?)?;
        let outcome =
            acts::who::users::unblock(context.services(), &by, &input.id, input.reason, &context.metadata()?).await;
        answer(context, outcome).await
    }

    /// Gives a role: for administrators. For sessions only, not for API tokens.
    async fn role_grant(
        &self,
        context: &Context<'_>,
        input: RoleGrantInput,
    ) -> Result<Option<RoleGrantPayload>, Failure> {
        let by = context.in_person(context.administrator()?)?;
        let outcome =
            acts::who::users::grant(context.services(), &by, &input.id, input.role.into(), &context.metadata()?).await;
        answer(context, outcome).await
    }

    /// Takes a role away: for administrators. One who can log in is always left. For sessions only, not for API tokens.
    async fn role_revoke(
        &self,
        context: &Context<'_>,
        input: RoleRevokeInput,
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
