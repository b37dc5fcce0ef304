//! Which letter it was: what the log holds of one whose run and number are known, because it is in a token of ours or in its
//! `Message-ID`.
//!
//! It reads streams and not read models, so that it works while tables are rebuilt, and as long as the run is in the log.

use crate::Services;
use crate::refusal::Refused;
use domain::batch::{self, Batch, MAX_RECIPIENTS, Progress};
use domain::client::{self, Client};
use domain::letter::{Letterhead, Purpose, Recipient};
use domain::{BatchId, ClientId, FullName, MailingId, UserId};
use eventstore::Cause;
use projections::LinkKeys;

/// How many characters a token has.
const TOKEN: usize = 50;

/// A letter as its batch has it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    pub(crate) letter: Letterhead,
    /// The number of the batch in the run.
    pub(crate) batch: u32,
    pub(crate) owner: UserId,
    pub(crate) mailing: MailingId,
    /// The client to whom the letter went.
    pub(crate) client: ClientId,
    /// Which revision of the client's entry it went to, counted from 1.
    pub(crate) revision: u32,
    /// Whether the letter may have gone out.
    pub(crate) is_out: bool,
    /// The last that happened to the batch.
    pub(crate) cause: Option<Cause>,
}

/// The letter that a token for this purpose is of; `None` if it is none of ours.
pub(crate) async fn of_token(
    services: &Services,
    keys: &LinkKeys,
    purpose: Purpose,
    token: &str,
) -> Result<Option<Letterhead>, sqlx::Error> {
    // Whoever tries their luck costs no look into a table.
    if token.len() != TOKEN || !token.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Ok(None);
    }
    keys.read(services.pool(), purpose, token).await
}

/// What the log holds of a letter; `None` if it holds no such letter.
pub(crate) async fn find(services: &Services, letter: Letterhead) -> Result<Option<Known>, Refused> {
    let Some((number, place)) = place_of(letter) else { return Ok(None) };
    let loaded = services.store.load::<Batch>(BatchId::derive(letter.run, number).0).await?;
    let Some(slice) = loaded.state.slice() else { return Ok(None) };
    let Some(delivery) = slice.deliveries.get(place) else { return Ok(None) };
    let batch::Recipient(client, revision) = delivery.recipient;
    let is_out = delivery.attempts > 0 || delivery.progress == Progress::InFlight;
    let (owner, mailing, cause) = (slice.owner, slice.mailing, loaded.last);
    Ok(Some(Known { letter, batch: number, owner, mailing, client, revision, is_out, cause }))
}

/// To whom it went, as the address book had them then.
pub(crate) async fn recipient(services: &Services, known: &Known) -> Result<Option<Recipient>, Refused> {
    let events = services.store.events_after::<Client>(known.client.0, 0).await?;
    Ok(as_of(events, known.revision))
}

/// The number of the batch in which a letter is, and the recipient's place in it.
fn place_of(letter: Letterhead) -> Option<(u32, usize)> {
    let most = u32::try_from(MAX_RECIPIENTS).ok()?;
    Some((letter.ordinal / most, usize::try_from(letter.ordinal % most).ok()?))
}

/// A client as the address book had them in one of their revisions; none if there is no such revision.
fn as_of(events: Vec<client::Event>, revision: u32) -> Option<Recipient> {
    let (mut at, mut known) = (0_u32, Recipient::default());
    for event in events {
        match event {
            client::Event::Added { email, full_name, first_name, last_name, comment, fields, .. } => {
                at = 1;
                known = Recipient {
                    email: email.to_string(),
                    full_name: full_name.as_str().to_owned(),
                    first_name: first_name.as_str().to_owned(),
                    last_name: last_name.as_str().to_owned(),
                    comment,
                    fields,
                };
            }
            client::Event::Changed { email, full_name, first_name, last_name, comment } => {
                at += 1;
                let replace = |old: &mut String, new: Option<FullName>| {
                    if let Some(new) = new {
                        new.as_str().clone_into(old);
                    }
                };
                known.email = email.map_or(known.email, |email| email.to_string());
                known.comment = comment.unwrap_or(known.comment);
                replace(&mut known.full_name, full_name);
                replace(&mut known.first_name, first_name);
                replace(&mut known.last_name, last_name);
            }
            client::Event::FieldsChanged { fields } => {
                at += 1;
                client::change_fields(&mut known.fields, fields);
            }
            client::Event::JoinedGroup { .. }
            | client::Event::LeftGroup { .. }
            | client::Event::ConsentGiven(_)
            | client::Event::ConsentConfirmed { .. }
            | client::Event::ConsentWithdrawn { .. }
            | client::Event::Deleted => {}
        }
        if at == revision {
            return Some(known);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::custom_field::{Key, Value};
    use domain::{EmailAddress, RunId};
    use std::collections::BTreeSet;
    use uuid::Uuid;

    #[test]
    fn a_letter_is_in_the_batch_that_its_number_says() {
        let place = |ordinal| place_of(Letterhead { run: RunId(Uuid::nil()), ordinal });
        assert_eq!(place(0), Some((0, 0)));
        assert_eq!(place(499), Some((0, 499)));
        assert_eq!(place(500), Some((1, 0)));
        assert_eq!(place(1_234), Some((2, 234)));
    }

    #[test]
    fn a_letter_went_to_the_address_of_its_revision_whatever_became_of_the_client() {
        let email = |text: &str| EmailAddress::parse(text).expect("an address");
        let name = |text: &str| FullName::parse(text).expect("a name");
        let city = Key::parse("city").expect("a key");
        let [oslo, riga] = ["Oslo", "Riga"].map(|city| Value::Text(city.to_owned()));
        let events = vec![
            client::Event::Added {
                owner: UserId(Uuid::nil()),
                email: email("old@example.org"),
                full_name: name("Ann"),
                first_name: name(""),
                last_name: name(""),
                comment: String::new(),
                groups: BTreeSet::new(),
                fields: [(city.clone(), oslo.clone())].into(),
                source: None,
            },
            client::Event::JoinedGroup { group: Uuid::nil().into() },
            client::Event::Changed {
                email: Some(email("new@example.org")),
                full_name: None,
                first_name: None,
                last_name: None,
                comment: Some("moved".to_owned()),
            },
            client::Event::FieldsChanged { fields: [(city.clone(), Some(riga.clone()))].into() },
            client::Event::FieldsChanged { fields: [(city.clone(), None)].into() },
            client::Event::Deleted,
        ];
        let at = |revision| as_of(events.clone(), revision).map(|known| (known.email, known.full_name, known.comment));
        assert_eq!(at(0), None);
        assert_eq!(at(1), Some(("old@example.org".to_owned(), "Ann".to_owned(), String::new())));
        assert_eq!(at(2), Some(("new@example.org".to_owned(), "Ann".to_owned(), "moved".to_owned())));
        assert_eq!(at(3), at(2));
        assert_eq!(at(5), None);
        let lived = |revision| as_of(events.clone(), revision).and_then(|known| known.fields.get(&city).cloned());
        assert_eq!([1, 2, 3, 4].map(lived), [Some(oslo.clone()), Some(oslo), Some(riga), None]);
    }
}
