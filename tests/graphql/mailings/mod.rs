//! Mailings, and what became of them.

mod delivered;
mod doubts;
mod life;
mod reports;
mod statistics;
mod together;
mod walk;
