//! `postmaster.pid`, in which a PostgreSQL server says that it is there, and which stays behind when it is killed.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{Error, cluster::Cluster};

/// A process id that no system gives (Linux ends at 2^22), so PostgreSQL finds nobody under it.
const NOBODY: &str = "2147483646";

/// What the file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PidFile {
    pub(super) pid: u32,
    /// Written a moment later than the process id.
    pub(super) port: Option<u16>,
    /// Whether it takes connections, as far as it says so itself.
    pub(super) ready: bool,
}

/// Whether a process is the server of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Identity {
    Yes,
    /// It is a PostgreSQL, and the system does not tell us of which cluster.
    Perhaps,
    No,
}

impl PidFile {
    /// Reads the file; nothing if it is missing or not complete.
    pub(super) fn read(cluster: &Cluster) -> Option<Self> {
        Self::parse(&fs::read_to_string(path(cluster)).ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        Some(Self {
            pid: lines.first()?.parse().ok()?,
            port: lines.get(3).and_then(|it| it.parse().ok()),
            ready: lines.get(7).is_some_and(|it| *it == "ready"),
        })
    }

    /// Whether the process of this file is alive and the server of this cluster. After a reboot, or in a container that
    /// was started again, the same number may be another program's.
    pub(super) fn identity(&self, cluster: &Cluster) -> Identity {
        if Path::new("/proc/self/stat").exists() { by_proc(self.pid, &cluster.dir) } else { by_ps(self.pid) }
    }
}

/// Makes a file that a killed server left harmless, without deleting it.
///
/// PostgreSQL refuses to start when the process id in it is alive, although it may be another program's by now, or a zombie.
/// But the file also names the shared memory that children of the killed server may still write to, and PostgreSQL
/// checks that, too. So only the process id is replaced.
pub(super) fn disarm(cluster: &Cluster) -> Result<(), Error> {
    let path = path(cluster);
    let Ok(text) = fs::read_to_string(&path) else { return Ok(()) };
    tracing::info!("PostgreSQL was not stopped cleanly the last time, it will recover");
    let result = match text.split_once('\n') {
        Some((_, rest)) if PidFile::parse(&text).is_some() => fs::write(&path, format!("{NOBODY}\n{rest}")),
        // Cut short by a full disk or a power failure; PostgreSQL would refuse to start because of it.
        _ => fs::remove_file(&path),
    };
    result.map_err(Error::file(path, "corrected"))
}

fn path(cluster: &Cluster) -> PathBuf {
    cluster.dir.join("postmaster.pid")
}

/// Linux: `/proc` tells the state, the name and, with some rights, the working directory, which is the cluster.
fn by_proc(pid: u32, cluster: &Path) -> Identity {
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { return Identity::No };
    let Some((name, state)) = name_and_state(&stat) else { return Identity::No };
    if matches!(state, 'Z' | 'X') || name != "postgres" {
        return Identity::No;
    }
    match fs::read_link(format!("/proc/{pid}/cwd")) {
        Ok(dir) if dir == cluster => Identity::Yes,
        Ok(_) => Identity::No,
        // Root in a container without CAP_SYS_PTRACE.
        Err(_) => Identity::Perhaps,
    }
}

/// From a line such as `1234 (postgres) S 1 ...`; the name may contain anything.
fn name_and_state(stat: &str) -> Option<(&str, char)> {
    let (before, after) = stat.rsplit_once(')')?;
    let (_, name) = before.split_once('(')?;
    Some((name, after.trim_start().chars().next()?))
}

/// Other systems.
fn by_ps(pid: u32) -> Identity {
    let output =
        Command::new("ps").args(["-o", "stat=", "-o", "comm=", "-p", &pid.to_string()]).stderr(Stdio::null()).output();
    let text = output.map(|it| String::from_utf8_lossy(&it.stdout).trim().to_owned()).unwrap_or_default();
    match text.split_once(char::is_whitespace) {
        Some((state, program)) if !state.starts_with('Z') && program.contains("postgres") => Identity::Perhaps,
        _ => Identity::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complete_file_tells_process_port_and_readiness() {
        let text = "4711\n/data/postgres\n1790000000\n23456\n\n127.0.0.1\n  123456  7\nready   \n";
        assert_eq!(PidFile::parse(text), Some(PidFile { pid: 4711, port: Some(23456), ready: true }));
        let text = text.replace("ready   ", "starting");
        assert_eq!(PidFile::parse(&text), Some(PidFile { pid: 4711, port: Some(23456), ready: false }));
    }

    #[test]
    fn a_file_that_was_cut_short_is_read_as_far_as_it_goes() {
        assert_eq!(PidFile::parse("4711\n/data/postgres\n"), Some(PidFile { pid: 4711, port: None, ready: false }));
        assert_eq!(PidFile::parse(""), None);
        assert_eq!(PidFile::parse("\n\n"), None);
    }

    #[test]
    fn the_name_of_a_process_may_contain_parentheses_and_spaces() {
        assert_eq!(name_and_state("12 (postgres) S 1 12 12 0"), Some(("postgres", 'S')));
        assert_eq!(name_and_state("12 (a ) Z (b) Z 1 12"), Some(("a ) Z (b", 'Z')));
        assert_eq!(name_and_state("12"), None);
    }
}
