//! What can go wrong with the private PostgreSQL, as sentences that say what to do.

use std::{io, path::PathBuf};

/// What to install where, appended to every error that a package would solve.
const INSTALL: &str = "\
Install PostgreSQL's server, version 14 or newer:
  Debian, Ubuntu:  apt-get install postgresql
  Fedora, RHEL:    dnf install postgresql-server
  macOS:           brew install postgresql@17
or name its directory in PG_BIN_DIR (for example PG_BIN_DIR=/usr/lib/postgresql/15/bin), \
or use a PostgreSQL of your own with DATABASE_URL (for example DATABASE_URL=postgres://user:password@localhost/skymailing).";

/// Why the private PostgreSQL could not be started or stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Neither `PATH` nor the usual places have server binaries.
    #[error(
        "PostgreSQL's server is not installed: initdb, postgres and pg_ctl are neither in PATH nor in the usual places.\n{INSTALL}"
    )]
    NotInstalled,

    /// Only versions were found that are too old.
    #[error("the PostgreSQL in {dir} is version {major}, and SkyMailing needs 14 or newer.\n{INSTALL}", dir = dir.display())]
    TooOld {
        /// Where it was found.
        dir: PathBuf,
        /// Its major version.
        major: u32,
    },

    /// `PG_BIN_DIR` was given and is wrong.
    #[error("PG_BIN_DIR is {dir}, but {program} cannot be run there ({reason}).\n{INSTALL}", dir = dir.display())]
    NotInBinDir {
        /// The value of `PG_BIN_DIR`.
        dir: PathBuf,
        /// The program that is missing or broken.
        program: &'static str,
        /// What happened when it was looked for.
        reason: String,
    },

    /// The cluster was made by another major version than those that are installed.
    #[error(
        "the data in {cluster} were written by PostgreSQL {cluster_major}, and only version {found} is installed. \
         Install PostgreSQL {cluster_major} beside it, or name it in PG_BIN_DIR, \
         or convert the data with pg_upgrade, or choose another DATA_DIR to begin with an empty database",
        cluster = cluster.display()
    )]
    OtherMajor {
        /// Directory of the cluster.
        cluster: PathBuf,
        /// What its `PG_VERSION` says.
        cluster_major: u32,
        /// The versions that are installed, for a person.
        found: String,
    },

    /// Something at the place of the cluster is not one.
    #[error("{cluster} {problem}. Move it away, or choose another DATA_DIR", cluster = cluster.display())]
    NotACluster {
        /// Directory that should be a cluster.
        cluster: PathBuf,
        /// What is wrong with it, as the end of a sentence.
        problem: String,
    },

    /// The cluster belongs to another system account.
    #[error(
        "{cluster} belongs to the system account {owner}, and this process runs as {me}. \
         Run it as that account or as root, or choose another DATA_DIR",
        cluster = cluster.display()
    )]
    NotOurs {
        /// Directory of the cluster.
        cluster: PathBuf,
        /// User id of its owner.
        owner: u32,
        /// Our own user id.
        me: u32,
    },

    /// We are root and there is nobody to run PostgreSQL as.
    #[error(
        "PostgreSQL refuses to run as root, and there is no account `postgres` or `nobody` to run it as. \
         Create one (useradd --system postgres), or run SkyMailing as an ordinary user, or use DATABASE_URL"
    )]
    NoAccount,

    /// A file or directory of ours could not be read or written.
    #[error("{path} cannot be {action}: {source}. Check its permissions and the free space, or choose another DATA_DIR", path = path.display())]
    File {
        /// The file or directory.
        path: PathBuf,
        /// What was tried, as a participle.
        action: &'static str,
        /// What the system answered.
        source: io::Error,
    },

    /// A program could not be run at all.
    #[error(
        "{program} cannot be run{account}: {source}. Check that it, and every directory above it, can be entered and executed",
        program = program.display()
    )]
    Run {
        /// The program.
        program: PathBuf,
        /// As whom, when it is not ourselves; begins with a space.
        account: String,
        /// What the system answered.
        source: io::Error,
    },

    /// `initdb` failed.
    #[error("PostgreSQL's data directory {cluster} could not be created. initdb said:\n{output}", cluster = cluster.display())]
    Initdb {
        /// Directory that was to be created.
        cluster: PathBuf,
        /// What initdb printed.
        output: String,
    },

    /// There is a cluster, but the password for it is gone.
    #[error(
        "{file}, which holds the password of the PostgreSQL in {cluster}, cannot be used: {reason}. \
         Restore the file, or move {cluster} away to begin with an empty database",
        file = file.display(), cluster = cluster.display()
    )]
    Password {
        /// The file with the password.
        file: PathBuf,
        /// Directory of the cluster.
        cluster: PathBuf,
        /// What is wrong.
        reason: String,
    },

    /// The server ended while it was starting.
    #[error("PostgreSQL did not start ({reason}). The end of its log, {log}:\n{tail}", log = log.display())]
    DidNotStart {
        /// What happened.
        reason: String,
        /// The server's log.
        log: PathBuf,
        /// The log's last lines.
        tail: String,
    },

    /// A server of this cluster is running, and lets us not in.
    #[error(
        "a PostgreSQL for {cluster} is running as process {pid}, but does not let SkyMailing in ({reason}). \
         Stop it (pg_ctl stop -D {cluster}) and try again",
        cluster = cluster.display()
    )]
    Foreign {
        /// Directory of the cluster.
        cluster: PathBuf,
        /// The process.
        pid: u32,
        /// What it answered.
        reason: String,
    },

    /// It runs, but creating our database failed.
    #[error("the database `skymailing` could not be created in the private PostgreSQL: {0}")]
    Database(#[source] sqlx::Error),

    /// Somebody has started it somewhere else.
    #[error("PostgreSQL runs at port {to} now, and not at {from} any more. Start SkyMailing again")]
    Moved {
        /// Where it was.
        from: u16,
        /// Where it is.
        to: u16,
    },

    /// It did not stop.
    #[error("PostgreSQL in {cluster} did not stop. pg_ctl said:\n{output}", cluster = cluster.display())]
    DidNotStop {
        /// Directory of the cluster.
        cluster: PathBuf,
        /// What `pg_ctl` printed.
        output: String,
    },
}

impl Error {
    /// For `map_err`: the file that was touched and what was tried with it.
    pub(super) fn file(path: impl Into<PathBuf>, action: &'static str) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, action, source }
    }
}
