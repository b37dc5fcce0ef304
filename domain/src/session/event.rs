use crate::UserId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The way in which a session ends before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Its holder logged out.
    LoggedOut,
    /// Its user ended it from another session.
    EndedByUser,
    /// The password was changed or replaced, which ends what was begun with the old one.
    PasswordChanged,
    /// Its user has begun so many other sessions that the one used longest ago had to go.
    Surplus,
}

/// What happened to a session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// Somebody logged in.
    Begun {
        /// The user who logged in.
        user: UserId,
        /// The moment at which the session ends at the latest.
        expires_at: DateTime<Utc>,
    },
    /// The session was ended before its time.
    Ended {
        /// The user whose session it was.
        user: UserId,
        /// The way in which it was ended.
        how: End,
    },
}
