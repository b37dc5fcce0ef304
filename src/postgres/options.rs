//! How the private PostgreSQL is started.

use super::home;
use std::path::PathBuf;

/// The superuser of the cluster, and the only role in it.
pub(super) const SUPERUSER: &str = "skymailing";

/// The database that exists when [`start`](super::start) returns.
pub(super) const DATABASE: &str = "skymailing";

/// How to run the private PostgreSQL.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// `DATA_DIR`: the cluster lives in `postgres` below it.
    pub data_dir: PathBuf,
    /// `PG_BIN_DIR`: where `postgres`, `initdb` and `pg_ctl` are; without it they are searched for.
    pub bin_dir: Option<PathBuf>,
    /// Settings of the server that replace or extend ours, for example `("fsync", "off")` in tests.
    /// They take effect only when the server is started, not when a running one is adopted.
    pub settings: Vec<(String, String)>,
}

impl Options {
    /// Whether [`start`](super::start) would find a cluster, and not have to make one.
    #[must_use]
    pub fn has_cluster(&self) -> bool {
        self.data_dir.join(home::CLUSTER).exists()
    }

    /// Whether the data need not survive a power failure, so that creating them need not wait for the disk.
    pub(super) fn is_throwaway(&self) -> bool {
        self.settings.iter().any(|(name, value)| name == "fsync" && value == "off")
    }
}
