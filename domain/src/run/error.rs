use crate::refusal::told_by_code;
use crate::{Code, Refusal, Totals};

/// Why a run's command was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The moment of the run has been recorded as missed.
    Missed,
    /// The step is out of order.
    NotSending,
    /// Two planners came to different audiences, which the staged audience should make impossible.
    FrozenOtherwise {
        /// How many recipients were frozen before.
        before: u64,
        /// How many recipients the command names.
        planned: u64,
    },
    /// The numbers are wrong.
    DoesNotAddUp {
        /// How many recipients were frozen.
        planned: u64,
        /// The outcomes that the command names.
        totals: Totals,
    },
    /// Some deliveries of the run have no outcome yet.
    NotDone {
        /// How many deliveries have no outcome yet.
        open: u64,
    },
}

impl Refusal for Error {
    fn code(&self) -> Code {
        match self {
            Self::Missed => Code::OccurrenceMissed,
            Self::NotSending => Code::RunNotSending,
            Self::FrozenOtherwise { .. } => Code::AudienceFrozenOtherwise,
            Self::DoesNotAddUp { .. } => Code::TotalsDoNotAddUp,
            Self::NotDone { .. } => Code::RunNotDone,
        }
    }
}

told_by_code!(Error);
