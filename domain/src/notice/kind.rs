//! What a notice is about.

use crate::client::Fields;
use crate::{ClientId, EmailAddress, FullName, MailingId, MessageId, SenderId, SubscriptionId, group, mailing};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The name under which a [`Kind::TestLetter`] is stored.
pub const TEST_LETTER: &str = "test_letter";

/// The name under which a [`Kind::ConfirmSubscription`] is stored.
pub const CONFIRM_SUBSCRIPTION: &str = "confirm_subscription";

/// What a notice is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Kind {
    /// The link that proves a new account's address.
    VerifyEmail,
    /// Somebody registers with an address that has an account already: its holder is told.
    AlreadyRegistered,
    /// The link with which a forgotten password is replaced.
    RecoverPassword,
    /// The password was changed.
    PasswordChanged,
    /// The link that proves the address that an account is about to have; it goes there.
    ConfirmEmailChange,
    /// The account has another address now; it goes to the old one.
    EmailChanged {
        /// The account's new address.
        email: EmailAddress,
    },
    /// The link that proves the address of a sender; it goes there.
    VerifySender {
        /// The sender whose address it is.
        sender: SenderId,
        /// The name that the sender's letters have.
        name: FullName,
        /// The sender's address.
        address: EmailAddress,
        /// The address with which the owner of the sender logs in: whoever gets the letter sees whom they allow it. Nothing if it has
        /// room for sentences.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<EmailAddress>,
    },
    /// The link by which whoever has the address confirms that they want somebody's letters; it goes there.
    ConfirmSubscription {
        /// The subscription that is confirmed.
        subscription: SubscriptionId,
        /// What the owner of the letters is called; it may be empty.
        owner_name: FullName,
        /// The titles of the topics that were asked for.
        topics: Vec<group::Name>,
    },
    /// A mailing was stopped by somebody else than its owner: its owner is told, and if the guard did it, the managers, too.
    MailingStopped(MailingStopped),
    /// A part of the service does not do its work: administrators are told.
    Trouble(Trouble),
    /// A message as a client would get it, for whoever wants to see it first.
    TestLetter(TestLetter),
}

/// That a mailing was stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailingStopped {
    /// The mailing.
    pub mailing: MailingId,
    /// The name of the mailing.
    pub name: mailing::Name,
    /// Who stopped it.
    pub by: Stopper,
    /// Why, as it stands in the log.
    pub reason: String,
    /// The full name of the mailing's owner, for somebody else; none for the owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<FullName>,
}

/// Who stopped a mailing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stopper {
    /// The engine: every letter would meet the same refusal.
    Engine,
    /// The guard: too many letters came back, or too many recipients complained.
    Guard,
    /// A manager or an administrator.
    Manager,
}

/// That a part of the service does not do its work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// The part.
    pub part: Part,
    /// What the part is called: the relay, the read model, the follower of the log, or the way of intake.
    pub name: String,
    /// What is wrong, as the part says it; without secrets and addresses.
    pub words: String,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// A part of the service that somebody looks after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// A relay that refuses the password.
    Relay,
    /// A read model that stands still.
    ReadModel,
    /// A follower of the log that stands still: dead addresses, the guard, or these letters.
    Follower,
    /// A way on which bounces and complaints come in.
    Intake,
}

/// What a test letter is made of. Whatever happens to message and client later, it stays what it was: a revision never
/// changes, so the log need not hold its text once more, and the values are kept here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestLetter {
    /// The message that is sent.
    pub message: MessageId,
    /// The revision of the message that is sent.
    pub revision: u32,
    /// The client whose values fill the merge fields; `None` if they are the user's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<ClientId>,
    /// The address that fills `{{email}}`.
    pub email: EmailAddress,
    /// The name that fills `{{full_name}}`.
    pub full_name: FullName,
    /// For `{{first_name}}`; empty for the first word of the full name.
    #[serde(default, skip_serializing_if = "FullName::is_empty")]
    pub first_name: FullName,
    /// The name that fills `{{last_name}}`.
    #[serde(default, skip_serializing_if = "FullName::is_empty")]
    pub last_name: FullName,
    /// The remark that fills `{{comment}}`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
    /// What fills the owner's own fields.
    #[serde(default, skip_serializing_if = "Fields::is_empty")]
    pub fields: Fields,
}

impl Kind {
    /// The name under which it is stored.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_email",
            Self::AlreadyRegistered => "already_registered",
            Self::RecoverPassword => "recover_password",
            Self::PasswordChanged => "password_changed",
            Self::ConfirmEmailChange => "confirm_email_change",
            Self::EmailChanged { .. } => "email_changed",
            Self::VerifySender { .. } => "verify_sender",
            Self::ConfirmSubscription { .. } => CONFIRM_SUBSCRIPTION,
            Self::MailingStopped(_) => "mailing_stopped",
            Self::Trouble(_) => "trouble",
            Self::TestLetter(_) => TEST_LETTER,
        }
    }

    /// Each kind for which the service has words of its own, about an account that gets this address: what is said in every language
    /// is gone through with it.
    #[must_use]
    pub fn with_words(email: &EmailAddress) -> Vec<Self> {
        let mut kinds = vec![
            Self::VerifyEmail,
            Self::AlreadyRegistered,
            Self::RecoverPassword,
            Self::PasswordChanged,
            Self::ConfirmEmailChange,
            Self::EmailChanged { email: email.clone() },
            Self::VerifySender {
                sender: SenderId(Uuid::nil()),
                name: FullName::default(),
                address: email.clone(),
                owner: Some(email.clone()),
            },
            Self::ConfirmSubscription {
                subscription: SubscriptionId(Uuid::nil()),
                owner_name: FullName::parse("Ann").unwrap_or_default(),
                topics: ["News", "Concerts"].into_iter().filter_map(|title| group::Name::parse(title).ok()).collect(),
            },
            Self::trouble(Part::Relay),
            Self::trouble(Part::ReadModel),
            Self::trouble(Part::Follower),
            Self::trouble(Part::Intake),
        ];
        let ann = || FullName::parse("Ann").ok();
        for (by, owner) in
            [(Stopper::Engine, None), (Stopper::Guard, None), (Stopper::Guard, ann()), (Stopper::Manager, None)]
        {
            kinds.extend(Self::stopped(by, owner));
        }
        // Without a line for a new one it does not compile.
        for kind in &kinds {
            match kind {
                Self::VerifyEmail
                | Self::AlreadyRegistered
                | Self::RecoverPassword
                | Self::PasswordChanged
                | Self::ConfirmEmailChange
                | Self::EmailChanged { .. }
                | Self::VerifySender { .. }
                | Self::ConfirmSubscription { .. }
                | Self::MailingStopped(_)
                | Self::Trouble(_)
                | Self::TestLetter(_) => {}
            }
        }
        kinds
    }

    fn stopped(by: Stopper, owner: Option<FullName>) -> Option<Self> {
        let (mailing, name) = (MailingId(Uuid::nil()), mailing::Name::parse("News of May").ok()?);
        let reason = "The words of the log.".to_owned();
        Some(Self::MailingStopped(MailingStopped { mailing, name, by, reason, owner }))
    }

    fn trouble(part: Part) -> Self {
        let (name, words) = ("main".to_owned(), "The words of the part.".to_owned());
        Self::Trouble(Trouble { part, name, words, since: DateTime::UNIX_EPOCH })
    }

    /// Whether somebody who asks for `other` wants the same as whoever asked for this one. With a test letter it is the
    /// message as it is and the client as they are, which may have changed in between.
    pub(super) fn asks_for_the_same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::TestLetter(one), Self::TestLetter(other)) => {
                (one.message, one.client) == (other.message, other.client)
            }
            _ => self == other,
        }
    }
}
