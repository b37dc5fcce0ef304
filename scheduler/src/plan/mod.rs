//! From a plan to batches, and to the end of a run.
//!
//! | file | its part |
//! | --- | --- |
//! | `start` | a due mailing becomes a run, occurrences that passed unused are recorded as missed |
//! | `planner` | which runs are planned when |
//! | `small` | runs that fit into one batch are planned, many at once |
//! | `freeze` | the audience of a larger run is frozen into batches |
//! | `finish` | runs whose deliveries all have their outcome are finished, windows that ended are closed |
//! | `stuck` | what cannot be brought further for now, and must not stand in the way of others |

mod finish;
mod freeze;
pub(crate) mod planner;
mod small;
mod start;
pub(crate) mod stuck;
