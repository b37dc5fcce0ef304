//! The receiving server: fast, moody, and with a memory for what it took.
//!
//! What it does with a letter follows from the address, and from a throw of the dice for moods that have nothing to do with
//! the letter. It has a thread of its own, so that a busy story does not slow it down.

use super::dice::Seed;
use super::moods::{Address, Mood};
use chrono::{DateTime, Utc};
use eventstore::Clock;
use skymailing::wire::wall_clock;
use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// A letter that was accepted.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    /// With angle brackets.
    pub(super) message_id: String,
    pub(super) recipient: String,
    /// When the answer was given, or would have been.
    pub(super) at: DateTime<Utc>,
}

#[derive(Default)]
struct Memory {
    accepted: Vec<Letter>,
    /// How often the server hung up after the final dot.
    dropped: usize,
    /// How often each address was told to come again.
    put_off: BTreeMap<String, u32>,
    /// When each address was last named, whatever became of it.
    named: BTreeMap<String, DateTime<Utc>>,
    transactions: u64,
}

/// The server. Ends when dropped.
pub(super) struct Receiver {
    shared: Arc<Shared>,
    address: SocketAddr,
    stop: CancellationToken,
}

struct Shared {
    seed: Seed,
    clock: Clock,
    memory: Mutex<Memory>,
    /// How many letters were accepted.
    progress: watch::Sender<usize>,
    /// How many may be: the answers to all later ones are held back.
    quota: watch::Sender<usize>,
}

impl Receiver {
    pub(super) fn start(seed: Seed) -> Self {
        let shared = Arc::new(Shared {
            seed,
            clock: wall_clock(),
            memory: Mutex::default(),
            progress: watch::Sender::new(0),
            quota: watch::Sender::new(usize::MAX),
        });
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        listener.set_nonblocking(true).expect("a listener");
        let address = listener.local_addr().expect("an address");
        let stop = CancellationToken::new();
        let (serving, stopped) = (Arc::clone(&shared), stop.clone());
        let work = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(stopped.run_until_cancelled(listen(serving, listener)));
        };
        std::thread::Builder::new().name("receiving server".to_owned()).spawn(work).expect("a thread");
        Self { shared, address, stop }
    }

    pub(super) fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many letters it has accepted.
    pub(super) fn count(&self) -> usize {
        *self.shared.progress.borrow()
    }

    /// From now on it answers for so many letters in all and lets the others wait for their answer.
    pub(super) fn answers_up_to(&self, letters: usize) {
        self.shared.quota.send_replace(letters);
    }

    /// All letters it has accepted, in order.
    pub(super) fn accepted(&self) -> Vec<Letter> {
        self.shared.memory().accepted.clone()
    }

    /// When each address was last named to it, whatever it answered.
    pub(super) fn named(&self) -> BTreeMap<String, DateTime<Utc>> {
        self.shared.memory().named.clone()
    }

    /// How often it hung up after the final dot.
    pub(super) fn dropped(&self) -> usize {
        self.shared.memory().dropped
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Shared {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_mood(&self) -> Mood {
        let mut memory = self.memory();
        memory.transactions += 1;
        Mood::of(self.seed.permille(memory.transactions))
    }

    /// Whether this address has to come again once more.
    fn puts_off(&self, recipient: &str, times: u32) -> bool {
        let mut memory = self.memory();
        let so_far = memory.put_off.entry(recipient.to_owned()).or_default();
        let puts_off = *so_far < times;
        *so_far += u32::from(puts_off);
        puts_off
    }

    /// Accepts a letter, and waits until it may be said.
    async fn accept(&self, message_id: String, recipient: String) {
        let count = {
            let mut memory = self.memory();
            memory.accepted.push(Letter { message_id, recipient, at: self.clock.now() });
            memory.accepted.len()
        };
        self.progress.send_replace(count);
        let mut quota = self.quota.subscribe();
        if *quota.borrow() < count {
            // The sender lives in `self`.
            let _ = quota.wait_for(|quota| *quota >= count).await;
            self.memory().accepted[count - 1].at = self.clock.now();
        }
    }
}

async fn listen(shared: Arc<Shared>, listener: std::net::TcpListener) {
    let listener = TcpListener::from_std(listener).expect("a listener");
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            let shared = Arc::clone(&shared);
            // A client that goes away, as killed ones do, ends its session and nothing else.
            tokio::spawn(async move { Session::new(shared, stream)?.serve().await });
        }
    }
}

struct Session {
    shared: Arc<Shared>,
    stream: BufReader<TcpStream>,
    line: Vec<u8>,
    mood: Mood,
    recipient: String,
}

/// Whether the session goes on.
type Goes = io::Result<bool>;

impl Session {
    fn new(shared: Arc<Shared>, stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        let stream = BufReader::new(stream);
        Ok(Self { shared, stream, line: Vec::new(), mood: Mood::Good, recipient: String::new() })
    }

    async fn serve(mut self) -> io::Result<()> {
        self.say("220 receiver ESMTP").await?;
        while self.read_line().await? {
            let line = String::from_utf8_lossy(&self.line).into_owned();
            let goes = match line.get(..4).unwrap_or_default() {
                "EHLO" => self.say("250-receiver\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES").await?,
                "MAIL" => self.mail().await?,
                "RCPT" => self.rcpt(&line).await?,
                "DATA" => self.data().await?,
                "RSET" => self.say("250 2.0.0 forgotten").await?,
                "QUIT" => !self.say("221 2.0.0 bye").await?,
                _ => self.say("502 5.5.1 not here").await?,
            };
            if !goes {
                break;
            }
        }
        Ok(())
    }

    async fn say(&mut self, text: &str) -> Goes {
        self.stream.get_mut().write_all(format!("{text}\r\n").as_bytes()).await?;
        Ok(true)
    }

    async fn read_line(&mut self) -> io::Result<bool> {
        self.line.clear();
        Ok(self.stream.read_until(b'\n', &mut self.line).await? > 0)
    }

    async fn mail(&mut self) -> Goes {
        self.mood = self.shared.next_mood();
        if self.mood == Mood::Closing {
            return Ok(!self.say("421 4.3.2 closing for a moment").await?);
        }
        self.say("250 2.1.0 ok").await
    }

    async fn rcpt(&mut self, line: &str) -> Goes {
        let address =
            line.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or("", |(address, _)| address);
        address.clone_into(&mut self.recipient);
        let now = self.shared.clock.now();
        self.shared.memory().named.insert(address.to_owned(), now);
        match Address::of(address) {
            Address::Dead => self.say("550 5.1.1 no such user").await,
            Address::Greylisted(times) if self.shared.puts_off(address, times) => {
                self.say("450 4.2.0 come again").await
            }
            _ => self.say("250 2.1.5 ok").await,
        }
    }

    async fn data(&mut self) -> Goes {
        if self.mood == Mood::Rude {
            return Ok(false);
        }
        self.say("354 go ahead").await?;
        let Some(message_id) = self.read_letter().await? else { return Ok(false) };
        let recipient = std::mem::take(&mut self.recipient);
        match Address::of(&recipient) {
            Address::Picky => return self.say("554 5.6.0 not in this form").await,
            Address::Busy if self.shared.puts_off(&recipient, 1) => return self.say("451 4.2.0 come again").await,
            _ => {}
        }
        match self.mood {
            Mood::Forgetful | Mood::Absent => {
                self.shared.memory().dropped += 1;
                if self.mood == Mood::Absent {
                    self.shared.accept(message_id, recipient).await;
                }
                Ok(false)
            }
            mood => {
                if let Mood::Slow(milliseconds) = mood {
                    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
                }
                self.shared.accept(message_id, recipient).await;
                self.say("250 2.0.0 taken").await
            }
        }
    }

    /// Its `Message-ID`; `None` when the client was gone before the final dot.
    async fn read_letter(&mut self) -> io::Result<Option<String>> {
        let mut message_id = String::new();
        while self.read_line().await? {
            if self.line == b".\r\n" {
                return Ok(Some(message_id));
            }
            if message_id.is_empty()
                && let Some(value) = self.line.strip_prefix(b"Message-ID:")
            {
                message_id = String::from_utf8_lossy(value).trim().to_owned();
            }
        }
        Ok(None)
    }
}
