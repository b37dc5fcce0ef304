//! What can be done with segments.

use super::ids;
use crate::refusal::input::{self, Problems};
use crate::refusal::{Problem, Refused};
use crate::who::rights::Owner;
use crate::{Services, room};
use domain::custom_field::{self, Key, Kind, Value};
use domain::segment::{Command, Error, Filter, Name, Segment, Test, ValueTest};
use domain::{Code, Refusal as _, SegmentId, UserId, group, mailing};
use eventstore::{Metadata, Receipt};
use projections::clients::Client;
use projections::mailings::Left;
use projections::{Access, custom_fields, groups, mailings, segments};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;
use uuid::Uuid;
use words::quotas::Noun;

/// So many of those who pass a filter are shown to whoever writes it.
pub const SHOWN: i64 = 10;

/// For so long whoever writes a filter waits to see who passes it.
const PATIENCE: Duration = Duration::from_secs(4);

/// A segment to make.
#[derive(Clone, Debug)]
pub struct New {
    /// The name, which no other segment of the owner has.
    pub name: String,
    /// Who passes it.
    pub filter: Filter,
}

/// What to change; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// The new name.
    pub name: Option<String>,
    /// Who passes it from now on.
    pub filter: Option<Filter>,
}

/// Who passes a filter at this moment.
#[derive(Clone, Debug)]
pub struct Preview {
    /// How many clients there are of them.
    pub count: i64,
    /// The first of them by the time at which they were added, [`SHOWN`] at the most.
    pub clients: Vec<Client>,
}

/// Makes a segment for `owner`. The same key is answered by the same segment.
pub async fn create(
    services: &Services,
    owner: Owner,
    key: Option<String>,
    new: New,
    metadata: &Metadata,
) -> Result<(SegmentId, Receipt), Refused> {
    let owner = owner.id();
    let mut problems = Problems::default();
    let key = problems.take(input::key(key));
    let name = problems.take(name(&new.name));
    let wrong = wrong(services, owner, &new.filter).await?;
    let id = input::new_id(owner, "segment", key.as_ref().and_then(Option::as_deref));
    // What it names may have been deleted since the same request was answered first.
    let again = matches!(key, Some(Some(_))) && !wrong.is_empty() && exists(services, id).await?;
    if !again {
        problems.extend(wrong);
    }
    let (Some(name), true) = (name, problems.is_empty()) else { return Err(problems.into()) };
    if let Some(full) = room::full::<Segment>(services, owner, Noun::Segment, id).await? {
        return Err(full.into());
    }
    let command = Command::Create { owner, name, filter: new.filter };
    let receipt = services.store.create::<Segment>(id, command, metadata).await?;
    Ok((id.into(), receipt))
}

async fn exists(services: &Services, id: Uuid) -> Result<bool, Refused> {
    Ok(services.store.load::<Segment>(id).await?.version > 0)
}

/// Changes a segment; what is `None` stays. Runs that have started keep what it was.
pub async fn update(
    services: &Services,
    by: Owner,
    id: &str,
    expected: Option<i64>,
    change: Change,
    metadata: &Metadata,
) -> Result<(SegmentId, Receipt), Refused> {
    let by = by.id();
    let mut problems = Problems::default();
    let id = problems.take(input::id::<SegmentId>(id, &["id"], &Error::NotFound));
    let new_name = problems.take(change.name.as_deref().map(name).transpose());
    if let Some(filter) = &change.filter {
        problems.extend(wrong(services, by, filter).await?);
    }
    let (Some(id), Some(name), true) = (id, new_name, problems.is_empty()) else { return Err(problems.into()) };
    let command = Command::Change { by, name, filter: change.filter };
    let receipt = services.store.execute_expecting::<Segment>(id.0, expected, command, metadata).await?;
    Ok((id, receipt))
}

/// Deletes a segment; nothing happens to the clients who pass it. One that a mailing leaves out, which can still run, stays: that mailing
/// would write to them else. Mailings that write to it are stopped when they would start.
pub async fn delete(
    services: &Services,
    by: Owner,
    id: &str,
    metadata: &Metadata,
) -> Result<(SegmentId, Receipt), Refused> {
    let by = by.id();
    let id: SegmentId = input::id(id, &["id"], &Error::NotFound)?;
    if let Some(problem) = left_out(services, by, (Left::Segment, id.0)).await? {
        return Err(problem.into());
    }
    let receipt = services.store.execute::<Segment>(id.0, Command::Delete { by }, metadata).await?;
    Ok((id, receipt))
}

/// Why something is not deleted: a mailing of the owner's leaves out whoever is in it.
pub(crate) async fn left_out(
    services: &Services,
    owner: UserId,
    what: (Left, Uuid),
) -> Result<Option<Problem>, sqlx::Error> {
    let mailing = mailings::left_out_by(services.pool(), owner, what, 1).await?.pop();
    Ok(mailing
        .map(|mailing| Problem::new(Code::LeftOutByMailing, &["id"], words::mailings::Problem::LeftOutBy { mailing })))
}

/// The segments of these ids, and a problem for each that is none of `owner`'s. `field` is followed by its place.
pub(crate) async fn own(
    services: &Services,
    owner: UserId,
    ids: &[String],
    field: &[&str],
) -> Result<(BTreeSet<SegmentId>, Vec<Problem>), sqlx::Error> {
    if let Some(problem) = ids::too_many(ids, Code::TooManySegments, field) {
        return Ok((BTreeSet::new(), vec![problem]));
    }
    let parsed: Vec<Option<Uuid>> = ids.iter().map(|id| id.parse::<SegmentId>().ok().map(Uuid::from)).collect();
    let wanted: Vec<Uuid> = parsed.iter().flatten().copied().collect();
    let found: HashSet<Uuid> = if wanted.is_empty() {
        HashSet::new()
    } else {
        let rows = segments::by_ids(services.pool(), Access::Owner(owner), &wanted).await?;
        rows.into_iter().map(|(id, _)| id).collect()
    };
    Ok((
        wanted.into_iter().map(SegmentId).collect(),
        ids::missing(&parsed, &found, field, &Problem::of(&Error::NotFound)),
    ))
}

/// Who would pass a filter at this moment: everything is checked, and nothing is written.
pub async fn preview(services: &Services, owner: Owner, filter: &Filter) -> Result<Preview, Refused> {
    let owner = owner.id();
    let wrong = wrong(services, owner, filter).await?;
    if !wrong.is_empty() {
        return Err(Refused::Problems(wrong));
    }
    let (access, now) = (Access::Owner(owner), services.now());
    let found = segments::filter::preview(&services.store, access, filter, now, (SHOWN, PATIENCE)).await?;
    let (count, clients) = found.ok_or_else(|| {
        let said = words::address_book::Problem::TooSlow { seconds: PATIENCE.as_secs() };
        Problem::new(Code::SegmentTooSlow, &["conditions"], said)
    })?;
    Ok(Preview { count, clients })
}

/// The name of a segment.
pub(super) fn name(text: &str) -> Result<Name, Problem> {
    Name::parse(text).map_err(|error| match error {
        // A group is called like this, too, and says so.
        group::Error::NameEmpty => {
            Problem::new(error.code(), &["name"], words::address_book::Problem::SegmentNeedsName)
        }
        error => Problem::of(&error),
    })
}

/// Everything that is wrong with a filter: what it is, and what it names that is not the owner's.
async fn wrong(services: &Services, owner: UserId, filter: &Filter) -> Result<Vec<Problem>, Refused> {
    if let Err(error) = filter.check() {
        return Ok(vec![Problem::of(&error)]);
    }
    let known = Known::of(services, owner, filter).await?;
    let mut problems = Vec::new();
    for (place, condition) in filter.conditions.iter().enumerate() {
        let place = place.to_string();
        problems.extend(
            known.problem(&condition.test).map(|(problem, field)| problem.at(&["conditions", place.as_str(), field])),
        );
    }
    Ok(problems)
}

/// What there is of what a filter names.
struct Known {
    groups: HashSet<Uuid>,
    mailings: HashSet<Uuid>,
    fields: HashMap<String, Kind>,
}

impl Known {
    async fn of(services: &Services, owner: UserId, filter: &Filter) -> Result<Self, Refused> {
        let (pool, access) = (services.pool(), Access::Owner(owner));
        let (asked_groups, asked_mailings): (Vec<Uuid>, Vec<Uuid>) =
            (filter.groups().map(|group| group.0).collect(), filter.mailings().map(|mailing| mailing.0).collect());
        let mut known = Self { groups: HashSet::new(), mailings: HashSet::new(), fields: HashMap::new() };
        if !asked_groups.is_empty() {
            let rows = groups::by_ids(pool, access, &asked_groups).await?;
            known.groups = rows.into_iter().map(|group| group.id).collect();
        }
        if !asked_mailings.is_empty() {
            // A deleted one has written to people all the same, and its owner sees it no more.
            let rows = mailings::by_ids(pool, access, &asked_mailings).await?;
            let is_there = |row: &mailings::Mailing| row.deleted_at.is_none();
            known.mailings =
                rows.into_iter().filter(|(_, row)| row.as_ref().map_or(true, is_there)).map(|(id, _)| id).collect();
        }
        if filter.fields().next().is_some() {
            let rows = custom_fields::all(pool, access).await?;
            known.fields = rows.into_iter().map(|field| (field.key, field.kind)).collect();
        }
        Ok(known)
    }

    /// What is wrong with what a test names, and in which of its fields.
    fn problem(&self, test: &Test) -> Option<(Problem, &'static str)> {
        match test {
            Test::InGroup { group } => {
                (!self.groups.contains(&group.0)).then(|| (Problem::of(&group::Error::NotFound), "groupId"))
            }
            Test::Consent { topic: Some(topic), .. } => {
                (!self.groups.contains(&topic.0)).then(|| (Problem::of(&group::Error::NotFound), "topicId"))
            }
            Test::Accepted { mailing } => {
                (!self.mailings.contains(&mailing.0)).then(|| (Problem::of(&mailing::Error::NotFound), "mailingId"))
            }
            Test::Text { text, .. } => is_no_text(text).map(|problem| (problem, "text")),
            Test::Field { key, test } => match self.fields.get(key.as_str()) {
                None => Some((Problem::of(&custom_field::Error::NotFound), "field")),
                Some(kind) => asks_otherwise(key, *kind, test).map(|problem| (problem, "value")),
            },
            Test::Consent { topic: None, .. } | Test::AcceptedWithin { .. } | Test::AddedWithin { .. } => None,
        }
    }
}

/// Why a test cannot be asked of the values of a field of this kind, if it cannot.
fn asks_otherwise(key: &Key, kind: Kind, test: &ValueTest) -> Option<Problem> {
    let (asked, value) = match test {
        ValueTest::Known => return None,
        ValueTest::Contains(needle) => (Kind::Text, needle.clone()),
        ValueTest::Is(value) | ValueTest::AtLeast(value) | ValueTest::AtMost(value) => (value.kind(), value.plain()),
    };
    if asked != kind {
        return Some(Problem::of(&custom_field::Error::ValueInvalid { key: key.to_string(), kind, value }));
    }
    match test {
        ValueTest::Contains(needle) | ValueTest::Is(Value::Text(needle)) => is_no_text(needle),
        _ => None,
    }
}

/// PostgreSQL keeps every character but one.
fn is_no_text(text: &str) -> Option<Problem> {
    input::text(text.to_owned(), &[]).err()
}
