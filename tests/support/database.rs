//! PostgreSQL for tests: one server per test process, a fresh database per test, and servers to break.
//!
//! Nothing has to be started before, and nothing stays behind, however the tests end: every server's directory has an
//! [undertaker](DataDir), a little shell script that waits for the end of this process.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
    time::{Duration, Instant},
};

use skymailing::database::{STATEMENTS, asked_when_idle};
use skymailing::postgres::{self, Options, Server};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool};
use tokio::sync::{OnceCell, mpsc, oneshot};

/// How often a condition that a test waits for is looked at.
const POLL: Duration = Duration::from_millis(10);

/// After this a test that waits gives up.
const PATIENCE: Duration = Duration::from_mins(3);

/// Waits until `condition` holds.
pub(crate) async fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < PATIENCE, "waited in vain: {what}");
        tokio::time::sleep(POLL).await;
    }
}

/// A file system in memory, where there is one.
const MEMORY: &str = "/dev/shm";

/// How much of it, and of the machine's memory, has to be free, in bytes. Two or three clusters are there at a time.
const ROOM: u64 = 4 << 30;

/// Where PostgreSQL's directories go: into memory if there is room. A database is 300 files, which every test has made and
/// deletes; some file systems take longer for that than the tests for their work.
fn place() -> PathBuf {
    let free = |of: &str| {
        let text = fs::read_to_string("/proc/meminfo").ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix(of))?;
        line.trim().strip_suffix(" kB")?.parse::<u64>().ok()?.checked_mul(1024)
    };
    let room = |of: &str| rustix::fs::statvfs(of).ok().map(|it| it.f_bavail * it.f_frsize);
    let is_enough = |bytes: Option<u64>| bytes.is_some_and(|bytes| bytes >= ROOM);
    // Who says where temporary files go is obeyed.
    if std::env::var_os("TMPDIR").is_none() && is_enough(room(MEMORY)) && is_enough(free("MemAvailable:")) {
        PathBuf::from(MEMORY)
    } else {
        std::env::temp_dir()
    }
}

/// A directory for a private PostgreSQL that is gone, with its server, when this value is dropped or this process
/// has ended, even by SIGKILL.
pub(crate) struct DataDir {
    path: PathBuf,
    undertaker: Child,
}

/// Ends the server of `$1` at once (its data are to be deleted) and deletes the directory. It looks at the name of the
/// process because some tests write pid files that lie. The last loop is for an initdb that is still writing.
const UNDERTAKER: &str = r#"
echo ready
cat >/dev/null
cluster=$(cd "$1/postgres" 2>/dev/null && pwd -P)
pid=$(head -n 1 "$1/postgres/postmaster.pid" 2>/dev/null)
postgres() {
    case $(cat "/proc/$pid/comm" 2>/dev/null || ps -o comm= -p "$pid" 2>/dev/null) in *postgres*) true ;; *) false ;; esac
}
if [ -n "$pid" ] && postgres; then
    kill -QUIT "$pid"
    while [ -e "$1/postgres/postmaster.pid" ] && postgres; do sleep 0.02; done
fi
until rm -rf "$1" ${cluster:+"$cluster"}; do sleep 0.1; done
"#;

impl DataDir {
    pub(crate) fn new() -> Self {
        Self::within(&place())
    }

    /// On a disk, for what has to be as slow and as sure as a disk.
    pub(crate) fn on_disk() -> Self {
        Self::within(&std::env::temp_dir())
    }

    fn within(place: &Path) -> Self {
        use std::os::unix::{fs::PermissionsExt, process::CommandExt};

        // Open to others: when the tests run as root, PostgreSQL runs as another account.
        let dir = tempfile::Builder::new()
            .prefix("skymailing-test-")
            .permissions(fs::Permissions::from_mode(0o755))
            .tempdir_in(place);
        let path = dir.expect("there is a place for temporary files").keep();
        // A process group of its own, so that Ctrl+C ends the tests and leaves the undertaker to its work.
        let mut undertaker = Command::new("sh")
            .args(["-c", UNDERTAKER, "undertaker"])
            .arg(&path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("there is a shell");
        let stdout = undertaker.stdout.take().expect("its output is ours");
        let _ = BufReader::new(stdout).read_line(&mut String::new());
        Self { path, undertaker }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Fast and not durable, as tests like it.
    pub(crate) fn options(&self) -> Options {
        let settings = [
            ("fsync", "off"),
            ("synchronous_commit", "off"),
            ("full_page_writes", "off"),
            ("shared_buffers", "64MB"),
            ("max_connections", "200"),
            // As the program has it in its own connections: compiling a statement takes longer than running it here.
            ("jit", "off"),
            // A story asks each thing few times, of tables with few rows: making a plan for each time takes longer than running it.
            ("plan_cache_mode", "force_generic_plan"),
            // Such a plan may be made while a table is empty, and is kept while it grows.
            ("enable_seqscan", "off"),
            ("max_parallel_workers_per_gather", "0"),
            // It may be in memory.
            ("max_wal_size", "256MB"),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Options { data_dir: self.path.clone(), bin_dir: None, settings }
    }

    /// The process id in `postmaster.pid`.
    pub(crate) fn postmaster(&self) -> Option<u32> {
        fs::read_to_string(self.path.join("postgres/postmaster.pid")).ok()?.lines().next()?.trim().parse().ok()
    }
}

impl Drop for DataDir {
    fn drop(&mut self) {
        drop(self.undertaker.stdin.take());
        let _ = self.undertaker.wait();
    }
}

/// Sends a signal, for example `KILL`.
pub(crate) fn signal(name: &str, pid: u32) {
    let status = Command::new("kill").args(["-s", name, &pid.to_string()]).status().expect("there is kill");
    assert!(status.success(), "process {pid} gets the signal {name}");
}

/// A database of one test, with all migrations, dropped at the test's end.
pub(crate) struct TestDatabase {
    /// For code that connects by itself.
    pub(crate) url: String,
    /// Belongs to the runtime of the test that asked for it.
    pub(crate) pool: PgPool,
    name: String,
}

impl Drop for TestDatabase {
    /// By the keeper, because a panicking test can await nothing. If that comes too late, the undertaker does it.
    fn drop(&mut self) {
        if let Some(keeper) = KEEPER.get().filter(|_| !self.name.is_empty()) {
            let _ = keeper.send(Request::Drop(std::mem::take(&mut self.name)));
        }
    }
}

impl TestDatabase {
    /// A pool as those have who only read: each question gets a plan of its own, as the program's do.
    pub(crate) async fn reading(&self) -> PgPool {
        let options: PgConnectOptions = self.url.parse().expect("a URL");
        let options = options.options([("plan_cache_mode", "auto"), ("enable_seqscan", "on")]);
        PgPoolOptions::new().max_connections(4).connect_with(options).await.expect("it takes connections")
    }

    /// Keeps what is in it for [`Prepared::copy`]. Nobody may be connected to it any more.
    async fn prepared(mut self) -> Prepared {
        self.pool.close().await;
        // What has no name is not dropped.
        Prepared { name: std::mem::take(&mut self.name) }
    }

    async fn copy_of(template: String) -> Self {
        let keeper = KEEPER.get().expect("there is a database already");
        let (reply, answer) = oneshot::channel();
        let _ = keeper.send(Request::Create { template, reply });
        let (name, url) = answer.await.expect("the server for tests runs; why not is said above");
        let options: PgConnectOptions = url.parse().expect("a URL");
        let pool = asked_when_idle(PgPoolOptions::new().max_connections(10));
        let pool = pool.connect_with(options.statement_cache_capacity(STATEMENTS)).await;
        let pool = pool.expect("a fresh database takes connections");
        Self { url, pool, name }
    }
}

/// What several tests begin with, when it takes long to write: a database of which each of them gets a copy.
pub(crate) struct Prepared {
    name: String,
}

impl Prepared {
    /// A copy of what `prepare` has left in its database. It is called once in a process, by whoever comes first.
    pub(crate) async fn copy(of: &OnceCell<Self>, prepare: impl AsyncFnOnce() -> TestDatabase) -> TestDatabase {
        let prepared = of.get_or_init(async || prepare().await.prepared().await).await;
        TestDatabase::copy_of(prepared.name.clone()).await
    }
}

/// A fresh database. The first call of the process starts the server and applies `migrate` to the template of all.
pub(crate) async fn fresh<M>(migrate: M) -> TestDatabase
where
    M: AsyncFnOnce(PgPool) + Send + 'static,
{
    KEEPER.get_or_init(|| start_keeper(migrate));
    TestDatabase::copy_of(MIGRATED.to_owned()).await
}

/// The database with all migrations and nothing else.
const MIGRATED: &str = "migrated";

static KEEPER: OnceLock<mpsc::UnboundedSender<Request>> = OnceLock::new();

enum Request {
    /// Answered with name and connection string.
    Create {
        template: String,
        reply: oneshot::Sender<(String, String)>,
    },
    Drop(String),
}

/// The keeper has a thread and a runtime of its own. Every test has its own runtime, too, which ends with the test, and
/// a connection does not survive its runtime: so what tests share lives here, and tests send requests.
fn start_keeper<M>(migrate: M) -> mpsc::UnboundedSender<Request>
where
    M: AsyncFnOnce(PgPool) + Send + 'static,
{
    let (sender, requests) = mpsc::unbounded_channel();
    let work = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("there is a runtime");
        runtime.block_on(keep(migrate, requests));
    };
    std::thread::Builder::new().name("keeper of the test databases".to_owned()).spawn(work).expect("there is a thread");
    sender
}

async fn keep(migrate: impl AsyncFnOnce(PgPool), mut requests: mpsc::UnboundedReceiver<Request>) {
    let data_dir = DataDir::new();
    let server = match postgres::start(&data_dir.options()).await {
        Ok(server) => server,
        Err(error) => panic!("{error}"),
    };
    let mut admin = PgConnection::connect(server.url()).await.expect("the server takes connections");
    execute(&mut admin, &format!("create database {MIGRATED}")).await;
    let pool = PgPoolOptions::new().max_connections(2).connect(&with_database(server.url(), MIGRATED)).await;
    let pool = pool.expect("the template takes connections");
    migrate(pool.clone()).await;
    // A template cannot be copied while somebody is connected to it.
    pool.close().await;

    // Copying files takes a third of what the log does, which is the other way, and the only one before PostgreSQL 15.
    let version: i32 = sqlx::query_scalar("select current_setting('server_version_num')::int")
        .fetch_one(&mut admin)
        .await
        .expect("the server has a version");
    let strategy = if version >= 150_000 { "strategy file_copy" } else { "" };

    let mut number = 0;
    while let Some(request) = requests.recv().await {
        match request {
            Request::Create { template, reply } => {
                number += 1;
                let name = format!("test_{number}");
                execute(&mut admin, &format!("create database {name} template {template} {strategy}")).await;
                let url = with_database(server.url(), &name);
                let _ = reply.send((name, url));
            }
            Request::Drop(name) => execute(&mut admin, &format!("drop database if exists {name} with (force)")).await,
        }
    }
}

async fn execute(connection: &mut PgConnection, statement: &str) {
    if let Err(error) = sqlx::query(statement).execute(connection).await {
        panic!("{statement}: {error}");
    }
}

fn with_database(url: &str, database: &str) -> String {
    let mut url = url::Url::parse(url).expect("it is a URL");
    url.set_path(database);
    url.into()
}

/// A server of one test, to stop, to kill, and to start again at the same address.
pub(crate) struct OwnServer {
    // Before the directory, so that it is stopped before that is deleted.
    server: Option<Server>,
    data_dir: DataDir,
    url: String,
}

impl OwnServer {
    pub(crate) async fn start() -> Self {
        let data_dir = DataDir::new();
        let server = postgres::start(&Self::options(&data_dir)).await.expect("PostgreSQL starts");
        Self { url: server.url().to_owned(), server: Some(server), data_dir }
    }

    /// What was committed is still there after a kill.
    fn options(data_dir: &DataDir) -> Options {
        let mut options = data_dir.options();
        options.settings.push(("synchronous_commit".to_owned(), "on".to_owned()));
        options
    }

    /// The same over all stops and starts.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// An orderly shutdown; clients are disconnected.
    pub(crate) async fn stop(&mut self) {
        let server = self.server.take().expect("it runs");
        server.stop().await.expect("PostgreSQL stops");
    }

    /// Kill -9. Returns when nobody listens any more.
    pub(crate) async fn kill(&mut self) {
        let server = self.server.take().expect("it runs");
        signal("KILL", self.data_dir.postmaster().expect("it has a process id"));
        let url = url::Url::parse(&self.url).expect("it is a URL");
        let port = url.port().expect("it has a port");
        eventually("the killed server listens no more", || TcpStream::connect(("127.0.0.1", port)).is_err()).await;
        server.stop().await.expect("a server that is gone counts as stopped");
    }

    /// Starts it again after [`OwnServer::stop`] or [`OwnServer::kill`].
    pub(crate) async fn start_again(&mut self) {
        let server = postgres::start(&Self::options(&self.data_dir)).await.expect("PostgreSQL starts again");
        assert_eq!(server.url(), self.url, "it comes back at the same address");
        self.server = Some(server);
    }
}
