use crate::Refusal;

/// Why a notice's command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The id is in use.
    #[error("this notice was asked for already")]
    AlreadyRequested,
}

impl Refusal for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::AlreadyRequested => "ALREADY_EXISTS",
        }
    }

    fn field(&self) -> Option<&'static str> {
        None
    }
}
