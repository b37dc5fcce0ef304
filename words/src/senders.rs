//! Who letters are from, beyond the rules of the domain.

/// What is wrong with a request about senders and their domains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// There is no master key, under which private keys could be sealed.
    MasterKeyMissing,
    /// The private key was sealed under another master key.
    MasterKeyOther,
    /// The key that somebody brings along cannot be used.
    Key(KeyFault),
    /// More keys are brought along at once than that.
    TooManyKeys {
        /// How many there may be.
        most: usize,
    },
}

/// Why a private key cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFault {
    /// The text has no private key.
    NoKey,
    /// The key needs a pass phrase.
    Encrypted,
    /// The key was cut off, or is none that is known.
    Unreadable,
    /// The key is neither RSA nor Ed25519.
    OtherAlgorithm,
    /// The key could be broken, or would be refused.
    TooShort {
        /// Bits of the key.
        bits: usize,
    },
    /// The key's signatures would be refused.
    TooLong {
        /// Bits of the key.
        bits: usize,
    },
    /// Nobody makes keys of such a length.
    OddLength {
        /// Bits of the key.
        bits: usize,
    },
    /// The parts of the key do not fit together.
    Unsound,
}
