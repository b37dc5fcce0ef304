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

/// Why the service stops a mailing, for its owner to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// Letters cannot be from its sender any more: nobody has verified the address, and its domain is not granted to the owner.
    NotUsable {
        /// The sender's address.
        address: String,
    },
    /// Its sender was deleted.
    Deleted,
    /// The keys of the domain that its letters are from do not open, so they could not be signed.
    KeysClosed {
        /// The domain.
        domain: String,
    },
}
