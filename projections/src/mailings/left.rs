//! Whom a mailing names, and what has left since.

use crate::columns::Word;

/// What a mailing leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// Whoever belongs to a group.
    Group,
    /// Whoever passes a segment.
    Segment,
    /// Whoever another mailing has written to.
    Mailing,
}

impl Word for Left {
    const ALL: &'static [Self] = &[Self::Group, Self::Segment, Self::Mailing];

    fn word(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::Segment => "segment",
            Self::Mailing => "mailing",
        }
    }
}
