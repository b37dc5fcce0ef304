//! Commands and replies, and what is no reply.

use std::{error::Error as _, io, pin::pin, time::Duration};

use lettre::transport::smtp::{Error as SmtpError, response::Response};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

use super::{
    judge::{Happening, Phase},
    reply::Reply,
    wire::Wire,
};

/// Where and what ended an attempt to open a connection.
pub(super) type Failure = (Phase, Happening);

/// Whatever takes longer has timed out.
pub(super) async fn within<T>(
    limit: Duration,
    happens: impl Future<Output = Result<T, impl Into<Happening>>>,
) -> Result<T, Happening> {
    match timeout(limit, pin!(happens)).await {
        Ok(outcome) => outcome.map_err(Into::into),
        Err(_) => Err(Happening::TimedOut),
    }
}

pub(super) fn at(phase: Phase) -> impl Fn(Happening) -> Failure {
    move |happening| (phase, happening)
}

pub(super) fn expect(phase: Phase, reply: &Response) -> Result<(), Failure> {
    expected(phase, reply).map_err(at(phase))
}

pub(super) fn expected(phase: Phase, reply: &Response) -> Result<(), Happening> {
    if phase.expects(reply.code().into()) { Ok(()) } else { Err(Happening::Reply(kept(reply))) }
}

pub(super) async fn ask(wire: &mut Wire, command: String) -> Result<(Response, String), Happening> {
    wire.write_all(command.as_bytes()).await?;
    read_reply(wire).await
}

/// A reply, parsed and as it was read.
pub(super) async fn read_reply(wire: &mut Wire) -> Result<(Response, String), Happening> {
    let mut raw = Vec::new();
    loop {
        let start = raw.len();
        while !raw.ends_with(b"\n") || raw.len() == start {
            // The wire gives one line at a time, so nothing beyond this reply is read.
            if wire.read_buf(&mut raw).await? == 0 {
                return Err(Happening::Lost("closed by the relay".to_owned()));
            }
        }
        // What only looks like a line of several is none either: SSH-2.0-OpenSSH says nothing more.
        let goes_on = raw[start..].iter().take_while(|byte| byte.is_ascii_digit()).count() == 3
            && raw.get(start + 3) == Some(&b'-');
        if !goes_on {
            let text = String::from_utf8_lossy(&raw).into_owned();
            let reply = text.parse::<Response>().map_err(|_| Happening::Garbage(excerpt(&text)))?;
            return Ok((reply, text));
        }
    }
}

/// What may be kept of it: the code and the text.
pub(super) fn kept(reply: &Response) -> Reply {
    Reply::new(reply.code().into(), &reply.message().collect::<Vec<_>>().join(" "))
}

impl From<SmtpError> for Happening {
    fn from(error: SmtpError) -> Self {
        let source = error.source();
        let said = source.map(ToString::to_string).unwrap_or_default();
        if let Some(code) = error.status() {
            return Self::Reply(Reply::new(code.into(), &said));
        }
        if let Some(error) = source.and_then(|source| source.downcast_ref::<io::Error>()) {
            return broken(error);
        }
        match said.as_str() {
            // lettre's words for an end of the stream.
            "incomplete response" => Self::Lost("closed by the relay".to_owned()),
            _ => Self::Garbage(excerpt(&said)),
        }
    }
}

pub(super) fn out_of_step() -> Happening {
    Happening::Garbage("an earlier dialogue on this connection was not brought to its end".to_owned())
}

/// What is not SMTP is shown like a reply: shortened, without addresses.
pub(super) fn excerpt(text: &str) -> String {
    Reply::new(0, text).text
}

pub(super) fn broken(error: &io::Error) -> Happening {
    match error.kind() {
        io::ErrorKind::InvalidData => Happening::Garbage(error.to_string()),
        io::ErrorKind::UnexpectedEof => Happening::Lost("closed by the relay".to_owned()),
        _ => Happening::Lost(error.to_string()),
    }
}

impl From<io::Error> for Happening {
    fn from(error: io::Error) -> Self {
        broken(&error)
    }
}
