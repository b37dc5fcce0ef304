//! What the server does at each turn of the dialogue, as tests write it down.

use std::{sync::Arc, time::Duration};

use tokio::sync::watch;

use super::patiently;

/// A turn of the dialogue, before the server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn<'a> {
    Greeting,
    Ehlo,
    Helo,
    StartTls,
    /// The client wants to begin the TLS handshake.
    Handshake,
    Auth,
    Mail,
    /// The recipient.
    Rcpt(&'a str),
    Data,
    /// The whole letter is here; the recipient.
    Body(&'a str),
    Rset,
    Quit,
}

/// What the server does at a turn.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// What a good server does.
    Usual,
    /// What a good server does, but a byte at a time.
    InPieces,
    /// What a good server does, and behind it in the same packet these bytes.
    UsualAnd(&'static [u8]),
    /// Waits so long, then does as usual.
    After(Duration),
    /// Waits at the gate, then does as usual.
    Wait(Gate),
    /// Says this (lines with `\r\n` between them) and goes on. A letter is kept when it begins with `2`.
    Say(&'static str),
    /// Says these bytes as they are, good or not.
    Bytes(&'static [u8]),
    /// Does these one after the other and goes on. A letter is kept when the first of them that says something begins
    /// with `2`.
    Beats(Vec<Beat>),
    /// Says nothing any more and keeps the connection open.
    Silent,
    /// Says this and listens no more.
    Deaf(&'static str),
    /// Hangs up.
    HangUp,
    /// Keeps the letter and hangs up without a word.
    TakeAndHangUp,
}

/// A part of [`Act::Beats`].
#[derive(Debug, Clone)]
pub(crate) enum Beat {
    /// Says these bytes as they are.
    Say(Vec<u8>),
    /// Says these bytes one at a time.
    Spell(Vec<u8>),
    /// Says these bytes again and again until the client has enough of it.
    Repeat(Vec<u8>),
    /// Waits until the client has said something, and pays no attention to it.
    Hear,
    /// Waits at the gate.
    Pass(Gate),
    /// Waits so long.
    Rest(Duration),
    /// Says nothing any more and keeps the connection open.
    Silent,
    /// Hangs up.
    HangUp,
}

impl Act {
    /// Whether the client may go on, or, after a letter, whether the letter is kept.
    pub(super) fn agrees(&self) -> bool {
        match self {
            Self::Usual | Self::InPieces | Self::UsualAnd(_) | Self::After(_) | Self::Wait(_) | Self::TakeAndHangUp => {
                true
            }
            Self::Say(text) | Self::Deaf(text) => text.starts_with('2'),
            Self::Bytes(bytes) => bytes.starts_with(b"2"),
            Self::Beats(beats) => {
                let said = beats.iter().find_map(|beat| match beat {
                    Beat::Say(bytes) | Beat::Spell(bytes) | Beat::Repeat(bytes) => Some(bytes),
                    _ => None,
                });
                said.is_some_and(|bytes| bytes.starts_with(b"2"))
            }
            Self::Silent | Self::HangUp => false,
        }
    }
}

/// Where the server waits until the test opens it.
#[derive(Debug, Clone)]
pub(crate) struct Gate(Arc<watch::Sender<(usize, bool)>>);

impl Gate {
    pub(crate) fn new() -> Self {
        Self(Arc::new(watch::Sender::new((0, false))))
    }

    /// Waits until so many transactions wait here.
    pub(crate) async fn reached_by(&self, waiting: usize) {
        patiently("the gate is reached", self.0.subscribe().wait_for(|state| state.0 >= waiting)).await;
    }

    pub(crate) fn open(&self) {
        self.0.send_modify(|state| state.1 = true);
    }

    pub(super) async fn pass(&self) {
        let mut state = self.0.subscribe();
        self.0.send_modify(|state| state.0 += 1);
        // The sender lives in `self`.
        let _ = state.wait_for(|state| state.1).await;
    }
}
