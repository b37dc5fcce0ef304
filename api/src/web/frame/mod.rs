//! What every page stands on.
//!
//! ```text
//! request ── [`enter`]: who visits, what a form sent ──> a screen ──> [`layout`] ──> HTML
//!                                                          └── [`trouble`]: what went wrong, as a page
//! ```
//!
//! * [`visit`]: who visits, with their rights as proof.
//! * [`fields`]: what a form sent, and what is wrong with it, beside its fields.
//! * [`layout`]: the frame of the page; [`answer`]: pages and redirections.
//! * [`chart`]: bars over time, with their table.
//! * [`mark`], [`when`], [`owners`]: statuses, times, whose something is.
//! * [`list`], [`confirm`]: pages of lists, questions before what cannot be undone.
//! * [`assets`]: the style sheet and the scripts, all of them embedded.

pub(crate) mod answer;
pub(crate) mod assets;
pub(crate) mod chart;
pub(crate) mod confirm;
pub(crate) mod enter;
pub(crate) mod fields;
pub(crate) mod layout;
pub(crate) mod list;
pub(crate) mod look;
pub(crate) mod mark;
pub(crate) mod owners;
pub(crate) mod settings;
pub(crate) mod trouble;
pub(crate) mod visit;
pub(crate) mod when;

pub(crate) use answer::{Answer, Done, go, page, redirect};
pub(crate) use fields::{Fields, Mistakes};
pub(crate) use layout::{Layout, Place};
pub(crate) use trouble::Trouble;
pub(crate) use visit::Visit;
