//! Logging in and out.

use crate::failure::{Failure, problems_or_failure};
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::scalars::{DateTime, int};
use crate::graphql::kit::user_error::UserError;
use crate::graphql::who::viewer::User;
use crate::http::cookies;
use acts::Problem;
use acts::who::{Key, accounts, sessions};
use async_graphql::{Context, Description, ID, InputObject, Object, SimpleObject};
use domain::Said;
use projections::users;
use secrecy::SecretString;
use uuid::Uuid;

/// A session.
#[derive(SimpleObject)]
pub(crate) struct Session {
    /// For `Authorization: Bearer TOKEN`. It is shown this once; browsers need not keep it, they have the cookie.
    token: String,
    /// Until when, unless it is left unused for long before; `sessions` tells.
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

/// The session ended, or what is wrong.
#[derive(SimpleObject)]
struct SessionEndPayload {
    ended_id: Option<ID>,
    user_errors: Vec<UserError>,
}

/// The sessions ended.
#[derive(SimpleObject)]
struct SessionsEndAllPayload {
    /// How many there were.
    ended: i32,
    user_errors: Vec<UserError>,
}

#[derive(InputObject)]
struct SessionEndInput {
    id: ID,
}

/// A session that its holder can look at and end.
#[derive(Description)]
pub(crate) struct OpenSession {
    open: sessions::Open,
    current: bool,
}

#[Object(use_type_description)]
impl OpenSession {
    async fn id(&self) -> ID {
        self.open.id.into()
    }

    async fn created_at(&self) -> DateTime {
        self.open.created_at.into()
    }

    /// When it ends by itself, if it is not used again.
    async fn expires_at(&self) -> DateTime {
        self.open.expires_at.into()
    }

    /// When it was used last, to about a minute.
    async fn last_seen_at(&self) -> Option<DateTime> {
        self.open.last_seen_at.map(Into::into)
    }

    /// From which network address it was used last.
    async fn address(&self) -> Option<&str> {
        self.open.address.as_deref()
    }

    /// What the program with which it was used last calls itself.
    async fn user_agent(&self) -> Option<&str> {
        self.open.user_agent.as_deref()
    }

    /// Whether this request came with it.
    async fn current(&self) -> bool {
        self.current
    }
}

#[derive(Default)]
pub(crate) struct SessionQuery;

#[Object]
impl SessionQuery {
    /// Your sessions, the last one used first; 100 at most. For sessions only, not for API tokens.
    async fn sessions(&self, context: &Context<'_>) -> Result<Option<Vec<OpenSession>>, Failure> {
        let by = context.in_person(context.viewer()?.signed_in())?;
        let open = sessions::list(context.services(), &by, context.caller().session_times).await?;
        let current = |open: &sessions::Open| Some(open.id) == by.session();
        Ok(Some(open.into_iter().map(|open| OpenSession { current: current(&open), open }).collect()))
    }
}

#[derive(Default)]
pub(crate) struct SessionMutation;

#[Object]
impl SessionMutation {
    /// Logs in: answers with a token, and sets a cookie. What else the same request asks for is still asked by whoever
    /// sent it. One log-in per request: its cost is more than half of what a request may have.
    async fn session_create(
        &self,
        context: &Context<'_>,
        input: SessionCreateInput,
    ) -> Result<Option<SessionCreatePayload>, Failure> {
        let services = context.services();
        let password = SecretString::from(input.password);
        let (user, session) = match accounts::log_in(services, context.caller(), &input.email, password).await {
            Ok(done) => done,
            Err(refused) => {
                let user_errors = problems_or_failure(refused)?.into_iter().map(UserError::from).collect();
                return Ok(Some(SessionCreatePayload { session: None, viewer: None, user_errors }));
            }
        };
        context.append_http_header("set-cookie", cookies::cookie(&session.token, context.caller()));
        let viewer = users::get(services.pool(), user).await?.map(User);
        let session = Session { token: session.token, expires_at: session.expires_at.into() };
        Ok(Some(SessionCreatePayload { session: Some(session), viewer, user_errors: Vec::new() }))
    }

    /// Logs out: ends the session that this request came with.
    async fn session_delete(&self, context: &Context<'_>) -> Result<Option<SessionDeletePayload>, Failure> {
        let caller = context.caller();
        if let Some(token) = &caller.token {
            sessions::end(context.services(), token).await?;
            context.append_http_header("set-cookie", cookies::no_cookie(caller.secure));
        }
        let deleted = caller.viewer.as_ref().is_some_and(|viewer| matches!(viewer.key, Key::Session(_)));
        Ok(Some(SessionDeletePayload { deleted, user_errors: Vec::new() }))
    }

    /// Ends one of your sessions. For sessions only, not for API tokens.
    async fn session_end(
        &self,
        context: &Context<'_>,
        input: SessionEndInput,
    ) -> Result<Option<SessionEndPayload>, Failure> {
        let by = context.in_person(context.viewer()?.signed_in())?;
        let ended = match input.id.parse::<Uuid>() {
            Ok(id) => sessions::end_one(context.services(), &by, id).await?,
            Err(_) => false,
        };
        Ok(Some(if ended {
            SessionEndPayload { ended_id: Some(input.id), user_errors: Vec::new() }
        } else {
            let said = Said::new("you have no session of this id", "сеанса с таким id у вас нет");
            let problem = Problem::new("NOT_FOUND", &["id"], said);
            SessionEndPayload { ended_id: None, user_errors: vec![problem.into()] }
        }))
    }

    /// Logs out everywhere: ends all your sessions, this one too. For sessions only, not for API tokens.
    async fn sessions_end_all(&self, context: &Context<'_>) -> Result<Option<SessionsEndAllPayload>, Failure> {
        let by = context.in_person(context.viewer()?.signed_in())?;
        let ended = sessions::end_everywhere(context.services(), &by).await?;
        context.append_http_header("set-cookie", cookies::no_cookie(context.caller().secure));
        Ok(Some(SessionsEndAllPayload { ended: int(ended), user_errors: Vec::new() }))
    }
}
