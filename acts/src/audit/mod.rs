//! What happened, for whoever asks afterwards: event by event, who got what and why not, and letters as they were
//! sent.

mod archive;
pub mod export;
pub mod letter;
pub mod log;
pub mod why;
