//! The settings as they were given.

use std::collections::HashMap;

/// Where a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Nobody set it.
    Default,
    /// The environment, or the file `.env`.
    Environment,
    /// A flag.
    Flag,
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Default => "default",
            Self::Environment => "environment",
            Self::Flag => "flag",
        })
    }
}

/// What was given for each setting and where. It is read from clap's matches as if it were a group of arguments, without
/// being one.
#[derive(Debug, Clone)]
pub(super) struct Given(pub(super) HashMap<String, (String, Source)>);
