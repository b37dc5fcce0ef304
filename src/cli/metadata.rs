//! Who causes what is done on the command line.

use domain::Actor;
use eventstore::Metadata;
use uuid::Uuid;

/// For events that somebody causes from the command line.
pub(super) fn metadata() -> Metadata {
    let account = std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).unwrap_or_else(|_| "unknown".to_owned());
    Metadata::new(Actor::CommandLine(account), Uuid::new_v4())
}
