//! What can be done with mailings.

pub mod history;
mod plan;
pub mod recipients;
pub mod reports;
pub mod runs;
mod send_now;

pub use crate::moment::Moment;
pub(crate) use plan::too_large;
pub use plan::{Every, LeftOut, New, Recipients, Replan, create, preview, preview_change, update};
pub use send_now::send_now;
pub(crate) use send_now::{letter, started_before};

use crate::Services;
use crate::refusal::{Problem, Refused, input};
use crate::who::rights::{Owner, Watcher};
use domain::MailingId;
use domain::mailing::{Command, Error, Mailing};
use eventstore::{Metadata, Receipt};

/// Removes a mailing from the lists; its history stays.
pub async fn delete(
    services: &Services,
    by: Owner,
    id: &str,
    metadata: &Metadata,
) -> Result<(MailingId, Receipt), Refused> {
    execute(services, id, Command::Delete { by: by.id() }, metadata).await
}

/// Stops sending until resumed.
pub async fn pause(
    services: &Services,
    by: Owner,
    id: &str,
    metadata: &Metadata,
) -> Result<(MailingId, Receipt), Refused> {
    execute_in_time(services, id, Command::Pause { by: by.id() }, metadata).await
}

/// Goes on with a paused mailing.
pub async fn resume(
    services: &Services,
    by: Owner,
    id: &str,
    metadata: &Metadata,
) -> Result<(MailingId, Receipt), Refused> {
    execute_in_time(services, id, Command::Resume { by: by.id() }, metadata).await
}

/// Gives up, for good.
pub async fn cancel(
    services: &Services,
    by: Owner,
    id: &str,
    metadata: &Metadata,
) -> Result<(MailingId, Receipt), Refused> {
    execute_in_time(services, id, Command::Cancel { by: by.id() }, metadata).await
}

/// Stops sending until a manager enables it.
pub async fn disable(
    services: &Services,
    _by: Watcher,
    id: &str,
    reason: String,
    metadata: &Metadata,
) -> Result<(MailingId, Receipt), Refused> {
    let reason = input::text(reason, &["reason"])?;
    execute_in_time(services, id, Command::Disable { reason }, metadata).await
}

/// Allows a disabled mailing again.
pub async fn enable(
    services: &Services,
    _by: Watcher,
    id: &str,
    reason: String,
    metadata: &Metadata,
) -> Result<(MailingId, Receipt), Refused> {
    let reason = input::text(reason, &["reason"])?;
    execute(services, id, Command::Enable { reason }, metadata).await
}

async fn execute(
    services: &Services,
    id: &str,
    command: Command,
    metadata: &Metadata,
) -> Result<(MailingId, Receipt), Refused> {
    let id = mailing_id(id)?;
    let done = services.store.execute::<Mailing>(id.0, command, metadata).await;
    done.map(|receipt| (id, receipt)).map_err(|error| about_the_mailing(error.into()))
}

/// The same for what a completed mailing refuses: it is completed from the end of its window on, whether or not the
/// scheduler has written that down yet. What is refused writes nothing, so that remains the scheduler's to do.
async fn execute_in_time(
    services: &Services,
    id: &str,
    command: Command,
    metadata: &Metadata,
) -> Result<(MailingId, Receipt), Refused> {
    let id = mailing_id(id)?;
    let commands = vec![Command::Complete { now: services.now() }, command];
    let done = services.store.execute_all::<Mailing>(id.0, None, commands, |_| Ok(None), metadata).await;
    done.map(|receipt| (id, receipt)).map_err(|error| about_the_mailing(error.into()))
}

/// Inputs that name a mailing and nothing else have no field but its id.
pub(crate) fn about_the_mailing(refused: Refused) -> Refused {
    refused.moved("startsAt", &["id"]).moved("endsAt", &["id"])
}

fn mailing_id(text: &str) -> Result<MailingId, Problem> {
    input::id(text, &["id"], &Error::NotFound)
}
