//! What the log says of reports that are not believed: whoever likes can send thousands of them, and a line for each would be a way to fill it.

use bounces::webhooks::Forged;
use domain::feedback::Via;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::sleep;
use uuid::Uuid;

/// How often at most there is a line about the reports of one provider.
const EVERY: Duration = Duration::from_mins(1);

/// The reports that were not believed since the last line about them. Clones count together.
#[derive(Clone, Debug, Default)]
pub(in crate::http) struct Doubts(Arc<Mutex<BTreeMap<Via, Since>>>);

/// What came since the last line.
#[derive(Debug)]
struct Since {
    reports: u64,
    /// Why the last one was not believed.
    why: Forged,
}

impl Doubts {
    /// One more report is not believed. The first one makes a line, and what follows within a minute makes another one together.
    pub(super) fn note(&self, via: Via, why: Forged, request_id: Uuid) {
        if self.begins(via, why) {
            let provider = via.name();
            tracing::warn!(%request_id, provider, %why, "a report is not believed");
            tokio::spawn(self.clone().go_on(via));
        }
    }

    /// Has a line written every minute, until nothing more comes.
    async fn go_on(self, via: Via) {
        loop {
            sleep(EVERY).await;
            let Some(Since { reports, why }) = self.turn(via) else { return };
            let provider = via.name();
            tracing::warn!(reports, provider, %why, "more reports were not believed within the last minute");
        }
    }

    /// Whether it is the first one for a minute. If it is not, it is counted.
    fn begins(&self, via: Via, why: Forged) -> bool {
        match self.since().entry(via) {
            Entry::Vacant(place) => {
                place.insert(Since { reports: 0, why });
                true
            }
            Entry::Occupied(mut place) => {
                let since = place.get_mut();
                (since.reports, since.why) = (since.reports.saturating_add(1), why);
                false
            }
        }
    }

    /// What came since the last line; none if nothing did, and then the next one is the first again.
    fn turn(&self, via: Via) -> Option<Since> {
        let mut since = self.since();
        let counted = since.remove(&via).filter(|counted| counted.reports > 0)?;
        since.insert(via, Since { reports: 0, why: counted.why });
        Some(counted)
    }

    fn since(&self) -> MutexGuard<'_, BTreeMap<Via, Since>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_report_makes_a_line_and_those_of_each_minute_after_it_one_together() {
        let doubts = Doubts::default();
        let turn = |via| doubts.turn(via).map(|since| (since.reports, since.why));
        assert!(doubts.begins(Via::Ses, Forged::Unsigned), "it is the first");
        for _ in 0..999 {
            assert!(!doubts.begins(Via::Ses, Forged::Unsigned));
        }
        assert!(!doubts.begins(Via::Ses, Forged::Wrong));
        assert!(doubts.begins(Via::Brevo, Forged::Wrong), "each provider has its own");
        assert_eq!(turn(Via::Ses), Some((1_000, Forged::Wrong)));
        assert_eq!(turn(Via::Brevo), None, "nothing more came");

        assert!(!doubts.begins(Via::Ses, Forged::Old), "the minute after a line");
        assert_eq!(turn(Via::Ses), Some((1, Forged::Old)));
        assert_eq!(turn(Via::Ses), None);
        assert!(doubts.begins(Via::Ses, Forged::Old), "it is the first again");
    }
}
