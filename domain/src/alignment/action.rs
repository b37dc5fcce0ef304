//! What is to become of a letter that does not fit its domain.

/// What is to become of a letter that does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// `none`: nothing, it is only told of.
    None,
    /// `quarantine`: it goes to the spam.
    Quarantine,
    /// `reject`: it is refused.
    Reject,
}

impl Action {
    /// The word in the record.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Quarantine => "quarantine",
            Self::Reject => "reject",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        [Self::None, Self::Quarantine, Self::Reject].into_iter().find(|it| it.name().eq_ignore_ascii_case(name))
    }
}
