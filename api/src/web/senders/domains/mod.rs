//! Sender domains, for administrators: the keys that their letters are signed with, the records to enter, and the owners who may
//! write from all of their addresses.
//!
//! * [`list`]: all of them, and a new one; [`one`]: one with its keys and records, and what the name service says of them.
//! * [`keys`]: activating, retiring, removing and making keys; [`grants`]: who may write; [`removal`]: the end of a domain.
//!
//! A domain is known by its name, so that the address of its page can be guessed.

mod grants;
mod keys;
mod list;
mod one;
mod removal;

use crate::http::App;
use crate::web::frame::confirm::Confirm;
use crate::web::frame::mark::{Mark, Shape, Tone};
use crate::web::frame::{Answer, Place, Trouble, Visit};
use axum::Router;
use axum::routing::get;
use domain::sender_domain::DomainName;
use projections::senders::domains::{self as read, Key, SenderDomain};
use std::sync::Arc;
use words::screens::domains::Domains as Words;

/// Where the list is.
const PATH: &str = "/system/domains";

/// The screens of this folder.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/system/domains", get(list::list).post(list::create))
        .route("/system/domains/new", get(list::blank))
        .route("/system/domains/{domain}", get(one::show))
        .route("/system/domains/{domain}/activate", get(keys::ask_activate).post(keys::activate))
        .route("/system/domains/{domain}/rotate", get(keys::ask_rotate).post(keys::rotate))
        .route("/system/domains/{domain}/keys/{selector}/{act}", get(keys::ask).post(keys::act))
        .route("/system/domains/{domain}/grants", get(grants::back).post(grants::grant))
        .route("/system/domains/{domain}/grants/{owner}/withdraw", get(grants::ask).post(grants::withdraw))
        .route("/system/domains/{domain}/remove", get(removal::ask).post(removal::remove))
}

/// The page of a domain.
fn path(domain: &str) -> String {
    format!("{PATH}/{domain}")
}

/// The domain that an address names.
async fn existing(visit: &Visit, name: &str) -> Result<SenderDomain, Trouble> {
    visit.administrator()?;
    let name = DomainName::parse(name).map_err(|_| Trouble::Absent)?;
    read::get(visit.pool(), &name).await?.ok_or(Trouble::Absent)
}

/// Whether letters of a domain with these keys are signed.
fn signing(w: &'static Words, keys: &[Key]) -> Mark {
    if keys.iter().any(Key::is_active) {
        Mark::new(Shape::Tick, Tone::Good, w.signed)
    } else if read::waiting(keys).next().is_none() {
        Mark::new(Shape::Stop, Tone::Bad, w.unsigned)
    } else {
        Mark::new(Shape::Clock, Tone::Warn, w.waiting)
    }
}

/// A question about a domain, which leads back to its page.
fn question(visit: &Visit, title: String, said: &[&str], button: &'static str, domain: &str) -> Answer {
    let confirm = Confirm {
        page: visit.layout(title, Place::System),
        said: said.iter().copied().map(str::to_owned).collect(),
        button,
        action: visit.path().to_owned(),
        reason: None,
        back: path(domain),
        is_final: false,
    };
    confirm.ask()
}
