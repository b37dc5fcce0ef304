//! Talking SMTP: one relay, a few connections, one recipient per transaction.
//!
//! lettre builds the letters ([`Letter`]) and speaks the protocol; this module owns the sockets, knows in which phase
//! of the dialogue something happened and judges what that means ([`judge`]):
//!
//! ```text
//! Outbox ──── queue ───▶ Connection (x connections) ──── Wire (own TCP or TLS stream) ───▶ relay
//!    ▲                        │ phase + what happened
//!    └──── Judgement ◀──── judge
//! ```
//!
//! What callers may rely on:
//!
//! - [`Outbox::deliver`] says for every letter what became of it, and says [`Judgement::Unknown`] whenever the final dot
//!   may have reached the relay and no clear answer came back. Nothing here sends a letter twice.
//! - [`Judgement::NotTried`] means that the letter is certainly not at the relay and that its recipient is not to blame.
//! - A connection on which anything was in doubt is never used again.
//! - A letter begins only while its [`Permission`] lasts, and where the relay has a [`Rate`], with a token.
//! - A letter's text leaves only when its [`Gate`] has opened, if it has one.
//! - What the relay allows is found out (`throttle`: how fast, `places`: over how many connections). A letter that was refused
//!   because of that is offered again without its caller's noticing, as long as there is hope.
//!
//! It depends on nothing else of the project and knows neither clock nor database.

mod bearer;
mod breaker;
mod connection;
mod connector;
mod dialogue;
mod gate;
mod header;
mod hello;
mod judge;
mod letter;
mod outbox;
mod permission;
mod places;
mod rate;
mod relay;
mod reply;
mod structured;
mod throttle;
mod token;
mod trust;
mod wire;

pub use bearer::{Bearer, Mechanism, TokenSource};
pub use breaker::{BreakerStatus, OpenElsewhere, Pauses};
pub use connection::Connection;
pub use connector::Connector;
pub use gate::{Gate, Opening};
pub use hello::{HelloName, HelloNameError};
pub use judge::{Blame, Happening, Judgement, Phase, Scope, Verdict, judge};
pub use letter::{Contents, Letter, LetterError, Mailbox};
pub use outbox::{Counts, Limits, Outbox, Place};
pub use permission::{Deadline, Permission};
pub use rate::{Block, BlockToCome, Rate, Tokens};
pub use relay::{CaFileError, Credentials, Relay, RelayListError, RelayUrlError, Security, Timeouts, certificates_in};
pub use reply::{EnhancedCode, NoEnhancedCode, Reply};
pub use structured::Structured;
pub use trust::client_config;
