//! Rights: what somebody lacks.

/// The right that somebody lacks, for the one who lacks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lacking {
    /// Only owners have clients, messages and mailings.
    Owner,
    /// Only managers and administrators watch over others.
    Watcher,
    /// Only content managers and administrators write articles.
    ArticleWriter,
    /// Only administrators look after the service.
    Administrator,
    /// A token for programs does not act in person.
    Person,
    /// The session that asks has been ended meanwhile.
    Session,
}
