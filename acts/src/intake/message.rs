//! A message that came in, and what it was taken for.

use domain::feedback::Via;

/// How much of a message is looked at, in bytes. Reports begin with what matters, and end in the letter that they are about.
pub const KEPT_MOST: usize = 512 * 1024;

/// A message that came in.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// The message, or its beginning if it is longer than [`KEPT_MOST`].
    pub bytes: &'a [u8],
    /// How many bytes all of it has.
    pub size: u64,
    /// The way on which it came.
    pub via: Via,
    /// The address that the mail server says it is from, empty for the null sender; none if the way does not tell.
    pub envelope_from: Option<&'a str>,
    /// The address that the mail server says it came to; none if the way does not tell.
    pub envelope_to: Option<&'a str>,
}

/// What a message was taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Taken {
    /// A letter came back: that is an event now.
    Bounce,
    /// A letter is late, and whoever has it goes on trying: that is an event now, if the letter is found. It is not kept otherwise: what was in
    /// vain in the end is told once more.
    Delay,
    /// A recipient complained: that is an event now.
    Complaint,
    /// A recipient wished to leave, and has.
    Unsubscribed,
    /// It says what is known already: the same message came before, as many reports of the letter as are recorded are, its recipient has
    /// complained or left before.
    Known,
    /// Somebody's program answers, on holiday for example. Nothing is done, and it is not kept.
    AutoReply,
    /// Somebody's program wants a proof that a person has written. Nothing is done, and it is not kept.
    Challenge,
    /// It was not understood, its letter is not found, or a person wrote it: it is kept for a while.
    Kept,
}

impl Taken {
    /// All that a message can be taken for.
    pub const ALL: [Self; 8] = [
        Self::Bounce,
        Self::Delay,
        Self::Complaint,
        Self::Unsubscribed,
        Self::Known,
        Self::AutoReply,
        Self::Challenge,
        Self::Kept,
    ];

    /// The name under which it is counted.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bounce => "bounce",
            Self::Delay => "delay",
            Self::Complaint => "complaint",
            Self::Unsubscribed => "unsubscribe",
            Self::Known => "known",
            Self::AutoReply => "auto_reply",
            Self::Challenge => "challenge",
            Self::Kept => "kept",
        }
    }

    /// What is counted under this name; none if nothing is.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|taken| taken.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn what_is_counted_under_a_name_is_read_under_it_and_nothing_else_is() {
        let names: BTreeSet<&str> = Taken::ALL.iter().map(|taken| taken.name()).collect();
        assert_eq!(names.len(), Taken::ALL.len());
        for taken in Taken::ALL {
            assert_eq!(Taken::from_name(taken.name()), Some(taken));
        }
        for rubbish in ["", "Bounce", "bounced", " kept"] {
            assert_eq!(Taken::from_name(rubbish), None);
        }
    }
}
