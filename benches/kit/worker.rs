//! A `skymailing worker`, as a process.

use anyhow::{Context, bail, ensure};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Under which the private keys of domains are sealed that a benchmark makes.
pub(crate) const MASTER_KEY: &str = "0707070707070707070707070707070707070707070707070707070707070707";

/// The domain that its letters are from.
pub(crate) const DOMAIN: &str = "example.com";

/// A worker's process.
pub(crate) struct Worker(Child);

impl Worker {
    /// Starts one over a database, which sends over so many connections to a port of this machine.
    pub(crate) fn start(database: &str, port: u16, connections: usize) -> anyhow::Result<Self> {
        // Another build can be compared with this one.
        let program = std::env::var_os("BENCH_WORKER").unwrap_or_else(|| env!("CARGO_BIN_EXE_skymailing").into());
        let child = Command::new(program)
            .arg("worker")
            .env("DATABASE_URL", database)
            .env("SMTP_URL", format!("smtp://127.0.0.1:{port}"))
            .env("SMTP_CONNECTIONS", connections.to_string())
            .env("MAIL_FROM", format!("Bench <bench@{DOMAIN}>"))
            .env("MASTER_KEY", MASTER_KEY)
            .env("LOG", std::env::var("BENCH_LOG").unwrap_or_else(|_| "warn".to_owned()))
            .stdin(Stdio::null())
            .spawn()?;
        Ok(Self(child))
    }

    /// Fails when it has ended by itself.
    pub(crate) fn is_alive(&mut self) -> anyhow::Result<()> {
        match self.0.try_wait()? {
            Some(status) => bail!("the worker ended: {status}"),
            None => Ok(()),
        }
    }

    /// The most memory that it had, in megabytes.
    pub(crate) fn peak(&self) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("Linux tells the peak")?;
        let kilobytes: f64 = peak.trim().trim_end_matches(" kB").parse()?;
        Ok(kilobytes / 1024.0)
    }

    /// Its processor time so far.
    pub(crate) fn processor(&self) -> anyhow::Result<Duration> {
        Ok(Stat::of(self.0.id()).context("Linux tells of a process")?.own)
    }

    /// Asks it to end, and waits for that.
    pub(crate) async fn stop(&mut self) -> anyhow::Result<()> {
        Command::new("kill").args(["-s", "TERM", &self.0.id().to_string()]).status()?;
        let began = Instant::now();
        while self.0.try_wait()?.is_none() {
            ensure!(began.elapsed() < Duration::from_mins(1), "the worker does not end");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What Linux tells of a process (proc(5)).
pub(crate) struct Stat {
    parent: u32,
    /// Its own processor time.
    own: Duration,
    /// That of its children that have ended.
    children: Duration,
}

impl Stat {
    fn of(process: u32) -> Option<Self> {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        // The name is in brackets, and may hold anything.
        let (_, fields) = stat.rsplit_once(')')?;
        let fields: Vec<u64> = fields.split_whitespace().map(|field| field.parse().unwrap_or(0)).collect();
        // Fields 14 to 17, of which two are before the bracket; in hundredths of a second.
        let ticks = |at: usize| Duration::from_millis(10 * fields.get(at).copied().unwrap_or(0));
        let parent = u32::try_from(*fields.get(1)?).ok()?;
        Some(Self { parent, own: ticks(11) + ticks(12), children: ticks(13) + ticks(14) })
    }

    /// The processor time of a process and of all that it has started.
    pub(crate) fn family(process: u32) -> Duration {
        let Some(parent) = Self::of(process) else { return Duration::ZERO };
        let others = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let ids = others.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        let children = ids.filter_map(Self::of).filter(|stat| stat.parent == process);
        parent.own + parent.children + children.map(|child| child.own + child.children).sum::<Duration>()
    }
}
