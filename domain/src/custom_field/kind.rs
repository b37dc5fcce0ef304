//! Of which kind the values of a custom field are.

use serde::{Deserialize, Serialize};

/// Of which kind the values of a field are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The values are texts.
    Text,
    /// The values are decimal numbers.
    Number,
    /// The values are days.
    Date,
    /// The values are yes or no.
    YesNo,
}

impl Kind {
    /// All kinds that there are.
    pub const ALL: [Self; 4] = [Self::Text, Self::Number, Self::Date, Self::YesNo];

    /// The name under which it is stored.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Date => "date",
            Self::YesNo => "yes_no",
        }
    }

    /// The kind that is stored under this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}
