//! The threads on which letters are signed: as many as there are cores, and none before the first letter is to be signed.

use crate::smtp::{Letter, LetterError};
use chrono::{DateTime, Utc};
use dkim::Signer;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, SendError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// What they are called, for whoever looks which thread computes.
const NAME: &str = "signing";

/// Letters that wait for each of them: enough that none waits for its next letter.
const WAITING: usize = 4;

/// The threads of an engine. They end with it.
#[derive(Debug)]
pub(super) struct Threads {
    count: usize,
    /// A permit is a place in the queue; whoever waits for one waits in line.
    room: Arc<Semaphore>,
    /// Where letters go; nothing before the first.
    jobs: Mutex<Option<Sender<Job>>>,
}

/// A letter that waits for its signature.
#[derive(Debug)]
struct Job {
    letter: Letter,
    signer: Arc<Signer>,
    date: DateTime<Utc>,
    answer: oneshot::Sender<Result<Letter, LetterError>>,
    _room: Option<OwnedSemaphorePermit>,
}

impl Default for Threads {
    fn default() -> Self {
        Self::of(thread::available_parallelism().map_or(1, NonZero::get))
    }
}

impl Threads {
    fn of(count: usize) -> Self {
        Self { count, room: Arc::new(Semaphore::new(count * WAITING)), jobs: Mutex::default() }
    }

    /// Signs a letter.
    pub(super) async fn sign(
        &self,
        letter: Letter,
        signer: Arc<Signer>,
        date: DateTime<Utc>,
    ) -> Result<Letter, LetterError> {
        // The semaphore is never closed.
        let room = Arc::clone(&self.room).acquire_owned().await.ok();
        let (answer, answered) = oneshot::channel();
        let job = Job { letter, signer, date, answer, _room: room };
        // If no thread takes it, nobody answers.
        self.hand_on(job);
        answered.await.unwrap_or_else(|_| Err(unsigned("no thread has done it")))
    }

    /// Hands a letter to the threads. If there are none, as with the first letter, or because none could be started, they are started.
    fn hand_on(&self, job: Job) {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let left = match jobs.as_ref() {
            Some(threads) => threads.send(job).err().map(|SendError(job)| job),
            None => Some(job),
        };
        if let Some(job) = left {
            let threads = start(self.count);
            let _ = threads.send(job);
            *jobs = Some(threads);
        }
    }
}

fn unsigned(why: &str) -> LetterError {
    LetterError::Unsigned { why: why.to_owned() }
}

/// Starts so many threads, and says where letters for them go.
fn start(count: usize) -> Sender<Job> {
    let (jobs, queue) = mpsc::channel();
    let queue = Arc::new(Mutex::new(queue));
    for _ in 0..count {
        let queue = Arc::clone(&queue);
        if let Err(error) = thread::Builder::new().name(NAME.to_owned()).spawn(move || work(&queue)) {
            tracing::error!(%error, "a thread that signs letters cannot be started");
        }
    }
    jobs
}

/// Takes letters one by one until no more can come.
fn work(queue: &Mutex<Receiver<Job>>) {
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        job.be_done();
    }
}

impl Job {
    fn be_done(self) {
        let Self { letter, signer, date, answer, _room } = self;
        // Whoever asked may have gone away, and then it is not sent.
        if answer.is_closed() {
            return;
        }
        // A thread that ended would be missing for ever.
        let fields = catch_unwind(AssertUnwindSafe(|| signer.sign(letter.bytes(), date)));
        let signed = match fields {
            Ok(Ok(fields)) => Ok(letter.headed(&fields)),
            Ok(Err(error)) => Err(unsigned(&error.to_string())),
            Err(_) => Err(unsigned("the program that does it has a bug")),
        };
        let _ = answer.send(signed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smtp::{Contents, Mailbox};
    use dkim::{Domain, Key, Kind, PrivateKey, Selector};
    use std::collections::BTreeSet;
    use std::time::Duration;

    fn letter(text: &str) -> Letter {
        let who = Mailbox::new("ann@example.org", None).expect("an address");
        let contents = Contents {
            from: &who,
            reply_to: None,
            to: &who,
            subject: "Hello",
            text,
            html: None,
            message_id: "<1@example.org>",
            date: DateTime::UNIX_EPOCH,
            headers: &[],
            structured: &[],
        };
        Letter::new(contents).expect("a letter")
    }

    fn signer() -> Arc<Signer> {
        let private = PrivateKey::generate(Kind::Ed25519).expect("a key");
        let key = Key { selector: Selector::parse("s1").expect("a selector"), private };
        Arc::new(Signer::new(Domain::parse("example.org").expect("a domain"), vec![key]).expect("a signer"))
    }

    #[tokio::test]
    async fn the_signature_stands_first_and_is_the_same_each_time() {
        let (threads, signer, date) = (Threads::of(2), signer(), DateTime::UNIX_EPOCH);
        let complete = threads.sign(letter("Hello"), Arc::clone(&signer), date).await.expect("signed");
        let plain = letter("Hello");
        let head = complete.bytes().strip_suffix(plain.bytes()).expect("the letter stays as it is");
        assert!(head.starts_with(b"DKIM-Signature: v=1; ") && head.ends_with(b"\r\n"));
        let again = threads.sign(letter("Hello"), signer, date).await.expect("signed");
        assert_eq!(again.bytes(), complete.bytes());
    }

    #[tokio::test]
    async fn many_letters_at_once_get_their_own_signatures() {
        let (threads, signer) = (Arc::new(Threads::of(2)), signer());
        let tasks: Vec<_> = (0..100)
            .map(|number| {
                let (threads, signer) = (Arc::clone(&threads), Arc::clone(&signer));
                let letter = letter(&format!("Hello {number}"));
                tokio::spawn(async move { threads.sign(letter, signer, DateTime::UNIX_EPOCH).await })
            })
            .collect();
        let mut letters = BTreeSet::new();
        for task in tasks {
            letters.insert(task.await.expect("it ends").expect("signed").bytes().to_vec());
        }
        assert_eq!(letters.len(), 100);
    }

    #[tokio::test]
    async fn who_goes_away_leaves_room_for_the_next() {
        let (threads, signer) = (Threads::of(1), signer());
        for _ in 0..3 * WAITING {
            let sign = threads.sign(letter("Hello"), Arc::clone(&signer), DateTime::UNIX_EPOCH);
            let _ = tokio::time::timeout(Duration::ZERO, sign).await;
        }
        assert!(threads.sign(letter("Hello"), signer, DateTime::UNIX_EPOCH).await.is_ok());
        // The last one's place is free as soon as its thread has told that it is done.
        let all = threads.room.acquire_many(u32::try_from(WAITING).expect("a few"));
        let all = tokio::time::timeout(Duration::from_mins(1), all).await;
        assert!(all.is_ok_and(|all| all.is_ok()), "nobody is left in line");
    }

    #[tokio::test]
    async fn threads_are_there_only_once_something_is_to_be_signed() {
        let threads = Threads::of(1);
        let there = || threads.jobs.lock().expect("nobody has panicked").is_some();
        assert!(!there());
        threads.sign(letter("Hello"), signer(), DateTime::UNIX_EPOCH).await.expect("signed");
        assert!(there());
    }

    #[tokio::test]
    async fn where_no_thread_could_be_started_it_is_tried_again_with_the_next_letter() {
        let threads = Threads::of(1);
        // What is left of a start that failed: nobody takes letters.
        *threads.jobs.lock().expect("nobody has panicked") = Some(mpsc::channel().0);
        assert!(threads.sign(letter("Hello"), signer(), DateTime::UNIX_EPOCH).await.is_ok());
    }
}
