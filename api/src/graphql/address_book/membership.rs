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
use domain::{GroupId, Said};
use projections::{Access, groups};

/// Either `clientIds` or `filter`.
#[derive(InputObject)]
struct GroupClientsAddInput {
    group_id: ID,
    /// Clients of yours, at most 1000.
    client_ids: Option<Vec<ID>>,
    /// All your clients that it finds; `{}` finds everybody.
    filter: Option<ClientFilter>,
}

/// Either `clientIds` or `filter`.
#[derive(InputObject)]
struct GroupClientsRemoveInput {
    group_id: ID,
    /// Clients of yours, at most 1000.
    client_ids: Option<Vec<ID>>,
    /// All clients of the group that it finds; `{}` finds everybody.
    filter: Option<ClientFilter>,
}

/// How many joined or left, or what is wrong.
#[derive(SimpleObject)]
struct GroupClientsPayload {
    group: Option<Group>,
    /// How many clients joined or left.
    changed: i32,
    /// How many of those named had joined or left before.
    unchanged: i32,
    /// How many that the filter finds are left: one request changes 10000. Send it again until this is 0.
    remaining: i32,
    /// What is wrong with the input; then nothing was written.
    user_errors: Vec<UserError>,
    /// Of the last event written; a read model that has reached it shows them all.
    position: Option<Long>,
    /// It was written, but the read models are late and cannot show it yet: ask again for what `position` stands for.
    behind: bool,
}

#[derive(Default)]
pub(crate) struct MembershipMutation;

#[Object]
impl MembershipMutation {
    /// Puts clients into a group. Those who belong to it stay; asking again is fine.
    async fn group_clients_add(
        &self,
        context: &Context<'_>,
        input: GroupClientsAddInput,
    ) -> Result<Option<GroupClientsPayload>, Failure> {
        let GroupClientsAddInput { group_id, client_ids, filter } = input;
        change(context, &group_id, client_ids, filter, Membership::Joined).await
    }

    /// Takes clients out of a group; they stay in the address book. Asking again is fine.
    async fn group_clients_remove(
        &self,
        context: &Context<'_>,
        input: GroupClientsRemoveInput,
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
        _ => {
            let said = Said::new(
                "say which clients: either with clientIds or with a filter",
                "укажите клиентов: либо через clientIds, либо через filter",
            );
            Err(Problem::new("CLIENTS_NOT_NAMED", &["clientIds"], said).into())
        }
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
