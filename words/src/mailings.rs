//! Mailings and their runs, beyond the rules of the domain.

/// What is wrong with a request about mailings and runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// A cron expression stands beside another kind of periodicity.
    CronUnexpected,
    /// The message of the mailing is gone.
    MessageDeleted,
    /// There is no such run, or it is somebody else's.
    NoRun,
    /// There is no such delivery, or it is somebody else's.
    NoDelivery,
    /// Some letters of the run have no outcome yet.
    RunNotFinished,
    /// No letter of the run failed, so that none can be sent again.
    NothingFailed,
    /// Nobody has to decide about any letter of the run.
    NothingInDoubt,
    /// Whoever runs the service lets no owner say that a mailing is transactional.
    TransactionalNotAllowed,
}

/// What stops a mailing besides its own status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// The account of the mailing's owner is blocked.
    OwnerBlocked,
}
