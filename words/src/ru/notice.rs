use super::Russian;
use domain::notice::Error;
use std::fmt;

impl Russian for Error {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyRequested => write!(f, "это письмо сервиса уже запрошено"),
            Self::NotRequested => write!(f, "это письмо сервиса никто не запрашивал"),
            Self::NotWaiting => write!(f, "это письмо сервиса не ждёт отправки"),
            Self::NotInFlight => write!(f, "это письмо сервиса сейчас не отправляется"),
        }
    }
}
