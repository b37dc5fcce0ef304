//! Why somebody did something to what is another's.

use crate::counted_in_russian;

/// The longest reason that a person gives, in characters. It is a sentence or two for whom it concerns to read, and is shown
/// with the history.
pub const MAX_REASON: usize = 500;

/// What is wrong with a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Missing,
    TooLong { length: usize },
}

/// What [`Fault::TooLong`] is in Russian.
pub(crate) fn too_long_in_russian(length: usize) -> String {
    let length = counted_in_russian(length as u64, ["символ", "символа", "символов"]);
    format!("в причине {length}; помещается не больше {MAX_REASON}")
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
