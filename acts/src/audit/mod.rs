//! What happened, for whoever asks afterwards: who got what and why not.

pub mod why;
