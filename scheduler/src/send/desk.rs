//! Where letters are written.
//!
//! A small letter takes some microseconds and is written where it is sent from. A large one takes longer than other work of
//! the runtime may wait, so it has a thread of its own; and only so many bytes of large letters are there at once, from
//! before they are written until the mail server has them.

use crate::smtp::{Letter, LetterError};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Up to so many bytes a letter is small.
const SMALL: usize = 64 * 1024;

/// Large letters together take about so many bytes at most. One that takes more by itself has the desk for itself.
const SPACE: usize = 64 * 1024 * 1024;

/// Bytes are counted in units of this.
const UNIT: usize = 1024;

/// Writing copies: the text as merged, with its lines put right, encoded for transport, and as it goes out.
const COPIES: usize = 4;

/// The desk of an engine.
#[derive(Clone, Debug)]
pub(crate) struct Desk(Arc<Semaphore>);

/// What a letter takes of the desk, until it is dropped.
#[derive(Debug)]
pub(crate) struct Space {
    _units: Option<OwnedSemaphorePermit>,
}

impl Default for Desk {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(SPACE / UNIT)))
    }
}

impl Desk {
    /// Writes a letter whose texts have about so many bytes, as soon as there is space for it. The letter is sent before
    /// the space is dropped.
    pub(crate) async fn write<W>(&self, bytes: usize, write: W) -> Result<(Letter, Space), LetterError>
    where
        W: FnOnce() -> Result<Letter, LetterError> + Send + 'static,
    {
        if bytes <= SMALL {
            return Ok((write()?, Space { _units: None }));
        }
        let units = bytes.saturating_mul(COPIES).div_ceil(UNIT).min(SPACE / UNIT);
        let units = Arc::clone(&self.0).acquire_many_owned(u32::try_from(units).unwrap_or(u32::MAX)).await;
        let written = tokio::task::spawn_blocking(write).await;
        let letter = written.unwrap_or_else(|error| Err(LetterError::Build { why: error.to_string() }))?;
        // The desk is never closed.
        Ok((letter, Space { _units: units.ok() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smtp::{Contents, Mailbox};
    use std::thread;

    fn letter(text: &str) -> Result<Letter, LetterError> {
        let who = Mailbox::new("ann@example.org", None)?;
        Letter::new(Contents {
            from: &who,
            reply_to: None,
            to: &who,
            subject: "Hello",
            text,
            html: None,
            message_id: "<1@example.org>",
            date: chrono::DateTime::UNIX_EPOCH,
            headers: &[],
            structured: &[],
        })
    }

    async fn written_elsewhere(bytes: usize) -> bool {
        let here = thread::current().id();
        let (told, hears) = std::sync::mpsc::channel();
        let written = Desk::default()
            .write(bytes, move || {
                told.send(thread::current().id()).expect("somebody hears");
                letter("hello")
            })
            .await;
        assert!(written.is_ok());
        hears.recv().expect("it was written") != here
    }

    #[tokio::test]
    async fn a_small_letter_is_written_at_once_and_a_large_one_on_a_thread_of_its_own() {
        assert!(!written_elsewhere(SMALL).await);
        assert!(written_elsewhere(SMALL + 1).await);
        assert!(written_elsewhere(usize::MAX).await, "one that is larger than the desk is written all the same");
    }

    #[tokio::test]
    async fn large_letters_wait_until_others_have_left_and_small_ones_do_not() {
        let desk = Desk::default();
        let (_, space) = desk.write(SPACE, || letter("large")).await.expect("a letter");
        let mut waiting = Box::pin(desk.write(SMALL + 1, || letter("large, too")));
        assert!(futures_poll(&mut waiting).await.is_none());
        desk.write(SMALL, || letter("small")).await.expect("a letter");

        drop(space);

        waiting.await.expect("a letter");
    }

    /// What a future has to say when it is asked once.
    async fn futures_poll<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
        std::future::poll_fn(|context| {
            std::task::Poll::Ready(match std::pin::Pin::new(&mut *future).poll(context) {
                std::task::Poll::Ready(output) => Some(output),
                std::task::Poll::Pending => None,
            })
        })
        .await
    }

    #[tokio::test]
    async fn a_letter_that_cannot_be_written_takes_no_space() {
        let desk = Desk::default();
        for _ in 0..3 {
            let failed = desk.write(SPACE, || Err(LetterError::Build { why: "because".to_owned() })).await;
            assert!(failed.is_err());
        }
        assert_eq!(desk.0.available_permits(), SPACE / UNIT);
    }
}
