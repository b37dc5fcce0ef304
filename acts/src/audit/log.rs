//! What happened to things, event by event.

use crate::Services;
use crate::who::Viewer;
use domain::{Actor, BatchId, Fact, FeedbackId, RunId, StreamKind};
use eventstore::Metadata;
use projections::audit::{self, Stream, Unread};
use projections::deliveries;
use projections::history::AuditEvent;
use projections::runs::Run;
use serde_json::Value;
use std::borrow::Cow;
use std::net::IpAddr;

/// More events than a batch and the feedback on it have.
const OF_BATCH: i64 = 20_000;

/// The network address from which an event was caused, if the viewer may know it: whoever watches over the service may, and everybody
/// may of what they did themselves.
#[must_use]
pub fn address(viewer: &Viewer, told: &Metadata) -> Option<IpAddr> {
    let is_own = told.actor == Actor::User(viewer.id());
    told.address.filter(|_| viewer.may_watch() || is_own)
}

/// What is written in letters. Whoever watches over others' mailings reads what these send, where they are shown, and no draft; the log
/// has both alike.
const LETTERS: [(StreamKind, &str); 2] = [(StreamKind::Message, "Created"), (StreamKind::Message, "Revised")];

/// What is written in articles, which is their writers' until they are published.
const ARTICLES: [(StreamKind, &str); 2] = [(StreamKind::Article, "Drafted"), (StreamKind::Article, "Revised")];

/// The events whose words are not for this viewer, unless they caused them.
fn of_others(viewer: &Viewer) -> Vec<(StreamKind, &'static str)> {
    let letters = LETTERS.into_iter().filter(|_| viewer.may_watch());
    let articles = ARTICLES.into_iter().filter(|_| !viewer.may_write_articles());
    letters.chain(articles).collect()
}

/// Whether the viewer is told that this happened, and not the words that somebody wrote then.
pub(crate) fn hides_words(viewer: &Viewer, event: &AuditEvent) -> bool {
    let is_it = |(kind, name): (StreamKind, &str)| event.aggregate_type == kind.name() && event.event_type == name;
    of_others(viewer).into_iter().any(is_it) && event.told().actor != Actor::User(viewer.id())
}

/// The data of an event as the viewer may read them: without the words that others wrote in letters and articles, see [`unread`].
#[must_use]
pub fn data<'a>(viewer: &Viewer, event: &'a AuditEvent) -> Cow<'a, Value> {
    if hides_words(viewer, event) {
        let without_words = std::iter::once((event.event_type.clone(), Value::Null));
        return Cow::Owned(Value::Object(without_words.collect()));
    }
    Cow::Borrowed(&event.payload)
}

/// In which events no text is looked for, as the viewer does not read them.
#[must_use]
pub fn unread(viewer: &Viewer) -> Unread {
    let events = of_others(viewer).into_iter().map(|(kind, name)| format!("{}/{name}", kind.name()));
    Unread { events: events.collect(), but_of: Some(viewer.id()) }
}

/// The streams of a run: its own, and those of its batches as far as they are planned, and of the feedback on them.
#[must_use]
pub fn streams_of_run(run: &Run) -> Vec<Stream> {
    let most = i64::try_from(domain::batch::MAX_RECIPIENTS).unwrap_or(i64::MAX);
    let planned = run.batches.map_or_else(|| run.planned.div_euclid(most) + 1, i64::from);
    let batches = 0..u32::try_from(planned).unwrap_or(0);
    let id = RunId(run.id);
    [Stream::new(StreamKind::Run, run.id)].into_iter().chain(batches.flat_map(|number| of_batch(id, number))).collect()
}

/// The streams of a batch: its own, and that of the feedback on it.
fn of_batch(run: RunId, number: u32) -> [Stream; 2] {
    let feedback = Stream::new(StreamKind::Feedback, FeedbackId::derive(run, number).0);
    [Stream::new(StreamKind::Batch, BatchId::derive(run, number).0), feedback]
}

/// The events that concern one delivery, oldest first: those of its batch, and of the feedback on it, that tell something of its recipient.
pub async fn of_delivery(services: &Services, run: RunId, ordinal: i32) -> Result<Vec<AuditEvent>, sqlx::Error> {
    let (number, place) = deliveries::place(ordinal);
    let mut events = audit::of_streams(services.pool(), &of_batch(run, number), None, OF_BATCH).await?;
    // What does not read is rather told of than left out.
    events.retain(|event| match event.fact() {
        Ok(Fact::Batch(_, event)) => event.concerns(place),
        Ok(Fact::Feedback(_, event)) => i32::try_from(event.letter().ordinal) == Ok(ordinal),
        _ => true,
    });
    Ok(events)
}
