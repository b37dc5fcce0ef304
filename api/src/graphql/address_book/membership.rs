//! Who belongs to which group, many at once.

use crate::failure::{Failure, problems_or_failure};
use crate::graphql::address_book::client::{ClientFilter, texts};
use crate::graphql::address_book::group::Group;
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::scalars::{Long, int};
use crate::graphql::kit::user_error::UserError;
use acts::address_book::membership::{Changed, Membership, Who};
use acts::refusal::{Problem, Refused};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use domain::Code;
use domain::GroupId;
use projections::{Access, groups};

/// The clients whom `groupClientsAdd` puts into a group: named either by `clientIds` or by `filter`, not by both.
#[derive(InputObject)]
struct GroupClientsAddInput {
    /// The id of the group that the clients join.
    group_id: ID,
    /// The ids of clients of yours, at most 1,000 of them.
    client_ids: Option<Vec<ID>>,
    /// The conditions for which all clients of yours who meet them join the group; `{}` stands for everybody.
    filter: Option<ClientFilter>,
}

/// The clients whom `groupClientsRemove` takes out of a group: named either by `clientIds` or by `filter`, not by
/// both.
#[derive(InputObject)]
struct GroupClientsRemoveInput {
    /// The id of the group that the clients leave.
    group_id: ID,
    /// The ids of clients of yours, at most 1,000 of them.
    client_ids: Option<Vec<ID>>,
    /// The conditions for which all clients of the group who meet them leave it; `{}` stands for everybody.
    filter: Option<ClientFilter>,
}

/// How many clients joined or left the group, or what is wrong with the input.
#[derive(SimpleObject)]
struct GroupClientsPayload {
    /// The group as it is now; null if there are user errors, or if `behind` is true.
    group: Option<Group>,
    /// How many clients this request has put into the group or taken out of it.
    changed: i32,
    /// How many of the clients belonged to the group already, or did not belong to it, so that nothing was to be done.
    unchanged: i32,
    /// How many clients whom the filter finds are left for the next request, as one changes at most 10,000. Send the
    /// same request again until this is 0.
    remaining: i32,
    /// What is wrong with the input; empty if nothing is. If something is, nothing was written.
    user_errors: Vec<UserError>,
    /// The position in the log of the last event that was written; a read model that has reached it shows all that was
    /// written. Null if nothing was written.
    position: Option<Long>,
    /// True if everything was written but cannot be read yet. What was changed is then null in this answer; ask for it
    /// again in a moment, or after a create request repeat it with the same `idempotencyKey`. False if there are user
    /// errors.
    behind: bool,
}

#[derive(Default)]
pub(crate) struct MembershipMutation;

#[Object]
impl MembershipMutation {
    /// Puts clients into one of the viewer's groups. It is safe to repeat: clients who already belong to it stay in it.
    async fn group_clients_add(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The group, and the clients who join it.")] input: GroupClientsAddInput,
    ) -> Result<Option<GroupClientsPayload>, Failure> {
        let GroupClientsAddInput { group_id, client_ids, filter } = input;
        change(context, &group_id, client_ids, filter, Membership::Joined).await
    }

    /// Takes clients out of one of the viewer's groups; they stay in the address book. It is safe to repeat.
    async fn group_clients_remove(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The group, and the clients who leave it.")] input: GroupClientsRemoveInput,
    ) -> Result<Option<GroupClientsPayload>, Failure> {
        let GroupClientsRemoveInput { group_id, client_ids, filter } = input;
        change(context, &group_id, client_ids, filter, Membership::Left).await
    }
}

async fn change(
    context: &Context<'_>,
    group: &str,
    client_ids: Option<Vec<ID>>,
    filter: Option<ClientFilter>,
    to: Membership,
) -> Result<Option<GroupClientsPayload>, Failure> {
    let by = context.owner()?;
    let outcome = match (client_ids, filter) {
        (Some(ids), None) => {
            let who = Who::Named(texts(ids));
            acts::address_book::membership::change(context.services(), by, group, who, to, &context.metadata()?).await
        }
        (None, Some(filter)) => {
            let who = Who::Found(filter.into());
            acts::address_book::membership::change(context.services(), by, group, who, to, &context.metadata()?).await
        }
        _ => Err(Problem::new(Code::ClientsNotNamed, &["clientIds"], words::queries::Problem::ClientsNotNamed).into()),
    };
    answer(context, outcome).await.map(Some)
}

async fn answer(
    context: &Context<'_>,
    outcome: Result<(GroupId, Changed), Refused>,
) -> Result<GroupClientsPayload, Failure> {
    let (group, changed, problems) = match outcome {
        Ok((group, changed)) => (Some(group), changed, Vec::new()),
        Err(refused) => (None, Changed::default(), problems_or_failure(refused)?),
    };
    let behind = match changed.position {
        Some(position) => !context.services().shown(position).await,
        None => false,
    };
    let group = match group.filter(|_| !behind) {
        Some(group) => groups::get(context.pool(), Access::Owner(context.owner()?.id()), group).await?.map(Group),
        None => None,
    };
    Ok(GroupClientsPayload {
        group,
        changed: int(changed.changed),
        unchanged: int(changed.unchanged),
        remaining: int(changed.remaining),
        user_errors: problems.into_iter().map(UserError::from).collect(),
        position: changed.position.map(Long),
        behind,
    })
}
