//! What a projection is.

use crate::event::{Event, FoldError};

use crate::{
    articles, audit, clients, custom_fields, feedback, groups, history, imports, mailings, messages, notices, reports,
    runs, segments, senders, suppressions, users,
};
use chrono::{DateTime, TimeDelta, Utc};
use domain::{Fact, StreamKind};
use sqlx::{PgConnection, PgExecutor, PgPool};

/// The read models that are kept. Each can be rebuilt by itself, from its own events alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Projection {
    /// The accounts.
    Users,
    /// The address books.
    Clients,
    /// The groups of clients.
    Groups,
    /// The messages and their revisions.
    Messages,
    /// The mailings' plans and when they are due.
    Mailings,
    /// The runs, batches, deliveries and attempts.
    Runs,
    /// The reports of finished runs.
    Reports,
    /// The events that belong to each mailing.
    History,
    /// The letters of the service itself.
    Notices,
    /// The articles of the blog.
    Articles,
    /// The addresses that are not written to.
    Suppressions,
    /// Who letters are from, and the domains whose letters are signed.
    Senders,
    /// The fields that owners have added to their clients.
    CustomFields,
    /// The segments: saved filters over clients.
    Segments,
    /// The imports of files of clients.
    Imports,
    /// What was reported of letters after mail servers had taken them: bounces and complaints.
    Feedback,
    /// The audit log: whose events are, who caused them, and what they belong to.
    Audit,
}

impl Projection {
    /// All projections that there are.
    pub const ALL: [Self; 17] = [
        Self::Users,
        Self::Clients,
        Self::Groups,
        Self::Messages,
        Self::Mailings,
        Self::Runs,
        Self::Reports,
        Self::History,
        Self::Notices,
        Self::Articles,
        Self::Suppressions,
        Self::Senders,
        Self::CustomFields,
        Self::Segments,
        Self::Imports,
        Self::Feedback,
        Self::Audit,
    ];

    /// The name for people and for the checkpoint.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Clients => "clients",
            Self::Groups => "groups",
            Self::Messages => "messages",
            Self::Mailings => "mailings",
            Self::Runs => "runs",
            Self::Reports => "reports",
            Self::History => "history",
            Self::Notices => "notices",
            Self::Articles => "articles",
            Self::Suppressions => "suppressions",
            Self::Senders => "senders",
            Self::CustomFields => "custom_fields",
            Self::Segments => "segments",
            Self::Imports => "imports",
            Self::Feedback => "feedback",
            Self::Audit => "audit",
        }
    }

    /// The projection of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|projection| projection.name() == name)
    }

    /// The tables it writes, and nobody else does.
    #[must_use]
    pub fn tables(self) -> &'static [&'static str] {
        match self {
            Self::Users => &["users"],
            Self::Clients => &[
                "clients",
                "client_revisions",
                "client_consents",
                "client_counts",
                "group_members",
                "group_counts",
                "client_addresses",
                "client_numbers",
            ],
            Self::Groups => &["groups"],
            Self::Messages => &["messages", "message_revisions"],
            Self::Mailings => &["mailings", "mailing_clients", "mailing_groups", "mailing_segments", "mailing_less"],
            Self::Runs => &["runs", "batches", "deliveries", "attempts", "attempt_counts", "suppression_counts"],
            Self::Reports => &["reports"],
            Self::History => &["history", "history_streams"],
            Self::Notices => &["notices"],
            Self::Articles => &["articles"],
            Self::Suppressions => &["suppressions"],
            Self::Senders => {
                &["senders", "sender_revisions", "sender_domains", "sender_domain_keys", "sender_domain_grants"]
            }
            Self::CustomFields => &["custom_fields"],
            Self::Segments => &["segments"],
            Self::Imports => &["imports"],
            Self::Feedback => &["feedback", "feedback_counts"],
            Self::Audit => &["audit"],
        }
    }

    /// Those of its tables that are filled without the indexes that only readers need, when they are filled anew: they are large,
    /// have many, and whoever folds finds a row by its primary key.
    pub(crate) fn bare(self) -> &'static [&'static str] {
        match self {
            Self::Clients => &["clients"],
            Self::Runs => &["deliveries"],
            Self::Suppressions => &["suppressions"],
            _ => &[],
        }
    }

    /// Whether events of such streams mean something to it.
    #[must_use]
    pub fn reads(self, kind: StreamKind) -> bool {
        match self {
            Self::Users => kind == StreamKind::User,
            Self::Clients => kind == StreamKind::Client,
            Self::Groups => kind == StreamKind::Group,
            Self::Messages => kind == StreamKind::Message,
            Self::Mailings => matches!(kind, StreamKind::Mailing | StreamKind::Run),
            Self::Runs => matches!(kind, StreamKind::Run | StreamKind::Batch),
            Self::Reports => kind == StreamKind::Run,
            Self::History => {
                matches!(kind, StreamKind::Mailing | StreamKind::Run | StreamKind::Batch | StreamKind::Feedback)
            }
            Self::Notices => kind == StreamKind::Notice,
            Self::Articles => kind == StreamKind::Article,
            Self::Suppressions => kind == StreamKind::Suppression,
            Self::Senders => matches!(kind, StreamKind::Sender | StreamKind::SenderDomain),
            Self::CustomFields => kind == StreamKind::CustomField,
            Self::Segments => kind == StreamKind::Segment,
            Self::Imports => kind == StreamKind::Import,
            Self::Feedback => kind == StreamKind::Feedback,
            Self::Audit => true,
        }
    }

    /// The kinds of streams that it reads, as the log calls them.
    pub(crate) fn kinds(self) -> impl Iterator<Item = &'static str> {
        StreamKind::ALL.into_iter().filter(move |kind| self.reads(*kind)).map(StreamKind::name)
    }

    /// Whether the event means something to it.
    #[must_use]
    pub fn concerns(self, fact: &Fact) -> bool {
        self.reads(fact.kind())
    }

    /// Writes what the events mean, in order. Table names are left to the connection's `search_path`, which is how a
    /// rebuild fills other tables with the same code.
    pub(crate) async fn fold(self, connection: &mut PgConnection, events: &[&Event]) -> Result<(), FoldError> {
        match self {
            Self::Users => users::fold(connection, events).await,
            Self::Clients => clients::fold(connection, events).await,
            Self::Groups => groups::fold(connection, events).await,
            Self::Messages => messages::fold(connection, events).await,
            Self::Mailings => mailings::fold::fold(connection, events).await,
            Self::Runs => runs::fold::fold(connection, events).await,
            Self::Reports => reports::fold(connection, events).await,
            Self::History => history::fold(connection, events).await,
            Self::Notices => notices::fold(connection, events).await,
            Self::Articles => articles::fold(connection, events).await,
            Self::Suppressions => suppressions::fold::fold(connection, events).await,
            Self::Senders => senders::fold::fold(connection, events).await,
            Self::CustomFields => custom_fields::fold(connection, events).await,
            Self::Segments => segments::fold::fold(connection, events).await,
            Self::Imports => imports::fold(connection, events).await,
            Self::Feedback => feedback::fold::fold(connection, events).await,
            Self::Audit => audit::fold::fold(connection, events).await,
        }
    }
}

/// How far a projection is.
#[derive(Clone, Debug)]
pub struct ProjectionStatus {
    /// Its name; `rebuild:NAME` for one that is being filled anew.
    pub name: String,
    /// The last event it shows.
    pub position: i64,
    /// How many events it has folded.
    pub folded: i64,
    /// The event it stopped at and why, if it did.
    pub error: Option<String>,
    /// The moment when the projection last moved.
    pub updated_at: DateTime<Utc>,
}

/// How far every projection is.
pub async fn statuses(database: impl PgExecutor<'_>) -> Result<Vec<ProjectionStatus>, sqlx::Error> {
    sqlx::query_as!(ProjectionStatus, "select name, position, folded, error, updated_at from projections order by name")
        .fetch_all(database)
        .await
}

/// How far a projection is behind the log, and how far it is being filled anew.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The projection's name.
    pub name: String,
    /// The position of the last event that it shows.
    pub position: i64,
    /// The position of the last event that there is.
    pub head: i64,
    /// The moment when the first event was recorded that it does not show yet; none if it shows all.
    pub waiting_since: Option<DateTime<Utc>>,
    /// The moment at which this was read, by PostgreSQL's clock.
    pub now: DateTime<Utc>,
    /// How many events it has folded.
    pub folded: i64,
    /// The event it stopped at and why, if it did.
    pub error: Option<String>,
    /// The moment when the projection last moved.
    pub updated_at: DateTime<Utc>,
    /// How many events its rebuild has folded; none if there is no rebuild.
    pub rebuild_folded: Option<i64>,
    /// Why its rebuild was stopped, if it was.
    pub rebuild_error: Option<String>,
    /// The moment when its rebuild last moved.
    pub rebuild_updated_at: Option<DateTime<Utc>>,
    /// Whether somebody rebuilds it right now.
    pub rebuild_running: bool,
}

impl Standing {
    /// How long the first event has waited that it does not show yet; none if it shows all.
    #[must_use]
    pub fn waited(&self) -> Option<TimeDelta> {
        self.waiting_since.map(|since| self.now - since)
    }
}

/// How far every projection is behind the log, or one of them.
pub async fn standing(pool: &PgPool, only: Option<Projection>) -> Result<Vec<Standing>, sqlx::Error> {
    // A rebuild that goes on holds an advisory lock, see `Rebuild`; PostgreSQL shows its key as two oids.
    sqlx::query_as!(
        Standing,
        r#"select p.name, p.position, p.folded, p.error, p.updated_at, clock_timestamp() as "now!",
                  coalesce((select max(e.position) from events e), 0) as "head!",
                  (select e.recorded_at from events e where e.position > p.position order by e.position limit 1)
                    as "waiting_since",
                  r.folded as "rebuild_folded?", r.error as "rebuild_error?", r.updated_at as "rebuild_updated_at?",
                  exists (select from pg_locks l join pg_database d on d.oid = l.database
                           where d.datname = current_database() and l.locktype = 'advisory' and l.objid = 1
                             and l.classid::bigint = hashtext('skymailing rebuild ' || p.name)::bigint & 4294967295)
                    as "rebuild_running!"
             from projections p left join projections r on r.name = 'rebuild:' || p.name
            where p.name not like 'rebuild:%' and ($1::text is null or p.name = $1)
            order by p.name"#,
        only.map(Projection::name),
    )
    .fetch_all(pool)
    .await
}
