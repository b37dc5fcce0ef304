//! Logging in and out.

use crate::failure::{Failure, problems_or_failure};
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::scalars::{DateTime, int};
use crate::graphql::kit::user_error::{UserError, done_or_told};
use crate::graphql::who::viewer::User;
use crate::http::cookies;
use acts::Problem;
use acts::who::{Key, accounts, sessions};
use async_graphql::{Context, Description, ID, InputObject, Object, SimpleObject};
use domain::Code;
use projections::{ReadError, users};
use secrecy::SecretString;
use uuid::Uuid;

/// A session that has just begun: the proof that its holder has logged in.
#[derive(SimpleObject)]
pub(crate) struct Session {
    /// The text that proves the session, which a program sends as `Authorization: Bearer TOKEN` (RFC 6750, section
    /// 2.1). It is shown this once; browsers need not keep it, as the answer sets a cookie.
    token: String,
    /// The moment at which the session ends at the latest. It ends earlier if it is not used for some time; `sessions`
    /// tells when.
    expires_at: DateTime,
}

/// Who logs in with `sessionCreate`, and the proof.
#[derive(InputObject)]
struct SessionCreateInput {
    /// The e-mail address of the account. A text that is no address is answered as one without an account is
    /// (`INVALID_CREDENTIALS`).
    email: String,
    /// The password of the account.
    password: String,
}

/// The new session, or why nobody was logged in.
#[derive(SimpleObject)]
struct SessionCreatePayload {
    /// The new session; null if there are user errors.
    session: Option<Session>,
    /// The user who is signed in with the new session; null if there are user errors.
    viewer: Option<User>,
    /// Why nobody was logged in; empty if there is a session. The description of the mutation names the codes.
    user_errors: Vec<UserError>,
}

/// What became of the session with which `sessionDelete` was sent.
#[derive(SimpleObject)]
struct SessionDeletePayload {
    /// Whether the request came with a session, which has ended now.
    deleted: bool,
    /// Why the session did not end; empty if it did, or if there was none. The only code is `CONFLICT`.
    user_errors: Vec<UserError>,
}

/// The id of the ended session, or what is wrong with the input.
#[derive(SimpleObject)]
struct SessionEndPayload {
    /// The id of the session that has ended; null if there are user errors.
    ended_id: Option<ID>,
    /// Why the request was refused; empty if the session was ended. The code is `NOT_FOUND` if you have no such
    /// session.
    user_errors: Vec<UserError>,
}

/// What became of the sessions that `sessionsEndAll` ends.
#[derive(SimpleObject)]
struct SessionsEndAllPayload {
    /// How many sessions were ended, counting the one that the request came with.
    ended: i32,
    /// Why the sessions did not end; empty if they did. The only code is `CONFLICT`.
    user_errors: Vec<UserError>,
}

/// The session that `sessionEnd` ends.
#[derive(InputObject)]
struct SessionEndInput {
    /// The id of one of your sessions, as `sessions` tells it.
    id: ID,
}

/// A session of the viewer's that has not ended, as a list for its holder shows it.
#[derive(Description)]
pub(crate) struct OpenSession {
    open: sessions::Open,
    current: bool,
}

#[Object(use_type_description)]
impl OpenSession {
    /// The id of the session, for `sessionEnd`. It is no secret and proves nothing.
    async fn id(&self) -> ID {
        self.open.id.into()
    }

    /// The moment when the session began: the log-in.
    async fn created_at(&self) -> DateTime {
        self.open.created_at.into()
    }

    /// The moment when the session ends by itself if it is not used again.
    async fn expires_at(&self) -> DateTime {
        self.open.expires_at.into()
    }

    /// The moment when the session was last used, exact to about a minute; null if that is not known.
    async fn last_seen_at(&self) -> Option<DateTime> {
        self.open.last_seen_at.map(Into::into)
    }

    /// The network address (IP) from which the session was last used; null if it is not known.
    async fn address(&self) -> Option<&str> {
        self.open.address.as_deref()
    }

    /// What the program that used the session last calls itself (`User-Agent`, RFC 9110, section 10.1.5); null if it
    /// says nothing.
    async fn user_agent(&self) -> Option<&str> {
        self.open.user_agent.as_deref()
    }

    /// Whether this very request came with the session.
    async fn current(&self) -> bool {
        self.current
    }
}

#[derive(Default)]
pub(crate) struct SessionQuery;

#[Object]
impl SessionQuery {
    /// The viewer's open sessions, the one used last first, at most 100 of them. This can be asked with a session only:
    /// an API token gets the error `FORBIDDEN`.
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
    /// Logs in: the answer has a token and sets a cookie. Nobody has to be signed in. Other fields of the same request
    /// are still answered for whoever sent it, not for who has logged in.
    ///
    /// The user errors are `INVALID_CREDENTIALS`, which does not say whether the address or the password is wrong; with
    /// the right password only, `ACCOUNT_BLOCKED` and `EMAIL_NOT_VERIFIED`; and `RATE_LIMITED`.
    ///
    /// A request can have only one of the nine mutations `sessionCreate`, `userRegister`, `verificationRequest`,
    /// `passwordRecover`, `passwordReset`, `passwordChange`, `emailChange`, `messageSendTest` and `projectionRebuild`,
    /// and that one only once. A request with two of them, or with one of them twice, is refused as a whole with the
    /// error `TOO_COMPLEX`, and nothing of it is done.
    async fn session_create(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The account to log in to, and its password.")] input: SessionCreateInput,
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
        let viewer = match users::get(services.pool(), user).await {
            // They are logged in all the same.
            Err(ReadError::Unreadable(error)) => context.shown(Err(error)),
            read => read?.map(User),
        };
        let session = Session { token: session.token, expires_at: session.expires_at.into() };
        Ok(Some(SessionCreatePayload { session: Some(session), viewer, user_errors: Vec::new() }))
    }

    /// Logs out: ends the session that this request came with. Nobody has to be signed in. An API token is not revoked
    /// by it. The only user error is `CONFLICT`.
    async fn session_delete(&self, context: &Context<'_>) -> Result<Option<SessionDeletePayload>, Failure> {
        let caller = context.caller();
        if let Some(token) = &caller.token {
            let ((), user_errors) = done_or_told(sessions::end(context.services(), token, caller).await)?;
            if !user_errors.is_empty() {
                return Ok(Some(SessionDeletePayload { deleted: false, user_errors }));
            }
            context.append_http_header("set-cookie", cookies::no_cookie(caller.secure));
        }
        let deleted = caller.viewer.as_ref().is_some_and(|viewer| matches!(viewer.key(), Key::Session(_)));
        Ok(Some(SessionDeletePayload { deleted, user_errors: Vec::new() }))
    }

    /// Ends one of the viewer's sessions. This can be done with a session only: an API token gets the error
    /// `FORBIDDEN`. The only user error is `NOT_FOUND`, if the viewer has no such session, or has it no longer.
    async fn session_end(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The session to end.")] input: SessionEndInput,
    ) -> Result<Option<SessionEndPayload>, Failure> {
        let by = context.in_person(context.viewer()?.signed_in())?;
        let (ended, user_errors) = match input.id.parse::<Uuid>() {
            Ok(id) => done_or_told(sessions::end_one(context.services(), &by, id, &context.metadata()?).await)?,
            Err(_) => (false, Vec::new()),
        };
        Ok(Some(if !user_errors.is_empty() {
            SessionEndPayload { ended_id: None, user_errors }
        } else if ended {
            SessionEndPayload { ended_id: Some(input.id), user_errors: Vec::new() }
        } else {
            let problem = Problem::new(Code::NotFound, &["id"], words::queries::Problem::NoSession);
            SessionEndPayload { ended_id: None, user_errors: vec![problem.into()] }
        }))
    }

    /// Logs out everywhere: ends all sessions of the viewer, with the one that this request came with. This can be done
    /// with a session only: an API token gets the error `FORBIDDEN`. The only user error is `CONFLICT`.
    async fn sessions_end_all(&self, context: &Context<'_>) -> Result<Option<SessionsEndAllPayload>, Failure> {
        let by = context.in_person(context.viewer()?.signed_in())?;
        let ended = sessions::end_everywhere(context.services(), &by, &context.metadata()?).await;
        let (ended, user_errors) = done_or_told(ended)?;
        if !user_errors.is_empty() {
            return Ok(Some(SessionsEndAllPayload { ended: 0, user_errors }));
        }
        context.append_http_header("set-cookie", cookies::no_cookie(context.caller().secure));
        Ok(Some(SessionsEndAllPayload { ended: int(ended), user_errors: Vec::new() }))
    }
}
