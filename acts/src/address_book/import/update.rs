//! What a row says of a client that is there already.

use super::rows::Row;
use domain::client::{self, Command};
use domain::{FullName, UserId};
use projections::clients;
use uuid::Uuid;

/// A client that a row changes.
#[derive(Debug)]
pub(super) struct Update<'a> {
    pub(super) row: &'a Row,
    pub(super) id: Uuid,
    /// What changes of its details, if anything does.
    pub(super) details: Option<Command>,
}

/// What changes of the details of a client, as far as the read models show it; the client's stream, which may be ahead of them,
/// decides again. Empty cells change nothing, and a full name that was put together replaces only one that nobody wrote either: an
/// empty one, or what the client's own first and last name give.
pub(super) fn new_details(row: &Row, known: Option<&clients::Client>, by: UserId) -> Option<Command> {
    let client::Event::Added { full_name, first_name, last_name, comment, .. } = row.events.first()? else {
        return None;
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
    (!nothing).then_some(Command::Change { by, email: None, full_name, first_name, last_name, comment })
}
