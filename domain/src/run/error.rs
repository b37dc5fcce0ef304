use crate::{Code, Refusal, Totals, counted_in_russian};

/// Why a run's command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The moment of the run has been recorded as missed.
    #[error("this occurrence was missed and will not be sent")]
    Missed,
    /// The step is out of order.
    #[error("the run's audience is not frozen")]
    NotSending,
    /// Two planners came to different audiences, which the staged audience should make impossible.
    #[error("the audience is frozen with {before} recipients, not with {planned}")]
    FrozenOtherwise {
        /// How many recipients were frozen before.
        before: u64,
        /// How many recipients the command names.
        planned: u64,
    },
    /// The numbers are wrong.
    #[error("the outcomes do not add up to the {planned} planned: {totals:?}")]
    DoesNotAddUp {
        /// How many recipients were frozen.
        planned: u64,
        /// The outcomes that the command names.
        totals: Totals,
    },
    /// Some deliveries of the run have no outcome yet.
    #[error("{open} deliveries have no outcome yet")]
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

    fn in_russian(&self) -> String {
        match self {
            Self::Missed => "этот запуск пропущен и уже не состоится".to_owned(),
            Self::NotSending => "список получателей запуска ещё не зафиксирован".to_owned(),
            Self::FrozenOtherwise { before, planned } => {
                format!("список получателей зафиксирован, и в нём их {before}, а не {planned}")
            }
            Self::DoesNotAddUp { planned, totals } => {
                format!("исходы не складываются в запланированные {planned}: {totals:?}")
            }
            Self::NotDone { open } => {
                let open = counted_in_russian(*open, ["доставка", "доставки", "доставок"]);
                format!("ещё не имеют исхода: {open}")
            }
        }
    }
}
