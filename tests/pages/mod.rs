//! The pages, as browsers and their people see them.
//!
//! * [`forms`], [`rights`]: over HTTP alone: what forms do when they are stale, sent twice or sent by somebody else, and who may
//!   see and do what.
//! * [`watching`]: what it costs that many people watch a run.
//! * [`ways`]: the ways that people go, in a headless Chromium.
//! * [`look`]: every screen in both languages and both colours: nothing that axe-core finds, nothing that leaves the machine.

mod browser;
mod forms;
mod look;
mod reader;
mod rights;
mod watching;
mod ways;
