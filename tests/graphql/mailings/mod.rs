//! Mailings, and what became of them.

mod audit_log;
mod delivered;
mod doubts;
mod feedback;
mod life;
mod reports;
mod statistics;
mod together;
mod walk;
mod why;
