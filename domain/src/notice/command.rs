use super::{Attempt, Request};
use chrono::{DateTime, Utc};

/// What can be asked of a notice.
#[derive(Clone, Debug)]
pub enum Command {
    /// Asks to send the notice.
    Request(Request),
    /// It is about to be sent. A notice that has been put off for too long expires instead.
    StartSending {
        /// The present moment.
        at: DateTime<Utc>,
        /// The `Message-ID` that its letter would have; that of the first attempt stays.
        message_id: String,
    },
    /// Record how the attempt ended that was announced.
    Record(Attempt),
    /// Whoever was sending it is gone: it is in doubt. It is not sent again; its addressee can ask for another one.
    Recover {
        /// The present moment.
        at: DateTime<Utc>,
    },
}
