//! How the receiving server treats whom: by the address, and by the mood of the moment.

/// What an address is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Address {
    Usual,
    /// Does not exist.
    Dead,
    /// The letter is refused after it was read.
    Picky,
    /// Is told to come again so many times.
    Greylisted(u32),
    /// The letter is put off once, after it was read.
    Busy,
}

impl Address {
    /// By the number in `client7@example.org`.
    pub(super) fn of(recipient: &str) -> Self {
        let number = recipient.trim_start_matches("client").split('@').next().and_then(|number| number.parse().ok());
        let number: u64 = number.unwrap_or_default();
        match number % 100 {
            7 | 57 => Self::Dead,
            33 => Self::Picky,
            21 => Self::Greylisted(1),
            71 => Self::Greylisted(2),
            66 => Self::Busy,
            _ => Self::Usual,
        }
    }
}

/// What the server is up to in one transaction, whoever it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mood {
    Good,
    /// Thinks so many milliseconds before it takes a letter.
    Slow(u64),
    /// Has to close at MAIL.
    Closing,
    /// Hangs up before the letter is complete.
    Rude,
    /// Takes the letter and hangs up without a word.
    Absent,
    /// Hangs up after the final dot and forgets the letter.
    Forgetful,
}

impl Mood {
    pub(super) fn of(throw: u64) -> Self {
        match throw {
            0..3 => Self::Closing,
            3..5 => Self::Rude,
            5..7 => Self::Absent,
            7..8 => Self::Forgetful,
            100..400 => Self::Slow(throw % 4 + 1),
            _ => Self::Good,
        }
    }
}
