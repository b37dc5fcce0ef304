//! Anything by its id.

use crate::cache::Name;
use crate::failure::Failure;
use crate::graphql::address_book::client::{self, Client};
use crate::graphql::address_book::custom_field::{self, CustomField};
use crate::graphql::address_book::group::{self, Group};
use crate::graphql::address_book::imports::{self, Import};
use crate::graphql::address_book::segment::{self, Segment};
use crate::graphql::audit::history::{self, AuditEvent};
use crate::graphql::audit::report::{self, Report};
use crate::graphql::blog::article::{self, Article};
use crate::graphql::kit::context::Ask;
use crate::graphql::letters::message::{self, Message};
use crate::graphql::letters::test_letter::{self, TestLetter};
use crate::graphql::mailings::delivery::{self, Delivery};
use crate::graphql::mailings::mailing::{self, Mailing};
use crate::graphql::mailings::run::{self, Run};
use crate::graphql::who::user;
use crate::graphql::who::viewer::User;
use async_graphql::{Context, ID, Interface, Object};
use projections::{Noun, noun_of};
use uuid::Uuid;

/// Anything that has an id of its own and can be asked for by it with the query `node`.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "The id of the object, for the query `node`."))]
pub(crate) enum Node {
    User(User),
    Client(Client),
    CustomField(CustomField),
    Group(Group),
    Segment(Segment),
    Message(Message),
    Mailing(Mailing),
    Run(Run),
    Delivery(Delivery),
    Report(Report),
    AuditEvent(AuditEvent),
    Article(Article),
    TestLetter(TestLetter),
    Import(Import),
}

#[derive(Default)]
pub(crate) struct NodeQuery;

#[Object]
impl NodeQuery {
    /// The object of this id, of whichever type it is; null if there is none that the viewer may see. Deleted clients,
    /// groups, segments, messages and articles, and custom fields that were removed, are no longer found; deleted mailings,
    /// with their runs, deliveries and reports, are.
    async fn node(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The id of the object, as its field `id` tells it.")] id: ID,
    ) -> Result<Option<Node>, Failure> {
        find(context, &id).await
    }
}

/// The object of this id, of whichever type it is; none if there is none that the viewer may see.
pub(crate) async fn find(context: &Context<'_>, id: &ID) -> Result<Option<Node>, Failure> {
    let viewer = context.viewer()?;
    let reads = viewer.reads();
    let Ok(uuid) = id.parse::<Uuid>() else {
        if let Some(run) = id.strip_prefix("report.") {
            return Ok(report::read(context, run).await?.map(Node::from));
        }
        if let Some(delivery) = delivery::read(context, reads, id).await? {
            return Ok(Some(delivery.into()));
        }
        return Ok(history::read(context, reads, id).await?.map(Node::from));
    };
    let Some(noun) = noun_of(context.pool(), uuid).await? else { return Ok(None) };
    Ok(match noun {
        Noun::Client => client::read(context, reads, id).await?.map(Node::from),
        Noun::CustomField => custom_field::read(context, reads, id).await?.map(Node::from),
        Noun::Group => group::read(context, reads, id).await?.map(Node::from),
        Noun::Segment => segment::read(context, reads, id).await?.map(Node::from),
        Noun::Message => message::read(context, viewer.letters(), id).await?.map(Node::from),
        Noun::Mailing => mailing::read(context, reads, id).await?.map(Node::from),
        Noun::Run => run::read(context, reads, id).await?.map(Node::from),
        Noun::User => user::read(context, viewer, id).await?.map(Node::from),
        Noun::Notice => test_letter::read(context, id).await?.map(Node::from),
        Noun::Import => imports::read(context, reads, id).await?.map(Node::from),
        Noun::Article => article::read(context, Name::Id(uuid.into())).await?.map(Node::from),
    })
}
