//! The GraphQL schema: one file per noun, its types, queries and mutations together.

mod account;
mod api_token;
pub(crate) mod article;
pub(crate) mod client;
pub(crate) mod connection;
pub(crate) mod context;
pub(crate) mod delivery;
#[cfg(test)]
mod error_codes;
pub(crate) mod failure;
pub(crate) mod group;
pub(crate) mod history;
mod home;
mod import;
pub(crate) mod mailing;
mod membership;
pub(crate) mod message;
mod node;
mod preview;
mod projection;
mod relay;
pub(crate) mod report;
mod revision;
pub(crate) mod room;
pub(crate) mod run;
pub(crate) mod scalars;
mod session;
mod statistics;
mod summary;
pub(crate) mod tables;
mod test_letter;
mod user;
pub(crate) mod user_error;
pub(crate) mod viewer;
mod warning;

use crate::Options;
use crate::cache::Cache;
use acts::Services;
use async_graphql::{EmptySubscription, MergedObject, SDLExportOptions, SchemaBuilder};

/// What can be asked.
#[derive(Default, MergedObject)]
pub struct Query(
    viewer::ViewerQuery,
    node::NodeQuery,
    client::ClientQuery,
    group::GroupQuery,
    message::MessageQuery,
    preview::PreviewQuery,
    test_letter::TestLetterQuery,
    mailing::MailingQuery,
    run::RunQuery,
    delivery::DeliveryQuery,
    report::ReportQuery,
    projection::ProjectionQuery,
    relay::RelayQuery,
    session::SessionQuery,
    api_token::ApiTokenQuery,
    user::UserQuery,
    article::ArticleQuery,
    home::HomeQuery,
    statistics::StatisticsQuery,
);

/// What can be done.
#[derive(Default, MergedObject)]
pub struct Mutation(
    session::SessionMutation,
    client::ClientMutation,
    import::ImportMutation,
    group::GroupMutation,
    membership::MembershipMutation,
    message::MessageMutation,
    test_letter::TestLetterMutation,
    mailing::MailingMutation,
    run::RunMutation,
    delivery::DeliveryMutation,
    account::AccountMutation,
    api_token::ApiTokenMutation,
    user::UserMutation,
    projection::ProjectionMutation,
    article::ArticleMutation,
);

/// The schema with its resolvers.
pub type Schema = async_graphql::Schema<Query, Mutation, EmptySubscription>;

/// The schema over these services.
#[must_use]
pub fn schema(services: Services, options: &Options) -> Schema {
    build().data(services).data(Cache::new(options.cache)).data(options.reports).finish()
}

/// The schema in GraphQL's own words, as it is committed.
#[must_use]
pub fn sdl() -> String {
    build().finish().sdl_with_options(SDLExportOptions::new().include_specified_by())
}

fn build() -> SchemaBuilder<Query, Mutation, EmptySubscription> {
    // How deep and how large a document may be is decided before: see `http::document`.
    async_graphql::Schema::build(Query::default(), Mutation::default(), EmptySubscription)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    /// async-graphql leaves a field that fails out of its object, whatever its type says. The handler puts null there,
    /// which must then be of the field's type.
    #[test]
    fn a_field_that_can_fail_is_nullable() {
        let mut fields = 0;
        let mut paths = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/graphql")];
        while let Some(path) = paths.pop() {
            if path.is_dir() {
                paths.extend(fs::read_dir(path).expect("the sources are there").flatten().map(|entry| entry.path()));
                continue;
            }
            let source = fs::read_to_string(&path).expect("a source is text");
            for function in source.split("async fn ").skip(1) {
                let signature = function.split('{').next().unwrap_or_default();
                if signature.contains("&self") && signature.contains("-> Result<") {
                    fields += 1;
                    let nullable = signature.contains("-> Result<Option<") || signature.contains("-> Result<HashMap<");
                    assert!(nullable, "{}: {signature}", path.display());
                }
            }
        }
        assert!(fields > 40, "{fields}");
    }

    /// `UPDATE_SCHEMA=1 cargo test -p api` writes it anew.
    #[test]
    fn the_committed_schema_is_the_one_of_the_code() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.graphql");
        let sdl = sdl();
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            fs::write(&path, &sdl).expect("the schema can be written");
        }
        let committed = fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == sdl, "api/schema.graphql is not up to date: run UPDATE_SCHEMA=1 cargo test -p api");
    }
}
