//! From a batch to its letters' outcomes.
//!
//! | file | its part of the way of a letter |
//! | --- | --- |
//! | `workers` | who works on which batches: the slots of each relay |
//! | `turns` | whose turn it is, when more want to send than there are slots |
//! | `lease` | a worker claims a batch, keeps it, and gives it back |
//! | `in_hand` | what an engine has in hand, over all its relays |
//! | `halted` | whether the mailings in hand may still be sent |
//! | `work` | intend, send, record: one batch |
//! | `pace` | how far ahead of the wire letters are promised |
//! | `marks` | which of the letters that were promised have begun |
//! | `letters` | what a letter says, to whom |
//! | `desk` | where letters are written, large ones apart |
//! | `judge` | what a reply means for the delivery |
//! | `alarms` | when so many letters of a run are refused for the same reason that it makes no sense to go on |

pub(crate) mod alarms;
pub(crate) mod desk;
pub(crate) mod halted;
pub(crate) mod in_hand;
pub(crate) mod judge;
pub(crate) mod lease;
pub(crate) mod letters;
pub(crate) mod marks;
pub(crate) mod pace;
pub(crate) mod turns;
pub(crate) mod work;
pub(crate) mod workers;
