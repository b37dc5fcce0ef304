//! A sender domain as the pages know it: where its page is, whether it signs, and what is asked about it.

use crate::web::frame::confirm::Confirm;
use crate::web::frame::mark::{Mark, Shape, Tone};
use crate::web::frame::{Answer, Place, Trouble, Visit};
use domain::sender_domain::DomainName;
use projections::senders::domains::{self as read, Key, SenderDomain};
use words::screens::domains::Domains as Words;

/// Where the list is.
pub(super) const PATH: &str = "/system/domains";

/// The page of a domain.
pub(super) fn path(domain: &str) -> String {
    format!("{PATH}/{domain}")
}

/// The domain that an address names.
pub(super) async fn existing(visit: &Visit, name: &str) -> Result<SenderDomain, Trouble> {
    visit.administrator()?;
    let name = DomainName::parse(name).map_err(|_| Trouble::Absent)?;
    read::get(visit.pool(), &name).await?.ok_or(Trouble::Absent)
}

/// Whether letters of a domain with these keys are signed.
pub(super) fn signing(w: &'static Words, keys: &[Key]) -> Mark {
    if keys.iter().any(Key::is_active) {
        Mark::new(Shape::Tick, Tone::Good, w.signed)
    } else if read::waiting(keys).next().is_none() {
        Mark::new(Shape::Stop, Tone::Bad, w.unsigned)
    } else {
        Mark::new(Shape::Clock, Tone::Warn, w.waiting)
    }
}

/// A question about a domain, which leads back to its page.
pub(super) fn question(visit: &Visit, title: String, said: &[&str], button: &'static str, domain: &str) -> Answer {
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
