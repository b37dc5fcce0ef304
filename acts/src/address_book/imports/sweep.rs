//! Taking back what an import did, client by client and group by group.

use super::stretch::Stretch;
use crate::Services;
use crate::address_book::segments;
use crate::who::rights::Owner;
use domain::client::{self, Back, By, Client, Part, Source, take_back};
use domain::group::{self, Group};
use domain::import::TakenBack;
use domain::{Decide as _, ImportId};
use eventstore::{Append, AppendError, EventStore, ExecuteError, Metadata, StoreError, Told};
use projections::{groups, mailings};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How many clients are written at a time.
pub(super) const CLIENTS: usize = 500;

/// How often some clients are tried because others changed one of them in between. Each time somebody else got on.
const ATTEMPTS: u32 = 50;

/// How many clients of whom something is left are named; all are counted.
pub const NAMED: usize = 100;

/// How often it is waited for the read models, before groups that may be empty by now are left.
const LOOKS: usize = 6;

/// Something that stays as it is, because others have changed it since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// The id of the client.
    pub client: Uuid,
    /// What of the client it is: `client` for the client as a whole, whom the import has added, or `full_name`, `first_name`,
    /// `last_name`, `comment`, `field:KEY`, `group:ID`, `consent` for the one to all that the owner sends, `consent:ID` for a topic's.
    pub parts: Vec<String>,
}

/// How far taking an import back is, and what it has done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Undone {
    /// How many clients have been looked at.
    pub clients: u64,
    /// What became of them.
    pub done: TakenBack,
    /// The first of those of whom something is left.
    pub left: Vec<Left>,
}

/// Takes back what an import did in a stretch of the log, after one position and up to another. For the import itself, which finds
/// that it is taken back while it goes on.
pub(crate) async fn take_back_stretch(
    services: &Services,
    owner: Owner,
    id: ImportId,
    positions: (i64, i64),
    metadata: &Metadata,
) -> Result<(), AppendError> {
    let metadata = told_apart(metadata, id);
    let sweep = Sweep { services, id, back: back(services, owner, Source::Person), metadata: &metadata };
    let mut undone = Undone::default();
    let mut stretch = Stretch::of(services, id, positions).await?;
    while let Some(page) = stretch.next(services).await? {
        sweep.clients(&page.clients, &mut undone).await?;
    }
    Ok(())
}

/// The metadata of what takes an import back.
pub(super) fn told_apart(metadata: &Metadata, id: ImportId) -> Metadata {
    Metadata { correlation_id: id.undo(), ..metadata.clone() }
}

/// Who takes an import back, when, and from where.
pub(super) fn back(services: &Services, owner: Owner, source: Source) -> Back {
    Back { by: owner.id(), at: services.now(), source }
}

/// Somebody who takes an import back.
pub(super) struct Sweep<'a> {
    pub(super) services: &'a Services,
    pub(super) id: ImportId,
    pub(super) back: Back,
    pub(super) metadata: &'a Metadata,
}

impl Sweep<'_> {
    /// Who made an event of this correlation.
    fn by(&self, correlation: Uuid) -> By {
        match correlation {
            id if id == self.id.0 => By::Import,
            id if id == self.id.undo() => By::Undo,
            _ => By::Other,
        }
    }

    /// Takes back what the import did to these clients, and counts those whom it touched here first: others were counted before.
    pub(super) async fn clients(&self, clients: &[(Uuid, i64)], undone: &mut Undone) -> Result<(), AppendError> {
        for some in clients.chunks(CLIENTS) {
            let ids: Vec<Uuid> = some.iter().map(|(id, _)| *id).collect();
            for (told, (id, first)) in self.some(&ids).await?.into_iter().zip(some) {
                let Decided { undo, began } = told;
                if began != *first {
                    continue;
                }
                undone.clients += 1;
                undone.done.removed += u64::from(undo.removes);
                undone.done.restored += u64::from(undo.restores);
                if !undo.left.is_empty() {
                    undone.done.left += 1;
                    if undone.left.len() < NAMED {
                        undone.left.push(Left { client: *id, parts: undo.left.iter().map(part).collect() });
                    }
                }
            }
        }
        Ok(())
    }

    /// The same for some, in one append.
    async fn some(&self, ids: &[Uuid]) -> Result<Vec<Decided>, AppendError> {
        for _ in 0..ATTEMPTS {
            let told = self.services.store.load_told::<Client>(ids).await?;
            let (mut appends, mut decided) = (Vec::new(), Vec::with_capacity(ids.len()));
            for (id, Told { loaded, events }) in ids.iter().zip(told) {
                let history: Vec<(client::Event, By)> =
                    events.into_iter().map(|(event, correlation)| (event, self.by(correlation))).collect();
                let mut undo = take_back(&history, &self.back);
                let began = history.iter().position(|(_, by)| *by == By::Import).map_or(0, |place| place + 1);
                let began = i64::try_from(began).unwrap_or(i64::MAX);
                // What was accepted once is accepted again; if it is not, the client stays, and that is told.
                match loaded.state.decide_all(std::mem::take(&mut undo.commands)) {
                    Ok(events) if events.is_empty() => {}
                    Ok(events) => appends.push(Append::new::<Client>(*id, loaded, events)?),
                    Err(error) => {
                        tracing::error!(client = %id, %error, "what an import did to a client cannot be taken back");
                        undo = client::Undo { left: [Part::Client].into(), ..client::Undo::default() };
                    }
                }
                decided.push(Decided { undo, began });
            }
            if appends.is_empty() {
                return Ok(decided);
            }
            match self.services.store.append(&appends, self.metadata).await {
                Ok(_) => return Ok(decided),
                Err(AppendError::Store(error)) => return Err(error.into()),
                // Somebody has changed one of them in between.
                Err(AppendError::Conflict | AppendError::Claimed(_) | AppendError::Needed(_)) => {}
            }
        }
        // Each time somebody else got on, so this is never reached unless the claims contradict themselves.
        Err(AppendError::Conflict)
    }

    /// Deletes those of the groups that the import made to which nobody belongs any more, that nobody else has touched, and that no mailing
    /// leaves out.
    pub(super) async fn groups(&self, ids: &[Uuid]) -> Result<(), StoreError> {
        let untouched = |told: &Told<Group>| told.events.iter().all(|(_, id)| self.by(*id) != By::Other);
        let told = self.services.store.load_told::<Group>(ids).await?;
        let mut own: Vec<(Uuid, Told<Group>)> =
            ids.iter().copied().zip(told).filter(|(_, told)| untouched(told)).collect();
        // Who belongs to a group is seen in the read models.
        let up_to = EventStore::head(self.services.pool()).await?;
        let mut looks = 0;
        while !self.services.shown(up_to).await {
            looks += 1;
            if looks == LOOKS {
                tracing::warn!(import = %self.id, "groups of an import stay, as the read models are behind");
                return Ok(());
            }
        }
        let own_ids: Vec<Uuid> = own.iter().map(|(id, _)| *id).collect();
        let sizes = groups::sizes(self.services.pool(), &own_ids).await?;
        own.retain(|(id, _)| !sizes.iter().any(|(group, size)| group == id && *size > 0));
        for (id, _) in own {
            // As whoever deletes groups is told: a mailing leaves its members out.
            if segments::left_out(self.services, self.back.by, (mailings::Left::Group, id)).await?.is_some() {
                continue;
            }
            let delete = group::Command::Delete { by: self.back.by };
            // Others are deleted already, or changed by somebody at this very moment.
            if let Err(ExecuteError::Store(error)) =
                self.services.store.execute::<Group>(id, delete, self.metadata).await
            {
                return Err(error);
            }
        }
        Ok(())
    }
}

/// What was decided of a client.
struct Decided {
    undo: client::Undo,
    /// The place in its stream of the first event of the import.
    began: i64,
}

/// The name of a part, see [`Left`].
fn part(part: &Part) -> String {
    match part {
        Part::Client => "client".to_owned(),
        Part::FullName => "full_name".to_owned(),
        Part::FirstName => "first_name".to_owned(),
        Part::LastName => "last_name".to_owned(),
        Part::Comment => "comment".to_owned(),
        Part::Field(key) => format!("field:{key}"),
        Part::Group(group) => format!("group:{group}"),
        Part::Consent(None) => "consent".to_owned(),
        Part::Consent(Some(topic)) => format!("consent:{topic}"),
    }
}
