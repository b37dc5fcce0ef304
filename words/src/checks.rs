//! What the service finds when it looks at itself.

/// What one look found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// PostgreSQL answers, and can be written to.
    Database {
        /// The version of PostgreSQL, as it tells it.
        version: String,
    },
    /// The database keeps the service from its work.
    DatabaseAway {
        /// What is wrong, in English.
        reason: &'static str,
    },
    /// The process knows the time.
    Clock,
    /// The process does not know the time for sure.
    ClockDoubted {
        /// Why, in English.
        why: String,
    },
    /// No process of a newer program is known.
    Program,
    /// Processes of a newer program are at work.
    ProgramOlder {
        /// Why this process is the older one, in English.
        why: String,
    },
    /// All read models show everything, or nearly.
    ReadModels {
        /// How many read models there are.
        count: u64,
    },
    /// Read models have stopped.
    ReadModelsStopped {
        /// Their names, separated by commas.
        names: String,
    },
    /// The read models are behind the log.
    ReadModelsLate {
        /// How long the first event has waited, in seconds.
        seconds: u64,
    },
    /// There are administrators who can log in.
    Administrators {
        /// How many there are.
        count: u64,
    },
    /// Nobody can grant roles.
    NoAdministrator,
    /// The rules of time zones are known.
    TimeZones {
        /// The version of the IANA database, such as 2026a.
        version: String,
    },
    /// The rules of time zones are old.
    TimeZonesOld {
        /// The version of the IANA database, such as 2026a.
        version: String,
    },
    /// The time zones of all mailings are known.
    Mailings,
    /// There are no rules for the time zones of some mailings.
    MailingsWithoutZone {
        /// How many mailings wait for it.
        mailings: u64,
        /// The names of the zones, separated by commas.
        zones: String,
    },
    /// Clients are found quickly.
    Search,
    /// There are many clients by now, and what finds them quickly is being made.
    SearchWaits,
    /// PostgreSQL lacks what finds clients quickly among many.
    SearchSlow,
    /// Letters go through all mail servers.
    MailServers {
        /// How many mail servers there are.
        count: u64,
    },
    /// Letters wait for mail servers.
    MailServersWait {
        /// The names of these mail servers, separated by commas.
        names: String,
    },
    /// No process that sends letters is running.
    NoWorker,
}

impl Finding {
    /// Whether somebody has to do something about it.
    #[must_use]
    pub fn is_well(&self) -> bool {
        matches!(
            self,
            Self::Database { .. }
                | Self::Clock
                | Self::Program
                | Self::ReadModels { .. }
                | Self::Administrators { .. }
                | Self::TimeZones { .. }
                | Self::Mailings
                | Self::Search
                | Self::SearchWaits
                | Self::MailServers { .. }
        )
    }
}
