//! How large a letter may be as it is written.

/// The longest body, in bytes, text and HTML each.
pub const MAX_BODY: usize = 1024 * 1024;
