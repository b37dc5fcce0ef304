//! What a check finds.

/// What one check found.
pub(super) enum Finding {
    Fine(String),
    Problem {
        what: String,
        /// What to do about it.
        advice: String,
    },
    /// The service works, and letters may suffer all the same.
    Warning {
        what: String,
        /// What to do about it.
        advice: String,
    },
    /// Something else has to work first.
    Unknown(String),
}

pub(super) fn fine(what: impl Into<String>) -> Finding {
    Finding::Fine(what.into())
}

pub(super) fn problem(what: impl Into<String>, advice: impl Into<String>) -> Finding {
    Finding::Problem { what: what.into(), advice: advice.into() }
}

pub(super) fn warning(what: impl Into<String>, advice: impl Into<String>) -> Finding {
    Finding::Warning { what: what.into(), advice: advice.into() }
}
