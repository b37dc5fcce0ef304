//! A listener that ends, or that cannot be there for a while.

use super::*;
use crate::smtp::house::PutOff;
use acts::intake::{Message, Taken};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::sync::{Mutex, PoisonError};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Takes nothing, and hands on what is noted.
struct Witness(Mutex<UnboundedSender<String>>);

impl Desk for Witness {
    async fn expects(&self, _address: &str) -> Result<bool, PutOff> {
        Ok(false)
    }

    async fn take(&self, _message: &Message<'_>) -> Result<Taken, PutOff> {
        Ok(Taken::Known)
    }

    fn notes(&self, note: Note<'_>) {
        let said = match note {
            Note::Listens => "listens".to_owned(),
            Note::Shut(why) => format!("shut: {why}"),
            Note::Took => "took".to_owned(),
            Note::PutOff(why) => format!("put off: {why}"),
        };
        // Whoever listened to it may be gone.
        let _ = self.0.lock().unwrap_or_else(PoisonError::into_inner).send(said);
    }
}

fn house() -> (Arc<House<Witness>>, UnboundedReceiver<String>) {
    let (tell, told) = unbounded_channel();
    let domain = DomainName::parse("bounce.example.org").expect("a domain");
    (Arc::new(House::new(Witness(Mutex::new(tell)), domain, Limits::default())), told)
}

async fn greeting_of(address: SocketAddr) -> String {
    let stream = TcpStream::connect(address).await.expect("somebody listens");
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).await.expect("it is said");
    line
}

#[tokio::test]
async fn a_listener_that_ends_is_followed_by_another_one_at_the_same_address() {
    let (house, mut told) = house();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.set_nonblocking(true).expect("it may be");
    let address = listener.local_addr().expect("its address");
    // The same socket once more, to end it from outside.
    let handle = std::net::TcpStream::from(OwnedFd::from(listener.try_clone().expect("a handle")));
    let (stop, listener) = (CancellationToken::new(), TcpListener::from_std(listener).expect("a listener"));
    let serving = tokio::spawn(serve(house, listener, stop.clone()));
    assert_eq!(told.recv().await.as_deref(), Some("listens"));
    assert!(greeting_of(address).await.starts_with("220 "));

    handle.shutdown(Shutdown::Both).expect("it is ended");
    drop(handle);

    assert!(told.recv().await.is_some_and(|said| said.starts_with("shut: ")));
    while told.recv().await.expect("it goes on") != "listens" {}
    assert!(greeting_of(address).await.starts_with("220 "));
    stop.cancel();
    serving.await.expect("it stops");
}

#[tokio::test]
async fn an_address_that_is_taken_is_tried_until_it_is_free() {
    let (house, mut told) = house();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("its address");
    let stop = CancellationToken::new();
    let trying = {
        let (house, stop) = (Arc::clone(&house), stop.clone());
        tokio::spawn(async move { listen_again(&house, address, &stop).await.is_some() })
    };
    let said = told.recv().await.expect("it is noted");
    assert!(said.starts_with(&format!("shut: nobody can listen at {address}: ")), "{said}");

    drop(taken);

    assert!(trying.await.expect("it ends"), "somebody listens");
    // Whoever stops the service does not wait for it.
    let again = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    stop.cancel();
    assert!(listen_again(&house, again.local_addr().expect("its address"), &stop).await.is_none());
}

#[test]
fn a_listener_is_broken_by_its_own_errors_and_by_nobody_elses() {
    for (kind, theirs, broken) in [
        (io::ErrorKind::ConnectionAborted, true, false),
        (io::ErrorKind::InvalidInput, false, true),
        (io::ErrorKind::OutOfMemory, false, false),
    ] {
        let error = io::Error::from(kind);
        assert_eq!((is_theirs(&error), is_broken(&error)), (theirs, broken), "{kind:?}");
    }
}
