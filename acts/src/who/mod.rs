//! Who somebody is, and how they get in: accounts, sessions, tokens for programs, and what guards them.

pub mod accounts;
pub mod allowance;
mod caller;
mod doors;
mod known_addresses;
mod neighbourhood;
pub mod passwords;
pub mod rights;
mod secret;
mod session_times;
pub mod sessions;
pub mod tokens;
pub mod users;
mod viewer;

pub use caller::Caller;
pub use neighbourhood::neighbourhood;
pub use passwords::Hashing;
pub use rights::Operator;
pub use session_times::SessionTimes;
pub use sessions::Session;
pub use viewer::{Key, Scope as TokenScope, Viewer};

use domain::Role;
use projections::columns::Column;

/// The columns of accounts that hold words of a closed set, beside those of read models.
#[must_use]
pub fn columns() -> Vec<Column> {
    vec![
        Column::of_several::<Role>("doors", "roles", "user_id"),
        Column::of_several::<Role>("api_tokens", "roles", "id"),
        Column::of::<TokenScope>("api_tokens", "scope", "id"),
        accounts::links::column(),
    ]
}
