//! The merge fields that there are, and what a letter says there.

use super::merge_field::{Field, NAMES};
use crate::custom_field::Key;
use std::collections::BTreeSet;

/// What is filled in at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Name {
    /// What every client may have.
    Field(Field),
    /// What a client has in a field of their owner's own.
    Custom(Key),
}

impl Field {
    pub(super) fn value<'a>(self, fields: &MergeFields<'a>) -> &'a str {
        match self {
            Self::FullName => fields.full_name.trim(),
            Self::FirstName => match fields.first_name.trim() {
                "" => fields.full_name.split_whitespace().next().unwrap_or_default(),
                name => name,
            },
            Self::LastName => fields.last_name.trim(),
            Self::Email => fields.email.trim(),
            Self::Comment => fields.comment.trim(),
            Self::UnsubscribeUrl => fields.unsubscribe_url,
        }
    }
}

impl Name {
    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Field(field) => field.name(),
            Self::Custom(key) => key.as_str(),
        }
    }

    pub(super) fn value<'a>(&self, fields: &MergeFields<'a>) -> &'a str {
        match self {
            Self::Field(field) => field.value(fields),
            // There are a few dozen at most, and hardly ever more than the letter names.
            Self::Custom(key) => fields.custom.iter().find(|(of, _)| of == key).map_or("", |(_, value)| value.trim()),
        }
    }
}

/// What a letter can say about its recipient.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MergeFields<'a> {
    /// The client's full name, for `{{full_name}}`.
    pub full_name: &'a str,
    /// `{{first_name}}`; if it is empty, that is the first word of the full name.
    pub first_name: &'a str,
    /// `{{last_name}}`. No rule tells it from a full name: it is last in one language, first in another.
    pub last_name: &'a str,
    /// The client's e-mail address, for `{{email}}`.
    pub email: &'a str,
    /// The owner's remark about the client, for `{{comment}}`.
    pub comment: &'a str,
    /// Where the recipient leaves, for `{{unsubscribe_url}}`: an address of the service.
    pub unsubscribe_url: &'a str,
    /// What the client has in the owner's own fields, by their keys, as a letter says it; a field that is not there is empty.
    pub custom: &'a [(Key, String)],
}

impl<'a> MergeFields<'a> {
    /// The names of all merge fields that there are for everybody.
    pub const NAMES: [&'static str; Field::ALL.len()] = NAMES;

    /// The names of all merge fields, and what a letter says there: at last those of the owner's own in which the client has something.
    pub fn values(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let fields: [(&'a str, &'a str); Field::ALL.len()] = Field::ALL.map(|field| (field.name(), field.value(self)));
        fields.into_iter().chain(self.custom.iter().map(|(key, value)| (key.as_str(), value.trim())))
    }
}

/// Which fields of an owner's own a text may name beside the merge fields that there are for everybody.
#[derive(Debug, Clone, Copy, Default)]
pub enum Known<'a> {
    /// The text may name none of them.
    #[default]
    None,
    /// The text may name those with these keys.
    These(&'a BTreeSet<Key>),
    /// The text was taken once, and whatever could be a field was one then.
    Every,
}

impl Known<'_> {
    /// The field that is written so, if the text may name it.
    pub(super) fn named(self, name: &str) -> Option<Key> {
        // As other names are: in small letters, and nothing is put in for a blank.
        let key = Key::parse(name).ok().filter(|key| key.as_str() == name)?;
        let is_known = match self {
            Self::None => false,
            Self::These(keys) => keys.contains(&key),
            Self::Every => true,
        };
        is_known.then_some(key)
    }

    /// The keys that are known one by one.
    pub(super) fn keys(self) -> Vec<String> {
        match self {
            Self::These(keys) => keys.iter().map(Key::to_string).collect(),
            Self::None | Self::Every => Vec::new(),
        }
    }
}
