//! A user: someone with an account.

mod command;
mod error;
mod event;
#[cfg(test)]
mod tests;

pub use command::Command;
pub use error::Error;
pub use event::Event;

use crate::aggregate::aggregate;
use crate::reason::checked;
use crate::{Claim, Decide, EmailAddress, FullName, Language, PostalAddress, Role, TimeZone};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The kind of the claim that every administrator holds who is not blocked.
pub const ADMINISTRATOR: &str = "administrator";

/// The state of a user's stream.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum User {
    /// Nobody registered under this id.
    #[default]
    Absent,
    /// Somebody did.
    Registered(Account),
}

/// An account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// The address to log in with, unique in the service.
    pub email: EmailAddress,
    /// The name shown to others.
    pub full_name: FullName,
    /// The zone in which times are shown and new mailings are planned.
    pub time_zone: TimeZone,
    /// In which the service writes to them.
    pub language: Language,
    /// Whether the address is known to be theirs.
    pub verified: bool,
    /// What they may do beyond owning mailings.
    pub roles: BTreeSet<Role>,
    /// Whether they are shut out.
    pub blocked: bool,
    /// Where they can be reached by post, as their letters to many say at their end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_address: Option<PostalAddress>,
}

aggregate!(
    User,
    "user",
    Command,
    Error,
    Event {
        Registered,
        EmailVerified,
        ProfileChanged,
        PostalAddressChanged,
        EmailChanged,
        PasswordChanged,
        Blocked,
        Unblocked,
        RoleGranted,
        RoleRevoked,
    }
);

impl Decide for User {
    fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        let Self::Registered(account) = self else {
            return match command {
                Command::Register { email, full_name, time_zone, language } => {
                    Ok(vec![Event::Registered { email, full_name, time_zone, language }])
                }
                _ => Err(Error::NotFound),
            };
        };
        Ok(match command {
            Command::Register { .. } => return Err(Error::AlreadyRegistered),
            Command::VerifyEmail if account.verified => vec![],
            Command::VerifyEmail => vec![Event::EmailVerified],
            Command::ChangeProfile { full_name, time_zone, language } => {
                let full_name = full_name.unwrap_or_else(|| account.full_name.clone());
                let time_zone = time_zone.unwrap_or(account.time_zone);
                let language = language.unwrap_or(account.language);
                if (&full_name, time_zone, language) == (&account.full_name, account.time_zone, account.language) {
                    vec![]
                } else {
                    vec![Event::ProfileChanged { full_name, time_zone, language }]
                }
            }
            Command::ChangePostalAddress { postal_address } if account.postal_address == postal_address => vec![],
            Command::ChangePostalAddress { postal_address } => vec![Event::PostalAddressChanged { postal_address }],
            Command::ChangeEmail { email } if account.verified && account.email == email => vec![],
            Command::ChangeEmail { email } => vec![Event::EmailChanged { email }],
            Command::ChangePassword => vec![Event::PasswordChanged],
            Command::Block { even_administrators: false, .. } | Command::Unblock { even_administrators: false, .. }
                if account.roles.contains(&Role::Administrator) =>
            {
                return Err(Error::AdministratorsOnly);
            }
            Command::Block { .. } if account.blocked => vec![],
            Command::Block { reason, .. } => vec![Event::Blocked { reason: checked(reason)? }],
            Command::Unblock { .. } if !account.blocked => vec![],
            Command::Unblock { reason, .. } => vec![Event::Unblocked { reason: checked(reason)? }],
            Command::GrantRole { role } if account.roles.contains(&role) => vec![],
            Command::GrantRole { role } => vec![Event::RoleGranted { role }],
            Command::RevokeRole { role } if account.roles.contains(&role) => vec![Event::RoleRevoked { role }],
            Command::RevokeRole { .. } => vec![],
        })
    }

    fn evolve(&mut self, event: Event) {
        match (&mut *self, event) {
            (_, Event::Registered { email, full_name, time_zone, language }) => {
                *self = Self::Registered(Account {
                    email,
                    full_name,
                    time_zone,
                    language,
                    verified: false,
                    roles: BTreeSet::new(),
                    blocked: false,
                    postal_address: None,
                });
            }
            (Self::Registered(account), Event::EmailVerified) => account.verified = true,
            (Self::Registered(account), Event::ProfileChanged { full_name, time_zone, language }) => {
                (account.full_name, account.time_zone, account.language) = (full_name, time_zone, language);
            }
            (Self::Registered(account), Event::PostalAddressChanged { postal_address }) => {
                account.postal_address = postal_address;
            }
            (Self::Registered(account), Event::EmailChanged { email }) => {
                account.email = email;
                account.verified = true;
            }
            (Self::Registered(account), Event::Blocked { .. }) => account.blocked = true,
            (Self::Registered(account), Event::Unblocked { .. }) => account.blocked = false,
            (Self::Registered(account), Event::RoleGranted { role }) => {
                account.roles.insert(role);
            }
            (Self::Registered(account), Event::RoleRevoked { role }) => {
                account.roles.remove(&role);
            }
            (Self::Registered(_), Event::PasswordChanged) | (Self::Absent, _) => {}
        }
    }

    fn claims(&self) -> Vec<Claim> {
        match self {
            Self::Absent => vec![],
            Self::Registered(account) => {
                let claim = |kind| Claim::of_address(kind, String::new(), &account.email);
                let mut claims = vec![claim("user-email")];
                if account.roles.contains(&Role::Administrator) && !account.blocked {
                    claims.push(claim(ADMINISTRATOR));
                }
                claims
            }
        }
    }

    fn claimed(_: &Claim) -> Option<Error> {
        Some(Error::EmailTaken)
    }

    fn needed(claim: &Claim) -> Option<Error> {
        (claim.kind == ADMINISTRATOR).then_some(Error::LastAdministrator)
    }
}
