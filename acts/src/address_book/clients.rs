//! What can be done with clients.

use crate::address_book::{consent, custom_fields, groups, ids};
use crate::refusal::input::{self, Problems};
use crate::refusal::{Problem, Refused};
use crate::who::rights::Owner;
use crate::{Services, room};
use domain::client::{Client, Command, Details, Error, Source};
use domain::{ClientId, Code, EmailAddress, FullName, SegmentId, UserId};
use eventstore::{Metadata, Receipt};
use projections::clients::Filter;
use projections::{Access, ReadError, clients, segments};
use std::collections::{BTreeSet, HashSet};
use uuid::Uuid;
use words::quotas::Noun;

/// A client to add.
#[derive(Clone, Debug, Default)]
pub struct New {
    /// The address to which letters go.
    pub email: String,
    /// Whom they greet; if it is empty, the first and the last name together.
    pub full_name: String,
    /// The client's first name; empty if it is not known.
    pub first_name: String,
    /// The client's last name; empty if it is not known.
    pub last_name: String,
    /// A remark about the client; empty if there is none.
    pub comment: String,
    /// The ids of the owner's groups that the client joins.
    pub groups: Vec<String>,
    /// What the client has in fields of the owner's own: keys with values as people write them, of which an empty one is none.
    pub fields: Vec<(String, Option<String>)>,
    /// What the client has agreed to, which is written down with them; `None` if nobody says so.
    pub consent: Option<consent::New>,
}

/// What to change; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// The new address; `None` if it stays.
    pub email: Option<String>,
    /// The new full name, which letters greet; `None` if it stays.
    pub full_name: Option<String>,
    /// Their first name; empty if it is not known any more.
    pub first_name: Option<String>,
    /// Their last name; empty if it is not known any more.
    pub last_name: Option<String>,
    /// The new remark; `None` if it stays.
    pub comment: Option<String>,
    /// Ids of all the groups it is to belong to.
    pub groups: Option<Vec<String>>,
    /// What the client has in fields of the owner's own from now on: keys with values as people write them, of which an empty one
    /// leaves the client without. Fields that are not named stay.
    pub fields: Vec<(String, Option<String>)>,
}

/// Adds a client to `owner`'s address book, and keeps how they came. The same key is answered by the same client.
pub async fn create(
    services: &Services,
    owner: Owner,
    source: Source,
    key: Option<String>,
    new: New,
    metadata: &Metadata,
) -> Result<(ClientId, Receipt), Refused> {
    let owner = owner.id();
    let mut problems = Problems::default();
    let key = problems.take(input::key(key));
    let email = problems.take(email(&new.email));
    let first_name = problems.take(name(&new.first_name, "firstName"));
    let last_name = problems.take(name(&new.last_name, "lastName"));
    let full_name = problems.take(match new.full_name.trim() {
        "" => full_name(&[new.first_name.trim(), new.last_name.trim()].join(" ")),
        given => full_name(given),
    });
    let comment = problems.take(input::text(new.comment, &["comment"]));
    let (groups, missing) = groups::own(services, owner, &new.groups, &["groupIds"]).await?;
    let (given, unagreed) = match new.consent {
        None => (None, Problems::default()),
        Some(given) => consent::read(services, owner, given, source.clone(), &["consent"]).await?,
    };
    let id = input::new_id(owner, "client", key.as_ref().and_then(Option::as_deref));
    // A group may have been deleted since the same request was answered first.
    let wrong = !missing.is_empty() || !unagreed.is_empty();
    let again = matches!(key, Some(Some(_))) && wrong && exists(services, id).await?;
    if !again {
        problems.extend(missing);
        problems.join(unagreed);
    }
    let (fields, wrong) = custom_fields::read_fields(services, owner, &new.fields, &["fields"]).await?;
    problems.extend(wrong);
    let names = (full_name, first_name, last_name);
    let (Some(email), Some(comment), true) = (email, comment, problems.is_empty()) else { return Err(problems.into()) };
    let (Some(full_name), Some(first_name), Some(last_name)) = names else { return Err(problems.into()) };
    if let Some(full) = room::full::<Client>(services, owner, Noun::Client, id).await? {
        return Err(full.into());
    }
    let fields = fields.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
    let details = Details { email, full_name, first_name, last_name, comment, fields };
    let command = Command::Add { owner, details, groups, source };
    let given = given.map(|consent| Command::GiveConsent { by: owner, consent }).into_iter().collect();
    let receipt = services.store.create_all::<Client>(id, command, given, metadata).await?;
    Ok((id.into(), receipt))
}

async fn exists(services: &Services, id: Uuid) -> Result<bool, Refused> {
    Ok(services.store.load::<Client>(id).await?.version > 0)
}

/// Changes a client's details, fields and groups, all or nothing.
pub async fn update(
    services: &Services,
    by: Owner,
    id: &str,
    expected: Option<i64>,
    change: Change,
    metadata: &Metadata,
) -> Result<(ClientId, Receipt), Refused> {
    let by = by.id();
    let mut problems = Problems::default();
    let id = problems.take(input::id::<ClientId>(id, &["id"], &Error::NotFound));
    let email = problems.take(change.email.as_deref().map(email).transpose());
    let full_name = problems.take(change.full_name.as_deref().map(full_name).transpose());
    let first_name = problems.take(change.first_name.as_deref().map(|text| name(text, "firstName")).transpose());
    let last_name = problems.take(change.last_name.as_deref().map(|text| name(text, "lastName")).transpose());
    let comment = problems.take(change.comment.map(|text| input::text(text, &["comment"])).transpose());
    let groups = match change.groups {
        None => None,
        Some(ids) => {
            let (groups, missing) = groups::own(services, by, &ids, &["groupIds"]).await?;
            problems.extend(missing);
            Some(groups)
        }
    };
    let (fields, wrong) = custom_fields::read_fields(services, by, &change.fields, &["fields"]).await?;
    problems.extend(wrong);
    let names = (full_name, first_name, last_name);
    let (Some(id), Some(email), Some(comment), true) = (id, email, comment, problems.is_empty()) else {
        return Err(problems.into());
    };
    let (Some(full_name), Some(first_name), Some(last_name)) = names else { return Err(problems.into()) };
    let mut commands = vec![Command::Change { by, email, full_name, first_name, last_name, comment }];
    if !fields.is_empty() {
        commands.push(Command::ChangeFields { by, fields });
    }
    commands.extend(groups.map(|groups| Command::SetGroups { by, groups }));
    let receipt = services.store.execute_all::<Client>(id.0, expected, commands, |_| Ok(None), metadata).await?;
    Ok((id, receipt))
}

/// Removes a client from the address book; past deliveries stay.
pub async fn delete(
    services: &Services,
    by: Owner,
    id: &str,
    metadata: &Metadata,
) -> Result<(ClientId, Receipt), Refused> {
    let by = by.id();
    let id: ClientId = input::id(id, &["id"], &Error::NotFound)?;
    let receipt = services.store.execute::<Client>(id.0, Command::Delete { by }, metadata).await?;
    Ok((id, receipt))
}

/// The filter of a list, as far as its groups can be seen: nobody belongs to another group or to a deleted one, and who does not
/// belong to it is nobody's to tell.
pub async fn seen(services: &Services, access: Access, filter: Filter) -> Result<Filter, sqlx::Error> {
    let one = [filter.group, filter.without_group];
    let named: Vec<Uuid> = one.iter().flatten().chain(filter.any_group.iter().flatten()).copied().collect();
    if named.is_empty() {
        return Ok(filter);
    }
    let rows = projections::groups::by_ids(services.pool(), access, &named).await?;
    let there: HashSet<Uuid> = rows.into_iter().map(|group| group.id).collect();
    if one.iter().flatten().any(|group| !there.contains(group)) {
        return Ok(Filter { any_group: Some(Vec::new()), ..filter });
    }
    let any_group = filter.any_group.map(|groups| groups.into_iter().filter(|group| there.contains(group)).collect());
    Ok(Filter { any_group, ..filter })
}

/// The same for those alone who pass the segment of this id at this moment, and whose clients that are: those of its owner. Nobody passes
/// one that cannot be seen.
pub async fn of_segment(
    services: &Services,
    access: Access,
    filter: Filter,
    id: &str,
) -> Result<(Access, Filter), ReadError> {
    let found = match id.parse::<SegmentId>() {
        Ok(id) => segments::get(services.pool(), access, id).await?,
        Err(_) => None,
    };
    Ok(match found {
        Some(found) => {
            (access.of_owner(Some(UserId(found.owner_id))), Filter { segment: Some(found.filter), ..filter })
        }
        None => (access, Filter { any_group: Some(Vec::new()), ..filter }),
    })
}

/// The clients of these ids, and a problem for each that is not in `owner`'s address book.
pub(crate) async fn own(
    services: &Services,
    owner: UserId,
    ids: &[String],
    field: &[&str],
) -> Result<(BTreeSet<ClientId>, Vec<Problem>), sqlx::Error> {
    if let Some(problem) = ids::too_many(ids, Code::TooManyClients, field) {
        return Ok((BTreeSet::new(), vec![problem]));
    }
    let parsed: Vec<Option<Uuid>> = ids.iter().map(|id| id.parse::<ClientId>().ok().map(Uuid::from)).collect();
    let wanted: Vec<Uuid> = parsed.iter().flatten().copied().collect();
    let found: HashSet<Uuid> = if wanted.is_empty() {
        HashSet::new()
    } else {
        let rows = clients::by_ids(services.pool(), Access::Owner(owner), &wanted).await?;
        rows.into_iter().filter(|client| client.deleted_at.is_none()).map(|client| client.id).collect()
    };
    Ok((
        wanted.into_iter().map(ClientId).collect(),
        ids::missing(&parsed, &found, field, &Problem::of(&Error::NotFound)),
    ))
}

/// The address in an input.
pub fn email(text: &str) -> Result<EmailAddress, Problem> {
    EmailAddress::parse(text).map_err(|error| Problem::of(&error))
}

/// The full name in an input.
pub fn full_name(text: &str) -> Result<FullName, Problem> {
    FullName::parse(text).map_err(|error| Problem::of(&error))
}

/// A first or a last name.
pub fn name(text: &str, field: &str) -> Result<FullName, Problem> {
    FullName::parse(text).map_err(|error| Problem::of(&error).at(&[field]))
}
