//! A client: a recipient in one user's address book.

mod card;
mod command;
mod consent;
mod error;
mod event;
mod fields;
mod subscribed;
#[cfg(test)]
mod tests;
mod undo;

pub use card::Card;
pub use command::{Command, Details};
pub use consent::{Consent, MAX_WORDING, Source, Standing, State};
pub use error::Error;
pub use event::Event;
pub use fields::Fields;
pub use subscribed::Subscribed;
pub use undo::{Back, By, Part, Undo, take_back};

use crate::aggregate::aggregate;
use crate::custom_field::{Key, Value};
use crate::{Claim, Decide, EmailAddress, UserId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The longest comment, in characters.
pub const MAX_COMMENT: usize = 2_000;

/// The state of a client's stream.
#[expect(clippy::large_enum_variant, reason = "nearly all clients that anybody asks for are there")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Client {
    /// Nobody was added under this id.
    #[default]
    Absent,
    /// In the address book.
    Present(Card),
    /// Was there; past deliveries still name them.
    Deleted {
        /// Whose address book it was.
        owner: UserId,
    },
}

aggregate!(
    Client,
    "client",
    Command,
    Error,
    Event {
        Added,
        Changed,
        FieldsChanged,
        JoinedGroup,
        LeftGroup,
        ConsentGiven,
        ConsentConfirmed,
        ConsentWithdrawn,
        Deleted,
    }
);

impl Client {
    /// Whether an event gives the client another mailbox. What was confirmed by a letter to the one before is then confirmed no more.
    #[must_use]
    pub fn is_moved_by(&self, event: &Event) -> bool {
        match (self, event) {
            (Self::Present(card), Event::Changed { email: Some(email), .. }) => email.key() != card.email.key(),
            _ => false,
        }
    }

    /// The entry, if it is `by`'s to touch. Anybody else is told that there is none.
    fn card_of(&self, by: UserId) -> Result<&Card, Error> {
        match self {
            Self::Present(card) if card.owner == by => Ok(card),
            _ => Err(Error::NotFound),
        }
    }
}

impl Decide for Client {
    fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match command {
            Command::Add { owner, details, groups, source } => match self {
                Self::Absent => {
                    check_comment(&details.comment)?;
                    let Details { email, full_name, first_name, last_name, comment, fields } = details;
                    let source = Some(source);
                    Ok(vec![Event::Added {
                        owner,
                        email,
                        full_name,
                        first_name,
                        last_name,
                        comment,
                        groups,
                        fields,
                        source,
                    }])
                }
                _ => Err(Error::AlreadyExists),
            },
            Command::Change { by, email, full_name, first_name, last_name, comment } => {
                let card = self.card_of(by)?;
                if let Some(comment) = &comment {
                    check_comment(comment)?;
                }
                // Only what really changes is written: an edit form that is saved untouched leaves no event.
                let email = email.filter(|email| *email != card.email);
                let full_name = full_name.filter(|name| *name != card.full_name);
                let first_name = first_name.filter(|name| *name != card.first_name);
                let last_name = last_name.filter(|name| *name != card.last_name);
                let comment = comment.filter(|comment| *comment != card.comment);
                let names = full_name.is_some() || first_name.is_some() || last_name.is_some();
                if email.is_none() && !names && comment.is_none() {
                    return Ok(vec![]);
                }
                Ok(vec![Event::Changed { email, full_name, first_name, last_name, comment }])
            }
            Command::ChangeFields { by, fields } => {
                let card = self.card_of(by)?;
                let mut fields = fields;
                fields.retain(|key, value| card.fields.get(key) != value.as_ref());
                Ok(if fields.is_empty() { vec![] } else { vec![Event::FieldsChanged { fields }] })
            }
            Command::SetGroups { by, groups } => {
                let card = self.card_of(by)?;
                let joined = groups.difference(&card.groups).map(|group| Event::JoinedGroup { group: *group });
                let left = card.groups.difference(&groups).map(|group| Event::LeftGroup { group: *group });
                Ok(joined.chain(left).collect())
            }
            Command::JoinGroup { by, group } => {
                let belongs = self.card_of(by)?.groups.contains(&group);
                Ok(if belongs { vec![] } else { vec![Event::JoinedGroup { group }] })
            }
            Command::LeaveGroup { by, group } => {
                let belongs = self.card_of(by)?.groups.contains(&group);
                Ok(if belongs { vec![Event::LeftGroup { group }] } else { vec![] })
            }
            Command::GiveConsent { by, consent } => {
                let card = self.card_of(by)?;
                check_wording(&consent.wording)?;
                let known = card
                    .consent(consent.topic)
                    .is_some_and(|standing| standing.withdrawn_at.is_none() && standing.consent == consent);
                Ok(if known { vec![] } else { vec![Event::ConsentGiven(consent)] })
            }
            Command::ConfirmConsent { by, topic, at, address } => match self.card_of(by)?.consent(topic) {
                Some(standing) => match standing.state() {
                    State::Given => Ok(vec![Event::ConsentConfirmed { topic, at, address }]),
                    State::Confirmed => Ok(vec![]),
                    State::Withdrawn => Err(Error::ConsentMissing),
                },
                None => Err(Error::ConsentMissing),
            },
            Command::WithdrawConsent { by, topic, at, source } => {
                let in_force = self.card_of(by)?.consent(topic).is_some_and(|one| one.withdrawn_at.is_none());
                Ok(if in_force { vec![Event::ConsentWithdrawn { topic, at, source }] } else { vec![] })
            }
            Command::Delete { by } => match self {
                Self::Deleted { owner } if *owner == by => Ok(vec![]),
                _ => self.card_of(by).map(|_| vec![Event::Deleted]),
            },
        }
    }

    fn evolve(&mut self, event: Event) {
        let is_moved = self.is_moved_by(&event);
        match (&mut *self, event) {
            (_, Event::Added { owner, email, full_name, first_name, last_name, comment, groups, fields, source }) => {
                *self = Self::Present(Card {
                    owner,
                    email,
                    full_name,
                    first_name,
                    last_name,
                    comment,
                    groups,
                    fields,
                    source,
                    consents: Vec::new(),
                });
            }
            (Self::Present(card), Event::Changed { email, full_name, first_name, last_name, comment }) => {
                for standing in card.consents.iter_mut().filter(|_| is_moved) {
                    standing.confirmed_at = None;
                }
                card.email = email.unwrap_or_else(|| card.email.clone());
                card.full_name = full_name.unwrap_or_else(|| card.full_name.clone());
                card.first_name = first_name.unwrap_or_else(|| card.first_name.clone());
                card.last_name = last_name.unwrap_or_else(|| card.last_name.clone());
                card.comment = comment.unwrap_or_else(|| card.comment.clone());
            }
            (Self::Present(card), Event::FieldsChanged { fields }) => {
                change_fields(&mut card.fields, fields);
            }
            (Self::Present(card), Event::ConsentGiven(consent)) => {
                card.consents.retain(|standing| standing.consent.topic != consent.topic);
                card.consents.push(Standing { consent, confirmed_at: None, withdrawn_at: None });
            }
            (Self::Present(card), Event::ConsentConfirmed { topic, at, .. }) => {
                if let Some(standing) = card.consent_mut(topic) {
                    standing.confirmed_at = Some(at);
                }
            }
            (Self::Present(card), Event::ConsentWithdrawn { topic, at, source }) => {
                card.consents.retain(|one| one.consent.topic != topic || !source.takes_back(&one.consent.source));
                if let Some(standing) = card.consent_mut(topic) {
                    standing.withdrawn_at = Some(at);
                }
            }
            (Self::Present(card), Event::JoinedGroup { group }) => {
                card.groups.insert(group);
            }
            (Self::Present(card), Event::LeftGroup { group }) => {
                card.groups.remove(&group);
            }
            (Self::Present(card), Event::Deleted) => *self = Self::Deleted { owner: card.owner },
            (Self::Absent | Self::Deleted { .. }, _) => {}
        }
    }

    fn claims(&self) -> Vec<Claim> {
        match self {
            Self::Present(card) => vec![email_claim(card.owner, &card.email)],
            Self::Absent | Self::Deleted { .. } => vec![],
        }
    }

    fn claimed(claim: &Claim) -> Option<Error> {
        Some(Error::EmailTaken { email: EmailAddress::readable(&claim.value) })
    }
}

/// The claim that keeps an address unique within one address book.
#[must_use]
pub fn email_claim(owner: UserId, email: &EmailAddress) -> Claim {
    Claim::of_address("client-email", owner.to_string(), email)
}

/// Takes in what [`Event::FieldsChanged`] tells.
pub fn change_fields(fields: &mut Fields, changed: BTreeMap<Key, Option<Value>>) {
    for (key, value) in changed {
        match value {
            Some(value) => fields.insert(key, value),
            None => fields.remove(&key),
        };
    }
}

/// Refuses a comment that is too long for an address book.
pub fn check_comment(comment: &str) -> Result<(), Error> {
    let length = comment.chars().count();
    if length > MAX_COMMENT { Err(Error::CommentTooLong { length }) } else { Ok(()) }
}

/// Refuses a wording of a consent that is missing or too long.
pub fn check_wording(wording: &str) -> Result<(), Error> {
    let length = wording.chars().count();
    if wording.trim().is_empty() {
        Err(Error::WordingEmpty)
    } else if length > MAX_WORDING {
        Err(Error::WordingTooLong { length })
    } else {
        Ok(())
    }
}
