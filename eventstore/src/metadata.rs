//! Who, on whose request, because of what.

use crate::Cause;
use domain::Actor;
use serde_json::{Map, Value};
use std::net::IpAddr;
use uuid::Uuid;

/// What is known about an event besides what happened. Stored as a flat object of strings, which is what cqrs-es reads.
#[derive(Clone, Debug, PartialEq)]
pub struct Metadata {
    /// Whoever caused the event.
    pub actor: Actor,
    /// The request that it answers; also in the answer and in the service's log. What the service does by itself has an id of
    /// its own for each step.
    pub request_id: Uuid,
    /// The id that is shared by everything that followed from one request: a mailing that is created, its runs, their batches
    /// and every attempt.
    pub correlation_id: Uuid,
    /// The id of the event that it followed from; none only for the first event of a stream that nothing but a request began.
    pub causation_id: Option<Uuid>,
    /// The client's address, if it came over the network.
    pub address: Option<IpAddr>,
}

impl Metadata {
    /// The metadata of an action that nothing else caused.
    #[must_use]
    pub fn new(actor: Actor, request_id: Uuid) -> Self {
        Self { actor, request_id, correlation_id: request_id, causation_id: None, address: None }
    }

    /// The same for what follows from an event, and belongs to what that one belongs to; unchanged if there is none.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<Option<Cause>>) -> Self {
        if let Some(Cause { event_id, correlation_id }) = cause.into() {
            self.causation_id = Some(event_id);
            // What another program has written may belong to nothing.
            if !correlation_id.is_nil() {
                self.correlation_id = correlation_id;
            }
        }
        self
    }

    /// The same, with the network address that the request came from.
    #[must_use]
    pub fn from_address(mut self, address: Option<IpAddr>) -> Self {
        self.address = address;
        self
    }

    pub(crate) fn to_json(&self) -> Value {
        let mut fields = Map::new();
        let mut put = |name: &str, value: String| fields.insert(name.to_owned(), Value::String(value));
        put("actor", self.actor.to_string());
        put("request_id", self.request_id.to_string());
        put("correlation_id", self.correlation_id.to_string());
        if let Some(id) = self.causation_id {
            put("causation_id", id.to_string());
        }
        if let Some(address) = self.address {
            put("address", address.to_string());
        }
        Value::Object(fields)
    }

    /// Reads what is stored. Other writers may store less; what is missing is nil or `system:unknown`.
    #[must_use]
    pub fn from_json(stored: &Value) -> Self {
        let text = |name: &str| stored.get(name).and_then(Value::as_str);
        let id = |name: &str| text(name).and_then(|id| Uuid::parse_str(id).ok());
        Self {
            actor: text("actor")
                .and_then(|actor| actor.parse().ok())
                .unwrap_or_else(|| Actor::System("unknown".to_owned())),
            request_id: id("request_id").unwrap_or_default(),
            correlation_id: id("correlation_id").unwrap_or_default(),
            causation_id: id("causation_id"),
            address: text("address").and_then(|address| address.parse().ok()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_about_an_event_survives_being_stored() {
        let metadata = Metadata {
            actor: Actor::System("scheduler".into()),
            request_id: Uuid::from_u128(1),
            correlation_id: Uuid::from_u128(2),
            causation_id: Some(Uuid::from_u128(3)),
            address: "::1".parse().ok(),
        };
        assert_eq!(Metadata::from_json(&metadata.to_json()), metadata);
    }

    #[test]
    fn metadata_that_another_program_wrote_can_be_read() {
        let metadata = Metadata::from_json(&serde_json::json!({}));
        assert_eq!(metadata.actor, Actor::System("unknown".into()));
    }
}
