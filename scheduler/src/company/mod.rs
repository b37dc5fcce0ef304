//! Statements that wait for company.
//!
//! Dozens of small batches are worked on at the same time, and each by itself would ask PostgreSQL a dozen times for a handful of
//! letters: most of the cost of a small mailing would be in the asking. So whoever works on one of them gives its question to a
//! [`Company`], which asks for all that came meanwhile with one statement. Nobody waits for company that does not come: the first
//! one goes at once, and whoever comes while it is on its way goes together next.
//!
//! What has to happen for each batch, and in which order, stays with its task. A statement for many that fails says nothing about
//! one of them, so then each asks for itself.

mod errands;

pub(crate) use errands::{Appended, Errands};

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// So many go together at most.
const MOST: usize = 64;

/// What is asked for many at once.
pub(crate) trait Errand: Send + Sync + 'static {
    type Question: Send + 'static;
    type Answer: Send + 'static;

    /// The answers, in the order of the questions. None: each has to ask for itself.
    fn run(&self, questions: Vec<Self::Question>) -> impl Future<Output = Option<Vec<Self::Answer>>> + Send;
}

/// Those who ask the same kind of question.
pub(crate) struct Company<E: Errand>(Arc<Inner<E>>);

struct Inner<E: Errand> {
    errand: E,
    state: Mutex<State<E>>,
}

struct State<E: Errand> {
    waiting: Vec<Asking<E>>,
    /// Somebody is on the way, and will ask for those who wait.
    under_way: bool,
}

type Asking<E> = (<E as Errand>::Question, oneshot::Sender<<E as Errand>::Answer>);

impl<E: Errand> Company<E> {
    pub(crate) fn new(errand: E) -> Self {
        let state = State { waiting: Vec::new(), under_way: false };
        Self(Arc::new(Inner { errand, state: Mutex::new(state) }))
    }

    /// The answer; none if whoever asks has to ask for itself, as nobody knows what has become of the question.
    pub(crate) async fn ask(&self, question: E::Question) -> Option<E::Answer> {
        let (answer, answered) = oneshot::channel();
        let first = {
            let mut state = self.0.state();
            state.waiting.push((question, answer));
            !std::mem::replace(&mut state.under_way, true)
        };
        if first {
            // In a task of its own: whoever asked first may go away in the middle.
            tokio::spawn(Walk(Arc::clone(&self.0)).go());
        }
        answered.await.ok()
    }
}

impl<E: Errand> Inner<E> {
    fn state(&self) -> MutexGuard<'_, State<E>> {
        // Nothing in here leaves the state half changed when it panics.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks until nobody waits. However it ends, whoever comes later finds nobody on the way.
struct Walk<E: Errand>(Arc<Inner<E>>);

impl<E: Errand> Walk<E> {
    async fn go(self) {
        while let Some(together) = self.next() {
            let (questions, answers): (Vec<_>, Vec<_>) = together.into_iter().unzip();
            if let Some(found) = self.0.errand.run(questions).await {
                for (answer, found) in answers.into_iter().zip(found) {
                    // Whoever asked may be gone.
                    let _ = answer.send(found);
                }
            }
        }
    }

    /// Those who go together next.
    fn next(&self) -> Option<Vec<Asking<E>>> {
        let mut state = self.0.state();
        let count = state.waiting.len().min(MOST);
        let together: Vec<Asking<E>> = state.waiting.drain(..count).collect();
        state.under_way = !together.is_empty();
        (!together.is_empty()).then_some(together)
    }
}

impl<E: Errand> Drop for Walk<E> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        if state.under_way {
            // It was dropped in the middle. Those who wait ask for themselves.
            state.under_way = false;
            state.waiting.clear();
        }
    }
}

impl<E: Errand> std::fmt::Debug for Company<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Company").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
