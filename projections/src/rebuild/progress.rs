//! How far a rebuild is.

/// So much of an error is kept in the log, in characters.
pub(super) const TOLD: usize = 200;

/// How far a rebuild is.
#[derive(Clone, Copy, Debug)]
pub struct RebuildProgress {
    /// How many events have been folded so far.
    pub folded: i64,
    /// How many events there are to fold, as of now; as many as were folded when the rebuild has ended, well or badly.
    pub total: i64,
}

/// What a rebuild tells on its way: how many events it has folded, and whether that is all that it will.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Folded(i64),
    Ended(i64),
}
