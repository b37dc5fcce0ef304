//! What lies where in `DATA_DIR`, and the two locks by which several processes share one server.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use super::Error;

/// How often a lock that somebody else holds is tried again.
const LOCK_POLL: Duration = Duration::from_millis(20);

/// The cluster in `DATA_DIR`, or a symbolic link to it.
pub(super) const CLUSTER: &str = "postgres";

/// The directory `DATA_DIR`, as an absolute path.
#[derive(Debug, Clone)]
pub(super) struct Home(PathBuf);

impl Home {
    /// Creates the directory when it is missing.
    pub(super) fn open(dir: &Path) -> Result<Self, Error> {
        fs::create_dir_all(dir).map_err(Error::file(dir, "created"))?;
        let dir = fs::canonicalize(dir).map_err(Error::file(dir, "opened"))?;
        Ok(Self(dir))
    }

    pub(super) fn dir(&self) -> &Path {
        &self.0
    }

    /// The cluster, or a symbolic link to it.
    pub(super) fn cluster(&self) -> PathBuf {
        self.0.join(CLUSTER)
    }

    /// The superuser's password, beside the cluster, because PostgreSQL itself stores only its hash.
    pub(super) fn password(&self) -> PathBuf {
        self.0.join("postgres.password")
    }

    /// The port of the last start. It is used again when it is free, so that connection strings in people's notes stay right.
    pub(super) fn port(&self) -> PathBuf {
        self.0.join("postgres.port")
    }

    /// What the server prints.
    pub(super) fn log(&self) -> PathBuf {
        self.0.join("postgres.log")
    }

    /// Waits until nobody else starts or stops the server. Whoever holds this may look, start, and stop.
    ///
    /// Trying again and again instead of blocking in the system call keeps the wait cancellable.
    pub(super) async fn gate(&self) -> Result<File, Error> {
        let (file, path) = self.lock_file("postgres.gate")?;
        let mut told = false;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) => {
                    if !std::mem::replace(&mut told, true) {
                        tracing::info!(lock = %path.display(), "another process starts or stops PostgreSQL, waiting for it");
                    }
                    tokio::time::sleep(LOCK_POLL).await;
                }
                Err(TryLockError::Error(error)) => return Err(Error::file(path, "locked")(error)),
            }
        }
    }

    /// Like [`Home::gate`] without waiting: nothing if somebody else holds it.
    pub(super) fn gate_if_free(&self) -> Option<File> {
        let (file, _) = self.lock_file("postgres.gate").ok()?;
        file.try_lock().ok().map(|()| file)
    }

    /// Makes us one of the users of the server. To be called only by who holds the gate, so it never blocks:
    /// the exclusive lock in [`Users::leave`] is taken and given back behind the gate, too.
    pub(super) fn join(&self) -> Result<Users, Error> {
        let (file, path) = self.lock_file("postgres.users")?;
        file.lock_shared().map_err(Error::file(path, "locked"))?;
        Ok(Users(file))
    }

    fn lock_file(&self, name: &str) -> Result<(File, PathBuf), Error> {
        let path = self.0.join(name);
        let file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path);
        Ok((file.map_err(Error::file(&path, "opened"))?, path))
    }
}

/// A shared lock: it is held as long as its process lives and uses the server. The kernel releases it even after kill -9.
#[derive(Debug)]
pub(super) struct Users(File);

impl Users {
    /// Gives the lock back, behind the gate, and tells whether it was the last one.
    pub(super) fn leave(&self) -> bool {
        // Explicitly, not by closing: a child that is just being forked may hold a copy of the descriptor for a moment.
        self.0.unlock().is_ok() && self.0.try_lock().is_ok()
    }
}

/// Writes a file that only we can read, whole or not at all.
pub(super) fn write_private(path: &Path, text: &str) -> Result<(), Error> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".new");
    let unfinished = PathBuf::from(unfinished);
    let write = || -> io::Result<()> {
        let _ = fs::remove_file(&unfinished);
        let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&unfinished)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&unfinished, path)
    };
    write().map_err(Error::file(path, "written"))
}
