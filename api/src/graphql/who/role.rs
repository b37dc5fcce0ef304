//! What users may be.

use async_graphql::Enum;

/// A role of a user, from which rights follow. A user without roles is an ordinary owner, who has clients, messages
/// and mailings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::Role")]
pub(crate) enum Role {
    /// A manager sees the clients, mailings and users of everybody, disables mailings and blocks users, and has no
    /// clients and mailings of their own.
    Manager,
    /// A content manager writes the blog, and has no clients and mailings of their own.
    ContentManager,
    /// An administrator may do all that owners, managers and content managers may, grants roles and rebuilds read
    /// models.
    Administrator,
}
