//! Every way in which a relay can go wrong, at every turn of the dialogue.
//!
//! A cell of the matrix is a [`Place`] and a wrong that is done there once, to the first letter. Three more letters
//! follow over the same outbox; each of them gets a reply that names it, so a reply that went to the wrong letter shows.
//! Whatever the cell is about, the server's own list of the letters it took must agree with what was reported.

mod connecting;
mod late;
mod places;
mod replies;
mod tls;
mod wrongs;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures::{StreamExt, stream};
use scheduler::smtp::{Blame, Judgement, Outbox, Pauses, Relay, Reply, Scope, Timeouts};

use self::places::Place;
use super::{deliver, letter, relay, trusting};
use crate::support::smtp_server::{Act, Gate, SmtpServer, Turn};

/// Cells that are played at once. Most of them do nothing but wait for one another's turn.
const AT_ONCE: usize = 32;

/// The relay's patience where a cell is about losing it: long against a busy machine, short against a test.
const SHORT: Duration = Duration::from_millis(500);

/// And everywhere else.
const LONG: Duration = Duration::from_secs(30);

/// The columns of the tables, in the order of the dialogue.
const COLUMNS: [&str; 8] = ["greeting", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "dot"];

/// One cell: what is done where, and what must come of it.
struct Cell {
    place: &'static Place,
    /// For people.
    name: String,
    act: Act,
    /// Opened when the relay's patience is over; see [`Place::letters_until_late`].
    late: Option<Gate>,
    /// Whether the relay's patience is short at this turn.
    impatient: bool,
    /// The code of the reply that must come with the judgement.
    code: Option<u16>,
    /// The first letter's judgement in a word; with a `+` when its connection is used again.
    expected: String,
}

/// A judgement in a word, as the tables have it.
fn word(judgement: &Judgement) -> &'static str {
    match judgement {
        Judgement::Accepted { .. } => "accepted",
        Judgement::Deferred { .. } => "deferred",
        Judgement::Unknown { .. } => "unknown",
        Judgement::Rejected { dead: true, blame: Blame::Recipient, .. } => "dead",
        Judgement::Rejected { dead: false, blame: Blame::Recipient, .. } => "recipient",
        Judgement::Rejected { dead: false, blame: Blame::Message, .. } => "message",
        Judgement::Rejected { dead: false, blame: Blame::Reputation, .. } => "reputation",
        Judgement::Rejected { dead: false, blame: Blame::Ourselves, .. } => "ourselves",
        Judgement::Rejected { dead: true, .. } => "dead without a recipient to blame",
        Judgement::NotTried { scope: Scope::Relay, .. } => "relay",
        Judgement::NotTried { scope: Scope::Credentials, .. } => "credentials",
        Judgement::NotTried { scope: Scope::Sender, .. } => "sender",
        Judgement::NotTried { scope: Scope::Rate, .. } => "rate",
        Judgement::NotTried { scope: Scope::Connections, .. } => "connections",
        Judgement::NotTried { scope: Scope::Withdrawn, .. } => "withdrawn",
    }
}

fn reply(judgement: &Judgement) -> Option<&Reply> {
    match judgement {
        Judgement::Accepted { reply } | Judgement::Deferred { reply } | Judgement::Rejected { reply, .. } => {
            Some(reply)
        }
        Judgement::NotTried { reply, .. } => reply.as_ref(),
        Judgement::Unknown { .. } => None,
    }
}

/// The rows of a table: what is done, and a word for each column.
fn rows(table: &'static str) -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    let mut rows = table.lines().filter(|line| !line.trim().is_empty()).map(|line| {
        let (name, words) = line.split_once('|').expect("a name and the columns");
        let words: Vec<_> = words.split_whitespace().collect();
        assert_eq!(words.len(), COLUMNS.len(), "{line}");
        (name.trim(), words)
    });
    assert_eq!(rows.next().expect("a head").1, COLUMNS);
    rows
}

/// Plays all cells and says everything that was not as it should be.
async fn play_all(cells: Vec<Cell>, at_least: usize) {
    assert!(cells.len() >= at_least, "only {} cells", cells.len());
    let played = stream::iter(cells).map(Cell::play).buffer_unordered(AT_ONCE);
    let complaints: Vec<String> = played.flat_map(stream::iter).collect().await;
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

impl Cell {
    fn new(place: &'static Place, name: &str, act: Act, expected: &str) -> Self {
        Self {
            place,
            name: name.to_owned(),
            act,
            late: None,
            impatient: false,
            code: None,
            expected: place.expects(expected),
        }
    }

    async fn play(self) -> Vec<String> {
        let server = SmtpServer::start(self.place.offers()).await;
        self.instruct(&server);
        let outbox = Outbox::start(self.relay(&server));
        let mut reported = Vec::new();
        if self.place.reused {
            reported.push(("before@example.com", deliver(&outbox, letter("before@example.com")).await));
        }
        let recipients = ["first@example.com", "second@example.com", "third@example.com", "fourth@example.com"];
        for (count, recipient) in (1..).zip(recipients) {
            // A breaker that opened says nothing about the letter after it.
            outbox.ready().await;
            reported.push((recipient, deliver(&outbox, letter(recipient)).await));
            if let Some(gate) = self.late.as_ref().filter(|_| count >= self.place.letters_until_late()) {
                gate.open();
            }
        }
        outbox.close().await;
        if let Some(gate) = &self.late {
            gate.open();
        }

        let mut complaints = disagreements(&server, &reported);
        let followers = reported.split_off(reported.len() - 3);
        complaints.extend(followers_with_another_reply(&followers));
        let (_, first) = reported.last().expect("the first letter");
        let found = format!("{}{}", word(first), if self.went_on(&server, &mut complaints) { "+" } else { "" });
        if found != self.expected {
            complaints.push(format!("{found} instead of {}: {first:?}", self.expected));
        }
        let code = reply(first).map(|reply| reply.code);
        if self.code.is_some() && code != self.code && word(first) != "unknown" && !self.place.goes_on(&self.expected) {
            complaints.push(format!("the reply is missing: {first:?}"));
        }
        if !self.impatient && format!("{first:?}").contains("did not reply in time") {
            complaints.push(format!("the client waited although it knew: {first:?}"));
        }
        complaints.iter().map(|complaint| format!("{}, {}: {complaint}", self.place.name, self.name)).collect()
    }

    fn relay(&self, server: &SmtpServer) -> Relay {
        let patience = |here: bool| if here && self.impatient { SHORT } else { LONG };
        let relay = relay(&self.place.url(server))
            .with_letters_per_connection(if self.place.name.starts_with("QUIT") { 1 } else { 1000 })
            .with_timeouts(Timeouts {
                connect: patience(self.place.is_handshake()),
                command: patience(!self.place.is_handshake() && self.place.column() != Some("dot")),
                data: patience(self.place.column() == Some("dot")),
            })
            .with_pauses(Pauses { failures: 100, first: Duration::from_millis(1), longest: Duration::from_millis(10) });
        if self.place.is_encrypted() { trusting(relay, server) } else { relay }
    }

    fn instruct(&self, server: &SmtpServer) {
        let (place, act, times) = (self.place, self.act.clone(), Arc::new(AtomicUsize::new(0)));
        server.play(move |turn| {
            if (place.at)(turn) && times.fetch_add(1, Ordering::Relaxed) + 1 == place.nth {
                return act.clone();
            }
            match turn {
                Turn::Rcpt("first@example.com") if place.name.starts_with("RSET") => Act::Say("550 5.1.1 no first"),
                Turn::Rcpt("second@example.com") => Act::Say("550 5.1.1 no second"),
                Turn::Body("third@example.com") => Act::Say("250 2.0.0 took third"),
                Turn::Body("fourth@example.com") => Act::Say("554 5.6.0 dislikes fourth"),
                _ => Act::Usual,
            }
        });
    }

    /// Whether anything was said over the first connection, where the wrong was done, after it was done.
    fn went_on(&self, server: &SmtpServer, complaints: &mut Vec<String>) -> bool {
        let verb = |command: &str| command.split([' ', ':']).next().unwrap_or_default().to_owned();
        let dialogue = server.dialogue();
        let said: Vec<_> =
            dialogue.iter().filter(|(connection, _)| *connection == 1).map(|(_, command)| verb(command)).collect();
        let so_far: Vec<_> = self.place.so_far.split_whitespace().collect();
        if said.len() < so_far.len() || said[..so_far.len()] != so_far {
            complaints.push(format!("the dialogue was {said:?} and not {so_far:?} at first"));
        }
        let mut after = &said[so_far.len().min(said.len())..];
        if self.place.pipelining && self.place.column() == Some("MAIL") {
            // RCPT was said in the same turn; and a reply too many stood for the answer to it.
            for verb in ["RCPT", "DATA"] {
                after = after.strip_prefix(&[verb.to_owned()]).unwrap_or(after);
            }
        }
        !after.is_empty()
    }
}

/// Where the server's own list of the letters it took disagrees with what was reported.
fn disagreements(server: &SmtpServer, reported: &[(&str, Judgement)]) -> Vec<String> {
    let received = server.received();
    let taken = |recipient: &str| received.iter().filter(|received| received.recipient == recipient).count();
    let mut complaints = Vec::new();
    for (recipient, judgement) in reported {
        let agrees = match (judgement, taken(recipient)) {
            (Judgement::Accepted { .. }, taken) => taken == 1,
            (Judgement::Unknown { .. }, taken) => taken <= 1,
            (_, taken) => taken == 0,
        };
        if !agrees {
            complaints.push(format!("{recipient} was taken {} times, reported was {judgement:?}", taken(recipient)));
        }
    }
    complaints
}

/// The letters after the first one are judged by what the server said to them.
fn followers_with_another_reply(followers: &[(&str, Judgement)]) -> Vec<String> {
    let own = [
        ("dead", "550 5.1.1 no second"),
        ("accepted", "250 2.0.0 took third"),
        ("message", "554 5.6.0 dislikes fourth"),
    ];
    let mut complaints = Vec::new();
    for ((recipient, judgement), (own_word, own_reply)) in followers.iter().zip(own) {
        let said = reply(judgement).map(ToString::to_string).unwrap_or_default();
        if word(judgement) != own_word || said != own_reply {
            complaints.push(format!("{recipient} got {judgement:?}"));
        }
    }
    complaints
}
