//! Many clients into a group, or out of it, at once.

use crate::Services;
use crate::refusal::{Problem, Refused, input};
use crate::who::rights::Owner;
use domain::client::{Client, Command};
use domain::group::{self, Group};
use domain::{Code, Decide, GroupId, UserId};
use eventstore::{Append, AppendError, ExecuteError, Metadata};
use projections::clients::{self, Filter};
use projections::{Access, Cursor};
use std::time::Duration;
use uuid::Uuid;

/// How many clients one request may name.
pub const MAX_NAMED: usize = 1_000;

/// How many clients that a filter finds one request changes, so that it ends in time. The answer tells how many are left,
/// and the same request again goes on with them.
pub const MAX_FOUND: usize = 10_000;

/// How many clients are changed in one append.
const CHUNK: usize = 500;

/// How often a chunk is tried because somebody else changed one of its clients in between.
const ATTEMPTS: u32 = 10;

/// What is to become of the clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
    /// The clients belong to the group from now on.
    Joined,
    /// The clients do not belong to the group from now on.
    Left,
}

/// The clients whose membership changes.
#[derive(Clone, Debug)]
pub enum Who {
    /// The clients of these ids.
    Named(Vec<String>),
    /// The clients who pass a filter.
    Found(Filter),
}

/// What a change of membership did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// How many clients joined or left.
    pub changed: i64,
    /// How many of those named were there, or not there, already.
    pub unchanged: i64,
    /// How many that the filter found were left for the next request.
    pub remaining: i64,
    /// The position in the log of the last event that was written; `None` if none was.
    pub position: Option<i64>,
}

/// Has clients join a group or leave it. Doing it again changes nothing, and what was cut short goes on.
pub async fn change(
    services: &Services,
    by: Owner,
    group: &str,
    who: Who,
    to: Membership,
    metadata: &Metadata,
) -> Result<(GroupId, Changed), Refused> {
    let by = by.id();
    let group: GroupId = input::id(group, &["groupId"], &group::Error::NotFound)?;
    match services.store.load::<Group>(group.0).await?.state {
        Group::Present { owner, .. } if owner == by => {}
        _ => return Err(Problem::of(&group::Error::NotFound).at(&["groupId"]).into()),
    }
    let change = Change { services, by, group, to, metadata };
    let changed = match who {
        Who::Named(ids) => change.named(&ids).await?,
        Who::Found(filter) => change.found(filter).await?,
    };
    Ok((group, changed))
}

struct Change<'a> {
    services: &'a Services,
    by: UserId,
    group: GroupId,
    to: Membership,
    metadata: &'a Metadata,
}

impl Change<'_> {
    async fn named(&self, ids: &[String]) -> Result<Changed, Refused> {
        if ids.len() > MAX_NAMED {
            let named = ids.len();
            return Err(Problem::new(
                Code::TooManyClients,
                &["clientIds"],
                words::address_book::Problem::TooManyClients { named, most: MAX_NAMED },
            )
            .into());
        }
        let (clients, missing) = super::clients::own(self.services, self.by, ids, &["clientIds"]).await?;
        if !missing.is_empty() {
            return Err(Refused::Problems(missing));
        }
        let mut done = Changed::default();
        let clients: Vec<Uuid> = clients.into_iter().map(Uuid::from).collect();
        for chunk in clients.chunks(CHUNK) {
            self.chunk(chunk, &mut done).await?;
        }
        Ok(done)
    }

    /// A problem for each group in the filter that is none of the owner's. A list may show nobody for it; but whoever is changed
    /// because of a group that is not there, or is not, was not meant.
    async fn unknown_groups(&self, filter: &Filter) -> Result<Vec<Problem>, sqlx::Error> {
        let mut unknown = Vec::new();
        for (group, field) in [(filter.group, "groupId"), (filter.without_group, "notInGroupId")] {
            let ids: Vec<String> = group.iter().map(Uuid::to_string).collect();
            let (_, missing) = super::groups::own(self.services, self.by, &ids, &[]).await?;
            unknown.extend(missing.into_iter().map(|problem| problem.at(&["filter", field])));
        }
        let ids: Vec<String> = filter.any_group.iter().flatten().map(Uuid::to_string).collect();
        unknown.extend(super::groups::own(self.services, self.by, &ids, &["filter", "groupIds"]).await?.1);
        Ok(unknown)
    }

    async fn found(&self, filter: Filter) -> Result<Changed, Refused> {
        let unknown = self.unknown_groups(&filter).await?;
        if !unknown.is_empty() {
            return Err(Refused::Problems(unknown));
        }
        let (pool, access) = (self.services.pool(), Access::Owner(self.by));
        let wanted = self.of_those(filter);
        let found = clients::count(pool, access, &wanted).await?;
        let mut done = Changed::default();
        let mut seen = 0;
        // The place in the list, not only the filter, leads on: the tables may show late what has been changed.
        let mut after: Option<Cursor> = None;
        while seen < MAX_FOUND {
            let rows = clients::page(pool, access, &wanted, after, i64::try_from(CHUNK).unwrap_or(i64::MAX)).await?;
            let Some(last) = rows.last() else { break };
            after = Some(last.cursor());
            seen += rows.len();
            let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
            self.chunk(&ids, &mut done).await?;
        }
        done.remaining = (found - i64::try_from(seen).unwrap_or(i64::MAX)).max(0);
        Ok(done)
    }

    /// The filter without those for whom nothing changes.
    fn of_those(&self, filter: Filter) -> Filter {
        let group = Some(self.group.0);
        match self.to {
            Membership::Joined if filter.without_group.is_none_or(|other| Some(other) == group) => {
                Filter { without_group: group, ..filter }
            }
            Membership::Left if filter.group.is_none_or(|other| Some(other) == group) => Filter { group, ..filter },
            // That place in the filter is taken; those for whom nothing changes are told from their streams.
            _ => filter,
        }
    }

    async fn chunk(&self, ids: &[Uuid], done: &mut Changed) -> Result<(), Refused> {
        let command = match self.to {
            Membership::Joined => Command::JoinGroup { by: self.by, group: self.group },
            Membership::Left => Command::LeaveGroup { by: self.by, group: self.group },
        };
        for attempt in 1..=ATTEMPTS {
            let mut appends = Vec::new();
            for (id, loaded) in ids.iter().zip(self.services.store.load_many::<Client>(ids).await?) {
                // A client that was deleted a moment ago is in no group, and joins none.
                let events = loaded.state.decide(command.clone()).unwrap_or_default();
                if !events.is_empty() {
                    appends.push(Append::new(*id, loaded, events)?);
                }
            }
            let changed = appends.len();
            let appended = match &*appends {
                [] => Ok(None),
                appends => self.services.store.append(appends, self.metadata).await.map(Some),
            };
            match appended {
                Err(AppendError::Conflict) => tokio::time::sleep(Duration::from_millis(1 << attempt)).await,
                Err(error) => return Err(error.refused::<Client>().into()),
                Ok(receipt) => {
                    done.changed += i64::try_from(changed).unwrap_or(i64::MAX);
                    done.unchanged += i64::try_from(ids.len() - changed).unwrap_or(i64::MAX);
                    done.position = receipt.map(|receipt| receipt.position).or(done.position);
                    return Ok(());
                }
            }
        }
        Err(ExecuteError::<domain::client::Error>::Conflict.into())
    }
}
