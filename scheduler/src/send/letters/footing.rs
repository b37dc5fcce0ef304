//! What the footers of letters are made of.

use crate::error::EngineError;
use crate::send::texts::Footing;
use domain::Decide;
use domain::run::Run;
use domain::user::{self, Account, User};
use eventstore::EventStore;
use projections::{runs, users};
use sqlx::PgPool;
use std::collections::HashMap;
use uuid::Uuid;

/// What tells of an owner's language and postal address.
const OF_FOOTING: [&str; 3] = ["Registered", "ProfileChanged", "PostalAddressChanged"];

/// What the footers of these runs' letters are made of, by the runs' ids: their owner's language and postal address when the run
/// started, as the log has them. So a letter is the same at each attempt, whatever its owner changes meanwhile. Letters without a
/// footer have the language, too.
pub(super) async fn of_runs(pool: &PgPool, runs: &[runs::Run]) -> Result<HashMap<Uuid, Footing>, EngineError> {
    let pairs: Vec<(Uuid, Uuid)> = runs.iter().map(|run| (run.owner_id, run.id)).collect();
    if pairs.is_empty() {
        return Ok(HashMap::new());
    }
    let told = EventStore::events_before::<User, Run>(pool, &pairs, &OF_FOOTING).await?;
    Ok(pairs.into_iter().zip(told).map(|((_, run), events)| (run, footing(events))).collect())
}

/// What the footers of somebody's letters are made of who was told this. The usual language, where nothing was.
fn footing(events: Vec<user::Event>) -> Footing {
    let mut owner = User::default();
    for event in events {
        owner.evolve(event);
    }
    match owner {
        User::Registered(Account { language, postal_address, .. }) => {
            Footing { language, postal_address: postal_address.map(|address| address.as_str().into()) }
        }
        User::Absent => Footing::default(),
    }
}

/// What the footers of letters are made of that these people write at this moment, by their ids. Who has no language that can be read
/// gets the usual one.
pub(crate) async fn footings(pool: &PgPool, owners: &[Uuid]) -> Result<HashMap<Uuid, Footing>, EngineError> {
    let accounts = users::by_ids(pool, owners).await?;
    let addresses = sqlx::query!(
        r#"select id, postal_address as "postal_address!" from users where id = any($1) and postal_address is not null"#,
        owners,
    )
    .fetch_all(pool)
    .await?;
    let mut footings: HashMap<Uuid, Footing> = HashMap::with_capacity(owners.len());
    for (id, account) in accounts {
        let language = account.map(|account| account.language).unwrap_or_default();
        footings.insert(id, Footing { language, postal_address: None });
    }
    for row in addresses {
        footings.entry(row.id).or_default().postal_address = Some(row.postal_address.into());
    }
    Ok(footings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{EmailAddress, FullName, Language, PostalAddress, TimeZone};

    #[test]
    fn a_footing_is_what_the_owner_has_said_last() {
        assert_eq!(footing(Vec::new()), Footing::default());
        let address = |text: &str| user::Event::PostalAddressChanged {
            postal_address: PostalAddress::parse(text).expect("short enough"),
        };
        let registered = user::Event::Registered {
            email: EmailAddress::parse("ann@example.org").expect("an address"),
            full_name: FullName::default(),
            time_zone: TimeZone::UTC,
            language: Language::En,
        };
        let changed = user::Event::ProfileChanged {
            full_name: FullName::default(),
            time_zone: TimeZone::UTC,
            language: Language::Ru,
        };
        let events = vec![registered, address("Lime Street 1"), changed, address("Elm Street 2")];
        let said = Footing { language: Language::Ru, postal_address: Some("Elm Street 2".into()) };
        assert_eq!(footing(events.clone()), said);
        let gone = Footing { postal_address: None, ..said };
        assert_eq!(footing([events, vec![address("")]].concat()), gone);
    }
}
