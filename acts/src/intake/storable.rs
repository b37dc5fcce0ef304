//! Texts of others, as they can be kept.

/// A text as it can be kept: PostgreSQL keeps every character but one.
pub(super) fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}
