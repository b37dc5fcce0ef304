//! Mailings: planning, watching and deciding.
//!
//! * [`list`], [`form`] with [`plan`] and [`check`]: all mailings, a new one, and one planned otherwise.
//! * [`page`], [`audience`], [`history`], [`report`]: one mailing, each with its [`head`]; [`acting`]: what is done with it.
//! * [`run`], [`recipients`], [`files`]: one run and its letters, with the [`clients`] whom it names; [`deciding`]: what is decided about them.
//! * [`letter`]: a letter as it was sent; [`why`]: who got what, and why not.
//! * [`progress`] and [`live`]: how far a run is, as it goes on.
//! * [`back`] and [`feedback`]: what came back of letters, beside them and as a list.
//! * [`calendar`] and [`overview`]: what will be sent, and what needs somebody.

mod acting;
mod audience;
mod back;
mod calendar;
mod check;
mod clients;
mod deciding;
mod feedback;
mod files;
mod form;
mod head;
mod history;
mod letter;
mod list;
mod live;
mod marks;
mod outcomes;
mod overview;
mod page;
mod plan;
mod progress;
mod recipients;
mod report;
mod run;
mod runs;
mod steps;
mod why;

pub(crate) use live::Live;
pub(crate) use overview::overview;

pub(super) use back::{Number as Returned, letters_at as returned_at, numbers as returned};
pub(super) use plan::moment;
pub(super) use why::path as asked_why;

use crate::http::App;
use axum::Router;
use axum::routing::{get, post};
use std::sync::Arc;

/// The screens of this folder.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/mailings", get(list::list).post(form::create))
        .route("/mailings/new", get(form::blank).post(form::again))
        .route("/mailings/check", get(form::blank).post(form::check))
        .route("/mailings/{id}", get(page::overview).post(form::update))
        .route("/mailings/{id}/edit", get(form::edit).post(form::edit_again))
        .route("/mailings/{id}/check", get(form::edit).post(form::check_change))
        .route("/mailings/{id}/recipients", get(audience::page))
        .route("/mailings/{id}/history", get(history::page))
        .route("/mailings/{id}/report", get(report::page))
        .route("/mailings/{id}/beginning", get(page::beginning))
        .route("/mailings/{id}/send", get(acting::ask_send).post(acting::send))
        .route("/mailings/{id}/pause", post(acting::pause))
        .route("/mailings/{id}/resume", post(acting::resume))
        .route("/mailings/{id}/cancel", get(acting::ask_cancel).post(acting::cancel))
        .route("/mailings/{id}/delete", get(acting::ask_delete).post(acting::delete))
        .route("/mailings/{id}/disable", get(acting::ask_disable).post(acting::disable))
        .route("/mailings/{id}/enable", get(acting::ask_enable).post(acting::enable))
        .route("/runs/{id}", get(run::page))
        .route("/runs/{id}/recipients", get(recipients::page))
        .route("/runs/{id}/recipients.csv", get(files::csv))
        .route("/runs/{id}/recipients.xlsx", get(files::xlsx))
        .route("/runs/{id}/history", get(history::of_run))
        .route("/runs/{id}/letters/{ordinal}", get(letter::page))
        .route("/runs/{id}/letters/{ordinal}/html", get(letter::html))
        .route("/runs/{id}/live", get(live::run))
        .route("/runs/{id}/resend-failed", get(deciding::ask_failed).post(deciding::resend_failed))
        .route("/runs/{id}/resend-unknown", get(deciding::ask_resend).post(deciding::resend_all))
        .route("/runs/{id}/accept-unknown", get(deciding::ask_accept).post(deciding::accept_all))
        .route("/deliveries/{id}/resend", post(deciding::resend_one))
        .route("/deliveries/{id}/accept", post(deciding::accept_one))
        .route("/calendar", get(calendar::page))
        .route("/feedback", get(feedback::page))
        .route("/why", get(why::page))
}
