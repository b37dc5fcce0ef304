//! How long an answer may still become.
//!
//! How many fields an answer can have is known before; how long its texts are is not. So whatever is long takes room before
//! it is copied into the answer. An answer that ran out of room is thrown away and refused as a whole: with holes in it, it
//! would look like a right one.

use crate::limits;
use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::{ContextSelectionSet, OutputType, Positioned, ServerResult, Value};
use std::borrow::Cow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The room that is left in the answer to one request. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Room(Arc<AtomicUsize>);

/// There was no room at some time, whatever is asked for since.
const OVER: usize = usize::MAX;

/// The same, because others have it now.
const BUSY: usize = usize::MAX - 1;

impl Room {
    /// Room for as many bytes.
    pub(crate) fn new(bytes: usize) -> Self {
        Self(Arc::new(AtomicUsize::new(bytes.min(BUSY - 1))))
    }

    /// Takes room for so many bytes. False, now and ever after, if there is not as much.
    pub(crate) fn take(&self, bytes: usize) -> bool {
        let taken = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
            Some(if left >= BUSY { left } else { left.checked_sub(bytes).unwrap_or(OVER) })
        });
        taken.is_ok() && !self.is_over()
    }

    /// There is none any more.
    fn fill(&self, why: usize) {
        self.0.store(why, Ordering::Relaxed);
    }

    /// Whether somebody found no room.
    pub(crate) fn is_over(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= BUSY
    }

    /// Whether that was because others had it.
    pub(crate) fn is_busy(&self) -> bool {
        self.0.load(Ordering::Relaxed) == BUSY
    }
}

/// The room that is left for letters that one request reads from the database, of which it may show only a part.
#[derive(Debug)]
pub(crate) struct Letters {
    own: Room,
    answer: Room,
    /// One permit for each KiB, of all requests together.
    of_all: Arc<Semaphore>,
    held: Mutex<Vec<OwnedSemaphorePermit>>,
}

impl Letters {
    /// Room for the letters of one request, `most` bytes. It is held until this is dropped, when the answer has been written.
    pub(crate) fn new(answer: &Room, most: usize, of_all: Arc<Semaphore>) -> Self {
        Self { own: Room::new(most), answer: answer.clone(), of_all, held: Mutex::default() }
    }

    /// Takes room for so many bytes, as soon as there is some. If not, the answer is refused.
    pub(crate) async fn take(&self, bytes: i64) -> bool {
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        if !self.own.take(bytes) {
            self.answer.fill(OVER);
            return false;
        }
        let permits = u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX);
        let permits = Arc::clone(&self.of_all).acquire_many_owned(permits);
        let Ok(Ok(permits)) = tokio::time::timeout(limits::LETTERS_PATIENCE, permits).await else {
            self.answer.fill(BUSY);
            return false;
        };
        self.held.lock().unwrap_or_else(PoisonError::into_inner).push(permits);
        true
    }
}

/// A text that can be long: a letter, an article, a difference.
#[derive(Clone, Debug)]
pub(crate) struct LongText<T>(pub(crate) T);

impl<T: AsRef<str> + Send + Sync> OutputType for LongText<T> {
    fn type_name() -> Cow<'static, str> {
        <String as OutputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <String as OutputType>::create_type_info(registry)
    }

    async fn resolve(&self, context: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        let text = self.0.as_ref();
        // Null is never seen: the answer is refused.
        let room: &Room = context.data_unchecked();
        Ok(if room.take(text.len()) { Value::String(text.to_owned()) } else { Value::Null })
    }
}

/// A text for which [room was taken](for_text) before it was there at all. None: there was no room.
#[derive(Debug)]
pub(crate) struct Roomy<T>(Option<T>);

/// A text of so many bytes, which is fetched only if there is room for it: many of them together do not fit into memory.
pub(crate) async fn for_text<T, E>(
    room: &Room,
    bytes: usize,
    fetch: impl Future<Output = Result<T, E>>,
) -> Result<Roomy<T>, E> {
    Ok(Roomy(if room.take(bytes) { Some(fetch.await?) } else { None }))
}

impl<T: AsRef<str> + Send + Sync> OutputType for Roomy<T> {
    fn type_name() -> Cow<'static, str> {
        <String as OutputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <String as OutputType>::create_type_info(registry)
    }

    async fn resolve(&self, _: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        // Null is never seen: the answer is refused.
        Ok(self.0.as_ref().map_or(Value::Null, |text| Value::String(text.as_ref().to_owned())))
    }
}

/// What was recorded, as JSON. A batch's events name all of its recipients.
pub(crate) struct LongJson<'a>(pub(crate) Cow<'a, serde_json::Value>);

impl OutputType for LongJson<'_> {
    fn type_name() -> Cow<'static, str> {
        <async_graphql::Json<serde_json::Value> as OutputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <async_graphql::Json<serde_json::Value> as OutputType>::create_type_info(registry)
    }

    async fn resolve(&self, context: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        let room: &Room = context.data_unchecked();
        let value: &serde_json::Value = &self.0;
        Ok(if room.take(size(value)) { Value::from_json(value.clone()).unwrap_or_default() } else { Value::Null })
    }
}

/// What a value of an answer takes beside its text, in bytes of memory.
pub(crate) const VALUE: usize = 128;

/// About as many bytes as a value takes.
fn size(value: &serde_json::Value) -> usize {
    use serde_json::Value as Json;
    VALUE
        + match value {
            Json::Null | Json::Bool(_) | Json::Number(_) => 0,
            Json::String(text) => text.len(),
            Json::Array(items) => items.iter().map(size).sum(),
            Json::Object(fields) => fields.iter().map(|(name, value)| name.len() + size(value)).sum(),
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_found_no_room_once_is_over() {
        let room = Room::new(10);
        assert!(room.take(4));
        assert!(room.clone().take(6));
        assert!(room.take(0) && !room.is_over());
        assert!(!room.take(1));
        assert!(room.is_over());
        assert!(!room.take(0), "an answer that has a hole stays one");
        assert!(!Room::new(usize::MAX).take(usize::MAX));
    }
}
