//! What somebody may do, as proof.
//!
//! An act that needs a right takes one of these, and only a check makes one: [`Viewer`]'s for those who come in through a face,
//! and [`Operator`]'s for whoever runs the program on its host. So a check that is forgotten does not compile.

use super::viewer::{Key, Viewer};
use domain::UserId;
use uuid::Uuid;
use words::rights::Lacking;

/// Somebody who has clients, groups, messages and mailings of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner(UserId);

impl Owner {
    /// The user who it is.
    #[must_use]
    pub fn id(self) -> UserId {
        self.0
    }
}

/// Somebody who may write one message: an owner, or a manager whose message is for everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageWriter(UserId);

impl MessageWriter {
    /// The user who it is.
    #[must_use]
    pub fn id(self) -> UserId {
        self.0
    }
}

impl From<Owner> for MessageWriter {
    fn from(owner: Owner) -> Self {
        Self(owner.0)
    }
}

/// Somebody who writes articles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArticleWriter(UserId);

impl ArticleWriter {
    /// The user who it is.
    #[must_use]
    pub fn id(self) -> UserId {
        self.0
    }
}

/// Somebody who watches over everybody's mailings and accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watcher {
    administers: bool,
}

impl Watcher {
    /// Whether they stand above managers, so that they may shut out administrators, too.
    pub(crate) fn administers(self) -> bool {
        self.administers
    }
}

/// Somebody who looks after the service itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Administrator(());

/// Somebody who is signed in.
#[derive(Clone, Copy, Debug)]
pub struct SignedIn<'a>(&'a Viewer);

impl SignedIn<'_> {
    /// The user who it is.
    #[must_use]
    pub fn id(self) -> UserId {
        self.0.id()
    }

    /// The address that they log in with.
    pub(crate) fn email(&self) -> &str {
        &self.0.user.email
    }
}

/// Somebody who uses a right with a session, and not with a token for programs: a token may change neither who gets in nor what
/// they may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InPerson<R> {
    right: R,
    /// None for the operator.
    session: Option<Uuid>,
}

impl<R: Copy> InPerson<R> {
    /// The right that is used.
    #[must_use]
    pub fn right(&self) -> R {
        self.right
    }

    /// The id of the session; none for the operator.
    #[must_use]
    pub fn session(&self) -> Option<Uuid> {
        self.session
    }
}

/// Each of these says what is lacking, for the one who lacks it.
impl Viewer {
    /// As somebody who has clients, messages and mailings of their own.
    pub fn owner(&self) -> Result<Owner, Lacking> {
        if self.may_own() { Ok(Owner(self.id())) } else { Err(Lacking::Owner) }
    }

    /// As somebody who writes a new message. Owners may, and managers if it is for everybody.
    pub fn message_writer(&self, shared: bool) -> Result<MessageWriter, Lacking> {
        if shared && self.may_watch() { Ok(MessageWriter(self.id())) } else { self.owner().map(MessageWriter::from) }
    }

    /// The right of somebody who watches over everybody's mailings; what is lacking if the viewer has it not.
    pub fn watcher(&self) -> Result<Watcher, Lacking> {
        if self.may_watch() { Ok(Watcher { administers: self.may_administer() }) } else { Err(Lacking::Watcher) }
    }

    /// The right of somebody who writes articles; what is lacking if the viewer has it not.
    pub fn article_writer(&self) -> Result<ArticleWriter, Lacking> {
        if self.may_write_articles() { Ok(ArticleWriter(self.id())) } else { Err(Lacking::ArticleWriter) }
    }

    /// The right of somebody who looks after the service; what is lacking if the viewer has it not.
    pub fn administrator(&self) -> Result<Administrator, Lacking> {
        if self.may_administer() { Ok(Administrator(())) } else { Err(Lacking::Administrator) }
    }

    /// The right of somebody who is signed in, which every viewer has.
    #[must_use]
    pub fn signed_in(&self) -> SignedIn<'_> {
        SignedIn(self)
    }

    /// A right of the viewer's, used in person; what is lacking if the viewer came with a token for programs.
    pub fn in_person<R>(&self, right: R) -> Result<InPerson<R>, Lacking> {
        match self.key {
            Key::Session(session) => Ok(InPerson { right, session: Some(session) }),
            Key::Token(_) => Err(Lacking::Person),
        }
    }
}

/// Whoever runs the program on its host. They have the database, so that nothing can be kept from them.
#[derive(Clone, Copy, Debug)]
pub struct Operator(());

impl Operator {
    /// For the command line and for tests; no face that others reach may call this.
    #[must_use]
    pub fn of_this_host() -> Self {
        Self(())
    }

    /// The right to act in an owner's name.
    #[must_use]
    pub fn owner(self, user: UserId) -> Owner {
        Owner(user)
    }

    /// Above managers, in person.
    #[must_use]
    pub fn watcher(self) -> InPerson<Watcher> {
        InPerson { right: Watcher { administers: true }, session: None }
    }

    /// The right of an administrator, used in person.
    #[must_use]
    pub fn administrator(self) -> InPerson<Administrator> {
        InPerson { right: Administrator(()), session: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::who::viewer::Scope;
    use domain::{Language, Right, Role};
    use projections::users::User;
    use std::collections::BTreeSet;

    fn viewer(roles: &[Role], key: Key) -> Viewer {
        let user = User {
            id: Uuid::from_u128(7),
            email: "ann@example.org".to_owned(),
            full_name: "Ann".to_owned(),
            time_zone: "UTC".to_owned(),
            language: Language::En,
            verified: true,
            roles: roles.to_vec(),
            blocked_at: None,
            registered_at: chrono::DateTime::UNIX_EPOCH,
            version: 1,
        };
        Viewer { user, key, rights: Right::of(&roles.iter().copied().collect::<BTreeSet<_>>()) }
    }

    #[test]
    fn each_role_has_its_rights_and_no_other() {
        let session = Key::Session(Uuid::from_u128(1));
        // Owns, writes a message for everybody, watches, writes articles, administers.
        for (roles, rights) in [
            (vec![], [true, true, false, false, false]),
            (vec![Role::Manager], [false, true, true, false, false]),
            (vec![Role::ContentManager], [false, false, false, true, false]),
            (vec![Role::Administrator], [true, true, true, true, true]),
        ] {
            let viewer = viewer(&roles, session);
            let has = [
                viewer.owner().is_ok(),
                viewer.message_writer(true).is_ok(),
                viewer.watcher().is_ok(),
                viewer.article_writer().is_ok(),
                viewer.administrator().is_ok(),
            ];
            assert_eq!(has, rights, "{roles:?}");
            assert_eq!(viewer.message_writer(false).is_ok(), rights[0], "{roles:?}");
            assert_eq!(viewer.watcher().is_ok_and(Watcher::administers), rights[4], "{roles:?}");
        }
    }

    #[test]
    fn a_token_uses_no_right_in_person() {
        for scope in [Scope::Read, Scope::Write] {
            let viewer = viewer(&[Role::Administrator], Key::Token(scope));
            let administrator = viewer.administrator().expect("the right is there");
            viewer.in_person(administrator).expect_err("a token is no person");
            viewer.in_person(viewer.signed_in()).expect_err("a token is no person");
        }
    }
}
