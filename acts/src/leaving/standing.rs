//! What a recipient has left by their own wish, and how that is written and undone.

use super::link::{Link, Which};
use crate::Services;
use crate::refusal::Refused;
use domain::letter::leave_link::Letterhead;
use domain::suppression::{Command, Error, Lifter, Reason, Source, Suppression, Way};
use eventstore::{ExecuteError, Loaded};

/// What a recipient has left, by their own wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// The recipient gets letters.
    Nothing,
    /// The recipient gets no letters of this mailing.
    Mailing,
    /// The recipient gets no letters of the owner's mailings.
    Owner,
}

pub(super) async fn left(services: &Services, link: &Link) -> Result<Left, Refused> {
    let streams = [link.stream(Which::Owner), link.stream(Which::Mailing)];
    let mut loaded = services.store.load_many::<Suppression>(&streams).await?.into_iter();
    let mut in_force = || matches!(loaded.next(), Some(Loaded { state: Suppression::Active(_), .. }));
    let (owner, mailing) = (in_force(), in_force());
    Ok(match (owner, mailing) {
        (true, _) => Left::Owner,
        (false, true) => Left::Mailing,
        (false, false) => Left::Nothing,
    })
}

/// From now on no letter of that kind is promised to this recipient.
pub(super) async fn suppress(services: &Services, link: &Link, which: Which, way: Way) -> Result<(), Refused> {
    let Letterhead { run, ordinal } = link.letter;
    let command = Command::Suppress {
        scope: link.scope(which),
        reason: Reason::Unsubscribed,
        email: link.email(),
        source: Source::Recipient { run, ordinal, way },
        note: None,
        at: services.now(),
        until: None,
    };
    services.store.execute::<Suppression>(link.stream(which), command, &link.metadata()).await?;
    Ok(())
}

/// Undoes what the recipient has left, if they have.
pub(super) async fn lift(services: &Services, link: &Link, which: Which) -> Result<(), Refused> {
    let command = Command::Lift { by: Lifter::Recipient, why: None, at: services.now() };
    match services.store.execute::<Suppression>(link.stream(which), command, &link.metadata()).await {
        // There is nothing to undo here.
        Ok(_) | Err(ExecuteError::Refused(Error::NotFound)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
