//! The log: what happened, event by event, as pages and as files.
//!
//! * [`list`]: the newest events, with conditions; [`one`]: one event, its cause and what followed from it.
//! * [`asked`]: the conditions, as addresses have them; [`rows`] and [`pages`]: what is shown of an event, and where what it is about has a
//!   page.
//! * [`files`]: the same as files of any length.

mod asked;
pub(super) mod files;
pub(super) mod list;
pub(super) mod one;
mod pages;
mod rows;
