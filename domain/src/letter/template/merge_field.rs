//! The merge fields that there are for everybody, and what they are called.

/// What every client may have, and the address by which they leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    FullName,
    FirstName,
    LastName,
    Email,
    Comment,
    UnsubscribeUrl,
}

impl Field {
    pub(super) const ALL: [Self; 6] =
        [Self::FullName, Self::FirstName, Self::LastName, Self::Email, Self::Comment, Self::UnsubscribeUrl];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::FullName => "full_name",
            Self::FirstName => "first_name",
            Self::LastName => "last_name",
            Self::Email => "email",
            Self::Comment => "comment",
            Self::UnsubscribeUrl => "unsubscribe_url",
        }
    }
}

/// The names of all of them.
pub(crate) const NAMES: [&str; Field::ALL.len()] = names();

const fn names() -> [&'static str; Field::ALL.len()] {
    let mut names = [""; Field::ALL.len()];
    let mut i = 0;
    while i < names.len() {
        names[i] = Field::ALL[i].name();
        i += 1;
    }
    names
}
