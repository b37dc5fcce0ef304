//! The key under which private keys are sealed: `MASTER_KEY`, or a file beside the private PostgreSQL.
//!
//! Whoever has a database of their own names the key themselves, as all processes need the same one and have nothing else in common.
//! The private PostgreSQL is for one machine, and its secrets are in files of `DATA_DIR` already.
//!
//! A key that is to take the place of another is in a file of its own before anything is sealed under it. So whoever is killed while that
//! is done loses no key, and whoever starts next sees by what is sealed which of the two it is.

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

/// The file in `DATA_DIR` with the key that is to take the place of the other one, while that is done.
#[must_use]
pub fn next_file(data_dir: &Path) -> PathBuf {
    data_dir.join("master.key.next")
}

/// The key in the file, which is made if it is not there: readable only by us, and whole or not there at all. Of several processes that
/// start at the same time one makes it, and the others read that one.
pub fn kept(data_dir: &Path) -> anyhow::Result<MasterKey> {
    let file = file(data_dir);
    if let Some(key) = read(&file)? {
        return Ok(key);
    }
    make(&file, &MasterKey::generate()?)?;
    tracing::info!(file = %file.display(), "made a master key; whoever restores a backup of the database needs it, too");
    read(&file)?.with_context(|| format!("{} is gone again", file.display()))
}

/// Has this key in the file of the next one, whatever was there.
pub fn keep_next(data_dir: &Path, key: &MasterKey) -> anyhow::Result<()> {
    let file = next_file(data_dir);
    let room = || {
        fs::create_dir_all(data_dir)?;
        match fs::remove_file(&file) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    };
    room().with_context(|| format!("{} cannot be written", file.display()))?;
    make(&file, key)?;
    let there = read(&file)?.map(|key| key.fingerprint());
    anyhow::ensure!(there == Some(key.fingerprint()), "somebody else writes {} at this moment", file.display());
    Ok(())
}

/// Puts the next key, which is this one, in the place of the one that there is. Whoever starts meanwhile may have done it.
pub fn put_next_in_use(data_dir: &Path, key: &MasterKey) -> anyhow::Result<()> {
    let (next, file) = (next_file(data_dir), file(data_dir));
    match fs::rename(&next, &file) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let there = read(&file)?.map(|key| key.fingerprint());
            anyhow::ensure!(there == Some(key.fingerprint()), "{} is gone", next.display());
        }
        renamed => {
            renamed.with_context(|| format!("{} cannot take the place of {}", next.display(), file.display()))?;
        }
    }
    // What is renamed is there after a power cut only when the directory says so.
    let synced = fs::File::open(data_dir).and_then(|directory| directory.sync_all());
    synced.with_context(|| format!("{} cannot be written", data_dir.display()))
}

/// The key in the file; or the next one if that is the one under which something is `sealed`, by the fingerprints of keys: whoever put it in
/// the place of the other was stopped before the file was.
pub fn in_use(data_dir: &Path, sealed: &[String]) -> anyhow::Result<MasterKey> {
    let is_sealed_under = |key: &MasterKey| sealed.contains(&key.fingerprint());
    let next = read(&next_file(data_dir))?.filter(is_sealed_under);
    let present = read(&file(data_dir))?.filter(is_sealed_under);
    let (Some(next), None) = (next, present) else { return kept(data_dir) };
    put_next_in_use(data_dir, &next)?;
    tracing::info!("the new master key takes the place of the old one, as everything is sealed under it");
    Ok(next)
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

fn make(file: &Path, key: &MasterKey) -> anyhow::Result<()> {
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
    written.with_context(|| format!("{} cannot be written", file.display()))
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
        make(&file(dir.path()), &MasterKey::generate().expect("randomness")).expect("it is there already");
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
    fn the_next_key_is_in_use_once_everything_is_sealed_under_it() {
        let dir = tempfile::tempdir().expect("a directory");
        let (old, new) = (kept(dir.path()).expect("it is made"), MasterKey::generate().expect("randomness"));
        let fingerprint = |key: &MasterKey| key.fingerprint();
        for _ in 0..2 {
            keep_next(dir.path(), &new).expect("it is kept");
        }
        // Nothing was sealed yet, or nothing anew.
        for sealed in [vec![], vec![old.fingerprint()], vec![old.fingerprint(), new.fingerprint()]] {
            let used = in_use(dir.path(), &sealed).expect("a key");
            assert_eq!(fingerprint(&used), old.fingerprint(), "{sealed:?}");
            assert!(next_file(dir.path()).exists());
        }
        // Whoever sealed everything anew was killed before the file was in its place.
        let used = in_use(dir.path(), &[new.fingerprint()]).expect("a key");
        assert_eq!(fingerprint(&used), new.fingerprint());
        assert_eq!(fingerprint(&kept(dir.path()).expect("a key")), new.fingerprint());
        assert!(!next_file(dir.path()).exists());
        let mode = fs::metadata(file(dir.path())).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
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
