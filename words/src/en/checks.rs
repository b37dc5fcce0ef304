use super::English;
use crate::checks::Finding;
use std::fmt;

impl English for Finding {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database { version } => write!(f, "the database answers: PostgreSQL {version}"),
            Self::DatabaseAway { reason } => {
                write!(f, "the service cannot do its work: {reason}; see DATABASE_URL and whether PostgreSQL runs")
            }
            Self::Clock => write!(f, "the clock is set"),
            Self::ClockDoubted { why } => write!(f, "this process does not know the time for sure: {why}"),
            Self::Program => write!(f, "no newer version is at work beside this one"),
            Self::ProgramOlder { why } => write!(f, "this process is older than others: {why}"),
            Self::ReadModels { count } => write!(f, "all {count} show what the log holds"),
            Self::ReadModelsStopped { names } => write!(
                f,
                "these have stopped: {names}; use the program’s newest version, which tries again when it starts, or rebuild them",
            ),
            Self::ReadModelsLate { seconds } => {
                write!(f, "they have been behind the log for {seconds} s; if it stays so, see the log of the service")
            }
            Self::Administrators { count: 1 } => write!(f, "1 administrator can log in"),
            Self::Administrators { count } => write!(f, "{count} administrators can log in"),
            Self::NoAdministrator => write!(f, "nobody can grant roles; use the command createadmin"),
            Self::TimeZones { version } => write!(f, "version of the rules: {version}"),
            Self::TimeZonesOld { version } => {
                write!(f, "their rules are old: version {version}; update the system’s package tzdata, or this program")
            }
            Self::Mailings => write!(f, "the time zones that they go by are known"),
            Self::MailingsWithoutZone { mailings, zones } => write!(
                f,
                "as many start no run by themselves: {mailings}; there are no rules for their time zones: {zones}; update the \
                 system’s package tzdata, or have their owners choose another zone",
            ),
            Self::Search => write!(f, "clients are found quickly"),
            Self::SearchWaits => write!(
                f,
                "there are many clients by now: indexes that find them quickly are being made, which takes minutes"
            ),
            Self::SearchSlow => write!(
                f,
                "a search looks through all clients, and may be broken off; have an administrator of the database run \
                 `create extension pg_trgm` in it"
            ),
            Self::MailServers { count } => write!(f, "letters go through; mail servers: {count}"),
            Self::MailServersWait { names } => {
                write!(f, "letters wait for {names}; they go on by themselves when the mail server answers again")
            }
            Self::NoWorker => write!(f, "no process that sends letters is running; start the service, or a worker"),
        }
    }
}
