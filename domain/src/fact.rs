//! One event of any aggregate, as the log holds it.

use crate::{
    ArticleId, BatchId, ClientId, CustomFieldId, FeedbackId, GroupId, ImportId, MailingId, MessageId, NoticeId,
    RebuildId, RunId, SegmentId, SenderDomainId, SenderId, SessionId, SubscriptionId, SuppressionId, TokenId, UserId,
};
use crate::{
    article, batch, client, custom_field, feedback, group, import, mailing, message, notice, rebuild, run, segment,
    sender, sender_domain, session, subscription, suppression, token, user,
};
use cqrs_es::Aggregate;

/// An event together with the stream it happened in.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// Something happened to a user.
    User(UserId, user::Event),
    /// Something happened to a client.
    Client(ClientId, client::Event),
    /// Something happened to a group.
    Group(GroupId, group::Event),
    /// Something happened to a message.
    Message(MessageId, message::Event),
    /// Something happened to a mailing.
    Mailing(MailingId, mailing::Event),
    /// Something happened to a run.
    Run(RunId, run::Event),
    /// Something happened to a batch.
    Batch(BatchId, batch::Event),
    /// Something happened to a letter of the service itself.
    Notice(NoticeId, notice::Event),
    /// Something happened to an article of the blog.
    Article(ArticleId, article::Event),
    /// Something happened to a session.
    Session(SessionId, session::Event),
    /// Something happened to a token for programs.
    Token(TokenId, token::Event),
    /// Something happened to a rebuild of a read model.
    Rebuild(RebuildId, rebuild::Event),
    /// Something happened to a suppression.
    Suppression(SuppressionId, suppression::Event),
    /// Something happened to a sender.
    Sender(SenderId, sender::Event),
    /// Something happened to a domain whose letters are signed.
    SenderDomain(SenderDomainId, sender_domain::Event),
    /// Something happened to a field that an owner has added to their clients.
    CustomField(CustomFieldId, custom_field::Event),
    /// Something happened to a segment.
    Segment(SegmentId, segment::Event),
    /// Something happened to an import of clients.
    Import(ImportId, import::Event),
    /// Something happened to a wish to subscribe.
    Subscription(SubscriptionId, subscription::Event),
    /// Something was reported of the letters of a batch.
    Feedback(FeedbackId, feedback::Event),
}

/// Why a row of the log is no fact that this version knows.
#[derive(Debug, thiserror::Error)]
pub enum UnknownFact {
    /// The aggregate type is not one of ours.
    #[error("no aggregate is called {0:?}")]
    Aggregate(String),
    /// A newer program wrote it in another form.
    #[error("its version is {0:?}, which this program does not know")]
    Version(String),
    /// The stream's id is not a UUID.
    #[error("the stream id {0:?} is not a UUID")]
    StreamId(String),
    /// The payload does not have the shape of an event of this aggregate.
    #[error("the event is not one of {aggregate}'s: {source}")]
    Payload {
        /// The aggregate type that the row names.
        aggregate: String,
        /// What did not fit.
        source: serde_json::Error,
    },
}

/// Which kind of stream: what happened to one user, one client, and so on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StreamKind {
    /// The stream is a user's.
    User,
    /// The stream is a client's.
    Client,
    /// The stream is a group's.
    Group,
    /// The stream is a message's.
    Message,
    /// The stream is a mailing's.
    Mailing,
    /// The stream is a run's.
    Run,
    /// The stream is a batch's.
    Batch,
    /// A letter of the service itself.
    Notice,
    /// An article of the blog.
    Article,
    /// A session.
    Session,
    /// A token for programs.
    Token,
    /// A rebuild of a read model.
    Rebuild,
    /// A suppression.
    Suppression,
    /// A sender.
    Sender,
    /// A domain whose letters are signed.
    SenderDomain,
    /// A field that an owner has added to their clients.
    CustomField,
    /// A segment.
    Segment,
    /// An import of clients.
    Import,
    /// A wish to subscribe.
    Subscription,
    /// The feedback on a batch.
    Feedback,
}

impl StreamKind {
    /// All kinds that this program knows.
    pub const ALL: [Self; 20] = [
        Self::User,
        Self::Client,
        Self::Group,
        Self::Message,
        Self::Mailing,
        Self::Run,
        Self::Batch,
        Self::Notice,
        Self::Article,
        Self::Session,
        Self::Token,
        Self::Rebuild,
        Self::Suppression,
        Self::Sender,
        Self::SenderDomain,
        Self::CustomField,
        Self::Segment,
        Self::Import,
        Self::Subscription,
        Self::Feedback,
    ];

    /// What the log calls it: the aggregate type of such streams.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::User => user::User::TYPE,
            Self::Client => client::Client::TYPE,
            Self::Group => group::Group::TYPE,
            Self::Message => message::Message::TYPE,
            Self::Mailing => mailing::Mailing::TYPE,
            Self::Run => run::Run::TYPE,
            Self::Batch => batch::Batch::TYPE,
            Self::Notice => notice::Notice::TYPE,
            Self::Article => article::Article::TYPE,
            Self::Session => session::Session::TYPE,
            Self::Token => token::Token::TYPE,
            Self::Rebuild => rebuild::Rebuild::TYPE,
            Self::Suppression => suppression::Suppression::TYPE,
            Self::Sender => sender::Sender::TYPE,
            Self::SenderDomain => sender_domain::SenderDomain::TYPE,
            Self::CustomField => custom_field::CustomField::TYPE,
            Self::Segment => segment::Segment::TYPE,
            Self::Import => import::Import::TYPE,
            Self::Subscription => subscription::Subscription::TYPE,
            Self::Feedback => feedback::Feedback::TYPE,
        }
    }

    /// The kind that the log calls so; none if only a newer program knows it.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl Fact {
    /// The kind of stream that it happened in.
    #[must_use]
    pub fn kind(&self) -> StreamKind {
        match self {
            Self::User(..) => StreamKind::User,
            Self::Client(..) => StreamKind::Client,
            Self::Group(..) => StreamKind::Group,
            Self::Message(..) => StreamKind::Message,
            Self::Mailing(..) => StreamKind::Mailing,
            Self::Run(..) => StreamKind::Run,
            Self::Batch(..) => StreamKind::Batch,
            Self::Notice(..) => StreamKind::Notice,
            Self::Article(..) => StreamKind::Article,
            Self::Session(..) => StreamKind::Session,
            Self::Token(..) => StreamKind::Token,
            Self::Rebuild(..) => StreamKind::Rebuild,
            Self::Suppression(..) => StreamKind::Suppression,
            Self::Sender(..) => StreamKind::Sender,
            Self::SenderDomain(..) => StreamKind::SenderDomain,
            Self::CustomField(..) => StreamKind::CustomField,
            Self::Segment(..) => StreamKind::Segment,
            Self::Import(..) => StreamKind::Import,
            Self::Subscription(..) => StreamKind::Subscription,
            Self::Feedback(..) => StreamKind::Feedback,
        }
    }
}
