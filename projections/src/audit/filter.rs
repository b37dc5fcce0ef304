//! The events that a list shows, by what is asked of them.

use super::facet::Facet;
use crate::Access;
use chrono::{DateTime, Utc};
use domain::{Actor, StreamKind, UserId};
use uuid::Uuid;

/// Who caused events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// This user did.
    User(UserId),
    /// A part of the service did by itself.
    System,
    /// Somebody with the command line did.
    CommandLine,
}

impl By {
    fn actor(self) -> Actor {
        match self {
            Self::User(user) => Actor::User(user),
            Self::System => Actor::System(String::new()),
            Self::CommandLine => Actor::CommandLine(String::new()),
        }
    }
}

/// The events that a list shows: those that meet all conditions.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only those whose owner is this one.
    pub owner: Option<UserId>,
    /// Only those that this one caused.
    pub actor: Option<By>,
    /// Only those of the stream of this id.
    pub object: Option<Uuid>,
    /// Only those of such streams.
    pub kind: Option<StreamKind>,
    /// Only those of this name.
    pub event_type: Option<String>,
    /// Only those that were recorded at this moment or later.
    pub since: Option<DateTime<Utc>>,
    /// Only those that were recorded before this moment.
    pub until: Option<DateTime<Utc>>,
    /// Only those of this course of things.
    pub correlation: Option<Uuid>,
    /// Only those whose data has this text in it, in any case.
    pub text: Option<String>,
    /// The events in which the text is not looked for.
    pub unread: Unread,
}

/// Events whose words whoever asks may not read, and that they do not find by them.
#[derive(Clone, Debug, Default)]
pub struct Unread {
    /// What these events are: the kind of their stream and their name, with a slash between them.
    pub events: Vec<String>,
    /// The user who reads those all the same that they caused; `None` if nobody does.
    pub but_of: Option<UserId>,
}

impl Filter {
    /// What is asked for by answers. What as a rule has the fewest events comes first.
    pub(super) fn facets(&self, access: Access) -> Vec<Facet> {
        let asked = [
            self.correlation.map(Facet::correlation),
            self.actor.map(|actor| Facet::actor(&actor.actor())),
            self.event_type.as_deref().map(Facet::event_type),
            self.kind.map(Facet::kind),
            access.of_owner(self.owner).owner().map(Facet::owner),
        ];
        asked.into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_may_read_only_their_own_asks_for_their_own_whatever_else_they_ask_for() {
        let (ann, bob) = (UserId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
        let of = |owner| Filter { owner, ..Filter::default() };
        assert_eq!(of(None).facets(Access::Owner(ann)), [Facet::owner(ann.0)]);
        assert_eq!(of(Some(bob)).facets(Access::Owner(ann)), [Facet::owner(Uuid::nil())], "nobody has this id");
        assert_eq!(of(Some(bob)).facets(Access::All), [Facet::owner(bob.0)]);
        assert_eq!(of(None).facets(Access::All), []);
    }
}
