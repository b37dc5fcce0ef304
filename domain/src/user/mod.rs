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
use crate::{Claim, Decide, EmailAddress, FullName, Language, Role, TimeZone};
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
    #[serde(default)]
    pub language: Language,
    /// Whether the address is known to be theirs.
    pub verified: bool,
    /// What they may do beyond owning mailings.
    pub roles: BTreeSet<Role>,
    /// Whether they are shut out.
    pub blocked: bool,
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
        let account = match (self, command) {
            (Self::Absent, Command::Register { email, full_name, time_zone, language }) => {
                return Ok(vec![Event::Registered { email, full_name, time_zone, language }]);
            }
            (Self::Absent, _) => return Err(Error::NotFound),
            (Self::Registered(_), Command::Register { .. }) => return Err(Error::AlreadyRegistered),
            (Self::Registered(account), command) => (account, command),
        };
        Ok(match account {
            (account, Command::VerifyEmail) if account.verified => vec![],
            (_, Command::VerifyEmail) => vec![Event::EmailVerified],
            (account, Command::ChangeProfile { full_name, time_zone, language }) => {
                let full_name = full_name.unwrap_or_else(|| account.full_name.clone());
                let time_zone = time_zone.unwrap_or(account.time_zone);
                let language = language.unwrap_or(account.language);
                if (&full_name, time_zone, language) == (&account.full_name, account.time_zone, account.language) {
                    vec![]
                } else {
                    vec![Event::ProfileChanged { full_name, time_zone, language }]
                }
            }
            (account, Command::ChangeEmail { email }) if account.verified && account.email == email => vec![],
            (_, Command::ChangeEmail { email }) => vec![Event::EmailChanged { email }],
            (_, Command::ChangePassword) => vec![Event::PasswordChanged],
            (
                account,
                Command::Block { even_administrators: false, .. } | Command::Unblock { even_administrators: false, .. },
            ) if account.roles.contains(&Role::Administrator) => return Err(Error::AdministratorsOnly),
            (account, Command::Block { .. }) if account.blocked => vec![],
            (_, Command::Block { reason, .. }) => vec![Event::Blocked { reason: checked(reason)? }],
            (account, Command::Unblock { .. }) if !account.blocked => vec![],
            (_, Command::Unblock { reason, .. }) => vec![Event::Unblocked { reason: checked(reason)? }],
            (account, Command::GrantRole { role }) if account.roles.contains(&role) => vec![],
            (_, Command::GrantRole { role }) => vec![Event::RoleGranted { role }],
            (account, Command::RevokeRole { role }) if account.roles.contains(&role) => {
                vec![Event::RoleRevoked { role }]
            }
            (_, Command::RevokeRole { .. }) => vec![],
            (_, Command::Register { .. }) => return Err(Error::AlreadyRegistered),
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
                });
            }
            (Self::Registered(account), Event::EmailVerified) => account.verified = true,
            (Self::Registered(account), Event::ProfileChanged { full_name, time_zone, language }) => {
                *account = Account { full_name, time_zone, language, ..account.clone() };
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
                let claim = |kind| Claim { kind, scope: String::new(), value: account.email.key() };
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
