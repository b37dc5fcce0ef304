//! How much one peer may have, and how long it is waited for.

use acts::intake::KEPT_MOST;
use std::time::Duration;

/// How long is waited for whom, and how much there may be at once.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections at the same time.
    pub connections: usize,
    /// Of these, from one address (for IPv6 one /64). Postfix delivers to one place over 20 at a time.
    pub per_address: usize,
    /// How long a connection must have been silent before it has to go for a new one, where there are as many as there may be.
    pub silence: Duration,
    /// How long a whole command may take.
    pub command: Duration,
    /// How long somebody may take in nothing of their answer.
    pub answer: Duration,
    /// How long the next part of a message may take. Each byte buys a little more patience, so that only a trickle is cut off.
    pub pause: Duration,
    /// How long a whole message may take, however well it comes.
    pub text: Duration,
    /// How long the service may take to write down what came in, the wait for a turn included.
    pub taking: Duration,
    /// How many messages are read and written down at the same time.
    pub takes: usize,
    /// Commands from one message to the next.
    pub commands: usize,
    /// Wrong commands over one connection.
    pub wrong: usize,
    /// Messages over one connection.
    pub messages: usize,
    /// Messages in a minute from one address (for IPv6 one /64).
    pub per_minute: u32,
    /// Recipients of one message.
    pub recipients: usize,
    /// The largest message, in bytes.
    pub size: u64,
    /// How much of a message is kept and read, in bytes: reports say what they have to say at their beginning.
    pub kept: usize,
    /// How long messages that are being taken are waited for once the service is to stop.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 100,
            per_address: 20,
            silence: Duration::from_secs(5),
            command: Duration::from_mins(1),
            answer: Duration::from_secs(30),
            pause: Duration::from_secs(30),
            text: Duration::from_mins(15),
            taking: Duration::from_mins(1),
            takes: 4,
            commands: 100,
            wrong: 10,
            messages: 1_000,
            per_minute: 1_000,
            recipients: 10,
            size: 64 * 1024 * 1024,
            kept: KEPT_MOST,
            drain: Duration::from_secs(30),
        }
    }
}
