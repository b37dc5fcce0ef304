//! Somebody who connects to the mail server and says whatever a story wants.

use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// After this a story gives up.
const PATIENCE: Duration = Duration::from_mins(1);

pub(super) struct Peer {
    stream: BufReader<TcpStream>,
}

impl Peer {
    /// Somebody who has connected, and has heard nothing yet.
    pub(super) async fn connected(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("somebody listens");
        Self { stream: BufReader::new(stream) }
    }

    /// Somebody who has connected and is welcome.
    pub(super) async fn at(address: SocketAddr) -> Self {
        let mut peer = Self::connected(address).await;
        let greeting = peer.hears().await;
        assert!(greeting.starts_with("220 bounce.example.org"), "{greeting:?}");
        peer
    }

    /// Somebody who has greeted, too.
    pub(super) async fn greeting(address: SocketAddr, greeting: &str) -> Self {
        let mut peer = Self::at(address).await;
        peer.does(&[(greeting, "250")]).await;
        peer
    }

    /// Sends bytes as they are.
    pub(super) async fn says(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.expect("the server listens");
    }

    /// Sends bytes, if the server still listens.
    pub(super) async fn tries_to_say(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).await.is_ok()
    }

    /// The last line of the next answer; empty if there is none any more.
    pub(super) async fn hears(&mut self) -> String {
        let mut line = String::new();
        loop {
            line.clear();
            let heard = timeout(PATIENCE, self.stream.read_line(&mut line)).await.expect("the server answers");
            // An error is an end, too.
            if heard.is_err() || line.as_bytes().get(3) != Some(&b'-') {
                return line.trim_end().to_owned();
            }
        }
    }

    /// Says one line after the other, and hears answers that begin like this.
    pub(super) async fn does(&mut self, turns: &[(&str, &str)]) {
        for (line, answer) in turns {
            self.says(format!("{line}\r\n")).await;
            let heard = self.hears().await;
            assert!(heard.starts_with(answer), "{line:?}: {heard:?} instead of {answer:?}");
        }
    }

    /// Has named a recipient and may send the text.
    pub(super) async fn begins(&mut self, to: &str) {
        self.does(&[("MAIL FROM:<>", "250"), (&format!("RCPT TO:<{to}>"), "250"), ("DATA", "354")]).await;
    }

    /// Delivers a message, and returns the first answer that is none to go on, or that to the whole message.
    pub(super) async fn delivers(&mut self, to: &str, text: &str) -> String {
        let rcpt = format!("RCPT TO:<{to}>");
        for (line, go_on) in [("MAIL FROM:<>", "250"), (rcpt.as_str(), "250"), ("DATA", "354")] {
            self.says(format!("{line}\r\n")).await;
            let heard = self.hears().await;
            if !heard.starts_with(go_on) {
                // As mail clients do, so that the next message can be tried.
                if heard.starts_with(['4', '5']) && !heard.starts_with("421") {
                    self.does(&[("RSET", "250")]).await;
                }
                return heard;
            }
        }
        self.says(ended(text)).await;
        self.hears().await
    }

    /// Waits until the server hangs up. What it says until then is not listened to.
    pub(super) async fn gets_hung_up_on(mut self) {
        let mut sink = vec![0; 1024];
        let end = async { while self.stream.read(&mut sink).await.is_ok_and(|length| length > 0) {} };
        timeout(PATIENCE, end).await.expect("the server hangs up");
    }
}

/// A text as it is sent: with its dots doubled, and with its end.
pub(super) fn ended(text: &str) -> String {
    let lines: Vec<String> = text
        .split("\r\n")
        .map(|line| if line.starts_with('.') { format!(".{line}") } else { line.to_owned() })
        .collect();
    format!("{}.\r\n", lines.join("\r\n"))
}
