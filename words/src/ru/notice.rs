use super::Russian;
use domain::notice::Error;
use std::fmt;

impl Russian for Error {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyRequested => write!(f, "это письмо службы уже запрошено"),
            Self::NotRequested => write!(f, "это письмо службы никто не запрашивал"),
            Self::NotWaiting => write!(f, "это письмо службы не ждёт отправки"),
            Self::NotInFlight => write!(f, "это письмо службы сейчас не отправляется"),
        }
    }
}
