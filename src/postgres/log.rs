//! The server's log, from which errors and waits are explained.

use std::{
    fs::{self, File, OpenOptions},
    io::{Read, Seek, SeekFrom},
    os::unix::fs::OpenOptionsExt,
    path::PathBuf,
    process::Stdio,
};

use super::{Error, home::Home};

/// A longer log is put aside at the next start.
const LOG_LIMIT: u64 = 16 * 1024 * 1024;

/// The server's log, and where this start begins in it.
pub(super) struct Log {
    pub(super) path: PathBuf,
    file: File,
    start: u64,
}

impl Log {
    pub(super) fn open(home: &Home) -> Result<Self, Error> {
        let path = home.log();
        if fs::metadata(&path).is_ok_and(|it| it.len() > LOG_LIMIT) {
            let _ = fs::rename(&path, path.with_extension("log.old"));
        }
        let file = OpenOptions::new().create(true).append(true).read(true).mode(0o600).open(&path);
        let file = file.map_err(Error::file(&path, "opened"))?;
        let start = file.metadata().map_err(Error::file(&path, "opened"))?.len();
        Ok(Self { path, file, start })
    }

    pub(super) fn writer(&self) -> Result<Stdio, Error> {
        self.file.try_clone().map(Stdio::from).map_err(Error::file(&self.path, "opened"))
    }

    /// The last lines that this start has written.
    pub(super) fn tail(&self, lines: usize) -> String {
        let mut text = Vec::new();
        let _ = File::open(&self.path).and_then(|mut file| {
            file.seek(SeekFrom::Start(self.start))?;
            file.read_to_end(&mut text)
        });
        let text = String::from_utf8_lossy(&text);
        let all: Vec<&str> = text.lines().collect();
        all[all.len().saturating_sub(lines)..].join("\n")
    }

    pub(super) fn last_line(&self) -> String {
        self.tail(1)
    }

    pub(super) fn did_not_start(&self, reason: &str) -> Error {
        Error::DidNotStart { reason: reason.to_owned(), log: self.path.clone(), tail: self.tail(12) }
    }
}
