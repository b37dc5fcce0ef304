//! Finding PostgreSQL's server programs.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use super::Error;

/// The oldest version that SkyMailing is written for.
const OLDEST: u32 = 14;

/// The programs that are needed; `postgres` comes first because it tells the version.
const PROGRAMS: [&str; 3] = ["postgres", "initdb", "pg_ctl"];

/// Where packages put the programs: a directory, how the names in it that matter begin, and what follows.
const USUAL_PLACES: [(&str, &str, &str); 12] = [
    ("/usr/lib/postgresql", "", "bin"),                          // Debian, Ubuntu
    ("/usr", "pgsql-", "bin"),                                   // packages of postgresql.org for Fedora and RHEL
    ("/usr/lib", "postgresql", "bin"),                           // SUSE
    ("/usr/lib64", "postgresql", "bin"),                         // Gentoo
    ("/usr/libexec", "postgresql", ""),                          // Alpine
    ("/opt/homebrew/opt", "postgresql", "bin"),                  // Homebrew, Apple silicon
    ("/usr/local/opt", "postgresql", "bin"),                     // Homebrew, Intel
    ("/opt/local/lib", "postgresql", "bin"),                     // MacPorts
    ("/Library/PostgreSQL", "", "bin"),                          // EnterpriseDB's installer
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"), // Postgres.app
    ("/usr/local", "pgsql", "bin"),                              // built from source
    ("/opt", "postgresql", "bin"),
];

/// A directory with all programs of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Binaries {
    dir: PathBuf,
    major: u32,
}

impl Binaries {
    /// Looks where it is told, else in `PATH` and the usual places. The newest version wins, but a cluster that
    /// exists already (`cluster_major`) can only be served by its own, so that wins before all.
    pub(super) fn find(bin_dir: Option<&Path>, cluster: &Path, cluster_major: Option<u32>) -> Result<Self, Error> {
        let found = match bin_dir {
            Some(dir) => vec![Self::at(dir).map_err(|(program, reason)| Error::NotInBinDir {
                dir: dir.to_owned(),
                program,
                reason,
            })?],
            None => candidates().iter().filter_map(|dir| Self::at(dir).ok()).collect(),
        };
        Self::choose(&found, cluster, cluster_major)
    }

    /// The path of one of the programs.
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// The major version.
    pub(super) fn major(&self) -> u32 {
        self.major
    }

    fn choose(found: &[Self], cluster: &Path, cluster_major: Option<u32>) -> Result<Self, Error> {
        let newest = found.iter().max_by_key(|it| it.major).ok_or(Error::NotInstalled)?;
        if newest.major < OLDEST {
            return Err(Error::TooOld { dir: newest.dir.clone(), major: newest.major });
        }
        let Some(cluster_major) = cluster_major else { return Ok(newest.clone()) };
        found.iter().find(|it| it.major == cluster_major).cloned().ok_or_else(|| {
            let mut majors: Vec<u32> = found.iter().map(|it| it.major).collect();
            majors.sort_unstable();
            majors.dedup();
            let found = majors.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
            Error::OtherMajor { cluster: cluster.to_owned(), cluster_major, found }
        })
    }

    /// The programs in a directory, or which one is missing and why.
    fn at(dir: &Path) -> Result<Self, (&'static str, String)> {
        for program in PROGRAMS {
            if !dir.join(program).is_file() {
                return Err((program, "there is no such file".to_owned()));
            }
        }
        let output = Command::new(dir.join("postgres"))
            .arg("--version")
            .output()
            .map_err(|error| ("postgres", error.to_string()))?;
        let text = String::from_utf8_lossy(&output.stdout);
        match major(&text) {
            Some(major) => Ok(Self { dir: dir.to_owned(), major }),
            None => Err(("postgres", format!("its version cannot be read from {:?}", text.trim()))),
        }
    }
}

/// The major version in what `postgres --version` prints, as in `postgres (PostgreSQL) 15.14 (Debian 15.14-1)`.
fn major(version: &str) -> Option<u32> {
    let number = version.split_once(") ")?.1;
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn candidates() -> Vec<PathBuf> {
    let mut dirs: Vec<PathBuf> = env::var_os("PATH").map(|path| env::split_paths(&path).collect()).unwrap_or_default();
    for (parent, prefix, below) in USUAL_PLACES {
        let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
        let named = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix));
        dirs.extend(named.map(|entry| entry.path().join(below)));
    }
    dirs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(major: u32) -> Binaries {
        Binaries { dir: PathBuf::from(format!("/pg/{major}/bin")), major }
    }

    fn choose(found: &[u32], cluster: Option<u32>) -> Result<u32, String> {
        let found: Vec<Binaries> = found.iter().copied().map(version).collect();
        Binaries::choose(&found, Path::new("/data/postgres"), cluster)
            .map(|it| it.major)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_major_version_is_read_from_what_postgres_prints() {
        for (text, expected) in [
            ("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n", Some(15)),
            ("postgres (PostgreSQL) 18beta1\n", Some(18)),
            ("postgres (PostgreSQL) 9.6.24\n", Some(9)),
            ("postgres (EnterpriseDB Advanced Server) 16.1.0\n", Some(16)),
            ("", None),
            ("segmentation fault", None),
        ] {
            assert_eq!(major(text), expected, "{text:?}");
        }
    }

    #[test]
    fn the_newest_version_serves_a_new_cluster_and_its_own_an_old_one() {
        assert_eq!(choose(&[14, 17, 15], None), Ok(17));
        assert_eq!(choose(&[14, 17, 15], Some(15)), Ok(15));
    }

    #[test]
    fn without_any_version_the_error_says_what_to_install_and_what_else_is_possible() {
        let error = choose(&[], None).expect_err("nothing is installed");
        for hint in [
            "apt-get install postgresql",
            "dnf install postgresql-server",
            "brew install",
            "PG_BIN_DIR",
            "DATABASE_URL",
        ] {
            assert!(error.contains(hint), "{error}");
        }
    }

    #[test]
    fn too_old_a_version_is_refused() {
        let error = choose(&[13, 12], None).expect_err("13 is too old");
        assert!(
            error.starts_with("the PostgreSQL in /pg/13/bin is version 13, and SkyMailing needs 14 or newer"),
            "{error}"
        );
    }

    #[test]
    fn a_cluster_of_a_version_that_is_not_installed_is_an_error_that_names_both() {
        let error = choose(&[15, 17], Some(16)).expect_err("16 is not installed");
        assert!(
            error.starts_with(
                "the data in /data/postgres were written by PostgreSQL 16, and only version 15, 17 is installed"
            ),
            "{error}"
        );
    }
}
