//! Who is signed in, with what, and what they may do with it.

pub use domain::token::Scope;
use domain::{Right, UserId};
use projections::Access;
use projections::messages::Readers;
use projections::users::User;
use std::collections::BTreeSet;
use uuid::Uuid;

/// What a request shows to prove who sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// A session of this id.
    Session(Uuid),
    /// A token for programs.
    Token(Scope),
}

/// A signed-in user.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// The account of the user.
    pub(crate) user: User,
    /// What the user showed to prove who they are.
    pub(crate) key: Key,
    /// What the user may do with what they have shown.
    pub(crate) rights: BTreeSet<Right>,
}

impl Viewer {
    /// The account, as the read models show it.
    #[must_use]
    pub fn user(&self) -> &User {
        &self.user
    }

    /// How they showed who they are.
    #[must_use]
    pub fn key(&self) -> Key {
        self.key
    }

    /// What they may do, with what they have shown.
    #[must_use]
    pub fn rights(&self) -> &BTreeSet<Right> {
        &self.rights
    }

    /// Whether they may change anything with what they have shown.
    #[must_use]
    pub fn may_write(&self) -> bool {
        self.key != Key::Token(Scope::Read)
    }

    /// The id of the user.
    #[must_use]
    pub fn id(&self) -> UserId {
        UserId(self.user.id)
    }

    /// Whether they have clients, groups, messages and mailings of their own.
    #[must_use]
    pub fn may_own(&self) -> bool {
        self.rights.contains(&Right::Own)
    }

    /// Whether they watch over everybody's mailings.
    #[must_use]
    pub fn may_watch(&self) -> bool {
        self.rights.contains(&Right::Watch)
    }

    /// Whether they look after the service itself.
    #[must_use]
    pub fn may_administer(&self) -> bool {
        self.rights.contains(&Right::Administer)
    }

    /// Whether they write articles.
    #[must_use]
    pub fn may_write_articles(&self) -> bool {
        self.rights.contains(&Right::WriteArticles)
    }

    /// Whose clients, groups, mailings, runs and reports they may read.
    #[must_use]
    pub fn reads(&self) -> Access {
        if self.may_watch() { Access::All } else { self.own() }
    }

    /// The messages that they may read: their own and the shared ones, and, for those who watch over mailings, what these
    /// send.
    #[must_use]
    pub fn letters(&self) -> Readers {
        if self.may_watch() { Readers::Watcher(self.id()) } else { Readers::Owner(self.id()) }
    }

    /// Their own only: what they may change, and the messages that they may use.
    #[must_use]
    pub fn own(&self) -> Access {
        Access::Owner(self.id())
    }
}
