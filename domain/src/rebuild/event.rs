use serde::{Deserialize, Serialize};

/// What happened to a rebuild.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// Somebody began to have a read model filled anew.
    Begun {
        /// The name of the read model.
        projection: String,
    },
    /// The new tables took the place of the old ones.
    Finished {
        /// How many events they showed then.
        events: u64,
    },
    /// The rebuild was stopped by an error. The old tables stayed in use.
    Failed {
        /// The error, in English, for whoever looks after the service.
        reason: String,
    },
}
