//! The key under which private keys are sealed: `MASTER_KEY`, or a file beside the private PostgreSQL.
//!
//! Whoever has a database of their own names the key themselves, as all processes need the same one and have nothing else in common.
//! The private PostgreSQL is for one machine, and its secrets are in files of `DATA_DIR` already.

use anyhow::Context as _;
use dkim::MasterKey;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// The file in `DATA_DIR`.
#[must_use]
pub fn file(data_dir: &Path) -> PathBuf {
    data_dir.join("master.key")
}

/// The key in the file, which is made if it is not there: readable only by us, and whole or not there at all. Of several processes that
/// start at the same time one makes it, and the others read that one.
pub fn kept(data_dir: &Path) -> anyhow::Result<MasterKey> {
    let file = file(data_dir);
    if let Some(key) = read(&file)? {
        return Ok(key);
    }
    make(&file)?;
    read(&file)?.with_context(|| format!("{} is gone again", file.display()))
}

/// The key in the file; `None` if there is no file.
pub fn read(file: &Path) -> anyhow::Result<Option<MasterKey>> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("{} cannot be read", file.display())),
    };
    let key = MasterKey::parse(&text).with_context(|| format!("{} holds no master key", file.display()))?;
    Ok(Some(key))
}

fn make(file: &Path) -> anyhow::Result<()> {
    let key = MasterKey::generate()?;
    // In containers that share the directory, several processes may have the same number.
    let unfinished = file.with_extension(format!("key.new{}", Uuid::new_v4()));
    let write = || {
        let mut new = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&unfinished)?;
        new.write_all(key.reveal().as_bytes())?;
        new.write_all(b"\n")?;
        new.sync_all()?;
        // Unlike renaming, this takes nobody's place.
        match fs::hard_link(&unfinished, file) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            linked => linked,
        }
    };
    let written = write();
    let _ = fs::remove_file(&unfinished);
    written.with_context(|| format!("{} cannot be written", file.display()))?;
    tracing::info!(file = %file.display(), "made a master key; whoever restores a backup of the database needs it, too");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::os::unix::fs::PermissionsExt;
    use std::thread;

    #[test]
    fn the_key_is_made_once_for_us_alone_and_then_read() {
        let dir = tempfile::tempdir().expect("a directory");
        let first = kept(dir.path()).expect("it is made");
        let again = kept(dir.path()).expect("it is read");
        assert_eq!(first.reveal(), again.reveal());
        let mode = fs::metadata(file(dir.path())).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(dir.path()).expect("a directory").count(), 1, "nothing else is left");
    }

    #[test]
    fn who_makes_it_at_the_same_time_takes_the_one_that_is_there() {
        let dir = tempfile::tempdir().expect("a directory");
        let first = kept(dir.path()).expect("it is made");
        make(&file(dir.path())).expect("it is there already");
        assert_eq!(kept(dir.path()).expect("it is read").reveal(), first.reveal());
    }

    #[test]
    fn all_who_start_at_the_same_moment_have_the_same_key() {
        for _ in 0..20 {
            let dir = tempfile::tempdir().expect("a directory");
            let start = || kept(dir.path()).expect("a key").reveal().as_str().to_owned();
            let keys: BTreeSet<String> = thread::scope(|scope| {
                let nodes: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
                nodes.into_iter().map(|node| node.join().expect("it starts")).collect()
            });
            assert_eq!(keys.len(), 1);
            assert_eq!(fs::read_dir(dir.path()).expect("a directory").count(), 1, "nothing else is left");
        }
    }

    #[test]
    fn a_file_that_holds_something_else_is_told_and_left_alone() {
        let dir = tempfile::tempdir().expect("a directory");
        fs::write(file(dir.path()), "s3cret").expect("a file");
        let error = format!("{:#}", kept(dir.path()).expect_err("it is none"));
        assert!(error.contains("holds no master key") && !error.contains("s3cret"), "{error}");
        assert_eq!(fs::read_to_string(file(dir.path())).expect("a file"), "s3cret");
    }
}
