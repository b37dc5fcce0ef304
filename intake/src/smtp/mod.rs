//! The mail server for what comes back (SMTP, RFC 5321, and LMTP, RFC 2033): others deliver bounces, complaints and wishes to leave here.
//!
//! It takes mail for the addresses that letters come back to, and for the postmaster; everything else is refused, and nothing is passed
//! on. `250` after the last dot means that `acts::intake` has written down what the message says. Whenever that is not so, the client
//! is told to come again, or hears nothing; that the same message comes twice changes nothing.
//!
//! ```text
//! 220 greeting   EHLO | HELO | LHLO -> MAIL -> RCPT (one of ours? 250, 550) -> DATA -> 354, text, dot -> taken? 250 : 451
//! ```
//!
//! | file | what |
//! | --- | --- |
//! | `seats` | how many connections there are, in all and per address, and which goes when there are too many |
//! | `session` | one connection: the dialogue, and which command has its turn when |
//! | `command` | what a client says |
//! | `reply` | what it is answered |
//! | `wire` | lines and texts that come in, answers that go out |
//! | `text` | where a message ends, and what of it is kept |
//! | `patience` | how slowly a message may come |
//! | `house` | what all connections share: who is asked, and who takes messages in |
//! | `tally` | what was taken and refused, in numbers |

mod command;
mod house;
mod limits;
mod patience;
mod reply;
mod seats;
mod session;
mod tally;
mod text;
mod wire;

pub use limits::Limits;
pub use tally::Tally;

use acts::Services;
use acts::who::neighbourhood;
use domain::sender_domain::DomainName;
use house::{Desk, House, Note};
use seats::Full;
use session::Session;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tally::Refusal;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long to wait when the system takes no more connections, at first and at most.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// The same when nobody can listen at the address.
const BIND_AGAIN: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(30));

/// After so many failures in a row the listener is given up, and another one made: about a minute.
const FAILURES: u32 = 60;

/// A listener that has failed, and waits for somebody for so long without failing again, has got over it.
const OVER: Duration = Duration::from_secs(5);

/// How long somebody who is turned away may take to hear it. The system keeps a line for them, so that none of that is needed.
const TURNED_AWAY_WITHIN: Duration = Duration::from_millis(100);

/// The mail server.
pub struct Server {
    house: Arc<House<Services>>,
}

impl Server {
    /// A server that takes mail for `domain`, which must be that of the services' return paths.
    #[must_use]
    pub fn new(services: Services, domain: DomainName, limits: Limits) -> Self {
        Self { house: Arc::new(House::new(services, domain, limits)) }
    }

    /// The numbers of the server, for as long as it is there.
    #[must_use]
    pub fn tally(&self) -> Arc<Tally> {
        Arc::clone(&self.house.tally)
    }

    /// Takes mail until `stop` is cancelled, then finishes the messages that are being taken, if they do not take long. The sockets
    /// are driven by the threads that run this. If the listener ends before that, or fails again and again, another one is made at the
    /// same address as soon as that is possible, and what is in the way is noted ([`acts::intake::Ways`]).
    pub async fn serve(self, listener: TcpListener, stop: CancellationToken) {
        serve(self.house, listener, stop).await;
    }
}

async fn serve<D: Desk>(house: Arc<House<D>>, listener: TcpListener, stop: CancellationToken) {
    let (connections, address) = (TaskTracker::new(), listener.local_addr());
    let mut listener = Some(listener);
    while let Some(listening) = listener.take() {
        house.desk.notes(Note::Listens);
        // A task of its own: should it panic, the next one goes on. It ends with this one.
        let mut tasks = JoinSet::new();
        tasks.spawn(listen(Arc::clone(&house), listening, connections.clone(), stop.clone()));
        let ended = match tasks.join_next().await {
            Some(Ok(ended)) => ended,
            Some(Err(error)) => Err(io::Error::other(error)),
            None => Ok(()),
        };
        if stop.is_cancelled() {
            break;
        }
        let why = ended.err().map_or_else(|| "it has ended".to_owned(), |error| error.to_string());
        tracing::error!(why, "the mail server does not listen any more; it is begun anew");
        house.desk.notes(Note::Shut(&why));
        let Ok(address) = &address else { break };
        listener = listen_again(&house, *address, &stop).await;
    }
    connections.close();
    if tokio::time::timeout(house.limits.drain, connections.wait()).await.is_err() {
        tracing::warn!("messages that were being taken in are not waited for any longer; their senders come again");
    }
}

/// A listener at this address, as soon as there can be one; none if the service stops before that.
async fn listen_again<D: Desk>(house: &House<D>, address: SocketAddr, stop: &CancellationToken) -> Option<TcpListener> {
    let mut pause = BIND_AGAIN.0;
    let mut is_said = false;
    loop {
        match TcpListener::bind(address).await {
            Ok(listener) => {
                tracing::info!(%address, "the mail server listens again");
                return Some(listener);
            }
            Err(error) => {
                house.desk.notes(Note::Shut(&format!("nobody can listen at {address}: {error}")));
                if !std::mem::replace(&mut is_said, true) {
                    tracing::error!(%address, %error, "the mail server cannot listen; it is tried again and again");
                }
            }
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => return None,
        }
        pause = (pause * 2).min(BIND_AGAIN.1);
    }
}

/// Lets in whoever connects, until `stop` is cancelled. An error is about the listener, of which nothing is to be hoped any more.
async fn listen<D: Desk>(
    house: Arc<House<D>>,
    listener: TcpListener,
    connections: TaskTracker,
    stop: CancellationToken,
) -> io::Result<()> {
    let mut trouble: Option<Duration> = None;
    let mut failures = 0;
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => Some(accepted),
            () = over(trouble.is_some()) => None,
            () = stop.cancelled() => return Ok(()),
        };
        match accepted {
            Some(Ok((stream, peer))) => {
                gets_over(&house, &mut trouble);
                failures = 0;
                welcome(&house, stream, peer, &connections, &stop).await;
            }
            None => {
                gets_over(&house, &mut trouble);
                failures = 0;
            }
            // Whoever connected is gone already.
            Some(Err(error)) if is_theirs(&error) => {}
            Some(Err(error)) if is_broken(&error) || failures >= FAILURES => return Err(error),
            // The system has no descriptors or no memory left. Trying again at once would burn a processor.
            Some(Err(error)) => {
                failures += 1;
                let pause = trouble.map_or(BACK_OFF.0, |last| (last * 2).min(BACK_OFF.1));
                if trouble.replace(pause).is_none() {
                    tracing::error!(%error, "no connection of a mail server can be accepted for now");
                    house.desk.notes(Note::Shut(&format!("no connection can be accepted: {error}")));
                }
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    () = stop.cancelled() => return Ok(()),
                }
            }
        }
    }
}

/// What is never over if there was no trouble.
async fn over(trouble: bool) {
    if trouble {
        tokio::time::sleep(OVER).await;
    } else {
        std::future::pending::<()>().await;
    }
}

/// Connections are accepted again, if they were not.
fn gets_over<D: Desk>(house: &House<D>, trouble: &mut Option<Duration>) {
    if trouble.take().is_some() {
        tracing::info!("connections of mail servers are accepted again");
        house.desk.notes(Note::Listens);
    }
}

/// Gives a connection its seat and a task, or says that there is none.
async fn welcome<D: Desk>(
    house: &Arc<House<D>>,
    mut stream: TcpStream,
    peer: SocketAddr,
    connections: &TaskTracker,
    stop: &CancellationToken,
) {
    let seat = match house.seats.take(peer.ip(), &house.limits) {
        Ok(seat) => seat,
        Err(full) => {
            house.refuses(Refusal::Connection, neighbourhood(peer.ip()));
            let answer = match full {
                Full::All => reply::NO_ROOM,
                Full::Address => reply::NO_ROOM_FOR_ADDRESS,
            };
            let line = format!("{answer}\r\n");
            let _ = tokio::time::timeout(TURNED_AWAY_WITHIN, stream.write_all(line.as_bytes())).await;
            return;
        }
    };
    // Answers are small and waited for.
    let _ = stream.set_nodelay(true);
    let session = Session::new(stream, Arc::clone(house), seat);
    let stop = stop.clone();
    connections.spawn(async move {
        if let Err(error) = session.serve(&stop).await {
            tracing::debug!(%error, "a client of the intake has left");
        }
    });
}

fn is_theirs(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

/// Whether it is the listener itself that does not listen, so that no other answer will come.
fn is_broken(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported)
}

#[cfg(test)]
mod tests;
