//! API tokens: for programs that act in somebody's name.

use crate::failure::{Failure, problems_or_failure};
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::scalars::DateTime;
use crate::graphql::kit::user_error::{UserError, done_or_told};
use acts::Problem;
use acts::who::tokens;
use async_graphql::{Context, Description, Enum, ID, InputObject, Object, SimpleObject};
use domain::Code;
use uuid::Uuid;

/// What a program may do with an API token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "acts::who::TokenScope")]
pub(crate) enum ApiTokenScope {
    /// The program may ask for everything that its owner may see, except what is for sessions only, and change
    /// nothing: it cannot use mutations.
    Read,
    /// The program may also use mutations, except those that are for sessions only: passwords, addresses to log in
    /// with, sessions, API tokens, blocks, roles, and rebuilding read models.
    Write,
}

/// An API token: a key with which a program acts in its owner's name. Its text is not kept and cannot be shown again.
#[derive(Description)]
pub(crate) struct ApiToken(tokens::Token);

#[Object(use_type_description)]
impl ApiToken {
    /// The id of the token, for `apiTokenRevoke`.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The name by which the owner recognizes the token.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What a program may do with the token.
    async fn scope(&self) -> ApiTokenScope {
        self.0.scope.into()
    }

    /// The moment when the token was made.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// The moment from which the token no longer works.
    async fn expires_at(&self) -> DateTime {
        self.0.expires_at.into()
    }

    /// The moment when the token was last used, exact to about a minute; null if it never was.
    async fn last_used_at(&self) -> Option<DateTime> {
        self.0.last_used_at.map(Into::into)
    }
}

#[derive(Default)]
pub(crate) struct ApiTokenQuery;

#[Object]
impl ApiTokenQuery {
    /// The viewer's API tokens that work, newest first. This can be asked with a session only: an API token gets the
    /// error `FORBIDDEN`.
    async fn api_tokens(&self, context: &Context<'_>) -> Result<Option<Vec<ApiToken>>, Failure> {
        let by = context.in_person(context.viewer()?.signed_in())?;
        let tokens = tokens::list(context.services(), &by).await?.into_iter();
        Ok(Some(tokens.filter_map(|(_, token)| context.shown(token)).map(ApiToken).collect()))
    }
}

/// The API token that `apiTokenCreate` makes.
#[derive(InputObject)]
struct ApiTokenCreateInput {
    /// The name by which you will recognize the token: one line of 1 to 100 characters (`NAME_EMPTY`,
    /// `NAME_NOT_A_LINE`, `NAME_TOO_LONG`).
    name: String,
    /// What a program may do with the token.
    scope: ApiTokenScope,
    /// The moment from which the token no longer works: in the future, and at most 366 days from now
    /// (`EXPIRY_OUT_OF_RANGE`, `DATE_TIME_INVALID`).
    expires_at: DateTime,
}

/// The API token that `apiTokenRevoke` ends.
#[derive(InputObject)]
struct ApiTokenRevokeInput {
    /// The id of one of your API tokens.
    id: ID,
}

/// The new API token, or what is wrong with the input.
#[derive(SimpleObject)]
struct ApiTokenCreatePayload {
    /// The new token without its text; null if there are user errors.
    api_token: Option<ApiToken>,
    /// The text of the token, which a program sends as `Authorization: Bearer TOKEN` (RFC 6750, section 2.1). It is
    /// shown this once; null if there are user errors.
    token: Option<String>,
    /// Why no token was made; empty if one was. The description of the mutation names the codes.
    user_errors: Vec<UserError>,
}

/// The id of the revoked API token, or what is wrong with the input.
#[derive(SimpleObject)]
struct ApiTokenRevokePayload {
    /// The id of the token that no longer works; null if there are user errors.
    revoked_id: Option<ID>,
    /// Why the request was refused; empty if the token was revoked. The description of the mutation names the codes.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub(crate) struct ApiTokenMutation;

#[Object]
impl ApiTokenMutation {
    /// Makes an API token; an account has at most 50 that work. A token never has more rights than the viewer has now,
    /// and loses each one that the viewer loses. It is revoked when the viewer changes or resets the password, or is
    /// blocked. This can be done with a session only: an API token gets the error `FORBIDDEN`.
    ///
    /// The user errors are `NAME_EMPTY`, `NAME_NOT_A_LINE`, `NAME_TOO_LONG`, `DATE_TIME_INVALID`, `EXPIRY_OUT_OF_RANGE`
    /// and `API_TOKENS_TOO_MANY`.
    async fn api_token_create(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The token to make.")] input: ApiTokenCreateInput,
    ) -> Result<Option<ApiTokenCreatePayload>, Failure> {
        let by = context.in_person(context.viewer()?.signed_in())?;
        let (scope, expires_at) = (input.scope.into(), input.expires_at.0);
        Ok(Some(
            match tokens::create(context.services(), &by, &input.name, scope, expires_at, &context.metadata()?).await {
                Ok((token, text)) => ApiTokenCreatePayload {
                    api_token: Some(ApiToken(token)),
                    token: Some(text),
                    user_errors: Vec::new(),
                },
                Err(refused) => {
                    let user_errors = problems_or_failure(refused)?.into_iter().map(UserError::from).collect();
                    ApiTokenCreatePayload { api_token: None, token: None, user_errors }
                }
            },
        ))
    }

    /// Revokes an API token, which no longer works from then on. This can be done with a session only: an API token
    /// gets the error `FORBIDDEN`. The only user error is `NOT_FOUND`, if the viewer has no such token, or has it no
    /// longer.
    async fn api_token_revoke(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The token to revoke.")] input: ApiTokenRevokeInput,
    ) -> Result<Option<ApiTokenRevokePayload>, Failure> {
        let by = context.in_person(context.viewer()?.signed_in())?;
        let (revoked, user_errors) = match input.id.parse::<Uuid>() {
            Ok(id) => done_or_told(tokens::revoke(context.services(), &by, id, &context.metadata()?).await)?,
            Err(_) => (false, Vec::new()),
        };
        Ok(Some(if !user_errors.is_empty() {
            ApiTokenRevokePayload { revoked_id: None, user_errors }
        } else if revoked {
            ApiTokenRevokePayload { revoked_id: Some(input.id), user_errors: Vec::new() }
        } else {
            let problem = Problem::new(Code::NotFound, &["id"], words::queries::Problem::NoApiToken);
            ApiTokenRevokePayload { revoked_id: None, user_errors: vec![problem.into()] }
        }))
    }
}
