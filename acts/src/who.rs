//! Who somebody is, and how they get in: accounts, sessions, tokens for programs, and what guards them.

pub mod accounts;
pub mod allowance;
mod caller;
mod doors;
mod known_addresses;
pub mod passwords;
pub mod rights;
mod secret;
pub mod sessions;
pub mod tokens;
pub mod users;
mod viewer;

pub use allowance::neighbourhood;
pub use caller::Caller;
pub use passwords::Hashing;
pub use rights::Operator;
pub use sessions::{Session, SessionTimes};
pub use viewer::{Key, Scope as TokenScope, Viewer};
