//! Who did it.

use crate::UserId;
use std::fmt;
use std::str::FromStr;

/// Who caused an event. Stored with it as text, for example `user:0190…`, `system:scheduler` or `cli:root`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Actor {
    /// A signed-in user caused it.
    User(UserId),
    /// A part of the service acting by itself.
    System(String),
    /// Somebody with access to the command line, by account name.
    CommandLine(String),
}

impl Actor {
    /// The user, if it was one.
    #[must_use]
    pub fn user(&self) -> Option<UserId> {
        match self {
            Self::User(id) => Some(*id),
            Self::System(_) | Self::CommandLine(_) => None,
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user:{id}"),
            Self::System(part) => write!(f, "system:{part}"),
            Self::CommandLine(account) => write!(f, "cli:{account}"),
        }
    }
}

impl FromStr for Actor {
    type Err = std::convert::Infallible;

    /// Never fails: what another program wrote there (a stock postgres-es writes nothing) is a system's doing.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text.split_once(':') {
            Some(("user", id)) => match id.parse() {
                Ok(id) => Self::User(id),
                Err(_) => Self::System(text.to_owned()),
            },
            Some(("cli", account)) => Self::CommandLine(account.to_owned()),
            Some(("system", part)) => Self::System(part.to_owned()),
            _ => Self::System(text.to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn an_actor_survives_being_written_down() {
        for actor in [
            Actor::User(UserId(Uuid::from_u128(1))),
            Actor::System("scheduler".into()),
            Actor::CommandLine("ann".into()),
        ] {
            assert_eq!(actor.to_string().parse(), Ok(actor));
        }
    }
}
