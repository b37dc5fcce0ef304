//! Which deliveries a list shows.

use crate::feedback::CameBack;
use domain::Outcome;

/// The deliveries that are looked for; all of them by default.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only deliveries with one of these outcomes; with any if it is empty.
    pub outcomes: Vec<Outcome>,
    /// Only deliveries in doubt about which nobody has decided.
    pub undecided: bool,
    /// Only deliveries to somebody whose address or name contains this, as it was when the run started.
    pub search: Option<String>,
    /// Only deliveries of whose letters that was reported.
    pub came_back: Option<CameBack>,
}

impl Filter {
    /// Only deliveries with one of these outcomes; with any if none is named.
    #[must_use]
    pub fn with(outcomes: &[Outcome]) -> Self {
        Self { outcomes: outcomes.to_vec(), ..Self::default() }
    }
}

pub(super) fn names(outcomes: &[Outcome]) -> Vec<String> {
    outcomes.iter().map(|outcome| outcome.name().to_owned()).collect()
}
