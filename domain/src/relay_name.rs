//! The name of a relay: how settings, mailings and metrics speak of it.

use crate::refusal::told_by_code;
use crate::{Code, Refusal};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A relay's name: 1 to 32 of a-z, 0-9 and `-`, so that it fits into URLs, tables and metrics as it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RelayName(String);

/// Why something is no relay's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelayNameError;

impl RelayName {
    /// The longest name of a relay, in characters.
    pub const MAX_CHARS: usize = 32;

    /// Reads a relay's name.
    pub fn parse(text: &str) -> Result<Self, RelayNameError> {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if (1..=Self::MAX_CHARS).contains(&text.len()) && text.bytes().all(fits) {
            Ok(Self(text.to_owned()))
        } else {
            Err(RelayNameError)
        }
    }

    /// The name as a text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a relay is called when nobody has named it.
impl Default for RelayName {
    fn default() -> Self {
        Self("default".to_owned())
    }
}

impl fmt::Display for RelayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for RelayName {
    type Err = RelayNameError;

    fn from_str(text: &str) -> Result<Self, RelayNameError> {
        Self::parse(text)
    }
}

impl Refusal for RelayNameError {
    fn code(&self) -> Code {
        Code::RelayNameInvalid
    }

    fn field(&self) -> Option<&'static str> {
        Some("relay")
    }
}

told_by_code!(RelayNameError);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_fits_into_urls_tables_and_metrics() {
        for good in ["default", "a", "eu-1", &"x".repeat(32)] {
            assert_eq!(RelayName::parse(good).expect("a name").as_str(), good);
        }
        for bad in ["", "EU", "a b", "ü", "a_b", "a.b", &"x".repeat(33)] {
            assert_eq!(RelayName::parse(bad), Err(RelayNameError), "{bad}");
        }
    }
}
