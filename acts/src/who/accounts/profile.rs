//! How somebody is shown and written to.

use crate::Services;
use crate::refusal::input::Problems;
use crate::refusal::{Problem, Refused};
use crate::who::rights::SignedIn;
use domain::user::{Command, User};
use domain::{FullName, Language, PostalAddress, TimeZone, UserId};
use eventstore::{Metadata, Receipt};

/// What is to change; `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// The name that letters to them greet.
    pub full_name: Option<String>,
    /// The name of their time zone, such as `Europe/Moscow`.
    pub time_zone: Option<String>,
    /// The language in which the service speaks to them.
    pub language: Option<Language>,
    /// Where they can be reached by post, as their letters to many say at their end; an empty text for nowhere.
    pub postal_address: Option<String>,
}

/// Changes the user's profile.
pub async fn update(
    services: &Services,
    by: SignedIn<'_>,
    expected: Option<i64>,
    profile: Profile,
    metadata: &Metadata,
) -> Result<(UserId, Receipt), Refused> {
    let id = by.id();
    let mut problems = Problems::default();
    let name = problems.take(profile.full_name.as_deref().map(full_name).transpose());
    let zone = problems.take(profile.time_zone.as_deref().map(time_zone).transpose());
    let address = problems.take(profile.postal_address.as_deref().map(postal_address).transpose());
    let (Some(full_name), Some(time_zone), Some(address)) = (name, zone, address) else { return Err(problems.into()) };
    let mut commands = vec![Command::ChangeProfile { full_name, time_zone, language: profile.language }];
    commands.extend(address.map(|postal_address| Command::ChangePostalAddress { postal_address }));
    let receipt = services.store.execute_all::<User>(id.0, expected, commands, |_| Ok(None), metadata).await?;
    Ok((id, receipt))
}

pub(super) fn full_name(text: &str) -> Result<FullName, Problem> {
    FullName::parse(text).map_err(|error| Problem::of(&error))
}

fn postal_address(text: &str) -> Result<Option<PostalAddress>, Problem> {
    PostalAddress::parse(text).map_err(|error| Problem::of(&error))
}

pub(super) fn time_zone(name: &str) -> Result<TimeZone, Problem> {
    TimeZone::parse(name).map_err(|error| Problem::of(&error))
}
