//! A mailbox for development: an SMTP server that keeps what it receives, and a page to read it.
//!
//! It takes every letter, knows no passwords, listens on this machine only, and forgets everything when the process
//! ends.

use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use axum::{Json, Router};
use mailcrab::MailMessage;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio_util::sync::CancellationToken;

/// How many letters are kept; older ones are only counted.
const KEPT: usize = 20_000;

/// How many letters may be on their way from the SMTP server to the shelf.
const ON_THE_WAY: usize = 16_384;

/// How many letters the page lists.
const LISTED: usize = 100;

/// A letter as it was received.
#[derive(Clone, Debug, Serialize)]
pub struct Received {
    /// Counted from 1 in the order of arrival.
    pub number: u64,
    /// Where it was sent to (the envelope's recipients).
    pub to: Vec<String>,
    /// Where it said it came from (the envelope's sender).
    pub from: String,
    /// Its subject.
    pub subject: String,
    /// The whole letter.
    #[serde(skip)]
    pub raw: Vec<u8>,
}

#[derive(Default)]
struct Shelf {
    letters: VecDeque<Received>,
    count: u64,
}

/// A running mailbox. It ends with its token.
#[derive(Clone)]
pub struct Mailbox {
    shelf: Arc<Mutex<Shelf>>,
    smtp: SocketAddr,
}

impl Mailbox {
    /// Takes letters on this port of 127.0.0.1.
    pub async fn start(port: u16, stop: CancellationToken) -> anyhow::Result<Self> {
        let host = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let smtp = SocketAddr::new(host, port);
        // The server would only log that it cannot listen.
        drop(TcpListener::bind(smtp).await.map_err(|error| anyhow::anyhow!("cannot receive mail on {smtp}: {error}"))?);
        let (sender, receiver) = broadcast::channel(ON_THE_WAY);
        let mailbox = Self { shelf: Arc::default(), smtp };
        tokio::spawn(mailcrab::mail_server(host, port, sender, false, stop));
        tokio::spawn(mailbox.clone().keep(receiver));
        Ok(mailbox)
    }

    /// Where it takes letters.
    #[must_use]
    pub fn smtp(&self) -> SocketAddr {
        self.smtp
    }

    /// How many letters it has received.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.shelf().count
    }

    /// The page: a list, and each letter as it was received. `/letters.json` for programs.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/", get(list))
            .route("/letters.json", get(list_json))
            .route("/letters/{number}", get(letter))
            .with_state(self.clone())
    }

    async fn keep(self, mut receiver: broadcast::Receiver<MailMessage>) {
        loop {
            match receiver.recv().await {
                Ok(letter) => self.put(&letter),
                Err(RecvError::Lagged(missed)) => {
                    tracing::warn!(missed, "the mailbox counts letters that it could not keep");
                    self.shelf().count += missed;
                }
                Err(RecvError::Closed) => return,
            }
        }
    }

    fn put(&self, letter: &MailMessage) {
        // The subject is private to the library, but part of what it serialises.
        let subject = serde_json::to_value(letter)
            .ok()
            .and_then(|letter| Some(letter.get("subject")?.as_str()?.to_owned()))
            .unwrap_or_default();
        let mut kept = self.shelf();
        kept.count += 1;
        let received = Received {
            number: kept.count,
            to: letter.envelope_recipients.clone(),
            from: letter.envelope_from.clone(),
            subject,
            raw: letter.raw_bytes().unwrap_or_default(),
        };
        if kept.letters.len() == KEPT {
            kept.letters.pop_front();
        }
        kept.letters.push_back(received);
    }

    fn shelf(&self) -> std::sync::MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn newest(&self, limit: usize) -> Vec<Received> {
        self.shelf().letters.iter().rev().take(limit).cloned().collect()
    }
}

#[derive(Deserialize)]
struct Limit {
    limit: Option<usize>,
}

#[derive(Serialize)]
struct Listing {
    count: u64,
    letters: Vec<Received>,
}

async fn list_json(State(mailbox): State<Mailbox>, Query(Limit { limit }): Query<Limit>) -> Json<Listing> {
    Json(Listing { count: mailbox.count(), letters: mailbox.newest(limit.unwrap_or(LISTED)) })
}

async fn list(State(mailbox): State<Mailbox>) -> impl IntoResponse {
    let mut rows = String::new();
    for Received { number, to, subject, .. } in mailbox.newest(LISTED) {
        let (to, subject) = (escape(&to.join(", ")), escape(&subject));
        let _ = writeln!(
            rows,
            "<tr><td>{number}</td><td>{to}</td><td><a href=\"/letters/{number}\">{subject}</a></td></tr>"
        );
    }
    let page = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><title>Mailbox</title>\
         <style>body{{font:16px/1.5 system-ui;margin:2rem;color-scheme:light dark}}td{{padding:.2rem 1rem .2rem 0}}</style>\
         <h1>{} letters</h1><p>The newest {LISTED} of them. Nothing here leaves this machine.</p>\
         <table><tr><th>No.<th>To<th>Subject</tr>{rows}</table>",
        mailbox.count()
    );
    ([(header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'")], Html(page))
}

async fn letter(State(mailbox): State<Mailbox>, Path(number): Path<u64>) -> impl IntoResponse {
    let found = mailbox.shelf().letters.iter().find(|letter| letter.number == number).cloned();
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
    match found {
        Some(letter) => (StatusCode::OK, headers, letter.raw),
        None => (StatusCode::NOT_FOUND, headers, b"There is no such letter here (any more).\n".to_vec()),
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
