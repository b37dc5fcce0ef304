//! From a batch to its letters' outcomes.
//!
//! | file | its part of the way of a letter |
//! | --- | --- |
//! | `batches` | which batches are worked on: the slots of each relay |
//! | `turns` | whose turn it is, when more want to send than there are slots |
//! | `size` | which batches are small |
//! | `lease`, `release` | a worker claims a batch, keeps it, and gives it back |
//! | `halted` | whether the mailings in hand may still be sent |
//! | `work` | one batch, from what an earlier worker left of it until it is given back |
//! | `hold` | what a worker knows of the batch that it has, and how it decides and appends |
//! | `dispatch` | intend, send, record: the letters of a batch |
//! | `untold` | batches of which nobody can tell who is written to |
//! | `pace` | how far ahead of the wire letters are promised |
//! | `marks` | which of the letters that were promised have begun |
//! | `letters` | what a letter says, to whom |
//! | `texts` | what a message says in letters, with a footer |
//! | `leaving` | how a letter says how to leave |
//! | `desk` | where letters are written, large ones apart |
//! | `judge` | what a reply means for the delivery |
//! | `alarms` | when so many letters of a run are refused for the same reason that it makes no sense to go on |

pub(crate) mod alarms;
pub(crate) mod archive;
pub(crate) mod batches;
pub(crate) mod desk;
pub(crate) mod dispatch;
pub(crate) mod halted;
mod hold;
pub(crate) mod judge;
pub(crate) mod lease;
pub(crate) mod leaving;
pub(crate) mod letters;
pub(crate) mod marks;
pub(crate) mod pace;
pub(crate) mod release;
pub(crate) mod size;
pub(crate) mod texts;
pub(crate) mod turns;
pub(crate) mod untold;
pub(crate) mod work;
