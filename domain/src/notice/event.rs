use super::Request;
use crate::batch::{self, AttemptOutcome};
use crate::client::Fields;
use crate::{ClientId, EmailAddress, FullName, MessageId, SenderId, SubscriptionId, group};
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
    /// A message as a client would get it, for whoever wants to see it first.
    TestLetter(TestLetter),
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
            Self::TestLetter(_) => TEST_LETTER,
        }
    }

    /// Each kind for which the service has words of its own, about an account that gets this address: what is said in every language
    /// is gone through with it.
    #[must_use]
    pub fn with_words(email: &EmailAddress) -> Vec<Self> {
        let kinds = vec![
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
        ];
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
                | Self::TestLetter(_) => {}
            }
        }
        kinds
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

/// One SMTP transaction, or the lack of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The moment when the attempt ended.
    pub at: DateTime<Utc>,
    /// How it ended. A notice in doubt is never sent again by itself.
    #[serde(flatten)]
    pub outcome: AttemptOutcome,
    /// The reply's three digits (RFC 5321, section 4.2), if there was a reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<u16>,
    /// The reply's enhanced code (RFC 3463), such as `5.1.1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enhanced: Option<String>,
    /// The reply's text with addresses masked, or what went wrong without a reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<String>,
}

impl Attempt {
    /// The attempt of a sender that is gone.
    #[must_use]
    pub fn unknown(at: DateTime<Utc>) -> Self {
        batch::Attempt::unknown(0, at).into()
    }
}

/// The attempt of a letter that has one recipient.
impl From<batch::Attempt> for Attempt {
    fn from(attempt: batch::Attempt) -> Self {
        let batch::Attempt { at, outcome, code, enhanced, reply, recipient: _ } = attempt;
        Self { at, outcome, code, enhanced, reply }
    }
}

/// What happened to a notice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The notice was asked for.
    Requested(Request),
    /// The intent. Committed before the first byte goes out.
    SendingStarted {
        /// The letter's `Message-ID`, the same for all attempts.
        message_id: String,
    },
    /// An attempt to send the notice ended.
    AttemptRecorded(Attempt),
    /// The notice was put off for too long, and is not sent any more.
    Expired {
        /// The moment when it was given up.
        at: DateTime<Utc>,
    },
}
