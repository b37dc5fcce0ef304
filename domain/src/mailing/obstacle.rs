use crate::{Code, Refusal};

/// What keeps a mailing from starting by itself although nobody has stopped it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    /// There are no rules for its time zone here: another process, with newer ones, planned it.
    #[error(
        "the service has no rules for the time zone {zone:?}, so it cannot tell when a run is due, and starts none by itself; \
         choose another zone, or have its time zones updated (`skymailing doctor` tells how)"
    )]
    TimeZoneUnknown {
        /// The name of the time zone.
        zone: String,
    },
}

impl Refusal for Obstacle {
    fn code(&self) -> Code {
        match self {
            Self::TimeZoneUnknown { .. } => Code::TimeZoneUnknown,
        }
    }

    fn field(&self) -> Option<&'static str> {
        Some("timeZone")
    }

    fn in_russian(&self) -> String {
        match self {
            Self::TimeZoneUnknown { zone } => format!(
                "службе неизвестны правила часового пояса {zone:?}, поэтому она не может узнать, когда пора начинать, и сама \
                 ничего не запускает; выберите другой пояс или попросите обновить часовые пояса (как — подскажет \
                 `skymailing doctor`)"
            ),
        }
    }
}
