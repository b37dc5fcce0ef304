//! Postfix's `smtp-sink`, which takes every letter and keeps none.

use anyhow::ensure;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A server that receives.
pub(crate) struct Sink {
    child: Child,
    /// Where it listens.
    pub(crate) port: u16,
}

impl Sink {
    /// Starts it, and waits until it listens.
    pub(crate) async fn start(program: &Path) -> anyhow::Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let child = Command::new(program)
            // As root it wants to be somebody else.
            .args(["-u", "nobody", &format!("inet:127.0.0.1:{port}"), "1024"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let sink = Self { child, port };
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            ensure!(began.elapsed() < Duration::from_secs(10), "smtp-sink does not listen");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(sink)
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
