//! What is done with the keys of a domain, each after a question.

use super::domain::{existing, path, question};
use crate::web::frame::{Answer, Deed, Trouble, Visit, go, list, redirect};
use acts::senders::domains;
use axum::extract::Path;
use projections::senders::domains::{self as read, Key};
use words::screens::domains::Domains as Words;

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
    let read = read::keys(visit.pool(), &[row.id]).await?;
    let keys: Vec<Key> = read.into_iter().filter_map(|(_, key)| list::shown(&visit, key)).collect();
    let key = keys.iter().find(|key| key.selector == selector).ok_or(Trouble::Absent)?;
    let is_done = match act {
        Act::Activate => key.is_active(),
        Act::Retire => !key.is_active(),
        Act::Remove => false,
    };
    if is_done {
        return Ok(redirect(&path(&row.domain)));
    }
    let signs = |other: &&Key| other.is_active() && other.selector != key.selector;
    let others: Vec<&Key> = keys.iter().filter(signs).collect();
    let (asks, said, button) = match act {
        Act::Activate => {
            let retires = others.iter().any(|other| other.algorithm == key.algorithm).then_some(w.activate_retires);
            (w.activate_asks, [Some(w.activate_said), retires], w.activate)
        }
        Act::Retire => {
            let alone = others.is_empty().then_some(w.retire_said);
            (w.retire_asks, [alone, Some(w.retire_record)], w.retire)
        }
        Act::Remove => (w.remove_key_asks, [Some(w.remove_key_said), None], w.remove_key),
    };
    let said: Vec<&str> = said.into_iter().flatten().collect();
    question(&visit, asks.with(&selector), &said, button, &row.domain)
}

/// `POST /system/domains/DOMAIN/keys/SELECTOR/ACT`.
pub(super) async fn act(visit: Visit, Path((name, selector, act)): Of) -> Answer {
    let (act, row) = (Act::from_name(&act)?, existing(&visit, &name).await?);
    let (services, by, metadata) = (visit.services(), visit.administrator()?, visit.metadata()?);
    let (done, deed) = match act {
        Act::Activate => {
            let selectors = std::slice::from_ref(&selector);
            (domains::activate(services, by, &row.domain, selectors, &metadata).await, Deed::KeyActivated)
        }
        Act::Retire => (domains::retire(services, by, &row.domain, &selector, &metadata).await, Deed::KeyRetired),
        Act::Remove => (domains::remove_key(services, by, &row.domain, &selector, &metadata).await, Deed::KeyRemoved),
    };
    let (_, receipt) = done?;
    go(&visit, receipt, deed.to(&selector), &path(&row.domain)).await
}

/// `GET /system/domains/DOMAIN/activate`.
pub(super) async fn ask_activate(visit: Visit, Path(name): Path<String>) -> Answer {
    let (row, w) = (existing(&visit, &name).await?, Words::of(visit.language()));
    let said = [w.activate_all_said, w.activate_all_then];
    question(&visit, w.activate_all_asks.with(&row.domain), &said, w.activate_all, &row.domain)
}

/// `POST /system/domains/DOMAIN/activate`: the latest of each algorithm that waits.
pub(super) async fn activate(visit: Visit, Path(name): Path<String>) -> Answer {
    let (row, by, metadata) = (existing(&visit, &name).await?, visit.administrator()?, visit.metadata()?);
    let (_, receipt) = domains::activate(visit.services(), by, &row.domain, &[], &metadata).await?;
    go(&visit, receipt, Deed::KeysActivated.to(&row.domain), &path(&row.domain)).await
}

/// `GET /system/domains/DOMAIN/rotate`.
pub(super) async fn ask_rotate(visit: Visit, Path(name): Path<String>) -> Answer {
    let (row, w) = (existing(&visit, &name).await?, Words::of(visit.language()));
    question(&visit, w.rotate_asks.with(&row.domain), &[w.rotate_said, w.rotate_then], w.rotate, &row.domain)
}

/// `POST /system/domains/DOMAIN/rotate`.
pub(super) async fn rotate(visit: Visit, Path(name): Path<String>) -> Answer {
    let (row, by, metadata) = (existing(&visit, &name).await?, visit.administrator()?, visit.metadata()?);
    let (_, receipt) = domains::rotate(visit.services(), by, &row.domain, &metadata).await?;
    go(&visit, receipt, Deed::KeysMade.to(&row.domain), &path(&row.domain)).await
}
