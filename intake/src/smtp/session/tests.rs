//! Dialogues, with a desk that remembers what it took.

use super::*;
use crate::smtp::Limits;
use crate::smtp::house::PutOff;
use acts::intake::{Message, Taken};
use domain::sender_domain::DomainName;
use proptest::prelude::*;
use std::sync::Mutex;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

const OURS: &str = "b+token@bounce.example.org";

/// A message as it was handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Handed {
    bytes: Vec<u8>,
    size: u64,
    from: String,
    to: String,
}

/// Expects whatever begins with `b+`, and puts off what is for `b+away`, also when that is looked up if it is for `b+lost`.
struct Memory {
    handed: Mutex<Vec<Handed>>,
    /// Each message that is taken uses up one of these.
    gate: Semaphore,
}

impl Memory {
    fn handed(&self) -> Vec<Handed> {
        self.handed.lock().expect("nobody panics here").clone()
    }
}

impl Desk for Arc<Memory> {
    async fn expects(&self, address: &str) -> Result<bool, PutOff> {
        if address.starts_with("b+lost") { Err(PutOff::of("away")) } else { Ok(address.starts_with("b+")) }
    }

    async fn take(&self, message: &Message<'_>) -> Result<Taken, PutOff> {
        let to = message.envelope_to.unwrap_or_default().to_owned();
        if to.starts_with("b+away") {
            return Err(PutOff::of("away"));
        }
        self.gate.acquire().await.map_err(PutOff::of)?.forget();
        let handed = Handed {
            bytes: message.bytes.to_vec(),
            size: message.size,
            from: message.envelope_from.unwrap_or("(nobody said)").to_owned(),
            to,
        };
        self.handed.lock().expect("nobody panics here").push(handed);
        Ok(Taken::Kept)
    }
}

/// A server without a network.
struct Scene {
    memory: Arc<Memory>,
    house: Arc<House<Arc<Memory>>>,
    stop: CancellationToken,
}

impl Scene {
    fn new(limits: Limits) -> Self {
        Self::with_gate(limits, Semaphore::MAX_PERMITS)
    }

    /// It takes so many messages, and holds on with the next one.
    fn with_gate(limits: Limits, messages: usize) -> Self {
        let memory = Arc::new(Memory { handed: Mutex::default(), gate: Semaphore::new(messages) });
        let domain = DomainName::parse("bounce.example.org").expect("a domain");
        let house = Arc::new(House::new(Arc::clone(&memory), domain, limits));
        Self { memory, house, stop: CancellationToken::new() }
    }

    /// Somebody who has connected.
    fn client(&self) -> Client {
        let (theirs, ours) = tokio::io::duplex(64 * 1024);
        let seat = self.house.seats.take([192, 0, 2, 1].into(), &self.house.limits).expect("there is a seat");
        let (session, stop) = (Session::new(ours, Arc::clone(&self.house), seat), self.stop.clone());
        let server = tokio::spawn(async move { session.serve(&stop).await });
        Client { stream: BufReader::new(theirs), server }
    }

    /// Somebody who has connected and greeted.
    async fn greeted(&self, greeting: &str) -> Client {
        let mut client = self.client();
        assert_eq!(client.hears().await, "220 bounce.example.org ESMTP, LMTP");
        client.does(&[(greeting, "250")]).await;
        client
    }

    fn refused(&self) -> Vec<(&'static str, u64)> {
        self.house.tally.refused().into_iter().filter(|(_, times)| *times > 0).collect()
    }
}

struct Client {
    stream: BufReader<DuplexStream>,
    server: JoinHandle<io::Result<()>>,
}

impl Client {
    async fn says(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.expect("it is there");
    }

    /// The last line of the next answer; empty if there is none any more.
    async fn hears(&mut self) -> String {
        let mut line = String::new();
        loop {
            line.clear();
            self.stream.read_line(&mut line).await.expect("it is text");
            if line.as_bytes().get(3) != Some(&b'-') {
                return line.trim_end().to_owned();
            }
        }
    }

    /// Says one after the other, and hears answers that begin like this.
    async fn does(&mut self, turns: &[(&str, &str)]) {
        for (line, answer) in turns {
            self.says(&format!("{line}\r\n")).await;
            let heard = self.hears().await;
            assert!(heard.starts_with(answer), "{line:?}: {heard:?} instead of {answer:?}");
        }
    }

    /// Has sent one of our addresses, and may send the text.
    async fn begins_a_message(&mut self) {
        let rcpt = format!("RCPT TO:<{OURS}>");
        self.does(&[("MAIL FROM:<>", "250"), (&rcpt, "250"), ("DATA", "354")]).await;
    }

    /// The server hangs up, and says nothing before.
    async fn gets_hung_up_on(mut self) {
        assert_eq!(self.hears().await, "");
        self.server.await.expect("it does not panic").expect("the connection was fine until then");
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_is_taken_as_it_was_written_for_each_of_its_recipients() {
    let scene = Scene::new(Limits::default());
    let mut client = scene.greeted("EHLO mx.example.net").await;
    client
        .does(&[
            ("MAIL FROM:<mailer@mx.example.net> SIZE=20", "250 2.1.0"),
            ("RCPT TO:<b+one@bounce.example.org>", "250 2.1.5"),
            ("RCPT TO:<B+two@bounce.example.org>", "550 5.1.1"),
            ("RCPT TO:<b+two@bounce.example.org>", "250 2.1.5"),
            ("DATA", "354"),
            ("Subject: x\r\n\r\n..dots\r\n.", "250 2.0.0"),
            ("MAIL FROM:<>", "250"),
            ("QUIT", "221"),
        ])
        .await;
    client.gets_hung_up_on().await;

    let handed = |to: &str| Handed {
        bytes: b"Subject: x\r\n\r\n.dots\r\n".to_vec(),
        size: 21,
        from: "mailer@mx.example.net".to_owned(),
        to: to.to_owned(),
    };
    assert_eq!(scene.memory.handed(), [handed("b+one@bounce.example.org"), handed("b+two@bounce.example.org")]);
    assert_eq!(scene.refused(), [("stranger", 1)]);
    assert_eq!(scene.house.tally.connections(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_offered_is_what_the_server_does() {
    let mut client = Scene::new(Limits::default()).client();
    client.hears().await;
    for greeting in ["EHLO x\r\n", "LHLO x\r\n"] {
        client.says(greeting).await;
        let mut offers = Vec::new();
        loop {
            let mut line = String::new();
            client.stream.read_line(&mut line).await.expect("it is text");
            offers.push(line[4..].trim_end().to_owned());
            if line.starts_with("250 ") {
                break;
            }
        }
        let expected =
            ["bounce.example.org", "PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "SIZE 67108864"];
        assert_eq!(offers, expected);
    }
    client.does(&[("HELO x", "250 bounce.example.org")]).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_not_its_turn_or_no_command_is_told() {
    let rcpt = format!("RCPT TO:<{OURS}>");
    let scene = Scene::new(Limits { wrong: 100, ..Limits::default() });
    let mut client = scene.client();
    client.hears().await;
    client
        .does(&[
            ("MAIL FROM:<>", "503 5.5.1"),
            ("EHLO x", "250"),
            (&rcpt, "503 5.5.1"),
            ("DATA", "503 5.5.1"),
            ("MAIL FROM:<>", "250"),
            ("MAIL FROM:<>", "503 5.5.1"),
            ("DATA", "503 5.5.1"),
            (&rcpt, "250"),
            ("RSET", "250"),
            ("DATA", "503 5.5.1"),
            ("MAIL FROM:<>", "250"),
            (&rcpt, "250"),
            // Whoever greets again begins anew.
            ("EHLO x", "250"),
            ("DATA", "503 5.5.1"),
            ("MAIL FROM:<j\u{f6}rg@example.org>", "553 5.6.7"),
            ("MAIL FROM:<j\u{f6}rg@example.org> SMTPUTF8", "250"),
            ("RCPT TO:<j\u{f6}rg@example.org>", "550 5.1.1"),
            ("NOOP", "250"),
            ("VRFY ann", "252"),
            ("EXPN ann", "502 5.5.1"),
            ("STARTTLS", "502 5.5.1"),
            ("BDAT 5 LAST", "502 5.5.1"),
            ("WHAT", "500 5.5.2"),
            ("", "500 5.5.2"),
            ("NOOP\0", "500 5.5.2"),
            ("DATA now", "501 5.5.4"),
            ("RCPT TO:<a b>", "501 5.1.7"),
            ("RCPT TO:<b+x@bounce.example.org> NOTIFY=NEVER", "555 5.5.4"),
            ("RCPT TO:<b+x@bounce.example.org>", "250"),
        ])
        .await;
}

#[tokio::test(start_paused = true)]
async fn only_our_addresses_and_the_postmaster_get_mail() {
    let scene = Scene::new(Limits::default());
    let mut client = scene.greeted("EHLO x").await;
    client.does(&[("MAIL FROM:<ann@example.org>", "250")]).await;
    for (to, answer) in [
        ("ann@example.org", "550 5.1.1"),
        ("ann", "550 5.1.1"),
        ("ann%example.net@bounce.example.org", "550 5.1.1"),
        ("ann@example.net@bounce.example.org", "550 5.1.1"),
        ("\"ann@example.net\"@bounce.example.org", "550 5.1.1"),
        ("example.net!ann@bounce.example.org", "550 5.1.1"),
        ("@bounce.example.org:ann@example.net", "550 5.1.1"),
        ("postmaster@example.org", "550 5.1.1"),
        ("postmaster@bounce.example.org.example.net", "550 5.1.1"),
        ("Postmaster", "250 2.1.5"),
        ("POSTMASTER@Bounce.Example.ORG", "250 2.1.5"),
        ("postmaster@bounce.example.org.", "250 2.1.5"),
        ("b+lost@bounce.example.org", "451 4.3.0"),
    ] {
        client.does(&[(&format!("RCPT TO:<{to}>"), answer)]).await;
    }
    client.does(&[("DATA", "354"), (".", "250 2.0.0")]).await;
    assert_eq!(scene.memory.handed().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn lmtp_has_an_answer_for_each_recipient_and_smtp_one_for_all() {
    let scene = Scene::new(Limits::default());
    let away = "RCPT TO:<b+away@bounce.example.org>";
    for (greeting, answers) in [("LHLO x", &["250", "451", "250"][..]), ("EHLO x", &["451"])] {
        let mut client = scene.greeted(greeting).await;
        client
            .does(&[
                ("MAIL FROM:<>", "250"),
                ("RCPT TO:<b+one@bounce.example.org>", "250"),
                (away, "250"),
                ("RCPT TO:<b+two@bounce.example.org>", "250"),
                ("RCPT TO:<ann@example.org>", "550"),
                ("DATA", "354"),
            ])
            .await;
        client.says("Subject: x\r\n.\r\n").await;
        for answer in answers {
            assert!(client.hears().await.starts_with(answer), "{greeting}");
        }
        client.does(&[("QUIT", "221")]).await;
        client.gets_hung_up_on().await;
    }
}

#[tokio::test(start_paused = true)]
async fn commands_that_come_in_one_breath_are_answered_in_turn() {
    let scene = Scene::new(Limits::default());
    let mut client = scene.client();
    let message =
        format!("MAIL FROM:<>\r\nRCPT TO:<ann@example.org>\r\nRCPT TO:<{OURS}>\r\nDATA\r\nSubject: x\r\n.\r\n");
    client.says(&format!("EHLO x\r\n{message}{message}RSET\r\nNO")).await;
    let mut heard = Vec::new();
    // Also the answer to what came before half a command is there.
    for _ in 0..13 {
        heard.push(client.hears().await[..3].to_owned());
    }
    let expected = "220 250 250 550 250 354 250 250 550 250 354 250 250";
    assert_eq!(heard.join(" "), expected);
    client.says("OP\r\nQUIT\r\n").await;
    assert!(client.hears().await.starts_with("250") && client.hears().await.starts_with("221"));
    assert_eq!(scene.memory.handed().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_lone_newline_ends_neither_a_command_nor_a_text() {
    let scene = Scene::new(Limits::default());
    let mut client = scene.greeted("EHLO x").await;
    client.says("NOOP\n").await;
    assert!(client.hears().await.starts_with("500 5.5.2"));
    client.says("NOOP\rQUIT\r\n").await;
    assert!(client.hears().await.starts_with("500 5.5.2"));
    client.begins_a_message().await;
    let text = format!("Subject: x\r\n\r\na\n.\nMAIL FROM:<>\r\nRCPT TO:<{OURS}>\nDATA\r\n\r.\r\nb\n.\r\nc\r\n");
    client.does(&[(&format!("{text}."), "250 2.0.0"), ("QUIT", "221")]).await;
    client.gets_hung_up_on().await;
    let handed = scene.memory.handed();
    assert_eq!(handed.len(), 1);
    assert_eq!(String::from_utf8_lossy(&handed[0].bytes), text);
}

#[tokio::test(start_paused = true)]
async fn an_eleventh_recipient_is_put_off_and_the_ten_get_the_message() {
    let scene = Scene::new(Limits::default());
    let mut client = scene.greeted("EHLO x").await;
    client.does(&[("MAIL FROM:<>", "250")]).await;
    for number in 0..10 {
        client.does(&[(&format!("RCPT TO:<b+{number}@bounce.example.org>"), "250")]).await;
    }
    client.does(&[("RCPT TO:<b+10@bounce.example.org>", "452 4.5.3"), ("DATA", "354"), (".", "250")]).await;
    assert_eq!(scene.memory.handed().len(), 10);
}

#[tokio::test(start_paused = true)]
async fn of_a_long_message_the_beginning_is_kept_and_one_that_is_too_long_is_refused() {
    let scene = Scene::new(Limits { size: 10_000, kept: 100, ..Limits::default() });
    let mut client = scene.greeted("LHLO x").await;
    client.does(&[("MAIL FROM:<> SIZE=10001", "552 5.3.4"), ("MAIL FROM:<> SIZE=10000", "250"), ("RSET", "250")]).await;
    let line = format!("{}\r\n", "x".repeat(98));
    for (lines, answer) in [(100, "250"), (101, "552 5.3.4"), (1, "250")] {
        client.begins_a_message().await;
        client.does(&[(&format!("{}.", line.repeat(lines)), answer)]).await;
    }
    let sizes: Vec<(usize, u64)> = scene.memory.handed().iter().map(|it| (it.bytes.len(), it.size)).collect();
    assert_eq!(sizes, [(100, 10_000), (100, 100)]);

    // One that goes on and on is not read to its end.
    client.begins_a_message().await;
    client.says(&line.repeat(401)).await;
    assert!(client.hears().await.starts_with("552 5.3.4"));
    client.gets_hung_up_on().await;
}

#[tokio::test(start_paused = true)]
async fn who_does_nothing_right_or_nothing_at_all_has_to_go() {
    let scene = Scene::new(Limits { wrong: 3, commands: 8, messages: 2, ..Limits::default() });
    let mut client = scene.greeted("EHLO x").await;
    client.does(&[("WHAT", "500"), ("WHAT", "500"), ("WHAT", "421 4.7.0")]).await;
    client.gets_hung_up_on().await;

    let mut client = scene.greeted("EHLO x").await;
    for _ in 0..7 {
        client.does(&[("NOOP", "250")]).await;
    }
    client.does(&[("NOOP", "421 4.7.0")]).await;
    client.gets_hung_up_on().await;

    let mut client = scene.greeted("EHLO x").await;
    for _ in 0..2 {
        client.begins_a_message().await;
        client.does(&[(".", "250")]).await;
    }
    client.does(&[("MAIL FROM:<>", "421 4.7.0")]).await;
    client.gets_hung_up_on().await;

    // A browser that was talked into it.
    let mut client = scene.client();
    client.hears().await;
    client.does(&[("POST / HTTP/1.1", "421 4.7.0")]).await;
    client.gets_hung_up_on().await;

    let mut client = scene.greeted("EHLO x").await;
    client.says(&"x".repeat(2_000)).await;
    client.does(&[("", "500 5.5.2"), ("NOOP", "250")]).await;
    client.says(&"x".repeat(70_000)).await;
    assert!(client.hears().await.starts_with("421 4.7.0"));
}

#[tokio::test(start_paused = true)]
async fn an_address_that_sends_too_many_messages_is_put_off_until_the_minute_is_over() {
    let scene = Scene::new(Limits { per_minute: 2, command: Duration::from_mins(5), ..Limits::default() });
    let mut client = scene.greeted("EHLO x").await;
    client.does(&[("MAIL FROM:<>", "250"), ("RSET", "250"), ("MAIL FROM:<>", "250"), ("RSET", "250")]).await;
    client.does(&[("MAIL FROM:<>", "450 4.7.1")]).await;
    let mut same_address = scene.greeted("EHLO x").await;
    same_address.does(&[("MAIL FROM:<>", "450 4.7.1")]).await;
    tokio::time::advance(Duration::from_mins(1)).await;
    client.does(&[("MAIL FROM:<>", "250")]).await;
    same_address.does(&[("MAIL FROM:<>", "250")]).await;
    assert_eq!(scene.refused(), [("too_fast", 2)]);
}

#[tokio::test(start_paused = true)]
async fn who_is_slow_is_cut_off() {
    let scene = Scene::new(Limits::default());
    let limits = &scene.house.limits;
    let began = Instant::now();
    for silence in ["", "NOO"] {
        let mut client = scene.greeted("EHLO x").await;
        client.says(silence).await;
        assert!(client.hears().await.starts_with("421 4.4.2"), "{silence:?}");
        client.gets_hung_up_on().await;
    }
    assert!(began.elapsed() >= limits.command * 2 && began.elapsed() < limits.command * 3);

    // All of a sudden nothing comes any more.
    let mut client = scene.greeted("EHLO x").await;
    client.begins_a_message().await;
    client.says("Subject: x\r\n").await;
    assert!(client.hears().await.starts_with("421 4.4.2"));
    client.gets_hung_up_on().await;

    // A trickle.
    let (mut client, began) = (scene.greeted("EHLO x").await, Instant::now());
    client.begins_a_message().await;
    while client.stream.write_all(b"x").await.is_ok() {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert!(began.elapsed() < limits.pause * 2, "{:?}", began.elapsed());
    assert!(client.hears().await.starts_with("421 4.4.2"));

    // It comes well and has no end.
    let (mut client, began) = (scene.greeted("EHLO x").await, Instant::now());
    client.begins_a_message().await;
    while client.stream.write_all(&[b'x'; 4_096]).await.is_ok() {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert!(began.elapsed() >= limits.text && began.elapsed() < limits.text + limits.pause, "{:?}", began.elapsed());
    assert!(scene.memory.handed().is_empty());
    assert_eq!(scene.refused(), [("too_slow", 5)]);
}

#[tokio::test(start_paused = true)]
async fn who_does_not_listen_is_not_waited_for() {
    let scene = Scene::new(Limits { commands: usize::MAX, ..Limits::default() });
    let mut client = scene.greeted("EHLO x").await;
    while client.stream.write_all(&b"NOOP\r\n".repeat(1_000)).await.is_ok() {}
    let ended = client.server.await.expect("it does not panic");
    assert_eq!(ended.map_err(|error| error.kind()), Err(io::ErrorKind::TimedOut));
}

#[tokio::test(start_paused = true)]
async fn a_message_that_cannot_be_written_in_time_is_put_off() {
    let scene = Scene::with_gate(Limits::default(), 1);
    let mut client = scene.greeted("EHLO x").await;
    for answer in ["250", "451 4.3.0"] {
        client.begins_a_message().await;
        client.does(&[(".", answer)]).await;
    }
    scene.memory.gate.add_permits(1);
    client.begins_a_message().await;
    client.does(&[(".", "250")]).await;
    assert_eq!(scene.refused(), [("put_off", 1)]);
}

#[tokio::test(start_paused = true)]
async fn a_few_messages_are_taken_at_a_time_and_the_others_wait_for_their_turn() {
    let scene = Scene::with_gate(Limits { takes: 1, ..Limits::default() }, 0);
    let mut clients = Vec::new();
    for _ in 0..3 {
        let mut client = scene.greeted("EHLO x").await;
        client.begins_a_message().await;
        client.says(".\r\n").await;
        clients.push(client);
    }
    for (number, mut client) in clients.into_iter().enumerate() {
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(scene.memory.handed().len(), number);
        scene.memory.gate.add_permits(1);
        assert!(client.hears().await.starts_with("250"));
    }
}

#[tokio::test(start_paused = true)]
async fn when_the_service_ends_messages_that_are_being_taken_are_answered_and_nobody_else() {
    let scene = Scene::with_gate(Limits::default(), 0);
    let (idle, mut in_text, mut in_taking) =
        (scene.greeted("EHLO x").await, scene.greeted("EHLO x").await, scene.greeted("EHLO x").await);
    in_text.begins_a_message().await;
    in_text.says("Subject: x\r\n").await;
    in_taking.begins_a_message().await;
    in_taking.says(".\r\n").await;
    tokio::time::sleep(Duration::from_secs(1)).await;

    scene.stop.cancel();

    for mut client in [idle, in_text] {
        assert!(client.hears().await.starts_with("421 4.3.2"));
        client.gets_hung_up_on().await;
    }
    scene.memory.gate.add_permits(1);
    assert!(in_taking.hears().await.starts_with("250 2.0.0"));
    assert!(in_taking.hears().await.starts_with("421 4.3.2"));
    in_taking.gets_hung_up_on().await;
    assert_eq!(scene.memory.handed().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn who_is_silent_makes_room_for_somebody_else() {
    let scene = Scene::new(Limits { connections: 2, ..Limits::default() });
    let (mut silent, mut busy) = (scene.greeted("EHLO x").await, scene.greeted("EHLO x").await);
    busy.begins_a_message().await;
    tokio::time::sleep(scene.house.limits.silence).await;
    let mut third = scene.greeted("EHLO x").await;
    assert!(silent.hears().await.starts_with("421 4.7.0"));
    silent.gets_hung_up_on().await;
    busy.does(&[(".", "250")]).await;
    third.does(&[("NOOP", "250")]).await;
}

#[tokio::test(start_paused = true)]
async fn who_hangs_up_in_the_middle_leaves_nothing_behind() {
    let scene = Scene::new(Limits::default());
    for said in ["", "NOO", "MAIL FROM:<>\r\n", "text"] {
        let mut client = scene.greeted("EHLO x").await;
        if said == "text" {
            client.begins_a_message().await;
        }
        client.says(said).await;
        let Client { stream, server } = client;
        drop(stream);
        let _ = server.await.expect("it does not panic");
    }
    assert!(scene.memory.handed().is_empty());
    assert_eq!(scene.house.tally.connections(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_comes_is_answered_by_a_code_and_comes_to_an_end(
        parts in proptest::collection::vec(
            prop_oneof![
                "(EHLO x|LHLO|MAIL FROM:<>|RCPT TO:<b\\+x@bounce\\.example\\.org>|DATA|RSET|NOOP|QUIT|\\.|MAIL)(\r\n|\n|\r|)"
                    .prop_map(String::into_bytes),
                proptest::collection::vec(any::<u8>(), 0..50),
            ],
            0..40,
        ),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
        let said = runtime.block_on(async {
            let Client { stream, server } = Scene::new(Limits::default()).client();
            let (mut reads, mut writes) = tokio::io::split(stream.into_inner());
            for part in parts {
                // It may have hung up already.
                let _ = writes.write_all(&part).await;
            }
            let _ = writes.shutdown().await;
            let mut said = Vec::new();
            reads.read_to_end(&mut said).await.expect("it hangs up");
            let _ = server.await.expect("it does not panic");
            said
        });
        let said = String::from_utf8(said).expect("answers are text");
        for line in said.lines() {
            let code = line.as_bytes();
            prop_assert!(code.len() > 4 && code[..3].iter().all(u8::is_ascii_digit) && b" -".contains(&code[3]), "{line}");
        }
        prop_assert!(said.ends_with("\r\n"));
    }
}
