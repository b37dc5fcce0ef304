//! The GraphQL schema: a folder for each part of the service, in it a file for each noun with its types, queries and mutations.

pub(crate) mod address_book;
pub(crate) mod audit;
pub(crate) mod blog;
pub(crate) mod kit;
pub(crate) mod letters;
pub(crate) mod mailings;
pub(crate) mod senders;
pub(crate) mod who;

use crate::Options;
use crate::cache::Cache;
use acts::Services;
use async_graphql::{EmptySubscription, MergedObject, SDLExportOptions, SchemaBuilder};
use std::sync::Arc;

/// Everything that can be asked. The viewer is the user who is signed in with the session or the API token that the
/// request comes with; unless a field says otherwise, there has to be one.
///
/// A field that fails is null, and the top-level `errors` tell its path with a code in `extensions.code`:
/// `UNAUTHENTICATED` if there is no viewer, `FORBIDDEN` if the viewer lacks the right, `BAD_REQUEST` if an argument
/// makes no sense, `ROW_UNREADABLE` if what is stored has a value that it cannot have, `TIMEOUT` or `UNAVAILABLE` if
/// the database is too slow or does not answer, and `INTERNAL` if the service made a mistake. In a list only a row that
/// cannot be read is left out, and the error has the path of the list. What the viewer may not see is null without an
/// error, like what does not exist. If a field's description does not say what null means, null means that the field
/// failed, and `errors` says why.
///
/// A request can also be refused as a whole, so that nothing of it is done: with `BAD_REQUEST` if the document makes no
/// sense, `TOO_COMPLEX` if it asks for too much at once, `PAYLOAD_TOO_LARGE` if it is too long, `RATE_LIMITED` if too
/// many requests of the same caller are being answered (`extensions.retryAfter` tells after how many seconds to try
/// again), `CROSS_SITE` if a page of another site sent it, and `METHOD_NOT_ALLOWED`, `NOT_ACCEPTABLE` or
/// `UNSUPPORTED_MEDIA_TYPE` if its form is wrong. An answer that became too long gets `TOO_COMPLEX`, too.
#[derive(Default, MergedObject)]
pub struct Query(
    who::viewer::ViewerQuery,
    kit::node::NodeQuery,
    address_book::client::ClientQuery,
    address_book::custom_field::CustomFieldQuery,
    address_book::group::GroupQuery,
    address_book::imports::ImportsQuery,
    address_book::segment::SegmentQuery,
    address_book::suppression::SuppressionQuery,
    letters::message::MessageQuery,
    letters::preview::PreviewQuery,
    letters::test_letter::TestLetterQuery,
    letters::sender::SenderQuery,
    senders::sender::SendersQuery,
    senders::sender_domain::SenderDomainQuery,
    mailings::mailing::MailingQuery,
    mailings::run::RunQuery,
    mailings::delivery::DeliveryQuery,
    mailings::feedback::FeedbackQuery,
    audit::log::LogQuery,
    audit::why::WhyQuery,
    audit::report::ReportQuery,
    audit::projection::ProjectionQuery,
    audit::service::ServiceQuery,
    audit::intake::IntakeQuery,
    mailings::relay::RelayQuery,
    who::session::SessionQuery,
    who::api_token::ApiTokenQuery,
    who::user::UserQuery,
    blog::article::ArticleQuery,
    blog::home::HomeQuery,
    audit::statistics::StatisticsQuery,
);

/// Everything that can be done. The viewer is the user who is signed in with the session or the API token that the
/// request comes with; unless a field says otherwise, there has to be one.
///
/// Why an input was refused is told by the payload's `userErrors`, and the description of each mutation names the codes
/// that these can have. Any mutation can get the code `CONFLICT` there, if others keep changing the same object at the
/// same moment, and `TEXT_INVALID` for a text with a NUL character; descriptions do not repeat these two.
///
/// What ends a field, or the whole request, is told by the top-level `errors`, with the codes that `Query` describes.
/// If there is no viewer, the field is null and the code is `UNAUTHENTICATED`; if the viewer lacks the right,
/// `FORBIDDEN`. The viewer's own clients, groups, segments, messages, mailings and runs are a matter for users without roles and
/// for administrators, so managers and content managers get `FORBIDDEN` there, unless a mutation says otherwise. An API
/// token gets `FORBIDDEN` for what can be done with a session only; one of the scope `READ` can use no mutation, and
/// its whole request is refused with `FORBIDDEN`. After `TIMEOUT`, or if an answer became too long (`TOO_COMPLEX`),
/// what was asked for may be done all the same.
#[derive(Default, MergedObject)]
pub struct Mutation(
    who::session::SessionMutation,
    address_book::client::ClientMutation,
    address_book::consent::ConsentMutation,
    address_book::import::ImportMutation,
    address_book::custom_field::CustomFieldMutation,
    address_book::imports::ImportsMutation,
    address_book::group::GroupMutation,
    address_book::membership::MembershipMutation,
    address_book::segment::SegmentMutation,
    address_book::suppression::SuppressionMutation,
    letters::message::MessageMutation,
    letters::test_letter::TestLetterMutation,
    senders::sender::SendersMutation,
    senders::sender_domain::SenderDomainMutation,
    mailings::mailing::MailingMutation,
    mailings::run::RunMutation,
    mailings::delivery::DeliveryMutation,
    who::account::AccountMutation,
    who::api_token::ApiTokenMutation,
    who::user::UserMutation,
    audit::projection::ProjectionMutation,
    audit::intake::IntakeMutation,
    blog::article::ArticleMutation,
);

/// The schema with its resolvers.
pub type Schema = async_graphql::Schema<Query, Mutation, EmptySubscription>;

/// The schema over these services.
#[must_use]
pub fn schema(services: Services, options: &Options) -> Schema {
    schema_over(services, options, Cache::new(options.cache))
}

/// The same, with what everybody reads kept where pages find it, too.
pub(crate) fn schema_over(services: Services, options: &Options, cache: Cache) -> Schema {
    let schema = build().data(services).data(cache).data(options.reports).data(options.public_url.clone());
    schema.data(Arc::clone(&options.settings)).finish()
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
    use domain::{Code, Place};
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;
    use syn::visit::Visit;
    use syn::{GenericArgument, ImplItemFn, PathArguments, ReturnType, Type};

    /// The fields of GraphQL objects that can fail, and those of them that are never null.
    #[derive(Default)]
    struct Fallible {
        fields: usize,
        never_null: Vec<String>,
    }

    impl<'ast> Visit<'ast> for Fallible {
        fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
            let signature = &function.sig;
            let inside = inside(&signature.output, "Result");
            if let (Some(_), Some(_), Some(value)) = (signature.asyncness, signature.receiver(), inside) {
                self.fields += 1;
                if !matches!(name(value).as_deref(), Some("Option" | "HashMap")) {
                    self.never_null.push(signature.ident.to_string());
                }
            }
        }
    }

    /// The name of a type, without what it is made of.
    fn name(of: &Type) -> Option<String> {
        let Type::Path(path) = of else { return None };
        path.path.segments.last().map(|segment| segment.ident.to_string())
    }

    /// The first type that the type of this name is made of.
    fn inside<'a>(output: &'a ReturnType, outer: &str) -> Option<&'a Type> {
        let ReturnType::Type(_, output) = output else { return None };
        let Type::Path(path) = &**output else { return None };
        let segment = path.path.segments.last().filter(|segment| segment.ident == outer)?;
        let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
        arguments.args.iter().find_map(|argument| match argument {
            GenericArgument::Type(inside) => Some(inside),
            _ => None,
        })
    }

    /// async-graphql leaves a field that fails out of its object, whatever its type says. The handler puts null there,
    /// which must then be of the field's type. What the library knows of a field at run time does not tell whether it can
    /// fail, so its declaration is asked.
    #[test]
    fn a_field_that_can_fail_is_nullable() {
        let mut found = Fallible::default();
        let mut paths = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/graphql")];
        while let Some(path) = paths.pop() {
            if path.is_dir() {
                paths.extend(fs::read_dir(path).expect("the sources are there").flatten().map(|entry| entry.path()));
            } else {
                let source = fs::read_to_string(&path).expect("a source is text");
                found.visit_file(&syn::parse_file(&source).expect("a source is Rust"));
            }
        }
        assert!(found.fields > 40, "{}", found.fields);
        assert!(found.never_null.is_empty(), "{:?}", found.never_null);
    }

    /// Whoever writes a program for the service has nothing but the schema.
    #[tokio::test]
    async fn everything_in_the_schema_is_described_in_sentences() {
        let asked = "{ __schema { types { name description fields { name description args { name description } }
                       inputFields { name description } enumValues { name description } } } }";
        let answer = build().finish().execute(asked).await.into_result().expect("a schema can be asked for");
        let answer = answer.data.into_json().expect("an answer is JSON");
        let (mut found, mut wrong) = (0, Vec::new());
        let types = answer["__schema"]["types"].as_array().expect("a list of types");
        // What the specification of GraphQL has is described there.
        let own = |name: &str| !name.starts_with("__") && !["Boolean", "Float", "ID", "Int", "String"].contains(&name);
        let mut things: Vec<_> = types.iter().map(|one| (String::new(), one)).collect();
        things.retain(|(_, one)| own(one["name"].as_str().expect("a name")));
        while let Some((path, thing)) = things.pop() {
            let path = format!("{path}.{}", thing["name"].as_str().expect("a name"));
            let said = thing["description"].as_str().unwrap_or_default();
            found += 1;
            let begins = said.starts_with(|first: char| first.is_uppercase());
            if !begins || !said.ends_with('.') || said.split_whitespace().count() < 3 {
                wrong.push(format!("{path}: {said:?}"));
            }
            let inside = ["fields", "args", "inputFields", "enumValues"].iter().filter_map(|of| thing[*of].as_array());
            things.extend(inside.flatten().map(|one| (path.clone(), one)));
        }
        assert!(found > 1_000, "{found}");
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    /// What can be asked of the types of the schema: their names, their fields and values, and the descriptions of these.
    async fn types() -> Vec<serde_json::Value> {
        let asked = "{ __schema { types { name fields { name description } enumValues { name } } } }";
        let answer = build().finish().execute(asked).await.into_result().expect("a schema can be asked for");
        let mut answer = answer.data.into_json().expect("an answer is JSON");
        match answer["__schema"]["types"].take() {
            serde_json::Value::Array(types) => types,
            other => panic!("{other}"),
        }
    }

    /// The fields of the type of this name, each with its description.
    fn fields<'a>(types: &'a [serde_json::Value], of: &str) -> Vec<(&'a str, &'a str)> {
        let fields = types.iter().filter(|one| one["name"] == of).filter_map(|one| one["fields"].as_array()).flatten();
        let text = |value: &'a serde_json::Value| value.as_str().unwrap_or_default();
        fields.map(|field| (text(&field["name"]), text(&field["description"]))).collect()
    }

    /// That they are the right ones is what the stories see: see `tests/support/told.rs`.
    #[tokio::test]
    async fn whatever_can_be_refused_names_the_codes_and_every_code_is_named() {
        let types = types().await;
        let looks = |name: &str| name.ends_with("Preview") || name.ends_with("Check");
        let looks = fields(&types, "Query").into_iter().filter(|(name, _)| looks(name));
        let all: Vec<_> = fields(&types, "Mutation").into_iter().chain(looks).collect();
        assert!(all.len() > 50, "{}", all.len());
        for (name, said) in &all {
            let words: Vec<&str> = said.split_whitespace().collect();
            assert!(words.join(" ").contains("user error"), "{name} tells no user errors: {said}");
        }
        // Any mutation gets these, or none does.
        let any = [Code::Conflict, Code::TextInvalid, Code::AlreadyExists, Code::Invalid, Code::OnlyOwnLeaving];
        // Whoever holds a link of a letter, or fills in the public form, or sends a workbook, gets these.
        let elsewhere = [
            Code::ConsentMissing,
            Code::SubscriptionExpired,
            Code::SubscriptionNotFound,
            Code::TopicsMissing,
            Code::TopicsTooMany,
            Code::FileProtected,
            Code::FileWorkbookTooLarge,
        ];
        let exempt = [any.as_slice(), &elsewhere].concat();
        for code in Code::told_in(Place::UserError).filter(|code| !exempt.contains(code)) {
            assert!(all.iter().any(|(_, said)| said.contains(&format!("`{code}`"))), "nothing can get {code}");
        }
    }

    #[tokio::test]
    async fn what_descriptions_write_as_codes_is_a_code_or_a_value() {
        let types = types().await;
        let values = types.iter().filter_map(|one| one["enumValues"].as_array()).flatten();
        let mut known: BTreeSet<&str> = values.filter_map(|value| value["name"].as_str()).collect();
        known.extend(Code::ALL.iter().map(|code| code.as_str()));
        // What a cell of a table may hold, what a record of the DNS may be, and a setting.
        known.extend(["NULL", "TXT", "MASTER_KEY"]);
        let is_one = |word: &str| word.len() > 1 && word.chars().all(|c| c.is_ascii_uppercase() || c == '_');
        let sdl = sdl();
        let written: BTreeSet<&str> = sdl.split('`').skip(1).step_by(2).filter(|word| is_one(word)).collect();
        assert!(written.len() > 100, "{}", written.len());
        let unknown: Vec<_> = written.difference(&known).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
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
