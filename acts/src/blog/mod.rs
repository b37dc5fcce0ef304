//! The blog: articles, and how often they are read.

pub mod articles;
mod views;

pub use views::Views;
