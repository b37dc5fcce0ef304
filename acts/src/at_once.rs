//! Work that takes a core or a lot of memory for a while: a few at a time, of each account (or of whatever else is counted) and of all.
//!
//! Who comes while others are at it waits for a moment, in a queue that is short, and is told to come again after that.
//! Whoever does such work keeps the [`Turn`] until it is over, also when nobody waits for its result any more: a request
//! that is given up must not let the next one begin beside it.

use crate::limits;
use crate::refusal::Problem;
use domain::{Code, UserId};
use std::any::Any;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Who does one kind of work, and who waits for it.
#[derive(Clone, Debug)]
pub struct AtOnce<K = UserId> {
    of_each: usize,
    patience: Duration,
    free: Arc<Semaphore>,
    inside: Arc<Mutex<Inside<K>>>,
}

/// Who is at it or waits.
#[derive(Debug)]
struct Inside<K> {
    all: usize,
    /// Only those of whom somebody is inside.
    accounts: HashMap<K, (usize, Arc<Semaphore>)>,
}

/// The right to do the work now, until it is dropped.
#[derive(Debug)]
pub struct Turn {
    // Given back before the place is.
    _permits: [OwnedSemaphorePermit; 2],
    /// Whosever it is.
    _place: Box<dyn Any + Send + Sync>,
}

/// A place in the queue or at the work.
#[derive(Debug)]
struct Place<K: Eq + Hash> {
    account: K,
    inside: Arc<Mutex<Inside<K>>>,
}

impl<K: Copy + Eq + Hash + Send + Sync + 'static> AtOnce<K> {
    /// So many of each account, and so many of all, at a time; the others wait for at most as long as `patience` says.
    #[must_use]
    pub fn new(of_each: usize, of_all: usize, patience: Duration) -> Self {
        let inside = Arc::new(Mutex::new(Inside { all: 0, accounts: HashMap::new() }));
        Self { of_each, patience, free: Arc::new(Semaphore::new(of_all)), inside }
    }

    /// Waits for this account's turn.
    pub async fn take(&self, account: K) -> Result<Turn, Problem> {
        let (place, own) = self.enter(account).ok_or_else(|| self.busy())?;
        let permits = async { Ok::<_, tokio::sync::AcquireError>([own.acquire_owned().await?, self.free().await?]) };
        match tokio::time::timeout(self.patience, permits).await {
            Ok(Ok(permits)) => Ok(Turn { _permits: permits, _place: Box::new(place) }),
            // The semaphores are never closed.
            Ok(Err(_)) | Err(_) => Err(self.busy()),
        }
    }

    async fn free(&self) -> Result<OwnedSemaphorePermit, tokio::sync::AcquireError> {
        Arc::clone(&self.free).acquire_owned().await
    }

    fn enter(&self, account: K) -> Option<(Place<K>, Arc<Semaphore>)> {
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        let own = inside.accounts.get(&account).map_or(0, |(count, _)| *count);
        if inside.all >= limits::QUEUE_OF_ALL || own >= self.of_each + limits::QUEUE_OF_EACH {
            return None;
        }
        inside.all += 1;
        let fresh = || (0, Arc::new(Semaphore::new(self.of_each)));
        let (count, permits) = inside.accounts.entry(account).or_insert_with(fresh);
        *count += 1;
        Some((Place { account, inside: Arc::clone(&self.inside) }, Arc::clone(permits)))
    }

    fn busy(&self) -> Problem {
        let seconds = u32::try_from(self.patience.as_secs()).unwrap_or(u32::MAX).max(1);
        Problem::new(Code::RateLimited, &[], words::requests::Problem::Busy { seconds }).in_seconds(seconds)
    }
}

impl<K: Eq + Hash> Drop for Place<K> {
    fn drop(&mut self) {
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        inside.all -= 1;
        if let Some((count, _)) = inside.accounts.get_mut(&self.account) {
            *count -= 1;
            if *count == 0 {
                inside.accounts.remove(&self.account);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::future::join_all;
    use uuid::Uuid;

    const ANN: UserId = UserId(Uuid::from_u128(0xa));
    const BOB: UserId = UserId(Uuid::from_u128(0xb));

    fn code<T>(taken: &Result<T, Problem>) -> Option<(&'static str, Option<u32>)> {
        taken.as_ref().err().map(|problem| (problem.code.as_str(), problem.retry_after))
    }

    #[tokio::test(start_paused = true)]
    async fn one_account_that_does_all_it_may_leaves_room_for_another() {
        let work = AtOnce::new(2, 3, Duration::from_secs(2));
        let turns = join_all((0..2).map(|_| work.take(ANN))).await;
        assert!(turns.iter().all(Result::is_ok));
        assert_eq!(code(&work.take(ANN).await), Some(("RATE_LIMITED", Some(2))));
        let bobs = work.take(BOB).await;
        assert!(bobs.is_ok());
        assert!(work.take(BOB).await.is_err(), "three are at it");
        drop(turns);
        assert!(work.take(ANN).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_gets_the_turn_that_somebody_gives_back() {
        let work = AtOnce::new(1, 1, Duration::from_secs(2));
        let turn = work.take(ANN).await.expect("nobody is at it");
        let ((), waited) = tokio::join!(
            async {
                tokio::task::yield_now().await;
                drop(turn);
            },
            work.take(BOB)
        );
        assert!(waited.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn the_queue_is_short_and_is_forgotten_with_those_who_left_it() {
        let work = AtOnce::new(1, 1, Duration::from_secs(2));
        let turn = work.take(ANN).await.expect("nobody is at it");
        let waiting = join_all((0..limits::QUEUE_OF_EACH + 3).map(|_| work.take(ANN))).await;
        assert!(waiting.iter().all(|taken| code(taken) == Some(("RATE_LIMITED", Some(2)))));
        drop(turn);
        let inside = work.inside.lock().expect("not poisoned");
        assert_eq!((inside.all, inside.accounts.len()), (0, 0));
    }
}
