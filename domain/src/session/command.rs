use super::End;
use crate::UserId;
use chrono::{DateTime, Utc};

/// What can be asked of a session.
#[derive(Clone, Debug)]
pub enum Command {
    /// Lets somebody in who has shown their password.
    Begin {
        /// The user who logs in.
        user: UserId,
        /// The moment at which the session ends at the latest.
        expires_at: DateTime<Utc>,
    },
    /// Ends the session.
    End {
        /// The user whose session it is.
        user: UserId,
        /// The way in which it ends.
        how: End,
    },
}
