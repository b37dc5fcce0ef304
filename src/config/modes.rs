//! Settings of which each is one of a few words.

/// Who may say that a mailing is transactional.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransactionalMailings {
    /// Owners, of their own mailings.
    Owner,
    /// Nobody: whoever left gets no letter of any mailing.
    Nobody,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs, an object per line.
    Json,
}
