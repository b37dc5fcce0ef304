//! People are told by letter of what stops: owners that somebody else stopped one of their mailings (here), and administrators that a part of
//! the service does not do its work (`trouble`).
//!
//! One thing that somebody does is told in one letter, however many mailings of an owner it stops: it names the first of them. And nobody
//! gets many more than [`MOST`] of these letters within an hour, as far as the read model shows them: by then they know.

mod people;
mod trouble;

use crate::context::Context;
use crate::error::EngineError;
use crate::follow::{Follow, Told, Wanted};
use crate::guard;
use domain::mailing::{self, Event, Mailing};
use domain::notice::{Kind, MailingStopped, Stopper};
use domain::user::Account;
use domain::{Actor, Fact, FullName, MailingId, NoticeId, Role, StreamKind, UserId};
use eventstore::{Append, Cause, EventStore, Metadata};
use people::{Accounts, can_log_in};
use projections::Projection;
use sqlx::PgConnection;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// So many letters about mailings that were stopped one person gets within an hour.
const MOST: i64 = 10;

/// Who is told of a mailing that the guard has paused, beside its owner.
const WATCHERS: [Role; 2] = [Role::Manager, Role::Administrator];

/// Whoever tells people of mailings that were stopped.
pub(crate) struct Alerts;

impl Follow for Alerts {
    const NAME: &'static str = "alerts";
    const WANTED: Wanted =
        Wanted { kind: StreamKind::Mailing, events: &["Suspended", "Disabled"], having: None, at_once: 100 };
    const ASKS: &'static [Projection] = &[Projection::Users, Projection::Notices];
    const MEANWHILE: &'static str = "nobody is told of mailings that are stopped until this is mended";

    fn needs(told: &[Told], _settled: i64) -> Option<i64> {
        told.last().map(|last| last.position)
    }

    async fn follows(
        _context: &Context,
        transaction: &mut PgConnection,
        told: Vec<Told>,
    ) -> Result<Vec<Append>, EngineError> {
        let stops = stops(transaction, &told).await?;
        let watchers = if stops.iter().any(|stop| stop.by == Stopper::Guard) {
            people::with_roles(transaction, &WATCHERS).await?
        } else {
            Accounts::new()
        };
        let mut owners: Vec<UserId> = stops.iter().map(|stop| stop.owner).collect();
        owners.sort_unstable();
        owners.dedup();
        let owners = people::accounts(transaction, &owners).await?;
        let mut letters = letters(&stops, &owners, &watchers);
        let ids: Vec<NoticeId> = letters.iter().map(|letter| letter.id).collect();
        let asked_for = people::asked_for(transaction, &ids).await?;
        letters.retain(|letter| !asked_for.contains(&letter.id));
        let mut room = room(transaction, &letters).await?;
        let mut appends = Vec::with_capacity(letters.len());
        for Letter { id, user, account, kind, cause } in letters {
            let left = room.entry(user).or_insert(MOST);
            if *left > 0 {
                *left -= 1;
                appends.push(people::letter(id, user, account, kind)?.caused_by(Some(cause)));
            } else {
                tracing::warn!(%user, "a user was told of enough stopped mailings within an hour, and not of one more");
            }
        }
        Ok(appends)
    }

    fn say(appended: &[Append]) {
        tracing::info!(letters = appended.len(), "people are told of mailings that were stopped");
    }
}

/// That a mailing was stopped.
struct Stop {
    mailing: MailingId,
    name: mailing::Name,
    owner: UserId,
    by: Stopper,
    /// The user who did it, if it was one.
    user: Option<UserId>,
    reason: String,
    /// What it is told by: whatever has the same is told once.
    act: Uuid,
    cause: Cause,
}

/// A letter that somebody gets.
struct Letter<'a> {
    id: NoticeId,
    user: UserId,
    account: &'a Account,
    kind: Kind,
    cause: Cause,
}

/// Which mailings were stopped. Of one that its owner has deleted since nobody needs to be told.
async fn stops(transaction: &mut PgConnection, told: &[Told]) -> Result<Vec<Stop>, EngineError> {
    let mut ids: Vec<Uuid> = told.iter().filter_map(|told| of_mailing(&told.fact)).map(|(id, _)| id.0).collect();
    ids.sort_unstable();
    ids.dedup();
    let mailings = EventStore::load_within::<Mailing>(transaction, &ids).await?;
    let mailings: HashMap<Uuid, Mailing> = ids.into_iter().zip(mailings.into_iter().map(|one| one.state)).collect();
    let stop = |told: &Told| {
        let (id, event) = of_mailing(&told.fact)?;
        let Mailing::Planned { owner, plan, .. } = mailings.get(&id.0)? else { return None };
        let (by, reason) = stopped(event, &told.metadata.actor)?;
        Some(Stop {
            mailing: id,
            name: plan.name.clone(),
            owner: *owner,
            by,
            user: told.metadata.actor.user(),
            reason: reason.to_owned(),
            act: act(by, &told.metadata, told.event_id),
            cause: told.cause(),
        })
    };
    Ok(told.iter().filter_map(stop).collect())
}

fn of_mailing(fact: &Fact) -> Option<(MailingId, &Event)> {
    let Fact::Mailing(id, event) = fact else { return None };
    Some((*id, event))
}

/// Who stopped a mailing, and why; none if it was not stopped.
fn stopped<'a>(event: &'a Event, actor: &Actor) -> Option<(Stopper, &'a str)> {
    match event {
        Event::Disabled { reason } => Some((Stopper::Manager, reason.as_str())),
        Event::Suspended { reason } => Some((who_suspends(actor), reason.as_str())),
        Event::Created { .. }
        | Event::Changed { .. }
        | Event::Paused
        | Event::Resumed
        | Event::Enabled { .. }
        | Event::Cancelled
        | Event::Completed
        | Event::Deleted => None,
    }
}

fn who_suspends(actor: &Actor) -> Stopper {
    match actor {
        Actor::System(part) if part == guard::ACTOR => Stopper::Guard,
        // Also what follows from what somebody does, such as taking a sender away: its owner can resume it.
        Actor::System(_) | Actor::User(_) | Actor::CommandLine(_) => Stopper::Engine,
    }
}

/// What it is told by: what somebody asks for at once, and what the service does in one step. The guard pauses several mailings in one
/// step, each for what is known of it.
fn act(by: Stopper, metadata: &Metadata, event: Uuid) -> Uuid {
    match by {
        Stopper::Engine | Stopper::Manager if !metadata.request_id.is_nil() => metadata.request_id,
        Stopper::Engine | Stopper::Manager | Stopper::Guard => event,
    }
}

/// Who is told of these: the owner, unless they did it themselves, and of what the guard did the watchers, too.
fn letters<'a>(stops: &[Stop], owners: &'a Accounts, watchers: &'a Accounts) -> Vec<Letter<'a>> {
    let (mut letters, mut seen) = (Vec::new(), HashSet::new());
    for stop in stops {
        let owner = owners.get(&stop.owner);
        let told = owner.filter(|account| can_log_in(account) && stop.user != Some(stop.owner));
        let told = told.map(|account| (stop.owner, account, None));
        let name = || owner.map(|account| account.full_name.clone()).unwrap_or_default();
        let others = watchers.iter().filter(|(user, _)| stop.by == Stopper::Guard && **user != stop.owner);
        let others = others.map(|(user, account)| (*user, account, Some(name())));
        for (user, account, of) in told.into_iter().chain(others) {
            let id = NoticeId::of_event(stop.act, user);
            if seen.insert(id) {
                let kind = Kind::MailingStopped(stop.told(of));
                letters.push(Letter { id, user, account, kind, cause: stop.cause });
            }
        }
    }
    letters
}

impl Stop {
    /// What a letter says of it; to others also whose it is.
    fn told(&self, owner: Option<FullName>) -> MailingStopped {
        let (mailing, name, by, reason) = (self.mailing, self.name.clone(), self.by, self.reason.clone());
        MailingStopped { mailing, name, by, reason, owner }
    }
}

/// How many more of these letters those may get now who got some within the last hour.
async fn room(transaction: &mut PgConnection, letters: &[Letter<'_>]) -> Result<HashMap<UserId, i64>, EngineError> {
    let Some(kind) = letters.first().map(|letter| letter.kind.name()) else { return Ok(HashMap::new()) };
    let users: Vec<Uuid> = letters.iter().map(|letter| letter.user.0).collect();
    let rows = sqlx::query!(
        r#"select user_id, count(*) as "letters!" from notices
            where user_id = any($1) and kind = $2 and requested_at > clock_timestamp() - interval '1 hour'
            group by user_id"#,
        &users,
        kind,
    )
    .fetch_all(transaction)
    .await?;
    Ok(rows.into_iter().map(|row| (UserId(row.user_id), MOST - row.letters)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{EmailAddress, Language, TimeZone};
    use std::collections::BTreeSet;

    const ANN: UserId = UserId(Uuid::from_u128(1));
    const MAX: UserId = UserId(Uuid::from_u128(2));
    const ROOT: UserId = UserId(Uuid::from_u128(3));

    fn account(name: &str, verified: bool, blocked: bool) -> Account {
        Account {
            email: EmailAddress::parse("ann@example.org").expect("an address"),
            full_name: FullName::parse(name).expect("a name"),
            time_zone: TimeZone::UTC,
            language: Language::En,
            verified,
            roles: BTreeSet::new(),
            blocked,
            postal_address: None,
        }
    }

    fn stop(mailing: u128, by: Stopper, user: Option<UserId>, act: u128) -> Stop {
        Stop {
            mailing: MailingId(Uuid::from_u128(mailing)),
            name: mailing::Name::parse("News").expect("a name"),
            owner: ANN,
            by,
            user,
            reason: "because".to_owned(),
            act: Uuid::from_u128(act),
            cause: Cause { event_id: Uuid::nil(), correlation_id: Uuid::nil() },
        }
    }

    /// Who is told of which mailing, and whether they are told whose it is.
    fn told(stops: &[Stop], owner: Account, watchers: &[UserId]) -> Vec<(UserId, u128, bool)> {
        let owners = [(ANN, owner)].into();
        let watchers = watchers.iter().map(|user| (*user, account("Max", true, false))).collect();
        let letters = letters(stops, &owners, &watchers);
        let said = letters.into_iter().map(|letter| match letter.kind {
            Kind::MailingStopped(stopped) => (letter.user, stopped.mailing.0.as_u128(), stopped.owner.is_some()),
            other => panic!("{other:?}"),
        });
        said.collect()
    }

    #[test]
    fn the_owner_is_told_and_of_what_the_guard_did_those_who_watch_but_nobody_twice() {
        let ann = || account("Ann", true, false);
        let guard = stop(7, Stopper::Guard, None, 1);
        let all = told(&[guard], ann(), &[MAX, ROOT]);
        assert_eq!(all, [(ANN, 7, false), (MAX, 7, true), (ROOT, 7, true)]);
        let guard = stop(7, Stopper::Guard, None, 1);
        assert_eq!(told(&[guard], ann(), &[ANN, MAX]), [(ANN, 7, false), (MAX, 7, true)]);
        for by in [Stopper::Engine, Stopper::Manager] {
            assert_eq!(told(&[stop(7, by, Some(MAX), 1)], ann(), &[MAX]), [(ANN, 7, false)], "{by:?}");
        }
        // A manager who stops a mailing of their own knows.
        assert_eq!(told(&[stop(7, Stopper::Manager, Some(ANN), 1)], ann(), &[]), []);
    }

    #[test]
    fn who_cannot_log_in_is_told_nothing() {
        for owner in [account("Ann", false, false), account("Ann", true, true)] {
            assert_eq!(told(&[stop(7, Stopper::Guard, None, 1)], owner, &[MAX]), [(MAX, 7, true)]);
        }
    }

    #[test]
    fn one_act_on_many_mailings_is_one_letter_that_names_the_first() {
        let many: Vec<Stop> = (1..=30).map(|mailing| stop(mailing, Stopper::Manager, Some(MAX), 1)).collect();
        assert_eq!(told(&many, account("Ann", true, false), &[]), [(ANN, 1, false)]);
        let apart: Vec<Stop> = (1..=3).map(|act| stop(act, Stopper::Manager, Some(MAX), act)).collect();
        assert_eq!(told(&apart, account("Ann", true, false), &[]).len(), 3);
    }

    #[test]
    fn who_stopped_a_mailing_is_known_by_the_event_and_by_who_caused_it() {
        let suspended = Event::Suspended { reason: "because".to_owned() };
        let disabled = Event::Disabled { reason: "because".to_owned() };
        let system = |part: &str| Actor::System(part.to_owned());
        for (event, actor, by) in [
            (&suspended, system("guard"), Some(Stopper::Guard)),
            (&suspended, system("scheduler"), Some(Stopper::Engine)),
            (&suspended, Actor::User(ROOT), Some(Stopper::Engine)),
            (&disabled, Actor::CommandLine("root".to_owned()), Some(Stopper::Manager)),
            (&disabled, system("guard"), Some(Stopper::Manager)),
            (&Event::Paused, Actor::User(ANN), None),
        ] {
            assert_eq!(stopped(event, &actor).map(|(by, _)| by), by, "{event:?} by {actor}");
        }
    }

    #[test]
    fn what_is_asked_for_at_once_is_told_by_the_request_and_what_the_guard_does_by_each_event() {
        let request = Uuid::from_u128(1);
        let metadata = Metadata::new(Actor::User(MAX), request);
        let event = Uuid::from_u128(2);
        for (by, expected) in [(Stopper::Manager, request), (Stopper::Engine, request), (Stopper::Guard, event)] {
            assert_eq!(act(by, &metadata, event), expected, "{by:?}");
        }
        // What another program has written.
        assert_eq!(act(Stopper::Manager, &Metadata { request_id: Uuid::nil(), ..metadata }, event), event);
    }
}
