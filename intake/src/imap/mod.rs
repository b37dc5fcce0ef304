//! A mailbox that is looked into (IMAP, RFC 3501): bounces, complaints and wishes to leave lie there, because a mail server that is
//! not ours puts them there.
//!
//! ```text
//! turn ──> connect, log in, SELECT ──> UID SEARCH ──> for each message: UID FETCH ──> acts::intake::take ──> UID MOVE
//!   │                                                                                  (committed)
//!   └── one process at a time, over all nodes
//! ```
//!
//! A message is moved away only after what it says is written, and never deleted. Whoever dies in between finds it again, and then it is
//! known. Nothing is believed of what the mail server says about sizes: all that is read has bounds in bytes and in time.
//!
//! The client is our own: it says a dozen commands, and reads what it has to of the answers. `async-imap` 0.12 keeps whatever a server
//! sends up to 512 MiB, which is all the memory that the program may have, and asks for it as soon as a literal is announced. That bound
//! is a constant of it, its errors have the messages in them and its log the password, and it brings eight crates.

mod failure;
mod mailbox;
mod names;
mod response;
mod session;
mod trust;
mod url_error;
mod watch;
mod wire;

pub use mailbox::{Mailbox, Patience, Security};
pub use trust::Trust;
pub use url_error::UrlError;
pub use watch::watch;
