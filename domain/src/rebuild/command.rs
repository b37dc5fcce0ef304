/// What can be asked of a rebuild.
#[derive(Clone, Debug)]
pub enum Command {
    /// Begins to fill a read model anew.
    Begin {
        /// The name of the read model.
        projection: String,
    },
    /// Records that the new tables have taken the place of the old ones.
    Finish {
        /// How many events they show.
        events: u64,
    },
    /// Records that the rebuild was stopped by an error, and that the old tables stay in use.
    Fail {
        /// The error, in English, for whoever looks after the service.
        reason: String,
    },
}
