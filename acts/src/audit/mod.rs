//! What happened, for whoever asks afterwards: event by event, and who got what and why not.

pub mod log;
pub mod why;
