//! Addresses that are not written to any more: the list that people look at, and the guard that is asked before a letter goes out.
//!
//! The list is folded from the log as all read models are, and tells of what was lifted, too. The [`guard`] is never behind the log;
//! of a large audience the [`sieve`] knows nearly all whom it need not ask about.

pub(crate) mod fold;
pub mod guard;
mod list;
pub mod sieve;

pub use list::{Filter, by_ids, count, get, held, of_mailboxes, page};

use crate::Cursor;
use crate::columns::{Word, row};
use chrono::{DateTime, Utc};
use domain::suppression::{self, Lifter, Reason, Source};
use domain::{GroupId, MailingId, UserId};
use sqlx::types::Json;
use uuid::Uuid;

/// Where an address is not written to; [`suppression::Scope`] without what it carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScopeKind {
    /// In nobody's mailings.
    Installation,
    /// In none of one owner's mailings.
    Owner,
    /// Not in one mailing.
    Mailing,
    /// In no mailing whose audience names one group.
    Topic,
}

impl Word for ScopeKind {
    const ALL: &'static [Self] = &[Self::Installation, Self::Owner, Self::Mailing, Self::Topic];

    fn word(self) -> &'static str {
        match self {
            Self::Installation => "installation",
            Self::Owner => "owner",
            Self::Mailing => "mailing",
            Self::Topic => "topic",
        }
    }
}

/// Whence it is known; [`Source`] without what it carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SourceKind {
    /// The recipient said so.
    Recipient,
    /// A mail server's final answer said so.
    MailServer,
    /// A report that came back said so: of a bounce, or of a complaint.
    Report,
    /// Somebody who was signed in put it there.
    Person,
    /// It was a row of a file.
    File,
}

impl Word for SourceKind {
    const ALL: &'static [Self] = &[Self::Recipient, Self::MailServer, Self::Report, Self::Person, Self::File];

    fn word(self) -> &'static str {
        match self {
            Self::Recipient => "recipient",
            Self::MailServer => "mail_server",
            Self::Report => "report",
            Self::Person => "person",
            Self::File => "file",
        }
    }
}

row! {
    /// An address that is not written to, or was not for a while.
    pub struct Suppression from Stored {
        words {
            /// Where it is not written to.
            pub scope: ScopeKind = "suppressions"(id),
            /// Why not.
            pub reason: Reason = "suppressions"(id),
            /// Whence that is known, with what belongs to it, such as the letter.
            pub source: Json<Source> = "suppressions"(id),
            /// The same by its kind alone.
            pub source_kind: SourceKind = "suppressions"(id),
            /// As what somebody lifted it; `None` if nobody has.
            pub lifted_by: Option<Lifter> = "suppressions"(id),
        }
        /// The suppression's id.
        pub id: Uuid,
        /// What the scope is known by: the id of the mailing, of the group or of the owner, or the nil UUID.
        pub scope_id: Uuid,
        /// Whose mailings it is about; `None` if it is about everybody's.
        pub owner_id: Option<Uuid>,
        /// The only mailing that it is about; `None` if it is about more.
        pub mailing_id: Option<Uuid>,
        /// The group that the topic is which the recipient has left; `None` if it is about no topic.
        pub group_id: Option<Uuid>,
        /// The address as it was written.
        pub email: String,
        /// The address as addresses are compared.
        pub mailbox: String,
        /// A remark; `None` if there is none.
        pub note: Option<String>,
        /// The moment since which it is not written to.
        pub suppressed_at: DateTime<Utc>,
        /// The moment from which it may be written to again; `None` if only lifting ends it.
        pub until: Option<DateTime<Utc>>,
        /// The moment when it was lifted; `None` if it was not.
        pub lifted_at: Option<DateTime<Utc>>,
        /// Why it was lifted; `None` if nobody had to say.
        pub lifted_why: Option<String>,
        /// The suppression's version: the place in its stream of the last event that is shown.
        pub version: i64,
    }
}

impl Stored {
    /// Its place in [`page`].
    fn cursor(&self) -> Cursor {
        Cursor { at: self.suppressed_at, id: self.id }
    }
}

impl Suppression {
    /// Where the address is not written to, as the domain knows it; `None` if the row's ids do not fit its scope.
    #[must_use]
    pub fn place(&self) -> Option<suppression::Scope> {
        let (owner, mailing) = (self.owner_id.map(UserId), self.mailing_id.map(MailingId));
        match self.scope {
            ScopeKind::Installation => Some(suppression::Scope::Installation),
            ScopeKind::Owner => Some(suppression::Scope::Owner { owner: owner? }),
            ScopeKind::Mailing => Some(suppression::Scope::Mailing { owner: owner?, mailing: mailing? }),
            ScopeKind::Topic => Some(suppression::Scope::Topic { owner: owner?, group: self.group_id.map(GroupId)? }),
        }
    }

    /// Whether the address is not written to at that moment because of it.
    #[must_use]
    pub fn is_in_force(&self, at: DateTime<Utc>) -> bool {
        self.lifted_at.is_none() && self.until.is_none_or(|until| at < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{ReportId, RunId};

    #[test]
    fn the_words_are_those_that_the_domain_stores() {
        let (owner, mailing) = (UserId(Uuid::from_u128(1)), MailingId(Uuid::from_u128(2)));
        let group = GroupId(Uuid::from_u128(5));
        let scopes = [
            suppression::Scope::Installation,
            suppression::Scope::Owner { owner },
            suppression::Scope::Mailing { owner, mailing },
            suppression::Scope::Topic { owner, group },
        ];
        assert_eq!(ScopeKind::words(), scopes.map(suppression::Scope::name));
        let (run, ordinal) = (RunId(Uuid::from_u128(3)), 4);
        let sources = [
            Source::Recipient { run, ordinal, way: suppression::Way::Page },
            Source::MailServer { run, ordinal },
            Source::Report { run, ordinal, report: ReportId(Uuid::from_u128(6)) },
            Source::Person,
            Source::File { file: "list.csv".to_owned(), row: 2 },
        ];
        assert_eq!(SourceKind::words(), sources.each_ref().map(Source::name));
    }
}
