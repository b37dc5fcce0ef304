use super::Russian;
use domain::{RelayName, RelayNameError};
use std::fmt;

impl Russian for RelayNameError {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "имя почтового сервера — от 1 до {} символов из a-z, 0-9 и -", RelayName::MAX_CHARS)
    }
}
