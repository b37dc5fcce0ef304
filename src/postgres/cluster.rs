//! The directory that PostgreSQL calls a cluster: found, or created by `initdb`.

use super::options::SUPERUSER;

use std::{
    fs::{self, DirBuilder, File},
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
};

use rand::{TryRngCore, rngs::OsRng};
use uuid::Uuid;

use super::{
    Error, Options,
    account::{Account, printed},
    binaries::Binaries,
    home::{Home, write_private},
};

/// Where the cluster lives when root's `DATA_DIR` is closed to the account that PostgreSQL runs as.
const ELSEWHERE: &str = "/var/lib/skymailing";

/// Character types, best first, because `lower` and `ilike` must understand more than ASCII in people's names.
/// Which of these a system has differs; the last one is everywhere. Sorting is always bytewise, so that an upgrade of
/// the system's C library cannot break indexes.
const CHARACTER_TYPES: [&str; 3] = ["C.UTF-8", "en_US.UTF-8", "C"];

/// A cluster on disk and all that is needed to run it.
#[derive(Debug, Clone)]
pub(super) struct Cluster {
    /// The real path, free of symbolic links: it is compared with what processes say of themselves.
    pub(super) dir: PathBuf,
    pub(super) account: Account,
    pub(super) binaries: Binaries,
    /// Letters and digits only, so it can stand in a URL as it is.
    pub(super) password: String,
}

impl Cluster {
    /// Opens the cluster, and creates it first if there is none. Only for who holds the gate.
    pub(super) fn open_or_create(home: &Home, options: &Options) -> Result<Self, Error> {
        if !present(&home.cluster())? {
            create(home, options)?;
        }
        Self::open(home, options)
    }

    fn open(home: &Home, options: &Options) -> Result<Self, Error> {
        let named = home.cluster();
        let dir = fs::canonicalize(&named).map_err(Error::file(&named, "opened"))?;
        let metadata = fs::metadata(&dir).map_err(Error::file(&dir, "opened"))?;
        let account = Account::choose(&dir, Some(&metadata))?;
        let major = fs::read_to_string(dir.join("PG_VERSION")).ok().and_then(|text| text.trim().parse().ok());
        let major = major.ok_or_else(|| Error::NotACluster {
            cluster: dir.clone(),
            problem: "is not a PostgreSQL data directory: it has no readable PG_VERSION".to_owned(),
        })?;
        let binaries = Binaries::find(options.bin_dir.as_deref(), &dir, Some(major))?;
        let password = read_password(home, &dir)?;
        Ok(Self { dir, account, binaries, password })
    }
}

/// Whether there is something at the place of the cluster. A symbolic link to nowhere is refused: behind it may be
/// a disk that is just not mounted, and beginning with an empty database would hide that.
fn present(cluster: &Path) -> Result<bool, Error> {
    match (fs::symlink_metadata(cluster).is_ok(), cluster.exists()) {
        (true, false) => Err(Error::NotACluster {
            cluster: cluster.to_owned(),
            problem: "is a symbolic link to a directory that does not exist or cannot be entered".to_owned(),
        }),
        (_, exists) => Ok(exists),
    }
}

fn read_password(home: &Home, cluster: &Path) -> Result<String, Error> {
    let file = home.password();
    let unusable = |reason: String| Error::Password { file: file.clone(), cluster: cluster.to_owned(), reason };
    let text = fs::read_to_string(&file).map_err(|error| unusable(error.to_string()))?;
    let password = text.trim();
    if password.is_empty() || !password.chars().all(|it| it.is_ascii_alphanumeric()) {
        return Err(unusable("it does not hold a password of letters and digits".to_owned()));
    }
    Ok(password.to_owned())
}

/// Creates the cluster beside its place and moves it there when it is complete: an initdb that is killed leaves
/// nothing that looks like a cluster.
fn create(home: &Home, options: &Options) -> Result<(), Error> {
    let named = home.cluster();
    let account = Account::choose(&named, None)?;
    let binaries = Binaries::find(options.bin_dir.as_deref(), &named, None)?;
    let place = Place::choose(home, account)?;
    tracing::info!(cluster = %place.cluster.display(), version = binaries.major(), "creating a PostgreSQL data directory, once");

    let password = new_password();
    write_private(&home.password(), &password)?;
    let result = initdb(&place, account, &binaries, &password, options);
    let result = result.and_then(|()| place.take(home));
    let _ = fs::remove_dir_all(&place.workshop);
    result
}

/// Where a cluster is built and where it goes.
struct Place {
    /// A directory of the account's own, on the same file system as `cluster`.
    workshop: PathBuf,
    /// The final directory, which does not exist yet.
    cluster: PathBuf,
}

impl Place {
    fn choose(home: &Home, account: Account) -> Result<Self, Error> {
        let here = Self::new(home.cluster(), "postgres.new-", account)?;
        if account.reaches(&here.workshop) {
            return Ok(here);
        }
        let _ = fs::remove_dir_all(&here.workshop);

        let elsewhere = Path::new(ELSEWHERE);
        fs::create_dir_all(elsewhere).map_err(Error::file(elsewhere, "created"))?;
        fs::set_permissions(elsewhere, fs::Permissions::from_mode(0o755))
            .map_err(Error::file(elsewhere, "opened to others"))?;
        let name = Uuid::new_v5(&Uuid::NAMESPACE_URL, home.dir().as_os_str().as_encoded_bytes()).simple().to_string();
        let mut cluster = elsewhere.join(&name);
        // The directory of an earlier DATA_DIR of the same name, which was deleted or moved. It may still be in use, and
        // it may be the only copy, so it is neither deleted nor taken over.
        for number in 2.. {
            if fs::symlink_metadata(&cluster).is_err() {
                break;
            }
            tracing::warn!(cluster = %cluster.display(), "left alone: a PostgreSQL data directory of an earlier DATA_DIR of this name");
            cluster = elsewhere.join(format!("{name}-{number}"));
        }
        tracing::info!(data_dir = %home.dir().display(), cluster = %cluster.display(), "DATA_DIR is closed to the account that PostgreSQL runs as, its data go elsewhere");
        Self::new(cluster, &format!("{name}.new-"), account)
    }

    fn new(cluster: PathBuf, prefix: &str, account: Account) -> Result<Self, Error> {
        let parent = cluster.parent().unwrap_or(Path::new("/"));
        remove_abandoned(parent, prefix);
        let workshop = parent.join(format!("{prefix}{}", Uuid::now_v7().simple()));
        DirBuilder::new().mode(0o700).create(&workshop).map_err(Error::file(&workshop, "created"))?;
        account.own(&workshop)?;
        Ok(Self { workshop, cluster })
    }

    fn unfinished(&self) -> PathBuf {
        self.workshop.join("cluster")
    }

    /// Puts the finished cluster in its place, durably.
    fn take(&self, home: &Home) -> Result<(), Error> {
        fs::rename(self.unfinished(), &self.cluster).map_err(Error::file(&self.cluster, "created"))?;
        if self.cluster != home.cluster() {
            std::os::unix::fs::symlink(&self.cluster, home.cluster())
                .map_err(Error::file(home.cluster(), "created"))?;
        }
        for dir in [self.cluster.parent(), Some(home.dir())].into_iter().flatten() {
            File::open(dir).and_then(|it| it.sync_all()).map_err(Error::file(dir, "written"))?;
        }
        Ok(())
    }
}

/// Removes what starts that were killed have left. Whoever is here holds the gate, so nobody is building;
/// at most an initdb whose parent was killed still writes, and then the next start removes the rest.
fn remove_abandoned(parent: &Path, prefix: &str) {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    for entry in entries.filter(|it| it.file_name().to_string_lossy().starts_with(prefix)) {
        let _ = fs::remove_dir_all(entry.path());
    }
}

fn initdb(
    place: &Place,
    account: Account,
    binaries: &Binaries,
    password: &str,
    options: &Options,
) -> Result<(), Error> {
    let cluster = place.unfinished();
    let password_file = place.workshop.join("password");
    write_private(&password_file, password)?;
    account.own(&password_file)?;

    let program = binaries.program("initdb");
    let mut output = String::new();
    for character_type in CHARACTER_TYPES {
        let mut command = account.command(&program);
        command.arg("--pgdata").arg(&cluster).arg("--pwfile").arg(&password_file);
        command.args(["--username", SUPERUSER, "--auth=scram-sha-256", "--encoding=UTF8", "--data-checksums"]);
        command.args(["--locale=C", &format!("--lc-ctype={character_type}"), "--text-search-config=simple"]);
        if options.is_throwaway() {
            command.arg("--no-sync");
        }
        let result = command.output().map_err(|source| account.could_not_run(&program, source))?;
        if result.status.success() {
            return Ok(());
        }
        output = printed(&result);
        if !output.contains("locale") {
            break;
        }
        let _ = fs::remove_dir_all(&cluster);
    }
    Err(Error::Initdb { cluster: place.cluster.clone(), output })
}

/// 32 hexadecimal digits from the operating system.
fn new_password() -> String {
    let mut bytes = [0; 16];
    OsRng.try_fill_bytes(&mut bytes).expect("the operating system has random numbers");
    Uuid::from_bytes(bytes).simple().to_string()
}
