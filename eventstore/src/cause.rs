//! What an event followed from.

use uuid::Uuid;

/// The event that something follows from, and the correlation that both belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cause {
    /// The id of the event.
    pub event_id: Uuid,
    /// The event's correlation; nil for an event that another program wrote without one.
    pub correlation_id: Uuid,
}

impl Cause {
    /// What the columns of a row hold: `correlation` is the text in its metadata.
    pub(crate) fn of_row(event_id: Uuid, correlation: Option<&str>) -> Self {
        let correlation_id = correlation.and_then(|id| Uuid::parse_str(id).ok()).unwrap_or_default();
        Self { event_id, correlation_id }
    }
}
