//! Planning a mailing, and planning it otherwise.

use super::mailing_id;
use crate::address_book::{clients, groups, ids, segments};
use crate::moment::Moment;
use crate::refusal::input::{self, Problems};
use crate::refusal::{Problem, Refused};
use crate::who::rights::Owner;
use crate::{Services, room, senders};
use chrono::{DateTime, Utc};
use domain::mailing::{Audience, Change, Command, Error, InDoubt, Kind, Less, Mailing, Name, Plan, Sending};
use domain::{
    Code, CronExpression, Known, MailingId, MessageId, Periodicity, RelayName, SenderId, TimeZone, UserId, Window,
    message,
};
use eventstore::{Metadata, Receipt};
use projections::messages::Readers;
use projections::{Access, ReadError, mailings, messages, users};
use std::collections::{BTreeSet, HashSet};
use uuid::Uuid;
use words::quotas::Noun;

/// The clients, groups and segments who are to get the letter, and who is not, by their ids.
#[derive(Clone, Debug, Default)]
pub struct Recipients {
    /// The ids of single clients.
    pub clients: Vec<String>,
    /// The ids of groups.
    pub groups: Vec<String>,
    /// The ids of segments.
    pub segments: Vec<String>,
    /// Who gets no letter all the same.
    pub less: LeftOut,
}

/// Who is left out of the recipients, by the ids of what makes them so.
#[derive(Clone, Debug, Default)]
pub struct LeftOut {
    /// The ids of groups whose clients are left out.
    pub groups: Vec<String>,
    /// The ids of segments: whoever passes one of them is left out.
    pub segments: Vec<String>,
    /// The ids of mailings: whoever had, may have had, or is about to get a letter of one of them is left out.
    pub mailings: Vec<String>,
}

/// How often a mailing is to run, as it was written.
#[derive(Clone, Debug)]
pub enum Every {
    /// The mailing runs without an expression.
    Plain(Periodicity),
    /// The mailing runs by a cron expression.
    Cron(String),
    /// The two do not go together.
    Contradiction,
}

/// A mailing to plan.
#[derive(Clone, Debug)]
pub struct New {
    /// The name of the mailing, for people.
    pub name: String,
    /// The id of the message.
    pub message: String,
    /// The clients and groups who are to get the message.
    pub recipients: Recipients,
    /// The moment when the window opens.
    pub starts_at: Moment,
    /// The moment when the window ends.
    pub ends_at: Moment,
    /// How often a run starts.
    pub every: Every,
    /// The time zone in which the periodicity counts; the owner's if it is `None`.
    pub time_zone: Option<String>,
    /// What to do with letters in doubt.
    pub in_doubt: InDoubt,
    /// The relay that letters go through; any that works if none is named.
    pub relay: Option<String>,
    /// What its letters are to those who get them.
    pub kind: Kind,
    /// The id of who its letters are from; the service itself if none is named, or an empty one.
    pub sender: Option<String>,
}

/// What to plan otherwise; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Replan {
    /// The new name of the mailing, for people.
    pub name: Option<String>,
    /// The id of the new message.
    pub message: Option<String>,
    /// The clients and groups who are to get the message from now on.
    pub recipients: Option<Recipients>,
    /// The new moment when the window opens.
    pub starts_at: Option<Moment>,
    /// The new moment when the window ends.
    pub ends_at: Option<Moment>,
    /// How often a run starts from now on.
    pub every: Option<Every>,
    /// The time zone in which the periodicity counts from now on.
    pub time_zone: Option<String>,
    /// What to do with letters in doubt from now on.
    pub in_doubt: Option<InDoubt>,
    /// The relay that letters go through; an empty name: any that works.
    pub relay: Option<String>,
    /// What its letters are from now on to those who get them.
    pub kind: Option<Kind>,
    /// The id of who its letters are from; an empty one: the service itself.
    pub sender: Option<String>,
}

/// Plans a mailing for `owner`. The same key is answered by the same mailing.
pub async fn create(
    services: &Services,
    owner: Owner,
    key: Option<String>,
    new: New,
    metadata: &Metadata,
) -> Result<(MailingId, Receipt), Refused> {
    let owner = owner.id();
    let mut problems = Problems::default();
    let key = problems.take(input::key(key)).flatten();
    let id = input::new_id(owner, "mailing", key.as_deref());
    // What it names may have been deleted since the same request was answered first.
    let again = key.is_some() && services.store.load::<Mailing>(id).await?.version > 0;
    let plan = plan(services, owner, new, again, problems).await?;
    if let Some(full) = room::full::<Mailing>(services, owner, Noun::Mailing, id).await? {
        return Err(full.into());
    }
    let command = Command::Create { owner, plan, now: services.now() };
    let receipt = services.store.create::<Mailing>(id, command, metadata).await?;
    Ok((id.into(), receipt))
}

/// The plan that was written, or everything that is wrong with it.
async fn plan(
    services: &Services,
    owner: UserId,
    new: New,
    again: bool,
    mut problems: Problems,
) -> Result<Plan, Refused> {
    let name = problems.take(name(&new.name));
    let (start, end) = (problems.take(moment(new.starts_at, "startsAt")), problems.take(moment(new.ends_at, "endsAt")));
    let window = match (start, end) {
        (Some(start), Some(end)) => problems.take(window(start, end)),
        _ => None,
    };
    let periodicity = problems.take(periodicity(new.every));
    let zone = match new.time_zone {
        Some(name) => problems.take(zone(&name)),
        None => problems.take(zone(&own_zone(services, owner).await?)),
    };
    let relay = problems.take(relay(new.relay.as_deref().unwrap_or_default()));
    let (message, unknown) = usable_message(services, owner, &new.message).await?;
    let (audience, mut missing) = audience(services, owner, &new.recipients).await?;
    missing.extend(unknown);
    missing.extend(not_allowed(services, Some(new.kind)));
    let (sender, unusable) = sender(services, owner, new.sender.as_deref().unwrap_or_default()).await?;
    if unusable.is_none() && !again {
        missing.extend(senders::required(services, owner, sender).await?);
    }
    missing.extend(unusable);
    if !again {
        problems.extend(missing);
    }
    let (Some(name), Some(message), Some(window), Some(periodicity), Some(time_zone), Some(relay), true) =
        (name, message, window, periodicity, zone, relay, problems.is_empty())
    else {
        return Err(problems.into());
    };
    let sending = Sending { in_doubt: new.in_doubt, relay };
    Ok(Plan { name, message, audience, window, periodicity, time_zone, sending, kind: new.kind, sender })
}

/// What [`create`] would plan: everything is checked, and nothing is written.
pub async fn preview(services: &Services, owner: Owner, new: New) -> Result<Plan, Refused> {
    let (owner, now) = (owner.id(), services.now());
    let plan = plan(services, owner, new, false, Problems::default()).await?;
    let command = Command::Create { owner, plan: plan.clone(), now };
    domain::Decide::decide(&Mailing::default(), command).map_err(|error| Problem::of(&error))?;
    Ok(plan)
}

/// What [`update`] would make of a mailing: everything is checked but the version, and nothing is written.
pub async fn preview_change(services: &Services, by: Owner, id: &str, replan: Replan) -> Result<Plan, Refused> {
    let by = by.id();
    let (id, change) = change(services, by, id, replan).await?;
    let loaded = services.store.load::<Mailing>(id.0).await?;
    let command = Command::Change { by, change, now: services.now() };
    let events = domain::Decide::decide(&loaded.state, command).map_err(|error| Problem::of(&error))?;
    match (events.into_iter().next(), loaded.state) {
        (Some(domain::mailing::Event::Changed { plan, .. }), _) | (None, Mailing::Planned { plan, .. }) => Ok(plan),
        _ => Err(Problem::of(&Error::NotFound).into()),
    }
}

/// Plans a mailing otherwise. Runs that have started keep what they started with.
pub async fn update(
    services: &Services,
    by: Owner,
    id: &str,
    expected: Option<i64>,
    replan: Replan,
    metadata: &Metadata,
) -> Result<(MailingId, Receipt), Refused> {
    let by = by.id();
    let (id, change) = change(services, by, id, replan).await?;
    let command = Command::Change { by, change, now: services.now() };
    let receipt = services.store.execute_expecting::<Mailing>(id.0, expected, command, metadata).await?;
    Ok((id, receipt))
}

/// The change that was written, or everything that is wrong with it.
async fn change(services: &Services, by: UserId, id: &str, replan: Replan) -> Result<(MailingId, Change), Refused> {
    let mut problems = Problems::default();
    let id = problems.take(mailing_id(id));
    let name = problems.take(replan.name.as_deref().map(name).transpose());
    let starts_at = problems.take(replan.starts_at.map(|at| moment(at, "startsAt")).transpose());
    let ends_at = problems.take(replan.ends_at.map(|at| moment(at, "endsAt")).transpose());
    if let (Some(Some(start)), Some(Some(end))) = (starts_at, ends_at) {
        problems.take(window(start, end));
    }
    let periodicity = problems.take(replan.every.map(periodicity).transpose());
    let time_zone = problems.take(replan.time_zone.as_deref().map(zone).transpose());
    let relay = problems.take(replan.relay.as_deref().map(relay).transpose());
    problems.extend(not_allowed(services, replan.kind));
    let mut named_sender = None;
    if let Some(id) = &replan.sender {
        let (found, unusable) = sender(services, by, id).await?;
        if unusable.is_none() {
            problems.extend(senders::required(services, by, found).await?);
        }
        problems.extend(unusable);
        named_sender = Some(found);
    }
    let mut message = None;
    if let Some(id) = &replan.message {
        let (found, unknown) = usable_message(services, by, id).await?;
        problems.extend(unknown);
        message = found;
    }
    let mut recipients = None;
    if let Some(named) = &replan.recipients {
        let (audience, missing) = audience(services, by, named).await?;
        problems.extend(missing);
        recipients = Some(audience);
    }
    let (Some(id), Some(name), Some(starts_at), Some(ends_at), Some(periodicity), Some(time_zone), Some(relay), true) =
        (id, name, starts_at, ends_at, periodicity, time_zone, relay, problems.is_empty())
    else {
        return Err(problems.into());
    };
    let (in_doubt, kind) = (replan.in_doubt, replan.kind);
    let (audience, sender) = (recipients, named_sender);
    let change =
        Change { name, message, audience, starts_at, ends_at, periodicity, time_zone, in_doubt, relay, kind, sender };
    Ok((id, change))
}

fn name(text: &str) -> Result<Name, Problem> {
    Name::parse(text).map_err(|error| Problem::of(&error))
}

fn moment(written: Moment, field: &str) -> Result<DateTime<Utc>, Problem> {
    written.map_err(|text| Problem::new(Code::DateTimeInvalid, &[field], words::requests::Problem::NoMoment { text }))
}

fn window(start: DateTime<Utc>, end: DateTime<Utc>) -> Result<Window, Problem> {
    Window::new(start, end).map_err(|error| Problem::of(&Error::Window(error)))
}

fn periodicity(every: Every) -> Result<Periodicity, Problem> {
    match every {
        Every::Plain(periodicity) => Ok(periodicity),
        Every::Cron(text) => CronExpression::parse(&text)
            .map(Periodicity::Cron)
            .map_err(|error| Problem::of(&error).at(&["periodicity", "cron"])),
        Every::Contradiction => {
            Err(Problem::new(Code::CronUnexpected, &["periodicity", "cron"], words::mailings::Problem::CronUnexpected))
        }
    }
}

/// A relay's name; none at all is any relay. Whether there is one of that name is known to the workers only, and shows
/// in the run.
fn relay(name: &str) -> Result<Option<RelayName>, Problem> {
    let name = Some(name.trim()).filter(|name| !name.is_empty());
    name.map(RelayName::parse).transpose().map_err(|error| Problem::of(&error))
}

/// Why a mailing may not be of that kind: what those get who have left is not for every installation's owners to say.
fn not_allowed(services: &Services, kind: Option<Kind>) -> Option<Problem> {
    let refused = kind == Some(Kind::Transactional) && !services.quotas.bounds().transactional;
    refused.then(|| {
        Problem::new(Code::TransactionalNotAllowed, &["kind"], words::mailings::Problem::TransactionalNotAllowed)
    })
}

fn zone(name: &str) -> Result<TimeZone, Problem> {
    TimeZone::parse(name).map_err(|error| Problem::of(&error))
}

async fn own_zone(services: &Services, owner: UserId) -> Result<String, ReadError> {
    let user = users::get(services.pool(), owner).await?;
    Ok(user.map_or_else(|| TimeZone::UTC.name().to_owned(), |user| user.time_zone))
}

/// Who letters are from: nobody but the service if none is named; and a problem if they cannot be from that sender.
async fn sender(
    services: &Services,
    owner: UserId,
    id: &str,
) -> Result<(Option<SenderId>, Option<Problem>), sqlx::Error> {
    if id.trim().is_empty() {
        return Ok((None, None));
    }
    Ok(match senders::usable(services, owner, id).await? {
        Ok(id) => (Some(id), None),
        // Still named where the problem is not told: the stream decides whether it is the same request again.
        Err(problem) => (id.trim().parse().ok(), Some(problem)),
    })
}

/// The letter of this id, and a problem if it is neither `owner`'s nor shared, or could become too large.
async fn usable_message(
    services: &Services,
    owner: UserId,
    id: &str,
) -> Result<(Option<MessageId>, Option<Problem>), sqlx::Error> {
    let unknown = || Some(Problem::of(&message::Error::NotFound).at(&["messageId"]));
    let Ok(id) = id.parse::<MessageId>() else { return Ok((None, unknown())) };
    let found = messages::get(services.pool(), Readers::Owner(owner), id).await?;
    // Still named where the problem is not told: the stream decides whether it is the same request again.
    let Some(message) = found.filter(|message| message.deleted_at.is_none()) else { return Ok((Some(id), unknown())) };
    Ok((Some(id), too_large(services, id, message.revision).await?.map(|problem| problem.at(&["messageId"]))))
}

/// What is wrong with the size of a revision: messages may be older than the budgets are.
pub(crate) async fn too_large(
    services: &Services,
    id: MessageId,
    revision: i32,
) -> Result<Option<Problem>, sqlx::Error> {
    let revision = messages::revision(services.pool(), id, revision).await?;
    let judge =
        |it: messages::Revision| message::Content::check(&it.subject, &it.text, it.html.as_deref(), Known::Every).err();
    Ok(revision.and_then(judge).map(|error| Problem::of(&error)))
}

/// The audience, and what is wrong with it: unknown ids, or nobody to write to. Who passes a segment, and whom other mailings have
/// written to, may be others when a run starts, so that is asked then.
async fn audience(
    services: &Services,
    owner: UserId,
    named: &Recipients,
) -> Result<(Audience, Vec<Problem>), ReadError> {
    let (clients, mut problems) = clients::own(services, owner, &named.clients, &["audience", "clientIds"]).await?;
    let (groups, unknown) = groups::own(services, owner, &named.groups, &["audience", "groupIds"]).await?;
    problems.extend(unknown);
    let (segments, unknown) = segments::own(services, owner, &named.segments, &["audience", "segmentIds"]).await?;
    problems.extend(unknown);
    let (less, unknown) = less(services, owner, &named.less).await?;
    problems.extend(unknown);
    let audience = Audience { clients, groups, segments, less };
    if problems.is_empty() && audience.is_of_groups() {
        let access = Access::Owner(owner);
        if mailings::is_audience_empty(services.pool(), access, &audience, services.now()).await? {
            problems.push(Problem::of(&Error::AudienceEmpty));
        }
    }
    Ok((audience, problems))
}

/// Who is left out, and a problem for each id that is none of the owner's.
async fn less(services: &Services, owner: UserId, named: &LeftOut) -> Result<(Less, Vec<Problem>), sqlx::Error> {
    let field = |name| ["audience", "less", name];
    let (groups, mut problems) = groups::own(services, owner, &named.groups, &field("groupIds")).await?;
    let (segments, unknown) = segments::own(services, owner, &named.segments, &field("segmentIds")).await?;
    problems.extend(unknown);
    let (mailings, unknown) = own_mailings(services, owner, &named.mailings, &field("mailingIds")).await?;
    problems.extend(unknown);
    Ok((Less { groups, segments, mailings }, problems))
}

/// The mailings of these ids, and a problem for each that is none of `owner`'s, or deleted. `field` is followed by its place.
async fn own_mailings(
    services: &Services,
    owner: UserId,
    ids: &[String],
    field: &[&str],
) -> Result<(BTreeSet<MailingId>, Vec<Problem>), sqlx::Error> {
    if let Some(problem) = ids::too_many(ids, Code::TooManyMailings, field) {
        return Ok((BTreeSet::new(), vec![problem]));
    }
    let parsed: Vec<Option<Uuid>> = ids.iter().map(|id| id.parse::<MailingId>().ok().map(Uuid::from)).collect();
    let wanted: Vec<Uuid> = parsed.iter().flatten().copied().collect();
    let found: HashSet<Uuid> = if wanted.is_empty() {
        HashSet::new()
    } else {
        let rows = mailings::by_ids(services.pool(), Access::Owner(owner), &wanted).await?;
        let is_there = |row: &mailings::Mailing| row.deleted_at.is_none();
        // One that does not read is there all the same.
        rows.into_iter().filter(|(_, row)| row.as_ref().map_or(true, is_there)).map(|(id, _)| id).collect()
    };
    let missing = ids::missing(&parsed, &found, field, &Problem::of(&Error::NotFound));
    Ok((wanted.into_iter().map(MailingId).collect(), missing))
}
