//! Whom nobody writes to any more: the lists of owners, and that of the installation.
//!
//! Each entry is a stream of its own, whose id is made of its scope, its mailbox and its reason: asking twice is asking once, and
//! neither a list of a million nor two who write to the same one make anybody wait.

mod add;
mod export;
mod import;
mod lift;

pub use add::{Added, MAX_NAMED, add, add_to_installation};
pub use export::Export;
pub use import::{Imported, import};
pub use lift::{Lifting, lift};

use crate::Services;
use crate::who::rights::{Administrator, Owner};
use domain::suppression::{Command, Error, Reason, Scope, Source, Suppression};
use domain::{Decide, EmailAddress, SuppressionId, UserId};
use eventstore::{Append, AppendError, ExecuteError, Metadata};
use projections::suppressions;
use std::time::Duration;
use uuid::Uuid;

/// How often a chunk is tried because somebody else changed one of its entries in between.
const ATTEMPTS: u32 = 10;

/// Whose list is written to.
#[derive(Clone, Copy, Debug)]
pub enum List {
    /// The owner's: for all their mailings.
    Owner(Owner),
    /// The installation's: for everybody's mailings.
    Installation(Administrator),
}

impl List {
    fn scope(self) -> Scope {
        match self {
            Self::Owner(owner) => Scope::Owner { owner: owner.id() },
            Self::Installation(_) => Scope::Installation,
        }
    }

    fn owner(self) -> Option<UserId> {
        self.scope().owner()
    }
}

/// An address that is not to be written to any more.
struct Wanted {
    email: EmailAddress,
    source: Source,
    note: Option<String>,
}

/// Addresses for one list, for one reason. No two of them are the same mailbox.
struct Addition<'a> {
    services: &'a Services,
    scope: Scope,
    reason: Reason,
    metadata: &'a Metadata,
}

/// What became of them.
#[derive(Debug, Default)]
struct Written {
    added: u64,
    already: u64,
    /// The places of those for which there is no room.
    without_room: Vec<usize>,
    position: Option<i64>,
}

impl Addition<'_> {
    fn id(&self, email: &EmailAddress) -> SuppressionId {
        SuppressionId::derive(self.scope, &email.key(), self.reason)
    }

    /// Appends those that are not there yet: as many as there is room for, or, if it has to be all of them, all or none.
    async fn write(&self, wanted: &[Wanted], room: usize, all: bool) -> Result<Written, ExecuteError<Error>> {
        let ids: Vec<Uuid> = wanted.iter().map(|one| self.id(&one.email).0).collect();
        for attempt in 1..=ATTEMPTS {
            let mut written = Written::default();
            let mut appends = Vec::new();
            let loaded = self.services.store.load_many::<Suppression>(&ids).await?;
            for (place, (loaded, one)) in loaded.into_iter().zip(wanted).enumerate() {
                let events = loaded.state.decide(self.command(one)).map_err(ExecuteError::Refused)?;
                if events.is_empty() {
                    written.already += 1;
                } else if appends.len() < room {
                    appends.push(Append::new(ids[place], loaded, events)?);
                } else {
                    written.without_room.push(place);
                }
            }
            if appends.is_empty() || (all && !written.without_room.is_empty()) {
                return Ok(written);
            }
            written.added = appends.len() as u64;
            match self.services.store.append(&appends, self.metadata).await {
                Ok(receipt) => return Ok(Written { position: Some(receipt.position), ..written }),
                Err(AppendError::Conflict) => tokio::time::sleep(Duration::from_millis(1 << attempt)).await,
                Err(error) => return Err(error.refused::<Suppression>()),
            }
        }
        Err(ExecuteError::Conflict)
    }

    fn command(&self, one: &Wanted) -> Command {
        Command::Suppress {
            scope: self.scope,
            reason: self.reason,
            email: one.email.clone(),
            source: one.source.clone(),
            note: one.note.clone(),
            at: self.services.now(),
            until: None,
        }
    }
}

/// How many more an owner's list may have. What recipients and mail servers say is never refused, and counts all the same; the list
/// of the installation has no bound.
async fn room(services: &Services, list: List) -> Result<usize, sqlx::Error> {
    let Some(owner) = list.owner() else { return Ok(usize::MAX) };
    let most = services.quotas.bounds().suppressions;
    let held = suppressions::held(services.pool(), owner, services.now(), most.into()).await?;
    Ok(usize::try_from(i64::from(most).saturating_sub(held)).unwrap_or(0))
}
