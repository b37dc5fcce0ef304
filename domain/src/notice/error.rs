use crate::{Code, Refusal};

/// Why a notice's command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The id is in use.
    #[error("this notice was asked for already")]
    AlreadyRequested,
    /// Nobody asked for the notice.
    #[error("nobody asked for this notice")]
    NotRequested,
    /// An intent for a notice that is in flight or has its outcome: it could be sent twice.
    #[error("this notice is not waiting to be sent")]
    NotWaiting,
    /// An outcome without an intent.
    #[error("this notice is not in flight")]
    NotInFlight,
}

impl Refusal for Error {
    fn code(&self) -> Code {
        match self {
            Self::AlreadyRequested => Code::AlreadyExists,
            Self::NotRequested => Code::NotFound,
            Self::NotWaiting => Code::NotWaiting,
            Self::NotInFlight => Code::NotInFlight,
        }
    }

    fn in_russian(&self) -> String {
        match self {
            Self::AlreadyRequested => "это письмо службы уже запрошено",
            Self::NotRequested => "это письмо службы никто не запрашивал",
            Self::NotWaiting => "это письмо службы не ждёт отправки",
            Self::NotInFlight => "это письмо службы сейчас не отправляется",
        }
        .to_owned()
    }
}
