//! From a plan to batches, and to the end of a run.
//!
//! | file | its part |
//! | --- | --- |
//! | `start` | a due mailing becomes a run, occurrences that passed unused are recorded as missed |
//! | `freeze` | a run's audience is frozen into batches |
//! | `finish` | runs whose deliveries all have their outcome are finished, windows that ended are closed |
//! | `stuck` | what cannot be brought further for now, and must not stand in the way of others |

mod finish;
mod freeze;
mod start;
pub(crate) mod stuck;
