//! Which addresses are not written to after letters to them were in vain, or unwanted.
//!
//! Whom a letter went to is told by the stream of its client. What speaks against it is known from the stream of the suppression, and from
//! the read models.

use crate::context::Context;
use crate::error::EngineError;
use crate::settings::Settings;
use chrono::{DateTime, TimeDelta, Utc};
use domain::batch::Recipient;
use domain::client::{self, Client};
use domain::feedback::BOUNCED_FOR;
use domain::suppression::{self, Command, DEAD_FOR, Reason, Scope, Source, Suppression};
use domain::{Decide, EmailAddress, ReportId, RunId, SuppressionId, UserId};
use eventstore::{Append, Cause, EventStore, Loaded};
use sqlx::PgConnection;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use uuid::Uuid;

/// So many events are taken at once: what follows is appended in a transaction that keeps readers waiting.
pub(super) const AT_ONCE: i64 = 50;

/// A letter that was in vain, or unwanted.
pub(super) struct Letter {
    pub(super) owner: UserId,
    pub(super) run: RunId,
    pub(super) ordinal: u32,
    pub(super) recipient: Recipient,
    /// When that became known.
    pub(super) at: DateTime<Utc>,
    pub(super) cause: Cause,
    pub(super) says: Says,
}

/// What is known of a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// A mail server answered that there is no such mailbox.
    Dead,
    /// It came back, as there is no such mailbox.
    Gone(ReportId),
    /// It came back for another reason, for good or for the moment.
    CameBack(ReportId),
    /// The recipient complained.
    Unwanted(ReportId),
}

impl Says {
    /// Why its address is not written to.
    fn reason(self) -> Reason {
        match self {
            Self::Dead => Reason::Dead,
            Self::Gone(_) | Self::CameBack(_) => Reason::Bounced,
            Self::Unwanted(_) => Reason::Complained,
        }
    }

    /// For how long; none if for good.
    fn lasts(self) -> Option<TimeDelta> {
        match self {
            Self::Dead | Self::Gone(_) => Some(DEAD_FOR),
            Self::CameBack(_) => Some(BOUNCED_FOR),
            Self::Unwanted(_) => None,
        }
    }

    /// Whether it says nothing any more after a mail server took another letter to the same address.
    fn is_refuted(self) -> bool {
        match self {
            Self::Dead | Self::Gone(_) => true,
            Self::CameBack(_) | Self::Unwanted(_) => false,
        }
    }

    /// Whether it is one of several that it takes.
    fn is_one_of_several(self) -> bool {
        match self {
            Self::CameBack(_) => true,
            Self::Dead | Self::Gone(_) | Self::Unwanted(_) => false,
        }
    }
}

impl Letter {
    /// Until when its address would not be written to; none if for good.
    fn until(&self) -> Option<DateTime<Utc>> {
        self.says.lasts().map(|lasts| self.at + lasts)
    }

    fn source(&self) -> Source {
        let (run, ordinal) = (self.run, self.ordinal);
        match self.says {
            Says::Dead => Source::MailServer { run, ordinal },
            Says::Gone(report) | Says::CameBack(report) | Says::Unwanted(report) => {
                Source::Report { run, ordinal, report }
            }
        }
    }

    /// Of several letters to one address that are enough by themselves, the one that says most counts, and of those the last one.
    fn weight(&self) -> (Option<TimeDelta>, DateTime<Utc>) {
        (self.says.lasts(), self.at)
    }
}

/// How many letters must come back, and within which time, where one is not enough.
#[derive(Clone, Copy)]
struct Several {
    letters: u32,
    within: TimeDelta,
}

impl Several {
    fn of(settings: &Settings) -> Self {
        let within = TimeDelta::from_std(settings.soft_bounces_within).unwrap_or(TimeDelta::MAX);
        Self { letters: settings.soft_bounces, within }
    }
}

/// An address to which a letter went, and the suppression that would keep others from it.
struct Address {
    id: Uuid,
    email: EmailAddress,
    letter: Letter,
}

/// What suppresses the addresses to which these letters went.
pub(super) async fn suppressing(
    transaction: &mut PgConnection,
    letters: Vec<Letter>,
    context: &Context,
) -> Result<Vec<Append>, EngineError> {
    let (now, several) = (context.clock.now(), Several::of(&context.settings));
    let letters = letters.into_iter().filter(|letter| letter.until().is_none_or(|until| until > now)).collect();
    let mut addresses = addresses(transaction, letters).await?;
    let mut streams = streams(transaction, &addresses).await?;
    let lifted = lifted(transaction, &streams).await?;
    addresses.retain(|Address { id, letter, .. }| {
        let is_known = streams.get(id).is_some_and(|stream| stream.state.covers(letter.at, letter.until()));
        !is_known && lifted.get(id).is_none_or(|lifted| *lifted <= letter.at)
    });
    let others = came_back_before(transaction, &addresses, several, &lifted).await?;
    let is_enough = |(address, others): &(Address, i64)| {
        !address.letter.says.is_one_of_several() || others + 1 >= i64::from(several.letters)
    };
    let addresses = addresses.into_iter().zip(others).filter(is_enough).map(|(address, _)| address).collect();
    let addresses = each_once(not_taken_since(transaction, addresses).await?);
    let mut appends = Vec::with_capacity(addresses.len());
    for Address { id, email, letter } in addresses {
        let stream = streams.remove(&id).unwrap_or_default();
        let command = Command::Suppress {
            scope: Scope::Owner { owner: letter.owner },
            reason: letter.says.reason(),
            email,
            source: letter.source(),
            note: None,
            at: letter.at,
            until: letter.until(),
        };
        let events = stream.state.decide(command).map_err(|error| EngineError::refused(&error))?;
        if !events.is_empty() {
            appends.push(Append::new(id, stream, events)?.caused_by(Some(letter.cause)));
        }
    }
    Ok(appends)
}

/// The addresses to which these letters went.
async fn addresses(transaction: &mut PgConnection, letters: Vec<Letter>) -> Result<Vec<Address>, EngineError> {
    let clients: Vec<Uuid> = letters.iter().map(|letter| letter.recipient.0.0).collect();
    let told = EventStore::events_until::<Client>(transaction, &clients, i64::MAX).await?;
    let address = |(letter, events): (Letter, Vec<client::Event>)| {
        let email = address_at(letter.recipient.1, events)?;
        let scope = Scope::Owner { owner: letter.owner };
        let id = SuppressionId::derive(scope, &email.key(), letter.says.reason()).0;
        Some(Address { id, email, letter })
    };
    Ok(letters.into_iter().zip(told).filter_map(address).collect())
}

/// The suppressions of these addresses, whether or not there are any.
async fn streams(
    transaction: &mut PgConnection,
    addresses: &[Address],
) -> Result<BTreeMap<Uuid, Loaded<Suppression>>, EngineError> {
    let mut ids: Vec<Uuid> = addresses.iter().map(|address| address.id).collect();
    ids.sort_unstable();
    ids.dedup();
    let streams = EventStore::load_within::<Suppression>(transaction, &ids).await?;
    Ok(ids.into_iter().zip(streams).collect())
}

/// When those of these suppressions were lifted that are.
async fn lifted(
    transaction: &mut PgConnection,
    streams: &BTreeMap<Uuid, Loaded<Suppression>>,
) -> Result<HashMap<Uuid, DateTime<Utc>>, EngineError> {
    let is_lifted = |stream: &Loaded<Suppression>| matches!(stream.state, Suppression::Lifted(_));
    let ids: Vec<Uuid> = streams.iter().filter(|(_, stream)| is_lifted(stream)).map(|(id, _)| *id).collect();
    let told = EventStore::events_until::<Suppression>(transaction, &ids, i64::MAX).await?;
    let last = |events: Vec<suppression::Event>| {
        events.into_iter().rev().find_map(|event| match event {
            suppression::Event::Lifted { at, .. } => Some(at),
            suppression::Event::Suppressed { .. } => None,
        })
    };
    Ok(ids.into_iter().zip(told).filter_map(|(id, events)| Some((id, last(events)?))).collect())
}

/// Of each of these addresses, how many other letters to the same mailbox came back before, within the time that counts, and after the
/// suppression was lifted. Nothing is asked of letters that are enough by themselves.
async fn came_back_before(
    transaction: &mut PgConnection,
    addresses: &[Address],
    several: Several,
    lifted: &HashMap<Uuid, DateTime<Utc>>,
) -> Result<Vec<i64>, EngineError> {
    let mut counts = vec![0; addresses.len()];
    let asked: Vec<(usize, &Address)> =
        addresses.iter().enumerate().filter(|(_, address)| address.letter.says.is_one_of_several()).collect();
    if asked.is_empty() || several.letters <= 1 {
        return Ok(counts);
    }
    let since = |address: &Address| {
        let within = address.letter.at.checked_sub_signed(several.within).unwrap_or(DateTime::UNIX_EPOCH);
        lifted.get(&address.id).map_or(within, |lifted| within.max(*lifted))
    };
    let places = asked.iter().map(|(place, _)| i64::try_from(*place).unwrap_or(i64::MAX)).collect::<Vec<_>>();
    let asked: Vec<&Address> = asked.into_iter().map(|(_, address)| address).collect();
    let rows = sqlx::query_file!(
        "src/suppress/came_back_before.sql",
        &places,
        &asked.iter().map(|address| address.letter.owner.0).collect::<Vec<_>>(),
        &asked.iter().map(|address| address.letter.recipient.0.0).collect::<Vec<_>>(),
        &asked.iter().map(|address| address.email.as_str()).collect::<Vec<_>>() as &[&str],
        &asked.iter().map(|address| address.email.key()).collect::<Vec<_>>(),
        &asked.iter().map(|address| address.letter.run.0).collect::<Vec<_>>(),
        &asked.iter().map(|address| i32::try_from(address.letter.ordinal).unwrap_or(i32::MAX)).collect::<Vec<_>>(),
        &asked.iter().map(|address| since(address)).collect::<Vec<_>>(),
        &asked.iter().map(|address| address.letter.at).collect::<Vec<_>>(),
    )
    .fetch_all(transaction)
    .await?;
    for row in rows {
        if let Some(count) = usize::try_from(row.place).ok().and_then(|place| counts.get_mut(place)) {
            *count = row.letters;
        }
    }
    Ok(counts)
}

/// Each suppression once, with the letter that counts most.
fn each_once(addresses: Vec<Address>) -> Vec<Address> {
    let mut found: BTreeMap<Uuid, Address> = BTreeMap::new();
    for address in addresses {
        match found.entry(address.id) {
            Entry::Vacant(place) => {
                place.insert(address);
            }
            Entry::Occupied(mut place) => {
                if place.get().letter.weight() <= address.letter.weight() {
                    place.insert(address);
                }
            }
        }
    }
    found.into_values().collect()
}

/// These addresses without those to which a mail server took a letter, and it did not come back, after it was known that there is no such
/// mailbox.
async fn not_taken_since(transaction: &mut PgConnection, addresses: Vec<Address>) -> Result<Vec<Address>, EngineError> {
    let (asked, mut left): (Vec<Address>, Vec<Address>) =
        addresses.into_iter().partition(|address| address.letter.says.is_refuted());
    if asked.is_empty() {
        return Ok(left);
    }
    let taken = sqlx::query_file_scalar!(
        "src/suppress/taken_since.sql",
        &asked.iter().map(|address| address.letter.owner.0).collect::<Vec<_>>(),
        &asked.iter().map(|address| address.letter.recipient.0.0).collect::<Vec<_>>(),
        &asked.iter().map(|address| address.email.as_str()).collect::<Vec<_>>() as &[&str],
        &asked.iter().map(|address| address.email.key()).collect::<Vec<_>>(),
        &asked.iter().map(|address| address.letter.at).collect::<Vec<_>>(),
    )
    .fetch_all(transaction)
    .await?;
    let taken: HashSet<i64> = taken.into_iter().collect();
    let not_taken = (1..).zip(asked).filter(|(n, _)| !taken.contains(n)).map(|(_, address)| address);
    left.extend(not_taken);
    Ok(left)
}

/// The address that a client had in that revision of their details, counted from 1.
fn address_at(revision: u32, events: Vec<client::Event>) -> Option<EmailAddress> {
    let (mut reached, mut address) = (0, None);
    for event in events {
        reached += u32::from(event.makes_revision());
        if let client::Event::Added { email, .. } | client::Event::Changed { email: Some(email), .. } = event {
            address = Some(email);
        }
        if reached >= revision {
            return address;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{ClientId, FullName, GroupId};

    fn email(text: &str) -> EmailAddress {
        EmailAddress::parse(text).expect("an address")
    }

    fn changed(address: Option<&str>) -> client::Event {
        client::Event::Changed {
            email: address.map(email),
            full_name: None,
            first_name: None,
            last_name: None,
            comment: None,
        }
    }

    #[test]
    fn the_address_is_the_one_that_the_letter_went_to() {
        let events = vec![
            client::Event::Added {
                owner: UserId(Uuid::from_u128(1)),
                email: email("first@example.org"),
                full_name: FullName::default(),
                first_name: FullName::default(),
                last_name: FullName::default(),
                comment: String::new(),
                groups: [].into(),
                fields: client::Fields::new(),
                source: None,
            },
            client::Event::JoinedGroup { group: GroupId(Uuid::from_u128(2)) },
            changed(None),
            client::Event::FieldsChanged { fields: [].into() },
            changed(Some("second@example.org")),
            client::Event::Deleted,
        ];
        for (revision, address) in
            [(1, Some("first@example.org")), (3, Some("first@example.org")), (4, Some("second@example.org")), (5, None)]
        {
            assert_eq!(address_at(revision, events.clone()), address.map(email), "{revision}");
        }
    }

    const REPORT: ReportId = ReportId(Uuid::from_u128(7));

    fn letter(says: Says, at: i64) -> Letter {
        Letter {
            owner: UserId(Uuid::from_u128(1)),
            run: RunId(Uuid::from_u128(2)),
            ordinal: 3,
            recipient: Recipient(ClientId(Uuid::from_u128(4)), 1),
            at: DateTime::UNIX_EPOCH + TimeDelta::seconds(at),
            cause: Cause { event_id: Uuid::nil(), correlation_id: Uuid::nil() },
            says,
        }
    }

    #[test]
    fn what_is_known_of_a_letter_tells_why_and_for_how_long_its_address_is_not_written_to() {
        let at = DateTime::UNIX_EPOCH;
        let (run, ordinal) = (RunId(Uuid::from_u128(2)), 3);
        let (answer, report) = (Source::MailServer { run, ordinal }, Source::Report { run, ordinal, report: REPORT });
        for (says, reason, until, source) in [
            (Says::Dead, Reason::Dead, Some(at + DEAD_FOR), &answer),
            (Says::Gone(REPORT), Reason::Bounced, Some(at + DEAD_FOR), &report),
            (Says::CameBack(REPORT), Reason::Bounced, Some(at + BOUNCED_FOR), &report),
            (Says::Unwanted(REPORT), Reason::Complained, None, &report),
        ] {
            let letter = letter(says, 0);
            assert_eq!((letter.says.reason(), letter.until(), &letter.source()), (reason, until, source), "{says:?}");
            assert!(until.is_none() || reason.may_end(), "{says:?}");
        }
    }

    #[test]
    fn of_several_letters_to_one_address_the_one_counts_that_says_most_and_of_those_the_last_one() {
        let address = |id: u128, says, at| Address {
            id: Uuid::from_u128(id),
            email: email("bob@example.org"),
            letter: letter(says, at),
        };
        let all = vec![
            address(1, Says::CameBack(REPORT), 1),
            address(1, Says::Gone(REPORT), 2),
            address(1, Says::Gone(REPORT), 3),
            address(1, Says::CameBack(REPORT), 4),
            address(2, Says::Unwanted(REPORT), 6),
            address(2, Says::Unwanted(REPORT), 5),
        ];
        let once = each_once(all);
        let left: Vec<(u128, Says, i64)> =
            once.iter().map(|one| (one.id.as_u128(), one.letter.says, one.letter.at.timestamp())).collect();
        assert_eq!(left, [(1, Says::Gone(REPORT), 3), (2, Says::Unwanted(REPORT), 6)]);
    }
}
