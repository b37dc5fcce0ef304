//! Who visits a page.

use super::Trouble;
use super::fields::{Fields, Mistakes};
use super::when::When;
use crate::failure::Failure;
use crate::http::App;
use crate::http::admission::Admitted;
use crate::http::bodies::Room;
use acts::who::rights::{Administrator, ArticleWriter, InPerson, Owner, Watcher};
use acts::who::{Caller, Viewer};
use acts::{Problem, Services};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Uri, header};
use chrono::{DateTime, Utc};
use domain::{Actor, Code, Language, TimeZone, UserId};
use eventstore::Metadata;
use projections::Access;
use sqlx::PgPool;
use std::sync::Arc;
use words::screens::frame::Frame;
use words::screens::mark::Mark as MarkWords;
use words::screens::shown;

/// One request for a page: who sent it, and with what it is answered. Clones are the same visit.
#[derive(Clone)]
pub(crate) struct Visit(Arc<Inside>);

struct Inside {
    app: Arc<App>,
    caller: Caller,
    admitted: Admitted,
    /// What a large form holds until it has been answered.
    _room: Option<Room>,
    /// Whose page a form was on, as the form says.
    page_of: Option<String>,
    /// Whether the form had a file in it that nobody has read.
    left_file: bool,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
}

impl Visit {
    pub(super) fn new(
        app: Arc<App>,
        (caller, admitted, room): (Caller, Admitted, Option<Room>),
        (page_of, left_file): (Option<String>, bool),
        parts: &Parts,
    ) -> Self {
        let (method, uri, headers) = (parts.method.clone(), parts.uri.clone(), parts.headers.clone());
        Self(Arc::new(Inside { app, caller, admitted, _room: room, page_of, left_file, method, uri, headers }))
    }

    /// Whose page the form was on that was sent; `None` if it does not say.
    pub(crate) fn page_of(&self) -> Option<&str> {
        self.0.page_of.as_deref()
    }

    /// Whether the form was on the page of an account that is not the visitor's.
    pub(super) fn is_of_another(&self) -> bool {
        let viewer = self.0.caller.viewer.as_ref();
        self.page_of().zip(viewer).is_some_and(|(page_of, viewer)| another(page_of, viewer.id()))
    }

    /// Whether a file was in the form that was not read, because nobody is signed in.
    pub(crate) fn left_file(&self) -> bool {
        self.0.left_file
    }

    /// What handlers share.
    pub(crate) fn app(&self) -> &App {
        &self.0.app
    }

    /// The request and who sent it.
    pub(crate) fn caller(&self) -> &Caller {
        &self.0.caller
    }

    /// What the request works with.
    pub(crate) fn services(&self) -> &Services {
        &self.0.admitted.services
    }

    /// The database, for reading.
    pub(crate) fn pool(&self) -> &PgPool {
        self.services().pool()
    }

    /// The present moment.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.services().now()
    }

    /// The language in which the page speaks.
    pub(crate) fn language(&self) -> Language {
        self.0.caller.language
    }

    /// The words around the page.
    pub(crate) fn frame(&self) -> &'static Frame {
        Frame::of(self.language())
    }

    /// The words for statuses.
    pub(crate) fn marks(&self) -> &'static MarkWords {
        MarkWords::of(self.language())
    }

    /// The time zone in which times are shown: the visitor's own, or UTC.
    pub(crate) fn zone(&self) -> TimeZone {
        let viewer = self.0.caller.viewer.as_ref();
        viewer.and_then(|viewer| TimeZone::parse(&viewer.user().time_zone).ok()).unwrap_or(TimeZone::UTC)
    }

    /// A moment as the visitor reads it.
    pub(crate) fn when(&self, at: DateTime<Utc>) -> When {
        When::new(at, self.now(), self.language(), self.zone())
    }

    /// A number as the visitor reads it.
    pub(crate) fn number(&self, number: impl TryInto<u64>) -> String {
        shown::number(self.language(), number.try_into().unwrap_or(0))
    }

    /// The headers of the request.
    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// Whether the request only looks.
    pub(crate) fn looks(&self) -> bool {
        matches!(self.0.method, Method::GET | Method::HEAD)
    }

    /// The address of the page, with its filter and its place.
    pub(crate) fn address(&self) -> &str {
        self.0.uri.path_and_query().map_or("/", |address| address.as_str())
    }

    /// The path of the page.
    pub(crate) fn path(&self) -> &str {
        self.0.uri.path()
    }

    /// What the address asks for.
    pub(crate) fn query(&self) -> Fields {
        Fields::parse(self.0.uri.query().unwrap_or_default().as_bytes())
    }

    /// The value of a cookie.
    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        cookie(&self.0.headers, name)
    }

    /// Who is signed in. Nobody else may see or do what asks this.
    pub(crate) fn viewer(&self) -> Result<&Viewer, Trouble> {
        let viewer = self.0.caller.viewer.as_ref().ok_or(Trouble::LogIn)?;
        if !self.looks() && !viewer.may_write() {
            return Err(Failure::read_only().into());
        }
        Ok(viewer)
    }

    /// Somebody who has clients, letters and mailings of their own.
    pub(crate) fn owner(&self) -> Result<Owner, Trouble> {
        Ok(self.viewer()?.owner()?)
    }

    /// Somebody who watches over everybody's mailings.
    pub(crate) fn watcher(&self) -> Result<Watcher, Trouble> {
        Ok(self.viewer()?.watcher()?)
    }

    /// Somebody who writes articles.
    pub(crate) fn article_writer(&self) -> Result<ArticleWriter, Trouble> {
        Ok(self.viewer()?.article_writer()?)
    }

    /// Somebody who looks after the service.
    pub(crate) fn administrator(&self) -> Result<Administrator, Trouble> {
        Ok(self.viewer()?.administrator()?)
    }

    /// A right that is used with a session, and not with a token for programs.
    pub(crate) fn in_person<R>(&self, right: R) -> Result<InPerson<R>, Trouble> {
        Ok(self.viewer()?.in_person(right)?)
    }

    /// Whose rows a list shows: one's own; everybody's for a manager, who has none, and for an administrator who asks for
    /// them with `of=all`; those of one owner for either who asks for them with `owner=ID`.
    pub(crate) fn lists(&self) -> Result<Access, Trouble> {
        let (viewer, query) = (self.viewer()?, self.query());
        let owner = query.some("owner").map(str::parse::<UserId>).transpose().map_err(|_| Trouble::Absent)?;
        if let Some(owner) = owner.filter(|owner| *owner != viewer.id()) {
            return if viewer.may_watch() { Ok(Access::Owner(owner)) } else { Err(Trouble::Absent) };
        }
        let all = viewer.may_watch() && (query.text("of") == "all" || !viewer.may_own());
        if !all {
            viewer.owner()?;
        }
        Ok(if all { Access::All } else { viewer.own() })
    }

    /// What was typed into a form that others have overtaken, and what is wrong with it. Sending it once more overwrites what
    /// they did: the form is then for the version that there is now.
    pub(crate) fn overtaken(&self, fields: Fields, problems: &[Problem], version: i64) -> (Fields, Mistakes) {
        if !problems.iter().any(|problem| problem.code == Code::StaleVersion) {
            return (fields, Mistakes::of(problems, self.language()));
        }
        let pairs = fields.pairs().iter().filter(|(name, _)| name != "expectedVersion").cloned();
        let now = ("expectedVersion".to_owned(), version.to_string());
        (Fields::of(pairs.chain([now]).collect()), Mistakes::general(self.frame().error_stale))
    }

    /// What is kept of this request with every event.
    pub(crate) fn metadata(&self) -> Result<Metadata, Trouble> {
        Ok(self.0.caller.metadata(Actor::User(self.viewer()?.id())))
    }
}

impl<S: Sync> FromRequestParts<S> for Visit {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        parts.extensions.get::<Self>().cloned().ok_or(Trouble::Absent)
    }
}

/// Whether a page that says whose it is, is not this account's.
pub(super) fn another(page_of: &str, account: UserId) -> bool {
    page_of != account.to_string()
}

/// The value of a cookie among those of a request.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}
