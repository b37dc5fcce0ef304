//! The pages, as browsers and their people see them.
//!
//! * [`forms`], [`kept`], [`frame`], [`rights`]: over HTTP alone: what forms do when they are stale, sent twice or sent by somebody
//!   else, what becomes of what was typed when a session ends, what is around every page, and who may see and do what.
//! * [`hostile`]: forms that no page sends; [`live`], [`exports`]: what takes longer than a request, and when it ends.
//! * [`files`]: what is kept for spreadsheets.
//! * [`leaving`]: the page behind the link in a letter; [`suppressions`]: whom nobody writes to;
//!   [`senders`]: who letters are from; [`custom_fields`]: what clients have beside name and address; [`consent`]: what clients have
//!   agreed to, and groups that are public; [`subscribing`]: how people ask for letters by themselves; [`segments`]: saved filters, their
//!   editor, and mailings to them.
//! * [`mailings`]: what the pages of mailings and runs say, and what of them is live; [`feedback`]: what came back of their letters, and
//!   messages that came in and were not understood.
//! * [`log`]: what happened, event by event; [`why`]: who got what and why not, and letters as they were sent.
//! * [`watching`]: what it costs that many people watch a run.
//! * [`ways`]: the ways that people go, in a headless Chromium.
//! * [`look`]: every screen in both languages and both colours: nothing that axe-core finds, nothing that leaves the machine;
//!   [`pictures`]: those of the document.

mod browser;
mod consent;
mod custom_fields;
mod exports;
mod feedback;
mod files;
mod forms;
mod frame;
mod hostile;
mod kept;
mod leaving;
mod live;
mod log;
mod look;
mod mailings;
mod pictures;
pub(crate) mod reader;
mod rights;
mod segments;
mod senders;
mod subscribing;
mod suppressions;
mod watching;
mod ways;
mod why;
