//! A name server (DNS) that answers what a story gave it, over UDP and TCP: texts, mail servers, addresses, an error, or nothing
//! at all. It keeps what it was asked.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::JoinHandle;

const A: u16 = 1;
const MX: u16 = 15;
const TXT: u16 = 16;

/// What fits into an answer over UDP (RFC 1035, 4.2.1). A longer one is cut off, and asked for again over TCP.
const UDP: usize = 512;

/// How an answer comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Over {
    Udp,
    Tcp,
}

/// A server at work. It ends when it is dropped.
pub(crate) struct DnsServer {
    address: SocketAddr,
    zone: Arc<Mutex<Zone>>,
    tasks: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Zone {
    records: BTreeMap<(String, u16), Vec<Vec<u8>>>,
    fails: BTreeSet<String>,
    silent: BTreeSet<String>,
    asked: Vec<(String, Over)>,
}

/// What a question asks: the name, the type, and the question as it is written.
struct Asked {
    name: String,
    kind: u16,
    question: Vec<u8>,
}

impl DnsServer {
    pub(crate) async fn start() -> Self {
        let (udp, tcp) = loop {
            let udp = UdpSocket::bind("127.0.0.1:0").await.expect("there is a free port");
            // The same port may be taken for TCP.
            if let Ok(tcp) = TcpListener::bind(udp.local_addr().expect("it has an address")).await {
                break (udp, tcp);
            }
        };
        let address = udp.local_addr().expect("it has an address");
        let zone = Arc::new(Mutex::new(Zone::default()));
        let tasks =
            vec![tokio::spawn(datagrams(udp, Arc::clone(&zone))), tokio::spawn(connections(tcp, Arc::clone(&zone)))];
        Self { address, zone, tasks }
    }

    /// Where it listens.
    pub(crate) fn at(&self) -> SocketAddr {
        self.address
    }

    fn zone(&self) -> MutexGuard<'_, Zone> {
        self.zone.lock().expect("the server works")
    }

    fn add(&self, name: &str, kind: u16, data: Vec<u8>) {
        self.zone().records.entry((name.to_owned(), kind)).or_default().push(data);
    }

    /// A text (TXT) more, in parts of at most 255 bytes, as it travels.
    pub(crate) fn text(&self, name: &str, text: &str) {
        let part = |part: &[u8]| [&[u8::try_from(part.len()).expect("a part is short")][..], part].concat();
        self.add(name, TXT, text.as_bytes().chunks(255).flat_map(part).collect());
    }

    /// A mail server (MX) more; the dot alone for none.
    pub(crate) fn mail(&self, name: &str, host: &str) {
        self.add(name, MX, [&10_u16.to_be_bytes()[..], &written(host)].concat());
    }

    /// An address (A) more.
    pub(crate) fn address(&self, name: &str) {
        self.add(name, A, Ipv4Addr::new(192, 0, 2, 1).octets().to_vec());
    }

    /// From now on there are no texts of this name.
    pub(crate) fn without_text(&self, name: &str) {
        self.zone().records.remove(&(name.to_owned(), TXT));
    }

    /// From now on it says that it cannot answer for this name (SERVFAIL).
    pub(crate) fn fails(&self, name: &str) {
        self.zone().fails.insert(name.to_owned());
    }

    /// From now on it says nothing when it is asked for this name.
    pub(crate) fn is_silent_about(&self, name: &str) {
        self.zone().silent.insert(name.to_owned());
    }

    /// The names that it was asked for, and how.
    pub(crate) fn asked(&self) -> Vec<(String, Over)> {
        self.zone().asked.clone()
    }
}

impl Drop for DnsServer {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// A name as it travels: each label with its length before it.
fn written(name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for label in name.split('.').filter(|label| !label.is_empty()) {
        bytes.push(u8::try_from(label.len()).expect("a label is short"));
        bytes.extend(label.as_bytes());
    }
    bytes.push(0);
    bytes
}

/// The question of a message; nothing if it is none.
fn read(message: &[u8]) -> Option<Asked> {
    let (mut labels, mut at) = (Vec::new(), 12);
    loop {
        let length = usize::from(*message.get(at)?);
        at += 1;
        if length == 0 {
            break;
        }
        labels.push(String::from_utf8_lossy(message.get(at..at + length)?).to_lowercase());
        at += length;
    }
    let kind = u16::from_be_bytes([*message.get(at)?, *message.get(at + 1)?]);
    Some(Asked { name: labels.join("."), kind, question: message.get(12..at + 4)?.to_vec() })
}

/// The answer to a message; none if the story wants silence.
fn answer(message: &[u8], zone: &Mutex<Zone>, over: Over) -> Option<Vec<u8>> {
    let Asked { name, kind, question } = read(message)?;
    let mut zone = zone.lock().expect("the story works");
    zone.asked.push((name.clone(), over));
    if zone.silent.contains(&name) {
        return None;
    }
    let data = zone.records.get(&(name.clone(), kind)).cloned().unwrap_or_default();
    let is_there = zone.records.keys().any(|(known, _)| *known == name);
    let code = if zone.fails.contains(&name) {
        2
    } else if is_there {
        0
    } else {
        3
    };
    let data = if code == 0 { data } else { Vec::new() };
    let whole = message_of(message, &question, code, false, kind, &data);
    let fits = over == Over::Tcp || whole.len() <= UDP;
    Some(if fits { whole } else { message_of(message, &question, code, true, kind, &[]) })
}

fn message_of(asked: &[u8], question: &[u8], code: u8, cut_off: bool, kind: u16, data: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = asked[..2].to_vec();
    // An answer, with authority, to a question that wants recursion, which is to be had.
    bytes.extend([0x85 | if cut_off { 0x02 } else { 0 }, 0x80 | code]);
    let answers = u16::try_from(data.len()).expect("a few records");
    bytes.extend([[0, 1], answers.to_be_bytes(), [0, 0], [0, 0]].concat());
    bytes.extend(question);
    for data in data {
        // The name of the question, its type, of the internet, for an hour.
        bytes.extend([0xc0, 12]);
        bytes.extend(kind.to_be_bytes());
        bytes.extend([0, 1, 0, 0, 0x0e, 0x10]);
        bytes.extend(u16::try_from(data.len()).expect("a record is short").to_be_bytes());
        bytes.extend(data);
    }
    bytes
}

async fn datagrams(socket: UdpSocket, zone: Arc<Mutex<Zone>>) {
    let mut message = [0; 4_096];
    while let Ok((length, from)) = socket.recv_from(&mut message).await {
        if let Some(answer) = answer(&message[..length], &zone, Over::Udp) {
            let _ = socket.send_to(&answer, from).await;
        }
    }
}

async fn connections(listener: TcpListener, zone: Arc<Mutex<Zone>>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(talk(stream, Arc::clone(&zone)));
    }
}

/// Messages with their lengths before them (RFC 1035, 4.2.2).
async fn talk(mut stream: TcpStream, zone: Arc<Mutex<Zone>>) {
    while let Ok(length) = stream.read_u16().await {
        let mut message = vec![0; usize::from(length)];
        if stream.read_exact(&mut message).await.is_err() {
            return;
        }
        if let Some(answer) = answer(&message, &zone, Over::Tcp) {
            let length = u16::try_from(answer.len()).expect("an answer is short enough").to_be_bytes();
            if stream.write_all(&[&length[..], &answer].concat()).await.is_err() {
                return;
            }
        }
    }
}
