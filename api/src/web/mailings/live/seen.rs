//! A run as it was seen by whoever looked.

use projections::feedback::Counts;
use projections::mailings::Standing;
use projections::relays::Hold;
use projections::runs::Run;

/// A run as it was seen.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) run: Run,
    /// What its mailing is doing, if that keeps its letters.
    pub(super) mailing: Option<Standing>,
    /// What keeps its letters.
    pub(super) holds: Vec<Hold>,
    /// What came back of them so far.
    pub(super) came_back: Counts,
}

impl Seen {
    /// Whether a page would show the same.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let of = |seen: &Self| {
            let run = &seen.run;
            (run.version, run.status, run.totals(), run.started_at, run.finished_at)
        };
        let held = |seen: &Self| seen.holds.iter().map(|hold| hold.reason(true)).collect::<Vec<_>>();
        let same = of(self) == of(other) && self.mailing == other.mailing && self.came_back == other.came_back;
        same && held(self) == held(other)
    }
}
