//! The questions by which events are found, and how their answers are written.

use domain::{Actor, StreamKind};
use uuid::Uuid;

/// So many positions of the log are one block.
pub(super) const BLOCK: i64 = 256;

/// One answer to one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Facet {
    pub(super) question: i16,
    pub(super) key: Uuid,
}

impl Facet {
    /// The event is this user's: its stream is.
    pub(super) fn owner(user: Uuid) -> Self {
        Self { question: 1, key: user }
    }

    /// The event was caused by this one. Parts of the service are not told apart, nor are accounts on the machine.
    pub(super) fn actor(actor: &Actor) -> Self {
        let key = match actor {
            // No account has an id that stands for somebody else here; whoever asks for one is told of nothing.
            Actor::User(user) if user.0.as_u128() <= 1 => Uuid::from_u128(u128::MAX),
            Actor::User(user) => user.0,
            Actor::System(_) => Uuid::nil(),
            Actor::CommandLine(_) => Uuid::from_u128(1),
        };
        Self { question: 2, key }
    }

    /// The event is one of such a stream.
    pub(super) fn kind(kind: StreamKind) -> Self {
        Self { question: 3, key: Uuid::from_u128(number(kind)) }
    }

    /// The event has this name, whatever it happened to.
    pub(super) fn event_type(name: &str) -> Self {
        Self { question: 4, key: Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()) }
    }

    /// The event belongs to this course of things.
    pub(super) fn correlation(id: Uuid) -> Self {
        Self { question: 5, key: id }
    }
}

/// The number of a kind, which stays the same whatever other kinds there will be.
fn number(kind: StreamKind) -> u128 {
    match kind {
        StreamKind::User => 1,
        StreamKind::Client => 2,
        StreamKind::Group => 3,
        StreamKind::Message => 4,
        StreamKind::Mailing => 5,
        StreamKind::Run => 6,
        StreamKind::Batch => 7,
        StreamKind::Notice => 8,
        StreamKind::Article => 9,
        StreamKind::Session => 10,
        StreamKind::Token => 11,
        StreamKind::Rebuild => 12,
        StreamKind::Suppression => 13,
        StreamKind::Sender => 14,
        StreamKind::SenderDomain => 15,
        StreamKind::CustomField => 16,
        StreamKind::Segment => 17,
        StreamKind::Import => 18,
        StreamKind::Subscription => 19,
        StreamKind::Feedback => 20,
    }
}

/// The block of a position, and its place there.
pub(super) fn place(position: i64) -> (i32, i16) {
    let (block, place) = (position.div_euclid(BLOCK), position.rem_euclid(BLOCK));
    (i32::try_from(block).unwrap_or(i32::MAX), i16::try_from(place).unwrap_or(i16::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::UserId;
    use std::collections::BTreeSet;

    #[test]
    fn every_kind_has_a_number_of_its_own_and_no_actor_is_another_one() {
        let numbers: BTreeSet<u128> = StreamKind::ALL.into_iter().map(number).collect();
        assert_eq!(numbers.len(), StreamKind::ALL.len());
        let ann = Actor::User(UserId(Uuid::from_u128(7)));
        let actors = [ann, Actor::System("scheduler".to_owned()), Actor::CommandLine("root".to_owned())];
        let actors: BTreeSet<Facet> = actors.iter().map(Facet::actor).collect();
        assert_eq!(actors.len(), 3);
        assert_eq!(Facet::actor(&Actor::System("x".to_owned())), Facet::actor(&Actor::System("y".to_owned())));
        for id in [0, 1] {
            let made_up = Facet::actor(&Actor::User(UserId(Uuid::from_u128(id))));
            assert!(!actors.contains(&made_up), "nobody is taken for the service, or for the command line");
        }
    }

    #[test]
    fn a_position_is_a_block_and_a_place_in_it() {
        for (position, expected) in [(1, (0, 1)), (255, (0, 255)), (256, (1, 0)), (1_000_000_000, (3_906_250, 0))] {
            assert_eq!(place(position), expected);
            let (block, place) = place(position);
            assert_eq!(i64::from(block) * BLOCK + i64::from(place), position);
        }
    }
}
