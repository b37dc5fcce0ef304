//! What happened: history, who got what, reports, statistics, what comes in, and the state of the read models.

pub(crate) mod history;
pub(crate) mod intake;
pub(crate) mod log;
pub(crate) mod projection;
pub(crate) mod report;
pub(crate) mod service;
pub(crate) mod statistics;
pub(crate) mod why;
