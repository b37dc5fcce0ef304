//! API tokens: for programs that act in somebody's name.

use crate::failure::{Failure, problems_or_failure};
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::scalars::DateTime;
use crate::graphql::kit::user_error::UserError;
use acts::Problem;
use acts::who::tokens;
use async_graphql::{Context, Description, Enum, ID, InputObject, Object, SimpleObject};
use domain::Said;
use uuid::Uuid;

/// What a token lets its holder do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "acts::who::TokenScope")]
pub(crate) enum ApiTokenScope {
    /// Look: no mutation.
    Read,
    /// Look and change, all but what needs a session: who gets in to accounts, with which roles, and rebuilding read models.
    Write,
}

/// A token for programs, without its text.
#[derive(Description)]
pub(crate) struct ApiToken(tokens::Token);

#[Object(use_type_description)]
impl ApiToken {
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// By which its owner knows it again.
    async fn name(&self) -> &str {
        &self.0.name
    }

    async fn scope(&self) -> ApiTokenScope {
        acts::who::TokenScope::of(&self.0.scope).into()
    }

    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    async fn expires_at(&self) -> DateTime {
        self.0.expires_at.into()
    }

    /// To about a minute; null if never.
    async fn last_used_at(&self) -> Option<DateTime> {
        self.0.last_used_at.map(Into::into)
    }
}

#[derive(Default)]
pub(crate) struct ApiTokenQuery;

#[Object]
impl ApiTokenQuery {
    /// Your API tokens that work, the newest first. For sessions only, not for API tokens.
    async fn api_tokens(&self, context: &Context<'_>) -> Result<Option<Vec<ApiToken>>, Failure> {
        let by = context.in_person(context.viewer()?.signed_in())?;
        Ok(Some(tokens::list(context.services(), &by).await?.into_iter().map(ApiToken).collect()))
    }
}

#[derive(InputObject)]
struct ApiTokenCreateInput {
    /// By which you know it again.
    name: String,
    scope: ApiTokenScope,
    /// At most 366 days from now.
    expires_at: DateTime,
}

#[derive(InputObject)]
struct ApiTokenRevokeInput {
    id: ID,
}

/// The token, or what is wrong.
#[derive(SimpleObject)]
struct ApiTokenCreatePayload {
    api_token: Option<ApiToken>,
    /// For `Authorization: Bearer TOKEN`. It is shown this once.
    token: Option<String>,
    user_errors: Vec<UserError>,
}

/// The token works no more, or what is wrong.
#[derive(SimpleObject)]
struct ApiTokenRevokePayload {
    revoked_id: Option<ID>,
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub(crate) struct ApiTokenMutation;

#[Object]
impl ApiTokenMutation {
    /// Makes an API token. It keeps at most the rights that you have now, and loses those that you lose; a new password, a
    /// reset one and a block revoke it. For sessions only, not for API tokens.
    async fn api_token_create(
        &self,
        context: &Context<'_>,
        input: ApiTokenCreateInput,
    ) -> Result<Option<ApiTokenCreatePayload>, Failure> {
        let by = context.in_person(context.viewer()?.signed_in())?;
        let (scope, expires_at) = (input.scope.into(), input.expires_at.0);
        Ok(Some(match tokens::create(context.services(), &by, &input.name, scope, expires_at).await {
            Ok((token, text)) => {
                ApiTokenCreatePayload { api_token: Some(ApiToken(token)), token: Some(text), user_errors: Vec::new() }
            }
            Err(refused) => {
                let user_errors = problems_or_failure(refused)?.into_iter().map(UserError::from).collect();
                ApiTokenCreatePayload { api_token: None, token: None, user_errors }
            }
        }))
    }

    /// Revokes an API token: it works no more. For sessions only, not for API tokens.
    async fn api_token_revoke(
        &self,
        context: &Context<'_>,
        input: ApiTokenRevokeInput,
    ) -> Result<Option<ApiTokenRevokePayload>, Failure> {
        let by = context.in_person(context.viewer()?.signed_in())?;
        let revoked = match input.id.parse::<Uuid>() {
            Ok(id) => tokens::revoke(context.services(), &by, id).await?,
            Err(_) => false,
        };
        Ok(Some(if revoked {
            ApiTokenRevokePayload { revoked_id: Some(input.id), user_errors: Vec::new() }
        } else {
            let said = Said::new("you have no API token of this id", "токена API с таким id у вас нет");
            let problem = Problem::new("NOT_FOUND", &["id"], said);
            ApiTokenRevokePayload { revoked_id: None, user_errors: vec![problem.into()] }
        }))
    }
}
