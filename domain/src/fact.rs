//! One event of any aggregate, as the log holds it.

use crate::{ArticleId, BatchId, ClientId, GroupId, MailingId, MessageId, NoticeId, RunId, UserId};
use crate::{article, batch, client, group, mailing, message, notice, run, user};
use cqrs_es::Aggregate;
use uuid::Uuid;

/// An event together with the stream it happened in.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// Of a user.
    User(UserId, user::Event),
    /// Of a client.
    Client(ClientId, client::Event),
    /// Of a group.
    Group(GroupId, group::Event),
    /// Of a message.
    Message(MessageId, message::Event),
    /// Of a mailing.
    Mailing(MailingId, mailing::Event),
    /// Of a run.
    Run(RunId, run::Event),
    /// Of a batch.
    Batch(BatchId, batch::Event),
    /// Of a letter of the service itself.
    Notice(NoticeId, notice::Event),
    /// Of an article of the blog.
    Article(ArticleId, article::Event),
}

/// Why a row of the log is no fact that this version knows.
#[derive(Debug, thiserror::Error)]
pub enum UnknownFact {
    /// The aggregate type is not one of ours.
    #[error("no aggregate is called {0:?}")]
    Aggregate(String),
    /// The stream's id is not a UUID.
    #[error("the stream id {0:?} is not a UUID")]
    StreamId(String),
    /// The payload does not have the shape of an event of this aggregate.
    #[error("the event is not one of {aggregate}'s: {source}")]
    Payload {
        /// The aggregate type.
        aggregate: String,
        /// What did not fit.
        source: serde_json::Error,
    },
}

impl Fact {
    /// Reads a row of the log.
    pub fn parse(aggregate: &str, stream: &str, payload: &str) -> Result<Self, UnknownFact> {
        let id = Uuid::parse_str(stream).map_err(|_| UnknownFact::StreamId(stream.to_owned()))?;
        let fact = match aggregate {
            user::User::TYPE => serde_json::from_str(payload).map(|event| Self::User(id.into(), event)),
            client::Client::TYPE => serde_json::from_str(payload).map(|event| Self::Client(id.into(), event)),
            group::Group::TYPE => serde_json::from_str(payload).map(|event| Self::Group(id.into(), event)),
            message::Message::TYPE => serde_json::from_str(payload).map(|event| Self::Message(id.into(), event)),
            mailing::Mailing::TYPE => serde_json::from_str(payload).map(|event| Self::Mailing(id.into(), event)),
            run::Run::TYPE => serde_json::from_str(payload).map(|event| Self::Run(id.into(), event)),
            batch::Batch::TYPE => serde_json::from_str(payload).map(|event| Self::Batch(id.into(), event)),
            notice::Notice::TYPE => serde_json::from_str(payload).map(|event| Self::Notice(id.into(), event)),
            article::Article::TYPE => serde_json::from_str(payload).map(|event| Self::Article(id.into(), event)),
            other => return Err(UnknownFact::Aggregate(other.to_owned())),
        };
        fact.map_err(|source| UnknownFact::Payload { aggregate: aggregate.to_owned(), source })
    }
}
