use super::{Russian, of_characters};
use domain::MAX_REASON;
use domain::sender::Error;
use std::fmt;

impl Russian for Error {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => write!(f, "такого отправителя у вас нет"),
            Self::AlreadyExists => write!(f, "такой отправитель уже есть"),
            Self::AddressTaken { address } => write!(
                f,
                "адрес {address} есть у другого вашего отправителя или был у того, которого отозвал администратор"
            ),
            Self::NotVerified { address } => write!(
                f,
                "писать от {address} пока нельзя: откройте ссылку в письме, которое туда пришло, или отправьте его ещё раз"
            ),
            Self::Revoked { address } => write!(
                f,
                "администратор отозвал отправителя {address}: выберите другого или попросите того, кто обслуживает сервис, разрешить его снова"
            ),
            Self::ReasonMissing => write!(f, "укажите причину: её прочтёт владелец отправителя"),
            Self::ReasonTooLong { length } => {
                write!(f, "в причине {}; помещается не больше {MAX_REASON}", of_characters(*length))
            }
        }
    }
}
