//! Addresses that somebody names one by one.

use super::{Addition, List, Wanted, room};
use crate::Services;
use crate::refusal::input::{self, Problems};
use crate::refusal::{Problem, Refused};
use crate::who::rights::{Administrator, Owner};
use domain::suppression::{Reason, Source, Suppression};
use domain::{Code, EmailAddress, EmailError, SuppressionId};
use eventstore::{Metadata, Receipt};
use std::collections::HashSet;
use words::quotas::{Noun, Reached};

/// How many addresses one request may name.
pub const MAX_NAMED: usize = 1_000;

/// What became of addresses that were to be suppressed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Added {
    /// The suppressions of all of them, in the order in which the addresses were named, each once.
    pub ids: Vec<SuppressionId>,
    /// How many were not suppressed before.
    pub added: u64,
    /// How many were, for the same reason; nothing has changed for them.
    pub already: u64,
}

/// Writes to none of these addresses any more, in no mailing of the owner's. Doing it again changes nothing.
pub async fn add(
    services: &Services,
    owner: Owner,
    emails: Vec<String>,
    note: Option<String>,
    metadata: &Metadata,
) -> Result<(Added, Receipt), Refused> {
    add_to(services, List::Owner(owner), emails, note, metadata).await
}

/// Writes to none of these addresses any more, in nobody's mailings. Doing it again changes nothing.
pub async fn add_to_installation(
    services: &Services,
    by: Administrator,
    emails: Vec<String>,
    note: Option<String>,
    metadata: &Metadata,
) -> Result<(Added, Receipt), Refused> {
    add_to(services, List::Installation(by), emails, note, metadata).await
}

async fn add_to(
    services: &Services,
    list: List,
    emails: Vec<String>,
    note: Option<String>,
    metadata: &Metadata,
) -> Result<(Added, Receipt), Refused> {
    let mut problems = Problems::default();
    let addresses = problems.take(addresses(emails)).unwrap_or_default();
    let addresses = each_once(addresses, &mut problems);
    let note = problems.take(input::text(note.unwrap_or_default(), &["note"]));
    let (Some(note), true) = (note, problems.is_empty()) else { return Err(problems.into()) };
    let note = Some(note.trim().to_owned()).filter(|note| !note.is_empty());

    let addition = Addition { services, scope: list.scope(), reason: Reason::ByHand, metadata };
    let ids: Vec<SuppressionId> = addresses.iter().map(|email| addition.id(email)).collect();
    let wanted: Vec<Wanted> =
        addresses.into_iter().map(|email| Wanted { email, source: Source::Person, note: note.clone() }).collect();
    let written = addition.write(&wanted, room(services, list).await?, true).await?;
    if !written.without_room.is_empty() {
        let most = services.quotas.bounds().suppressions;
        return Err(Problem::of(&Reached { noun: Noun::Suppression, most }).into());
    }
    let position = match (written.position, ids.last()) {
        (Some(position), _) => position,
        // What was there already may not be shown yet, if the same request has come twice at once.
        (None, Some(id)) => services.store.last_position::<Suppression>(id.0).await?,
        (None, None) => 0,
    };
    let added = Added { ids, added: written.added, already: written.already };
    Ok((added, Receipt { position, version: 0 }))
}

/// What is named, if it is neither nothing nor too much.
fn addresses(emails: Vec<String>) -> Result<Vec<String>, Problem> {
    let named = emails.len();
    if named == 0 {
        return Err(Problem::of(&EmailError::Missing).at(&["emails"]));
    }
    if named > MAX_NAMED {
        let words = words::suppressions::Problem::TooManyAddresses { named, most: MAX_NAMED };
        return Err(Problem::new(Code::TooManyEmails, &["emails"], words));
    }
    Ok(emails)
}

/// The addresses, each mailbox once, and what is wrong with those that are none.
fn each_once(emails: Vec<String>, problems: &mut Problems) -> Vec<EmailAddress> {
    let mut seen = HashSet::new();
    let read = emails.into_iter().enumerate().filter_map(|(place, text)| {
        let wrong = |error: EmailError| Problem::of(&error).at(&["emails", &place.to_string()]);
        problems.take(EmailAddress::parse(bare(&text)).map_err(wrong))
    });
    read.filter(|email| seen.insert(email.key())).collect()
}

/// The address in a text as people copy it out of letters, with a name before it: `Anna <anna@example.org>`.
fn bare(text: &str) -> &str {
    let inside = text.trim().strip_suffix('>').and_then(|rest| rest.rsplit_once('<'));
    inside.map_or(text, |(_, address)| address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_mailbox_are_one_address_and_what_is_none_is_told_by_its_place() {
        let emails: Vec<String> =
            ["ann@example.org", " ANN@EXAMPLE.ORG ", "nobody", "bob@example.org"].map(str::to_owned).into();
        let mut problems = Problems::default();
        let read: Vec<String> = each_once(emails, &mut problems).iter().map(ToString::to_string).collect();
        assert_eq!(read, ["ann@example.org", "bob@example.org"]);
        let Refused::Problems(told) = Refused::from(problems) else { panic!("the sender can mend it") };
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].field, ["emails", "2"]);
    }

    #[test]
    fn a_name_may_stand_before_an_address_in_angle_brackets() {
        for (text, address) in [
            ("Anna <anna@example.org>", "anna@example.org"),
            (" \"Petrova, <Anna>\" < anna@example.org > ", " anna@example.org "),
            ("<anna@example.org>", "anna@example.org"),
            ("anna@example.org", "anna@example.org"),
            ("\"a<b\"@example.org", "\"a<b\"@example.org"),
            ("anna@example.org>", "anna@example.org>"),
            ("Anna <>", ""),
            ("Anna", "Anna"),
        ] {
            assert_eq!(bare(text), address);
        }
    }

    #[test]
    fn nothing_and_too_much_are_no_list() {
        let code = |named: usize| addresses(vec![String::new(); named]).map(|all| all.len()).map_err(|told| told.code);
        assert_eq!(code(0), Err(Code::EmailMissing));
        assert_eq!(code(MAX_NAMED), Ok(MAX_NAMED));
        assert_eq!(code(MAX_NAMED + 1), Err(Code::TooManyEmails));
    }
}
