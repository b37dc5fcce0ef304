//! What every error of the domain tells besides its sentence.

/// An error is a sentence for a person (its `Display`), a code for a program, and the field it is about.
pub trait Refusal: std::error::Error {
    /// A stable code such as `WINDOW_REVERSED`.
    fn code(&self) -> &'static str;

    /// The field of the request that has to change, if it is about one.
    fn field(&self) -> Option<&'static str> {
        None
    }
}
