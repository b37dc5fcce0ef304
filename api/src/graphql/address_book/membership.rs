//! Who belongs to which group, many at once.

use crate::failure::{Failure, problems_or_failure};
use crate::graphql::address_book::client::ClientFilter;
use crate::graphql::address_book::group::Group;
use crate::graphql::kit::arguments::texts;
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::scalars::{Long, int};
use crate::graphql::kit::user_error::UserError;
use acts::address_book::conditions;
use acts::address_book::membership::{Changed, Membership, Who};
use acts::refusal::{Problem, Refused};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use domain::{Code, GroupId};
use projections::clients::Filter;
use projections::{Access, groups};

/// The clients whom `groupClientsAdd` puts into a group. Name them either by `clientIds` or by `filter`; with both, or
/// with neither, the user error has the code `CLIENTS_NOT_NAMED`.
#[derive(InputObject)]
struct GroupClientsAddInput {
    /// The id of the group that the clients join.
    group_id: ID,
    /// The ids of clients of yours, at most 1,000 of them (`TOO_MANY_CLIENTS`). If one of them is not a client of
    /// yours, the whole request is refused (`NOT_FOUND`). With an empty list there is nothing to do, which is no error.
    /// Null is the same as left out.
    client_ids: Option<Vec<ID>>,
    /// The conditions that the clients have to meet: all of your clients who meet them join the group. `{}` has no
    /// conditions, so that all of your clients join. If an id is not that of a group of yours, the whole request is
    /// refused (`NOT_FOUND`). One request changes at most 10,000 clients, and `remaining` in the answer tells how many
    /// are left. Null is the same as left out.
    filter: Option<ClientFilter>,
}

/// The clients whom `groupClientsRemove` takes out of a group. Name them either by `clientIds` or by `filter`; with
/// both, or with neither, the user error has the code `CLIENTS_NOT_NAMED`.
#[derive(InputObject)]
struct GroupClientsRemoveInput {
    /// The id of the group that the clients leave.
    group_id: ID,
    /// The ids of clients of yours, at most 1,000 of them (`TOO_MANY_CLIENTS`). If one of them is not a client of
    /// yours, the whole request is refused (`NOT_FOUND`). With an empty list there is nothing to do, which is no error.
    /// Null is the same as left out.
    client_ids: Option<Vec<ID>>,
    /// The conditions that the clients have to meet: all clients of the group who meet them leave it. `{}` has no
    /// conditions, so that all of them leave. If an id is not that of a group of yours, the whole request is refused
    /// (`NOT_FOUND`). One request changes at most 10,000 clients, and `remaining` in the answer tells how many are
    /// left. Null is the same as left out.
    filter: Option<ClientFilter>,
}

/// How many clients joined or left the group, or what is wrong with the input.
#[derive(SimpleObject)]
struct GroupClientsPayload {
    /// The group as it is now; null if there are user errors, or if `behind` is true.
    group: Option<Group>,
    /// How many clients this request has put into the group, or has taken out of it.
    changed: i32,
    /// For how many of the clients there was nothing to do, because they belonged to the group already, or did not
    /// belong to it. With a `filter`, most such clients are passed over and not counted.
    unchanged: i32,
    /// How many clients whom the filter finds are left for the next request, because one request changes at most
    /// 10,000. Send the same request again until this is 0. With `clientIds` it is always 0.
    remaining: i32,
    /// Why the request was refused; empty if it was not. A refused request writes nothing, with one exception: with the
    /// code `CONFLICT` some of the clients may be changed already. Send the same request again.
    user_errors: Vec<UserError>,
    /// The position in the log of the last event that this request wrote. Administrators can compare it with the
    /// `position` of a read model in `projections`; everybody else needs only `behind`. Null if nothing was written.
    position: Option<Long>,
    /// True if everything was written, but the tables that answers are read from (the read models) did not show it
    /// within 5 seconds. `group` is then null in this answer, and the numbers are right all the same: ask for the group
    /// by its id after about a second. False if there are user errors.
    behind: bool,
}

#[derive(Default)]
pub(crate) struct MembershipMutation;

#[Object]
impl MembershipMutation {
    /// Puts clients into one of the viewer's groups. It is safe to repeat: clients who already belong to it stay in it.
    ///
    /// The user errors are `CLIENTS_NOT_NAMED`, `NOT_FOUND`, for the group, for a client in `clientIds` or for a group
    /// in `filter`, `SEGMENT_NOT_FOUND`, `TOO_MANY_CLIENTS` and `TOO_MANY_GROUPS`. With `CONFLICT` some of the clients may have joined
    /// already: send the same request again.
    async fn group_clients_add(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The group, and the clients who join it.")] input: GroupClientsAddInput,
    ) -> Result<Option<GroupClientsPayload>, Failure> {
        let GroupClientsAddInput { group_id, client_ids, filter } = input;
        change(context, &group_id, client_ids, filter, Membership::Joined).await
    }

    /// Takes clients out of one of the viewer's groups; they stay in the address book. It is safe to repeat.
    ///
    /// The user errors are `CLIENTS_NOT_NAMED`, `NOT_FOUND`, for the group, for a client in `clientIds` or for a group
    /// in `filter`, `SEGMENT_NOT_FOUND`, `TOO_MANY_CLIENTS` and `TOO_MANY_GROUPS`. With `CONFLICT` some of the clients may have left
    /// already: send the same request again.
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
            // Others have no clients here, and nobody belongs to none of the groups.
            let others = filter.owner().is_some_and(|owner| owner != by.id());
            let segment = match filter.segment() {
                Some(id) => {
                    conditions::of_segment(context.services(), by, &id, &["filter", "segmentId"]).await.map(Some)
                }
                None => Ok(None),
            };
            let found: Filter = filter.into();
            let found = if others { Filter { any_group: Some(Vec::new()), ..found } } else { found };
            match segment {
                Ok(segment) => {
                    let (who, metadata) = (Who::Found(Filter { segment, ..found }), context.metadata()?);
                    acts::address_book::membership::change(context.services(), by, group, who, to, &metadata).await
                }
                Err(refused) => Err(refused),
            }
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
