//! As whom PostgreSQL runs. It refuses to run as root, so root needs another account for it.

use std::{
    ffi::OsStr,
    fs::Metadata,
    io,
    os::unix::{fs::MetadataExt, process::CommandExt},
    path::Path,
    process::{Command, Output, Stdio},
};

use super::Error;

/// What PostgreSQL's programs see of our environment. Ours holds secrets (`DATABASE_URL`, `SMTP_URL`), and its `PG...`
/// variables would quietly change what the programs do.
const ENVIRONMENT: [&str; 5] = ["PATH", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"];

/// The system account that PostgreSQL runs as.
#[derive(Debug, Clone, Copy)]
pub(super) enum Account {
    /// Ourselves, an ordinary user.
    Ourselves,
    /// Somebody else, because we are root.
    Other { uid: u32, gid: u32 },
}

impl Account {
    /// The account for a cluster: its owner when it exists, else `postgres` or `nobody` for root, else ourselves.
    pub(super) fn choose(cluster: &Path, existing: Option<&Metadata>) -> Result<Self, Error> {
        let me = id(&["-u"]).ok_or(Error::NoAccount)?;
        let owner = existing.map(|it| (it.uid(), it.gid()));
        match (me, owner) {
            (0, Some((0, _))) => Err(Error::NotACluster {
                cluster: cluster.to_owned(),
                problem: "belongs to root, and PostgreSQL refuses to run as root (chown -R postgres helps)".to_owned(),
            }),
            (0, Some((uid, gid))) => Ok(Self::Other { uid, gid }),
            (0, None) => ["postgres", "nobody"].iter().find_map(|name| Self::named(name)).ok_or(Error::NoAccount),
            (me, Some((owner, _))) if me != owner => Err(Error::NotOurs { cluster: cluster.to_owned(), owner, me }),
            _ => Ok(Self::Ourselves),
        }
    }

    fn named(name: &str) -> Option<Self> {
        let (uid, gid) = (id(&["-u", name])?, id(&["-g", name])?);
        (uid != 0).then_some(Self::Other { uid, gid })
    }

    /// A command that runs as this account, knows little of us, and reads nothing from the terminal.
    pub(super) fn command(self, program: &Path) -> Command {
        let mut command = Command::new(program);
        // The working directory may be closed to the account (a clone under /root), which initdb complains about.
        command.current_dir("/").stdin(Stdio::null()).env_clear().env("LC_ALL", "C");
        for name in ENVIRONMENT {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        if let Self::Other { uid, gid } = self {
            // Without supplementary groups: the standard library drops them when root changes the user.
            command.uid(uid).gid(gid);
        }
        command
    }

    /// Runs a program to its end.
    pub(super) fn run<A: AsRef<OsStr>>(
        self,
        program: &Path,
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<Output, Error> {
        self.command(program).args(arguments).output().map_err(|source| self.could_not_run(program, source))
    }

    pub(super) fn could_not_run(self, program: &Path, source: io::Error) -> Error {
        let account = match self {
            Self::Ourselves => String::new(),
            Self::Other { uid, .. } => format!(" as the system account {uid}"),
        };
        Error::Run { program: program.to_owned(), account, source }
    }

    /// Makes a file or directory the account's own.
    pub(super) fn own(self, path: &Path) -> Result<(), Error> {
        match self {
            Self::Ourselves => Ok(()),
            Self::Other { uid, gid } => std::os::unix::fs::chown(path, Some(uid), Some(gid))
                .map_err(Error::file(path, "given to another account")),
        }
    }

    /// Whether the account gets into a directory. Ourselves always do: we made it.
    pub(super) fn reaches(self, dir: &Path) -> bool {
        match self {
            Self::Ourselves => true,
            Self::Other { .. } => self
                .run(Path::new("/bin/sh"), [OsStr::new("-c"), OsStr::new("cd -- \"$0\""), dir.as_os_str()])
                .is_ok_and(|output| output.status.success()),
        }
    }
}

/// What `id` says. The standard library does not tell who we are, and this also knows accounts that are not in `/etc/passwd`.
fn id(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(arguments).stderr(Stdio::null()).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

/// What a program printed, for a person.
pub(super) fn printed(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8_lossy(&text).trim().to_owned()
}
