//! Accounts: opening one, coming in, going out, the links in letters, one's profile; and everybody's, for those who look after
//! the service.

pub(crate) mod links;
pub(crate) mod log_in;
mod profile;
mod recover;
mod register;
mod sent;
mod users;
mod zones;

use crate::http::App;
use axum::Router;
use axum::routing::{get, post};
use profile::{account, sessions, tokens};
use std::sync::Arc;
use users::{block, roles};

/// The screens of this folder.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/log-in", get(log_in::ask).post(log_in::log_in))
        .route("/log-out", post(log_in::log_out))
        .route("/register", get(register::blank).post(register::register))
        .route("/register/sent", get(register::sent))
        .route("/register/again", get(register::ask_again).post(register::again))
        .route("/recover", get(recover::blank).post(recover::recover))
        .route("/recover/sent", get(recover::sent))
        .merge(links::routes())
        .route("/profile", get(profile::show).post(account::update))
        .route("/profile/password", get(profile::back).post(account::password))
        .route("/profile/email", get(profile::back).post(account::email))
        .route("/profile/sessions/end-all", get(sessions::ask_end_all).post(sessions::end_all))
        .route("/profile/sessions/{id}/end", get(sessions::ask_end).post(sessions::end))
        .route("/profile/tokens", get(profile::back).post(tokens::create))
        .route("/profile/tokens/{id}", get(tokens::show))
        .route("/profile/tokens/{id}/revoke", get(tokens::ask_revoke).post(tokens::revoke))
        .route("/users", get(users::list))
        .route("/users/{id}", get(users::one))
        .route("/users/{id}/block", get(block::ask_block).post(block::block))
        .route("/users/{id}/unblock", get(block::ask_unblock).post(block::unblock))
        .route("/users/{id}/roles/{role}/grant", get(roles::ask_grant).post(roles::grant))
        .route("/users/{id}/roles/{role}/revoke", get(roles::ask_revoke).post(roles::revoke))
}
