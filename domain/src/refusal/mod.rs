//! What every error of the domain tells a program.

mod code;

pub use code::{Code, Place};

/// Why something cannot be: a code for a program, and the field it is about. What people are told of it is said elsewhere, in
/// each language; its `Display` is for the log.
pub trait Refusal: std::error::Error {
    /// The code, such as [`Code::WindowReversed`].
    fn code(&self) -> Code;

    /// The field of the request that has to change, if it is about one.
    fn field(&self) -> Option<&'static str> {
        None
    }
}

/// Makes an error of a refusal: its `Display` is its code and what it holds, for the log. People are told in sentences, which
/// are not the domain's.
macro_rules! told_by_code {
    ($refusal:ty) => {
        impl std::fmt::Display for $refusal {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}: {self:?}", $crate::Refusal::code(self))
            }
        }

        impl std::error::Error for $refusal {}
    };
}

pub(crate) use told_by_code;

#[cfg(test)]
mod tests {
    use super::Refusal;
    use crate::group::Error;

    #[test]
    fn the_log_is_told_the_code_and_what_there_is_to_know() {
        let error = Error::NameTooLong { length: 101 };
        assert_eq!(error.to_string(), "NAME_TOO_LONG: NameTooLong { length: 101 }");
        assert!(error.to_string().starts_with(error.code().as_str()));
    }
}
