//! One connection of the server.

use super::{Act, Heard, Stage, locked};
use crate::support::smtp_server::Encryption;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// What it says to a command: all that comes before the end, and the end without the tag.
type Answer = (Vec<u8>, String);

/// One connection fewer, however it ends.
struct Leaves(Arc<Stage>);

impl Drop for Leaves {
    fn drop(&mut self) {
        self.0.record.send_modify(|record| record.open -= 1);
    }
}

struct Session<S> {
    stage: Arc<Stage>,
    stream: BufReader<S>,
    encrypted: bool,
    known: bool,
    /// The mailbox that is open, and what its numbers were of when it was opened.
    open: Option<(String, u32)>,
}

pub(super) async fn serve(stage: Arc<Stage>, stream: TcpStream) -> io::Result<()> {
    stage.record.send_modify(|record| {
        record.open += 1;
        record.most_open = record.most_open.max(record.open);
    });
    let _leaves = Leaves(Arc::clone(&stage));
    stream.set_nodelay(true)?;
    if stage.offers.encryption == Encryption::Implicit {
        let stream = stage.acceptor.clone().accept(stream).await?;
        Session::new(stage, stream, true).talk().await?;
        return Ok(());
    }
    let Some(stream) = Session::new(Arc::clone(&stage), stream, false).talk().await? else { return Ok(()) };
    let stream = stage.acceptor.clone().accept(stream).await?;
    Session::new(stage, stream, true).listen().await?;
    Ok(())
}

impl<S: AsyncRead + AsyncWrite + Unpin> Session<S> {
    fn new(stage: Arc<Stage>, stream: S, encrypted: bool) -> Self {
        Self { stage, stream: BufReader::new(stream), encrypted, known: false, open: None }
    }

    async fn talk(mut self) -> io::Result<Option<S>> {
        match self.act("GREETING", "GREETING") {
            Act::Usual | Act::Without(_) => self.say(b"* OK test.example is ready\r\n").await?,
            Act::Say(text) => self.say(text.as_bytes()).await?,
            Act::HangUp | Act::DoAndHangUp => return Ok(None),
            Act::Silence => {}
        }
        self.listen().await
    }

    /// The stream, if it goes on with TLS.
    async fn listen(mut self) -> io::Result<Option<S>> {
        loop {
            let Some(line) = self.line().await? else { return Ok(None) };
            let (tag, text) = line.split_once(' ').unwrap_or((&line, ""));
            let mut words = text.split(' ');
            let first = words.next().unwrap_or_default().to_ascii_uppercase();
            let verb = if first == "UID" { format!("UID {}", words.next().unwrap_or_default()) } else { first };
            let rest = text.get(verb.len()..).unwrap_or_default().trim_start();
            let act = self.act(&verb, text);
            match act {
                Act::HangUp => return Ok(None),
                Act::Silence => continue,
                Act::Say(said) => {
                    self.say(said.replace("TAG", tag).as_bytes()).await?;
                    continue;
                }
                Act::Without(uid) => {
                    locked(&self.stage.folders).inbox().remove(uid);
                }
                Act::Usual | Act::DoAndHangUp => {}
            }
            let (before, end) = match verb.as_str() {
                "AUTHENTICATE" => self.authenticate(rest).await?,
                _ => self.does(&verb, rest),
            };
            if matches!(act, Act::DoAndHangUp) {
                return Ok(None);
            }
            self.say(&[&before, format!("{tag} {end}\r\n").as_bytes()].concat()).await?;
            match verb.as_str() {
                "LOGOUT" => return Ok(None),
                "STARTTLS" if end.starts_with("OK") => return Ok(Some(self.stream.into_inner())),
                _ => {}
            }
        }
    }

    /// What the script wants at this command.
    fn act(&self, verb: &str, text: &str) -> Act {
        let mut time = 0;
        self.stage.record.send_modify(|record| {
            record.commands.push(text.to_owned());
            record.verbs.push(verb.to_owned());
            time = record.times(verb);
        });
        let script = Arc::clone(&locked(&self.stage.script));
        script(Heard { verb, text, time })
    }

    async fn line(&mut self) -> io::Result<Option<String>> {
        let mut line = String::new();
        let count = self.stream.read_line(&mut line).await?;
        Ok((count > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned()))
    }

    async fn say(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stage.record.send_modify(|record| record.sent += bytes.len());
        self.stream.write_all(bytes).await?;
        self.stream.flush().await
    }

    async fn authenticate(&mut self, rest: &str) -> io::Result<Answer> {
        let proof = if let Some((_, proof)) = rest.split_once(' ') {
            proof.to_owned()
        } else {
            self.say(b"+ \r\n").await?;
            self.line().await?.unwrap_or_default()
        };
        let proof = String::from_utf8(STANDARD.decode(proof).expect("base64")).expect("UTF-8");
        let parts: Vec<&str> = proof.split('\0').collect();
        let ["", user, password] = parts.as_slice() else { return Ok(end("BAD that is no PLAIN")) };
        Ok(self.log_in(user, password))
    }

    fn log_in(&mut self, user: &str, password: &str) -> Answer {
        self.known = user == "sky" && password == *locked(&self.stage.password);
        end(if self.known {
            "OK welcome"
        } else {
            "NO [AUTHENTICATIONFAILED] no sky@test.example with that password, sky"
        })
    }

    fn does(&mut self, verb: &str, rest: &str) -> Answer {
        match verb {
            "CAPABILITY" => {
                let offers = &self.stage.offers;
                let by_tls = offers.encryption == Encryption::StartTls && !self.encrypted;
                let mut said = "* CAPABILITY IMAP4rev1".to_owned();
                for ability in if by_tls { &["STARTTLS", "LOGINDISABLED"][..] } else { offers.abilities } {
                    said = format!("{said} {ability}");
                }
                (format!("{said}\r\n").into_bytes(), "OK done".to_owned())
            }
            "STARTTLS" if self.stage.offers.encryption == Encryption::StartTls => end("OK begin"),
            "NOOP" => end("OK done"),
            "LOGOUT" => (b"* BYE see you\r\n".to_vec(), "OK done".to_owned()),
            "LOGIN" => {
                let words = unquoted(rest);
                let [user, password] = words.as_slice() else { return end("BAD user and password") };
                self.log_in(user, password)
            }
            _ if !self.known => end("BAD who are you"),
            "SELECT" => self.select(&unquoted(rest).concat()),
            "CREATE" => {
                let is_new = locked(&self.stage.folders).create(&unquoted(rest).concat());
                end(if is_new { "OK made" } else { "NO [ALREADYEXISTS] it is there" })
            }
            "SUBSCRIBE" => end("OK done"),
            "UID SEARCH" | "UID FETCH" | "UID MOVE" | "UID COPY" | "UID STORE" | "UID EXPUNGE" => self.uid(verb, rest),
            _ => end("BAD what"),
        }
    }

    fn select(&mut self, name: &str) -> Answer {
        let mut folders = locked(&self.stage.folders);
        let Some(folder) = folders.named(name) else { return end("NO no such mailbox") };
        self.open = Some((name.to_owned(), folder.validity));
        let own = if self.stage.offers.keywords { r" \*" } else { "" };
        let said = format!(
            "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)\r\n* OK [PERMANENTFLAGS (\\Answered \\Seen \\Deleted{own})] ok\r\n\
             * {} EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY {}] ok\r\n",
            folder.messages.len(),
            folder.validity
        );
        (said.into_bytes(), "OK [READ-WRITE] done".to_owned())
    }

    fn uid(&self, verb: &str, rest: &str) -> Answer {
        let mut folders = locked(&self.stage.folders);
        let Some((open, validity)) = &self.open else { return end("BAD nothing is open") };
        let Some(folder) = folders.named(open).filter(|folder| folder.validity == *validity) else {
            return end("NO that mailbox is gone");
        };
        if verb == "UID SEARCH" {
            let found = folder.search(&rest.split(' ').collect::<Vec<_>>());
            let numbers: String = found.iter().flat_map(|uid| [" ".to_owned(), uid.to_string()]).collect();
            return (format!("* SEARCH{numbers}\r\n").into_bytes(), "OK done".to_owned());
        }
        let (number, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        let uid: u32 = number.parse().expect("the number of one message");
        let place = folder.messages.iter().position(|message| message.uid == uid).map(|place| place + 1);
        match verb {
            "UID FETCH" => {
                let (_, most) = rest.split_once("BODY.PEEK[]<0.").expect("only the beginning is asked for");
                let most = most.split('>').next().and_then(|most| most.parse().ok()).expect("a number");
                let Some(place) = place else { return end("OK there is none") };
                let message = &folder.messages[place - 1];
                let body = message.beginning(most);
                let head = format!("* {place} FETCH (RFC822.SIZE {} BODY[]<0> {{{}}}\r\n", message.size(), body.len());
                let tail = format!(" UID {uid})\r\n");
                ([head.as_bytes(), &body, tail.as_bytes()].concat(), "OK done".to_owned())
            }
            "UID MOVE" | "UID COPY" => {
                let to = unquoted(rest).concat();
                let moves = verb == "UID MOVE";
                let stored = if moves {
                    folder.messages.iter().find(|message| message.uid == uid).cloned()
                } else {
                    let Some(place) = place else { return end("NO there is none") };
                    Some(folder.messages[place - 1].clone())
                };
                let Some(target) = folders.named(&to) else { return end("NO no such mailbox") };
                let Some(stored) = stored else { return end("OK there is none") };
                target.add(stored.message, stored.more);
                if !moves {
                    return end("OK [COPYUID 1 1 1] done");
                }
                if let Some(folder) = folders.named(open) {
                    folder.remove(uid);
                }
                let expunged = format!("* {} EXPUNGE\r\n", place.unwrap_or_default());
                (expunged.into_bytes(), "OK done".to_owned())
            }
            "UID STORE" => {
                let (_, flags) = rest.split_once('(').expect("flags");
                for flag in flags.trim_end_matches(')').split(' ') {
                    folder.flag(uid, flag);
                }
                end("OK done")
            }
            _ => {
                let is_deleted = |message: &super::Stored| message.flags.contains(r"\Deleted");
                if folder.messages.iter().any(|message| message.uid == uid && is_deleted(message)) {
                    folder.remove(uid);
                }
                end("OK done")
            }
        }
    }
}

fn end(text: &str) -> Answer {
    (Vec::new(), text.to_owned())
}

/// The texts in quotes.
fn unquoted(text: &str) -> Vec<String> {
    let (mut texts, mut inside, mut escaped) = (Vec::new(), None::<String>, false);
    for c in text.chars() {
        match (&mut inside, c) {
            (None, '"') => inside = Some(String::new()),
            (None, _) => {}
            (Some(text), c) if escaped => {
                text.push(c);
                escaped = false;
            }
            (Some(_), '\\') => escaped = true,
            (Some(_), '"') => texts.extend(inside.take()),
            (Some(text), c) => text.push(c),
        }
    }
    texts
}
