//! One connection: the dialogue, and which command has its turn when.

use crate::smtp::command::{Command, Protocol, Wrong};
use crate::smtp::house::{Desk, House};
use crate::smtp::reply;
use crate::smtp::seats::Seat;
use crate::smtp::tally::Refusal;
use crate::smtp::text::Text;
use crate::smtp::wire::{Ending, Line, Wire};
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// A connection that has a seat.
pub(super) struct Session<S, D> {
    wire: Wire<S>,
    house: Arc<House<D>>,
    seat: Seat,
    /// How the client speaks; none before it has greeted.
    protocol: Option<Protocol>,
    /// The message that the client is about to send.
    sender: Option<Sender>,
    recipients: Vec<String>,
    commands: usize,
    wrong: usize,
    messages: usize,
}

/// Whom a message is from.
struct Sender {
    address: String,
    utf8: bool,
}

/// Whether the dialogue goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    GoOn,
    HangUp,
}

impl<S: AsyncRead + AsyncWrite + Unpin, D: Desk> Session<S, D> {
    pub(super) fn new(stream: S, house: Arc<House<D>>, seat: Seat) -> Self {
        Self {
            wire: Wire::new(stream, house.limits.answer),
            house,
            seat,
            protocol: None,
            sender: None,
            recipients: Vec::new(),
            commands: 0,
            wrong: 0,
            messages: 0,
        }
    }

    /// Answers the client until one of both sides has had enough. An error is about the connection, and there is nobody whom it could be
    /// told.
    pub(super) async fn serve(mut self, stop: &CancellationToken) -> io::Result<()> {
        self.wire.say(&reply::greeting(&self.house.domain)).await?;
        let mut line = Vec::new();
        loop {
            self.seat.waits();
            let came = tokio::select! {
                biased;
                () = stop.cancelled() => return self.wire.bye(reply::STOPPING).await,
                () = self.seat.leave.cancelled() => return self.cut_off(Refusal::Connection, reply::NO_ROOM).await,
                came = self.wire.line(&mut line, self.house.limits.command) => came?,
            };
            self.seat.works();
            if self.obeys(came, &line, stop).await? == Next::HangUp {
                return Ok(());
            }
        }
    }

    async fn obeys(&mut self, came: Line, line: &[u8], stop: &CancellationToken) -> io::Result<Next> {
        match came {
            Line::Whole => {}
            Line::TooLong => return self.is_wrong(reply::LINE_TOO_LONG).await,
            Line::Bare => return self.is_wrong(reply::BARE_NEWLINE).await,
            Line::Flood => return self.hangs_up(Refusal::Wrong, reply::TOO_MUCH_WRONG).await,
            Line::Late => return self.hangs_up(Refusal::TooSlow, reply::TOO_LATE).await,
            Line::Gone => return Ok(Next::HangUp),
        }
        self.commands += 1;
        if self.commands > self.house.limits.commands {
            return self.hangs_up(Refusal::Wrong, reply::TOO_MANY_COMMANDS).await;
        }
        match Command::parse(line) {
            Ok(Command::Hello { protocol, extended }) => self.hello(protocol, extended).await,
            Ok(Command::Mail { from, size, utf8 }) => self.mail(from, size, utf8).await,
            Ok(Command::Rcpt { to }) => self.rcpt(to).await,
            Ok(Command::Data) => self.data(stop).await,
            Ok(Command::Rset) => {
                self.forget();
                self.says(reply::FORGOTTEN).await
            }
            Ok(Command::Noop) => self.says(reply::STILL_HERE).await,
            Ok(Command::Vrfy) => self.says(reply::MAYBE).await,
            Ok(Command::Quit) => {
                self.wire.bye(reply::GOOD_BYE).await?;
                Ok(Next::HangUp)
            }
            Err(Wrong::Http) => self.hangs_up(Refusal::Wrong, reply::TOO_MUCH_WRONG).await,
            Err(Wrong::Unknown) => self.is_wrong(reply::UNKNOWN).await,
            Err(Wrong::NotHere) => self.is_wrong(reply::NOT_HERE).await,
            Err(Wrong::Argument) => self.is_wrong(reply::ARGUMENT).await,
            Err(Wrong::Parameter) => self.is_wrong(reply::PARAMETER).await,
            Err(Wrong::Address) => self.is_wrong(reply::ADDRESS).await,
            Err(Wrong::Characters) => self.is_wrong(reply::CHARACTERS).await,
        }
    }

    async fn hello(&mut self, protocol: Protocol, extended: bool) -> io::Result<Next> {
        self.forget();
        self.protocol = Some(protocol);
        let House { domain, limits, .. } = &*self.house;
        let answer = if extended { reply::offers(domain, limits) } else { reply::hello(domain) };
        self.says(&answer).await
    }

    async fn mail(&mut self, from: &str, size: Option<u64>, utf8: bool) -> io::Result<Next> {
        if self.protocol.is_none() {
            return self.is_wrong(reply::HELLO_FIRST).await;
        }
        if self.sender.is_some() {
            return self.is_wrong(reply::SENDER_TWICE).await;
        }
        if !(utf8 || from.is_ascii()) {
            return self.is_wrong(reply::NOT_ASCII).await;
        }
        if size.is_some_and(|size| size > self.house.limits.size) {
            return self.refuses(Refusal::TooLarge, reply::TOO_LARGE).await;
        }
        if self.messages >= self.house.limits.messages {
            return self.hangs_up(Refusal::TooFast, reply::TOO_MANY_MESSAGES).await;
        }
        if !self.seat.may_send(&self.house.limits) {
            return self.refuses(Refusal::TooFast, reply::TOO_FAST).await;
        }
        self.sender = Some(Sender { address: from.to_owned(), utf8 });
        self.says(reply::SENDER).await
    }

    async fn rcpt(&mut self, to: &str) -> io::Result<Next> {
        let Some(sender) = &self.sender else { return self.is_wrong(reply::SENDER_FIRST).await };
        if !(sender.utf8 || to.is_ascii()) {
            return self.is_wrong(reply::NOT_ASCII).await;
        }
        if self.recipients.len() >= self.house.limits.recipients {
            return self.refuses(Refusal::Recipient, reply::TOO_MANY_RECIPIENTS).await;
        }
        match self.house.expects(to).await {
            Some(true) => {
                self.recipients.push(to.to_owned());
                self.says(reply::RECIPIENT).await
            }
            Some(false) => self.refuses(Refusal::Stranger, reply::NO_SUCH_ADDRESS).await,
            None => self.refuses(Refusal::PutOff, reply::PUT_OFF).await,
        }
    }

    async fn data(&mut self, stop: &CancellationToken) -> io::Result<Next> {
        if self.recipients.is_empty() {
            return self.is_wrong(reply::RECIPIENT_FIRST).await;
        }
        self.wire.say(reply::TEXT).await?;
        let mut text = Text::keeping(self.house.limits.kept);
        let ending = tokio::select! {
            biased;
            () = stop.cancelled() => {
                self.wire.bye(reply::STOPPING).await?;
                return Ok(Next::HangUp);
            }
            ending = self.wire.text(&mut text, &self.house.limits) => ending?,
        };
        (self.commands, self.messages) = (0, self.messages + 1);
        match ending {
            Ending::Whole => self.take(&text).await,
            Ending::Slow => self.hangs_up(Refusal::TooSlow, reply::TOO_SLOW).await,
            Ending::Endless => self.hangs_up(Refusal::TooLarge, reply::TOO_LARGE).await,
            Ending::Gone => Ok(Next::HangUp),
        }
    }

    /// Takes the message in, and answers once that is written: for each recipient to a client that speaks LMTP, and else for all
    /// of them. If one of them could not be written, the client comes again with all, and those that were are known.
    async fn take(&mut self, text: &Text) -> io::Result<Next> {
        let from = self.sender.take().map(|sender| sender.address).unwrap_or_default();
        let recipients = std::mem::take(&mut self.recipients);
        let for_each = self.protocol == Some(Protocol::Lmtp);
        let until = Instant::now() + self.house.limits.taking;
        let too_large = text.size() > self.house.limits.size;
        let mut answer = reply::TAKEN;
        for to in &recipients {
            answer = if too_large {
                self.house.refuses(Refusal::TooLarge, self.seat.address());
                reply::TOO_LARGE
            } else if self.house.takes(text, &from, to, until).await {
                reply::TAKEN
            } else {
                self.house.refuses(Refusal::PutOff, self.seat.address());
                reply::PUT_OFF
            };
            if for_each {
                self.wire.say(answer).await?;
            } else if answer != reply::TAKEN {
                break;
            }
        }
        if for_each { Ok(Next::GoOn) } else { self.says(answer).await }
    }

    fn forget(&mut self) {
        self.sender = None;
        self.recipients.clear();
    }

    async fn says(&mut self, answer: &str) -> io::Result<Next> {
        self.wire.say(answer).await?;
        Ok(Next::GoOn)
    }

    async fn refuses(&mut self, refusal: Refusal, answer: &str) -> io::Result<Next> {
        self.house.refuses(refusal, self.seat.address());
        self.says(answer).await
    }

    /// Says what is wrong with a command. Who goes on like that is no mail server, or not in its senses.
    async fn is_wrong(&mut self, answer: &str) -> io::Result<Next> {
        self.wrong += 1;
        if self.wrong >= self.house.limits.wrong {
            return self.hangs_up(Refusal::Wrong, reply::TOO_MUCH_WRONG).await;
        }
        self.refuses(Refusal::Wrong, answer).await
    }

    async fn hangs_up(&mut self, refusal: Refusal, answer: &str) -> io::Result<Next> {
        self.cut_off(refusal, answer).await?;
        Ok(Next::HangUp)
    }

    async fn cut_off(&mut self, refusal: Refusal, answer: &str) -> io::Result<()> {
        self.house.refuses(refusal, self.seat.address());
        self.wire.bye(answer).await
    }
}

#[cfg(test)]
mod tests;
