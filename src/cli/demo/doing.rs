//! As whom the demo acts, and what it says of it.

use crate::cli::output;
use domain::Actor;
use eventstore::Metadata;
use uuid::Uuid;

/// For what the demo does by itself.
pub(super) fn as_demo() -> Metadata {
    Metadata::new(Actor::CommandLine("demo".to_owned()), Uuid::new_v4())
}

pub(super) fn say(line: &str) {
    output::say(line);
}
