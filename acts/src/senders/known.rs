//! What was found at domains at last.
//!
//! Whoever starts a mailing wants to know it at once, and a name service that says nothing takes its time every time. So one looks for
//! all, and what was found is kept for a while.

use domain::alignment::{Finding, Sender};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// How long it is kept. Answers of the name service are kept by themselves, so this is short: whoever has corrected a record waits for
/// both.
const KEPT: Duration = Duration::from_secs(30);

/// What was found at so many domains is kept.
const MOST: usize = 1_024;

/// What was found: nothing while somebody looks.
type Found = Option<Arc<[Finding]>>;

/// What was found at domains at last. Clones share it.
#[derive(Clone, Default)]
pub(super) struct Known(Arc<Mutex<HashMap<Sender, Look>>>);

/// One look at a domain.
struct Look {
    began_at: Instant,
    found: watch::Receiver<Found>,
}

impl Look {
    fn is_old(&self) -> bool {
        self.began_at.elapsed() >= KEPT
    }
}

impl Known {
    /// What somebody finds who looks, or has looked lately. If nobody does, `begin` has somebody look who tells it.
    pub(super) fn or_begin(&self, sender: &Sender, begin: impl FnOnce(watch::Sender<Found>)) -> watch::Receiver<Found> {
        let mut looks = self.looks();
        if let Some(look) = looks.get(sender).filter(|look| !look.is_old()) {
            return look.found.clone();
        }
        let (tell, found) = watch::channel(None);
        keep(&mut looks, sender, found.clone());
        drop(looks);
        begin(tell);
        found
    }

    /// Keeps what somebody found who looked by themselves.
    pub(super) fn learn(&self, sender: &Sender, findings: &[Finding]) {
        let (_, found) = watch::channel(Some(Arc::from(findings)));
        keep(&mut self.looks(), sender, found);
    }

    fn looks(&self) -> MutexGuard<'_, HashMap<Sender, Look>> {
        // Nothing in here leaves it half changed when it panics.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn keep(looks: &mut HashMap<Sender, Look>, sender: &Sender, found: watch::Receiver<Found>) {
    if looks.len() >= MOST {
        looks.retain(|_, look| !look.is_old());
    }
    if looks.len() >= MOST {
        looks.clear();
    }
    looks.insert(sender.clone(), Look { began_at: Instant::now(), found });
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::alignment::Domain;

    fn sender() -> Sender {
        Sender::new(Domain::parse("example.org").expect("a domain"), Vec::new())
    }

    /// Whether somebody begins to look.
    fn begins(known: &Known) -> bool {
        let mut begun = false;
        known.or_begin(&sender(), |_| begun = true);
        begun
    }

    #[tokio::test(start_paused = true)]
    async fn one_looks_for_all_and_for_a_while() {
        let known = Known::default();
        assert!(begins(&known));
        assert!(!begins(&known) && !begins(&known.clone()));
        tokio::time::advance(KEPT).await;
        assert!(begins(&known));
    }

    #[tokio::test(start_paused = true)]
    async fn what_somebody_else_found_is_news() {
        let known = Known::default();
        assert!(begins(&known));
        known.learn(&sender(), &[]);
        let found = known.or_begin(&sender(), |_| panic!("it is known"));
        assert_eq!(found.borrow().as_deref(), Some(&[][..]));
    }
}
