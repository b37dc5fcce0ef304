//! What is done with the keys of a domain, each after a question.

use super::{Words, existing, path, question};
use crate::web::frame::{Answer, Deed, Trouble, Visit, go, redirect};
use acts::senders::domains;
use axum::extract::Path;
use projections::senders::domains::{self as read, Key};

/// The domain, the name of the key and what is done with it, as the address has them.
type Of = Path<(String, String, String)>;

/// What can be done with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Activate,
    Retire,
    Remove,
}

impl Act {
    fn from_name(name: &str) -> Result<Self, Trouble> {
        match name {
            "activate" => Ok(Self::Activate),
            "retire" => Ok(Self::Retire),
            "remove" => Ok(Self::Remove),
            _ => Err(Trouble::Absent),
        }
    }
}

/// `GET /system/domains/DOMAIN/keys/SELECTOR/ACT`.
pub(super) async fn ask(visit: Visit, Path((name, selector, act)): Of) -> Answer {
    let (act, row, w) = (Act::from_name(&act)?, existing(&visit, &name).await?, Words::of(visit.language()));
    let keys: Vec<Key> =
        read::keys(visit.pool(), &[row.id]).await?.into_iter().filter_map(|(_, key)| key.ok()).collect();
    let key = keys.iter().find(|key| key.selector == selector).ok_or(Trouble::Absent)?;
    let signs = |other: &&Key| other.is_active() && other.selector != key.selector;
    match act {
        // What was asked for is done already.
        Act::Activate if key.is_active() => Ok(redirect(&path(&row.domain))),
        Act::Retire if !key.is_active() => Ok(redirect(&path(&row.domain))),
        Act::Activate => {
            let mut said = vec![w.activate_said];
            if keys.iter().filter(signs).any(|other| other.algorithm == key.algorithm) {
                said.push(w.activate_retires);
            }
            question(&visit, w.activate_asks.with(&selector), &said, w.activate, &row.domain)
        }
        Act::Retire => {
            let mut said = vec![w.retire_record];
            if keys.iter().filter(signs).count() == 0 {
                said.insert(0, w.retire_said);
            }
            question(&visit, w.retire_asks.with(&selector), &said, w.retire, &row.domain)
        }
        Act::Remove => {
            question(&visit, w.remove_key_asks.with(&selector), &[w.remove_key_said], w.remove_key, &row.domain)
        }
    }
}

/// `POST /system/domains/DOMAIN/keys/SELECTOR/ACT`.
pub(super) async fn act(visit: Visit, Path((name, selector, act)): Of) -> Answer {
    let (act, by, metadata) = (Act::from_name(&act)?, visit.administrator()?, visit.metadata()?);
    let services = visit.services();
    let (done, deed) = match act {
        Act::Activate => {
            let selectors = std::slice::from_ref(&selector);
            (domains::activate(services, by, &name, selectors, &metadata).await, Deed::KeyActivated)
        }
        Act::Retire => (domains::retire(services, by, &name, &selector, &metadata).await, Deed::KeyRetired),
        Act::Remove => (domains::remove_key(services, by, &name, &selector, &metadata).await, Deed::KeyRemoved),
    };
    let (domain, receipt) = done?;
    go(&visit, receipt, deed.to(&selector), &path(domain.as_str())).await
}

/// `GET /system/domains/DOMAIN/activate`.
pub(super) async fn ask_activate(visit: Visit, Path(name): Path<String>) -> Answer {
    let (row, w) = (existing(&visit, &name).await?, Words::of(visit.language()));
    let said = [w.activate_all_said, w.activate_said];
    question(&visit, w.activate_all_asks.with(&row.domain), &said, w.activate_all, &row.domain)
}

/// `POST /system/domains/DOMAIN/activate`: the latest of each algorithm that waits.
pub(super) async fn activate(visit: Visit, Path(name): Path<String>) -> Answer {
    let (by, metadata) = (visit.administrator()?, visit.metadata()?);
    let (domain, receipt) = domains::activate(visit.services(), by, &name, &[], &metadata).await?;
    go(&visit, receipt, Deed::KeysActivated.to(domain.as_str()), &path(domain.as_str())).await
}

/// `GET /system/domains/DOMAIN/rotate`.
pub(super) async fn ask_rotate(visit: Visit, Path(name): Path<String>) -> Answer {
    let (row, w) = (existing(&visit, &name).await?, Words::of(visit.language()));
    question(&visit, w.rotate_asks.with(&row.domain), &[w.rotate_said, w.rotate_then], w.rotate, &row.domain)
}

/// `POST /system/domains/DOMAIN/rotate`.
pub(super) async fn rotate(visit: Visit, Path(name): Path<String>) -> Answer {
    let (by, metadata) = (visit.administrator()?, visit.metadata()?);
    let (domain, receipt) = domains::rotate(visit.services(), by, &name, &metadata).await?;
    go(&visit, receipt, Deed::KeysMade.to(domain.as_str()), &path(domain.as_str())).await
}
