//! What every page stands on.
//!
//! ```text
//! request ── [`enter`]: who visits, what a form sent ──> a screen ──> [`layout`] ──> HTML
//!                                                          └── [`trouble`]: what went wrong; [`trouble_page`]: the same as a page
//! ```
//!
//! * [`visit`]: who visits, with their rights as proof.
//! * [`fields`]: what a form sent, and what is wrong with it, beside its fields; [`parts`]: forms with files; [`whose`]: whose page a
//!   form was on.
//! * [`open_form`]: forms that come from anywhere, and from people who are not let in as visitors are.
//! * [`layout`]: the frame of the page; [`answer`]: pages and redirections; [`told`] and [`done`]: what was done, named on the next page.
//! * [`tongue`]: the language of people who are not known.
//! * [`chart`]: bars over time, with their table.
//! * [`mark`], [`when`], [`owners`], [`timeline`]: statuses, times, whose something is, what happened.
//! * [`list`], [`listing`], [`confirm`]: pages of lists and what is around them, questions before what cannot be undone.
//! * [`happened`]: the history of one thing.
//! * [`export`] and [`workbook`]: files for spreadsheets.
//! * [`assets`]: the style sheet and the scripts, all of them embedded.

pub(crate) mod answer;
pub(crate) mod assets;
pub(crate) mod chart;
pub(crate) mod confirm;
pub(crate) mod done;
pub(crate) mod enter;
pub(crate) mod export;
pub(crate) mod fields;
pub(crate) mod happened;
pub(crate) mod layout;
pub(crate) mod list;
pub(crate) mod listing;
pub(crate) mod look;
pub(crate) mod mark;
pub(crate) mod open_form;
pub(crate) mod owners;
pub(crate) mod parts;
pub(crate) mod settings;
pub(crate) mod timeline;
pub(crate) mod told;
pub(crate) mod tongue;
pub(crate) mod trouble;
pub(crate) mod trouble_page;
pub(crate) mod visit;
pub(crate) mod when;
pub(crate) mod whose;
pub(crate) mod workbook;

pub(crate) use answer::{Answer, go, page, redirect};
pub(crate) use done::Done;
pub(crate) use fields::{Fields, Mistakes};
pub(crate) use layout::{Layout, Place};
pub(crate) use listing::Listing;
pub(crate) use told::Deed;
pub(crate) use trouble::Trouble;
pub(crate) use visit::Visit;
