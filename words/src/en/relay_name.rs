use super::English;
use domain::{RelayName, RelayNameError};
use std::fmt;

impl English for RelayNameError {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a relay's name has 1 to {} characters out of a-z, 0-9 and -", RelayName::MAX_CHARS)
    }
}
