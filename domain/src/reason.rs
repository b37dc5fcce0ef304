//! Why somebody did something to what is another's.

/// The longest reason that a person gives, in characters. It is a sentence or two for whom it concerns to read, and is shown
/// with the history.
pub const MAX_REASON: usize = 500;

/// What is wrong with a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Missing,
    TooLong { length: usize },
}

/// The reason as it was given, if it says something and is not too long.
pub(crate) fn checked(reason: String) -> Result<String, Fault> {
    let length = reason.chars().count();
    if reason.trim().is_empty() {
        Err(Fault::Missing)
    } else if length > MAX_REASON {
        Err(Fault::TooLong { length })
    } else {
        Ok(reason)
    }
}
