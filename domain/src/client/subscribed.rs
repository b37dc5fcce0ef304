//! Whether somebody was to get an owner's letters at a moment.

use super::Card;
use super::consent::State;
use crate::GroupId;
use std::collections::BTreeSet;

/// Whether somebody was to get an owner's letters, or a letter of theirs, at a moment, as far as it was written down by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subscribed {
    /// They were not in the address book.
    Absent,
    /// Their address was not to be written to, whatever they had agreed to.
    Suppressed,
    /// They had agreed once, and agreed to nothing any more.
    Withdrawn,
    /// They had agreed, and had not confirmed it by a letter.
    Given,
    /// They had agreed, and confirmed it by the link in a letter.
    Confirmed,
    /// They were in the address book, and nobody had written down that they ever agreed.
    Unsaid,
}

impl Subscribed {
    /// All answers that there are.
    pub const ALL: [Self; 6] =
        [Self::Absent, Self::Suppressed, Self::Withdrawn, Self::Given, Self::Confirmed, Self::Unsaid];

    /// The answer of an entry as it was then, `None` if there was none, and of whether its address was suppressed. Of several consents
    /// the one counts that says most: of those to any of these topics, and to all that the owner sends. Without topics all count.
    #[must_use]
    pub fn of(card: Option<&Card>, is_suppressed: bool, topics: &BTreeSet<GroupId>) -> Self {
        let Some(card) = card else { return Self::Absent };
        if is_suppressed {
            return Self::Suppressed;
        }
        let counts = |topic: Option<GroupId>| topics.is_empty() || topic.is_none_or(|topic| topics.contains(&topic));
        let is_any =
            |state| card.consents.iter().any(|standing| counts(standing.consent.topic) && standing.state() == state);
        if is_any(State::Confirmed) {
            Self::Confirmed
        } else if is_any(State::Given) {
            Self::Given
        } else if is_any(State::Withdrawn) {
            Self::Withdrawn
        } else {
            Self::Unsaid
        }
    }

    /// The name for programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Suppressed => "suppressed",
            Self::Withdrawn => "withdrawn",
            Self::Given => "given",
            Self::Confirmed => "confirmed",
            Self::Unsaid => "unsaid",
        }
    }

    /// Whether they had agreed, and nothing stood against it.
    #[must_use]
    pub fn agreed(self) -> bool {
        matches!(self, Self::Given | Self::Confirmed)
    }
}
