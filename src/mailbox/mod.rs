//! A mailbox for development: an SMTP server that keeps what it receives, and pages to read it.
//!
//! ```text
//! a letter ── [`smtp`], with the [`manners`] of its recipient's server ──> the [`shelf`] ──> [`pages`]
//! ```
//!
//! It knows no passwords, listens on this machine only, and forgets everything when the process ends. It takes every letter,
//! but those to a few made-up domains, whose servers behave as real ones do on a bad day.

mod letter;
mod links;
mod manners;
mod pages;
mod running;
mod shelf;
mod smtp;

pub use running::Mailbox;
pub use shelf::Received;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

impl Mailbox {
    /// Takes letters on this port of 127.0.0.1.
    pub async fn start(port: u16, stop: CancellationToken) -> anyhow::Result<Self> {
        let asked = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let listener = TcpListener::bind(asked).await;
        let listener = listener.map_err(|error| anyhow::anyhow!("cannot receive mail on {asked}: {error}"))?;
        let mailbox = Self { shelf: Arc::default(), smtp: listener.local_addr()?, home: Arc::default() };
        tokio::spawn(smtp::listen(listener, mailbox.clone(), stop));
        Ok(mailbox)
    }

    /// The pages: a list, and each letter as it was received. `/letters.json` is the list for programs, and a program that does
    /// not ask for HTML gets a letter as it came.
    pub fn router(&self) -> axum::Router {
        pages::router(self.clone())
    }
}
