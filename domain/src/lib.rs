//! The rules of `SkyMailing`.
//!
//! Everything here is pure: no clock, no randomness, no input or output. Time and fresh ids come in with a
//! command; what happened goes out as events.
//!
//! # Glossary
//!
//! | word | meaning |
//! | --- | --- |
//! | [user] | someone with an account; owns clients, groups, messages, mailings |
//! | [client] | a recipient in one user's address book: e-mail, full name, comment |
//! | [group] | a named set of one user's clients |
//! | [custom field](custom_field) | a field of an owner's own that their clients have beside name and address |
//! | [topic](group::Topic) | a group that is public: people subscribe to it by themselves, and leave it |
//! | [segment] | a saved filter over one user's clients; who passes it is found out when it is asked for |
//! | [import] | a file of clients that was brought into an address book, and can be taken back as a whole |
//! | [message] | a letter: subject and body; every edit is a new revision |
//! | [mailing] | the plan: name, message, audience, window, periodicity, time zone |
//! | [run] | one execution of a mailing: one occurrence of its periodicity, or one press of "send now" |
//! | [batch] | a slice of a run's recipients (at most 500), which one worker leases |
//! | [notice] | a letter of the service itself to one person, such as the one that proves an address |
//! | [test letter](crate::notice::TestLetter) | a notice: a message as a client would get it, sent to whoever asks for it |
//! | [article] | a blog post |
//! | [subscription] | that somebody asked for letters with the public form, and confirmed it by the link in a letter |
//! | [suppression] | an address that is not written to any more, within a scope, for one reason |
//! | [sender] | a name and an address that an owner's letters are from |
//! | [sender domain](sender_domain) | a domain whose letters are signed, and the owners who may write from all of its addresses |
//! | [feedback] | what was reported of the letters of a batch after mail servers took them: bounces, delays and complaints |
//! | bounce | the report that a letter came back after a mail server had taken it |
//! | delay | the report that a letter is late after a mail server had taken it, and goes on being tried |
//! | complaint | the report that a recipient told their mailbox provider that a letter was unwanted |
//! | delivery | one client in one run: exactly one outcome in the end |
//! | attempt | one SMTP transaction for one delivery: time, outcome, server's reply |
//!
//! # How an aggregate reads
//!
//! Each has the same five files: `mod.rs` (the state as an enum, `decide`, `evolve`), `command.rs`, `event.rs`,
//! `error.rs` and `tests.rs`. [`Decide`] is the whole contract: a state and a command give events, a state
//! and an event give the next state.

// A dependency that nobody uses is an error of the build (`make check`).
#![cfg_attr(not(test), warn(unused_crate_dependencies))]

mod actor;
mod aggregate;
#[cfg(test)]
mod aggregate_tests;
mod claim;
mod email_address;
mod fact;
mod full_name;
pub mod ids;
mod language;
pub mod letter;
mod markdown;
mod period;
mod periodicity;
mod postal_address;
mod reason;
mod refusal;
mod relay_name;
mod right;
mod role;
mod tag;
mod time_zone;
mod totals;
mod why;
mod window;

pub mod alignment;
pub mod article;
pub mod batch;
pub mod client;
pub mod custom_field;
pub mod feedback;
pub mod group;
pub mod import;
pub mod mailing;
pub mod message;
pub mod notice;
pub mod rebuild;
pub mod reply;
pub mod run;
pub mod segment;
pub mod sender;
pub mod sender_domain;
pub mod session;
pub mod subscription;
pub mod suppression;
pub mod token;
pub mod user;

pub use actor::Actor;
pub use aggregate::{Decide, EVENT_VERSION, Form, Lift};
pub use claim::Claim;
pub use email_address::{AddressFault, EmailAddress, EmailError};
pub use fact::{Fact, StreamKind, UnknownFact};
pub use full_name::{FullName, FullNameError};
pub use ids::{
    ArticleId, BatchId, ClientId, CustomFieldId, FeedbackId, GroupId, HoldId, ImportId, MailingId, MessageId, NoticeId,
    RebuildId, ReportId, RunId, SegmentId, SenderDomainId, SenderId, SessionId, SubscriptionId, SuppressionId, TokenId,
    UserId,
};
pub use language::{Language, LanguageUnknown};
pub use letter::{ForeignField, Known, Largest, MergeFields, OverBudget, Part, Template, TemplateError};
pub use period::Period;
pub use periodicity::{CronError, CronExpression, CronFault, CronField, Due, Missed, Periodicity, Upcoming};
pub use postal_address::{PostalAddress, PostalAddressTooLong};
pub use reason::MAX_REASON;
pub use refusal::{Code, Place, Refusal};
pub use relay_name::{RelayName, RelayNameError};
pub use right::Right;
pub use role::{Role, RoleUnknown};
pub use time_zone::{Shown, TimeZone, TimeZoneError, Tzdata};
pub use totals::{Outcome, Totals};
pub use why::{Through, Why};
pub use window::{Window, WindowError, WindowPhase};
