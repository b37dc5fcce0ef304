//! The server process: adopted or started, waited for, stopped.

use std::{
    os::unix::process::CommandExt,
    process::Child,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use super::{
    Error, Options,
    account::printed,
    cluster::Cluster,
    connection::{Answer, ask},
    home::{Home, write_private},
    log::Log,
    patience::{ANSWER_AT_LAST, Patience},
    pid_file::{self, Identity, PidFile},
    port,
};

/// How often a server that starts is looked at.
const POLL: Duration = Duration::from_millis(20);

/// How long the children of a server that was killed may take to notice it.
const ORPHANS_END_WITHIN: Duration = Duration::from_mins(1);

/// How long `pg_ctl` waits for the shutdown checkpoint.
const STOP_WITHIN_SECONDS: &str = "600";

/// Settings of every private server. Those that say where it listens come later and cannot be replaced.
const SETTINGS: [(&str, &str); 13] = [
    ("shared_buffers", "256MB"),
    ("max_wal_size", "2GB"),
    ("wal_compression", "on"),
    ("max_connections", "100"),
    ("fsync", "on"),
    ("timezone", "UTC"),
    ("log_timezone", "UTC"),
    ("log_destination", "stderr"),
    ("logging_collector", "off"),
    ("log_line_prefix", "%m [%p] "),
    // Statements and the details of errors contain e-mail addresses, which do not belong in logs.
    ("log_min_error_statement", "panic"),
    ("log_error_verbosity", "terse"),
    ("cluster_name", "skymailing"),
];

/// A server that takes connections.
pub(super) struct Postmaster {
    port: u16,
    /// Present when it is our own child.
    child: Option<Watched>,
}

/// Where a server is to listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Port {
    /// Where the last one did, or wherever is room.
    Any,
    /// Here, because its users know it so.
    Same(u16),
}

/// A server that is ours to stop until somebody decides to [keep](Starting::keep) it.
pub(super) struct Starting<'a> {
    postmaster: Option<Postmaster>,
    cluster: &'a Cluster,
    adopted: bool,
}

/// Finds the server of the cluster running, or starts it. Only for who holds the gate.
pub(super) async fn adopt_or_start<'a>(
    home: &Home,
    cluster: &'a Cluster,
    options: &Options,
    wanted: Port,
) -> Result<Starting<'a>, Error> {
    if let Some(port) = find_running(cluster).await? {
        tracing::info!(port, "PostgreSQL runs already, using it");
        return Ok(Starting { postmaster: Some(Postmaster { port, child: None }), cluster, adopted: true });
    }
    let began = Instant::now();
    let mut port = match wanted {
        Port::Any => port::free(home),
        Port::Same(port) => port,
    };
    loop {
        let log = Log::open(home)?;
        let child = spawn(cluster, options, port, &log)?;
        let starting = Starting { postmaster: Some(Postmaster { port, child: Some(child) }), cluster, adopted: false };
        match starting.wait(&log).await {
            Ok(()) => {
                write_private(&home.port(), &format!("{port}\n"))?;
                tracing::info!(port, cluster = %cluster.dir.display(), version = cluster.binaries.major(), "PostgreSQL runs");
                return Ok(starting);
            }
            Err(Error::DidNotStart { tail, .. })
                if wanted == Port::Any && tail.contains("could not bind") && began.elapsed() < ORPHANS_END_WITHIN =>
            {
                port = port::random();
            }
            Err(Error::DidNotStart { tail, .. })
                if tail.contains("shared memory block") && began.elapsed() < ORPHANS_END_WITHIN =>
            {
                tracing::info!("waiting for what is left of the PostgreSQL that was killed");
                tokio::time::sleep(POLL * 10).await;
            }
            Err(error) => return Err(error),
        }
    }
}

/// The port of the server that runs for this cluster already, for example because its parent was killed.
async fn find_running(cluster: &Cluster) -> Result<Option<u16>, Error> {
    let mut patience = Patience::new();
    loop {
        let Some(file) = PidFile::read(cluster) else {
            pid_file::disarm(cluster)?;
            return Ok(None);
        };
        let identity = file.identity(cluster);
        if identity == Identity::No {
            pid_file::disarm(cluster)?;
            return Ok(None);
        }
        let answer = match file.port {
            Some(port) => ask(cluster, port).await,
            None => Answer::Nobody("it does not listen yet".to_owned()),
        };
        match answer {
            Answer::Ready => return Ok(file.port),
            Answer::NotYet(reason) => patience.tell(&reason),
            Answer::Nobody(_) if !patience.is_over() => patience.tell("it does not answer yet"),
            Answer::Nobody(_) | Answer::Foreign(_) if identity == Identity::Perhaps => {
                // Not ours after all. If it were, PostgreSQL would still see its shared memory and refuse to start.
                pid_file::disarm(cluster)?;
                return Ok(None);
            }
            Answer::Nobody(reason) | Answer::Foreign(reason) => {
                return Err(Error::Foreign { cluster: cluster.dir.clone(), pid: file.pid, reason });
            }
        }
        tokio::time::sleep(POLL).await;
    }
}

fn spawn(cluster: &Cluster, options: &Options, port: u16, log: &Log) -> Result<Watched, Error> {
    let program = cluster.binaries.program("postgres");
    let mut command = cluster.account.command(&program);
    command.arg("-D").arg(&cluster.dir);
    let port = port.to_string();
    let fixed = [("listen_addresses", "127.0.0.1"), ("unix_socket_directories", ""), ("port", &port)];
    let extra = options.settings.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    for (name, value) in SETTINGS.into_iter().chain(extra).chain(fixed) {
        command.arg("-c").arg(format!("{name}={value}"));
    }
    let (stdout, stderr) = (log.writer()?, log.writer()?);
    // A process group of its own: Ctrl+C in the terminal shall reach us, and we stop the server when we are done with it.
    command.stdout(stdout).stderr(stderr).process_group(0);
    let child = command.spawn().map_err(|source| cluster.account.could_not_run(&program, source))?;
    Watched::new(child, log)
}

impl Starting<'_> {
    pub(super) fn port(&self) -> u16 {
        self.postmaster.as_ref().map_or(0, Postmaster::port)
    }

    pub(super) fn keep(mut self) -> Postmaster {
        let postmaster = self.postmaster.take().expect("a server is kept once");
        if let Some(child) = &postmaster.child {
            child.in_use.store(true, Ordering::Relaxed);
        }
        postmaster
    }

    /// Waits until the server takes connections. Recovery has no time limit: stopping it only makes it begin anew.
    async fn wait(&self, log: &Log) -> Result<(), Error> {
        let Some(Postmaster { port, child: Some(child) }) = &self.postmaster else { return Ok(()) };
        let mut patience = Patience::new();
        let mut ready_since = None;
        loop {
            if let Some(end) = child.end() {
                return Err(log.did_not_start(end));
            }
            let ready = PidFile::read(self.cluster).is_some_and(|it| it.pid == child.pid && it.ready);
            if ready {
                let since = *ready_since.get_or_insert_with(Instant::now);
                match ask(self.cluster, *port).await {
                    Answer::Ready => return Ok(()),
                    Answer::NotYet(_) => {}
                    Answer::Nobody(_) if since.elapsed() < ANSWER_AT_LAST => {}
                    Answer::Nobody(reason) => {
                        return Err(log.did_not_start(&format!("it cannot be connected to: {reason}")));
                    }
                    Answer::Foreign(reason) => {
                        return Err(Error::Foreign { cluster: self.cluster.dir.clone(), pid: child.pid, reason });
                    }
                }
            }
            patience.tell(&log.last_line());
            tokio::time::sleep(POLL).await;
        }
    }
}

impl Drop for Starting<'_> {
    fn drop(&mut self) {
        let Some(postmaster) = self.postmaster.take().filter(|_| !self.adopted) else { return };
        if let Err(error) = postmaster.stop(self.cluster) {
            tracing::warn!(%error, "the private PostgreSQL was left running");
        }
    }
}

impl Postmaster {
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Whether it is alive, as far as that can be told without asking it.
    pub(super) fn is_running(&self, cluster: &Cluster) -> bool {
        match &self.child {
            Some(child) => child.end().is_none(),
            None => PidFile::read(cluster).is_some_and(|it| it.identity(cluster) != Identity::No),
        }
    }

    /// Disconnects all clients, writes a checkpoint, and waits for the end. A server that is gone already is fine.
    pub(super) fn stop(&self, cluster: &Cluster) -> Result<(), Error> {
        if let Some(child) = &self.child {
            child.in_use.store(false, Ordering::Relaxed);
        }
        let is_running = || PidFile::read(cluster).is_some_and(|it| it.identity(cluster) != Identity::No);
        let pg_ctl = cluster.binaries.program("pg_ctl");
        if is_running() {
            tracing::info!(port = self.port, "stopping PostgreSQL");
            let arguments = ["stop", "-m", "fast", "-w", "-t", STOP_WITHIN_SECONDS, "-D"].map(AsRef::as_ref);
            let output = cluster.account.run(&pg_ctl, arguments.into_iter().chain([cluster.dir.as_os_str()]))?;
            if !output.status.success() && is_running() {
                return Err(Error::DidNotStop { cluster: cluster.dir.clone(), output: printed(&output) });
            }
        } else if let Some(child) = self.child.as_ref().filter(|it| it.end().is_none()) {
            // So young that it has not written its file.
            cluster.account.run(&pg_ctl, ["kill", "INT", &child.pid.to_string()])?;
        }
        if let Some(child) = &self.child {
            child.join();
        }
        Ok(())
    }
}

/// Our child, with a thread that waits for its end. Without the wait a server that died would stay as a zombie, which
/// looks alive to the next start. A thread, not a task: the server outlives runtimes in tests.
struct Watched {
    pid: u32,
    end: Arc<OnceLock<String>>,
    /// Between the start and the stop: who starts or stops it reports an end himself.
    in_use: Arc<AtomicBool>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Watched {
    fn new(mut child: Child, log: &Log) -> Result<Self, Error> {
        let pid = child.id();
        let (end, in_use) = (Arc::new(OnceLock::new()), Arc::new(AtomicBool::new(false)));
        let path = log.path.clone();
        let thread = {
            let (end, in_use) = (Arc::clone(&end), Arc::clone(&in_use));
            let wait = move || {
                let status = child.wait().map_or_else(|error| error.to_string(), |it| it.to_string());
                if in_use.load(Ordering::Relaxed) {
                    tracing::error!(status, log = %path.display(), "PostgreSQL ended by itself");
                }
                let _ = end.set(status);
            };
            std::thread::Builder::new().name("postgres".to_owned()).spawn(wait)
        };
        let thread = thread.map_err(Error::file(&log.path, "watched"))?;
        Ok(Self { pid, end, in_use, thread: Mutex::new(Some(thread)) })
    }

    /// How it ended, if it did.
    fn end(&self) -> Option<&str> {
        self.end.get().map(String::as_str)
    }

    fn join(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}
