//! The blog: articles, their pictures, and how often they are read.

pub mod articles;
pub mod pictures;
mod views;

pub use views::Views;
