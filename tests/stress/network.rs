//! Another host, as a network namespace of this machine's, with lines that can be cut: packets are dropped both ways, and
//! nobody is told.

use super::dice::say;
use std::io::Read as _;
use std::net::SocketAddr;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Builds the namespace `$1` and waits; takes it down with all lines when its input ends, however the tests end. Taking
/// down comes first, too: a process of the same number may have been lost with its machine.
const UNDERTAKER: &str = r#"
down() {
    ip netns delete "$1"
    ip link delete "$1-0"
    ip link delete "$1-1"
}
down "$1" 2>/dev/null
ip netns add "$1" && ip -netns "$1" link set lo up && echo ready
cat >/dev/null
down "$1" 2>/dev/null
"#;

/// A host of its own.
pub(super) struct Host {
    name: String,
    undertaker: Child,
    lines: usize,
}

/// A line between this machine and the host, with a service of this machine's at its end. It carries packets until it is
/// cut.
pub(super) struct Line {
    /// This machine's bridge, and the port of it that leads to the host.
    bridge: String,
    port: String,
    /// Where the host finds the service.
    pub(super) address: SocketAddr,
    carrier: JoinHandle<()>,
}

impl Host {
    /// A host, if one can be made here: it takes root's rights and the program `ip`.
    pub(super) fn new() -> Option<Self> {
        // Short, because names of interfaces have at most 15 characters.
        let name = format!("sm-{}", std::process::id());
        let undertaker = Command::new("sh")
            .args(["-c", UNDERTAKER, "undertaker", &name])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // So that Ctrl+C ends the tests and leaves the undertaker to its work.
            .process_group(0)
            .spawn();
        let mut host = Self { name, undertaker: undertaker.expect("there is a shell"), lines: 0 };
        let mut ready = [0; 6];
        // The shell says nothing and waits when it could build nothing, so its input ends first.
        let probe = Command::new("ip").args(["netns", "list"]).output();
        let possible = probe.is_ok_and(|listed| listed.status.success()) && is_root();
        let said = possible.then(|| host.undertaker.stdout.take()).flatten();
        if said.is_some_and(|mut said| said.read_exact(&mut ready).is_ok()) && &ready == b"ready\n" {
            return Some(host);
        }
        say("no network namespaces here (they take root's rights and the program ip): nothing is cut off");
        None
    }

    /// What starts a program on the host.
    pub(super) fn launcher(&self) -> [&str; 4] {
        ["ip", "netns", "exec", &self.name]
    }

    /// Lays a line to a service of this machine's.
    pub(super) async fn line_to(&mut self, service: SocketAddr) -> Line {
        let (name, number) = (&self.name, self.lines);
        self.lines += 1;
        // A network per line, and other ones for tests that run beside these.
        let network = (std::process::id() as usize % 8192) * 2 + number;
        let [here, there] = [1, 2].map(|host| format!("10.{}.{}.{host}", 128 + network / 256, network % 256));
        let (bridge, port, inner) = (format!("{name}-{number}"), format!("{name}-{number}p"), format!("line{number}"));
        ip(&["link", "add", &bridge, "type", "bridge"]);
        ip(&["address", "add", &format!("{here}/24"), "dev", &bridge]);
        ip(&["link", "set", &bridge, "up"]);
        ip(&["link", "add", &port, "type", "veth", "peer", "name", &inner, "netns", name]);
        ip(&["link", "set", &port, "master", &bridge, "up"]);
        ip(&["-netns", name, "address", "add", &format!("{there}/24"), "dev", &inner]);
        ip(&["-netns", name, "link", "set", &inner, "up"]);
        let listener = TcpListener::bind((here, 0)).await.expect("the bridge has an address");
        let address = listener.local_addr().expect("it has an address");
        Line { bridge, port, address, carrier: tokio::spawn(carry(listener, service)) }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        drop(self.undertaker.stdin.take());
        let _ = self.undertaker.wait();
    }
}

impl Line {
    /// From now on nothing gets through, and nobody is told.
    pub(super) fn cut(&self) {
        ip(&["link", "set", &self.port, "nomaster"]);
    }

    /// Packets get through again.
    pub(super) fn heal(&self) {
        ip(&["link", "set", &self.port, "master", &self.bridge]);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.carrier.abort();
    }
}

/// The services listen on this machine's own address only, which no other host can reach.
async fn carry(listener: TcpListener, service: SocketAddr) {
    while let Ok((mut far, _)) = listener.accept().await {
        tokio::spawn(async move {
            let mut near = TcpStream::connect(service).await?;
            for stream in [&near, &far] {
                stream.set_nodelay(true)?;
            }
            tokio::io::copy_bidirectional(&mut far, &mut near).await
        });
    }
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().expect("there is id");
    id.stdout.trim_ascii() == b"0"
}

fn ip(arguments: &[&str]) {
    let output = Command::new("ip").args(arguments).output().expect("there is ip");
    assert!(output.status.success(), "ip {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
}
