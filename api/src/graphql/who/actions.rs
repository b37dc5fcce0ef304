//! What the viewer can do with a user.

use crate::failure::Failure;
use crate::graphql::kit::context::Ask;
use async_graphql::{Context, Enum};
use projections::users;

/// An action that managers and administrators can take on an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "acts::who::users::Action")]
pub(crate) enum UserAction {
    /// The viewer may block the user with `userBlock`.
    Block,
    /// The viewer may lift the user's block with `userUnblock`.
    Unblock,
    /// The viewer may give the user a role that the user does not have, with `roleGrant`.
    GrantRole,
    /// The viewer may take one of the user's roles away, with `roleRevoke`.
    RevokeRole,
}

/// What the viewer may do with `user` right now.
pub(crate) async fn actions(context: &Context<'_>, user: &users::User) -> Result<Vec<UserAction>, Failure> {
    let allowed = acts::who::users::allowed(context.services(), context.viewer()?, user).await?;
    Ok(allowed.into_iter().map(UserAction::from).collect())
}
