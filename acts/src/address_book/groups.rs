//! What can be done with groups.

use super::{ids, segments};
use crate::refusal::input::{self, Problems};
use crate::refusal::{Problem, Refused};
use crate::who::rights::Owner;
use crate::{Services, room};
use domain::group::{Command, Description, Error, Group, Name, Topic};
use domain::{Code, GroupId, UserId};
use eventstore::{EventStore, Metadata, Receipt};
use projections::mailings::Left;
use projections::{Access, groups};
use std::collections::{BTreeSet, HashSet};
use uuid::Uuid;
use words::quotas::Noun;

/// Creates a group for `owner`. The same key is answered by the same group.
pub async fn create(
    services: &Services,
    owner: Owner,
    key: Option<String>,
    name: &str,
    metadata: &Metadata,
) -> Result<(GroupId, Receipt), Refused> {
    let owner = owner.id();
    let mut problems = Problems::default();
    let key = problems.take(input::key(key));
    let name = problems.take(Name::parse(name).map_err(|error| Problem::of(&error)));
    let (Some(key), Some(name)) = (key, name) else { return Err(problems.into()) };
    let id = input::new_id(owner, "group", key.as_deref());
    if let Some(full) = room::full::<Group>(services, owner, Noun::Group, id).await? {
        return Err(full.into());
    }
    let receipt = services.store.create::<Group>(id, Command::Create { owner, name }, metadata).await?;
    Ok((id.into(), receipt))
}

/// Whether the owner may have another group, of this name; else why not.
pub async fn may_create(services: &Services, owner: Owner, name: &str) -> Result<(), Refused> {
    let owner = owner.id();
    let name = Name::parse(name).map_err(|error| Problem::of(&error))?;
    if let Some(full) = room::full::<Group>(services, owner, Noun::Group, Uuid::nil()).await? {
        return Err(full.into());
    }
    let keys = [name.key()];
    let holders = EventStore::holders(services.store.pool(), "group-name", &owner.to_string(), &keys).await?;
    if holders.is_empty() {
        return Ok(());
    }
    Err(Problem::of(&Error::NameTaken { name: name.key() }).into())
}

/// Calls a group otherwise; no name leaves it as it is.
pub async fn update(
    services: &Services,
    by: Owner,
    id: &str,
    expected: Option<i64>,
    name: Option<String>,
    metadata: &Metadata,
) -> Result<(GroupId, Receipt), Refused> {
    let by = by.id();
    let mut problems = Problems::default();
    let id = problems.take(input::id::<GroupId>(id, &["id"], &Error::NotFound));
    let name = name.map(|name| Name::parse(&name)).transpose().map_err(|error| Problem::of(&error));
    let name = problems.take(name);
    let (Some(id), Some(name)) = (id, name) else { return Err(problems.into()) };
    let name = match name {
        Some(name) => name,
        None => match services.store.load::<Group>(id.0).await?.state {
            Group::Present { owner, name, .. } if owner == by => name,
            _ => return Err(Problem::of(&Error::NotFound).into()),
        },
    };
    let command = Command::Rename { by, name };
    let receipt = services.store.execute_expecting::<Group>(id.0, expected, command, metadata).await?;
    Ok((id, receipt))
}

/// Makes a group a topic, to which people can subscribe by themselves, or another topic than before.
pub async fn publish(
    services: &Services,
    by: Owner,
    id: &str,
    expected: Option<i64>,
    (title, description): (&str, &str),
    metadata: &Metadata,
) -> Result<(GroupId, Receipt), Refused> {
    let by = by.id();
    let mut problems = Problems::default();
    let id = problems.take(input::id::<GroupId>(id, &["id"], &Error::NotFound));
    let title = problems.take(Name::parse(title).map_err(|error| Problem::of(&error).at(&["title"])));
    let description = problems.take(Description::parse(description).map_err(|error| Problem::of(&error)));
    let (Some(id), Some(title), Some(description)) = (id, title, description) else { return Err(problems.into()) };
    let command = Command::Publish { by, topic: Topic { title, description } };
    let receipt = services.store.execute_expecting::<Group>(id.0, expected, command, metadata).await?;
    Ok((id, receipt))
}

/// Makes a group no topic any more. Whoever belongs to it stays, and so does what they agreed to.
pub async fn unpublish(
    services: &Services,
    by: Owner,
    id: &str,
    metadata: &Metadata,
) -> Result<(GroupId, Receipt), Refused> {
    let by = by.id();
    let id: GroupId = input::id(id, &["id"], &Error::NotFound)?;
    let receipt = services.store.execute::<Group>(id.0, Command::Unpublish { by }, metadata).await?;
    Ok((id, receipt))
}

/// Deletes a group; its clients stay. One that a mailing leaves out, which can still run, stays, too: that mailing would write to them
/// else.
pub async fn delete(
    services: &Services,
    by: Owner,
    id: &str,
    metadata: &Metadata,
) -> Result<(GroupId, Receipt), Refused> {
    let by = by.id();
    let id: GroupId = input::id(id, &["id"], &Error::NotFound)?;
    if let Some(problem) = segments::left_out(services, by, (Left::Group, id.0)).await? {
        return Err(problem.into());
    }
    let receipt = services.store.execute::<Group>(id.0, Command::Delete { by }, metadata).await?;
    Ok((id, receipt))
}

/// The groups of these ids, and a problem for each that is none of `owner`'s. `field` is followed by its place.
pub(crate) async fn own(
    services: &Services,
    owner: UserId,
    ids: &[String],
    field: &[&str],
) -> Result<(BTreeSet<GroupId>, Vec<Problem>), sqlx::Error> {
    if let Some(problem) = ids::too_many(ids, Code::TooManyGroups, field) {
        return Ok((BTreeSet::new(), vec![problem]));
    }
    let parsed: Vec<Option<Uuid>> = ids.iter().map(|id| id.parse::<GroupId>().ok().map(Uuid::from)).collect();
    let wanted: Vec<Uuid> = parsed.iter().flatten().copied().collect();
    let found: HashSet<Uuid> = if wanted.is_empty() {
        HashSet::new()
    } else {
        let rows = groups::by_ids(services.pool(), Access::Owner(owner), &wanted).await?;
        rows.into_iter().map(|group| group.id).collect()
    };
    Ok((
        wanted.into_iter().map(GroupId).collect(),
        ids::missing(&parsed, &found, field, &Problem::of(&Error::NotFound)),
    ))
}
