//! Why somebody got the letter of a run, or got none.

use crate::client::Client;
use crate::mailing::{Audience, Less};
use crate::suppression::Reason;
use crate::{ClientId, GroupId, SegmentId};
use std::collections::BTreeSet;

/// What became of a run's letter to an address, or why there was none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// The mail server took the letter.
    Accepted,
    /// The mail server refused the letter for good.
    Rejected,
    /// The mail server put the letter off, and it is tried again.
    Deferred,
    /// The letter waits for its first try.
    Pending,
    /// Nobody knows whether the mail server took the letter.
    InDoubt,
    /// The letter was given up before a mail server took it.
    Expired,
    /// Another recipient of the run has the same mailbox, and got the letter.
    SameMailbox,
    /// The mailing was cancelled or deleted before the letter was tried.
    Cancelled,
    /// The address was not to be written to.
    Suppressed(Reason),
    /// No client of the owner's has, or ever had, this address.
    NoClient,
    /// The client was added when the run had begun.
    AddedLater,
    /// The client was deleted before the run began.
    DeletedBefore,
    /// The client had another address when the run began.
    OtherAddress,
    /// The client was there, and the mailing did not go to them.
    NotInAudience,
    /// The mailing named the client, or a group of theirs, and left them out for something else.
    LeftOut,
    /// The run went only to those whose letters had failed in another one.
    NotFailed,
    /// The run has begun, and whom it goes to is not settled yet.
    BeingPlanned,
    /// The run's moment passed while nothing could start it.
    Missed,
    /// No run of the mailing has begun.
    NotStarted,
}

impl Why {
    /// Why somebody has no place in a run that goes by its mailing's audience. `client` is the client as they were when the run
    /// began, who has or once had the mailbox; `audience` is what the mailing named then.
    #[must_use]
    pub fn of_absent(mailbox: &str, id: ClientId, client: &Client, audience: &Audience) -> Self {
        match client {
            Client::Absent => Self::AddedLater,
            Client::Deleted { .. } => Self::DeletedBefore,
            Client::Present(card) if card.email.key() != mailbox => Self::OtherAddress,
            Client::Present(_) => {
                let is_named = !Through::of(audience, id, client).is_nothing();
                if is_named && audience.less != Less::default() { Self::LeftOut } else { Self::NotInAudience }
            }
        }
    }

    /// Of several clients who had the mailbox at some time, what weighs more about one run is told.
    #[must_use]
    pub fn weight(self) -> u8 {
        match self {
            Self::NoClient => 0,
            Self::AddedLater => 1,
            Self::DeletedBefore => 2,
            Self::OtherAddress => 3,
            Self::NotInAudience | Self::NotFailed => 4,
            Self::LeftOut => 5,
            Self::NotStarted | Self::Missed | Self::BeingPlanned => 6,
            Self::SameMailbox => 7,
            Self::Accepted
            | Self::Rejected
            | Self::Deferred
            | Self::Pending
            | Self::InDoubt
            | Self::Expired
            | Self::Cancelled
            | Self::Suppressed(_) => 8,
        }
    }
}

/// Through what somebody is in an audience.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Through {
    /// Whether the mailing names the client.
    pub by_name: bool,
    /// The groups that the mailing names and the client belongs to.
    pub groups: BTreeSet<GroupId>,
    /// The segments that the mailing names. Who passes a filter is found out when the run begins and is not written down, so these are
    /// told only of somebody whom nothing else brought in: one of them did.
    pub segments: BTreeSet<SegmentId>,
}

impl Through {
    /// By name and by groups, as the client was.
    #[must_use]
    pub fn of(audience: &Audience, id: ClientId, client: &Client) -> Self {
        let Client::Present(card) = client else { return Self::default() };
        Self {
            by_name: audience.clients.contains(&id),
            groups: card.groups.intersection(&audience.groups).copied().collect(),
            segments: BTreeSet::new(),
        }
    }

    /// The same of somebody who has a place in the run.
    #[must_use]
    pub fn of_invited(audience: &Audience, id: ClientId, client: &Client) -> Self {
        let through = Self::of(audience, id, client);
        if !through.is_nothing() {
            return through;
        }
        Self { segments: audience.segments.clone(), ..through }
    }

    /// Whether nothing is known that brings the client in.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        !self.by_name && self.groups.is_empty() && self.segments.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{Event, Fields, Source};
    use crate::{Decide as _, EmailAddress, FullName, MailingId, UserId};
    use uuid::Uuid;

    const ANNA: ClientId = ClientId(Uuid::from_u128(1));
    const FRIENDS: GroupId = GroupId(Uuid::from_u128(2));
    const PRESS: GroupId = GroupId(Uuid::from_u128(3));
    const LIVELY: SegmentId = SegmentId(Uuid::from_u128(4));

    /// Anna, a friend, after these events.
    fn anna(then: impl IntoIterator<Item = Event>) -> Client {
        let mut client = Client::default();
        client.evolve(Event::Added {
            owner: UserId(Uuid::from_u128(9)),
            email: EmailAddress::parse("anna@example.com").expect("an address"),
            full_name: FullName::default(),
            first_name: FullName::default(),
            last_name: FullName::default(),
            comment: String::new(),
            groups: [FRIENDS].into(),
            fields: Fields::default(),
            source: Some(Source::Person),
        });
        for event in then {
            client.evolve(event);
        }
        client
    }

    fn moved() -> Event {
        Event::Changed {
            email: Some(EmailAddress::parse("anna@example.org").expect("an address")),
            full_name: None,
            first_name: None,
            last_name: None,
            comment: None,
        }
    }

    fn of_groups(groups: impl IntoIterator<Item = GroupId>) -> Audience {
        Audience { groups: groups.into_iter().collect(), ..Audience::default() }
    }

    #[test]
    fn who_has_no_place_was_not_there_or_not_meant() {
        let all = of_groups([FRIENDS]);
        let less = Less { mailings: [MailingId(Uuid::from_u128(7))].into(), ..Less::default() };
        for (client, audience, why) in [
            (Client::Absent, &all, Why::AddedLater),
            (anna([Event::Deleted]), &all, Why::DeletedBefore),
            (anna([moved()]), &all, Why::OtherAddress),
            (anna([]), &of_groups([PRESS]), Why::NotInAudience),
            (anna([Event::LeftGroup { group: FRIENDS }]), &all, Why::NotInAudience),
            (anna([]), &Audience { less: less.clone(), ..all.clone() }, Why::LeftOut),
            (anna([]), &Audience { less, ..of_groups([PRESS]) }, Why::NotInAudience),
        ] {
            assert_eq!(Why::of_absent("anna@example.com", ANNA, &client, audience), why);
        }
    }

    #[test]
    fn what_brought_somebody_in_is_their_name_their_groups_or_a_segment() {
        let segments = Audience { segments: [LIVELY].into(), ..of_groups([PRESS, FRIENDS]) };
        let through = Through::of_invited(&segments, ANNA, &anna([]));
        assert_eq!((through.by_name, through.groups, through.segments), (false, [FRIENDS].into(), BTreeSet::new()));
        let named = Audience { clients: [ANNA].into(), ..of_groups([PRESS]) };
        assert!(Through::of_invited(&named, ANNA, &anna([])).by_name);
        let through =
            Through::of_invited(&Audience { segments: [LIVELY].into(), ..of_groups([PRESS]) }, ANNA, &anna([]));
        assert_eq!(through.segments, [LIVELY].into(), "nothing else brought her in");
        assert!(Through::of_invited(&named, ANNA, &Client::Absent).is_nothing());
    }

    #[test]
    fn whoever_has_a_place_tells_more_than_whoever_has_none() {
        assert!(Why::Accepted.weight() > Why::SameMailbox.weight(), "the one who got it is told of");
        assert!(Why::SameMailbox.weight() > Why::LeftOut.weight());
        assert!(Why::LeftOut.weight() > Why::AddedLater.weight());
    }
}
