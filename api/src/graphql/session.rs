//! Logging in and out.

use crate::graphql::context::Ask;
use crate::graphql::failure::{Failure, problems_or_failure};
use crate::graphql::scalars::DateTime;
use crate::graphql::user_error::UserError;
use crate::graphql::viewer::User;
use crate::limits;
use crate::{accounts, guard, sessions};
use async_graphql::{Context, InputObject, Object, SimpleObject};
use projections::users;
use secrecy::SecretString;

/// A session.
#[derive(SimpleObject)]
pub(crate) struct Session {
    /// For `Authorization: Bearer TOKEN`. It is shown this once; browsers need not keep it, they have the cookie.
    token: String,
    /// Until when.
    expires_at: DateTime,
}

#[derive(InputObject)]
struct SessionCreateInput {
    /// The address that the account was opened with.
    email: String,
    password: String,
}

/// A session begun, or why not.
#[derive(SimpleObject)]
struct SessionCreatePayload {
    session: Option<Session>,
    /// Who is signed in now.
    viewer: Option<User>,
    /// What is wrong; whether it is the address or the password is not told.
    user_errors: Vec<UserError>,
}

/// The session ended.
#[derive(SimpleObject)]
struct SessionDeletePayload {
    /// Whether there was one.
    deleted: bool,
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub(crate) struct SessionMutation;

#[Object]
impl SessionMutation {
    /// Logs in: answers with a token, and sets a cookie. What else the same request asks for is still asked by whoever
    /// sent it. One log-in per request: its cost is more than half of what a request may have.
    #[graphql(complexity = "limits::COMPLEXITY / 2 + 1 + child_complexity")]
    async fn session_create(
        &self,
        context: &Context<'_>,
        input: SessionCreateInput,
    ) -> Result<Option<SessionCreatePayload>, Failure> {
        let services = context.services();
        let password = SecretString::from(input.password);
        let (user, session) = match accounts::log_in(services, &input.email, password).await {
            Ok(done) => done,
            Err(refused) => {
                let user_errors = problems_or_failure(refused)?.into_iter().map(UserError::from).collect();
                return Ok(Some(SessionCreatePayload { session: None, viewer: None, user_errors }));
            }
        };
        context.append_http_header("set-cookie", guard::cookie(&session.token, context.caller().secure));
        let viewer = users::get(services.pool(), user).await?.map(User);
        let session = Session { token: session.token, expires_at: session.expires_at.into() };
        Ok(Some(SessionCreatePayload { session: Some(session), viewer, user_errors: Vec::new() }))
    }

    /// Logs out: ends the session that this request came with.
    async fn session_delete(&self, context: &Context<'_>) -> Result<Option<SessionDeletePayload>, Failure> {
        let caller = context.caller();
        if let Some(token) = &caller.token {
            sessions::end(context.services(), token).await?;
            context.append_http_header("set-cookie", guard::no_cookie(caller.secure));
        }
        Ok(Some(SessionDeletePayload { deleted: caller.viewer.is_some(), user_errors: Vec::new() }))
    }
}
