//! A PostgreSQL that loses nothing it has acknowledged, to be killed in the middle of its work.

use crate::support::database::{DataDir, eventually};
use skymailing::postgres::{self, Options, Server};
use std::net::TcpStream;
use std::process::Command;

/// Unlike the other servers of the tests, this one runs with the safe defaults: with `synchronous_commit` off a crash takes
/// back commits that somebody relied on, and nothing could be proved.
pub(super) struct Postgres {
    // Before the directory, so that it is stopped before that is deleted.
    server: Option<Server>,
    data_dir: DataDir,
    url: String,
}

impl Postgres {
    pub(super) async fn start() -> Self {
        let data_dir = DataDir::on_disk();
        let server = postgres::start(&options(&data_dir)).await.expect("PostgreSQL starts");
        Self { url: server.url().to_owned(), server: Some(server), data_dir }
    }

    /// The same over all crashes.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Kill -9 for the postmaster and all its children at once, which is what a crash of the machine's memory would be:
    /// no child is left that could finish its transaction.
    pub(super) async fn crash(&mut self) {
        let server = self.server.take().expect("it runs");
        let postmaster = self.data_dir.postmaster().expect("it has a process id");
        let mut family = children(postmaster);
        family.insert(0, postmaster);
        let pids = family.iter().map(u32::to_string);
        // Children that ended in between are no failure.
        let _ = Command::new("kill").args(["-s", "KILL"]).args(pids).output().expect("there is kill");
        let url = url::Url::parse(&self.url).expect("it is a URL");
        let port = url.port().expect("it has a port");
        eventually("the killed server listens no more", || TcpStream::connect(("127.0.0.1", port)).is_err()).await;
        server.stop().await.expect("a server that is gone counts as stopped");
    }

    /// Recovers from the crash and takes connections again, at the same address.
    pub(super) async fn start_again(&mut self) {
        let server = postgres::start(&options(&self.data_dir)).await.expect("PostgreSQL starts again");
        assert_eq!(server.url(), self.url, "it comes back at the same address");
        self.server = Some(server);
    }
}

fn options(data_dir: &DataDir) -> Options {
    let settings = [
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
        ("shared_buffers", "64MB"),
        ("max_connections", "200"),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    Options { data_dir: data_dir.path().to_owned(), bin_dir: None, settings }
}

/// By parent, because each child of a postmaster leads a process group of its own.
fn children(parent: u32) -> Vec<u32> {
    let output = Command::new("ps").args(["-A", "-o", "pid=,ppid="]).output().expect("there is ps");
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| {
            let mut numbers = line.split_whitespace().filter_map(|word| word.parse().ok());
            let (pid, of) = (numbers.next()?, numbers.next()?);
            (of == parent).then_some(pid)
        })
        .collect()
}
