//! Lists of those who are not written to, beyond the rules of the domain.

/// What is wrong with a request about such a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// More addresses are named than may be at once.
    TooManyAddresses {
        /// How many addresses are named.
        named: usize,
        /// How many may be named.
        most: usize,
    },
    /// Others change the same list again and again while a file is imported.
    Contended,
}
