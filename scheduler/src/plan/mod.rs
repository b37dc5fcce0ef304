//! From a plan to batches, and to the end of a run.
//!
//! | file | its part |
//! | --- | --- |
//! | `start` | a due mailing becomes a run, occurrences that passed unused are recorded as missed |
//! | `aligned` | what is not well with the domains that letters of due mailings are from |
//! | `planner` | which runs are planned when |
//! | `small` | runs that fit into one batch are planned, many at once |
//! | `freeze` | what planning a larger run has in common, whichever way it goes |
//! | `pages` | its audience is asked for in pages, as it was when the run started, and frozen into batches |
//! | `overtaken` | large runs are left to the engine that goes on with them |
//! | `staged` | the audience of a run that sends again what failed, or that has segments, is staged, and frozen into batches |
//! | `filtered` | the audience of a run with segments, or with somebody to leave out, is resolved in one statement |
//! | `staging` | how both of these write it down |
//! | `finish` | runs whose deliveries all have their outcome are finished, windows that ended are closed |
//! | `turns` | those who plan pages take turns, owner by owner |
//! | `stuck` | what cannot be brought further for now, and must not stand in the way of others |

mod aligned;
mod filtered;
mod finish;
mod freeze;
pub(crate) mod overtaken;
mod pages;
pub(crate) mod planner;
mod small;
mod staged;
mod staging;
mod start;
pub(crate) mod stuck;
pub(crate) mod turns;
