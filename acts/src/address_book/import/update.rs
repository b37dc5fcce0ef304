//! What a row says of a client that is there already.

use super::rows::Row;
use domain::client::{self, Client, Command};
use domain::{FullName, GroupId, UserId};
use projections::clients;
use std::collections::BTreeMap;
use uuid::Uuid;

/// A client that a row changes.
#[derive(Debug)]
pub(super) struct Update<'a> {
    pub(super) row: &'a Row,
    pub(super) id: Uuid,
    /// What changes beside the groups, if anything does.
    pub(super) commands: Vec<Command>,
}

impl Update<'_> {
    /// All that is asked of the client, who also joins these groups.
    pub(super) fn all(self, by: UserId, joined: impl Iterator<Item = GroupId>) -> Vec<Command> {
        self.commands.into_iter().chain(joined.map(|group| Command::JoinGroup { by, group })).collect()
    }
}

/// What changes of a client's details and of what they have in the owner's own fields, as far as the read models show it; the client's
/// stream, which may be ahead of them, decides again. Empty cells change nothing, and a full name that was put together replaces only
/// one that nobody wrote either: an empty one, or what the client's own first and last name give.
pub(super) fn news(row: &Row, known: Option<&clients::Client>, by: UserId) -> Vec<Command> {
    let Some(client::Event::Added { full_name, first_name, last_name, comment, fields, .. }) = row.events.first()
    else {
        return Vec::new();
    };
    let old = |of: fn(&clients::Client) -> &str| known.map_or("", of);
    let named = |new: &FullName, old: &str| (!new.is_empty() && new.as_str() != old).then(|| new.clone());
    let old_name = old(|client| &client.full_name);
    let old_first = old(|client| client.first_name.as_deref().unwrap_or_default());
    let old_last = old(|client| client.last_name.as_deref().unwrap_or_default());
    let nobody_wrote_it = old_name == format!("{old_first} {old_last}").trim();
    let full_name = named(full_name, old_name).filter(|_| !row.composed || nobody_wrote_it);
    let first_name = named(first_name, old_first);
    let last_name = named(last_name, old_last);
    let comment = (!comment.is_empty() && *comment != old(|client| &client.comment)).then(|| comment.clone());
    let nothing = full_name.is_none() && first_name.is_none() && last_name.is_none() && comment.is_none();
    let details = Command::Change { by, email: None, full_name, first_name, last_name, comment };
    let is_new = |(key, value): &(_, _)| known.is_none_or(|client| client.fields.get(*key) != Some(*value));
    let fields: BTreeMap<_, _> =
        fields.iter().filter(is_new).map(|(key, value)| (key.clone(), Some(value.clone()))).collect();
    let fields = (!fields.is_empty()).then_some(Command::ChangeFields { by, fields });
    (!nothing).then_some(details).into_iter().chain(fields).collect()
}

/// The consent that a row tells, if it is news to the client.
pub(super) fn consent(row: &Row, known: &Client, by: UserId) -> Option<Command> {
    let agreed = row.agreed.as_ref()?;
    let Client::Present(card) = known else { return None };
    let is_news = card.is_news(&agreed.consent, agreed.dated);
    is_news.then(|| Command::GiveConsent { by, consent: agreed.consent.clone() })
}
