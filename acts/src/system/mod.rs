//! The service itself, for those who look after it: whether it is well, what waits in it, and filling read models anew.

mod checks;
mod queues;
mod rebuild;

pub use checks::{Check, LATE, Subject, ZoneRules, look, zone_rules};
pub use queues::{Queues, queues};
pub use rebuild::rebuild;
