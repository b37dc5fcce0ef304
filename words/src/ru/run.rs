use super::{Russian, counted};
use domain::run::Error;
use std::fmt;

impl Russian for Error {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missed => write!(f, "этот запуск пропущен и уже не состоится"),
            Self::NotSending => write!(f, "список получателей запуска ещё не зафиксирован"),
            Self::FrozenOtherwise { before, planned } => {
                write!(f, "список получателей зафиксирован, и в нём их {before}, а не {planned}")
            }
            Self::DoesNotAddUp { planned, totals } => {
                write!(f, "исходы не складываются в запланированные {planned}: {totals:?}")
            }
            Self::NotDone { open } => {
                let open = counted(*open, ["доставка", "доставки", "доставок"]);
                write!(f, "ещё не имеют исхода: {open}")
            }
        }
    }
}
