//! The one door through which events are written and read: what they are called, in which form they are stored, and what was
//! stored in a form of before.
//!
//! The log keeps what it was given for ever. An event that is stored in an old form is lifted to today's wherever it is read
//! (by a stream, by a projection, in a history), so that no one else knows the old form. Which forms there were says each
//! aggregate ([`Decide::form`]).

use crate::StoreError;
use cqrs_es::DomainEvent;
use cqrs_es::persist::{EventUpcaster, SerializedEvent};
use domain::article::Article;
use domain::batch::Batch;
use domain::client::Client;
use domain::custom_field::CustomField;
use domain::feedback::Feedback;
use domain::group::Group;
use domain::import::Import;
use domain::mailing::Mailing;
use domain::message::Message;
use domain::notice::Notice;
use domain::rebuild::Rebuild;
use domain::run::Run;
use domain::segment::Segment;
use domain::sender::Sender;
use domain::sender_domain::SenderDomain;
use domain::session::Session;
use domain::subscription::Subscription;
use domain::suppression::Suppression;
use domain::token::Token;
use domain::user::User;
use domain::{Decide, Fact, Form, StreamKind, UnknownFact};
use serde_json::Value;
use std::marker::PhantomData;
use uuid::Uuid;

/// An event as a row holds it.
#[derive(Clone, Copy, Debug)]
pub struct Stored<'a> {
    /// The event's name.
    pub event_type: &'a str,
    /// The version in which it was written.
    pub version: &'a str,
    /// The event as JSON.
    pub payload: &'a str,
}

/// An event as a row is to hold it.
#[derive(Clone, Debug)]
pub(crate) struct Encoded {
    pub(crate) event_type: String,
    pub(crate) version: String,
    pub(crate) payload: String,
}

/// Why a stored event cannot be read.
#[derive(Debug)]
enum Unread {
    Version,
    Payload(serde_json::Error),
}

/// The form in which an event of this stream is written.
pub(crate) fn encode<A: Decide>(stream: Uuid, event: &A::Event) -> Result<Encoded, StoreError> {
    let payload = serde_json::to_string(event).map_err(|source| unreadable::<A>(stream, source))?;
    Ok(Encoded { event_type: event.event_type(), version: event.event_version(), payload })
}

/// The event of a stream, lifted if it is stored in a form of before.
pub(crate) fn decode<A: Decide>(stream: Uuid, stored: Stored<'_>) -> Result<A::Event, StoreError> {
    read::<A>(stored).map_err(|why| why.in_stream::<A>(stream, stored.version))
}

/// The same for what postgres-es has read.
pub(crate) fn decode_serialized<A: Decide>(stream: Uuid, event: SerializedEvent) -> Result<A::Event, StoreError> {
    let version = event.event_version;
    let read = match A::form(&event.event_type, &version) {
        Form::Today => serde_json::from_value(event.payload).map_err(Unread::Payload),
        Form::Old(lift) => serde_json::from_value(lift(event.payload)).map_err(Unread::Payload),
        Form::Unknown => Err(Unread::Version),
    };
    read.map_err(|why| why.in_stream::<A>(stream, &version))
}

/// What happened, as the domain knows it: an event of any aggregate.
pub fn fact(aggregate: &str, stream: &str, stored: Stored<'_>) -> Result<Fact, UnknownFact> {
    let kind = StreamKind::from_name(aggregate).ok_or_else(|| UnknownFact::Aggregate(aggregate.to_owned()))?;
    let id = Uuid::parse_str(stream).map_err(|_| UnknownFact::StreamId(stream.to_owned()))?;
    let fact = match kind {
        StreamKind::User => read::<User>(stored).map(|event| Fact::User(id.into(), event)),
        StreamKind::Client => read::<Client>(stored).map(|event| Fact::Client(id.into(), event)),
        StreamKind::Group => read::<Group>(stored).map(|event| Fact::Group(id.into(), event)),
        StreamKind::Message => read::<Message>(stored).map(|event| Fact::Message(id.into(), event)),
        StreamKind::Mailing => read::<Mailing>(stored).map(|event| Fact::Mailing(id.into(), event)),
        StreamKind::Run => read::<Run>(stored).map(|event| Fact::Run(id.into(), event)),
        StreamKind::Batch => read::<Batch>(stored).map(|event| Fact::Batch(id.into(), event)),
        StreamKind::Notice => read::<Notice>(stored).map(|event| Fact::Notice(id.into(), event)),
        StreamKind::Article => read::<Article>(stored).map(|event| Fact::Article(id.into(), event)),
        StreamKind::Session => read::<Session>(stored).map(|event| Fact::Session(id.into(), event)),
        StreamKind::Token => read::<Token>(stored).map(|event| Fact::Token(id.into(), event)),
        StreamKind::Rebuild => read::<Rebuild>(stored).map(|event| Fact::Rebuild(id.into(), event)),
        StreamKind::Suppression => read::<Suppression>(stored).map(|event| Fact::Suppression(id.into(), event)),
        StreamKind::Sender => read::<Sender>(stored).map(|event| Fact::Sender(id.into(), event)),
        StreamKind::SenderDomain => read::<SenderDomain>(stored).map(|event| Fact::SenderDomain(id.into(), event)),
        StreamKind::CustomField => read::<CustomField>(stored).map(|event| Fact::CustomField(id.into(), event)),
        StreamKind::Segment => read::<Segment>(stored).map(|event| Fact::Segment(id.into(), event)),
        StreamKind::Import => read::<Import>(stored).map(|event| Fact::Import(id.into(), event)),
        StreamKind::Subscription => read::<Subscription>(stored).map(|event| Fact::Subscription(id.into(), event)),
        StreamKind::Feedback => read::<Feedback>(stored).map(|event| Fact::Feedback(id.into(), event)),
    };
    fact.map_err(|why| match why {
        Unread::Version => UnknownFact::Version(stored.version.to_owned()),
        Unread::Payload(source) => UnknownFact::Payload { aggregate: aggregate.to_owned(), source },
    })
}

fn read<A: Decide>(stored: Stored<'_>) -> Result<A::Event, Unread> {
    let read = match A::form(stored.event_type, stored.version) {
        Form::Today => serde_json::from_str(stored.payload),
        Form::Old(lift) => serde_json::from_str(stored.payload).map(lift).and_then(serde_json::from_value),
        Form::Unknown => return Err(Unread::Version),
    };
    read.map_err(Unread::Payload)
}

impl Unread {
    fn in_stream<A: Decide>(self, stream: Uuid, version: &str) -> StoreError {
        match self {
            Self::Version => {
                StoreError::Version { aggregate: A::TYPE, id: stream.to_string(), version: version.to_owned() }
            }
            Self::Payload(source) => unreadable::<A>(stream, source),
        }
    }
}

fn unreadable<A: Decide>(stream: Uuid, source: serde_json::Error) -> StoreError {
    StoreError::Payload { aggregate: A::TYPE, id: stream.to_string(), source }
}

/// What a stock postgres-es needs to read an aggregate's events in the forms of before.
#[must_use]
pub fn upcasters<A: Decide + 'static>() -> Vec<Box<dyn EventUpcaster>> {
    vec![Box::new(Lifting::<A>(PhantomData))]
}

struct Lifting<A>(PhantomData<fn() -> A>);

impl<A: Decide> EventUpcaster for Lifting<A> {
    fn can_upcast(&self, event_type: &str, event_version: &str) -> bool {
        matches!(A::form(event_type, event_version), Form::Old(_))
    }

    fn upcast(&self, mut event: SerializedEvent) -> SerializedEvent {
        if let Form::Old(lift) = A::form(&event.event_type, &event.event_version) {
            event.payload = lift(std::mem::replace(&mut event.payload, Value::Null));
        }
        event
    }
}
