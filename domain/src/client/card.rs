//! A client's entry in the address book.

use super::consent::{Consent, Source, Standing};
use super::fields::Fields;
use crate::{EmailAddress, FullName, GroupId, UserId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A client's entry in the address book.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// Whose client this is.
    pub owner: UserId,
    /// Unique per owner.
    pub email: EmailAddress,
    /// For the letter's `To` and its merge fields.
    pub full_name: FullName,
    /// Empty if it is not known which of the words it is.
    #[serde(default)]
    pub first_name: FullName,
    /// Empty if it is not known.
    #[serde(default)]
    pub last_name: FullName,
    /// Free text, also a merge field.
    pub comment: String,
    /// The groups it belongs to.
    pub groups: BTreeSet<GroupId>,
    /// What the client has in the owner's own fields.
    #[serde(default)]
    pub fields: Fields,
    /// How the client came; `None` if that was before it was written down.
    #[serde(default)]
    pub source: Option<Source>,
    /// What the client has agreed to, one for each topic.
    #[serde(default)]
    pub consents: Vec<Standing>,
}

impl Card {
    /// What became of the consent to a topic, or to all that the owner sends; `None` if none was ever given.
    #[must_use]
    pub fn consent(&self, topic: Option<GroupId>) -> Option<&Standing> {
        self.consents.iter().find(|standing| standing.consent.topic == topic)
    }

    /// Whether a consent that somebody else knows of says more than what is known: other words, agreed to later than those in force;
    /// or that one agrees again who has withdrawn. If it is not `dated`, nobody can tell that it is later, and what is known stands.
    #[must_use]
    pub fn is_news(&self, consent: &Consent, dated: bool) -> bool {
        let Some(known) = self.consent(consent.topic) else { return true };
        dated
            && match known.withdrawn_at {
                Some(at) => consent.at > at,
                None => consent.wording != known.consent.wording && consent.at > known.consent.at,
            }
    }

    pub(super) fn consent_mut(&mut self, topic: Option<GroupId>) -> Option<&mut Standing> {
        self.consents.iter_mut().find(|standing| standing.consent.topic == topic)
    }
}
