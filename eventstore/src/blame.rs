//! Whose fault it is that something was not read or written. What is done next depends on that: waiting, trying again, leaving
//! one row alone, or telling of a mistake. It is decided here, and everybody else asks.

use cqrs_es::persist::PersistenceError;
use sqlx::error::DatabaseError;
use sqlx::migrate::MigrateError;

/// What is to blame for an error of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Blame {
    /// PostgreSQL is to blame: it is away, starts, stops, is full, or the connection to it was lost.
    Away,
    /// No connection was free for as long as one is waited for: PostgreSQL is away, or others keep all of them busy. Only
    /// another look at PostgreSQL tells which.
    Crowded,
    /// Whoever answers does not speak as PostgreSQL does, or speaks it not to us. At the start the address or the settings
    /// are to blame, and later the connection.
    Garbled,
    /// We said nothing for longer than our transaction may, so PostgreSQL gave it up. Nothing of it was written.
    Idle,
    /// The statement took longer than it may. Nothing of its transaction was written.
    Slow,
    /// The statement waited for a lock for longer than it may. Nothing of its transaction was written.
    Locked,
    /// Another transaction was in the way. Nothing of this one was written, and the same may succeed at once.
    Conflict,
    /// What is in one row is to blame, or what was to be in one. Others are not concerned.
    Row,
    /// The program is to blame, or its settings: the same fails again until somebody changes them.
    Program,
}

impl Blame {
    /// What is to blame for an error of sqlx.
    #[must_use]
    pub fn of(error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(error) => Self::of_code(error.as_ref()),
            sqlx::Error::Io(_) | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => Self::Away,
            sqlx::Error::PoolTimedOut => Self::Crowded,
            sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) => Self::Garbled,
            sqlx::Error::RowNotFound
            | sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::Decode(_)
            | sqlx::Error::Encode(_) => Self::Row,
            sqlx::Error::Migrate(error) => Self::of_migration(error),
            // Names and types that are not there, settings that do not read, and what sqlx will have later.
            _ => Self::Program,
        }
    }

    /// What is to blame for migrations that were not applied.
    #[must_use]
    pub fn of_migration(error: &MigrateError) -> Self {
        match error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => Self::of(error),
            _ => Self::Program,
        }
    }

    /// What is to blame for an error of postgres-es, which hands on those of sqlx and of JSON, most of them as unknown to it.
    #[must_use]
    pub fn of_load(error: &PersistenceError) -> Self {
        match error {
            PersistenceError::OptimisticLockError => Self::Conflict,
            PersistenceError::DeserializationError(_) => Self::Row,
            PersistenceError::ConnectionError(error) => error.downcast_ref().map_or(Self::Away, Self::of),
            PersistenceError::UnknownError(error) if error.is::<serde_json::Error>() => Self::Row,
            PersistenceError::UnknownError(error) => error.downcast_ref().map_or(Self::Program, Self::of),
        }
    }

    /// By the SQLSTATE, see appendix A of PostgreSQL's manual.
    fn of_code(error: &dyn DatabaseError) -> Self {
        let code = error.code().unwrap_or_default();
        match (code.as_ref(), code.get(..2).unwrap_or_default()) {
            ("25P03", _) => Self::Idle,
            ("55P03", _) => Self::Locked,
            ("57014", _) => Self::Slow,
            // Operator intervention, which is also what a server says that starts or stops; no resources, such as a full disk or
            // too many connections; a lost connection.
            (_, "57" | "53" | "08") => Self::Away,
            // Deadlocks, and transactions that cannot be put in an order.
            (_, "40") => Self::Conflict,
            // Values that there cannot be, and those that break a constraint.
            (_, "22" | "23") => Self::Row,
            _ => Self::Program,
        }
    }

    /// Whether the same may succeed later although nobody mends anything.
    #[must_use]
    pub fn may_pass(self) -> bool {
        match self {
            Self::Away | Self::Crowded | Self::Garbled | Self::Idle | Self::Slow | Self::Locked | Self::Conflict => {
                true
            }
            Self::Row | Self::Program => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StoreError;
    use sqlx::error::ErrorKind;
    use std::borrow::Cow;
    use std::error::Error;
    use std::fmt;
    use std::io;
    use std::time::Duration;

    /// An error as a server tells it.
    #[derive(Debug)]
    struct Told(&'static str);

    impl fmt::Display for Told {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Told {}

    impl DatabaseError for Told {
        fn message(&self) -> &str {
            self.0
        }

        fn code(&self) -> Option<Cow<'_, str>> {
            Some(self.0.into())
        }

        fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
            self
        }

        fn as_error_mut(&mut self) -> &mut (dyn Error + Send + Sync + 'static) {
            self
        }

        fn into_error(self: Box<Self>) -> Box<dyn Error + Send + Sync + 'static> {
            self
        }

        fn kind(&self) -> ErrorKind {
            ErrorKind::Other
        }
    }

    fn told(code: &'static str) -> sqlx::Error {
        sqlx::Error::Database(Box::new(Told(code)))
    }

    fn undecodable() -> sqlx::Error {
        sqlx::Error::ColumnDecode { index: "status".to_owned(), source: "no such status".into() }
    }

    #[test]
    fn what_a_server_says_tells_whose_fault_it_is() {
        for (code, blame) in [
            ("57P01", Blame::Away),
            ("57P03", Blame::Away),
            ("53100", Blame::Away),
            ("53300", Blame::Away),
            ("08006", Blame::Away),
            ("57014", Blame::Slow),
            ("55P03", Blame::Locked),
            ("25P03", Blame::Idle),
            ("40P01", Blame::Conflict),
            ("40001", Blame::Conflict),
            ("22021", Blame::Row),
            ("23505", Blame::Row),
            ("42P01", Blame::Program),
            ("42703", Blame::Program),
            ("28P01", Blame::Program),
            ("", Blame::Program),
        ] {
            assert_eq!(Blame::of(&told(code)), blame, "{code}");
        }
    }

    #[test]
    fn a_row_that_does_not_decode_is_to_blame_and_nobody_waits_for_the_database() {
        for error in [undecodable(), sqlx::Error::Decode("no such status".into()), sqlx::Error::RowNotFound] {
            assert_eq!(Blame::of(&error), Blame::Row);
        }
        assert!(!Blame::Row.may_pass() && !Blame::Program.may_pass());
        assert_eq!(Blame::of(&sqlx::Error::ColumnNotFound("status".to_owned())), Blame::Program);
    }

    #[test]
    fn whoever_does_not_answer_is_to_blame() {
        for (error, blame) in [
            (sqlx::Error::Io(io::ErrorKind::ConnectionRefused.into()), Blame::Away),
            (sqlx::Error::PoolTimedOut, Blame::Crowded),
            (sqlx::Error::Protocol("unexpected message".to_owned()), Blame::Garbled),
            (MigrateError::ExecuteMigration(told("57P01"), 7).into(), Blame::Away),
            (MigrateError::VersionMismatch(7).into(), Blame::Program),
        ] {
            assert_eq!(Blame::of(&error), blame, "{error}");
            assert_eq!(StoreError::from(error).blame(), blame);
        }
        assert_eq!(StoreError::Silent(Duration::from_secs(1)).blame(), Blame::Away);
    }

    #[test]
    fn what_postgres_es_hands_on_is_judged_by_what_it_was() {
        let unknown = |error: Box<dyn Error + Send + Sync>| PersistenceError::UnknownError(error);
        let json = serde_json::from_str::<u8>("true").expect_err("it is no number");
        for (error, blame) in [
            (unknown(Box::new(told("57014"))), Blame::Slow),
            (unknown(Box::new(sqlx::Error::PoolTimedOut)), Blame::Crowded),
            (unknown(Box::new(undecodable())), Blame::Row),
            (unknown(Box::new(json)), Blame::Row),
            (unknown("something else".into()), Blame::Program),
            (PersistenceError::ConnectionError(Box::new(sqlx::Error::Tls("no".into()))), Blame::Garbled),
            (PersistenceError::ConnectionError("no".into()), Blame::Away),
            (PersistenceError::OptimisticLockError, Blame::Conflict),
        ] {
            assert_eq!(StoreError::from(error).blame(), blame);
        }
    }
}
