//! Who somebody is, and how they get in: accounts, sessions, tokens for programs, and what guards them.

pub mod accounts;
pub mod allowance;
mod caller;
mod doors;
mod known_addresses;
pub mod passwords;
mod secret;
pub mod sessions;
pub mod tokens;
pub mod users;

pub use allowance::neighbourhood;
pub use caller::Caller;
pub use passwords::Hashing;
pub use sessions::{Key, Session, SessionTimes, Viewer};
pub use tokens::Scope as TokenScope;
